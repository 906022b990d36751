//! The command line from outside: exit codes, what goes to which stream, files.
#![expect(clippy::unwrap_used, reason = "a test that cannot start the program has failed")]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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
    let path = std::env::temp_dir().join(format!("amqpsim-cli-{name}-{}", std::process::id()));
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
    for arguments in
        [vec!["--help"], vec!["run", "--help"], vec!["compare", "--help"], vec!["list", "--help"]]
    {
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
    let missing = directory.join("missing.toml").to_str().unwrap().to_owned();
    let cases = [
        (missing.as_str(), "there is no such file"),
        (directory.to_str().unwrap(), "it is a directory"),
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
    for word in ["measures\n", "jain-busy", "profiles\n", "rabbitmq-4.3"] {
        assert!(out(&all).contains(word), "{word}: {}", out(&all));
    }
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

/// The reader takes one line and closes; the list is longer than any pipe's first write needs to be.
#[test]
fn a_broken_pipe_is_a_quiet_success() {
    let mut child = command(&["list"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
