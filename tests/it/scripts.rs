//! Clients that send what they are told to: what the broker makes of it, and what the ledger says of the messages.

use amqpsim::amqp::{FieldValue, Method, Properties};
use amqpsim::measure::{Outcome, Stopped};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::{LossCause, What};
use amqpsim::scenario::{Paint, load};
use amqpsim::units::SimTime;

/// Runs a scenario once; its books must balance.
pub(crate) fn outcome(text: &str) -> Outcome {
    let loaded = match load("script.toml", text, &[]) {
        Ok(loaded) => loaded,
        Err(diagnostics) => panic!("{}", diagnostics.render(Paint::Plain)),
    };
    let outcome = simulate(&loaded.variants[0].scenario.system, 1);
    assert_eq!(outcome.balanced, Ok(()), "{:?}", outcome.ledger);
    outcome
}

/// The reply code and text of each error, in order.
pub(crate) fn errors(outcome: &Outcome) -> Vec<String> {
    outcome.errors.iter().map(|error| format!("{} {}", error.code, error.text)).collect()
}

/// Source: rules ACK-1 and DSP-16.
#[test]
fn what_a_client_gets_it_holds_until_it_settles_it() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
do = [
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.get", queue = "orders" },
    { method = "basic.ack" },
    { method = "basic.get", queue = "orders" },
    { method = "basic.reject", requeue = false },
    { method = "basic.get", queue = "orders" },
    { method = "basic.get", queue = "orders", no-ack = true },
    { method = "basic.get", queue = "orders" },
]
"#,
    );
    let ledger = &outcome.ledger;
    assert_eq!((ledger.published, ledger.processed, ledger.in_flight), (4, 2, 1));
    assert_eq!(ledger.lost_to(LossCause::Rejected), 1);
    assert_eq!(outcome.producers[0].published, 4);
    assert_eq!(errors(&outcome), [""; 0]);
}

/// Fetched messages are in the counts of their queue, and so is a repeat, whoever gets it. Source: rules DSP-16 and RDL-1.
#[test]
fn what_is_fetched_is_counted_as_delivered() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
do = [
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "basic.get", queue = "orders", no-ack = true },
    { method = "basic.get", queue = "orders" },
    { method = "basic.ack" },
    { method = "basic.get", queue = "orders" },
    { method = "basic.nack" },
    { method = "basic.get", queue = "orders" },
    { method = "basic.nack" },
    { method = "basic.consume", queue = "orders" },
    { method = "basic.ack", after = "1s" },
]
"#,
    );
    let queue = &outcome.queues[0];
    assert_eq!((queue.enqueued, queue.delivered, queue.redelivered, queue.acked), (3, 5, 2, 3));
    assert_eq!(outcome.ledger.redelivered, 2);
}

/// Two persistent messages and a transient one wait, and one of the former was handed out. Source: rules DUR-3 and DUR-7.
#[test]
fn after_a_kill_every_message_that_survives_is_flagged() {
    for (fault, redelivered) in [("broker-restart", 1), ("process-crash", 2)] {
        let outcome = outcome(&format!(
            r#"
[[queue]]
name = "orders"

[[client]]
name = "before"
do = [
    {{ method = "basic.publish", routing-key = "orders", persistent = true }},
    {{ method = "basic.publish", routing-key = "orders", persistent = true }},
    {{ method = "basic.publish", routing-key = "orders" }},
    {{ method = "basic.get", queue = "orders" }},
]

[[fault.{fault}]]
at = "2s"
lasts = "1s"

[[consumer]]
name = "after"
queue = "orders"
service-time = "1ms"
start = "4s"
"#
        ));
        assert_eq!(outcome.ledger.lost_to(LossCause::TransientInRestart), 1, "{fault}");
        let consumer = &outcome.consumers[0];
        assert_eq!((consumer.processed, consumer.redelivered), (2, redelivered), "{fault}");
    }
}

