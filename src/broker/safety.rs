//! How long copies are unsafe: since when a message is confirmed, how many copies queues were to keep, and which of them are
//! not on the disk yet. Dead letters are left out: their message was kept elsewhere before. Source: rules DUR-9 and CF-5.

use std::collections::BTreeMap;

use super::messages::Slot;
use super::restart::Survivors;
use super::{Broker, Out, Step};
use crate::amqp::{MessageId, Name, QueueId};
use crate::observe::{Durability, Fact};
use crate::storage::{Asked, Level};
use crate::units::SimTime;

/// A message, and where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    slot: Slot,
    message: MessageId,
}

/// What the broker knows of the safety of what it keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct Safety {
    /// By slot: the message that was confirmed in it last, and when.
    confirmed: Vec<Option<(MessageId, SimTime)>>,
    /// Copies that each queue was to keep, by its virtual host and name: an id may be another queue's later.
    kept: BTreeMap<(Name, Name), u64>,
    /// The publish under way wants a confirm, and a queue keeps it.
    publishing: Option<Place>,
}

/// What a queue was to keep, and what of it is not safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnsafeCopies {
    /// Copies that it was to keep, in all.
    pub kept: u64,
    /// Those that are there and would not survive a crash of the broker's process.
    pub unwritten: u64,
    /// Those that are there and would not survive a power failure.
    pub unstable: u64,
    /// Those of them that are confirmed.
    pub confirmed_unstable: u64,
}

impl Safety {
    /// A publish begins.
    pub(super) fn begin(&mut self) {
        self.publishing = None;
    }

    /// What of the publish under way is to be marked once it is confirmed.
    pub(super) fn take_publishing(&mut self) -> Option<Place> {
        self.publishing.take()
    }

    /// A publish is confirmed.
    pub(super) fn mark_confirmed(&mut self, place: Option<Place>, now: SimTime) {
        let Some(Place { slot, message }) = place else { return };
        let index = slot.0 as usize;
        if self.confirmed.len() <= index {
            self.confirmed.resize(index + 1, None);
        }
        self.confirmed[index] = Some((message, now));
    }

    /// Since when the message in this slot is confirmed. A mark of one that was there before is void.
    fn confirmed_at(&self, slot: Slot, message: MessageId) -> Option<SimTime> {
        let (marked, at) = self.confirmed.get(slot.0 as usize).copied().flatten()?;
        (marked == message).then_some(at)
    }
}

impl Broker {
    /// A queue is to keep a copy.
    pub(super) fn count_kept(&mut self, id: QueueId, slot: Slot) {
        let (message, dead) = (self.messages.id(slot), self.messages.get(slot).dead);
        let key = self.name_of(id);
        let Some(persistence) = self.persistence.as_mut().filter(|_| !dead) else { return };
        *persistence.safety.kept.entry(key).or_default() += 1;
        if persistence.is_asking() {
            persistence.safety.publishing = Some(Place { slot, message });
        }
    }

    pub(super) fn name_of(&self, id: QueueId) -> (Name, Name) {
        let queue = &self.queues[id.0];
        (self.vhosts[usize::from(queue.vhost)].name, queue.name)
    }

    /// The publish under way has been confirmed at once.
    pub(super) fn publish_is_confirmed(&mut self, now: SimTime) {
        if let Some(persistence) = &mut self.persistence {
            let place = persistence.safety.take_publishing();
            persistence.safety.mark_confirmed(place, now);
        }
    }

    /// A copy is safer than it was.
    fn reached(&self, (queue, key): (u32, u32), level: Level, at: SimTime) -> Fact {
        let level = if level >= Level::Stable { Durability::Stable } else { Durability::Written };
        let stored = self.messages.get(Slot(key));
        let message = stored.message.id;
        let confirmed = self.persistence.as_ref().and_then(|it| it.safety.confirmed_at(Slot(key), message));
        let (published, dead) = (stored.message.published, stored.dead);
        Fact::Reached { queue: QueueId(queue), message, level, published, confirmed, dead, at }
    }

    pub(super) fn tell_reached(
        &self,
        copy: (u32, u32),
        level: Level,
        at: SimTime,
        step: &mut Step<'_, impl Out>,
    ) {
        step.out.fact(self.reached(copy, level, at), self.rule_of_store(QueueId(copy.0)));
    }

    /// Brings the storage to `now`, where a run ends: what has become safer without being told.
    pub fn close_storage(&mut self, now: SimTime) -> Vec<Fact> {
        let Some(persistence) = &mut self.persistence else { return Vec::new() };
        persistence.storage.catch_up(now);
        let mut asked = Vec::new();
        persistence.storage.take_asked(&mut asked);
        let facts = asked.into_iter().filter_map(|one| match one {
            Asked::Reached(queue, key, level, at) => Some(self.reached((queue, key), level, at)),
            _ => None,
        });
        facts.collect()
    }

    /// What each queue was to keep, by its virtual host and name.
    pub fn unsafe_copies(&self) -> BTreeMap<(Name, Name), UnsafeCopies> {
        let Some(persistence) = &self.persistence else { return BTreeMap::new() };
        let kept = |(name, kept): (&(Name, Name), &u64)| {
            (*name, UnsafeCopies { kept: *kept, ..UnsafeCopies::default() })
        };
        let mut all: BTreeMap<_, _> = persistence.safety.kept.iter().map(kept).collect();
        for (id, _) in self.queues.iter() {
            let Some(copies) = all.get_mut(&self.name_of(QueueId(id))) else { continue };
            for (key, level) in persistence.storage.unstable(id) {
                let stored = self.messages.get(Slot(key));
                if stored.dead {
                    continue;
                }
                let confirmed = persistence.safety.confirmed_at(Slot(key), stored.message.id).is_some();
                copies.unwritten += u64::from(level < Level::PageCache);
                copies.unstable += 1;
                copies.confirmed_unstable += u64::from(confirmed);
            }
        }
        all
    }
}

impl Survivors {
    /// As [`Broker::close_storage`]: an operating system that runs has written on.
    pub fn close_storage(&mut self, now: SimTime) -> Vec<Fact> {
        self.broker_mut().close_storage(now)
    }

    /// As [`Broker::unsafe_copies`].
    pub fn unsafe_copies(&mut self) -> BTreeMap<(Name, Name), UnsafeCopies> {
        self.broker_mut().unsafe_copies()
    }
}
