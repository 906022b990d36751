//! From a file's text, or from a builder, to a validated [`Scenario`]; every mistake with its place. Runs nothing.

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
    /// How many replications, unless the command line names another number.
    pub replications: u32,
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
