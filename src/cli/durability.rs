//! `amqpsim durability`: what each crash takes, by what an application chooses and by store.

use std::num::NonZeroUsize;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::options::threads;
use super::progress::Progress;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::experiment::{self, DurabilityPlan, Setup};
use crate::report;
use crate::scenario::{CrashKind, Hits};
use crate::storage::PRESETS;

/// Which part of the table, and how.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Only this crash; may be given several times
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(kinds().map(|kind| kind.name)))]
    crash: Vec<String>,
    /// Only this store; may be given several times
    #[arg(long, value_name = "NAME", value_parser = stores())]
    store: Vec<String>,
    /// Only such queues
    #[arg(long)]
    queue: Option<Queue>,
    /// Only such messages
    #[arg(long)]
    message: Option<Message>,
    /// Only with or without publisher confirms
    #[arg(long)]
    confirms: Option<Confirms>,
    /// Only such acknowledgements
    #[arg(long)]
    ack: Option<Ack>,
    /// Adds the causes behind each cell, with their rules
    #[arg(long)]
    why: bool,
    /// On how many threads; results do not depend on it. Without it, as many as the machine has
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t)]
    format: TableFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Queue {
    /// Its definition survives a restart
    Durable,
    /// It goes with the broker
    Transient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Message {
    /// Delivery mode 2
    Persistent,
    /// Delivery mode 1
    Transient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Confirms {
    /// The producer has its publishes confirmed
    Yes,
    /// It does not
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Ack {
    /// The consumer acknowledges what it has processed
    Manual,
    /// What is sent counts as acknowledged
    Automatic,
}

/// How the table is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum TableFormat {
    /// A block for each crash, for people
    #[default]
    Table,
    /// One row for each cell
    Csv,
}

const AFTER_HELP: &str = "\
Every cell is computed: a small standard run is crashed after each of its events, and the worst counts.

Examples:
  amqpsim durability
  amqpsim durability --crash power-loss --queue durable --message persistent
  amqpsim durability --crash power-loss --store rabbitmq-4-classic --confirms yes --why
  amqpsim durability --format csv";

/// Crashes that differ where there is one node: the end of the only one is the end of the broker.
fn kinds() -> impl Iterator<Item = CrashKind> {
    CrashKind::ALL.into_iter().filter(|kind| kind.hits != Hits::Node)
}

fn stores() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(PRESETS.map(|(name, _)| name))
}

/// Computes and prints it.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let plan = plan(arguments);
    let progress = Progress::new("crash points", terminal.shows_progress());
    let cells =
        experiment::durability(&plan, threads(arguments.jobs), &|done, total| progress.show(done, total));
    drop(progress);
    let cells = cells.map_err(Failure::Bug)?;
    match arguments.format {
        TableFormat::Csv => terminal.result(&report::durability_csv(&cells))?,
        TableFormat::Table => {
            terminal.result(&report::durability_table(&cells))?;
            if arguments.why {
                terminal.result(&report::durability_why(&cells))?;
            }
        }
    }
    Ok(Exit::Held)
}

fn plan(arguments: &Arguments) -> DurabilityPlan {
    let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|given| given == name);
    let is = |filter: Option<bool>, value: bool| filter.is_none_or(|filter| filter == value);
    let setups = Setup::all().into_iter().filter(|setup| {
        is(arguments.queue.map(|queue| queue == Queue::Durable), setup.durable)
            && is(arguments.message.map(|message| message == Message::Persistent), setup.persistent)
            && is(arguments.confirms.map(|confirms| confirms == Confirms::Yes), setup.confirms)
            && is(arguments.ack.map(|ack| ack == Ack::Automatic), setup.automatic)
    });
    DurabilityPlan {
        setups: setups.collect(),
        stores: PRESETS.iter().map(|(name, _)| *name).filter(|name| wanted(&arguments.store, name)).collect(),
        kinds: kinds().filter(|kind| wanted(&arguments.crash, kind.name)).collect(),
    }
}
