//! A file: records wait in a buffer, are dirty once they are written, and reach the disk when the file is synced or written
//! back. Files that are full are followed by the next one; each is written back by its own age.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;

use super::disk::Disk;
use super::record::{Level, Part};
use crate::units::SimTime;

/// A part of a record on its way to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Op {
    pub(super) queue: u32,
    pub(super) arrival: u32,
    pub(super) part: Part,
    /// Which of the files that follow each other.
    pub(super) number: u32,
}

/// What was written to a file and not synced.
#[derive(Clone, Debug, Default)]
struct Dirty {
    number: u32,
    /// `None`: all of it is on its way to the disk.
    since: Option<SimTime>,
    ops: Vec<Op>,
}

/// A sequence of files that follow each other.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) buffer: VecDeque<Op>,
    /// Messages in the buffer that are to be written.
    pub(super) messages: u32,
    /// Acknowledgements in the buffer.
    pub(super) acks: u32,
    /// Bytes in the buffer.
    pub(super) bytes: u64,
    /// The file that became dirty last. Where each write is synced there is no other.
    last: Dirty,
    /// Those before it.
    dirty: BTreeMap<u32, Dirty>,
    /// The same by how long they have been dirty.
    oldest: BTreeSet<(SimTime, u32)>,
    /// Written back, and stable once the file system has committed: until when.
    committing: VecDeque<(SimTime, Vec<Op>)>,
    /// Bytes written so far, where files are followed by size.
    pub(super) filled: u64,
}

impl File {
    /// Takes up to so many entries of the buffer; `each` counts down what it writes of them.
    pub(super) fn take(&mut self, most: usize, mut each: impl FnMut(&mut Self, Op)) {
        for _ in 0..most.min(self.buffer.len()) {
            let Some(op) = self.buffer.pop_front() else { return };
            each(self, op);
        }
        if self.buffer.is_empty() {
            // Nor is anything left of queues that are gone.
            (self.messages, self.acks, self.bytes) = (0, 0, 0);
        }
    }

    /// Takes the acknowledgements out of the buffer to write them.
    pub(super) fn take_acks(&mut self, mut each: impl FnMut(&mut Self, Op)) {
        self.acks = 0;
        for _ in 0..self.buffer.len() {
            match self.buffer.pop_front() {
                Some(op) if op.part == Part::Ack => each(self, op),
                Some(op) => self.buffer.push_back(op),
                None => return,
            }
        }
    }

    /// A queue is gone.
    pub(super) fn forget_queue(&mut self, queue: u32) {
        self.buffer.retain(|op| op.queue != queue);
        let ops = self.dirty.values_mut().chain([&mut self.last]).map(|dirty| &mut dirty.ops);
        for ops in ops.chain(self.committing.iter_mut().map(|(_, ops)| ops)) {
            ops.retain(|op| op.queue != queue);
        }
    }

    /// These were written at `now` and not synced.
    pub(super) fn written(&mut self, ops: &[Op], now: SimTime) {
        for op in ops {
            if self.last.since.is_none() {
                (self.last.number, self.last.since) = (op.number, Some(now));
            }
            if self.last.number == op.number {
                self.last.ops.push(*op);
            } else if let Some(dirty) = self.dirty.get_mut(&op.number) {
                dirty.ops.push(*op);
            } else {
                let next = Dirty { number: op.number, since: Some(now), ops: vec![*op] };
                let before = mem::replace(&mut self.last, next);
                self.oldest.extend(before.since.map(|since| (since, before.number)));
                self.dirty.insert(before.number, before);
            }
        }
    }

    /// The file that has been dirty longest, if that is long enough.
    fn take_aged(&mut self, now: SimTime, disk: &Disk) -> Option<(SimTime, Vec<Op>)> {
        let last = self.last.since.map(|since| (since, self.last.number));
        let (since, number) = self.oldest.first().copied().into_iter().chain(last).min()?;
        let at = disk.writeback_at(since);
        if at > now {
            return None;
        }
        if last == Some((since, number)) {
            return Some((at, mem::take(&mut self.last).ops));
        }
        self.oldest.pop_first();
        Some((at, self.dirty.remove(&number)?.ops))
    }

    /// What the operating system has written back and committed until `now`: first all that is written back, then all that
    /// is stable, each in order of instants.
    pub(super) fn catch_up(&mut self, now: SimTime, disk: &Disk, each: &mut impl FnMut(Op, Level, SimTime)) {
        if self.is_settled() {
            return;
        }
        while let Some((at, ops)) = self.take_aged(now, disk) {
            for op in &ops {
                each(*op, Level::WrittenBack, now);
            }
            self.committing.push_back((disk.commit_at(at), ops));
        }
        while self.committing.front().is_some_and(|(at, _)| *at <= now)
            && let Some((at, ops)) = self.committing.pop_front()
        {
            for op in ops {
                each(op, Level::Stable, at);
            }
        }
    }

    /// The file system has these with its commit at this instant, which none before was later than.
    pub(super) fn commits(&mut self, at: SimTime, ops: Vec<Op>) {
        self.committing.push_back((at, ops));
    }

    /// A sync has ended: all that was written is stable, told by file.
    pub(super) fn synced(&mut self, mut each: impl FnMut(Op)) {
        self.committing.drain(..).flat_map(|(_, ops)| ops).for_each(&mut each);
        self.oldest.clear();
        let later = self.dirty.split_off(&self.last.number);
        mem::take(&mut self.dirty).into_values().flat_map(|dirty| dirty.ops).for_each(&mut each);
        self.last.since = None;
        self.last.ops.drain(..).for_each(&mut each);
        later.into_values().flat_map(|dirty| dirty.ops).for_each(each);
    }

    /// Whether anything may come with time alone.
    pub(super) fn is_settled(&self) -> bool {
        self.last.since.is_none() && self.dirty.is_empty() && self.committing.is_empty()
    }

    /// What the process had not written is gone.
    pub(super) fn lose_buffer(&mut self) {
        self.buffer.clear();
        (self.messages, self.acks, self.bytes) = (0, 0, 0);
    }

    /// What the operating system had not brought to the disk is gone.
    pub(super) fn lose_cache(&mut self) {
        self.last = Dirty::default();
        self.dirty.clear();
        self.oldest.clear();
        self.committing.clear();
    }
}
