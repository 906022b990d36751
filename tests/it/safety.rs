//! How long messages are unsafe: from publish until they survive each kind of crash, and how long they stand confirmed before.

use amqpsim::measure::{Outcome, Safety};
use amqpsim::model::simulate;
use amqpsim::scenario::load;

const MILLISECOND: u64 = 1_000_000;

fn outcome(store: &str, rest: &str) -> Outcome {
    let text = format!(
        r#"# A test.
[broker]
profile = "rabbitmq-3.10"

[link]
latency = "0s"

[disk]
write-time = "1ms"
sync-time = "10ms"
bandwidth = "0B"
{store}

[[queue]]
name = "orders"
{rest}

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
confirms = true
count = 3
interarrival = "1s"
"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()));
    outcome
}

/// The longest times, in milliseconds: until written, until stable, and from confirm to stable.
fn longest(safety: &Safety) -> [Option<u64>; 3] {
    [&safety.until_written, &safety.until_stable, &safety.confirmed_until_stable]
        .map(|times| times.max().map(|max| max / MILLISECOND))
}

/// Source: rule CF-5.
#[test]
fn a_confirm_that_waits_for_a_sync_never_comes_before_it() {
    let outcome = outcome("", "");
    let safety = &outcome.queues[0].safety;
    assert_eq!((safety.kept, safety.unstable_at_end, safety.gone_before_stable()), (3, 0, 0));
    assert_eq!(longest(safety), [Some(1), Some(11), Some(0)]);
    assert_eq!(safety.confirmed_until_stable.count(), 3);
}

/// Source: rule CF-6.
#[test]
fn a_confirm_after_the_write_stands_for_as_long_as_the_sync_takes() {
    let outcome = outcome("[classic-store]\nconfirm-after = \"write\"", "");
    assert_eq!(longest(&outcome.queues[0].safety), [Some(1), Some(11), Some(10)]);
}

/// Source: rule CF-9.
#[test]
fn a_quorum_queue_has_what_a_majority_has_on_disk() {
    let outcome = outcome("", "arguments = { x-queue-type = \"quorum\" }");
    let safety = &outcome.queues[0].safety;
    assert_eq!((safety.kept, safety.unstable_at_end), (3, 0));
    assert_eq!(longest(safety), [Some(11), Some(11), Some(0)]);
}

const NEVER_SYNCED: &str = "[classic-store]\npreset = \"rabbitmq-4-classic\"";

/// What the operating system has not written back when the run ends has no time at all, and is counted instead.
#[test]
fn what_is_not_on_disk_at_the_end_is_counted_and_not_averaged() {
    let outcome = outcome(NEVER_SYNCED, "");
    let safety = &outcome.queues[0].safety;
    assert_eq!(longest(safety), [Some(1), None, None]);
    assert_eq!(
        (safety.unwritten_at_end, safety.unstable_at_end, safety.confirmed_unstable_at_end),
        (0, 3, 3)
    );
}

/// The operating system tells nobody when it writes: what it has written by the end of the run counts. The last message
/// comes with the end, from a producer that asks for no confirms.
#[test]
fn what_the_operating_system_has_written_back_by_the_end_counts() {
    let late = r#"
[[producer]]
name = "late"
routing-key = "orders"
persistent = true
start = "100s"
count = 1
interarrival = "1s"
"#;
    let outcome = outcome(NEVER_SYNCED, late);
    let safety = &outcome.queues[0].safety;
    assert_eq!((safety.kept, safety.until_stable.count(), safety.confirmed_until_stable.count()), (4, 3, 3));
    assert_eq!((safety.unstable_at_end, safety.confirmed_unstable_at_end), (1, 0));
    assert_eq!(longest(safety)[1..], [Some(35_000), Some(34_999)]);
}

/// Two messages are in the page cache when the power fails; the third one comes afterwards.
#[test]
fn what_a_crash_takes_was_gone_before_it_was_safe() {
    let crash = "[[fault.power-loss]]\nat = \"1.5s\"\nlasts = \"1s\"";
    let outcome = outcome(NEVER_SYNCED, crash);
    let safety = &outcome.queues[0].safety;
    assert_eq!((safety.kept, safety.gone_before_stable(), safety.unstable_at_end), (3, 2, 1));
    assert!(outcome.faults[0].is_crash);
}

/// A consumer acknowledges each message at once; nobody cares how safe it is after that.
#[test]
fn what_is_acknowledged_before_it_is_safe_has_no_time_either() {
    let consumer = "[[consumer]]\nname = \"billing\"\nqueue = \"orders\"\nservice-time = \"0s\"";
    let outcome = outcome(NEVER_SYNCED, consumer);
    let safety = &outcome.queues[0].safety;
    assert_eq!((safety.kept, safety.gone_before_stable(), safety.until_stable.count()), (3, 3, 0));
}

/// A dead letter was kept elsewhere before: how long it is unsafe where it goes says nothing of its publish.
#[test]
fn dead_letters_are_left_out() {
    let dead = r#"arguments = { x-message-ttl = 0, x-dead-letter-exchange = "", x-dead-letter-routing-key = "dead" }

[[queue]]
name = "dead""#;
    let outcome = outcome("", dead);
    assert_eq!(outcome.queues[1].enqueued, 3);
    assert_eq!(outcome.queues[1].safety, Safety::default());
}
