//! What a scenario's author reads when something is wrong: the whole text, for every id.

mod arrivals;
mod checks;
mod clients;
mod faults;
mod mutations;
mod names;
mod shape;
mod storage;
mod study;
mod topology;
mod values;
mod variants;
mod vary;
mod working;
mod workloads;

use amqpsim::scenario::{Paint, ids, load};
use expect_test::{Expect, expect};

/// A scenario that runs. Tests put a mistake in front of it.
const RUNS: &str = r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "20ms"

[[consumer]]
name = "billing"
queue = "orders"
service-time = "15ms"
"#;

/// Compares everything that is said about `text` in front of a scenario that runs.
pub(crate) fn says(text: &str, expected: Expect) {
    says_alone(&format!("{text}{RUNS}"), &[], expected);
}

/// The same for settings of the command line.
fn says_of_set(settings: &[&str], expected: Expect) {
    says_alone(RUNS, settings, expected);
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says_alone(text: &str, settings: &[&str], expected: Expect) {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let said = match load("scenarios/orders.toml", text, &settings) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.render(Paint::Plain)).collect(),
        Err(diagnostics) => diagnostics.render(Paint::Plain),
    };
    expected.assert_eq(&said);
}

#[test]
fn every_id_has_a_test_here() {
    // What only a scenario of millions of tables says has its test where the limit is.
    let tests = concat!(
        include_str!("arrivals.rs"),
        include_str!("checks.rs"),
        include_str!("clients.rs"),
        include_str!("faults.rs"),
        include_str!("mutations.rs"),
        include_str!("names.rs"),
        include_str!("shape.rs"),
        include_str!("storage.rs"),
        include_str!("study.rs"),
        include_str!("topology.rs"),
        include_str!("values.rs"),
        include_str!("variants.rs"),
        include_str!("vary.rs"),
        include_str!("working.rs"),
        include_str!("workloads.rs"),
        include_str!("../../../src/scenario/resolve/limits.rs")
    );
    for (id, _) in ids::ALL {
        assert!(tests.contains(&format!("[{id}]: ")), "no test shows `{id}`");
    }
}

#[test]
fn a_scenario_that_runs_says_nothing() {
    says("", expect![[""]]);
}
