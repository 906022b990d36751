//! `no-confirmed-message-lost`: what a producer was told to be accepted is not lost afterwards, whatever the cause. A message
//! that no queue got is unroutable, not lost: the broker confirms it, and only `mandatory` tells.

use super::property::{Definition, Finding, held_unless_open};
use crate::measure::{Outcome, ProducerOutcome};

pub(super) const DEFINITION: Definition = Definition {
    name: "no-confirmed-message-lost",
    statement: "No message was lost that its producer knew as confirmed, or committed.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let lost: u64 = outcome.producers.iter().map(|producer| producer.lost_though_confirmed).sum();
    let confirmed: u64 = outcome.producers.iter().map(ProducerOutcome::promised).sum();
    if lost > 0 {
        return Finding::Violated(format!("{lost} of {confirmed} confirmed messages lost"));
    }
    if confirmed == 0 {
        return Finding::NotExercised("no publish was confirmed");
    }
    held_unless_open(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

    #[test]
    fn a_loss_after_a_confirm_is_found() {
        let mut outcome = outcome();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
        outcome.producers[0].confirmed = 100;
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.producers[0].lost_though_confirmed = 2;
        let found = "2 of 100 confirmed messages lost".to_owned();
        assert_eq!(examine(&outcome), Finding::Violated(found));
    }
}
