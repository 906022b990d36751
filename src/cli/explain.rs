//! `amqpsim explain`: tells one replication step by step.

use clap::{Args, ValueEnum};

use super::input::{self, Input};
use super::options::{Overrides, Seed};
use super::selection::{self, Selection};
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::amqp::Names;
use crate::experiment::{Replication, SimulatorBug};
use crate::measure::Outcome;
use crate::model::simulate_recorded;
use crate::report::Directory;
use crate::report::story::{Filter, Narrator, Selector};
use crate::report::trace::{Format, Head, Trace};
use crate::scenario::Scenario;

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

/// Finds the replication and tells it.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let input = input::load(&arguments.file, &arguments.overrides.set, terminal)?;
    arguments.selection.refuse_reversed_times()?;
    let variant = if let Some(name) = &arguments.variant {
        input.variant(name)?
    } else {
        tell_of_others(&input, terminal);
        &input.variants[0]
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
    let directory = Directory::of(scenario);
    let filter = arguments.selection.filter(&directory)?;
    let format = match arguments.format {
        StoryFormat::Text => None,
        StoryFormat::Trace => Some(Format::Text),
        StoryFormat::Jsonl => Some(Format::Jsonl),
    };
    let outcome = match format {
        None => story(scenario, replication, (directory, filter), terminal)?,
        Some(format) => {
            let trace = Trace::new(format, directory.clone());
            write_trace(scenario, replication, (trace, directory, filter), terminal)?
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
    refuse_missing(&filter, &outcome, || narrator.entities(&names))?;
    terminal.result(&format!("{}\n\n{}", head(scenario, replication), narrator.finish(&names)))?;
    Ok(outcome)
}

/// The message and the entity that are asked for must have been there.
fn refuse_missing(
    filter: &Filter,
    outcome: &Outcome,
    known: impl FnOnce() -> [(&'static str, Vec<String>); 8],
) -> Result<(), Failure> {
    if let Some(message) = filter.message {
        let producer = &outcome.producers[message.producer.index()];
        selection::refuse_unpublished(message.number, &producer.name, producer.published)?;
    }
    filter.entity.as_ref().map_or(Ok(()), |entity| selection::refuse_unknown(entity, &known()))
}

/// What is told: `` scenario hello, variant `slow`, replication 0, seed 1, profile rabbitmq-4.3 ``.
fn head(scenario: &Scenario, replication: &Replication) -> String {
    let variant = replication.variant.as_ref().map(|name| format!("variant `{name}`, ")).unwrap_or_default();
    let dispatch = scenario.system.settings.dispatch;
    let experiment = if dispatch.is_experiment() {
        format!(", dispatch: {} (an experiment: RabbitMQ deals out in turn)", dispatch.name())
    } else {
        String::new()
    };
    format!(
        "scenario {}, {variant}replication {}, seed {}, profile {}{experiment}",
        scenario.name, replication.index, replication.seed, scenario.system.profile.name
    )
}

fn write_trace(
    scenario: &Scenario,
    replication: &Replication,
    (mut trace, directory, filter): (Trace, Directory, Filter),
    terminal: &mut Terminal,
) -> Result<Outcome, Failure> {
    let head = Head {
        scenario: scenario.name.clone(),
        variant: replication.variant.clone(),
        seed: replication.seed,
        replication: u64::from(replication.index),
    };
    let mut selector = Selector::new(directory, filter.clone());
    let mut names = Names::default();
    let mut text = String::new();
    trace.begin(&head, &mut text).expect("writing to a string cannot fail");
    // Once nobody reads, the run goes on without being written down.
    let mut written = terminal.result(&text);
    let outcome = simulate_recorded(&scenario.system, replication.seed, |system, seen| {
        text.clear();
        for observation in &seen {
            let start = text.len();
            trace.observe(system.names(), observation, &mut text).expect("writing to a string cannot fail");
            if !selector.wants(system.names(), observation) {
                text.truncate(start);
            }
        }
        if filter.entity.is_some() {
            names.clone_from(system.names());
        }
        if written.is_ok() && !text.is_empty() {
            written = terminal.result(&text);
        }
    });
    refuse_missing(&filter, &outcome, || selector.entities(&names))?;
    written.map(|()| outcome)
}
