//! Checks: what must hold in a run. Knows neither the broker nor scenario files; reads outcomes.

use crate::measure::MeasureId;

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

/// Safety properties; each is checked in every replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// No copy of a message was lost, whatever the cause.
    NothingLost,
    /// Nothing was processed twice.
    NothingProcessedTwice,
    /// No consumer ever had more unacknowledged deliveries than its prefetch count.
    PrefetchBound,
    /// Each queue hands out its messages in the order of their arrival, requeued ones excepted.
    FifoPerQueue,
    /// Everything that was published was processed before the run ended.
    EverythingProcessed,
}
