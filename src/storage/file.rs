//! A file: records wait in a buffer, are dirty once they are written, and reach the disk when the file is synced or written
//! back. Files that are full are followed by the next one; each is written back by its own age.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::disk::Disk;
use super::record::Part;
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
#[derive(Clone, Debug)]
struct Dirty {
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
    dirty: BTreeMap<u32, Dirty>,
    /// The same by how long they have been dirty.
    oldest: BTreeSet<(SimTime, u32)>,
    /// Written back, and stable once the file system has committed: until when.
    committing: VecDeque<(SimTime, Vec<Op>)>,
    /// Bytes written so far, where files are followed by size.
    pub(super) filled: u64,
}

/// What the operating system has done since somebody looked last: in order of instants.
pub(super) struct Progress {
    pub(super) written_back: Vec<Op>,
    pub(super) stable: Vec<(SimTime, Vec<Op>)>,
}

impl File {
    /// Takes up to so many entries of the buffer to write them.
    pub(super) fn take(&mut self, most: usize) -> Vec<Op> {
        if most >= self.buffer.len() {
            (self.messages, self.acks, self.bytes) = (0, 0, 0);
            return std::mem::take(&mut self.buffer).into();
        }
        let taken: Vec<Op> = self.buffer.drain(..most).collect();
        for op in &taken {
            match op.part {
                Part::Index => self.messages = self.messages.saturating_sub(1),
                Part::Ack => self.acks = self.acks.saturating_sub(1),
                Part::Body => {}
            }
        }
        taken
    }

    /// A queue is gone.
    pub(super) fn forget_queue(&mut self, queue: u32) {
        self.buffer.retain(|op| op.queue != queue);
        let ops = self.dirty.values_mut().map(|dirty| &mut dirty.ops);
        for ops in ops.chain(self.committing.iter_mut().map(|(_, ops)| ops)) {
            ops.retain(|op| op.queue != queue);
        }
    }

    /// These were written at `now` and not synced.
    pub(super) fn written(&mut self, ops: Vec<Op>, now: SimTime) {
        for op in ops {
            let oldest = &mut self.oldest;
            let dirty = self.dirty.entry(op.number).or_insert_with(|| {
                oldest.insert((now, op.number));
                Dirty { ops: Vec::new() }
            });
            dirty.ops.push(op);
        }
    }

    /// What the operating system has written back and committed until `now`.
    pub(super) fn catch_up(&mut self, now: SimTime, disk: &Disk) -> Option<Progress> {
        let mut progress = Progress { written_back: Vec::new(), stable: Vec::new() };
        while let Some(&(since, number)) = self.oldest.first() {
            let at = disk.writeback_at(since);
            if at > now {
                break;
            }
            self.oldest.pop_first();
            let Some(dirty) = self.dirty.remove(&number) else { continue };
            progress.written_back.extend(&dirty.ops);
            self.committing.push_back((disk.commit_at(at), dirty.ops));
        }
        while self.committing.front().is_some_and(|(at, _)| *at <= now) {
            progress.stable.extend(self.committing.pop_front());
        }
        let idle = progress.written_back.is_empty() && progress.stable.is_empty();
        (!idle).then_some(progress)
    }

    /// A sync has ended: all that was written is stable.
    pub(super) fn synced(&mut self) -> Vec<Op> {
        let committing = std::mem::take(&mut self.committing).into_iter().flat_map(|(_, ops)| ops);
        self.oldest.clear();
        let dirty = std::mem::take(&mut self.dirty).into_values().flat_map(|dirty| dirty.ops);
        committing.chain(dirty).collect()
    }

    /// Whether anything may come with time alone.
    pub(super) fn is_settled(&self) -> bool {
        self.dirty.is_empty() && self.committing.is_empty()
    }

    /// What the process had not written is gone.
    pub(super) fn lose_buffer(&mut self) {
        self.buffer.clear();
        (self.messages, self.acks, self.bytes) = (0, 0, 0);
    }

    /// What the operating system had not brought to the disk is gone.
    pub(super) fn lose_cache(&mut self) {
        self.dirty.clear();
        self.oldest.clear();
        self.committing.clear();
    }
}
