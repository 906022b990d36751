//! `prefetch-bound`: a prefetch count bounds the unacknowledged deliveries of its consumer. Consumers with a count of 0
//! (no bound) or automatic acknowledgement (nothing is ever unacknowledged) cannot break it.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    name: "prefetch-bound",
    statement: "No consumer ever had more unacknowledged deliveries than its prefetch count.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    let mut bounded = outcome
        .consumers
        .iter()
        .filter(|consumer| consumer.prefetch > 0 && consumer.unacked_max > 0)
        .peekable();
    if bounded.peek().is_none() {
        return Finding::NotExercised("no consumer with a prefetch count had an unacknowledged delivery");
    }
    match bounded.find(|consumer| consumer.unacked_max > u32::from(consumer.prefetch)) {
        Some(consumer) => Finding::Violated(format!(
            "consumer `{}` had {} unacknowledged deliveries with a prefetch count of {}",
            consumer.name, consumer.unacked_max, consumer.prefetch
        )),
        None => Finding::Held,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

    #[test]
    fn more_deliveries_than_the_count_are_found() {
        let mut outcome = outcome();
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.consumers[1].unacked_max = 2;
        let Finding::Violated(found) = examine(&outcome) else { panic!("2 is more than 1") };
        assert_eq!(found, "consumer `slow` had 2 unacknowledged deliveries with a prefetch count of 1");
    }

    #[test]
    fn consumers_without_a_bound_show_nothing() {
        let mut outcome = outcome();
        for consumer in &mut outcome.consumers {
            consumer.prefetch = 0;
        }
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
