//! What comes to the process of a queue: a copy to be kept, or word that one is out of its queue. Both go into its buffers, through
//! its mailbox if it takes time, and a buffer that is full is written.

use super::file::Op;
use super::mailbox::Item;
use super::record::{Copy, Level, NOBODY, Part, Record};
use super::spec::ConfirmAfter;
use super::store::{Keeps, Sender, Storage, Unsettled, WriterId};
use super::writer::{BODIES, INDEX, Which};
use crate::units::SimTime;

/// Bytes of an acknowledgement in the log of quorum queues.
const ACK_SIZE: u64 = 64;

/// A copy on its way into the buffers of its queue's process.
#[derive(Clone, Copy)]
struct Coming {
    queue: u32,
    copy: Copy,
    keeps: Keeps,
    own: WriterId,
    /// Its body goes to the shared store of this writer.
    apart: Option<WriterId>,
    has_body: bool,
    /// Somebody waits for its confirm.
    waits: bool,
}

impl Storage {
    /// A queue takes a copy that must survive. `waiter` waits for its confirm; whether it has to: stores that confirm on
    /// arrival take no notice of it.
    pub fn append(&mut self, now: SimTime, queue: u32, copy: Copy, waiter: Option<u32>) -> bool {
        let Some(store) = self.held.queues.get_mut(queue) else { return false };
        let spec = store.keeps.spec(&self.spec);
        let waiter = waiter.filter(|_| spec.confirm_after != ConfirmAfter::Arrival);
        self.held.waiting += u64::from(waiter.is_some());
        let apart = store.shared.filter(|_| copy.size >= spec.shared_from);
        let has_body = apart.is_some() || spec.separate_bodies;
        let mut record = Record::new(copy, waiter, has_body);
        let own = store.writer;
        let coming =
            Coming { queue, copy, keeps: store.keeps, own, apart, has_body, waits: waiter.is_some() };
        if spec.takes_time() {
            record.put_into_mailbox();
            store.records.push(record);
            self.post(now, own, Item::Message(copy.arrival));
        } else {
            store.records.push(record);
            self.take(now, coming);
        }
        waiter.is_some()
    }

    /// The queue's process has come to a copy in its mailbox.
    pub(super) fn take_from_mailbox(&mut self, now: SimTime, queue: u32, arrival: u32) {
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let Some(record) = store.records.get_mut(arrival) else { return };
        record.take_from_mailbox();
        let (copy, has_body, waits) = (record.copy, record.has_body, record.waiter != NOBODY);
        let apart = store.shared.filter(|_| copy.size >= store.shared_from);
        let (keeps, own) = (store.keeps, store.writer);
        self.take(now, Coming { queue, copy, keeps, own, apart, has_body, waits });
    }

    /// The queue's process puts a copy into its buffers.
    #[inline]
    fn take(&mut self, now: SimTime, coming: Coming) {
        let Coming { queue, copy, keeps, own, apart, has_body, waits } = coming;
        let spec = keeps.spec(&self.spec);
        let arrival = copy.arrival;
        let number = copy.arrival.checked_div(spec.file_messages).unwrap_or(0);
        let journal = spec.journal_entries_max;
        let op = |part, number| Op { queue, arrival, part, number };
        if let Some(store) = self.held.queues.get_mut(queue) {
            store.count_unsettled(spec, arrival);
        }
        let Some(writer) = self.writers[own.0 as usize].as_mut() else { return };
        writer.touch(now);
        let index = &mut writer.files[INDEX];
        index.buffer.push_back(op(Part::Index, number));
        index.messages += 1;
        let mut full = Which::default();
        if spec.buffered_messages_max > 0 && index.messages >= spec.buffered_messages_max {
            full = Which { index: true, acks: true, bodies: spec.flush_together, sync: spec.sync_when_full };
        }
        if apart.is_none() && has_body {
            let bodies = &mut writer.files[BODIES];
            bodies.buffer.push_back(op(Part::Body, number));
            bodies.bytes += u64::from(copy.size) + u64::from(spec.overhead);
            if spec.buffered_bytes_max > 0 && bodies.bytes >= spec.buffered_bytes_max {
                let together = spec.flush_together;
                full = full.and(Which {
                    bodies: true,
                    index: together,
                    acks: together,
                    sync: spec.sync_when_full,
                });
            }
        }
        writer.wanted |= waits || writer.discipline.eager;
        if let Some(id) = apart {
            let size = spec.shared_file_size;
            let bytes = u64::from(copy.size) + u64::from(spec.overhead);
            if let Some(shared) = self.writers[id.0 as usize].as_mut() {
                shared.touch(now);
                shared.wanted = true;
                let bodies = &mut shared.files[BODIES];
                let number = bodies.filled.checked_div(size).unwrap_or(0) as u32;
                bodies.filled += bytes;
                bodies.buffer.push_back(op(Part::Body, number));
            }
            self.arm(now, id);
        }
        if full.any() {
            self.begin(now, own, full);
        }
        if journal > 0 {
            // The message itself, and that it was handed out: the journal says so at once. Source: RabbitMQ 3.10, traced.
            self.count_entry(now, own, journal);
            self.count_entry(now, own, journal);
        }
        self.arm(now, own);
    }

