//! The broker with a storage: what a confirm waits for, and what a crash takes and brings back.

use amqpsim::measure::Outcome;
use amqpsim::model::simulate;
use amqpsim::observe::LossCause;
use amqpsim::scenario::load;

/// A queue on 3.10, where a confirm waits for a sync of 10 ms, and whatever the test adds.
fn outcome(rest: &str) -> Outcome {
    let text = format!(
        r#"# A test.
[broker]
profile = "rabbitmq-3.10"

[link]
latency = "0s"

[disk]
write-time = "0s"
sync-time = "10ms"
bandwidth = "0B"

[[queue]]
name = "orders"
{rest}"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()));
    outcome
}

const PRODUCER: &str = r#"
[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
confirms = true
"#;

/// Source: rule CF-5.
#[test]
fn a_confirm_waits_for_the_step_that_its_store_names() {
    for (store, milliseconds) in [
        ("preset = \"rabbitmq-3.10-classic\"", 10),
        ("preset = \"rabbitmq-4-classic\"", 0),
        ("confirm-after = \"write\"", 0),
        ("preset = \"never-sync\"", 0),
    ] {
        let outcome =
            outcome(&format!("{PRODUCER}count = 1\ninterarrival = \"1s\"\n[classic-store]\n{store}"));
        let latency = &outcome.producers[0].confirm_latency;
        assert_eq!(outcome.producers[0].confirmed, 1, "{store}");
        assert_eq!(latency.mean().map(|mean| mean as u64 / 1_000_000), Some(milliseconds), "{store}");
    }
}

/// The transient message is confirmed at once, and the persistent one before it after its sync. Source: rule CF-6.
#[test]
fn a_message_that_waits_for_the_disk_is_overtaken_by_one_that_does_not() {
    let outcome = outcome(
        r#"
[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
count = 2
interarrival = "1ms"
messages = [{ persistent = true }, { persistent = false }]
"#,
    );
    let producer = &outcome.producers[0];
    assert_eq!((producer.confirmed, outcome.answered_twice), (2, 0));
    assert_eq!(producer.confirm_latency.max().map(|max| max / 1_000_000), Some(10));
    assert_eq!(producer.confirm_latency.min(), Some(0));
}

/// Source: rule CON-16.
#[test]
fn a_confirm_that_waited_for_the_disk_dies_with_its_channel() {
    let outcome = outcome(&format!(
        "{PRODUCER}count = 1\ninterarrival = \"1s\"\nstart = \"1s\"\n
[[fault.connection-loss]]\nconnection = \"shop\"\nat = \"1.005s\"\nlasts = \"1ms\"\n"
    ));
    let producer = &outcome.producers[0];
    assert_eq!((producer.confirmed, producer.unanswered, outcome.queues[0].ready), (0, 1, 1));
}

/// Source: rule Q-12.
#[test]
fn a_publish_that_waits_for_a_deleted_queue_is_confirmed() {
    let outcome = outcome(&format!(
        r#"{PRODUCER}count = 1
start = "1s"
interarrival = "1s"

[[client]]
name = "operator"
start = "1.005s"
do = [{{ method = "queue.delete", queue = "orders" }}]
"#
    ));
    let producer = &outcome.producers[0];
    assert_eq!(producer.confirmed, 1);
    assert_eq!(producer.confirm_latency.max().map(|max| max / 1_000_000), Some(5));
    assert_eq!(outcome.ledger.lost_to(LossCause::QueueDeleted), 1);
}

/// Source: rule TX-4.
#[test]
fn a_commit_is_answered_when_its_messages_are_safe() {
    let outcome = outcome(
        r#"
[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
transaction-size = 10
count = 20
interarrival = "0s"
"#,
    );
    // Two commits, one after the other, each with one sync.
    assert_eq!(outcome.end.at.as_nanos() / 1_000_000, 20);
    assert_eq!(outcome.queues[0].ready, 20);
}

/// Source: rule DUR-10.
#[test]
fn what_was_acknowledged_comes_back_when_the_broker_crashes() {
    let run = |crash: &str| {
        outcome(&format!(
            r#"{PRODUCER}count = 100
interarrival = "0s"

[[consumer]]
name = "billing"
queue = "orders"
start = "1s"
prefetch-count = 1
service-time = "10ms"

[[fault.{crash}]]
at = "1.505s"
lasts = "1s"
"#
        ))
    };
    let clean = run("broker-restart");
    assert_eq!((clean.ledger.came_back, clean.ledger.lost_total()), (0, 0));
    assert_eq!(clean.consumers[0].processed, 101, "one was at work");
    let killed = run("process-crash");
    // The acknowledgements come too fast for the store to be idle for 200 ms.
    assert_eq!(killed.ledger.came_back, 50);
    assert_eq!(killed.ledger.lost_total(), 0);
    assert_eq!(killed.consumers[0].processed, 151);
    assert_eq!(killed.ledger.processed_again, 51);
}

/// Source: rule DUR-9.
#[test]
fn what_a_crash_takes_has_a_cause_and_confirmed_messages_are_named() {
    let run = |store: &str, crash: &str| {
        outcome(&format!(
            r#"{PRODUCER}count = 1000
interarrival = "20ms"
[classic-store]
preset = "{store}"
[[fault.{crash}]]
at = "5.0001s"
lasts = "1s"
"#
        ))
    };
    for (store, crash, cause, lost) in [
        ("rabbitmq-4-classic", "power-loss", Some(LossCause::InPageCache), 251),
        ("rabbitmq-4-classic", "process-crash", None, 0),
        ("rabbitmq-3.10-classic", "power-loss", None, 0),
        ("rabbitmq-3.10-classic", "disk-loss", Some(LossCause::DiskLost), 251),
        ("never-sync", "power-loss", Some(LossCause::InPageCache), 251),
    ] {
        let outcome = run(store, crash);
        let what = format!("{store} {crash}");
        // The message that was being synced is lost, too, and nobody was told that it was safe.
        let unsynced = u64::from(store == "rabbitmq-3.10-classic");
        let lost_in_storage: u64 = cause.map_or(0, |cause| outcome.ledger.lost_to(cause));
        assert_eq!(lost_in_storage, lost, "{what}");
        let confirmed = outcome.producers[0].lost_though_confirmed;
        assert_eq!(confirmed, if lost > 0 { lost - unsynced } else { 0 }, "{what}");
    }
}

/// A sync of 10 ms, and 0.5 ms to the followers and back. Source: rule CF-9.
#[test]
fn a_message_is_in_a_quorum_queue_when_a_majority_has_it() {
    for (nodes, microseconds) in [(1, 10_000), (3, 11_000), (5, 11_000)] {
        let outcome = outcome(&format!(
            r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = {nodes}

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
start = "1s"
count = 1
interarrival = "1s"

[[consumer]]
name = "billing"
queue = "orders"
service-time = "0s"
"#
        ));
        let latency = &outcome.producers[0].confirm_latency;
        assert_eq!(latency.max().map(|max| max / 1000), Some(microseconds), "{nodes} nodes");
        assert_eq!(outcome.consumers[0].sojourn.max().map(|max| max / 1000), Some(microseconds));
    }
}

/// The producer's messages, all acknowledged by the consumer or at rest, whatever happens to a minority of the nodes.
fn cluster(faults: &str) -> Outcome {
    outcome(&format!(
        r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = 3
election-timeout = "1s"

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
start = "1s"
count = 1000
interarrival = "10ms"

[[connection]]
name = "shop"
node = 2

[[consumer]]
name = "billing"
queue = "orders"
prefetch-count = 10
service-time = "1ms"

[[connection]]
name = "billing"
node = 3
{faults}"#
    ))
}

/// Source: rule QQ-1.
#[test]
fn a_quorum_queue_outlives_its_leader_and_loses_nothing() {
    for by in ["process-crash", "power-loss", "disk-loss", "restart"] {
        let outcome =
            cluster(&format!("[[fault.node-crash]]\nnode = 1\nby = \"{by}\"\nat = \"5s\"\nlasts = \"3s\"\n"));
        assert_eq!(outcome.producers[0].confirmed, 1000, "{by}");
        assert_eq!((outcome.ledger.lost_total(), outcome.consumers[0].processed), (0, 1000), "{by}");
        // Nothing is committed for about the second that the election takes.
        let longest = outcome.producers[0].confirm_latency.max().map(|max| max / 100_000_000);
        assert_eq!(longest, Some(10), "{by}");
    }
}

#[test]
fn without_a_majority_a_quorum_queue_waits() {
    let crash = |node: u32| {
        format!(
            "[[fault.node-crash]]\nname = \"{node}\"\nnode = {node}\nby = \"power-loss\"\nat = \"5s\"\nlasts = \"20s\"\n"
        )
    };
    let outcome = cluster(&format!("{}{}", crash(1), crash(3)));
    assert_eq!((outcome.ledger.lost_total(), outcome.consumers[0].processed), (0, 1000));
    let longest = outcome.producers[0].confirm_latency.max().map(|max| max / 1_000_000_000);
    assert_eq!(longest, Some(21), "20 s without a majority, and an election");
}

/// The clients of a node that crashed lose what was under way, and go on at another.
#[test]
fn the_clients_of_a_node_that_is_gone_connect_to_another() {
    let outcome = cluster("[[fault.node-crash]]\nnode = 2\nat = \"5s\"\nlasts = \"100s\"\n");
    let producer = &outcome.producers[0];
    assert!(producer.unanswered >= 1, "{producer:?}");
    // The producer is away for a second, and makes no message up.
    assert_eq!(producer.confirmed + producer.unanswered, producer.published);
    assert_eq!(producer.lost_though_confirmed, 0);
    assert_eq!(outcome.consumers[0].processed + outcome.ledger.lost_total(), producer.published);
}

/// A producer with confirms from 1 s to 5.5 s, a quorum queue on three nodes, and what happens to them.
fn confirmed_by_three(faults: &str) -> Outcome {
    outcome(&format!(
        r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = 3

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
start = "1s"
stop = "5.5s"
interarrival = "10ms"

{faults}"#
    ))
}

/// Source: rules DUR-9, DUR-15 and CF-9.
#[test]
fn a_cluster_keeps_what_is_confirmed_as_long_as_a_majority_has_its_disks() {
    for (fault, kept) in [("power-loss", true), ("process-crash", true), ("disk-loss", false)] {
        let producer = confirmed_by_three(&format!("[[fault.{fault}]]\nat = \"5.002s\"\nlasts = \"1s\"\n"))
            .producers
            .remove(0);
        // Up to 5 s, without those of the last 12 ms.
        assert_eq!(producer.confirmed, 400, "{fault}");
        assert_eq!(producer.lost_though_confirmed, if kept { 0 } else { 400 }, "{fault}");
    }
    let disk = |node: u32| {
        format!(
            "[[fault.node-crash]]\nname = \"{node}\"\nnode = {node}\nby = \"disk-loss\"\nat = \"7s\"\nlasts = \"1s\"\n"
        )
    };
    for (disks, lost) in [(vec![1], 0), (vec![2, 3], 450), (vec![1, 3], 450)] {
        let outcome = confirmed_by_three(&disks.iter().copied().map(disk).collect::<String>());
        let producer = &outcome.producers[0];
        assert_eq!((producer.confirmed, producer.lost_though_confirmed), (450, lost), "{disks:?}");
        assert_eq!(outcome.ledger.lost_to(LossCause::DiskLost), lost, "{disks:?}");
    }
}

/// What the disks took is gone before anybody is served again. Source: rule DUR-15.
#[test]
fn what_went_with_the_disks_of_a_majority_is_not_handed_out_once_more() {
    for acknowledge in ["after-processing", "automatic"] {
        let disk = |node: u32, at: &str| {
            format!(
                "[[fault.node-crash]]\nname = \"{node}\"\nnode = {node}\nby = \"disk-loss\"\nat = \"{at}\"\nlasts = \"2s\"\n"
            )
        };
        let outcome = confirmed_by_three(&format!(
            "[[connection]]\nname = \"c\"\nnode = 3\n[[consumer]]\nname = \"c\"\nconnection = \"c\"\nqueue = \"orders\"\nstart = \"10.6s\"\n\
             prefetch-count = 10\nacknowledge = \"{acknowledge}\"\nservice-time = \"1ms\"\n{}{}",
            disk(1, "10s"),
            disk(2, "10.5s")
        ));
        assert_eq!((outcome.producers[0].lost_though_confirmed, outcome.consumers[0].processed), (450, 0));
    }
}

/// A node that is back learns of a young queue from a leader only, and one that ended by itself knows it. Source: rule DUR-17.
#[test]
fn only_a_leader_tells_a_node_of_a_queue_that_it_has_forgotten() {
    let crash = |node: u32, by: &str, at: &str, lasts: &str| {
        format!(
            "[[fault.node-crash]]\nname = \"{node}\"\nnode = {node}\nby = \"{by}\"\nat = \"{at}\"\nlasts = \"{lasts}\"\n"
        )
    };
    let lost = |faults: &str| {
        let text = format!("[cluster]\nnodes = 3\nelection-timeout = \"1s\"\n{faults}");
        let outcome = outcome(&format!(
            "[queue.arguments]\nx-queue-type = \"quorum\"\n{text}[[producer]]\nname = \"shop\"\nrouting-key = \"orders\"\n\
             confirms = true\nstart = \"100ms\"\ncount = 10\ninterarrival = \"10ms\"\n"
        ));
        outcome.producers[0].lost_though_confirmed
    };
    let one = crash(1, "process-crash", "0.5s", "200ms");
    assert_eq!(
        lost(&format!("{one}{}", crash(2, "process-crash", "0.9s", "1s"))),
        10,
        "no leader before 1.5 s"
    );
    let two = crash(2, "process-crash", "0.5s", "200ms");
    assert_eq!(
        lost(&format!("{two}{}", crash(3, "process-crash", "0.9s", "1s"))),
        0,
        "the leader told node 2"
    );
    let stopped = format!("{}{}", crash(2, "restart", "0.5s", "5s"), crash(3, "restart", "0.51s", "5s"));
    let all = "[[fault.process-crash]]\nat = \"0.9s\"\nlasts = \"1s\"\n";
    assert_eq!(lost(&format!("{stopped}{all}")), 0, "one of three was killed");
}

/// A queue younger than a second is not known after a crash to the nodes that were killed. Source: rule DUR-17.
#[test]
fn a_young_quorum_queue_loses_all_where_a_majority_of_its_nodes_is_killed() {
    let lost = |nodes: u32, fault: &str, at: &str| {
        let outcome = outcome(&format!(
            r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = {nodes}

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
count = 10
interarrival = "20ms"

{}"#,
            fault.replace("AT", &format!("at = \"{at}\"\nlasts = \"1s\""))
        ));
        assert_eq!(outcome.ledger.lost_total(), outcome.ledger.lost_to(LossCause::QueueUnregistered));
        outcome.producers[0].lost_though_confirmed
    };
    let crash = "[[fault.process-crash]]\nAT\n";
    let one = "[[fault.node-crash]]\nnode = 2\nAT\n";
    let two = format!("{one}{}", one.replace("node = 2", "name = \"other\"\nnode = 3"));
    for (nodes, fault, expected) in
        [(1, crash, (10, 0)), (3, crash, (10, 0)), (3, one, (0, 0)), (3, &two, (10, 0)), (5, &two, (0, 0))]
    {
        assert_eq!(
            (lost(nodes, fault, "0.9s"), lost(nodes, fault, "1.1s")),
            expected,
            "{nodes} nodes, {fault}"
        );
    }
}

/// Source: rules DUR-7, CF-8 and Q-11.
#[test]
fn the_crash_of_a_queue_takes_what_it_had_in_memory_and_cancels_its_consumers() {
    let outcome = outcome(&format!(
        r#"{PRODUCER}count = 100
start = "1s"
interarrival = "20ms"

[[consumer]]
name = "billing"
queue = "orders"
prefetch-count = 10
service-time = "1ms"
resubscribe-delay = "1s"

[[fault.queue-crash]]
queue = "orders"
at = "2.005s"
"#
    ));
    let producer = &outcome.producers[0];
    assert_eq!((producer.confirmed, producer.nacked), (99, 1), "the one that was being synced");
    assert_eq!(producer.lost_though_confirmed, 0);
    assert!(outcome.ledger.came_back > 0);
    assert_eq!(outcome.consumers[0].processed, 100 + outcome.ledger.processed_again);
}

/// The log was synced, and the disk had it in its own memory only.
#[test]
fn a_disk_that_ignores_flushes_loses_a_quorum_queue_with_its_cache() {
    let text = format!(
        r#"{PRODUCER}count = 10
interarrival = "20ms"
start = "5s"

[[queue]]
name = "orders"
arguments = {{ x-queue-type = "quorum" }}

[disk]
honours-flush = false

[[fault.power-loss]]
at = "8s"
lasts = "1s"
"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let outcome = simulate(&loaded.variants[0].scenario.system, 1);
    assert_eq!(outcome.ledger.lost_to(LossCause::InPageCache), 10);
    assert_eq!(outcome.producers[0].lost_though_confirmed, 10);
}

/// Whatever the nodes do one after the other: without a disk that has it, a message is gone.
#[test]
fn the_disks_of_all_nodes_are_lost_one_by_one() {
    let faults: Vec<String> = (1..=3)
        .map(|node| {
            format!("[[fault.node-crash]]\nname = \"n{node}\"\nnode = {node}\nby = \"disk-loss\"\nat = \"{node}0s\"\nlasts = \"40s\"\n")
        })
        .collect();
    let outcome = outcome(&format!(
        r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = 3

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
start = "1s"
count = 100
interarrival = "10ms"

{}"#,
        faults.concat()
    ));
    assert_eq!(outcome.ledger.lost_to(LossCause::DiskLost), 100);
    assert_eq!(outcome.producers[0].lost_though_confirmed, 100);
}

/// What the only member of a quorum queue had when it stopped is in its queue afterwards.
#[test]
fn a_message_that_was_being_synced_is_in_its_quorum_queue_after_a_restart() {
    let outcome = outcome(
        r#"[queue.arguments]
x-queue-type = "quorum"

[[producer]]
name = "shop"
routing-key = "orders"
start = "2s"
count = 1
interarrival = "1s"

[[fault.broker-restart]]
at = "2.005s"
lasts = "1s"

[[consumer]]
name = "billing"
queue = "orders"
start = "5s"
service-time = "1ms"
"#,
    );
    assert_eq!((outcome.consumers[0].processed, outcome.ledger.unfinished()), (1, 0));
}

/// A broker that crashes does not bring back nodes that are down by themselves.
#[test]
fn a_crash_of_the_broker_leaves_nodes_down_that_were_down() {
    let down = |node: u32| {
        format!("[[fault.node-crash]]\nname = \"n{node}\"\nnode = {node}\nat = \"5s\"\nlasts = \"60s\"\n")
    };
    let outcome = outcome(&format!(
        r#"[queue.arguments]
x-queue-type = "quorum"

[cluster]
nodes = 3

[[producer]]
name = "shop"
routing-key = "orders"
confirms = true
start = "20s"
count = 1
interarrival = "1s"

{}{}[[fault.process-crash]]
name = "all"
at = "10s"
lasts = "1s"
"#,
        down(2),
        down(3)
    ));
    let latency = outcome.producers[0].confirm_latency.max().map(|max| max / 1_000_000_000);
    assert_eq!(latency, Some(50), "the nodes are back at 65 s, and elect for 5 s");
}

/// One message a write, and no time for it: a run is long, and neither deep nor wrong in its counts.
#[test]
fn a_writer_does_one_batch_after_the_other() {
    for store in ["never-sync", "rabbitmq-4-classic", "sync-per-message"] {
        let outcome = outcome(&format!(
            r#"{PRODUCER}count = 20000
interarrival = "0s"

[classic-store]
preset = "{store}"
batch-max = 1
eager = true

[[consumer]]
name = "billing"
queue = "orders"
start = "20ms"
prefetch-count = 100
service-time = "0s"
"#
        ));
        assert_eq!(
            (outcome.producers[0].confirmed, outcome.consumers[0].processed),
            (20_000, 20_000),
            "{store}"
        );
    }
}

/// The second queue of a name has its own syncs to wait for, and what waited for the first is answered with it.
#[test]
fn a_queue_that_is_declared_again_knows_nothing_of_the_first() {
    let outcome = outcome(
        r#"
[[client]]
name = "operator"
start = "1s"
do = [
    { method = "confirm.select" },
    { method = "basic.publish", routing-key = "orders", persistent = true, message-size = "8KiB" },
    { method = "queue.delete", queue = "orders", after = "5ms" },
    { method = "queue.declare", queue = "orders", durable = true },
    { method = "basic.publish", routing-key = "orders", persistent = true, message-size = "8KiB" },
]

[[fault.power-loss]]
at = "1.012s"
lasts = "1s"
"#,
    );
    assert_eq!(outcome.ledger.lost_to(LossCause::QueueDeleted), 1);
    assert_eq!(outcome.ledger.lost_total(), 2, "the second was not on the disk: {:?}", outcome.ledger);
}

/// A message of 1000 B with 9 kB around it, at 10 kB/s: a second, and 10 ms.
#[test]
fn a_sync_transfers_what_a_store_adds_to_a_body_too() {
    let text = r#"
[broker]
profile = "rabbitmq-3.10"

[link]
latency = "0s"

[classic-store]
overhead = "9kB"

[disk]
write-time = "0s"
sync-time = "10ms"
bandwidth = "10kB"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
confirms = true
message-size = "1000B"
count = 1
interarrival = "1s"
"#;
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let took = simulate(&scenario.system, scenario.seed).producers[0].confirm_latency.max();
    assert_eq!(took, Some(1_010_000_000));
}
