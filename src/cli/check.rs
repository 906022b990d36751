//! `amqpsim check`: looks for mistakes in scenario files and runs nothing.

use clap::Args;

use super::options::Overrides;
use super::terminal::Terminal;
use super::{Exit, Failure, input};

/// What to look at.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    overrides: Overrides,
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim check scenarios/*.toml
  amqpsim check scenarios/fair-dispatch.toml --set 'consumer.*.prefetch-count=10'";

/// Says of each file that it is fine; mistakes go to stderr.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    for input in input::load_all(&arguments.files, &arguments.overrides.set, terminal)? {
        let variants = match input.variants.len() {
            1 => String::new(),
            n => format!(", {n} variants"),
        };
        terminal.result(&format!("{}: no mistakes{variants}\n", input.origin.file))?;
    }
    Ok(Exit::Held)
}
