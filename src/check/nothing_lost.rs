//! `nothing-lost`: no copy of a message is lost. A message that no queue got is unroutable, not lost: the producer decides
//! with `mandatory` whether it hears of that. A message still queued at the end is unfinished, not lost.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    name: "nothing-lost",
    statement: "No copy of a message was lost, whatever the cause.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let ledger = &outcome.ledger;
    let lost = ledger.lost_total();
    if lost > 0 {
        let causes: Vec<String> =
            ledger.losses().map(|(cause, count)| format!("{count} {}", cause.words())).collect();
        return Finding::Violated(format!(
            "{lost} of {} messages lost: {}",
            ledger.published,
            causes.join(", ")
        ));
    }
    if ledger.copies == 0 {
        return Finding::NotExercised("no message got into a queue");
    }
    Finding::Held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;
    use crate::observe::LossCause;

    #[test]
    fn a_loss_is_named_with_its_cause() {
        let mut outcome = outcome();
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.ledger.lose(LossCause::AutoAckInBuffer, 3);
        let Finding::Violated(found) = examine(&outcome) else { panic!("three were lost") };
        assert_eq!(found, "3 of 100 messages lost: 3 automatic ack in the consumer's buffer");
    }

    #[test]
    fn a_run_without_messages_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger = crate::measure::Ledger::default();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
