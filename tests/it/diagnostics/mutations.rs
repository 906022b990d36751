//! Whatever is written, the reader answers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use amqpsim::scenario::{Paint, ids, load};
use expect_test::expect;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::says_alone;

/// A scenario with something of everything, as ground for mutations.
const RICH: &str = r#"# Something of everything.
question = "What breaks?"
[replication]
duration = "60s"
[broker]
profile = "rabbitmq-3.10"
[link]
latency = { uniform = ["1ms", "2ms"] }
[[exchange]]
name = "lögs"
type = "topic"
[[queue]]
name = "orders"
arguments = { x-max-length = 10, list = [1, "two", { three = 3.0 }] }
[[binding]]
exchange = "lögs"
queue = "orders"
routing-key = "a.*"
[[connection]]
name = "app"
[[channel]]
name = "app-1"
connection = "app"
[[class]]
name = "heavy"
every = 10
producer = "shop"
[[producer]]
name = "shop"
exchange = "lögs"
routing-keys = ["a.b", "c"]
interarrival = { exponential = "20ms" }
message-size = "4KiB"
declare = [{ queue = "tail" }, { bind = "tail", exchange = "lögs" }]
[[consumer]]
name = "billing"
connection = "app"
channel = "app-1"
queue = "orders"
service-time = "15ms"
service-time-by-class = { heavy = "1s" }
speed = 0.25
[[fault.consumer-crash]]
consumer = "billing"
at = "5s"
[[fault.connection-loss]]
name = "cut"
connection = "app"
at = "6s"
lasts = "1s"
[[check]]
property = "nothing-lost"
[[check]]
measure = "sojourn-p95"
queue = "orders"
at-most = "10s"
[[variant]]
name = "one"
[[variant]]
name = "two"
set = { "consumer.*.prefetch-count" = 1, "fault.cut.at" = "7s", "queue.orders.arguments.x-max-length" = 5 }
"#;

#[test]
fn the_ground_for_mutations_has_no_mistake() {
    says_alone(RICH, &["link.latency=2ms"], expect![[""]]);
}

/// One way to spoil a text; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Mutation {
    DeleteLine(usize),
    DuplicateLine(usize),
    SwapLines(usize, usize),
    ReplaceValue(usize, String),
    InsertLine(usize, String),
    FlipByte(usize, u8),
    Truncate(usize),
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"\"".to_owned()),
        Just("-1".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("inf".to_owned()),
        Just("{ a.b = [[{}]] }".to_owned()),
        Just("\"99999999999h\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "\"[0-9]{1,4}(ms|s|h|KiB|é)?\"",
        "\\PC{0,12}",
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..10_000usize;
    prop_oneof![
        at.clone().prop_map(Mutation::DeleteLine),
        at.clone().prop_map(Mutation::DuplicateLine),
        (at.clone(), at.clone()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        (at.clone(), value()).prop_map(|(at, value)| Mutation::ReplaceValue(at, value)),
        (at.clone(), "[a-z-]{1,8}", value())
            .prop_map(|(at, key, value)| Mutation::InsertLine(at, format!("{key} = {value}"))),
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::FlipByte(at, byte)),
        at.prop_map(Mutation::Truncate),
    ]
}

fn mutated(text: &str, mutation: &Mutation) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let n = lines.len();
    match mutation {
        Mutation::DeleteLine(at) => {
            lines.remove(at % n);
        }
        Mutation::DuplicateLine(at) => lines.insert(at % n, lines[at % n].clone()),
        Mutation::SwapLines(a, b) => lines.swap(a % n, b % n),
        Mutation::ReplaceValue(at, value) => {
            let line = &mut lines[at % n];
            if let Some((key, _)) = line.split_once('=') {
                *line = format!("{key}= {value}");
            }
        }
        Mutation::InsertLine(at, line) => lines.insert(at % n, line.clone()),
        Mutation::FlipByte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= byte;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        Mutation::Truncate(at) => return text.chars().take(at % (text.chars().count() + 1)).collect(),
    }
    lines.join("\n")
}

/// Loads and renders; what became of it.
fn outcome(text: &str, settings: &[String]) -> &'static str {
    match load("a.toml", text, settings) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                warning.render(Paint::Coloured);
            }
            "loaded"
        }
        Err(diagnostics) => {
            diagnostics.render(Paint::Plain);
            if diagnostics.iter().any(|d| d.id == ids::SYNTAX) { "not TOML" } else { "refused" }
        }
    }
}

/// Runs cases without panics, and demands that each outcome was met in at least one of fifty.
fn never_panics(strategy: impl Strategy<Value = (String, Vec<String>)>, outcomes: &[&str]) {
    const CASES: u32 = 1_500;
    let met = Mutex::new(BTreeMap::new());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: CASES, ..ProptestConfig::with_source_file(file!()) });
    runner
        .run(&strategy, |(text, settings)| {
            *met.lock().expect("no case panics").entry(outcome(&text, &settings)).or_insert(0) += 1;
            Ok(())
        })
        .expect("no case panics");
    let met = met.into_inner().expect("no case panics");
    for outcome in outcomes {
        assert!(met.get(outcome).is_some_and(|&n| n >= CASES / 50), "{outcome} is rare: {met:?}");
    }
}

#[test]
fn no_mutation_of_a_scenario_makes_the_reader_panic() {
    let mutations = prop::collection::vec(mutation(), 1..5);
    let texts = mutations.prop_map(|list| list.iter().fold(RICH.to_owned(), |text, one| mutated(&text, one)));
    never_panics((texts, Just(Vec::new())), &["loaded", "refused", "not TOML"]);
}

#[test]
fn no_setting_makes_the_reader_panic() {
    let setting = prop_oneof![
        "[a-z.*\"=0-9 ]{0,24}",
        "consumer[.](billing|[*])[.](speed|start|queue)=[0-9]{1,3}(s|ms)?",
        "(queue|fault)[.]\\PC{0,9}[.]\\PC{0,9}=\\PC{0,9}",
    ];
    let settings = prop::collection::vec(setting, 1..3);
    never_panics((Just(RICH.to_owned()), settings), &["loaded", "refused"]);
}

#[test]
fn no_garbage_makes_the_reader_panic() {
    let text = prop_oneof!["\\PC{0,80}", "[\\[\\]{}=\"'.\n\\\\ a-z0-9]{0,80}"];
    never_panics((text, Just(Vec::new())), &["not TOML"]);
}
