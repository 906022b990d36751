//! The list of safety properties. Each is defined in its own file; this one only names them all.

use crate::check::{
    everything_processed, fifo_per_queue, no_confirmed_message_lost, nothing_lost, nothing_processed_twice,
    one_answer_per_publish, prefetch_bound,
};
use crate::measure::Outcome;

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
    /// No message was lost that its producer knew as confirmed.
    NoConfirmedMessageLost,
    /// No publish was answered twice.
    OneAnswerPerPublish,
}

/// What one replication says about a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It held, and something could have broken it.
    Held,
    /// It did not hold; the numbers that show it, in words.
    Violated(String),
    /// Nothing happened that could have broken it; what was missing, in words.
    NotExercised(&'static str),
    /// It held so far, and the run ended before that was settled; why, in words.
    Open(&'static str),
}

/// What a property of losses found that saw none: nothing is known of what nobody can reach.
pub(super) fn held_unless_open(outcome: &Outcome) -> Finding {
    if outcome.end.out_of_service && outcome.ledger.unfinished() > 0 {
        return Finding::Open(
            "the run ended while the broker was down or had no majority, with messages in its queues",
        );
    }
    Finding::Held
}

/// A property's definition.
pub(super) struct Definition {
    /// Its name in files and reports.
    pub name: &'static str,
    /// What holds, in one sentence.
    pub statement: &'static str,
    /// Examines one replication.
    pub examine: fn(&Outcome) -> Finding,
}

impl Property {
    /// All properties, in the order of reports.
    pub const ALL: [Property; 7] = [
        Property::NothingLost,
        Property::NothingProcessedTwice,
        Property::PrefetchBound,
        Property::FifoPerQueue,
        Property::EverythingProcessed,
        Property::NoConfirmedMessageLost,
        Property::OneAnswerPerPublish,
    ];

    const fn definition(self) -> &'static Definition {
        match self {
            Property::NothingLost => &nothing_lost::DEFINITION,
            Property::NothingProcessedTwice => &nothing_processed_twice::DEFINITION,
            Property::PrefetchBound => &prefetch_bound::DEFINITION,
            Property::FifoPerQueue => &fifo_per_queue::DEFINITION,
            Property::EverythingProcessed => &everything_processed::DEFINITION,
            Property::NoConfirmedMessageLost => &no_confirmed_message_lost::DEFINITION,
            Property::OneAnswerPerPublish => &one_answer_per_publish::DEFINITION,
        }
    }

    /// Its name in files and reports, in kebab case.
    pub const fn name(self) -> &'static str {
        self.definition().name
    }

    /// What holds, in one sentence.
    pub const fn statement(self) -> &'static str {
        self.definition().statement
    }

    /// The property with this name.
    pub fn find(name: &str) -> Option<Property> {
        Property::ALL.into_iter().find(|property| property.name() == name)
    }

    /// Examines one replication.
    pub fn examine(self, outcome: &Outcome) -> Finding {
        (self.definition().examine)(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_is_found_by_its_name() {
        for property in Property::ALL {
            assert_eq!(Property::find(property.name()), Some(property));
            assert!(property.statement().ends_with('.'), "{}", property.name());
        }
        assert_eq!(Property::find("nothing"), None);
    }
}
