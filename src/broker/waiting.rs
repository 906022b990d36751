//! How long what is ready has waited so far. Asked at the end of a run, or of its warm-up; no message pays for it.

use super::Broker;
use crate::amqp::{Name, QueueId};
use crate::units::SimTime;

impl Broker {
    /// Of each queue, by its virtual host and name: how many messages are ready, and for how many nanoseconds all of them
    /// together have been in it.
    pub fn waiting(&self, now: SimTime) -> impl Iterator<Item = ((Name, Name), u64, u128)> {
        self.queues.iter().map(move |(id, queue)| {
            let (mut n, mut waited) = (0, 0);
            for entry in queue.ready_entries() {
                n += 1;
                waited += u128::from(now.since(entry.arrived()).as_nanos());
            }
            (self.name_of(QueueId(id)), n, waited)
        })
    }

    /// Messages of each queue, ready and unacknowledged.
    pub fn populations(&self) -> impl Iterator<Item = (QueueId, u64)> {
        self.queues
            .iter()
            .map(|(id, queue)| (QueueId(id), u64::from(queue.ready_count()) + u64::from(queue.unacked)))
    }
}
