//! `fifo-per-queue`: a queue hands out its messages in the order in which they came in. Requeued messages are excepted: they
//! go back to their place and are handed out again. Queues with priorities break it by design.

use super::property::{Definition, Finding};
use crate::measure::Outcome;

pub(super) const DEFINITION: Definition = Definition {
    name: "fifo-per-queue",
    statement: "Each queue handed out its messages in the order of their arrival, requeued ones excepted.",
    examine,
};

fn examine(outcome: &Outcome) -> Finding {
    if let Some(queue) = outcome.queues.iter().find(|queue| queue.out_of_order > 0) {
        return Finding::Violated(format!(
            "queue `{}` made {} of {} deliveries out of order",
            queue.name, queue.out_of_order, queue.delivered
        ));
    }
    if outcome.queues.iter().all(|queue| queue.delivered < 2) {
        return Finding::NotExercised("no queue delivered two messages");
    }
    Finding::Held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::example::outcome;

    #[test]
    fn a_delivery_out_of_order_is_found() {
        let mut outcome = outcome();
        assert_eq!(examine(&outcome), Finding::Held);
        outcome.queues[0].out_of_order = 4;
        let Finding::Violated(found) = examine(&outcome) else { panic!("four were out of order") };
        assert_eq!(found, "queue `tasks` made 4 of 102 deliveries out of order");
    }

    #[test]
    fn one_delivery_has_no_order() {
        let mut outcome = outcome();
        outcome.queues[0].delivered = 1;
        assert!(matches!(examine(&outcome), Finding::NotExercised(_)));
    }
}
