//! A queue: ready messages in order of arrival, and the consumers that take turns. Features have files of their own.

pub(super) mod arguments;
mod entry;
mod features;
mod kind;
mod lanes;
pub(super) mod quorum;
mod rotation;
mod rules;
pub(super) mod time_to_live;

use std::collections::VecDeque;

use crate::amqp::{ConnectionId, ConsumerId, FieldTable, Name};

pub(super) use entry::Entry;
pub(super) use features::Features;
pub(super) use kind::QueueKind;
pub(super) use rotation::Rotation;
pub(super) use rules::{DeadLetterExchange, Overflow, QueueRules};

use super::messages::{Messages, Slot};
use crate::units::SimTime;

/// A queue and everything it holds. First comes what each message touches: two lines of the processor's cache.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Queue {
    arrivals: u32,
    pub(super) unacked: u32,
    /// How many ready messages were stated last.
    pub(super) told: u32,
    /// The storage keeps its messages.
    pub(super) stored: bool,
    /// What it has beyond that. A plain classic queue has nothing, and its messages take the short way.
    pub(super) features: Option<Box<Features>>,
    /// Invariant, in a classic queue: in order of arrival; a requeued message is back in its old place.
    pub(super) ready: VecDeque<Entry>,
    pub(super) rotation: Rotation,
    pub(super) name: Name,
    pub(super) vhost: u16,
    pub(super) durable: bool,
    /// The connection that declared it exclusively.
    pub(super) owner: Option<ConnectionId>,
    pub(super) auto_delete: bool,
    pub(super) arguments: FieldTable,
    pub(super) kind: QueueKind,
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
    pub(super) kind: QueueKind,
    pub(super) features: Option<Box<Features>>,
}

impl Queue {
    pub(super) fn new(settings: QueueSettings) -> Self {
        let QueueSettings { name, vhost, durable, owner, auto_delete, arguments, kind, features } = settings;
        Queue {
            name,
            vhost,
            durable,
            stored: false,
            owner,
            auto_delete,
            arguments,
            kind,
            ready: VecDeque::new(),
            arrivals: 0,
            unacked: 0,
            told: 0,
            rotation: Rotation::default(),
            consumers: Vec::new(),
            exclusive_consumer: None,
            features,
        }
    }

    /// The entry of a message that has just come.
    #[inline(always)]
    pub(super) fn new_entry(&mut self, now: SimTime, slot: Slot) -> Entry {
        let entry = Entry::new(now, self.arrivals, slot);
        self.arrivals = self.arrivals.wrapping_add(1);
        entry
    }

    /// Adds a new message at the back of its lane.
    pub(super) fn push_by_priority(&mut self, now: SimTime, slot: Slot, priority: Option<u8>) -> Entry {
        let entry = self.new_entry(now, slot);
        let lanes = self.features.as_mut().and_then(|features| features.lanes.as_mut());
        if !lanes.is_some_and(|lanes| lanes.push(priority, entry)) {
            self.ready.push_back(entry);
        }
        entry
    }

    /// Takes the message that is served next.
    #[inline(always)]
    pub(super) fn pop(&mut self, messages: &Messages) -> Option<Entry> {
        match &mut self.features {
            None => self.ready.pop_front(),
            Some(features) => features.pop(&mut self.ready, messages),
        }
    }

    /// The message that is served next.
    pub(super) fn head(&self) -> Option<Entry> {
        match &self.features {
            None => self.ready.front().copied(),
            Some(features) => features.head(&self.ready),
        }
    }

    /// How many messages have come.
    pub(super) fn arrivals(&self) -> u32 {
        self.arrivals
    }

    /// Puts messages back in their old places, ahead of all that came later. Source: rule RDL-1.
    pub(super) fn requeue(&mut self, entries: Vec<Entry>) {
        merge(&mut self.ready, entries);
    }