/// Deliveries of the first subscription count against nothing any more: up to 10 and 100. Source: rules QOS-2 and DSP-15.
#[test]
fn a_consumer_that_subscribes_again_may_have_more_unacknowledged_than_its_prefetch_count() {
    let outcome = outcome(
        r#"
[replication]
duration = "10s"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 1000
interarrival = "1ms"

[[consumer]]
name = "billing"
queue = "orders"
prefetch-count = 10
service-time = "1h"

[[client]]
name = "operator"
channel = "billing"
start = "2s"
do = [
    { method = "basic.cancel", consumer-tag = "billing" },
    { method = "basic.qos", prefetch-count = 100 },
    { method = "basic.consume", queue = "orders", consumer-tag = "billing" },
]
"#,
    );
    assert_eq!((outcome.queues[0].unacked, outcome.queues[0].ready), (110, 890));
    assert_eq!(outcome.consumers[0].delivered, 110);
}

/// Source: rules TX-4 and TX-6.
#[test]
fn a_transaction_is_carried_out_at_its_commit_and_forgotten_at_its_rollback() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
do = [
    { method = "tx.select" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "tx.rollback" },
    { method = "basic.publish", routing-key = "orders" },
    { method = "tx.commit" },
    { method = "basic.get", queue = "orders" },
    { method = "basic.ack" },
    { method = "tx.rollback" },
    { method = "basic.ack" },
    { method = "tx.commit" },
    { method = "basic.get", queue = "orders" },
]
"#,
    );
    assert_eq!((outcome.ledger.published, outcome.ledger.processed, outcome.ledger.in_flight), (2, 1, 0));
    assert_eq!(errors(&outcome), [""; 0]);
}

/// Source: rules CON-6 and ERR-3.
#[test]
fn a_client_opens_again_what_it_closed_itself_and_gives_up_on_what_the_broker_closed() {
    let script = |last: &str| {
        outcome(&format!(
            r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
do = [
    {{ method = "basic.publish", routing-key = "orders" }},
    {{ method = "basic.get", queue = "orders" }},
    {{ method = "channel.close" }},
    {{ method = "basic.ack" }},
    {{ method = "basic.get", queue = "orders", after = "1s" }},
    {{ method = "connection.close" }},
    {{ method = "queue.declare", queue = "late", at = "5s" }},
    {last}
    {{ method = "basic.get", queue = "orders", no-ack = true }},
]
"#
        ))
    };
    let all = script("");
    assert_eq!((all.ledger.processed, all.ledger.redelivered), (1, 2), "{:?}", all.ledger);
    assert!(all.end.at.as_nanos() > 5_000_000_000);
    assert!(all.queues.iter().any(|queue| queue.name == "late"));
    assert_eq!(errors(&all), [""; 0]);
    let failed =
        script(r#"{ method = "queue.declare", queue = "late", durable = false, exclusive = true },"#);
    assert_eq!((failed.ledger.processed, failed.ledger.queued), (0, 1), "{:?}", failed.ledger);
    assert!(errors(&failed)[0].starts_with("405 RESOURCE_LOCKED"), "{:?}", errors(&failed));
}

/// Source: rules CON-8 and CON-11.
#[test]
fn what_is_on_its_way_when_a_connection_is_cut_is_lost_if_it_was_acknowledged_as_it_was_sent() {
    let with = |no_ack: bool| {
        outcome(&format!(
            r#"
[link]
latency = "10ms"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 1
interarrival = "1ms"

[[client]]
name = "hand"
start = "1s"
do = [
    {{ method = "basic.get", queue = "orders", no-ack = {no_ack} }},
    {{ method = "basic.get", queue = "orders" }},
    {{ method = "basic.ack" }},
]

[[fault.connection-loss]]
connection = "hand"
at = "1015ms"
lasts = "1s"
"#
        ))
    };
    let lost = with(true).ledger;
    assert_eq!((lost.lost_to(LossCause::AutoAckInFlight), lost.processed), (1, 0), "{lost:?}");
    // The step that was not answered is sent again.
    let kept = with(false).ledger;
    assert_eq!((kept.lost_total(), kept.processed), (0, 1), "{kept:?}");
}

/// Source: rules DSP-10 and CON-8.
#[test]
fn a_subscription_of_a_client_takes_deliveries_too() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 5
interarrival = "10ms"

[[client]]
name = "hand"
do = [
    { method = "basic.qos", prefetch-count = 3 },
    { method = "basic.consume", queue = "orders", consumer-tag = "own" },
    { method = "basic.ack", at = "1s", multiple = true },
    { method = "basic.cancel", consumer-tag = "own", after = "1s" },
    { method = "basic.nack", requeue = true },
    { method = "basic.consume", queue = "orders", no-ack = true },
]
"#,
    );
    // The last tag that arrived is the fifth by then, so that the nack brings back one and leaves one.
    assert_eq!((outcome.ledger.processed, outcome.ledger.in_flight), (4, 1), "{:?}", outcome.ledger);
}

