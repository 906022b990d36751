//! `nothing-processed-twice`: no copy of a message is processed a second time, by the same or by another consumer.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    name: "nothing-processed-twice",
    statement: "No copy of a message was processed again after it had been processed.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let ledger = &outcome.ledger;
    if ledger.processed_again > 0 {
        return Finding::Violated(format!(
            "{} times a message was processed again, of {} deliveries that were repeated",
            ledger.processed_again, ledger.redelivered
        ));
    }
    if outcome.consumers.iter().all(|consumer| consumer.processed == 0) {
        return Finding::NotExercised("nothing was processed");
    }
    if ledger.redelivered == 0 {
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
