//! One write of a writer, from the buffers to the page cache and, where it syncs, to the disk.

use std::mem;

use super::file::{File, Op};
use super::record::{Level, NOBODY, Part};
use super::spec::ConfirmAfter;
use super::store::{Storage, WriterId};
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
            let batch = &mut writer.batch[place];
            let each = |file: &mut File, op: Op| {
                let Some(store) = self.held.queues.get_mut(op.queue) else { return };
                let overhead = store.keeps.spec(&self.spec).overhead;
                let Some(record) = store.records.get_mut(op.arrival) else { return };
                if record.level(op.part) != Level::Buffer {
                    return;
                }
                // What was dropped from the buffer was counted down then.
                match op.part {
                    Part::Index => file.messages = file.messages.saturating_sub(1),
                    Part::Ack => file.acks = file.acks.saturating_sub(1),
                    Part::Body => {
                        let written = u64::from(record.copy.size) + u64::from(overhead);
                        file.bytes = file.bytes.saturating_sub(written);
                    }
                }
                *record.level_mut(op.part) = Level::Writing;
                bytes += match op.part {
                    Part::Ack => 0,
                    Part::Index if record.has_body => 0,
                    Part::Index | Part::Body => u64::from(record.copy.size) + u64::from(overhead),
                };
                batch.push(op);
            };
            match place {
                INDEX if which.index => file.take(most, each),
                INDEX if which.acks => file.take_acks(each),
                BODIES if which.bodies => file.take(most, each),
                _ => continue,
            }
            left |= all && !file.buffer.is_empty();
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
        for (file, ops) in writer.files.iter_mut().zip(&writer.batch) {
            file.catch_up(now, &self.disk, &mut |op, level, at| self.held.raise(op, level, at));
            file.written(ops, now);
            for op in ops {
                self.held.raise(*op, Level::PageCache, now);
            }
        }
        let until = writer.batch_syncs.then(|| now + self.disk.sync_time(writer.batch_bytes));
        if let Some(until) = until {
            writer.phase = Phase::Syncing(until);
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
        let Some(writer) = self.writers[id.0 as usize].as_mut() else { return };
        let confirms = writer.discipline.confirm_after == ConfirmAfter::Sync;
        if honours {
            for file in &mut writer.files {
                file.synced(|op| self.held.raise(op, Level::Stable, now));
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
        for op in writer.batch.iter().flatten().filter(|op| op.part != Part::Ack) {
            let Some(record) = self.held.queues.record_mut(*op) else { continue };
            record.awaits = record.awaits.saturating_sub(1);
            if record.awaits == 0 && record.waiter != NOBODY {
                let waiter = mem::replace(&mut record.waiter, NOBODY);
                self.held.confirm([waiter]);
            }
        }
    }

    fn finish(&mut self, id: WriterId) {
        self.release_orphans(id);
        let Some(writer) = self.writer_mut(id) else { return };
        writer.phase = Phase::Idle;
        writer.batch.iter_mut().for_each(Vec::clear);
    }

    pub(super) fn release_orphans(&mut self, id: WriterId) {
        let Some(writer) = self.writers.get_mut(id.0 as usize).and_then(Option::as_mut) else { return };
        self.held.confirm(writer.orphans.drain(..));
    }
}