/// The number of ready messages in the only queue, and the names of clients that carried out less than all of their steps.
fn left(outcome: &Outcome) -> (u64, Vec<&str>) {
    let behind = outcome.clients.iter().filter(|client| client.carried_out < client.steps);
    (outcome.queues[0].ready, behind.map(|client| &*client.name).collect())
}

/// The producer's commit is answered while the client's `basic.get` is on its way. Source: rules TX-4 and ACK-1.
#[test]
fn the_commit_of_a_producer_is_no_answer_to_what_a_client_asked() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[connection]]
name = "shared"
latency = "10ms"

[[producer]]
name = "shop"
connection = "shared"
channel = "both"
routing-key = "orders"
start = "100ms"
interarrival = "1ms"
count = 1
transaction-size = 1

[[client]]
name = "hand"
connection = "shared"
channel = "both"
do = [
    { method = "basic.get", queue = "orders", at = "105ms" },
    { method = "basic.ack" },
]
"#,
    );
    // An acknowledgement in a transaction waits for its commit, but it was sent for the message that came.
    assert_eq!(outcome.clients[0].carried_out, 2);
    assert_eq!((outcome.ledger.published, outcome.end.at), (1, SimTime::from_nanos(135_000_000)));
}

/// Source: rule TX-4.
#[test]
fn each_commit_on_a_shared_channel_lets_go_on_who_made_it() {
    let text = |size: u32| {
        format!(
            r#"
[[queue]]
name = "orders"

[[connection]]
name = "shared"
latency = "5ms"

[[producer]]
name = "first"
connection = "shared"
channel = "both"
routing-key = "orders"
interarrival = "1ms"
start = "1s"
count = 10
transaction-size = 10

[[producer]]
name = "second"
connection = "shared"
channel = "both"
routing-key = "orders"
interarrival = "1ms"
start = "1s"
count = 9
transaction-size = {size}

[[client]]
name = "hand"
connection = "shared"
channel = "both"
do = [{{ method = "tx.commit", at = "1s" }}, {{ method = "basic.publish", routing-key = "orders" }}]
"#
        )
    };
    for size in 1..=9 {
        let outcome = outcome(&text(size));
        let published: Vec<_> = outcome.producers.iter().map(|producer| producer.published).collect();
        assert_eq!(published, [10, 9, 1], "with transactions of {size}");
        assert_eq!(outcome.clients[0].carried_out, 2, "with transactions of {size}");
        // Nine messages in transactions of n: each but the last waits for a round trip of 10 ms.
        assert!(outcome.end.at >= SimTime::from_nanos(1_000_000_000 + u64::from(9 / size) * 10_000_000));
    }
}

/// Source: rule CON-14.
#[test]
fn a_client_that_closed_its_connection_comes_back_though_a_fault_hits_it_meanwhile() {
    let text = |method: &str| {
        format!(
            r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
connection = "hand"
do = [
    {{ method = "basic.publish", routing-key = "orders" }},
    {{ method = "{method}" }},
    {{ method = "basic.publish", routing-key = "orders", after = "5s" }},
]

[[fault.connection-loss]]
connection = "hand"
at = "2s"
lasts = "1ms"
"#
        )
    };
    for method in ["channel.close", "connection.close"] {
        let outcome = outcome(&text(method));
        assert_eq!(left(&outcome), (2, vec![]), "after {method}");
    }
}

/// Another client closes the channel of both, and opens it only for a while. Source: rule CON-14.
#[test]
fn who_lost_the_channel_to_another_client_is_told() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
connection = "shared"
channel = "both"
routing-key = "orders"
interarrival = "10ms"
count = 100

[[client]]
name = "hand"
connection = "shared"
channel = "both"
do = [{ method = "channel.close", at = "205ms" }]

[[client]]
name = "late"
connection = "shared"
channel = "both"
do = [{ method = "basic.publish", routing-key = "orders", at = "1s" }]
"#,
    );
    assert_eq!(outcome.producers[0].stopped, Stopped::WithoutChannel);
    assert_eq!((outcome.clients[0].carried_out, left(&outcome).1), (1, vec!["late"]));
}

