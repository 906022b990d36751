//! Files as different people write them: which queues of the textbooks they are, and which they are not.
#![expect(clippy::unwrap_used, reason = "a test whose scenario is wrong has failed")]

use amqpsim::experiment::{Origin, Plan, RunResult, run, theory};
use amqpsim::measure::{Scope, find_in};
use amqpsim::scenario::{self, Scenario};

fn loaded(text: &str) -> Scenario {
    let loaded =
        scenario::load("queue.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"));
    loaded.variants[0].scenario.clone()
}

/// The model's name, with a mark where messages wait in a buffer, too; `-` where it is none.
fn model(text: &str) -> String {
    theory(&loaded(text)).map_or("-".to_owned(), |it| {
        format!("{}{}", it.model, if it.waits_in_queue { "" } else { " (in buffers, too)" })
    })
}

fn result(text: &str) -> RunResult {
    let variants = scenario::load("queue.toml", text, &[]).unwrap().variants;
    let origin = Origin { file: "queue.toml".into(), overrides: Vec::new() };
    let plan = Plan { origin, variants, names_variants: false, seed: None, replications: None, jobs: 2 };
    run(&plan, &|_, _| {}).unwrap()
}

/// A rate instead of gaps, the consumer first, a queue that the consumer declares, a connection of its own.
const BANK: &str = r#"
question = "How long do customers wait at the counter?"
[[consumer]]
service-time = { exponential = "30s" }
name = "clerk"
queue = "counter"
prefetch-count = 1
[[producer]]
rate = "96/h"
routing-key = "counter"
name = "street"
[link]
latency = "0ms"
[replication]
duration = "1000h"
warm-up = "20h"
study = "steady-state"
replications = 5
[[queue]]
name = "counter"
durable = true
"#;

#[test]
fn files_that_are_a_queue_of_the_textbooks_are_known_however_they_are_written() {
    assert_eq!(model(BANK), "M/M/1");
    let clerks = |more: &str| BANK.replace("name = \"clerk\"\n", &format!("name = \"clerk\"\n{more}\n"));
    assert_eq!(model(&clerks("count = 3")), "M/M/3");
    assert_eq!(model(&clerks("speed = 0.9")), "M/M/1");
    // The run ends with them, and what is measured is before.
    assert_eq!(model(&BANK.replace("name = \"street\"", "count = 5000\nname = \"street\"")), "M/M/1");
    // Two streets are one, twice as busy; confirms that nobody waits for change nothing.
    let streets = "instances = 2\nconfirms = true\nmandatory = true\nname = \"street\"";
    assert_eq!(model(&BANK.replace("name = \"street\"", streets)), "M/M/1");
    for (service, known) in [
        ("\"30s\"", "M/D/1"),
        ("{ erlang = { stages = 3, mean = \"30s\" } }", "M/G/1"),
        ("{ lognormal = { mean = \"30s\", cv = 2 } }", "M/G/1"),
        ("{ mixture = [{ weight = 9, of = \"10s\" }, { weight = 1, of = \"2min\" }] }", "M/G/1"),
    ] {
        assert_eq!(model(&BANK.replace("{ exponential = \"30s\" }", service)), known, "{service}");
    }
    let room =
        "name = \"counter\"\narguments = { x-overflow = \"reject-publish\", x-max-length = 7 }\ndurable";
    assert_eq!(model(&BANK.replace("name = \"counter\"\ndurable", room)), "M/M/1/8");
    assert_eq!(model(&BANK.replace("prefetch-count = 1", "prefetch-count = 50")), "M/M/1 (in buffers, too)");
    assert_eq!(model(&BANK.replace("prefetch-count = 1\n", "")), "M/M/1 (in buffers, too)");
}

