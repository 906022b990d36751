//! A member of the log: how far it is with its own write-ahead log, and what an end of its processes leaves of that.

use std::collections::VecDeque;

use crate::storage::Crash;
use crate::storage::disk::Disk;
use crate::units::SimTime;

/// How far a member is with its write-ahead log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// Up to this entry; the page cache has it at this instant.
    Writing(SimTime, u64),
    /// The disk has it at this instant.
    Syncing(SimTime, u64),
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) up: bool,
    /// It ended by itself, and stays down until it is started by itself.
    pub(super) held: bool,
    /// It has lost its disk, and not got all that is committed since: it has no voice in an election.
    pub(super) blank: bool,
    /// The last entry in its memory, in its files, and on its disk, as it knows.
    pub(super) received: u64,
    pub(super) written: u64,
    pub(super) synced: u64,
    /// The last one that a power failure leaves. It is behind where the disk ignores flushes, and where the process was killed
    /// between a write and its sync.
    stable: u64,
    pub(super) phase: Phase,
    /// On the way from the leader: when it arrives, up to which entry.
    pub(super) inbox: VecDeque<(SimTime, u64)>,
    /// Where no sync brings it: since when the file is dirty, and what the operating system has written back: when it is there, up
    /// to which entry.
    dirty_since: Option<SimTime>,
    written_back: VecDeque<(SimTime, u64)>,
    pub(super) disk: Disk,
}

impl Member {
    pub(super) fn new(disk: Disk) -> Self {
        Member {
            up: true,
            held: false,
            blank: false,
            received: 0,
            written: 0,
            synced: 0,
            stable: 0,
            phase: Phase::Idle,
            inbox: VecDeque::new(),
            dirty_since: None,
            written_back: VecDeque::new(),
            disk,
        }
    }

    /// Its processes end at `now`, or its machine loses its power or its disk when they have ended; the last entry that is left. A
    /// leader that stops cleanly has all up to `last`.
    pub(super) fn end(&mut self, now: SimTime, crash: Crash, last: Option<u64>) -> u64 {
        self.catch_up(now);
        let left = match crash {
            Crash::CleanStop => last.unwrap_or(self.received),
            Crash::Queue(_) => self.received,
            Crash::Process => self.written,
            Crash::PowerLoss => self.stable,
            Crash::DiskLoss => 0,
        };
        self.is_cut_to(left);
        // When it starts again it takes all of that for safe.
        (self.received, self.written, self.synced) = (left, left, left);
        match crash {
            Crash::CleanStop => self.is_synced(now),
            // The operating system lives on and brings it to the disk.
            Crash::Process | Crash::Queue(_) if self.stable < left => {
                self.dirty_since.get_or_insert(now);
            }
            Crash::Process | Crash::Queue(_) => {}
            Crash::PowerLoss | Crash::DiskLoss => {
                (self.dirty_since, self.written_back) = (None, VecDeque::new());
            }
        }
        (self.phase, self.up) = (Phase::Idle, false);
        self.blank |= crash == Crash::DiskLoss;
        self.inbox.clear();
        left
    }

    /// It has ended a sync of all that it calls synced.
    pub(super) fn is_synced(&mut self, now: SimTime) {
        if self.disk.spec().honours_flush {
            self.stable = self.synced;
            (self.dirty_since, self.written_back) = (None, VecDeque::new());
        } else if self.stable < self.synced {
            self.dirty_since.get_or_insert(now);
        }
    }

    /// It has no entry after this one.
    pub(super) fn is_cut_to(&mut self, last: u64) {
        self.received = self.received.min(last);
        self.written = self.written.min(last);
        self.synced = self.synced.min(last);
        self.stable = self.stable.min(last);
    }

    /// What the operating system has written back by `now` is on the disk.
    pub(super) fn catch_up(&mut self, now: SimTime) {
        if let Some(at) = self.dirty_since.map(|since| self.disk.writeback_at(since)).filter(|at| *at <= now)
        {
            self.written_back.push_back((self.disk.commit_at(at), self.written));
            self.dirty_since = None;
        }
        while self.written_back.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, upto)) = self.written_back.pop_front() {
                self.stable = self.stable.max(upto.min(self.written));
            }
        }
    }
}
