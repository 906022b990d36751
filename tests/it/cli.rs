//! The command line from outside: exit codes, what goes to which stream, files.
#![expect(clippy::unwrap_used, reason = "a test that cannot start the program has failed")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

mod advise;
mod conform;
mod crash_points;
mod durability;
mod losses;
mod sweep;

fn amqpsim(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amqpsim"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// An empty directory of its own for each test.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn file(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn help_is_a_result_and_shows_examples() {
    for arguments in [
        vec!["--help"],
        vec!["run", "--help"],
        vec!["compare", "--help"],
        vec!["list", "--help"],
        vec!["crash-points", "--help"],
        vec!["durability", "--help"],
        vec!["sweep", "--help"],
        vec!["advise", "--help"],
    ] {
        let output = amqpsim(&arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(out(&output).contains("Examples:") && err(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_wrong_command_line_exits_with_2_and_says_why_on_stderr() {
    let cases: [&[&str]; 6] = [
        &[],
        &["fly"],
        &["run"],
        &["run", "x.toml", "--seed", "many"],
        &["run", "x.toml", "--replications", "0"],
        &["explain", "x.toml", "--from", "41"],
    ];
    for arguments in cases {
        let output = amqpsim(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(out(&output).is_empty() && !err(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_line_with_the_reason() {
    let directory = directory("unreadable");
    let binary = file(&directory, "binary.toml", b"name = \"\xff\"");
    let huge = file(&directory, "huge.toml", b"");
    fs::File::options().write(true).open(&huge).unwrap().set_len((64 << 20) + 1).unwrap();
    let missing = directory.join("missing.toml").to_str().unwrap().to_owned();
    let cases = [
        (missing.as_str(), "there is no such file"),
        (directory.to_str().unwrap(), "it is a directory"),
        (huge.as_str(), "it is larger than 64 MiB"),
        (binary.as_str(), "it is not UTF-8 text (byte 8 is the first wrong one)"),
    ];
    for command in ["run", "check", "compare", "explain"] {
        for (path, reason) in cases {
            let output = amqpsim(&[command, path]);
            assert_eq!(output.status.code(), Some(2), "{command} {path}");
            assert!(out(&output).is_empty());
            assert!(err(&output).starts_with("error[unreadable-file]: cannot read"), "{}", err(&output));
            assert!(err(&output).contains(reason) && err(&output).lines().count() == 1, "{}", err(&output));
        }
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn every_bad_file_is_reported_at_once() {
    let output = amqpsim(&["check", "first-missing.toml", "second-missing.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        err(&output).contains("first-missing") && err(&output).contains("second-missing"),
        "{}",
        err(&output)
    );
}

#[test]
fn lists_are_made_from_the_code() {
    let checks = amqpsim(&["list", "checks"]);
    assert_eq!(checks.status.code(), Some(0));
    assert!(out(&checks).contains("nothing-lost"), "{}", out(&checks));
    let all = amqpsim(&["list"]);
    for line in ["\n  checks         7 ", "\n  profiles       4 "] {
        assert!(out(&all).contains(line), "{line}: {}", out(&all));
    }
    for subject in out(&all).lines().filter_map(|line| line.split_whitespace().next()) {
        let one = amqpsim(&["list", subject]);
        assert!(one.status.code() == Some(0) && !out(&one).is_empty(), "{subject}");
    }
    let profiles = amqpsim(&["list", "profiles"]);
    let row = out(&profiles).lines().find(|line| line.contains("transient non-exclusive queues"));
    let cells: Vec<&str> = row.unwrap_or_default().split_whitespace().skip(3).collect();
    assert_eq!(cells, ["Q-16", "yes", "yes", "yes", "no"], "{}", out(&profiles));
    let stores = amqpsim(&["list", "stores"]);
    let row = |start: &str| {
        let line = out(&stores).lines().find(|line| line.trim_start().starts_with(start)).unwrap_or_default();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let confirms = ["sync", "write", "sync", "write", "sync", "sync", "arrival"];
    assert_eq!(row("confirm-after"), confirms, "{}", out(&stores));
    assert_eq!(row("rabbitmq-3.10-classic-v2")[..2], ["(3.10)", "RabbitMQ"], "{}", out(&stores));
    assert_eq!(amqpsim(&["list", "nonsense"]).status.code(), Some(2));
}

#[test]
fn a_pipe_gets_no_colour_unless_it_is_asked_for() {
    let output = amqpsim(&["run", "missing.toml"]);
    assert!(!err(&output).contains('\u{1b}'));
    let output = command(&["run", "missing.toml"]).env("NO_COLOR", "1").output().unwrap();
    assert!(!err(&output).contains('\u{1b}'));
    let output = amqpsim(&["run", "missing.toml", "--colour", "never"]);
    assert!(!err(&output).contains('\u{1b}'));
}

/// One fast and one slow consumer: nothing is random, nothing is lost, and greedy buffers cost time.
const FAIR: &str = r#"
[[queue]]
name = "tasks"

[[producer]]
name = "shop"
routing-key = "tasks"
count = 40
interarrival = "1ms"

[[consumer]]
name = "fast"
queue = "tasks"
service-time = "10ms"

[[consumer]]
name = "slow"
queue = "tasks"
service-time = "10ms"
speed = 0.25

[[check]]
property = "nothing-lost"

[[variant]]
name = "greedy"
set = {}

[[variant]]
name = "prefetch-1"
set = { "consumer.*.prefetch-count" = 1 }
"#;

const RANDOM: &str = "consumer.*.service-time={ exponential = \"10ms\" }";

#[test]
fn a_run_answers_first_and_exits_with_0_if_all_checks_hold() {
    let directory = directory("answer");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output = amqpsim(&["run", &fair, "--no-out"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).starts_with("`greedy`: `slow` got "));
    assert!(out(&output).contains("\n`prefetch-1`: `slow` got "), "{}", out(&output));
    let one = amqpsim(&["run", &fair, "--no-out", "--variant", "prefetch-1"]);
    assert!(!out(&one).contains("greedy") && out(&one).contains("--variant prefetch-1"), "{}", out(&one));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_comparison_shows_the_variants_side_by_side_in_110_columns() {
    let directory = directory("compare");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output = amqpsim(&["compare", &fair, "--no-out", "--replications", "5", "--set", RANDOM]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    assert!(text.starts_with("`greedy`: `slow` got ") && text.contains("\n`prefetch-1`: "), "{text}");
    let head = text.lines().find(|line| line.ends_with("prefetch-1") && line.contains(" greedy ")).unwrap();
    assert!(text.find(head) < text.find("differences from `greedy`"), "{text}");
    let long = |line: &&str| {
        line.chars().count() > 110 && !line.starts_with("scenario:") && !line.starts_with("again:")
    };
    assert_eq!(text.lines().find(long), None);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_run_that_was_cut_short_says_so_first() {
    let directory = directory("unfinished");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    for (set, limit) in [
        ("replication.duration=\"30ms\"", "time limit of 30ms"),
        ("replication.events-max=100", "limit of 100 events"),
    ] {
        let output = amqpsim(&["run", &fair, "--no-out", "--variant", "greedy", "--set", set]);
        let first = out(&output).lines().next().unwrap_or_default();
        assert!(
            first.starts_with(&format!("`greedy`: unfinished: the run ended at the {limit} with ")),
            "{first}"
        );
        assert!(!first.contains("lost"), "{first}");
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn one_replication_of_a_random_scenario_says_that_it_is_one() {
    let directory = directory("single");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output =
        amqpsim(&["run", &fair, "--no-out", "--replications", "1", "--variant", "greedy", "--set", RANDOM]);
    let text = out(&output).replace("\n  ", " ");
    assert!(text.lines().next().unwrap().ends_with("other seeds give other numbers."), "{text}");
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_prefetch_bound_without_a_bounded_consumer_is_not_exercised() {
    let directory = directory("bound");
    let text = format!("{FAIR}\n[[check]]\nproperty = \"prefetch-bound\"\n");
    let path = file(&directory, "bound.toml", text.as_bytes());
    for set in ["consumer.*.prefetch-count=0", "consumer.*.acknowledge=\"automatic\""] {
        let output = amqpsim(&["run", &path, "--no-out", "--variant", "greedy", "--set", set]);
        assert_eq!(output.status.code(), Some(1), "{set}: {}", out(&output));
        assert!(out(&output).contains("\n not exercised  prefetch-bound: "), "{set}: {}", out(&output));
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_good_file_is_one_line() {
    let directory = directory("good");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output = amqpsim(&["check", &fair]);
    assert_eq!((output.status.code(), err(&output)), (Some(0), ""));
    assert_eq!(out(&output), format!("{fair}: no mistakes, 2 variants\n"));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn what_cannot_be_told_is_refused_with_what_can() {
    let directory = directory("refused");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let cases: [(&[&str], &str); 4] = [
        (&["--message", "41"], "there is no message #41: `shop` published 40, which are #1 to #40"),
        (&["--message", "0"], "there is no message #0"),
        (&["--entity", "quick"], "the names are producers: shop; consumers: fast, slow; queues: tasks"),
        (&["--from", "2s", "--to", "1s"], "`--from 2s` is after `--to 1s`"),
    ];
    for (options, why) in cases {
        let output = command(&["explain", &fair, "--variant", "greedy"]).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(out(&output).is_empty() && err(&output).contains(why), "{options:?}: {}", err(&output));
    }
    let late = amqpsim(&["explain", &fair, "--variant", "greedy", "--from", "1h"]);
    assert!(out(&late).contains("Nothing happened in this time. The run ended at "), "{}", out(&late));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_story_without_a_variant_is_the_first_one_and_says_so() {
    let directory = directory("first");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let story = amqpsim(&["explain", &fair]);
    assert!(
        out(&story).starts_with("scenario fair, variant `greedy`, replication 0, seed 1,"),
        "{}",
        out(&story)
    );
    let folded = "basic.consume(queue=tasks, consumer-tag=fast) from fast and answers basic.consume-ok ";
    let words = out(&story).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(folded), "{words}");
    assert!(err(&story).contains("variant `greedy`, the first one; `--variant` chooses `prefetch-1`"));
    assert!(err(&amqpsim(&["explain", &fair, "--variant", "greedy"])).is_empty());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn the_command_at_the_end_of_a_report_is_quoted_for_a_shell() {
    let directory = directory("again");
    let fair = file(&directory, "fair.toml", FAIR.replace("prefetch-1", "prefetch 1").as_bytes());
    let output = amqpsim(&["run", &fair, "--no-out", "--variant", "prefetch 1"]);
    assert!(out(&output).contains(" --variant 'prefetch 1' --seed 1"), "{}", out(&output));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_check_that_did_not_hold_exits_with_1() {
    let directory = directory("finding");
    let cases = [
        ("violated", "measure = \"jain-busy\"\nqueue = \"tasks\"\nat-least = 0.99", None),
        ("not exercised", "property = \"prefetch-bound\"", None),
        ("undecided", "measure = \"processed\"\nat-least = 1", Some(RANDOM)),
    ];
    for (verdict, check, set) in cases {
        let text = format!("{FAIR}\n[[check]]\n{check}\n");
        let path = file(&directory, "case.toml", text.as_bytes());
        let mut arguments = vec!["run", &path, "--no-out", "--variant", "greedy"];
        arguments.extend(set.iter().flat_map(|set| ["--replications", "1", "--set", set]));
        let output = amqpsim(&arguments);
        assert_eq!(output.status.code(), Some(1), "{verdict}: {}", err(&output));
        assert!(out(&output).contains(&format!("\n {verdict}")), "{verdict}: {}", out(&output));
    }
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_mistake_in_a_scenario_is_shown_in_its_place_and_runs_nothing() {
    let directory = directory("mistake");
    let bad = file(&directory, "bad.toml", FAIR.replace("queue = \"tasks\"", "queue = \"task\"").as_bytes());
    let output = amqpsim(&["run", &bad]);
    assert_eq!(output.status.code(), Some(2));
    assert!(out(&output).is_empty() && err(&output).contains("bad.toml:"), "{}", err(&output));
    let coloured = amqpsim(&["check", &bad, "--colour", "always"]);
    assert!(err(&coloured).contains('\u{1b}') && !err(&output).contains('\u{1b}'));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn an_unknown_variant_names_those_that_there_are() {
    let directory = directory("variant");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output = amqpsim(&["run", &fair, "--variant", "prefetch-2", "--no-out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("its variants are `greedy`, `prefetch-1`"), "{}", err(&output));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn report_files_are_the_same_bytes_for_any_number_of_threads() {
    let directory = directory("reports");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let mut reports = Vec::new();
    for jobs in ["1", "3"] {
        let to = directory.join(jobs);
        let arguments = ["run", &fair, "--replications", "7", "--jobs", jobs, "--set", RANDOM, "--out"];
        let output = command(&arguments).arg(&to).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(err(&output).contains("summary.txt, results.csv, results.json"), "{}", err(&output));
        let mut names: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            names,
            [
                "depth.svg",
                "estimates.csv",
                "latency.svg",
                "results.csv",
                "results.json",
                "shares.svg",
                "summary.txt",
                "unsafe.svg"
            ]
        );
        let summary = fs::read_to_string(to.join("summary.txt")).unwrap();
        assert_eq!(summary, out(&output));
        assert!(summary.contains("n = 7") && !summary.contains('\u{1b}'), "{summary}");
        reports.push(names.iter().map(|name| fs::read(to.join(name)).unwrap()).collect::<Vec<_>>());
    }
    assert!(reports[0] == reports[1]);
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn formats_are_for_programs() {
    let directory = directory("formats");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let json = amqpsim(&["compare", &fair, "--no-out", "--format", "json", "--quiet"]);
    let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(value["format"], "amqpsim-run/1");
    assert_eq!(value["variants"][1]["name"], "prefetch-1");
    assert!(!value["comparison"].as_array().unwrap().is_empty());
    assert!(err(&json).is_empty());
    let csv = amqpsim(&["run", &fair, "--no-out", "--format", "csv"]);
    assert!(out(&csv).contains("\ngreedy,0,1,run,,processed,count,40\n"), "{}", out(&csv));
    fs::remove_dir_all(directory).unwrap();
}

/// All keys of a JSON value, without those that a scenario or a cause of losses names.
fn keys(value: &serde_json::Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.insert(key.clone());
                if !["changes", "lost", "details"].contains(&key.as_str()) {
                    keys(value, found);
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_and_column_of_the_formats_is_documented() {
    let directory = directory("documented");
    let text = format!("{FAIR}\n[[check]]\nmeasure = \"jain-busy\"\nqueue = \"tasks\"\nat-least = 0.99\n");
    let path = file(&directory, "fair.toml", text.as_bytes());
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output-formats.md")).unwrap();
    let mut found = std::collections::BTreeSet::new();
    for set in ["broker.profile=\"rabbitmq-3.10\"", RANDOM] {
        let json =
            amqpsim(&["compare", &path, "--no-out", "--replications", "2", "--set", set, "--format", "json"]);
        keys(&serde_json::from_slice(&json.stdout).unwrap(), &mut found);
    }
    let trace = amqpsim(&["explain", &path, "--format", "jsonl", "--to", "5ms"]);
    out(&trace).lines().for_each(|line| keys(&serde_json::from_str(line).unwrap(), &mut found));
    let csv = amqpsim(&["run", &path, "--no-out", "--format", "csv"]);
    found.extend(out(&csv).lines().next().unwrap().split(',').map(str::to_owned));
    let missing: Vec<&String> = found.iter().filter(|key| !document.contains(&format!("`{key}`"))).collect();
    assert_eq!(missing, Vec::<&String>::new());
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_report_that_cannot_be_written_exits_with_3_before_anything_is_run() {
    let directory = directory("unwritable");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let output = amqpsim(&["run", &fair, "--out", "/dev/null/reports"]);
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert!(
        out(&output).is_empty() && err(&output).starts_with("error[cannot-write]: cannot write /dev/null")
    );
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_replay_line_of_a_report_is_a_command_that_works() {
    let directory = directory("replay");
    let text = format!("{FAIR}\n[[check]]\nmeasure = \"jain-busy\"\nqueue = \"tasks\"\nat-least = 0.99\n");
    let path = file(&directory, "fair.toml", text.as_bytes());
    let output = amqpsim(&["run", &path, "--no-out"]);
    let line = out(&output).lines().find_map(|line| line.trim().strip_prefix("= replay: amqpsim ")).unwrap();
    let arguments: Vec<&str> = line.split(' ').collect();
    let story = amqpsim(&arguments);
    assert_eq!(story.status.code(), Some(0), "{}", err(&story));
    assert!(out(&story).contains("shop publishes #1"), "{}", out(&story));
    fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_message_has_a_story_and_a_run_has_a_trace() {
    let directory = directory("story");
    let fair = file(&directory, "fair.toml", FAIR.as_bytes());
    let story = amqpsim(&["explain", &fair, "--message", "3"]);
    assert!(out(&story).contains("Fate of #3: processed by "), "{}", out(&story));
    let trace = amqpsim(&["explain", &fair, "--format", "jsonl", "--to", "1ms"]);
    for line in out(&trace).lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value["at_ns"].as_u64().is_none_or(|at| at <= 1_000_000), "{line}");
    }
    assert_eq!(amqpsim(&["explain", &fair, "--message", "crate"]).status.code(), Some(2));
    let alone = amqpsim(&["explain", &fair, "--message", "3", "--format", "trace"]);
    assert!(out(&alone).contains(" processed          #3 "), "{}", out(&alone));
    assert!(!out(&alone).contains("#4"), "{}", out(&alone));
    let nobody = amqpsim(&["explain", &fair, "--entity", "nobody", "--format", "jsonl"]);
    assert_eq!(nobody.status.code(), Some(2));
    fs::remove_dir_all(directory).unwrap();
}

/// The reader closes before the first line.
#[test]
fn a_broken_pipe_is_a_quiet_success() {
    let mut child = command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

/// What an operator does is told under the name of the client, of the policy and of the connection. Source: rules ERR-10 and
/// CON-2.
#[test]
fn an_operator_and_what_it_is_refused_can_be_asked_for() {
    let path = std::env::temp_dir().join(format!("amqpsim-cli-operator-{}.toml", std::process::id()));
    let text = r#"
[[user]]
name = "app"
permissions = [{ configure = "", write = "", read = ".*" }]
[[policy]]
name = "short"
pattern = "jobs"
definition = { max-length = 1 }
from = "1s"
until = "2s"
[[queue]]
name = "jobs"
[[connection]]
name = "desk"
user = "app"
[[connection]]
name = "stray"
vhost = "nowhere"
[[client]]
name = "operator"
connection = "desk"
start = "3s"
do = [{ method = "queue.purge", queue = "jobs" }, { method = "queue.delete", queue = "jobs" }]
[[client]]
name = "lost"
connection = "stray"
do = [{ method = "queue.purge", queue = "jobs" }]
"#;
    fs::write(&path, text).unwrap();
    let story = |entity: &str| {
        let output = amqpsim(&["explain", path.to_str().unwrap(), "--entity", entity]);
        out(&output).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (entity, told) in [
        ("operator", &["queue.purge", "queue.delete(queue=jobs", "403", "ACCESS_REFUSED"][..]),
        ("short", &["1000.000ms", "2000.000ms"]),
        ("stray", &["530", "NOT_ALLOWED - vhost nowhere not found"]),
    ] {
        let story = story(entity);
        for part in told {
            assert!(story.contains(part), "{part} of {entity} in {story}");
        }
    }
    fs::remove_file(path).unwrap();
}