    /// Another entry of a journal: one too many flushes it.
    fn count_entry(&mut self, now: SimTime, id: WriterId, max: u32) {
        let in_batch = self.in_batch;
        let Some(writer) = self.writer_mut(id) else { return };
        writer.entries += 1;
        if writer.entries > max && !in_batch {
            writer.entries = 0;
            self.begin(now, id, Which { sync: true, ..Which::ALL });
        }
    }

    /// A copy is out of its queue: `acked`, or dropped, expired, dead-lettered, purged. That has to reach the disk too. `by`
    /// whom, in a quorum queue: `None` if it was the queue itself.
    pub fn settle(&mut self, now: SimTime, queue: u32, arrival: u32, acked: bool, by: Option<Sender>) {
        self.take_settlement(now, queue, arrival, Some((acked, by)));
    }

    /// What is settled from here on is told to the queue's process at once, which looks only then whether a buffer is full.
    pub fn begin_batch(&mut self) {
        self.in_batch = true;
    }

    /// That was all.
    pub fn end_batch(&mut self, now: SimTime, queue: u32) {
        self.in_batch = false;
        let Some(store) = self.held.queues.get(queue) else { return };
        let spec = store.keeps.spec(&self.spec);
        let (own, journal, acks_max) = (store.writer, spec.journal_entries_max, spec.buffered_acks_max);
        let Some(writer) = self.writers.get_mut(own.0 as usize).and_then(Option::as_mut) else { return };
        if journal > 0 && writer.entries > journal {
            writer.entries = 0;
            self.begin(now, own, Which { sync: true, ..Which::ALL });
        } else if acks_max > 0 && writer.files[INDEX].acks >= acks_max {
            self.begin(now, own, Which { acks: true, ..Which::default() });
        }
        self.arm(now, own);
    }

    /// The same; `None` for what waited in the mailbox of the queue's process.
    #[inline]
    pub(super) fn take_settlement(
        &mut self,
        now: SimTime,
        queue: u32,
        arrival: u32,
        told: Option<(bool, Option<Sender>)>,
    ) {
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let spec = store.keeps.spec(&self.spec);
        let own = store.writer;
        let (journal, acks_max) = (spec.journal_entries_max, spec.buffered_acks_max);
        let number = arrival.checked_div(spec.file_messages).unwrap_or(0);
        let first = told.is_some();
        let Some(record) = store.records.get_mut(arrival).filter(|record| !(record.settled && first)) else {
            return;
        };
        if let Some((acked, _)) = told {
            (record.settled, record.acked) = (true, acked);
        }
        if first && spec.takes_time() && store.keeps != Keeps::Quorum {
            self.post(now, own, Item::Settled(arrival));
            return;
        }
        if store.keeps == Keeps::Quorum {
            record.ack = Level::Buffer;
            let entry = self.log.append(now, ACK_SIZE).unwrap_or(u64::MAX);
            self.acks.push_back(Unsettled { entry, queue, arrival, by: told.and_then(|(_, by)| by) });
            self.arm_log(now);
            return;
        }
        let Some(writer) = self.writers[own.0 as usize].as_mut() else { return };
        writer.touch(now);
        if spec.drops_acked && record.index == Level::Buffer {
            writer.drop_from_buffers(record, spec);
            writer.clear_away(&mut store.records);
        } else {
            record.ack = Level::Buffer;
            let index = &mut writer.files[INDEX];
            index.buffer.push_back(Op { queue, arrival, part: Part::Ack, number });
            index.acks += 1;
            let full = acks_max > 0 && index.acks >= acks_max && !self.in_batch;
            writer.wanted |= writer.discipline.eager;
            if full {
                self.begin(now, own, Which { acks: true, ..Which::default() });
            }
        }
        if journal > 0 {
            self.count_entry(now, own, journal);
        }
        let Some(store) = self.held.queues.get_mut(queue) else { return };
        let empty = store.count_settled(store.keeps.spec(&self.spec), arrival);
        self.held.forget_if_over(queue, arrival);
        if let Some(file) = empty {
            self.delete_file(now, queue, file);
        }
        self.arm(now, own);
    }
}
