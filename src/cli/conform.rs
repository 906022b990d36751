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
  1  some answers differ
  2  a script cannot be read or played";

/// A line a script, the first difference of each that differs, and a summary.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let (mut same, mut different, mut broken) = (0, 0, 0);
    for path in &arguments.scripts {
        match conform(path, arguments.out.as_deref(), terminal) {
            Ok(None) => {
                same += 1;
                terminal.result(&format!("same       {path}\n"))?;
            }
            Ok(Some(difference)) => {
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
    let summary =
        format!("{same} same{}{}", count(different, "different"), count(broken, "cannot be played"));
    terminal.result(&format!("{summary}\n"))?;
    Ok(match (broken, different) {
        (0, 0) => Exit::Held,
        (0, _) => Exit::Finding,
        _ => Exit::Input,
    })
}

/// Plays one script; the first difference as text, if there is one.
fn conform(path: &str, out: Option<&Path>, terminal: &mut Terminal) -> Result<Option<String>, Failure> {
    let text = read(path)?;
    let wrong =
        |error: &dyn std::fmt::Display| Failure::input("bad-script", &format!("{path}: {error}"), None);
    let script = Script::parse(&text).map_err(|error| wrong(&error))?;
    for mistake in script.never_opened() {
        terminal.note(&format!("warning[never-opened]: {path}: {mistake}"));
    }
    let played = play(&script).map_err(|error| wrong(&error))?;
    if let Some(directory) = out {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or("script.json");
        ReportFiles::open(directory, &[name])?.write(&[played.write(&script)])?;
    }
    Ok(compare(&script, &played).map(|difference| difference.to_string()))
}
