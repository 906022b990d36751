//! Quorum queues on several nodes: what a new leader does not know, and what went with disks.

use amqpsim::measure::Outcome;
use amqpsim::model::simulate;
use amqpsim::scenario::load;

fn outcome(text: &str) -> Outcome {
    let loaded = load("cluster.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()));
    outcome
}

/// Settlements are as slow in the leader's log as this, so that some are on their way whenever it ends.
const SLOW: &str = r#"
[broker]
profile = "rabbitmq-4.3"
[cluster]
nodes = 3
election-timeout = "1s"
[quorum-store]
service-time = "5ms"
[[queue]]
name = "orders"
arguments = { x-queue-type = "quorum", x-dead-letter-exchange = "", x-dead-letter-routing-key = "refused" }
[[queue]]
name = "refused"
arguments = { x-queue-type = "quorum" }
[[connection]]
name = "shop"
node = 2
[[producer]]
name = "shop"
routing-key = "orders"
count = 100
interarrival = "10ms"
[[connection]]
name = "billing"
node = NODE
[[consumer]]
name = "billing"
queue = "orders"
connection = "billing"
start = "5s"
prefetch-count = 10
service-time = "1ms"
[[fault.node-crash]]
node = 1
by = "process-crash"
at = "5.05s"
lasts = "1s"
"#;

/// Whoever settled tells the new leader again, unless it ended with the old one. Source: rules QQ-7 and QQ-10.
#[test]
fn an_acknowledgement_whose_channel_went_with_the_leader_is_void() {
    for acknowledge in ["after-processing", "automatic"] {
        let with = |node: &str| {
            let text = SLOW.replace("NODE", node);
            let how = format!("service-time = \"1ms\"\nacknowledge = \"{acknowledge}\"\n");
            outcome(&text.replacen("service-time = \"1ms\"\n", &how, 1))
        };
        let elsewhere = with("2");
        assert_eq!((elsewhere.ledger.came_back, elsewhere.consumers[0].processed), (0, 100), "{acknowledge}");
        let with_the_leader = with("1");
        let (ledger, billing) = (&with_the_leader.ledger, &with_the_leader.consumers[0]);
        assert!(ledger.came_back > 30, "{acknowledge}: {ledger:?}");
        // They are told from new ones, and nothing is lost: what the consumer's buffer lost is there again.
        assert!(billing.redelivered >= ledger.came_back, "{acknowledge}: {ledger:?}");
        assert_eq!(with_the_leader.producers[0].messages_lost, 0, "{acknowledge}: {ledger:?}");
        assert_eq!(billing.processed, 100 + ledger.processed_again, "{acknowledge}");
    }
}

/// A rejection too: its dead letter has gone out already, and comes once more.
#[test]
fn a_rejection_whose_channel_went_with_the_leader_is_void() {
    let rejecting =
        SLOW.replacen("service-time = \"1ms\"\n", "service-time = \"1ms\"\noutcome = \"reject\"\n", 1);
    let elsewhere = outcome(&rejecting.replace("NODE", "2"));
    assert_eq!((elsewhere.ledger.came_back, elsewhere.ledger.dead_lettered), (0, 100));
    let with_the_leader = outcome(&rejecting.replace("NODE", "1"));
    let ledger = &with_the_leader.ledger;
    assert!(ledger.came_back > 30, "{ledger:?}");
    assert_eq!(ledger.dead_lettered, 100 + ledger.came_back, "{ledger:?}");
}

/// The channel knows the tag of a message that went with the disks of a majority: its acknowledgement comes to nothing, and is no
/// mistake.
#[test]
fn what_went_with_the_disks_can_be_acknowledged() {
    let disk = |node: u32| {
        format!(
            "[[fault.node-crash]]\nname = \"{node}\"\nnode = {node}\nby = \"disk-loss\"\nat = \"5.0004s\"\nlasts = \"1s\"\n"
        )
    };
    let slow = SLOW.replace("NODE", "3").replacen("service-time = \"1ms\"", "service-time = \"300ms\"", 1);
    let (before, _) = slow.split_once("[[fault").unwrap_or_default();
    let later = "[[producer]]\nname = \"later\"\nrouting-key = \"orders\"\nstart = \"20s\"\ncount = 5\ninterarrival = \"10ms\"\n";
    let outcome = outcome(
        &format!("{before}{later}{}{}", disk(1), disk(2)).replace("start = \"5s\"", "start = \"4.9s\""),
    );
    let errors: Vec<String> = outcome.errors.iter().map(|error| error.text.clone()).collect();
    assert_eq!(errors, [""; 0], "{:?}", outcome.ledger);
    assert!(outcome.producers[0].messages_lost > 80, "{:?}", outcome.ledger);
    assert!(outcome.consumers[0].processed >= 5, "it goes on: {:?}", outcome.consumers[0]);
}
