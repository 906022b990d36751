//! What a store knows of one copy of a message: how far its index entry, its body and its acknowledgement have come.

use std::collections::VecDeque;

use crate::units::SimTime;

/// How far a part of a record has come. A process crash loses all below [`Level::PageCache`], a power failure all below
/// [`Level::Stable`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// There is no such part.
    #[default]
    Nowhere,
    /// In the mailbox of the queue's process, which has not handled it.
    Mailbox,
    /// In the process's buffer.
    Buffer,
    /// In a write that is under way.
    Writing,
    /// In the operating system's page cache.
    PageCache,
    /// Written back by the operating system; the file system has not committed the file's new size yet.
    WrittenBack,
    /// On the disk.
    Stable,
}

/// A copy of a message that a queue keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The queue's count of arrivals, modulo 2^32: names the copy.
    pub arrival: u32,
    /// When it came into the queue.
    pub arrived: SimTime,
    /// The caller's name for the message; the store keeps it until nothing on disk can bring the copy back.
    pub key: u32,
    /// Length of the body in bytes.
    pub size: u32,
}

/// Which part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Index,
    Body,
    Ack,
}

/// In place of a waiter.
pub(super) const NOBODY: u32 = u32::MAX;

/// A copy and how far its parts have come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) copy: Copy,
    /// Who waits for the confirm's step.
    pub(super) waiter: u32,
    pub(super) index: Level,
    /// `Nowhere` where the index entry has the body too.
    pub(super) body: Level,
    pub(super) ack: Level,
    /// In a quorum queue: its entry in the log.
    pub(super) entry: u64,
    /// Parts that the confirm still waits for.
    pub(super) awaits: u8,
    pub(super) has_body: bool,
    /// It is acknowledged, or gone from its queue for another reason.
    pub(super) settled: bool,
    /// It is acknowledged.
    pub(super) acked: bool,
    /// The place is empty.
    pub(super) empty: bool,
}

impl Record {
    pub(super) fn new(copy: Copy, waiter: Option<u32>, has_body: bool) -> Self {
        Record {
            copy,
            waiter: waiter.unwrap_or(NOBODY),
            index: Level::Buffer,
            body: if has_body { Level::Buffer } else { Level::Nowhere },
            ack: Level::Nowhere,
            entry: 0,
            awaits: 1 + u8::from(has_body),
            has_body,
            settled: false,
            acked: false,
            empty: false,
        }
    }

    /// It waits for its queue's process.
    pub(super) fn put_into_mailbox(&mut self) {
        self.index = Level::Mailbox;
        self.body = if self.has_body { Level::Mailbox } else { Level::Nowhere };
    }

    /// Its queue's process has it.
    pub(super) fn take_from_mailbox(&mut self) {
        self.index = Level::Buffer;
        self.body = if self.has_body { Level::Buffer } else { Level::Nowhere };
    }

    pub(super) fn level(&self, part: Part) -> Level {
        match part {
            Part::Index => self.index,
            Part::Body => self.body,
            Part::Ack => self.ack,
        }
    }

    pub(super) fn level_mut(&mut self, part: Part) -> &mut Level {
        match part {
            Part::Index => &mut self.index,
            Part::Body => &mut self.body,
            Part::Ack => &mut self.ack,
        }
    }

    /// How far the whole copy has come: as far as its last part.
    pub(super) fn whole(&self) -> Level {
        if self.has_body { self.index.min(self.body) } else { self.index }
    }

    /// Nothing can bring the copy back: it was never written, or its acknowledgement is as safe as itself.
    pub(super) fn is_over(&self) -> bool {
        let unwritten = self.index == Level::Nowhere;
        // Written back together, or lost together.
        let together = self.index == Level::PageCache && self.ack == Level::PageCache;
        self.settled && (unwritten || together || self.ack == Level::Stable)
    }
}

/// The records of a queue, in order of arrival. A place whose copy is forgotten is cleared away once there are as many of them
/// as others, so memory goes by what is held.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    records: VecDeque<Record>,
    /// How many places are empty.
    empty: usize,
}

