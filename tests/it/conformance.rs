//! Conformance: the scripts under `tests/conformance`, recorded from RabbitMQ 3.10.8, get the same answers here.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its scripts has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use amqpsim::conform::{Played, Script, compare, play};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// The scripts' texts by file name without `.json`: the shared ones, and those in `more`, which are this project's own
/// conversations with the same broker.
fn texts() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let more = fs::read_dir(directory().join("more")).unwrap();
    for entry in fs::read_dir(directory()).unwrap().chain(more) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            texts.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

/// `None` if the simulator answers as recorded, else what is wrong: a difference, or a mistake in the script.
fn failure(text: &str) -> Option<String> {
    let script = match Script::parse(text) {
        Ok(script) => script,
        Err(error) => return Some(error.to_string()),
    };
    match play(&script) {
        Ok(played) => compare(&script, &played).map(|difference| difference.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn the_simulator_answers_as_rabbitmq_did() {
    let texts = texts();
    let mut complaints = Vec::new();
    for (name, text) in &texts {
        match catch_unwind(AssertUnwindSafe(|| failure(text))) {
            Err(_) => complaints.push(format!("{name}: the simulator panics")),
            Ok(Some(failure)) => complaints.push(format!("{name}: {failure}")),
            Ok(None) => {}
        }
    }
    assert!(
        complaints.is_empty(),
        "{} of {} scripts:\n{}",
        complaints.len(),
        texts.len(),
        complaints.join("\n")
    );
}

#[test]
fn a_script_is_written_as_the_recorder_writes_it() {
    let texts = texts();
    assert!(texts.len() > 100, "the recorded scripts are there");
    for (name, text) in texts {
        let script = Script::parse(&text).unwrap();
        assert_eq!(script.name(), name);
        let steps = script.steps().iter().map(|step| step.saw().unwrap().to_vec()).collect();
        let played = Played { steps };
        assert_eq!(played.write(&script), text);
        assert_eq!(compare(&script, &played), None);
    }
}

#[test]
fn each_script_is_played_the_same_way_twice() {
    for text in texts().into_values() {
        let script = Script::parse(&text).unwrap();
        assert_eq!(play(&script), play(&script), "{}", script.name());
    }
}
