//! `amqpsim conform`: plays conversations that were recorded from a real broker and compares the answers.

use std::path::{Path, PathBuf};

use clap::Args;

use super::input::read;
use super::report_files::ReportFiles;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::conform::{Script, compare, play};

/// What to play.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Conformance scripts (JSON)
    #[arg(required = true, value_name = "SCRIPT")]
    scripts: Vec<String>,
    /// Writes each script, with the answers as simulated, into this directory under the same file name
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim conform tests/conformance/*.json
  amqpsim conform tests/conformance/tutorial-2-fair-dispatch.json --out played

A script is a conversation, step by step, with the answers of a real broker. It is played against the broker alone, without
latency; the broker settles after every step. The profile is that of the broker which was recorded.

Exit codes:
  0  all answers are the same
  1  some answers differ, or a script has none to compare with
  2  a script cannot be read or played";

/// A line a script, the first difference of each that differs, and a summary.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    if let Some(directory) = &arguments.out {
        spare_scripts(&arguments.scripts, directory)?;
    }
    let (mut same, mut different, mut unrecorded, mut broken) = (0, 0, 0, 0);
    for path in &arguments.scripts {
        match conform(path, arguments.out.as_deref(), terminal) {
            Ok(Outcome::NothingRecorded) => {
                unrecorded += 1;
                terminal.result(&format!("nothing recorded  {path}\n"))?;
            }
            Ok(Outcome::Same) => {
                same += 1;
                terminal.result(&format!("same       {path}\n"))?;
            }
            Ok(Outcome::Different(difference)) => {
                different += 1;
                terminal.result(&format!("different  {path}\n{difference}"))?;
            }
            Err(Failure::Input(message)) => {
                broken += 1;
                terminal.error(&message);
            }
            Err(other) => return Err(other),
        }
    }
    let count = |n: u32, what: &str| if n > 0 { format!(", {n} {what}") } else { String::new() };
    let summary = format!(
        "{same} same{}{}{}",
        count(different, "different"),
        count(unrecorded, "nothing recorded"),
        count(broken, "cannot be played")
    );
    terminal.result(&format!("{summary}\n"))?;
    Ok(match (broken, different + unrecorded) {
        (0, 0) => Exit::Held,
        (0, _) => Exit::Finding,
        _ => Exit::Input,
    })
}

/// How a script went.
enum Outcome {
    Same,
    /// With the first difference as text.
    Different(String),
    /// There was nothing to compare with.
    NothingRecorded,
}

/// The file name of a script, also that below `--out`.
fn file_name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or("script.json")
}

/// Refuses to write over a script, or two results into one file.
fn spare_scripts(scripts: &[String], directory: &Path) -> Result<(), Failure> {
    for (number, path) in scripts.iter().enumerate() {
        let target = directory.join(file_name(path));
        // What is not there yet cannot be written over.
        if let (Ok(script), Ok(target)) = (Path::new(path).canonicalize(), target.canonicalize())
            && script == target
        {
            let message = format!("--out {} would write over the script {path}", directory.display());
            return Err(Failure::input("script-overwritten", &message, Some("choose another directory")));
        }
        if let Some(other) = scripts[..number].iter().find(|other| file_name(other) == file_name(path)) {
            let message = format!("{other} and {path} would both be written to {}", target.display());
            return Err(Failure::input("same-file-name", &message, Some("play them one after the other")));
        }
    }
    Ok(())
}

/// Plays one script.
fn conform(path: &str, out: Option<&Path>, terminal: &mut Terminal) -> Result<Outcome, Failure> {
    let text = read(path)?;
    let wrong =
        |error: &dyn std::fmt::Display| Failure::input("bad-script", &format!("{path}: {error}"), None);
    let script = Script::parse(&text).map_err(|error| wrong(&error))?;
    for mistake in script.never_opened() {
        if !script.saw_nothing(&mistake) {
            return Err(wrong(&mistake));
        }
        terminal.note(&format!("warning[never-opened]: {path}: {mistake}"));
    }
    let played = play(&script).map_err(|error| wrong(&error))?;
    if let Some(directory) = out {
        ReportFiles::open(directory, &[file_name(path)])?.write(&[played.write(&script)])?;
    }
    if script.recorded_nothing() {
        return Ok(Outcome::NothingRecorded);
    }
    Ok(compare(&script, &played)
        .map_or(Outcome::Same, |difference| Outcome::Different(difference.to_string())))
}
