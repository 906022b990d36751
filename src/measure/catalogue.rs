//! The catalogue of measures: name, unit and meaning of each number that can be reported, compared or checked.

use crate::measure::Outcome;

/// What a measure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Each consumer has one.
    Consumer,
    /// Each queue of the scenario has one.
    Queue,
    /// Each producer has one.
    Producer,
    /// The run has one.
    Run,
}

/// The unit of a measure's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of messages, deliveries or copies.
    Count,
    /// Nanoseconds of virtual time.
    Nanoseconds,
    /// A number between 0 and 1, or a factor.
    Ratio,
}

/// One measure. Equality is by name.
#[derive(Debug)]
pub struct Measure {
    /// Its name in files and reports, in kebab case.
    pub name: &'static str,
    /// What it belongs to.
    pub scope: Scope,
    /// In what it is given.
    pub unit: Unit,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// Its value for the entity with this index; `None` where nothing was observed.
    pub value: fn(&Outcome, usize) -> Option<f64>,
}

/// A measure by reference into [`CATALOGUE`].
pub type MeasureId = &'static Measure;

impl PartialEq for Measure {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Every measure, in the order of reports.
pub const CATALOGUE: &[Measure] = &[];

/// The measure with this name.
pub fn find(name: &str) -> Option<MeasureId> {
    CATALOGUE.iter().find(|measure| measure.name == name)
}