    /// The same in a queue with priorities: each message goes back to its place in its own lane. Source: rule PRI-2.
    pub(super) fn requeue_by_priority(&mut self, entries: &[(Option<u8>, Entry)]) {
        let mut priorities: Vec<Option<u8>> = entries.iter().map(|(priority, _)| *priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        for priority in priorities {
            let of_priority: Vec<Entry> =
                entries.iter().filter(|(p, _)| *p == priority).map(|(_, entry)| *entry).collect();
            let lanes = self.features.as_mut().and_then(|features| features.lanes.as_mut());
            if !lanes.is_some_and(|lanes| lanes.requeue(priority, &of_priority)) {
                merge(&mut self.ready, of_priority);
            }
        }
    }

    /// Ready messages.
    #[inline(always)]
    pub(super) fn ready_count(&self) -> u32 {
        let ahead = self.features.as_ref().map_or(0, |features| features.ahead());
        (self.ready.len() + ahead) as u32
    }

    /// Dead letters that found no target yet. Source: rule DLX-10.
    pub(super) fn kept_letters(&self) -> u64 {
        let quorum = self.features.as_ref().and_then(|features| features.quorum.as_ref());
        quorum.map_or(0, |quorum| quorum.kept.len() as u64)
    }

    /// Takes all ready messages, those served first at the front.
    pub(super) fn take_ready(&mut self) -> Vec<Entry> {
        let mut taken = Vec::with_capacity(self.ready.len());
        if let Some(features) = &mut self.features {
            features.ready_bytes = 0;
            if let Some(lanes) = &mut features.lanes {
                taken.extend(lanes.iter());
                lanes.clear();
            }
        }
        taken.extend(self.ready.drain(..));
        taken
    }

    /// All ready messages, lane by lane.
    pub(super) fn ready_entries(&self) -> impl Iterator<Item = &Entry> {
        let lanes = self.features.iter().filter_map(|features| features.lanes.as_ref());
        lanes.flat_map(lanes::Lanes::iter).chain(&self.ready)
    }

    /// Marks all ready messages as handed out before. Source: rule DUR-7.
    pub(super) fn flag_all(&mut self) {
        let lanes = self.features.iter_mut().filter_map(|features| features.lanes.as_mut());
        let ahead = lanes.flat_map(lanes::Lanes::iter_mut);
        self.ready.iter_mut().chain(ahead).for_each(|entry| *entry = entry.handed_out_before());
    }

    /// Takes the ready messages out for which `leaves` holds, those served first at the front.
    pub(super) fn take_ready_if(&mut self, mut leaves: impl FnMut(Entry) -> bool) -> Vec<Entry> {
        let mut taken = Vec::new();
        let mut keep = |entry: Entry| {
            let leave = leaves(entry);
            if leave {
                taken.push(entry);
            }
            !leave
        };
        if let Some(lanes) = self.features.as_mut().and_then(|features| features.lanes.as_mut()) {
            lanes.retain(&mut keep);
        }
        self.ready.retain(|&entry| keep(entry));
        taken
    }
}

/// Puts entries back into a list in order of arrival.
fn merge(list: &mut VecDeque<Entry>, mut entries: Vec<Entry>) {
    entries.sort_by(Entry::order);
    let Some(newest) = entries.last() else { return };
    let ahead = list.partition_point(|entry| entry.order(newest).is_lt());
    let older: Vec<Entry> = list.drain(..ahead).collect();
    let mut older = older.into_iter().rev().peekable();
    // From the last to the first, the later of both goes in front of what is there.
    for entry in entries.into_iter().rev() {
        while let Some(old) = older.next_if(|old| old.order(&entry).is_gt()) {
            list.push_front(old);
        }
        list.push_front(entry.handed_out_before());
    }
    for old in older {
        list.push_front(old);
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
            kind: QueueKind::Classic,
            features: None,
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
            for n in 0..count {
                let entry = queue.new_entry(SimTime::from_nanos(u64::from(n / 3)), Slot(n));
                queue.ready.push_back(entry);
            }
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
