//! `amqpsim durability`: what each crash takes, by what an application chooses and by store.

use std::num::NonZeroUsize;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::options::threads;
use super::progress::Progress;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::experiment::{self, DurabilityPlan, QueueStore, Setup, TableCrash};
use crate::report;
use crate::scenario::meant;
use crate::storage::PRESETS;

/// Which part of the table, and how.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Only this crash; may be given several times
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(TableCrash::all().into_iter().map(|crash| crash.name)))]
    crash: Vec<String>,
    /// Only this store, with or without `rabbitmq-`; may be given several times
    #[arg(long, value_name = "NAME", value_parser = StoreName)]
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
  amqpsim durability --crash power-loss --store 4-classic --confirms yes --why
  amqpsim durability --crash node-crash --crash node-disk-loss --store quorum
  amqpsim durability --format csv";

/// The columns of the table.
fn stores() -> Vec<QueueStore> {
    PRESETS.iter().flat_map(|(name, _)| QueueStore::of_preset(name)).collect()
}

/// Reads the name of a store, as it is written in files or in the table; that of a preset stands for all its columns.
#[derive(Clone, Copy)]
struct StoreName;

impl TypedValueParser for StoreName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        let read = |given: &str| -> Result<String, String> {
            let stores = stores();
            let known: Vec<&str> = stores.iter().flat_map(names).collect();
            if known.contains(&given) {
                return Ok(given.to_owned());
            }
            let meant = meant(given, &known).map_or(String::new(), |near| format!("did you mean {near}? "));
            let all: Vec<&str> = stores.iter().map(QueueStore::short_name).collect();
            Err(format!("{meant}the stores are {}", all.join(", ")))
        };
        TypedValueParser::parse_ref(&read, command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(stores().into_iter().map(|store| PossibleValue::new(store.name))))
    }
}

/// What a store may be called.
fn names(store: &QueueStore) -> [&'static str; 4] {
    let short = store.preset.trim_start_matches("rabbitmq-");
    [store.name, store.short_name(), store.preset, short]
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
    let wanted_store = |store: &QueueStore| names(store).iter().any(|name| wanted(&arguments.store, name));
    DurabilityPlan {
        setups: setups.collect(),
        stores: stores().into_iter().filter(wanted_store).collect(),
        crashes: TableCrash::all().into_iter().filter(|crash| wanted(&arguments.crash, crash.name)).collect(),
    }
}
