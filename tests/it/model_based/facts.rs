//! What the broker states as facts: the counts in them are those of a recount, and each copy has one fate.

use std::collections::BTreeMap;

use amqpsim::amqp::QueueId;
use amqpsim::observe::{Fact, LossCause, Settlement};

/// A recount from facts alone.
#[derive(Default)]
pub(super) struct Recount {
    unacked: BTreeMap<QueueId, u32>,
    copies: i64,
    /// Facts that state something else.
    pub(super) wrong: Vec<Fact>,
}

impl Recount {
    pub(super) fn learn(&mut self, fact: Fact) {
        match fact {
            Fact::Routed { queues, .. } => self.copies += i64::from(queues),
            Fact::DeadLettered { queues, .. } => self.copies += i64::from(queues) - 1,
            Fact::Lost { .. } => self.copies -= 1,
            Fact::Settled { how, .. } if how != Settlement::DeadLettered => self.copies -= 1,
            Fact::Delivered { automatic: true, .. } | Fact::Got { automatic: true, .. } => self.copies -= 1,
            _ => {}
        }
        let (queue, change, stated) = match fact {
            Fact::Delivered { queue, automatic, unacked, .. }
            | Fact::Got { queue, automatic, unacked, .. } => (queue, i64::from(!automatic), unacked),
            Fact::Settled { queue, unacked, .. } | Fact::Requeued { queue, unacked, .. } => {
                (queue, -1, unacked)
            }
            Fact::Lost { queue, unacked, cause, .. } if cause != LossCause::QueueDeleted => {
                (queue, 0, unacked)
            }
            Fact::Enqueued { queue, unacked, .. } => (queue, 0, unacked),
            Fact::QueueDeleted { queue, .. } => {
                self.unacked.remove(&queue);
                return;
            }
            _ => return,
        };
        let count = self.unacked.entry(queue).or_default();
        *count = count.saturating_add_signed(change as i32);
        if *count != stated {
            self.wrong.push(fact);
        }
    }

    /// Whether as many copies are left in the broker.
    pub(super) fn balances(&self, (ready, unacked): (u64, u64)) -> bool {
        self.copies == (ready + unacked) as i64
    }
}
