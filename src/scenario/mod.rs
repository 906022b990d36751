//! From a file's text, or from a builder, to a validated [`Scenario`]; every mistake with its place. Runs nothing.
//!
//! A file goes through `parse` (text → `node` tree with places), `overlay` (the settings of `variants` and of `--set`, each
//! with an `address`, change the tree) and
//! `resolve` (tree → specs, one file a table), which reads through `reader` and its converters `values` and
//! `quantities`. What may stand in a file is data in [`keys`]; what can be wrong with it has an id in [`ids`].

mod address;
mod alike;
mod arguments;
mod builder;
mod crash_kind;
mod diagnostic;
mod distributions;
mod files;
mod grid;
mod hints;
mod load;
mod node;
mod overlay;
mod parse;
mod quantities;
mod reader;
mod reproduction;
mod resolve;
mod source;
mod study;
mod suggest;
#[cfg(test)]
mod tests;
mod values;
mod variants;
mod write;

pub mod ids;
pub mod keys;

pub use builder::{ScenarioBuilder, SettingValue};
pub use crash_kind::{Client, CrashKind, Hits, NODE_ENDS, PlannedCrash, classic_queues, nodes};
pub use diagnostic::{Diagnostic, Diagnostics, Label, Level, Paint};
pub use files::Files;
pub use grid::{Factor, Grid, GridPoint, POINTS_MAX, grid};
pub use load::{Loaded, load, load_with_files};
pub use reproduction::reproduction;
pub use source::{Place, Source};
pub use study::{Horizon, Precision, REPLICATIONS, Study};
pub use suggest::meant;

use crate::check::CheckSpec;
use crate::model::SystemSpec;

/// A validated scenario: every reference resolved, every quantity read.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The file's name without `.toml`.
    pub name: String,
    /// The comment at the head of the file, without its number signs.
    pub about: String,
    /// What the run should answer.
    pub question: Option<String>,
    /// What is simulated.
    pub system: SystemSpec,
    /// The seed of the first replication, unless the command line names another.
    pub seed: u64,
    /// How many replications, unless the command line names another number. With a [`Precision`], as many as it takes.
    pub replications: u32,
    /// What the replications are to tell.
    pub study: Study,
    /// What must hold.
    pub checks: Vec<CheckSpec>,
}

/// One parameter set of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Its name; `base` where the file has no variants.
    pub name: String,
    /// The settings that it changes, as `ADDRESS = VALUE`, for people.
    pub changes: Vec<(String, String)>,
    /// The scenario with these changes.
    pub scenario: Scenario,
}
