//! `amqpsim compare`: the variants of a scenario against its first one, under common random numbers.

use clap::Args;

use super::experiment::{Purpose, Sharing, carry_out, directory};
use super::options::{Overrides, Reports, Runs};
use super::terminal::Terminal;
use super::{Exit, Failure, input};

/// What to compare.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A scenario file with variants
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    replications: Runs,
    #[command(flatten)]
    reports: Reports,
}

const AFTER_HELP: &str = "\
Replication k of every variant has the same seed, so each entity draws the same numbers in all
of them; differences are taken in pairs.

Examples:
  amqpsim compare scenarios/fair-dispatch.toml
  amqpsim compare scenarios/fair-dispatch.toml --replications 30 --format csv";

/// Runs and compares all variants.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let input = input::load(&arguments.file, &arguments.overrides.set, terminal)?;
    if input.variants.len() < 2 {
        let message = format!("{} has nothing to compare: it has fewer than two variants", arguments.file);
        let help = "add `[[variant]]` tables, or use `amqpsim run`";
        return Err(Failure::input("nothing-to-compare", &message, Some(help)));
    }
    let directory = directory(&arguments.reports, &input.variants[0].scenario.name, Sharing::Alone);
    let output = (arguments.reports.format, directory);
    let variants = input.variants.clone();
    carry_out(Purpose::Compare, (&input, variants), &arguments.replications, output, terminal)
}
