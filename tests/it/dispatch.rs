//! Dispatch policies that RabbitMQ does not have: what they do, and that nobody can mistake them for RabbitMQ.
#![expect(clippy::unwrap_used, reason = "a test whose scenario is wrong has failed")]

use std::process::Command;

use amqpsim::experiment::{Origin, Plan, RunResult, run};
use amqpsim::model::simulate;
use amqpsim::scenario;

use crate::tidy::{files, read};

const POLICIES: [&str; 3] = ["least-unacked", "random-of-two", "fastest-expected"];

/// Four messages a 100 ms for consumers that need 10 ms, 10 ms and 200 ms for one.
const WORK: &str = r#"
[[queue]]
name = "tasks"
[[producer]]
name = "boss"
routing-key = "tasks"
count = 400
interarrival = "25ms"
[[consumer]]
name = "slow"
queue = "tasks"
service-time = "200ms"
[[consumer]]
name = "fast-1"
queue = "tasks"
service-time = "10ms"
[[consumer]]
name = "fast-2"
queue = "tasks"
service-time = "10ms"
"#;

fn run_with(text: &str, settings: &[&str], replications: u32) -> RunResult {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let loaded =
        scenario::load("tasks.toml", text, &settings).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let plan = Plan {
        origin: Origin { file: "tasks.toml".into(), overrides: settings },
        variants: loaded.variants,
        names_variants: false,
        seed: None,
        replications: Some(replications),
        jobs: 2,
    };
    run(&plan, &|_, _| {}).unwrap_or_else(|bug| panic!("{bug}"))
}

/// What each consumer processed.
fn processed(text: &str, settings: &[&str]) -> Vec<u64> {
    let result = run_with(text, settings, 1);
    result.variants[0].outcomes[0].consumers.iter().map(|consumer| consumer.processed).collect()
}

fn dispatch(policy: &str) -> String {
    format!("experiment.dispatch={policy}")
}

#[test]
fn each_policy_deals_as_it_says() {
    assert_eq!(processed(WORK, &[]), [134, 133, 133], "RabbitMQ deals out in turn");
    // A fast consumer is free whenever a message comes. The slow one has its turn where all are: once in 200 ms, and the
    // others in turn.
    let [slow, one, two] = processed(WORK, &[&dispatch("least-unacked")])[..] else {
        panic!("three consumers")
    };
    assert_eq!(slow + one + two, 400);
    assert!((45..=55).contains(&slow) && one.abs_diff(two) < 60, "{slow} {one} {two}");
    // As soon as it is known to be slow, nothing more.
    let [slow, one, two] = processed(WORK, &[&dispatch("fastest-expected")])[..] else {
        panic!("three consumers")
    };
    assert_eq!(slow + one + two, 400);
    assert!(slow < 10 && one > 100 && two > 100, "{slow} {one} {two}");
    // Of two that are drawn: the slow one gets what it gets by chance while it is idle.
    let [slow, one, two] = processed(WORK, &[&dispatch("random-of-two")])[..] else {
        panic!("three consumers")
    };
    assert_eq!(slow + one + two, 400);
    assert!((20..100).contains(&slow) && one > 100 && two > 100, "{slow} {one} {two}");
}

#[test]
fn priorities_and_prefetch_counts_stay_as_they_are() {
    for policy in POLICIES {
        let first = WORK.replace(
            "name = \"slow\"",
            "name = \"slow\"\nprefetch-count = 1\narguments = { x-priority = 5 }",
        );
        let [slow, one, two] = processed(&first, &[&dispatch(policy)])[..] else { panic!("three consumers") };
        // It takes one whenever it has nothing, every 225 ms, and never more.
        assert!((43..=46).contains(&slow) && one + two == 400 - slow, "{policy}: {slow} {one} {two}");
        let result = run_with(&first, &[&dispatch(policy)], 1);
        assert_eq!(result.variants[0].outcomes[0].consumers[0].unacked_max, 1, "{policy}");
    }
}

#[test]
fn chance_is_the_seeds_and_nothing_elses() {
    let spec = |policy: &str| {
        let settings = [dispatch(policy)];
        scenario::load("tasks.toml", WORK, &settings).unwrap().variants[0].scenario.system.clone()
    };
    let drawn = spec("random-of-two");
    assert!(simulate(&drawn, 1) == simulate(&drawn, 1));
    assert!(simulate(&drawn, 1) != simulate(&drawn, 2));
    assert!(simulate(&spec("least-unacked"), 1) == simulate(&spec("least-unacked"), 2));
    let result = run_with(WORK, &[&dispatch("random-of-two")], 3);
    assert_eq!(result.variants[0].random_parts, ["who gets the next message"]);
    assert_eq!(result.variants[0].outcomes.len(), 3);
}

/// The books are balanced after every run; an imbalance is a bug that `run` reports.
#[test]
fn every_scenario_can_be_dealt_otherwise() {
    for path in files("scenarios", ".toml").iter().filter(|path| !path.contains("calibration")) {
        for policy in POLICIES {
            run_with(&read(path), &[&dispatch(policy)], 1);
        }
    }
}

#[test]
fn every_report_names_the_experiment() {
    let commands: [&[&str]; 8] = [
        &["run"],
        &["run", "--format", "json"],
        &["compare"],
        &["compare", "--format", "json"],
        &["explain", "--variant", "least-unacked"],
        &["crash-points", "--kind", "process-crash", "--at-most", "5"],
        &["sweep", "--vary", "link.latency=1ms,2ms", "--replications", "2"],
        &["advise", "--variant", "least-unacked", "--replications", "2"],
    ];
    for words in commands {
        let quiet: &[&str] = if words[0] == "explain" { &["--lines", "5"] } else { &["--no-out"] };
        let output = Command::new(env!("CARGO_BIN_EXE_amqpsim"))
            .arg(words[0])
            .arg("scenarios/dispatch-policies.toml")
            .args([&words[1..], quiet].concat())
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let named = if words.contains(&"json") {
            said.contains("\"experiment\": \"least-unacked\"") && said.contains("\"experiment\": null")
        } else {
            said.contains("dispatch: least-unacked")
                && said.contains("experiment")
                && said.contains("RabbitMQ deals out in turn")
        };
        assert!(named, "{words:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    }
    let said = amqpsim_explains();
    assert!(said.contains("LAB-1") && !said.contains("DSP-2"), "{said}");
}

fn amqpsim_explains() -> String {
    let arguments =
        ["explain", "scenarios/dispatch-policies.toml", "--variant", "fastest-expected", "--message", "7"];
    let output = Command::new(env!("CARGO_BIN_EXE_amqpsim"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}
