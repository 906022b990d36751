//! `nothing-lost`: no copy of a message is lost. A message that no queue got is unroutable, not lost: the producer decides
//! with `mandatory` whether it hears of that. A message still queued at the end is unfinished, not lost. A publish that is
//! lost is one, even if its producer publishes the message again: the measure `messages-lost` is about messages.

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
        let (published, causes) = (ledger.published, causes.join(", "));
        let republished: u64 = outcome.producers.iter().map(|producer| producer.republished).sum();
        if republished == 0 {
            return Finding::Violated(format!("{lost} of {published} messages lost: {causes}"));
        }
        let for_good: u64 = outcome.producers.iter().map(|producer| producer.messages_lost).sum();
        return Finding::Violated(format!(
            "{lost} of {published} publishes lost: {causes}; {for_good} for good, as `messages-lost` counts"
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
    fn a_loss_that_was_made_good_points_to_the_measure_of_messages() {
        let mut outcome = outcome();
        outcome.ledger.lose(LossCause::LostOnTheWire, 3);
        outcome.producers[0].republished = 4;
        let Finding::Violated(found) = examine(&outcome) else { panic!("three publishes were lost") };
        assert_eq!(
            found,
            "3 of 100 publishes lost: 3 lost on the wire; 0 for good, as `messages-lost` counts"
        );
    }

    #[test]
    fn a_run_without_messages_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger = crate::measure::Ledger::default();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
