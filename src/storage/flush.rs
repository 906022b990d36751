//! One write of a writer, from the buffers to the page cache and, where it syncs, to the disk.

use std::collections::VecDeque;
use std::mem;

use super::file::{File, Op};
use super::record::{Level, NOBODY, Part};
use super::spec::ConfirmAfter;
use super::store::{Asked, Storage, WriterId, record_mut};
use super::writer::{BODIES, INDEX, Phase, Which};
use crate::units::SimTime;

impl Storage {
    /// Begins to write what is in these buffers, or does so next.
    pub(super) fn begin(&mut self, now: SimTime, id: WriterId, which: Which) {
        let Some(writer) = self.writers[id.0 as usize].as_mut() else { return };
        if writer.phase != Phase::Idle {
            writer.next = writer.next.and(which);
            return;
        }
        let all = which.index && which.bodies;
        writer.wanted &= !all;
        let most = match writer.discipline.batch_max {
            0 => usize::MAX,
            max => max as usize,
        };
        let mut bytes = 0;
        let mut left = false;
        for (place, file) in writer.files.iter_mut().enumerate() {
            let taken = match place {
                INDEX if which.index => file.take(most),
                INDEX if which.acks => take_acks(file),
                BODIES if which.bodies => file.take(most),
                _ => continue,
            };
            left |= !file.buffer.is_empty() && which.index && which.bodies;
            for op in taken {
                let Some(store) = self.queues.get_mut(&op.queue) else { continue };
                let overhead = store.keeps.spec(&self.spec).overhead;
                let Some(record) = store.records.get_mut(op.arrival) else { continue };
                if record.level(op.part) != Level::Buffer {
                    continue;
                }
                if op.part == Part::Body {
                    let written = u64::from(record.copy.size) + u64::from(overhead);
                    file.bytes = file.bytes.saturating_sub(written);
                }
                *record.level_mut(op.part) = Level::Writing;
                bytes += match op.part {
                    Part::Ack => 0,
                    Part::Index if record.has_body => 0,
                    Part::Index | Part::Body => u64::from(record.copy.size),
                };
                writer.batch[place].push(op);
            }
        }
        writer.wanted |= left;
        if writer.batch.iter().all(Vec::is_empty) {
            self.release_orphans(id);
            return;
        }
        writer.batch_bytes = bytes;
        writer.batch_syncs = writer.discipline.sync || which.sync;
        let until = now + self.disk.write_time();
        writer.phase = Phase::Writing(until);
        if until == now {
            self.end_write(now, id);
        }
    }

    pub(super) fn end_write(&mut self, now: SimTime, id: WriterId) {
        let Some(writer) = self.writers[id.0 as usize].as_mut() else { return };
        let confirms = writer.discipline.confirm_after == ConfirmAfter::Write;
        let mut written = Vec::new();
        for place in [INDEX, BODIES] {
            let ops = writer.batch[place].clone();
            if let Some(progress) = writer.files[place].catch_up(now, &self.disk) {
                written.extend(progress.written_back.into_iter().map(|op| (op, Level::WrittenBack, now)));
                let stable = progress.stable.into_iter();
                written.extend(
                    stable.flat_map(|(at, ops)| ops.into_iter().map(move |op| (op, Level::Stable, at))),
                );
            }
            written.extend(ops.iter().map(|op| (*op, Level::PageCache, now)));
            writer.files[place].written(ops, now);
        }
        let until =
            if writer.batch_syncs { Some(now + self.disk.sync_time(writer.batch_bytes)) } else { None };
        if let Some(until) = until {
            writer.phase = Phase::Syncing(until);
        }
        for (op, level, at) in written {
            self.raise(op, level, at);
        }
        if confirms || until.is_none() {
            self.confirm_batch(id);
        }
        match until {
            Some(until) if until > now => {}
            Some(_) => self.end_sync(now, id),
            None => self.finish(id),
        }
    }

    pub(super) fn end_sync(&mut self, now: SimTime, id: WriterId) {
        let honours = self.disk.spec().honours_flush;
        let Some(writer) = self.writer_mut(id) else { return };
        let confirms = writer.discipline.confirm_after == ConfirmAfter::Sync;
        if honours {
            let synced: Vec<Op> = writer.files.iter_mut().flat_map(File::synced).collect();
            for op in synced {
                self.raise(op, Level::Stable, now);
            }
        }
        if confirms {
            self.confirm_batch(id);
        }
        self.finish(id);
    }

    /// The batch has come as far as its confirms need.
    fn confirm_batch(&mut self, id: WriterId) {
        let Some(writer) = self.writers[id.0 as usize].as_mut() else { return };
        for op in writer.batch.iter().flatten().copied().filter(|op| op.part != Part::Ack) {
            let Some(record) = record_mut(&mut self.queues, op) else { continue };
            record.awaits = record.awaits.saturating_sub(1);
            if record.awaits == 0 && record.waiter != NOBODY {
                self.waiting = self.waiting.saturating_sub(1);
                self.asked.push(Asked::Confirm(mem::replace(&mut record.waiter, NOBODY)));
            }
        }
    }

    fn finish(&mut self, id: WriterId) {
        self.release_orphans(id);
        let Some(writer) = self.writer_mut(id) else { return };
        writer.phase = Phase::Idle;
        writer.batch = [Vec::new(), Vec::new()];
    }

    pub(super) fn release_orphans(&mut self, id: WriterId) {
        let Some(writer) = self.writer_mut(id) else { return };
        let orphans = mem::take(&mut writer.orphans);
        self.waiting = self.waiting.saturating_sub(orphans.len() as u64);
        self.asked.extend(orphans.into_iter().map(Asked::Confirm));
    }
}

/// Takes the acknowledgements out of a buffer.
fn take_acks(file: &mut File) -> Vec<Op> {
    file.acks = 0;
    let (acks, rest): (VecDeque<Op>, _) =
        mem::take(&mut file.buffer).into_iter().partition(|op| op.part == Part::Ack);
    file.buffer = rest;
    acks.into()
}