#[test]
fn files_that_are_almost_one_are_none() {
    let with = |from: &str, to: &str| {
        assert!(BANK.contains(from), "{from}");
        model(&BANK.replace(from, to))
    };
    let consumer = |more: &str| with("queue = \"counter\"\n", &format!("queue = \"counter\"\n{more}\n"));
    let producer = |more: &str| with("name = \"street\"\n", &format!("name = \"street\"\n{more}\n"));
    let all = [
        ("a round trip", with("latency = \"0ms\"", "latency = \"1ms\"")),
        ("the usual latency", with("latency = \"0ms\"\n", "")),
        ("even gaps", producer("spacing = \"even\"")),
        (
            "a rate that changes",
            with(
                "rate = \"96/h\"",
                "rate = [{ at = \"0s\", rate = \"96/h\" }, { at = \"5h\", rate = \"50/h\" }]",
            ),
        ),
        (
            "bursts",
            with(
                "rate = \"96/h\"",
                "interarrival = { exponential = \"1s\" }\nbursts = { on = \"10s\", off = \"10min\" }",
            ),
        ),
        ("a window", producer("confirms = true\nmax-in-flight = 2")),
        ("a start", producer("start = \"1h\"")),
        ("messages that expire", producer("expiration = \"60s\"")),
        ("another exchange", producer("exchange = \"amq.direct\"")),
        ("several clerks with buffers", with("prefetch-count = 1", "prefetch-count = 2\ncount = 2")),
        ("two at once", consumer("concurrency = 2")),
        ("acknowledged early", consumer("acknowledge = \"before-processing\"")),
        ("failures", consumer("failure-probability = 0.01\nfailure = \"requeue\"")),
        ("acknowledged in batches", consumer("ack-batch = 10")),
        (
            "a call to somebody else",
            model(&format!(
                "{}[[downstream]]\nname = \"files\"\nlatency = \"1ms\"\n",
                BANK.replace("queue = \"counter\"\n", "queue = \"counter\"\ndownstream = \"files\"\n")
            )),
        ),
        ("shifts", consumer("schedule = [{ from = \"0s\", until = \"8h\" }]")),
        ("slow at first", consumer("warm-up = \"1h\"\nwarm-up-speed = 0.5")),
        ("a late start", consumer("start = \"1h\"")),
        ("priorities", consumer("arguments = { x-priority = 5 }")),
        ("a length where the oldest goes", with("durable = true", "arguments = { x-max-length = 7 }")),
        ("a quorum queue", with("durable = true", "arguments = { x-queue-type = \"quorum\" }")),
        (
            "Pareto, without a variance",
            with("{ exponential = \"30s\" }", "{ pareto = { shape = 1.5, mean = \"30s\" } }"),
        ),
        ("a backlog", with("warm-up = \"20h\"\nstudy = \"steady-state\"\n", "")),
        ("a fault", model(&format!("{BANK}[[fault.broker-restart]]\nat = \"5h\"\nlasts = \"1min\"\n"))),
        ("another queue", model(&format!("{BANK}[[queue]]\nname = \"lobby\"\n"))),
        ("another dispatch", model(&format!("{BANK}[experiment]\ndispatch = \"least-unacked\"\n"))),
        (
            "clerks that are not alike",
            model(&format!(
                "{BANK}[[consumer]]\nname = \"trainee\"\nqueue = \"counter\"\nprefetch-count = 1\nservice-time = {{ exponential = \"60s\" }}\n"
            )),
        ),
    ];
    for (what, model) in all {
        assert_eq!(model, "-", "{what}");
    }
}

/// Whether they wait in the queue or in the only consumer's buffer, customers are served in their order: 150 s at a load of 0.8.
#[test]
fn a_prefetch_count_of_the_only_consumer_changes_where_messages_wait_and_not_how_long() {
    let sojourn = |text: &str| {
        let result = result(text);
        let measure = find_in(Scope::Queue, "sojourn-mean").unwrap();
        result.variants[0].estimate(measure, 0).unwrap()
    };
    let (one, many) = (sojourn(BANK), sojourn(&BANK.replace("prefetch-count = 1", "prefetch-count = 50")));
    assert_eq!(one, many);
    let (low, high) = one.ends().unwrap();
    assert!(low < 150e9 && 150e9 < high, "{low} to {high}");
}

/// Two hands of one clerk are two clerks: 60 s of work at a load of 0.8 take 60 s / (1 − 0.8²), and 0.8 · 2 · 0.8² / 0.36 wait.
#[test]
fn a_consumer_that_works_on_several_at_once_is_several_servers() {
    let hands = |prefetch: &str| {
        BANK.replace("prefetch-count = 1", &format!("concurrency = 2\n{prefetch}")).replace("30s", "60s")
    };
    for (prefetch, known) in [
        ("prefetch-count = 2", "M/M/2"),
        ("prefetch-count = 9", "M/M/2 (in buffers, too)"),
        ("prefetch-count = 0", "M/M/2 (in buffers, too)"),
        ("prefetch-count = 1", "-"),
    ] {
        assert_eq!(model(&hands(prefetch)), known, "{prefetch}");
    }
    assert_eq!(model(&hands("prefetch-count = 2\ncount = 2")), "M/M/4");
    let result = result(&hands("prefetch-count = 2"));
    let variant = &result.variants[0];
    let theory = variant.theory.as_ref().unwrap().steady.unwrap();
    for (name, truth) in
        [("sojourn-mean", 60e9 / 0.36), ("depth-mean", theory.waiting), ("wait-mean", theory.wait * 1e9)]
    {
        let (low, high) = variant.estimate(find_in(Scope::Queue, name).unwrap(), 0).unwrap().ends().unwrap();
        assert!(low < truth && truth < high, "{name}: {low} to {high}, and {truth} in theory");
    }
    let busy = variant.estimate(find_in(Scope::Consumer, "utilisation").unwrap(), 0).unwrap();
    assert!(busy.ends().unwrap().0 < 0.8 && 0.8 < busy.ends().unwrap().1, "{busy:?}");
}