impl Records {
    /// Adds a copy that came after all others.
    pub(super) fn push(&mut self, record: Record) {
        self.records.push_back(record);
    }

    /// Where a copy is, found at once if every copy since the first is there.
    fn place(&self, arrival: u32) -> Option<usize> {
        let first = self.records.front()?.copy.arrival;
        let before = arrival.wrapping_sub(first);
        let place = before as usize;
        if self.records.get(place).is_some_and(|record| record.copy.arrival == arrival) {
            return Some(place);
        }
        self.records.binary_search_by_key(&before, |record| record.copy.arrival.wrapping_sub(first)).ok()
    }

    pub(super) fn get_mut(&mut self, arrival: u32) -> Option<&mut Record> {
        let place = self.place(arrival)?;
        self.records.get_mut(place).filter(|record| !record.empty)
    }

    /// Forgets a copy.
    pub(super) fn remove(&mut self, arrival: u32) {
        let Some(record) = self.get_mut(arrival) else { return };
        record.empty = true;
        self.empty += 1;
        while self.records.front().is_some_and(|record| record.empty) {
            self.records.pop_front();
            self.empty -= 1;
        }
        if self.empty > 64 && 2 * self.empty > self.records.len() {
            self.records.retain(|record| !record.empty);
            self.empty = 0;
        }
    }

    /// Those that came with this count of arrivals or later, in order.
    pub(super) fn since(&self, arrival: u32) -> impl Iterator<Item = &Record> {
        let first = self.records.front().map_or(arrival, |record| record.copy.arrival);
        let came = |of: u32| of.wrapping_sub(first);
        // Before the first one the difference turns round: then all came later.
        let wanted = if came(arrival) > u32::MAX / 2 { 0 } else { came(arrival) };
        let place = self.records.partition_point(|record| came(record.copy.arrival) < wanted);
        self.records.range(place..).filter(|record| !record.empty)
    }

    /// In order of arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(|record| !record.empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(arrival: u32) -> Record {
        Record::new(Copy { arrival, arrived: SimTime::ZERO, key: arrival, size: 1 }, None, false)
    }

    #[test]
    fn records_are_found_by_arrival_across_gaps_and_the_turn_of_the_count() {
        let mut records = Records::default();
        for arrival in [u32::MAX - 1, u32::MAX, 2] {
            records.push(record(arrival));
        }
        assert_eq!(records.get_mut(u32::MAX).map(|record| record.copy.key), Some(u32::MAX));
        assert!(records.get_mut(1).is_none(), "a copy that was not kept");
        records.remove(u32::MAX - 1);
        records.remove(u32::MAX);
        assert_eq!(records.iter().map(|record| record.copy.arrival).collect::<Vec<_>>(), [2]);
        assert_eq!(records.records.len(), 1);
    }

    /// A copy that a consumer holds for ever does not keep places for the others that come and go.
    #[test]
    fn places_go_by_the_copies_that_are_held() {
        let mut records = Records::default();
        let held = [5, 70_000, 90_000];
        for arrival in 0..100_000 {
            records.push(record(arrival));
            if arrival >= 10 && !held.contains(&(arrival - 10)) {
                records.remove(arrival - 10);
            }
            assert!(records.records.len() < 200, "{}", records.records.len());
        }
        for arrival in held {
            assert_eq!(records.get_mut(arrival).map(|record| record.copy.arrival), Some(arrival));
        }
        assert!(records.get_mut(6).is_none() && records.get_mut(80_000).is_none());
        assert_eq!(records.iter().count(), 13);
    }

    #[test]
    fn what_is_over() {
        let mut one = record(1);
        assert!(!one.is_over());
        one.settled = true;
        one.index = Level::Stable;
        one.ack = Level::PageCache;
        assert!(!one.is_over(), "a power failure brings it back");
        one.index = Level::PageCache;
        assert!(one.is_over());
        one.index = Level::Nowhere;
        assert!(one.is_over());
    }
}
