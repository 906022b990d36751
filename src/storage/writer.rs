//! A process that writes files: it gathers records in its buffers, writes them, syncs where its store does, and says when a
//! confirm's step is done. One write is under way at a time; what comes meanwhile is the next one (group commit).

use super::file::{File, Op};
use super::hibernation::Hibernation;
use super::mailbox::Mailbox;
use super::spec::ConfirmAfter;
use crate::units::{SimDuration, SimTime};

/// How far a writer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Idle,
    /// The page cache has it at this instant.
    Writing(SimTime),
    /// The disk has it at this instant.
    Syncing(SimTime),
}

/// The index of a writer's journal or index file.
pub(super) const INDEX: usize = 0;
/// The index of its file of bodies.
pub(super) const BODIES: usize = 1;

/// Which buffers are to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Which {
    pub(super) index: bool,
    pub(super) acks: bool,
    pub(super) bodies: bool,
    /// With a sync at the end, whatever the store does otherwise.
    pub(super) sync: bool,
}

impl Which {
    pub(super) const ALL: Which = Which { index: true, acks: true, bodies: true, sync: false };

    pub(super) fn and(self, other: Which) -> Which {
        Which {
            index: self.index | other.index,
            acks: self.acks | other.acks,
            bodies: self.bodies | other.bodies,
            sync: self.sync | other.sync,
        }
    }

    pub(super) fn any(self) -> bool {
        self.index | self.acks | self.bodies
    }
}

/// What a writer keeps to.
#[derive(Clone, Debug)]
pub(super) struct Discipline {
    pub(super) sync: bool,
    pub(super) confirm_after: ConfirmAfter,
    pub(super) eager: bool,
    pub(super) batch_max: u32,
    pub(super) idle_flush: Option<SimDuration>,
}

/// A writer.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    pub(super) discipline: Discipline,
    pub(super) files: [File; 2],
    pub(super) phase: Phase,
    /// Of each file, what is being written.
    pub(super) batch: [Vec<Op>; 2],
    /// Bytes of the batch.
    pub(super) batch_bytes: u64,
    pub(super) batch_syncs: bool,
    /// What has to be written once the batch is done.
    pub(super) next: Which,
    /// Somebody waits for a flush of all, as soon as this instant is over.
    pub(super) wanted: bool,
    /// Confirms of messages that need not be written any more; they are released with the next flush.
    pub(super) orphans: Vec<u32>,
    /// Entries of the journal since it was full last.
    pub(super) entries: u32,
    pub(super) hibernation: Option<Hibernation>,
    /// Of a process that takes time.
    pub(super) mailbox: Option<Box<Mailbox>>,
    /// When something came last.
    pub(super) last: SimTime,
    /// When it has asked to be woken.
    pub(super) wake: Option<SimTime>,
}

impl Writer {
    pub(super) fn new(
        discipline: Discipline,
        hibernation: Option<Hibernation>,
        mailbox: Option<Box<Mailbox>>,
    ) -> Self {
        Writer {
            discipline,
            files: [File::default(), File::default()],
            phase: Phase::Idle,
            batch: [Vec::new(), Vec::new()],
            batch_bytes: 0,
            batch_syncs: false,
            next: Which::default(),
            wanted: false,
            orphans: Vec::new(),
            entries: 0,
            hibernation,
            mailbox,
            last: SimTime::ZERO,
            wake: None,
        }
    }

    /// Something comes.
    pub(super) fn touch(&mut self, now: SimTime) {
        if let Some(hibernation) = &mut self.hibernation {
            hibernation.work_comes(self.last, now);
        }
        self.last = now;
    }

    pub(super) fn has_work(&self) -> bool {
        self.files.iter().any(|file| !file.buffer.is_empty())
    }

    /// When it has something to do if nothing else comes.
    pub(super) fn due_at(&self, now: SimTime) -> Option<SimTime> {
        match self.phase {
            Phase::Writing(until) | Phase::Syncing(until) => Some(until),
            Phase::Idle => {
                let mailbox = self.mailbox.as_ref().and_then(|mailbox| mailbox.due_at(now));
                mailbox.or_else(|| match self.wanted || self.next.any() {
                    true => Some(now),
                    false if self.has_work() => self.idle_at(),
                    false => None,
                })
            }
        }
    }

    /// When it flushes because nothing comes.
    pub(super) fn idle_at(&self) -> Option<SimTime> {
        let idle = self.discipline.idle_flush.map(|idle| self.last + idle);
        let sleeps = self.hibernation.as_ref().map(|hibernation| hibernation.sleeps_at(self.last));
        idle.into_iter().chain(sleeps).min()
    }

    /// A queue is gone: nothing of it is written, and nothing of it is waited for.
    pub(super) fn forget_queue(&mut self, queue: u32) {
        self.files.iter_mut().for_each(|file| file.forget_queue(queue));
        self.batch.iter_mut().for_each(|batch| batch.retain(|op| op.queue != queue));
    }

    /// Its process is gone, and starts again with nothing to do. Who waited for messages that are not kept.
    pub(super) fn stop(&mut self, now: SimTime) -> Vec<u32> {
        self.files.iter_mut().for_each(File::lose_buffer);
        self.batch = [Vec::new(), Vec::new()];
        self.phase = Phase::Idle;
        self.next = Which::default();
        self.wanted = false;
        self.orphans.clear();
        self.entries = 0;
        self.last = now;
        self.wake = None;
        self.mailbox.as_mut().map_or_else(Vec::new, |mailbox| mailbox.stop())
    }
}
