//! `everything-processed`: all that was published was processed before the run ended: nothing is unroutable, returned, lost,
//! queued or in flight.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

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
    let open = [
        (ledger.on_the_way, "on the way to the broker"),
        (ledger.uncommitted, "in transactions without a commit"),
        (ledger.unroutable, "unroutable"),
        (ledger.returned, "returned"),
        (ledger.lost_total(), "lost"),
        (ledger.queued, "still queued"),
        (ledger.in_flight, "still in flight"),
    ];
    let parts: Vec<String> =
        open.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    if parts.is_empty() {
        Finding::Held
    } else {
        Finding::Violated(format!("of {} messages published, {}", ledger.published, parts.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

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
    fn a_run_without_messages_shows_nothing() {
        let mut outcome = outcome();
        outcome.ledger.published = 0;
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
