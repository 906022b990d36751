//! The scenarios in `scenarios/calibration/`, which do what was done with a real broker: all checks hold, and the figures that
//! their comments and `docs/durability.md` state come out.

use amqpsim::experiment::{Origin, Plan, RunResult, run};
use amqpsim::measure::{CATALOGUE, Scope};
use amqpsim::scenario::load;
use amqpsim::storage::{PRESETS, preset_differences};

use crate::tidy::{read, root};

fn result(name: &str) -> RunResult {
    let file = format!("scenarios/calibration/{name}.toml");
    let loaded = load(&file, &read(&file), &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let plan = Plan {
        origin: Origin { file, overrides: Vec::new() },
        variants: loaded.variants,
        names_variants: true,
        seed: None,
        replications: None,
        jobs: 2,
    };
    let result = run(&plan, &|_, _| {}).unwrap_or_else(|bug| panic!("{bug}"));
    for variant in &result.variants {
        for check in &variant.checks {
            assert_eq!(check.verdict.words(), "held", "{name}, {}: {check:?}", variant.variant.name);
        }
    }
    result
}

/// The values of a measure in all replications of a variant, of the first entity of its scope.
fn values(result: &RunResult, variant: &str, scope: Scope, measure: &str) -> Vec<f64> {
    let variant = result.variants.iter().find(|found| found.variant.name == variant).expect(variant);
    let found = CATALOGUE.iter().find(|row| row.scope == scope && row.name == measure).expect(measure);
    let values = found.values(&variant.outcomes, 0);
    assert!(!values.is_empty(), "{measure} has no value in {}", variant.variant.name);
    values
}

/// The same number in every replication.
#[track_caller]
fn exactly(result: &RunResult, variant: &str, scope: Scope, measure: &str, number: u32) {
    let values = values(result, variant, scope, measure);
    let equal = values.iter().all(|value| (value - f64::from(number)).abs() < 0.5);
    assert!(equal, "{variant}: {measure} is {values:?}");
}

/// The mean over the replications lies in a range.
#[track_caller]
fn about(result: &RunResult, variant: &str, scope: Scope, measure: &str, range: std::ops::Range<f64>) {
    let values = values(result, variant, scope, measure);
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    assert!(range.contains(&mean), "{variant}: {measure} is {mean} and not in {range:?}");
}

#[test]
fn a_killed_broker_has_what_a_real_one_had() {
    let result = result("process-crash");
    for (variant, kept) in [
        ("v1, none", 0),
        ("v1, 8 KiB, none", 0),
        ("v1, transient, confirms", 0),
        ("v2, none, short", 0),
        ("v2, none, long", 4096),
        ("v2, 8 KiB, none, short", 0),
        ("v2, 8 KiB, none, long", 4096),
    ] {
        exactly(&result, variant, Scope::Consumer, "delivered", kept);
        exactly(&result, variant, Scope::Consumer, "redelivered", kept);
    }
    for variant in ["v1, confirms", "v1, 8 KiB, confirms", "v2, confirms", "quorum, confirms"] {
        exactly(&result, variant, Scope::Producer, "confirmed-and-lost", 0);
        about(&result, variant, Scope::Consumer, "delivered", 3995.0..4001.0);
    }
    exactly(&result, "v1, transient, confirms", Scope::Producer, "confirmed-and-lost", 4000);
    exactly(&result, "quorum, confirms", Scope::Consumer, "redelivered", 0);
    exactly(&result, "quorum, 0.9 s old, confirms", Scope::Consumer, "delivered", 0);
    about(&result, "quorum, 1.1 s old, confirms", Scope::Consumer, "delivered", 1995.0..2001.0);
}

#[test]
fn a_flood_is_kept_up_to_the_last_flush() {
    let result = result("process-crash-flood");
    for (count, kept) in [
        (16_384, 0),
        (16_385, 16_385),
        (32_768, 16_385),
        (32_769, 32_769),
        (49_153, 32_769),
        (49_154, 49_154),
    ] {
        exactly(&result, &format!("v1, none, {count}"), Scope::Consumer, "delivered", kept);
    }
    exactly(&result, "v2, none, 55000", Scope::Consumer, "delivered", 13 * 4096);
    exactly(&result, "quorum, confirms", Scope::Producer, "confirmed-and-lost", 0);
}

#[test]
fn a_loss_of_power_takes_what_it_took_from_a_real_broker() {
    let short = result("power-loss");
    for variant in ["v2, confirms", "v2, 8 KiB, confirms", "v2, none", "4.x, confirms"] {
        exactly(&short, variant, Scope::Consumer, "delivered", 0);
    }
    for variant in ["v1, confirms", "v1, 8 KiB, confirms", "quorum, confirms"] {
        exactly(&short, variant, Scope::Producer, "confirmed-and-lost", 0);
        about(&short, variant, Scope::Consumer, "delivered", 3990.0..4001.0);
    }
    let long = result("power-loss-long");
    exactly(&long, "46.8 s", Scope::Producer, "confirmed-and-lost", 15_183);
    exactly(&long, "49.2 s", Scope::Producer, "confirmed-and-lost", 16_411);
    exactly(&long, "56.2 s", Scope::Producer, "confirmed-and-lost", 15_811);
}

#[test]
fn as_many_acknowledged_messages_come_back_as_from_a_real_broker() {
    let result = result("lost-acknowledgements");
    for (variant, back, redelivered) in [
        ("v1, 1474", 1474, 6000),
        ("v1, 953", 953, 6000),
        ("v1, 2455", 2455, 6000),
        ("v2, 718", 718, 6000),
        ("v2, 2108", 60, 3952),
        ("v2, 1597", 1597, 6000),
        ("quorum, 674", 0, 100),
        ("quorum, 2025", 0, 100),
        ("quorum, 614", 0, 100),
    ] {
        exactly(&result, variant, Scope::Run, "came-back-after-ack", back);
        exactly(&result, variant, Scope::Consumer, "redelivered", redelivered);
    }
}

#[test]
fn what_is_settled_for_good_is_what_was_so_in_a_real_broker() {
    let drained = result("settled-files");
    for (variant, again) in [("v1, 50", 50), ("v2, 49", 50), ("v2, 50", 0)] {
        exactly(&drained, variant, Scope::Consumer, "redelivered", again);
    }
    let purged = result("purge");
    for (variant, there) in
        [("v1", 0), ("v1, one unacknowledged", 1000), ("v2", 0), ("v2, one unacknowledged", 1000)]
    {
        exactly(&purged, variant, Scope::Consumer, "delivered", there);
    }
    let letters = result("dead-letters");
    for (variant, there, flagged) in
        [("v1, at once", 50, 0), ("v1, 0.6 s", 50, 50), ("v2, at once", 0, 0), ("v2, 0.6 s", 0, 0)]
    {
        exactly(&letters, variant, Scope::Consumer, "delivered", there);
        exactly(&letters, variant, Scope::Consumer, "redelivered", flagged);
    }
}

#[test]
fn a_slow_stream_is_as_long_in_memory_as_in_a_real_broker() {
    let result = result("slow-streams");
    // 3 a second for 200 ms; a real broker took one more of ten.
    about(&result, "v1, 3 a second", Scope::Run, "lost-in-process-buffer", 0.45..0.75);
    exactly(&result, "v1, 1.5 s apart", Scope::Queue, "ready-at-end", 30);
    // Its first nap is as likely to be shorter than the gap as to be longer.
    about(&result, "v2, 1.5 s apart", Scope::Queue, "ready-at-end", 0.3..0.7);
    about(&result, "v2, 3 s apart", Scope::Queue, "ready-at-end", 2.0..3.0);
}

/// In microseconds; what is missing to the measured times is the work of a processor.
#[test]
fn confirms_take_about_as_long_as_from_a_real_broker() {
    let result = result("confirm-latency");
    for (variant, measured) in [
        ("v1, transient", 258.0),
        ("v1", 1812.0),
        ("v1, 8 KiB", 1808.0),
        ("v2", 415.0),
        ("v2, 8 KiB", 1115.0),
        ("quorum", 1431.0),
        ("v1, 2000/s", 3500.0),
    ] {
        let (from, to) = (measured * 0.5 * 1e3, measured * 1.05 * 1e3);
        about(&result, variant, Scope::Producer, "confirm-latency-mean", from..to);
    }
}

/// In milliseconds. A window that the queue's process has not handled is confirmed at once; without one the timer decides.
#[test]
fn a_queue_with_more_to_do_than_it_can_confirms_in_lumps() {
    let result = result("flood");
    for (variant, measured) in [
        ("v1, window 100", 8.0),
        ("v1, window 2000", 149.5),
        ("v1, transient, window 2000", 60.4),
        ("v2, window 2000", 139.0),
        ("quorum, window 2000", 82.3),
    ] {
        let (from, to) = (measured * 0.88 * 1e6, measured * 1.12 * 1e6);
        about(&result, variant, Scope::Producer, "confirm-latency-mean", from..to);
    }
    for variant in ["v1, window 2000", "v2, window 2000"] {
        about(&result, variant, Scope::Producer, "confirm-latency-p50", 135e6..146e6);
    }
    exactly(&result, "v1, flood, kill", Scope::Producer, "confirmed-and-lost", 0);
    // Of 100,000; a real one had confirmed 31 of 100.
    about(&result, "v1, flood, kill", Scope::Producer, "confirmed", 22_900.0..31_000.0);
    exactly(&result, "v1, flood, none, kill after 2 s", Scope::Consumer, "redelivered", 32_769);
    exactly(&result, "v2, flood, none, kill after 2.4 s", Scope::Consumer, "redelivered", 53_248);
}

const DOCUMENT: &str = "docs/durability.md";

/// The table of presets in the document is the code's. `UPDATE_DOCS=1` writes it.
#[test]
fn the_table_of_stores_is_made_from_the_presets() {
    let (begin, end) = ("<!-- stores:begin -->\n", "<!-- stores:end -->");
    let text = read(DOCUMENT);
    let (before, rest) = text.split_once(begin).expect("the table is marked");
    let (shown, after) = rest.split_once(end).expect("the table is marked");
    let names = PRESETS.map(|(name, _)| format!("`{name}`"));
    let head = format!("| Setting | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    let rows = preset_differences();
    let rows = rows.iter().map(|(key, values)| format!("| `{key}` | {} |\n", values.join(" | ")));
    let table = head + &rows.collect::<String>();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text = format!("{before}{begin}{table}{end}{after}");
        std::fs::write(root().join(DOCUMENT), text).expect("the document can be written");
    } else {
        assert_eq!(shown, table, "UPDATE_DOCS=1 cargo test calibration writes the table of {DOCUMENT}");
    }
}

/// The example of the document is a scenario, and shows a loss that its text promises.
#[test]
fn the_example_of_a_store_works() {
    let text = read(DOCUMENT);
    let example =
        text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it is there");
    let loaded = load("example.toml", example, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = amqpsim::model::simulate(&scenario.system, scenario.seed);
    assert!(outcome.producers[0].lost_though_confirmed > 1900, "{:?}", outcome.producers[0]);
}
