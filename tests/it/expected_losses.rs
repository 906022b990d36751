//! What a transaction, a lost connection and the end of a client are expected to cost, worked out from rates and times.

use amqpsim::measure::Outcome;
use amqpsim::model::simulate;
use amqpsim::observe::LossCause;
use amqpsim::scenario::load;

/// A message a millisecond from 1 s on, over links of 10 ms, to a queue of 3.10 that syncs for 4 ms.
fn outcome(producer: &str, rest: &str) -> Outcome {
    let gap = if producer.contains("interarrival") { "" } else { "interarrival = \"1ms\"" };
    let text = format!(
        r#"# A test.
[broker]
profile = "rabbitmq-3.10"

[link]
latency = "10ms"

[disk]
write-time = "0s"
sync-time = "4ms"
bandwidth = "0B"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
start = "1s"
{gap}
{producer}
{rest}"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()));
    outcome
}

/// What is committed is as safe as what is confirmed; of the last transaction any part may be there. Source: rule TX-4.
#[test]
fn a_crash_takes_at_most_the_transaction_that_was_not_answered() {
    for crash in ["process-crash", "power-loss"] {
        for millisecond in 0..40 {
            let rest = format!("[[fault.{crash}]]\nat = \"2{millisecond:03}ms\"\nlasts = \"1s\"");
            let outcome = outcome("count = 500\ntransaction-size = 10\ninterarrival = \"0s\"", &rest);
            let ledger = &outcome.ledger;
            let (wire, memory) = (
                ledger.lost_to(LossCause::LostOnTheWire) + ledger.lost_to(LossCause::RolledBack),
                ledger.lost_to(LossCause::InProcessBuffer) + ledger.lost_to(LossCause::InPageCache),
            );
            assert!(wire + memory <= 10, "{crash} after {millisecond} ms: {wire} and {memory} are lost");
            assert_eq!(outcome.queues[0].ready + wire + memory, 500);
            let producer = &outcome.producers[0];
            assert_eq!(producer.lost_though_confirmed, 0, "a commit is a promise, and is kept");
            assert!(producer.committed + 10 >= outcome.queues[0].ready, "{producer:?}");
        }
    }
}

/// A newer queue answers a commit when all of it is written, and a power failure takes what is not synced. Source: rules TX-4 and
/// DUR-9.
#[test]
fn what_is_committed_is_lost_though_promised() {
    let text = r#"
[broker]
profile = "rabbitmq-4.0"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
transaction-size = 10
interarrival = "1ms"
count = 100

[[fault.power-loss]]
at = "5s"
lasts = "1s"
"#;
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let producer = &simulate(&scenario.system, scenario.seed).producers[0];
    assert_eq!((producer.committed, producer.confirmed, producer.lost_though_confirmed), (100, 0, 100));
}

/// Rate times latency is lost on the wire. Nobody knows of twice the latency and the sync, so as many are published again:
/// those that had arrived are there twice. Source: rule CON-11.
#[test]
fn a_lost_connection_costs_a_latency_of_messages_and_a_confirm_of_duplicates() {
    let cut = "[[connection]]\nname = \"shop\"\n[[fault.connection-loss]]\nconnection = \"shop\"\nat = \"2.0005s\"\nlasts = \"1s\"";
    let plain = outcome("confirms = true\ncount = 3000", cut);
    assert_eq!(plain.ledger.lost_to(LossCause::LostOnTheWire), 10);
    assert_eq!((plain.ledger.lost_total(), plain.producers[0].lost_though_confirmed), (10, 0));
    // A confirm takes 20 ms and a sync, and half another on average.
    let unknown = plain.producers[0].unanswered;
    assert!((24..=28).contains(&unknown), "{unknown}");
    let again = outcome("confirms = true\nrepublish = \"unconfirmed\"\ncount = 3000", cut);
    assert_eq!(again.queues[0].ready, 3000 + unknown - 10, "each that had arrived is there twice");
    assert_eq!(again.producers[0].lost_though_confirmed, 0);
}

/// A consumer that is four times too slow dies after a second: it has got what came, but for the latencies of two links, and
/// has processed a quarter of it. Source: rule CON-8.
#[test]
fn a_consumer_with_automatic_acknowledgement_loses_what_it_has_got_and_not_processed() {
    let run = |by: &str, acks: &str| {
        outcome(
            "stop = \"3s\"",
            &format!(
                r#"[[connection]]
name = "billing"

[[consumer]]
name = "billing"
queue = "orders"
service-time = "4ms"
{acks}
[[fault.consumer-crash]]
consumer = "billing"
at = "2.0005s"
by = "{by}"
"#
            ),
        )
    };
    for by in ["tcp-cut", "process-exit"] {
        let outcome = run(by, "acknowledge = \"automatic\"");
        let processed = outcome.consumers[0].processed;
        assert!((244..=247).contains(&processed), "{processed} processed in 980 ms");
        // One comes each millisecond, 20 ms after it was published; what was in work dies in the buffer, too.
        assert_eq!(outcome.ledger.lost_to(LossCause::AutoAckInBuffer), 981 - processed, "{by}");
        // In the sockets and on the way: 10 ms, and until the broker knows another 10 ms.
        let in_flight = outcome.ledger.lost_to(LossCause::AutoAckInFlight);
        assert_eq!(in_flight, 20, "{by}");
        assert_eq!(outcome.ledger.lost_total(), 981 - processed + 20, "{by}");
    }
    // With acknowledgements nothing is lost, and at most the prefetch count is processed twice.
    let outcome = run("tcp-cut\"\nrestart-after = \"100ms", "prefetch-count = 100");
    assert_eq!(outcome.ledger.lost_total(), 0);
    assert!((1..=100).contains(&outcome.ledger.processed_again), "{}", outcome.ledger.processed_again);
}

/// What a producer holds back dies with it; what its connection has is sent all the same, unless that is cut. Source: rule CON-16.
#[test]
fn a_producer_loses_what_it_held_back_and_its_sockets_what_they_held_only_if_they_are_reset() {
    for (by, wire) in [("process-exit", 0), ("tcp-cut", 5)] {
        let rest = format!("[[fault.producer-crash]]\nproducer = \"shop\"\nat = \"1.0195s\"\nby = \"{by}\"");
        let outcome = outcome("confirms = true\nmax-in-flight = 5\ncount = 1000", &rest);
        // The first five were sent by 1.005 s, and their confirms are on the way.
        assert_eq!(outcome.ledger.lost_to(LossCause::LostOnTheWire), 0, "{by}");
        let held = outcome.ledger.lost_to(LossCause::NotSent);
        assert_eq!(held + 5, outcome.producers[0].published, "{by}");
        let early = rest.replace("1.0195s", "1.0065s");
        let outcome = self::outcome("confirms = true\nmax-in-flight = 5\ncount = 1000", &early);
        assert_eq!(outcome.ledger.lost_to(LossCause::LostOnTheWire), wire, "{by}");
        assert_eq!(outcome.queues[0].ready, 5 - wire, "{by}");
    }
}

/// A write that takes long keeps an entry in memory: there a loss of power finds it.
#[test]
fn what_a_quorum_queue_has_not_written_is_in_memory_whatever_crashes() {
    for (disk, cause) in [
        ("write-time = \"10s\"\nsync-time = \"4ms\"", LossCause::InProcessBuffer),
        ("write-time = \"0s\"\nsync-time = \"10s\"", LossCause::InPageCache),
    ] {
        let text = format!(
            r#"# A test.
[disk]
{disk}

[[queue]]
name = "orders"
arguments = {{ x-queue-type = "quorum" }}

[[producer]]
name = "shop"
routing-key = "orders"
start = "2s"
count = 1
interarrival = "1ms"

[[fault.power-loss]]
at = "5s"
lasts = "1s"
"#
        );
        let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let scenario = &loaded.variants[0].scenario;
        let outcome = simulate(&scenario.system, scenario.seed);
        assert_eq!((outcome.ledger.lost_to(cause), outcome.ledger.lost_total()), (1, 1), "{cause:?}");
    }
}

/// A queue's process that takes 1.5 ms for a message of every millisecond has a third of them in its mailbox.
#[test]
fn a_crash_takes_what_a_busy_queue_has_not_handled() {
    let run = |crash: &str| {
        outcome(
            "count = 1000",
            &format!(
                "[classic-store]\nservice-time = \"1500us\"\n[[fault.{crash}]]\nat = \"2.0095s\"\nlasts = \"1s\""
            ),
        )
    };
    for crash in ["process-crash", "power-loss"] {
        let outcome = run(crash);
        let ledger = &outcome.ledger;
        assert_eq!(ledger.lost_to(LossCause::InMailbox), 334, "{crash}");
        assert_eq!(ledger.lost_to(LossCause::InProcessBuffer), 666, "{crash}");
    }
    let outcome = run("broker-restart");
    assert_eq!((outcome.ledger.lost_total(), outcome.queues[0].ready), (0, 1000));
}

/// The same of a quorum queue: what its leader has written is not lost with the broker's process.
#[test]
fn a_crash_takes_what_a_busy_leader_has_not_handled() {
    let run = |crash: &str| {
        let text = format!(
            r#"# A test.
[link]
latency = "10ms"

[disk]
write-time = "0s"
sync-time = "4ms"

[quorum-store]
service-time = "1500us"

[[queue]]
name = "orders"
arguments = {{ x-queue-type = "quorum" }}

[[producer]]
name = "shop"
routing-key = "orders"
start = "1s"
interarrival = "1ms"
count = 1000

[[fault.{crash}]]
at = "2.0095s"
lasts = "1s"
"#
        );
        let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let scenario = &loaded.variants[0].scenario;
        let outcome = simulate(&scenario.system, scenario.seed);
        assert_eq!(outcome.balanced, Ok(()));
        outcome
    };
    for crash in ["process-crash", "power-loss"] {
        let outcome = run(crash);
        assert_eq!(outcome.ledger.lost_to(LossCause::InMailbox), 334, "{crash}");
        // What came in the sync that was under way.
        assert!(outcome.queues[0].ready >= 660, "{crash}: {}", outcome.queues[0].ready);
    }
    let outcome = run("broker-restart");
    assert_eq!((outcome.ledger.lost_total(), outcome.queues[0].ready), (0, 1000));
}
