//! Golden files: every scenario's trace and summary, as they were when somebody last looked at them.
//! `UPDATE_GOLDEN=1 cargo test --test it golden` writes them anew; review the difference.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::traces::{self, DIGESTS, SEED};

/// Lines of each variant's trace that a golden file shows; the digests cover the rest.
const LINES: usize = 300;

pub(crate) fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares a golden file with what it should be, or writes it; what differs, in words.
fn compare(name: &str, actual: &str) -> Option<String> {
    let path = directory().join(name);
    if traces::updates_golden() {
        fs::write(&path, actual).unwrap();
        return None;
    }
    let Ok(golden) = fs::read_to_string(&path) else { return Some(format!("{name} is missing")) };
    if golden == actual {
        return None;
    }
    let both = golden.lines().zip(actual.lines());
    let same = both.take_while(|(golden, actual)| golden == actual).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(end)").to_owned();
    Some(format!(
        "{name} differs from line {} on\n  golden: {}\n  actual: {}",
        same + 1,
        line(&golden),
        line(actual)
    ))
}

/// Fails with all differences, and how to accept them.
fn conclude(differences: &[String]) {
    assert!(
        differences.is_empty(),
        "{}\nif this is meant: UPDATE_GOLDEN=1 cargo test --test it golden, and review the difference",
        differences.join("\n")
    );
}

/// The beginning of each variant's trace.
fn shown(scenario: &traces::Traced) -> String {
    let mut text = String::new();
    for (variant, trace) in &scenario.variants {
        let lines = trace.lines().count();
        writeln!(text, "== {variant}: {lines} lines").unwrap();
        for line in trace.lines().take(LINES) {
            writeln!(text, "{line}").unwrap();
        }
        if lines > LINES {
            writeln!(text, "... {} more lines", lines - LINES).unwrap();
        }
    }
    text
}

#[test]
fn every_scenario_has_the_trace_that_was_reviewed() {
    let scenarios = traces::all();
    let differences: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| compare(&format!("{}.trace", scenario.name), &shown(scenario)))
        .collect();
    conclude(&differences);
}

#[test]
fn every_scenario_has_the_summary_that_was_reviewed() {
    let mut differences = Vec::new();
    for name in traces::names() {
        let file = format!("scenarios/{name}.toml");
        let output = Command::new(env!("CARGO_BIN_EXE_amqpsim"))
            .args(["run", &file, "--seed", &SEED.to_string(), "--no-out"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("NO_COLOR", "1")
            .env_remove("CLICOLOR_FORCE")
            .env("COLUMNS", "120")
            .output()
            .unwrap();
        let code = output.status.code().unwrap_or(101);
        // A check may fail on purpose; a scenario that cannot be run is no lesson.
        assert!(code <= 1, "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let text = format!("{}== exit code {code}\n", String::from_utf8(output.stdout).unwrap());
        differences.extend(compare(&format!("{name}.summary.txt"), &text));
    }
    conclude(&differences);
}

#[test]
fn every_golden_file_belongs_to_a_scenario() {
    let mut expected: BTreeSet<String> = traces::names()
        .iter()
        .flat_map(|name| [format!("{name}.trace"), format!("{name}.summary.txt")])
        .collect();
    expected.insert(DIGESTS.to_owned());
    let found = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().file_name());
    for file in found.map(|name| name.into_string().unwrap()) {
        assert!(expected.contains(&file), "tests/golden/{file} belongs to no scenario in scenarios/");
    }
}

/// A lesson that teaches numbers checks them.
#[test]
fn no_lesson_breaks_its_own_checks() {
    for file in fs::read_dir(directory()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().ends_with(".summary.txt") {
            let text = fs::read_to_string(&path).unwrap();
            let broken: Vec<&str> = text.lines().filter(|line| line.starts_with(" violated ")).collect();
            assert_eq!(broken, Vec::<&str>::new(), "{}", path.display());
        }
    }
}