/// Source: rule ACK-1.
#[test]
fn the_last_delivery_of_a_channel_may_be_that_of_a_consumer() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "10ms"
count = 3

[[consumer]]
name = "billing"
connection = "shared"
channel = "both"
queue = "orders"
service-time = "1h"

[[client]]
name = "hand"
connection = "shared"
channel = "both"
do = [{ method = "basic.nack", requeue = false, multiple = true, at = "1s" }]
"#,
    );
    assert_eq!(left(&outcome), (0, vec![]));
    assert_eq!(outcome.queues[0].unacked, 0);
}

/// Source: rule ACK-1.
#[test]
fn a_step_without_a_delivery_to_settle_is_skipped_and_told() {
    let text = r#"
[[queue]]
name = "orders"

[[client]]
name = "hand"
do = [{ method = "basic.ack" }, { method = "basic.publish", routing-key = "orders" }]
"#;
    assert_eq!(left(&outcome(text)), (1, vec!["hand"]));
    let loaded = load("script.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let mut skipped = Vec::new();
    simulate_recorded(&loaded.variants[0].scenario.system, 1, |_, observations| {
        skipped.extend(observations.iter().filter_map(|seen| match seen.what {
            What::NothingToSettle { client, step } => Some((client, step)),
            _ => None,
        }));
    });
    assert_eq!(skipped, [(0, 1)]);
}

/// A consumer is not doubted whose queue a step reaches by `cc`, and a mark of one message is not its number. Source: rules
/// RT-9 and TTL-1.
#[test]
fn a_step_publishes_with_every_key_of_a_message() {
    let text = r#"
queue = [{ name = "orders" }, { name = "audit" }, { name = "hidden" }]

[[consumer]]
name = "auditor"
queue = "audit"
service-time = "1ms"

[[client]]
name = "hand"
do = [
    { method = "basic.publish", routing-key = "orders", message-size = "1kB", persistent = true, priority = 7, headers = { kind = "plain" }, cc = ["audit"], bcc = ["hidden"], expiration = "5s", correlation-id = "per-message", reply-to = "r", message-type = "order", user-id = "guest", app-id = "shop" },
    { method = "basic.publish", routing-key = "orders" },
]
"#;
    let loaded = load("script.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings.len(), 0);
    let mut published = Vec::new();
    let outcome = simulate_recorded(&loaded.variants[0].scenario.system, 1, |_, observations| {
        published.extend(observations.iter().filter_map(|seen| match &seen.what {
            What::ReachedBroker { method: Method::BasicPublish(publish), .. } => {
                Some((publish.message.size, publish.message.properties()))
            }
            _ => None,
        }));
    });
    let keys = |key: &str| FieldValue::Array(vec![key.into()]);
    let headers = [("kind", "plain".into()), ("CC", keys("audit")), ("BCC", keys("hidden"))];
    let rich = Properties {
        headers: Some(headers.into_iter().collect()),
        delivery_mode: Some(2),
        priority: Some(7),
        correlation_id: Some("per-message".into()),
        reply_to: Some("r".into()),
        expiration: Some("5000".into()),
        kind: Some("order".into()),
        user_id: Some("guest".into()),
        app_id: Some("shop".into()),
        ..Properties::default()
    };
    assert_eq!(published, [(1000, rich), (256, Properties::default())]);
    let entered: Vec<u64> = outcome.queues.iter().map(|queue| queue.enqueued).collect();
    assert_eq!(entered, [2, 1, 1], "CC and BCC lead to more queues");
}

/// The producer's commit is lost with the connection, and the next answer is for the client's. Source: rule CON-15.
#[test]
fn a_commit_that_went_down_with_its_connection_is_forgotten() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[connection]]
name = "shared"
latency = "10ms"

[[producer]]
name = "shop"
connection = "shared"
channel = "both"
routing-key = "orders"
start = "100ms"
interarrival = "1ms"
count = 1
transaction-size = 1

[[client]]
name = "hand"
connection = "shared"
channel = "both"
do = [{ method = "tx.commit", at = "1s" }, { method = "basic.publish", routing-key = "orders" }]

[[fault.connection-loss]]
connection = "shared"
at = "105ms"
lasts = "1ms"
"#,
    );
    assert_eq!(outcome.clients[0].carried_out, 2);
}
