//! `amqpsim run`: runs scenarios, each variant by itself.

use clap::Args;

use super::experiment::{Purpose, Sharing, carry_out, directory};
use super::input::Input;
use super::options::{Overrides, Reports, Runs};
use super::terminal::Terminal;
use super::{Exit, Failure, input};

/// What to run.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Runs only this variant
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    replications: Runs,
    #[command(flatten)]
    reports: Reports,
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim run scenarios/fair-dispatch.toml
  amqpsim run scenarios/fair-dispatch.toml --variant 'prefetch 1' --seed 42 --replications 30
  amqpsim run scenarios/*.toml --quiet --no-out
  amqpsim run scenarios/fair-dispatch.toml --set 'consumer.*.prefetch-count=10' --format json";

/// Runs every file; the exit code is the worst of all.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let inputs = input::load_all(&arguments.files, &arguments.overrides.set, terminal)?;
    let sharing = if inputs.len() > 1 { Sharing::Shared } else { Sharing::Alone };
    let chosen = inputs
        .iter()
        .map(|input| match &arguments.variant {
            Some(name) => input.variant(name).map(|variant| vec![variant.clone()]),
            None => Ok(input.variants.clone()),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if !arguments.reports.no_out {
        refuse_same_names(&inputs)?;
    }
    let mut worst = Exit::Held;
    for (k, (input, variants)) in inputs.iter().zip(chosen).enumerate() {
        if k > 0 && arguments.reports.format == super::options::Format::Table {
            terminal.result("\n")?;
        }
        let directory = directory(&arguments.reports, &variants[0].scenario.name, sharing);
        let output = (arguments.reports.format, directory);
        let exit = carry_out(Purpose::Run, (input, variants), &arguments.replications, output, terminal)?;
        worst = worst.max(exit);
    }
    Ok(worst)
}

/// Two scenarios of one name would write the same report files.
fn refuse_same_names(inputs: &[Input]) -> Result<(), Failure> {
    for (k, input) in inputs.iter().enumerate() {
        let name = &input.variants[0].scenario.name;
        if let Some(first) = inputs[..k].iter().find(|other| other.variants[0].scenario.name == *name) {
            let message = format!(
                "{} and {} are both named `{name}`, so their reports would be the same files",
                first.origin.file, input.origin.file
            );
            return Err(Failure::input(
                "duplicate-name",
                &message,
                Some("run them one by one, or use `--no-out`"),
            ));
        }
    }
    Ok(())
}
