//! `nothing-processed-twice`: no copy of a message is processed a second time, by the same or by another consumer, nor one
//! that its producer has published again.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    name: "nothing-processed-twice",
    statement: "No message was processed again after it had been processed.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let ledger = &outcome.ledger;
    if ledger.processed_again > 0 {
        let (again, redelivered) = (ledger.processed_again, ledger.redelivered);
        let why = match ledger.published_twice {
            0 => format!("of {redelivered} deliveries that were repeated"),
            1 => format!("with 1 message published again and {redelivered} deliveries repeated"),
            more => format!("with {more} messages published again and {redelivered} deliveries repeated"),
        };
        return Finding::Violated(format!("{again} times a message was processed again, {why}"));
    }
    if outcome.consumers.iter().all(|consumer| consumer.processed == 0) {
        return Finding::NotExercised("nothing was processed");
    }
    if ledger.redelivered == 0 && ledger.delivered_twice == 0 {
        return Finding::NotExercised("nothing was delivered again");
    }
    Finding::Held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

    #[test]
    fn processing_again_is_found() {
        let mut outcome = outcome();
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.ledger.processed_again = 1;
        assert!(matches!(examine(&outcome), Finding::Violated(_)));
    }

    #[test]
    fn a_duplicate_of_its_producer_counts_too() {
        let mut outcome = outcome();
        outcome.ledger.redelivered = 0;
        (outcome.ledger.published_twice, outcome.ledger.delivered_twice) = (3, 2);
        assert_eq!(examine(&outcome), Finding::Held, "the consumer knew them");
        outcome.ledger.processed_again = 2;
        let found = "2 times a message was processed again, with 3 messages published again and 0 deliveries repeated";
        assert_eq!(examine(&outcome), Finding::Violated(found.to_owned()));
    }

    #[test]
    fn a_run_without_redeliveries_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger.redelivered = 0;
        assert_eq!(examine(&outcome), Finding::NotExercised("nothing was delivered again"));
    }

    #[test]
    fn a_run_without_processing_shows_nothing() {
        let mut outcome = outcome();
        outcome.consumers.clear();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
