//! Files that go as a whole. What was settled in them needs no word of that on the disk. Source: rule DUR-18.

use std::mem;

use super::file::Op;
use super::record::{Level, NOBODY, Part, Record, Records};
use super::spec::StoreSpec;
use super::store::{Keeps, QueueStore, Storage};
use super::writer::{BODIES, INDEX, Writer};
use crate::units::SimTime;

/// In which index file a copy is, if those go by themselves.
fn file_of(spec: &StoreSpec, arrival: u32) -> Option<u32> {
    spec.deletes_settled_files.then(|| arrival.checked_div(spec.file_messages)).flatten()
}

impl QueueStore {
    /// A copy has come to the queue's process.
    pub(super) fn count_unsettled(&mut self, spec: &StoreSpec, arrival: u32) {
        if let Some(file) = file_of(spec, arrival) {
            *self.unsettled.entry(file).or_default() += 1;
        }
    }

    /// A copy is settled: the file that has nothing else any more.
    pub(super) fn count_settled(&mut self, spec: &StoreSpec, arrival: u32) -> Option<u32> {
        let file = file_of(spec, arrival)?;
        let left = self.unsettled.get_mut(&file)?;
        *left -= 1;
        (*left == 0).then(|| {
            self.unsettled.remove(&file);
            file
        })
    }

    /// The counts after a crash.
    pub(super) fn recount_unsettled(&mut self, spec: &StoreSpec) {
        let files = self.records.iter().filter(|record| !record.settled);
        let files: Vec<u32> = files.filter_map(|one| file_of(spec, one.copy.arrival)).collect();
        self.unsettled.clear();
        for file in files {
            *self.unsettled.entry(file).or_default() += 1;
        }
    }
}

impl Storage {
    /// All that was ready in a queue is purged, and nobody holds a delivery of it. Its files go, unless a publish waits for
    /// its confirm still. Source: rule DUR-18.
    pub fn purged(&mut self, now: SimTime, queue: u32) {
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let is_open = |record: &Record| !record.settled || record.waiter != NOBODY;
        if store.keeps == Keeps::Quorum || store.records.iter().any(is_open) {
            return;
        }
        store.unsettled.clear();
        let all = store.records.iter().map(|record| record.copy.arrival).collect();
        self.delete(now, queue, all);
    }

    /// A file of a queue's index goes, in which everything is settled.
    pub(super) fn delete_file(&mut self, now: SimTime, queue: u32, file: u32) {
        let Some(store) = self.held.queues.get(queue) else { return };
        let per = store.keeps.spec(&self.spec).file_messages;
        let gone = store.records.since(file.saturating_mul(per)).map(|record| record.copy.arrival);
        let gone = gone.take_while(|arrival| arrival.checked_div(per) == Some(file)).collect();
        self.delete(now, queue, gone);
    }

    /// The entries of these copies, which are settled, go with their file. They are off the disk with the file system's next
    /// commit.
    fn delete(&mut self, now: SimTime, queue: u32, gone: Vec<u32>) {
        let Some(store) = self.held.queues.get(queue) else { return };
        let Some(writer) = self.writers[store.writer.0 as usize].as_mut() else { return };
        writer.files[INDEX].catch_up(now, &self.disk, &mut |op, level, at| self.held.raise(op, level, at));
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let spec = store.keeps.spec(&self.spec);
        let mut to_commit = Vec::new();
        for &arrival in &gone {
            let Some(record) = store.records.get_mut(arrival) else { continue };
            writer.drop_from_buffers(record, spec);
            let index = &mut writer.files[INDEX];
            if record.ack == Level::Buffer {
                index.acks = index.acks.saturating_sub(1);
            }
            record.ack = record.ack.max(Level::PageCache);
            if record.index >= Level::WrittenBack && record.ack < Level::Stable {
                to_commit.push(Op { queue, arrival, part: Part::Ack, number: 0 });
            }
        }
        writer.clear_away(&mut store.records);
        if !to_commit.is_empty() {
            writer.files[INDEX].commits(self.disk.commit_at(now), to_commit);
        }
        for arrival in gone {
            self.held.forget_if_over(queue, arrival);
        }
    }
}

impl Writer {
    /// What need not be written any more is cleared away now and then.
    pub(super) fn clear_away(&mut self, records: &mut Records) {
        let live = |records: &mut Records, op: &Op| {
            records.get_mut(op.arrival).is_some_and(|record| record.level(op.part) == Level::Buffer)
        };
        let writer_live = self.files[INDEX].messages + self.files[INDEX].acks;
        for file in &mut self.files {
            if file.buffer.len() > 64 + 2 * (writer_live) as usize {
                file.buffer.retain(|op| live(records, op));
            }
        }
    }

    /// What is in the buffers of a copy that is settled need not be written any more.
    pub(super) fn drop_from_buffers(&mut self, record: &mut Record, spec: &StoreSpec) {
        if record.index != Level::Buffer {
            return;
        }
        record.index = Level::Nowhere;
        let messages = &mut self.files[INDEX].messages;
        *messages = messages.saturating_sub(1);
        let apart = spec.shared_from > 0 && record.copy.size >= spec.shared_from;
        if record.has_body && !apart && record.body == Level::Buffer {
            let buffered = &mut self.files[BODIES].bytes;
            *buffered = buffered.saturating_sub(u64::from(record.copy.size) + u64::from(spec.overhead));
            record.body = Level::Nowhere;
        }
        if record.waiter != NOBODY {
            self.orphans.push(mem::replace(&mut record.waiter, NOBODY));
        }
    }
}
