//! `amqpsim explain`: tells one replication step by step.

use clap::{Args, ValueEnum};

use super::input::{self, Input};
use super::options::{Overrides, Seed};
use super::terminal::Terminal;
use super::{Exit, Failure};
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
    arguments.selection.refuse_reversed_times()?;
    let variant = match &arguments.variant {
        Some(name) => input.variant(name)?,
        None => {
            tell_of_others(&input, terminal);
            &input.variants[0]
        }
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

/// Says that the first variant was taken, and which others there are.
fn tell_of_others(input: &Input, terminal: &mut Terminal) {
    if let [first, others @ ..] = input.variants.as_slice()
        && !others.is_empty()
    {
        let others: Vec<String> = others.iter().map(|variant| format!("`{}`", variant.name)).collect();
        terminal.note(&format!(
            "note: telling of variant `{}`, the first one; `--variant` chooses {}",
            first.name,
            others.join(", ")
        ));
    }
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
            story(scenario, replication, (directory, filter), terminal)?
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
    (directory, filter): (Directory, Filter),
    terminal: &mut Terminal,
) -> Result<Outcome, Failure> {
    let mut narrator = Narrator::new(directory.clone(), filter.clone());
    // The story ends with names that the broker met last, so the table is kept beyond the run.
    let mut names = Names::default();
    let outcome = simulate_recorded(&scenario.system, replication.seed, |system, seen| {
        names.clone_from(system.names());
        for observation in &seen {
            narrator.observe(&names, observation);
        }
    });
    if let Some(message) = filter.message {
        let producer = &outcome.producers[message.producer.index()];
        refuse_unpublished(message.number, &producer.name, producer.published)?;
    }
    if let Some(entity) = &filter.entity {
        refuse_unknown(entity, &narrator.entities(&names))?;
    }
    terminal.result(&format!("{}\n\n{}", head(scenario, replication), narrator.finish(&names)))?;
    Ok(outcome)
}

/// What is told: `` scenario hello, variant `slow`, replication 0, seed 1, profile rabbitmq-4.3 ``.
fn head(scenario: &Scenario, replication: &Replication) -> String {
    let variant = replication.variant.as_ref().map(|name| format!("variant `{name}`, ")).unwrap_or_default();
    format!(
        "scenario {}, {variant}replication {}, seed {}, profile {}",
        scenario.name, replication.index, replication.seed, scenario.system.profile.name
    )
}

fn refuse_unpublished(number: u32, producer: &str, published: u64) -> Result<(), Failure> {
    if (1..=published).contains(&u64::from(number)) {
        return Ok(());
    }
    let (message, help) = match published {
        0 => (format!("there is no message #{number}: `{producer}` published none"), None),
        1 => {
            (format!("there is no message #{number}: `{producer}` published 1"), Some("write `--message 1`"))
        }
        n => {
            (format!("there is no message #{number}: `{producer}` published {n}, which are #1 to #{n}"), None)
        }
    };
    Err(Failure::input("unknown-message", &message, help))
}

fn refuse_unknown(entity: &str, known: &[(&str, Vec<String>)]) -> Result<(), Failure> {
    if known.iter().any(|(_, names)| names.iter().any(|name| name == entity)) {
        return Ok(());
    }
    let lists: Vec<String> = known
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| format!("{kind}: {}", names.join(", ")))
        .collect();
    let message = format!("nothing in this run is called `{entity}`");
    let help = format!("the names are {}", lists.join("; "));
    Err(Failure::input("unknown-entity", &message, Some(&help)))
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
                let help = match directory.producers.as_slice() {
                    [] | [_] => "write the number of a publish, for example 12".to_owned(),
                    several => {
                        let names = several.iter().map(|name| format!("{name}#12"));
                        format!("write {}", names.collect::<Vec<_>>().join(" or "))
                    }
                };
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

    fn refuse_reversed_times(&self) -> Result<(), Failure> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => {
                let message = format!("`--from {from}` is after `--to {to}`");
                Err(Failure::input("reversed-times", &message, Some("exchange the two times")))
            }
            _ => Ok(()),
        }
    }

    fn covers(&self, at: SimTime) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}
