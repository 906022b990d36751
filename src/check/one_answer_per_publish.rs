//! `one-answer-per-publish`: a publish in confirm mode is confirmed or refused, and that once. One without an answer when the
//! run ends, or when its channel is gone, does not break this; the measure `unanswered` counts it. Source: rule CF-2.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition =
    Definition { name: "one-answer-per-publish", statement: "No publish was answered twice.", examine };

fn examine(outcome: &Outcome) -> Finding {
    if outcome.answered_twice > 0 {
        return Finding::Violated(format!(
            "{} answers were to publishes that had been answered before, or that nobody had made",
            outcome.answered_twice
        ));
    }
    if outcome.producers.iter().all(|producer| producer.confirmed + producer.nacked == 0) {
        return Finding::NotExercised("no publish was answered");
    }
    Finding::Held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

    #[test]
    fn a_second_answer_is_found() {
        let mut outcome = outcome();
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
        outcome.producers[0].nacked = 1;
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.answered_twice = 1;
        assert!(matches!(examine(&outcome), Finding::Violated(_)));
    }
}
