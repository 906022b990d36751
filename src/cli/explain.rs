//! `amqpsim explain`: tells one replication step by step.

use clap::{Args, ValueEnum};

use super::options::{Overrides, Seed};
use super::terminal::Terminal;
use super::{Exit, Failure, input};
use crate::amqp::Names;
use crate::experiment::{Replication, SimulatorBug};
use crate::measure::Outcome;
use crate::model::{SystemSpec, simulate_recorded};
use crate::report::Directory;
use crate::report::story::{Filter, LINES_MAX, Narrator};
use crate::report::trace::{Format, Head, Trace};
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
#[derive(Clone, Debug, PartialEq, Eq, Args)]
struct Selection {
    /// Only the life of this message: `12`, or `shop#12` where there are several producers
    #[arg(long, value_name = "N")]
    message: Option<String>,
    /// Only from this instant on, for example `41.2s`
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<SimTime>,
    /// Only until this instant, itself included
    #[arg(long, value_name = "TIME", value_parser = instant)]
    to: Option<SimTime>,
    /// Only what concerns the producer, consumer, queue or connection of this name
    #[arg(long, value_name = "NAME")]
    entity: Option<String>,
    /// Begins no step after so many lines of a story; 0: no limit
    #[arg(long, value_name = "N", default_value_t = LINES_MAX)]
    lines: usize,
}

/// How a story is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum StoryFormat {
    /// Sentences for people, with the rule behind each step
    #[default]
    Text,
    /// Every observation as a line with fixed columns
    Trace,
    /// Every observation as a JSON object on a line
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
    tell(&variant.scenario, &replication, arguments, terminal)?;
    Ok(Exit::Held)
}

/// Simulates the replication with a recording and prints the part that was asked for.
fn tell(
    scenario: &Scenario,
    replication: &Replication,
    arguments: &Arguments,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let directory = directory(&scenario.system);
    let outcome = match arguments.format {
        StoryFormat::Text => {
            let filter = arguments.selection.filter(&directory)?;
            story(scenario, replication, Narrator::new(directory, filter), terminal)?
        }
        StoryFormat::Trace => {
            arguments.selection.only_times()?;
            let trace = Trace::new(Format::Text, directory);
            write_trace(scenario, replication, (trace, &arguments.selection), terminal)?
        }
        StoryFormat::Jsonl => {
            arguments.selection.only_times()?;
            let trace = Trace::new(Format::Jsonl, directory);
            write_trace(scenario, replication, (trace, &arguments.selection), terminal)?
        }
    };
    outcome.balanced.map_err(|unbalanced| {
        Failure::Bug(SimulatorBug { replication: replication.clone(), what: unbalanced.to_string() })
    })
}

fn story(
    scenario: &Scenario,
    replication: &Replication,
    mut narrator: Narrator,
    terminal: &mut Terminal,
) -> Result<Outcome, Failure> {
    // The story ends with names that the broker met last, so the table is kept beyond the run.
    let mut names = Names::default();
    let outcome = simulate_recorded(&scenario.system, replication.seed, |system, seen| {
        names.clone_from(system.names());
        for observation in &seen {
            narrator.observe(&names, observation);
        }
    });
    terminal.result(&narrator.finish(&names))?;
    Ok(outcome)
}

fn write_trace(
    scenario: &Scenario,
    replication: &Replication,
    (mut trace, selection): (Trace, &Selection),
    terminal: &mut Terminal,
) -> Result<Outcome, Failure> {
    let head = Head {
        scenario: scenario.name.clone(),
        variant: replication.variant.clone(),
        seed: replication.seed,
        replication: u64::from(replication.index),
    };
    let mut text = String::new();
    trace.begin(&head, &mut text).expect("writing to a string cannot fail");
    // Once nobody reads, the run goes on without being written down.
    let mut written = terminal.result(&text);
    let outcome = simulate_recorded(&scenario.system, replication.seed, |system, seen| {
        text.clear();
        for observation in &seen {
            let start = text.len();
            trace.observe(system.names(), observation, &mut text).expect("writing to a string cannot fail");
            if !selection.covers(observation.at) {
                text.truncate(start);
            }
        }
        if written.is_ok() && !text.is_empty() {
            written = terminal.result(&text);
        }
    });
    written.map(|()| outcome)
}

/// The names of the scenario's entities, as observations number them.
fn directory(system: &SystemSpec) -> Directory {
    Directory {
        connections: system.connections.iter().map(|one| one.name.clone()).collect(),
        producers: system.producers.iter().map(|one| one.name.clone()).collect(),
        consumers: system.consumers.iter().map(|one| one.name.clone()).collect(),
        faults: system.faults.iter().map(|one| one.name.clone()).collect(),
        classes: system.classes.iter().map(|one| one.name.clone()).collect(),
    }
}

impl Selection {
    /// The filter of a story.
    fn filter(&self, directory: &Directory) -> Result<Filter, Failure> {
        let message = self.message.as_ref().map(|text| {
            directory.message(text).ok_or_else(|| {
                let message = format!("`{text}` is not a message of this scenario");
                let help = format!(
                    "write the number of a publish, such as 12, or {}",
                    directory
                        .producers
                        .iter()
                        .map(|name| format!("{name}#12"))
                        .collect::<Vec<_>>()
                        .join(", ")
                );
                Failure::input("unknown-message", &message, Some(&help))
            })
        });
        Ok(Filter {
            message: message.transpose()?,
            entity: self.entity.clone(),
            from: self.from,
            to: self.to,
            lines_max: (self.lines > 0).then_some(self.lines),
        })
    }

    /// Traces are for programs, which select for themselves.
    fn only_times(&self) -> Result<(), Failure> {
        if self.message.is_none() && self.entity.is_none() {
            return Ok(());
        }
        let message = "`--message` and `--entity` select from a story, not from a trace";
        Err(Failure::input(
            "conflicting-options",
            message,
            Some("use `--format text`, or `--from` and `--to`"),
        ))
    }

    fn covers(&self, at: SimTime) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}
