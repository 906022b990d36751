//! `everything-processed`: all that was published was processed before the run ended: nothing is unroutable, returned, lost,
//! queued or in flight. A message that its producer has published again, or that came back after a crash, is judged by all of its
//! copies.

use super::property::{Definition, Finding};
use crate::measure::{Outcome, ProducerOutcome};

pub(super) const DEFINITION: Definition = Definition {
    name: "everything-processed",
    statement: "Everything that was published was processed before the run ended.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let ledger = &outcome.ledger;
    if ledger.published == 0 {
        return Finding::NotExercised("nothing was published");
    }
    let of_producers = |what: fn(&ProducerOutcome) -> u64| outcome.producers.iter().map(what).sum::<u64>();
    let republished = of_producers(|producer| producer.republished);
    // Of what is published again, or comes back and goes its way once more, one copy that gets there is enough.
    let gone = if republished == 0 && ledger.came_back == 0 {
        [(ledger.unroutable, "unroutable"), (ledger.returned, "returned"), (ledger.lost_total(), "lost")]
    } else {
        [
            (of_producers(|producer| producer.messages_unroutable), "in no queue"),
            (of_producers(|producer| producer.messages_lost), "lost for good"),
            (0, ""),
        ]
    };
    let before = [
        (ledger.on_the_way, "on the way to the broker"),
        (ledger.uncommitted, "in transactions without a commit"),
    ];
    let after = [(ledger.queued, "still queued"), (ledger.in_flight, "still in flight")];
    let open = before.into_iter().chain(gone).chain(after);
    let parts: Vec<String> =
        open.filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() {
        Finding::Held
    } else {
        Finding::Violated(format!(
            "of {} messages published, {}",
            ledger.published - republished,
            parts.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;
    use crate::observe::LossCause;

    #[test]
    fn what_is_left_is_named() {
        let mut outcome = outcome();
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.ledger.queued = 12;
        outcome.ledger.unroutable = 1;
        let Finding::Violated(found) = examine(&outcome) else { panic!("thirteen are left") };
        assert_eq!(found, "of 100 messages published, 1 unroutable, 12 still queued");
    }

    #[test]
    fn what_was_published_again_and_got_there_is_not_left() {
        let mut outcome = outcome();
        outcome.ledger.lose(LossCause::LostOnTheWire, 7);
        assert!(matches!(examine(&outcome), Finding::Violated(_)));
        outcome.producers[0].republished = 7;
        assert_eq!(examine(&outcome), Finding::Held);
        (outcome.producers[0].messages_lost, outcome.producers[0].messages_unroutable) = (2, 1);
        let Finding::Violated(found) = examine(&outcome) else { panic!("three are left") };
        assert_eq!(found, "of 93 messages published, 1 in no queue, 2 lost for good");
    }

    #[test]
    fn a_run_without_messages_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger.published = 0;
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
