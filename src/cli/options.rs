//! Options that several subcommands have.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

/// As many as the key `replications` of a scenario may ask for.
const REPLICATIONS_MAX: u32 = 1_000_000;

/// What changes a scenario.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Overrides {
    /// Sets a value of the scenario, for example `consumer.*.prefetch-count=1`; may be given several times
    #[arg(long = "set", value_name = "ADDRESS=VALUE")]
    pub set: Vec<String>,
}

/// What selects replications.
#[derive(Clone, Debug, Args)]
pub(super) struct Runs {
    /// The seed of the first replication, or `random`; without it, the scenario's
    #[arg(long, value_name = "N|random")]
    pub seed: Option<Seed>,
    /// How many replications; without it, as many as the scenario says
    #[arg(long, value_name = "N", value_parser = replications)]
    pub replications: Option<NonZeroU32>,
    /// On how many threads; results do not depend on it. Without it, as many as the machine has
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Where results go.
#[derive(Clone, Debug, Args)]
pub(super) struct Reports {
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Where to write the report files; without it, `reports/NAME`. With several scenarios, each gets a directory in it
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Writes no report files
    #[arg(long, conflicts_with = "out")]
    pub no_out: bool,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The answer and tables for people
    #[default]
    Table,
    /// One row for each variant, replication, entity and measure
    Csv,
    /// Everything, for programs
    Json,
}

/// A seed, or the wish for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seed {
    /// This one.
    Fixed(u64),
    /// Any. The seed that was taken is in every report.
    Random,
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Seed, String> {
        match text {
            "random" => Ok(Seed::Random),
            number => number
                .parse()
                .map(Seed::Fixed)
                .map_err(|_| format!("expected a number from 0 to {} or `random`", u64::MAX)),
        }
    }
}

/// A number of replications, with the limits that the file's key has.
fn replications(text: &str) -> Result<NonZeroU32, String> {
    let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= REPLICATIONS_MAX);
    number.ok_or_else(|| format!("expected a number from 1 to {REPLICATIONS_MAX}"))
}

impl Seed {
    /// The number; a random one has 32 bits, so that it is short to type again.
    pub(super) fn number(self) -> u64 {
        match self {
            Seed::Fixed(number) => number,
            Seed::Random => u64::from(rand::random::<u32>()),
        }
    }
}

impl Runs {
    /// On how many threads to run.
    pub(super) fn threads(&self) -> usize {
        threads(self.jobs)
    }
}

/// As many threads as were asked for, or as the machine has.
pub(super) fn threads(jobs: Option<NonZeroUsize>) -> usize {
    let available = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    jobs.map_or_else(available, NonZeroUsize::get)
}
