//! `amqpsim explain`: tells one replication step by step.

use clap::{Args, ValueEnum};

use super::options::{Overrides, Seed};
use super::terminal::Terminal;
use super::{Exit, Failure, input};
use crate::experiment::Replication;
use crate::scenario::Scenario;
use crate::units::{SimTime, parse_duration};

/// What to tell.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A scenario file
    #[arg(value_name = "FILE")]
    file: String,
    /// Tells of this variant; without it, of the first one
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Tells of this replication, from 0 on
    #[arg(long, value_name = "N", default_value_t = 0)]
    replication: u32,
    /// The seed of replication 0, or `random`; without it, the scenario's
    #[arg(long, value_name = "N|random")]
    seed: Option<Seed>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    selection: Selection,
    /// How to tell it
    #[arg(long, value_enum, default_value_t)]
    format: StoryFormat,
}

/// Which part of the story to tell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct Selection {
    /// Only what concerns this message, by its number from 1 on
    #[arg(long, value_name = "N")]
    pub message: Option<u64>,
    /// Only from this instant on, for example `41.2s`
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<SimTime>,
    /// Only until this instant, itself included
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<SimTime>,
    /// Only what concerns the producer, consumer, queue or connection of this name
    #[arg(long, value_name = "NAME")]
    pub entity: Option<String>,
}

/// How a story is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum StoryFormat {
    /// Sentences for people, with the rule behind each step
    #[default]
    Text,
    /// One JSON object a line, for programs
    Jsonl,
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim explain scenarios/fair-dispatch.toml
  amqpsim explain scenarios/fair-dispatch.toml --message 7
  amqpsim explain scenarios/fair-dispatch.toml --from 41s --to 44s --entity slow
  amqpsim explain scenarios/fair-dispatch.toml --format jsonl --seed 17";

fn instant(text: &str) -> Result<SimTime, String> {
    parse_duration(text).map(|length| SimTime::ZERO + length).map_err(|_| {
        "expected a time with its unit, such as `41.2s`; the units are ns, us, ms, s, min and h".to_owned()
    })
}

/// Finds the replication and tells it.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let input = input::load(&arguments.file, &arguments.overrides.set, terminal)?;
    let variant = match &arguments.variant {
        Some(name) => input.variant(name)?,
        None => &input.variants[0],
    };
    let base = arguments.seed.map_or(variant.scenario.seed, Seed::number);
    let replication = Replication {
        origin: std::sync::Arc::new(input.origin.clone()),
        variant: input.names_variants.then(|| variant.name.clone()),
        index: arguments.replication,
        seed: base.wrapping_add(u64::from(arguments.replication)),
    };
    tell(&variant.scenario, &replication, &arguments.selection, arguments.format, terminal)?;
    Ok(Exit::Held)
}

/// The seam to the story: simulates the replication with a recording and prints the part that was asked for.
fn tell(
    _scenario: &Scenario,
    replication: &Replication,
    _selection: &Selection,
    _format: StoryFormat,
    _terminal: &mut Terminal,
) -> Result<(), Failure> {
    let message = format!("cannot tell seed {}: stories are not part of this build", replication.seed);
    Err(Failure::input("not-built", &message, None))
}
