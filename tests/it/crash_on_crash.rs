//! One crash on another: a machine that loses its power or its disk while its broker is down, and disks that only say that they
//! have synced.

use amqpsim::measure::Outcome;
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::{Fact, LossCause, Observation, What};
use amqpsim::scenario::load;

/// Twenty confirmed messages from 1 s to 10.5 s, read after 100 s; a file that is dirty since 1 s is on the disk at 35 s.
fn outcome(settings: &str, faults: &str) -> Outcome {
    outcome_read_from("100s", settings, faults)
}

fn outcome_read_from(start: &str, settings: &str, faults: &str) -> Outcome {
    let profile = if settings.contains("profile") { "" } else { "[broker]\nprofile = \"rabbitmq-4.0\"" };
    let disk = if settings.contains("[disk]") { "" } else { "[disk]" };
    let text = format!(
        r#"{profile}
{disk}
{settings}
writeback-phase = "0s"
commit-period = "0s"

[[queue]]
name = "q"

[[producer]]
name = "p"
routing-key = "q"
persistent = true
confirms = true
start = "1s"
count = 20
interarrival = "500ms"

[[consumer]]
name = "k"
queue = "q"
start = "{start}"
service-time = "1ms"
{faults}"#
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!((&outcome.balanced, &outcome.errors), (&Ok(()), &Vec::new()));
    outcome
}

fn fault(kind: &str, at: &str) -> String {
    format!("[[fault.{kind}]]\nat = \"{at}\"\nlasts = \"1s\"\n")
}

fn lost(outcome: &Outcome, cause: LossCause) -> (u64, u64) {
    (outcome.ledger.lost_to(cause), outcome.producers[0].lost_though_confirmed)
}

/// A queue of version 2 writes and does not sync. Source: rule DUR-9.
#[test]
fn a_power_failure_takes_the_page_cache_whether_the_broker_runs_or_not() {
    for down in ["process-crash", "broker-restart"] {
        for at in ["11.9s", "12.1s", "12.9s", "13.1s"] {
            let outcome = outcome("", &(fault(down, "12s") + &fault("power-loss", at)));
            let synced = down == "broker-restart" && at != "11.9s";
            let expected = if synced { (0, 0) } else { (20, 20) };
            assert_eq!(lost(&outcome, LossCause::InPageCache), expected, "{down}, power loss at {at}");
        }
    }
    let late = outcome("", &(fault("process-crash", "34.5s") + &fault("power-loss", "35.1s")));
    assert_eq!(late.ledger.lost_total(), 0, "the operating system has written the file back meanwhile");
}

/// Source: rule DUR-15.
#[test]
fn a_disk_is_lost_whether_the_broker_runs_or_not() {
    for down in ["process-crash", "broker-restart", "power-loss"] {
        let outcome = outcome("", &(fault(down, "40s") + &fault("disk-loss", "40.5s")));
        assert_eq!(lost(&outcome, LossCause::DiskLost), (20, 20), "{down}");
    }
}

/// Two clean stops, and the topology is declared again on a new disk: nobody hears of an end that came before.
#[test]
fn a_new_disk_after_a_clean_restart_is_no_error() {
    let outcome = outcome("", &(fault("broker-restart", "12s") + &fault("disk-loss", "20s")));
    assert_eq!(outcome.errors, []);
}

/// What a clean stop syncs is in the disk's own memory. Source: rule DUR-9.
#[test]
fn a_clean_stop_brings_nothing_to_a_disk_that_ignores_flushes() {
    for preset in ["rabbitmq-3.10-classic", "rabbitmq-3.10-classic-v2", "rabbitmq-4-classic", "never-sync"] {
        let settings = format!("[classic-store]\npreset = \"{preset}\"\n[disk]\nhonours-flush = false\n");
        let restart = fault("broker-restart", "12s");
        let early = outcome(&settings, &(restart.clone() + &fault("power-loss", "13.5s")));
        assert_eq!(lost(&early, LossCause::InPageCache), (20, 20), "{preset}");
        let late = outcome(&settings, &(restart + &fault("power-loss", "50s")));
        assert_eq!(late.ledger.lost_total(), 0, "{preset}: it is written back in its own time");
    }
}

/// The same for members of a quorum queue, all of them or one alone.
#[test]
fn a_log_on_disks_that_ignore_flushes_is_as_safe_as_the_page_cache() {
    let settings =
        "[broker]\nprofile = \"rabbitmq-4.0\"\n[cluster]\nnodes = 3\n[disk]\nhonours-flush = false\n";
    let quorum = |faults: &str| {
        let text = outcome_text(settings, faults);
        let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let scenario = &loaded.variants[0].scenario;
        let outcome = simulate(&scenario.system, scenario.seed);
        assert_eq!(outcome.balanced, Ok(()));
        outcome
    };
    for down in ["broker-restart", "process-crash"] {
        let outcome = quorum(&(fault(down, "12s") + &fault("power-loss", "13.5s")));
        assert_eq!(lost(&outcome, LossCause::InPageCache), (20, 20), "{down}");
        let outcome = quorum(&(fault(down, "12s") + &fault("power-loss", "60s")));
        assert_eq!(outcome.ledger.lost_total(), 0, "{down}: it is written back in its own time");
    }
    let node = "[[fault.node-crash]]\nnode = 2\nby = \"restart\"\nat = \"12s\"\nlasts = \"1s\"\n";
    let outcome = quorum(&(node.to_owned() + &fault("power-loss", "13.5s")));
    assert_eq!(lost(&outcome, LossCause::InPageCache), (20, 20), "one node was stopped cleanly");
}

fn outcome_text(settings: &str, faults: &str) -> String {
    format!(
        r#"{settings}
writeback-phase = "0s"
commit-period = "0s"

[[queue]]
name = "q"
arguments = {{ x-queue-type = "quorum" }}

[[producer]]
name = "p"
routing-key = "q"
confirms = true
start = "1s"
count = 20
interarrival = "500ms"
{faults}"#
    )
}

/// The messages are on the disk at 35 s, their acknowledgements, of 40 s, not before 75 s: a killed process forgets neither, and a
/// power failure in between takes the acknowledgements only. Source: rule DUR-10.
#[test]
fn acknowledgements_in_the_page_cache_go_with_a_power_failure_after_a_crash() {
    let came_back = |at: &str| {
        let crash = fault("process-crash", "45s");
        let keeps =
            "[classic-store]\npreset = \"rabbitmq-4-classic\"\ndeletes-settled-files = false\n[disk]\n";
        let outcome = outcome_read_from("40s", keeps, &(crash + &fault("power-loss", at)));
        assert_eq!(outcome.ledger.lost_total(), 0);
        outcome.ledger.came_back
    };
    assert_eq!([came_back("45.5s"), came_back("50s"), came_back("80s")], [20, 20, 0]);
}

/// What happens to a node while all are down is over, or not, when they start together: nobody loses a leader for it.
#[test]
fn a_node_that_fails_while_all_are_down_starts_with_the_others_or_later() {
    let settings = "[broker]\nprofile = \"rabbitmq-4.0\"\n[cluster]\nnodes = 3\n[disk]\n";
    let told = |settings: &str, node: &str| {
        let text = outcome_text(
            settings,
            &("[[fault.process-crash]]\nat = \"12s\"\nlasts = \"10s\"\n".to_owned() + node),
        );
        let loaded = load("test.toml", &text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let scenario = &loaded.variants[0].scenario;
        let mut leaders_lost = 0;
        let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, observed| {
            let lost = |one: &&Observation| matches!(one.what, What::Broker(Fact::LeaderLost, _));
            leaders_lost += observed.iter().filter(lost).count();
        });
        assert_eq!(outcome.balanced, Ok(()));
        (leaders_lost, outcome.ledger.lost_total(), outcome.queues[0].ready)
    };
    let node = |numbers: &[u32], by: &str, lasts: &str| -> String {
        let fault = |n| {
            format!(
                "[[fault.node-crash]]\nname = \"n{n}\"\nnode = {n}\nby = \"{by}\"\nat = \"14s\"\nlasts = \"{lasts}\"\n"
            )
        };
        numbers.iter().map(fault).collect()
    };
    assert_eq!(told(settings, &node(&[1], "process-crash", "2s")), (0, 0, 20));
    assert_eq!(told(settings, &node(&[1], "process-crash", "20s")), (0, 0, 20), "the other two are enough");
    assert_eq!(told(settings, &node(&[1], "disk-loss", "2s")), (0, 0, 20), "the other two have all");
    assert_eq!(told(settings, &node(&[1, 2], "disk-loss", "2s")), (0, 20, 0));
    let lies = settings.replace("[disk]", "[disk]\nhonours-flush = false");
    assert_eq!(told(&lies, &node(&[1, 2], "power-loss", "2s")), (0, 0, 20), "one has it in its page cache");
    assert_eq!(told(&lies, &node(&[1, 2, 3], "power-loss", "2s")), (0, 20, 0));
}

/// The letter of an expired message is proposed and not committed when the power fails; the message comes back, expires once more, and
/// its second letter is there: nothing is lost but a copy.
#[test]
fn a_dead_letter_that_was_only_proposed_is_made_good_by_the_next_one() {
    let text = r#"
[broker]
profile = "rabbitmq-4.3"

[disk]
sync-time = "10ms"

[cluster]
registration-window = "0s"

[[exchange]]
name = "dlx"
type = "fanout"

[[queue]]
name = "work"
arguments = { x-dead-letter-exchange = "dlx", x-message-ttl = 500, x-queue-type = "quorum" }

[[queue]]
name = "dead"
arguments = { x-queue-type = "quorum" }

[[binding]]
exchange = "dlx"
queue = "dead"

[[producer]]
name = "p"
routing-key = "work"
confirms = true
count = 1
interarrival = "20ms"
start = "100ms"

[[consumer]]
name = "undertaker"
queue = "dead"
service-time = "1ms"

[[fault.power-loss]]
at = "615ms"
lasts = "200ms"
"#;
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()));
    assert_eq!((outcome.ledger.lost_total(), outcome.ledger.dead_lettered), (1, 2));
    assert_eq!((outcome.ledger.processed, outcome.consumers[0].processed), (1, 1));
    assert_eq!((outcome.producers[0].messages_lost, outcome.producers[0].lost_though_confirmed), (0, 0));
}
