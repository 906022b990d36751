//! What a node's queues keep, copy by copy, and what has been said of it: how far each copy has come, and who waits for it.

use super::file::Op;
use super::record::{Level, NOBODY, Record};
use super::store::{Asked, QueueStore};
use crate::units::SimTime;

/// The stores of queues by the queues' numbers, which are small: a number is used again.
#[derive(Clone, Debug, Default)]
pub(super) struct QueueStores(Vec<Option<QueueStore>>);

impl QueueStores {
    pub(super) fn get(&self, queue: u32) -> Option<&QueueStore> {
        self.0.get(queue as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, queue: u32) -> Option<&mut QueueStore> {
        self.0.get_mut(queue as usize)?.as_mut()
    }

    pub(super) fn insert(&mut self, queue: u32, store: QueueStore) {
        let place = queue as usize;
        if self.0.len() <= place {
            self.0.resize_with(place + 1, || None);
        }
        self.0[place] = Some(store);
    }

    pub(super) fn remove(&mut self, queue: u32) -> Option<QueueStore> {
        self.0.get_mut(queue as usize)?.take()
    }

    /// The numbers of queues with a store, in order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        (0..).zip(&self.0).filter(|(_, store)| store.is_some()).map(|(queue, _)| queue)
    }

    /// In order of their numbers.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut QueueStore)> {
        (0..).zip(&mut self.0).filter_map(|(queue, store)| Some((queue, store.as_mut()?)))
    }

    pub(super) fn record_mut(&mut self, op: Op) -> Option<&mut Record> {
        self.get_mut(op.queue)?.records.get_mut(op.arrival)
    }
}

/// What is kept, and what was said of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) queues: QueueStores,
    /// Copies whose confirm has not been asked for.
    pub(super) waiting: u64,
    pub(super) asked: Vec<Asked>,
}

impl Held {
    /// Whoever waits for these has an answer.
    pub(super) fn confirm(&mut self, waiters: impl IntoIterator<Item = u32>) {
        for waiter in waiters {
            self.waiting = self.waiting.saturating_sub(1);
            self.asked.push(Asked::Confirm(waiter));
        }
    }

    /// Nobody knows any more whether what these wait for is safe.
    pub(super) fn refuse(&mut self, waiters: impl IntoIterator<Item = u32>) {
        for waiter in waiters {
            self.waiting = self.waiting.saturating_sub(1);
            self.asked.push(Asked::Refuse(waiter));
        }
    }

    /// A part has come further.
    pub(super) fn raise(&mut self, op: Op, level: Level, at: SimTime) {
        let Some(store) = self.queues.get_mut(op.queue) else { return };
        let Some(record) = store.records.get_mut(op.arrival) else { return };
        let before = record.whole();
        let part = record.level_mut(op.part);
        if *part == Level::Nowhere {
            return;
        }
        *part = level.max(*part);
        // Whoever is done with a copy does not care how safe it is.
        if record.settled {
            self.forget_if_over(op.queue, op.arrival);
            return;
        }
        let (key, whole) = (record.copy.key, record.whole());
        for step in [Level::PageCache, Level::Stable] {
            if before < step && step <= whole {
                self.asked.push(Asked::Reached(op.queue, key, step, at));
            }
        }
    }

    pub(super) fn forget_if_over(&mut self, queue: u32, arrival: u32) {
        let Some(store) = self.queues.get_mut(queue) else { return };
        let Some(record) = store.records.get_mut(arrival).filter(|record| record.is_over()) else { return };
        let (key, waiter) = (record.copy.key, record.waiter);
        store.records.remove(arrival);
        self.confirm((waiter != NOBODY).then_some(waiter));
        self.asked.push(Asked::Forget(key));
    }
}
