//! What a measure belongs to, and in which unit it is given.

use crate::measure::Outcome;

/// What a measure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Each consumer has one.
    Consumer,
    /// Each queue of the scenario has one.
    Queue,
    /// Each producer has one.
    Producer,
    /// Each downstream has one.
    Downstream,
    /// The run has one.
    Run,
}

impl Scope {
    /// All scopes, in the order of reports.
    pub const ALL: [Scope; 5] =
        [Scope::Consumer, Scope::Queue, Scope::Producer, Scope::Downstream, Scope::Run];

    /// Its name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Consumer => "consumer",
            Scope::Queue => "queue",
            Scope::Producer => "producer",
            Scope::Downstream => "downstream",
            Scope::Run => "run",
        }
    }

    /// How many entities of this scope the outcome has.
    pub fn len(self, outcome: &Outcome) -> usize {
        match self {
            Scope::Consumer => outcome.consumers.len(),
            Scope::Queue => outcome.queues.len(),
            Scope::Producer => outcome.producers.len(),
            Scope::Downstream => outcome.downstreams.len(),
            Scope::Run => 1,
        }
    }

    /// The name of the entity with this index; empty for the run, or where there is none.
    pub fn entity(self, outcome: &Outcome, index: usize) -> &str {
        match self {
            Scope::Consumer => outcome.consumers.get(index).map(|consumer| consumer.name.as_str()),
            Scope::Queue => outcome.queues.get(index).map(|queue| queue.name.as_str()),
            Scope::Producer => outcome.producers.get(index).map(|producer| producer.name.as_str()),
            Scope::Downstream => outcome.downstreams.get(index).map(|one| one.name.as_str()),
            Scope::Run => None,
        }
        .unwrap_or_default()
    }
}

/// The unit of a measure's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of messages, deliveries or copies.
    Count,
    /// Nanoseconds of virtual time.
    Nanoseconds,
    /// A part of a whole, 0 to 1; reports show it in per cent.
    Share,
    /// A factor or an index.
    Ratio,
    /// A rate, a second of virtual time.
    PerSecond,
}

impl Unit {
    /// The unit in files: `1` for what has none.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Nanoseconds => "ns",
            Unit::Share | Unit::Ratio => "1",
            Unit::PerSecond => "1/s",
        }
    }
}
