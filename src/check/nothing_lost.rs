//! `nothing-lost`: no copy of a message is lost. A message that no queue got is unroutable, not lost: the producer decides
//! with `mandatory` whether it hears of that. A message still queued at the end is unfinished, not lost. A publish that is
//! lost is one, even if its producer publishes the message again: the measure `messages-lost` is about messages.

use super::property::{Definition, Finding, held_unless_open};
use crate::measure::{Ledger, Outcome};

pub(super) const DEFINITION: Definition = Definition {
    name: "nothing-lost",
    statement: "No copy of a message was lost, whatever the cause.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let ledger = &outcome.ledger;
    if ledger.lost_total() > 0 {
        let causes: Vec<String> =
            ledger.losses().map(|(cause, count)| format!("{count} {}", cause.words())).collect();
        let republished: u64 = outcome.producers.iter().map(|producer| producer.republished).sum();
        let for_good: u64 = outcome.producers.iter().map(|producer| producer.messages_lost).sum();
        let good = if republished == 0 {
            String::new()
        } else {
            format!("; {for_good} messages for good, as `messages-lost` counts")
        };
        return Finding::Violated(format!("{} lost: {}{good}", counted(ledger), causes.join(", ")));
    }
    if ledger.copies == 0 {
        return Finding::NotExercised("no message got into a queue");
    }
    held_unless_open(outcome)
}

/// What is lost, of what: publishes before they reached a queue, copies afterwards.
fn counted(ledger: &Ledger) -> String {
    let before = ledger.lost_before_queues();
    let copies = ledger.lost_total() - before;
    let publishes = format!("{before} of {} publishes", ledger.published);
    let in_queues = format!("{copies} of {} copies in queues", ledger.copies);
    match (before, copies) {
        (_, 0) => publishes,
        (0, _) => in_queues,
        _ => format!("{publishes} and {in_queues}"),
    }
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
        assert_eq!(found, "3 of 100 copies in queues lost: 3 automatic ack in the consumer's buffer");
    }

    #[test]
    fn a_loss_that_was_made_good_points_to_the_measure_of_messages() {
        let mut outcome = outcome();
        outcome.ledger.lose(LossCause::LostOnTheWire, 3);
        outcome.producers[0].republished = 4;
        let Finding::Violated(found) = examine(&outcome) else { panic!("three publishes were lost") };
        assert_eq!(
            found,
            "3 of 100 publishes lost: 3 lost on the wire; 0 messages for good, as `messages-lost` counts"
        );
    }

    #[test]
    fn a_run_without_messages_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger = Ledger::default();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
