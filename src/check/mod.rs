//! Checks: what must hold in a run. Knows neither the broker nor scenario files; reads outcomes.
//!
//! A *property* is a statement that every replication must satisfy; each has a file of its own here. A *bound* is a limit of
//! a measure, which the whole confidence interval must respect.

mod bound;
mod everything_processed;
mod fifo_per_queue;
mod no_confirmed_message_lost;
mod nothing_lost;
mod nothing_processed_twice;
mod one_answer_per_publish;
mod prefetch_bound;
mod property;
mod verdict;

pub use property::{Finding, Property};
pub use verdict::{CheckResult, Found, Verdict};

use crate::measure::{MeasureId, Outcome};

/// What a `[[check]]` of a scenario demands.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckSpec {
    /// What is demanded.
    pub demand: Demand,
    /// Line of the check in its file, for messages; 0 for a builder's.
    pub line: usize,
}

/// A safety property, or a bound on a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Demand {
    /// Must hold in every replication.
    Property(Property),
    /// The whole confidence interval of the measure must lie inside the bounds.
    Bound {
        /// Which number.
        measure: MeasureId,
        /// Index of the queue, consumer or producer that it belongs to; 0 for a measure of the whole run.
        entity: usize,
        /// Smallest value allowed, in the measure's own unit (nanoseconds for times).
        at_least: Option<f64>,
        /// Largest value allowed, in the measure's own unit (nanoseconds for times).
        at_most: Option<f64>,
    },
}

/// Examines the outcomes of all replications of one variant; `random` says whether they can differ.
pub fn evaluate(spec: &CheckSpec, outcomes: &[Outcome], random: bool) -> CheckResult {
    match &spec.demand {
        Demand::Property(property) => verdict::of_property(spec, *property, outcomes),
        Demand::Bound { measure, entity, at_least, at_most } => {
            let limits = bound::Limits { at_least: *at_least, at_most: *at_most };
            bound::evaluate(spec, bound::Subject { measure, entity: *entity }, limits, outcomes, random)
        }
    }
}
