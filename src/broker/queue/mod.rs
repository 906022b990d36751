//! A queue: ready messages in order of arrival, and the consumers that take turns.

mod entry;
mod rotation;

use std::collections::VecDeque;

use crate::amqp::{ConnectionId, ConsumerId, FieldTable, Name};

pub(super) use entry::Entry;
pub(super) use rotation::Rotation;

use super::messages::Slot;
use crate::units::SimTime;

/// A queue and everything it holds.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) name: Name,
    pub(super) vhost: u16,
    pub(super) durable: bool,
    /// The connection that declared it exclusively.
    pub(super) owner: Option<ConnectionId>,
    pub(super) auto_delete: bool,
    pub(super) arguments: FieldTable,
    /// Invariant: in order of arrival; a requeued message is back in its old place.
    pub(super) ready: VecDeque<Entry>,
    arrivals: u32,
    pub(super) unacked: u32,
    pub(super) rotation: Rotation,
    /// All consumers, blocked ones included, in order of subscription.
    pub(super) consumers: Vec<ConsumerId>,
    /// The consumer that refuses others.
    pub(super) exclusive_consumer: Option<ConsumerId>,
}

/// What a queue is declared with.
#[derive(Clone, Debug)]
pub(super) struct QueueSettings {
    pub(super) name: Name,
    pub(super) vhost: u16,
    pub(super) durable: bool,
    pub(super) owner: Option<ConnectionId>,
    pub(super) auto_delete: bool,
    pub(super) arguments: FieldTable,
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        let QueueSettings { name, vhost, durable, owner, auto_delete, arguments } = settings;
        Queue {
            name,
            vhost,
            durable,
            owner,
            auto_delete,
            arguments,
            ready: VecDeque::new(),
            arrivals: 0,
            unacked: 0,
            rotation: Rotation::default(),
            consumers: Vec::new(),
            exclusive_consumer: None,
        }
    }

    /// Adds a new message at the back.
    #[inline]
    pub(super) fn push(&mut self, now: SimTime, slot: Slot) {
        let entry = Entry::new(now, self.arrivals, slot);
        self.arrivals = self.arrivals.wrapping_add(1);
        self.ready.push_back(entry);
    }

    /// Puts messages back in their old places, ahead of all that came later. Source: rule RDL-1.
    pub(super) fn requeue(&mut self, mut entries: Vec<Entry>) {
        entries.sort_by(|a, b| a.order(b));
        let Some(last) = entries.last() else { return };
        let ahead = self.ready.partition_point(|entry| entry.order(last).is_lt());
        let older: Vec<Entry> = self.ready.drain(..ahead).collect();
        let mut older = older.into_iter().rev().peekable();
        // From the last to the first, the later of both goes in front of what is there.
        for entry in entries.into_iter().rev() {
            while let Some(old) = older.next_if(|old| old.order(&entry).is_gt()) {
                self.ready.push_front(old);
            }
            self.ready.push_front(entry.handed_out_before());
        }
        for old in older {
            self.ready.push_front(old);
        }
    }

    #[inline]
    pub(super) fn ready_count(&self) -> u32 {
        self.ready.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn queue() -> Queue {
        Queue::new(QueueSettings {
            name: Name::EMPTY,
            vhost: 0,
            durable: true,
            owner: None,
            auto_delete: false,
            arguments: FieldTable::new(),
        })
    }

    proptest! {
        /// Whatever was taken and in whatever batches it comes back: afterwards all are in order of arrival again.
        #[test]
        fn requeued_messages_go_back_to_their_places(
            count in 1u32..40,
            takes in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
            batch in 1usize..5,
        ) {
            let mut queue = queue();
            (0..count).for_each(|n| queue.push(SimTime::from_nanos(u64::from(n / 3)), Slot(n)));
            let mut taken: Vec<Entry> = Vec::new();
            for take in takes {
                if !queue.ready.is_empty() {
                    let at = take.index(queue.ready.len());
                    taken.extend(queue.ready.remove(at));
                }
            }
            for entries in taken.chunks(batch) {
                queue.requeue(entries.to_vec());
            }
            let slots: Vec<u32> = queue.ready.iter().map(|entry| entry.slot().0).collect();
            prop_assert_eq!(slots, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(queue.ready.iter().filter(|entry| entry.redelivered()).count(), taken.len());
        }
    }
}
