//! The storage of a node: the stores of its queues, and the writers that bring their records to the disk.
//! Deviation: DEV-10.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use super::disk::Disk;
use super::file::Op;
use super::hibernation::Hibernation;
use super::log::Log;
use super::mailbox::{Item, Mailbox};
use super::record::{Copy, Level, NOBODY, Part, Record, Records};
use super::spec::{ConfirmAfter, StorageSpec, StoreSpec};
use super::writer::{BODIES, Discipline, INDEX, Phase, Which, Writer};
use crate::random::RandomStream;
use crate::units::SimTime;

/// Bytes of an acknowledgement in the log of quorum queues.
const ACK_SIZE: u64 = 64;

/// One of the writers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WriterId(pub u32);

/// What the storage asks of whoever drives it, or tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Call [`Storage::due`] for this writer at this instant; a later request replaces the earlier one.
    Wake(WriterId, SimTime),
    /// The step that this waiter's confirm waits for is done for one of its copies.
    Confirm(u32),
    /// The store that this waiter waited for has crashed: nobody knows whether its copy is safe.
    Refuse(u32),
    /// The copy of this queue that came so is lost with the disks that it was on.
    Lost(u32, u32),
    /// Nothing on disk can bring the copy with this key back.
    Forget(u32),
    /// All entries of the quorum queues' log up to this one are committed.
    Committed(u64),
    /// The quorum queues have no leader any more.
    LeaderLost,
    /// The quorum queues have a leader again; entries after this one must be proposed again or are lost.
    Elected(u64),
    /// The copy of this queue with this key has come this far: [`Level::PageCache`] or [`Level::Stable`].
    Reached(u32, u32, Level, SimTime),
}

impl WriterId {
    /// The log of quorum queues.
    pub const LOG: WriterId = WriterId(u32::MAX);
}

/// Which of the node's stores a queue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// That of classic queues.
    Classic,
    /// That of classic queues of version 2.
    Classic2,
    /// That of quorum queues.
    Quorum,
}

impl Keeps {
    pub(super) fn spec(self, all: &StorageSpec) -> &StoreSpec {
        match self {
            Keeps::Classic => &all.classic,
            Keeps::Classic2 => &all.classic_2,
            Keeps::Quorum => &all.quorum,
        }
    }
}

/// The store of one queue.
#[derive(Clone, Debug)]
pub(super) struct QueueStore {
    pub(super) records: Records,
    /// Writes the index and bodies that are with it.
    pub(super) writer: WriterId,
    /// Writes large bodies.
    shared: Option<WriterId>,
    /// Bodies from this size on are large.
    shared_from: u32,
    pub(super) keeps: Keeps,
    /// When it was made.
    pub(super) made: SimTime,
}

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

/// All stores of a node. A value: a clone goes on independently.
#[derive(Clone, Debug)]
pub struct Storage {
    pub(super) spec: StorageSpec,
    seed: u64,
    pub(super) disk: Disk,
    pub(super) queues: BTreeMap<u32, QueueStore>,
    pub(super) writers: Vec<Option<Writer>>,
    /// Of each virtual host: the writer of large bodies.
    shared: BTreeMap<u32, WriterId>,
    pub(super) log: Log,
    /// When all nodes crashed: the last entry of the log that a member had, and the last one in a file.
    pub(super) reached: (u64, u64),
    /// Acknowledgements that are not committed, by their entries: of which queue's copy.
    pub(super) acks: VecDeque<(u64, u32, u32)>,
    /// Copies whose confirm has not been asked for.
    pub(super) waiting: u64,
    pub(super) asked: Vec<Asked>,
}

impl QueueStore {
    /// It shares its log with others.
    pub(super) fn is_logged(&self) -> bool {
        self.keeps == Keeps::Quorum
    }

    /// Whether a copy's body is in the shared store.
    pub(super) fn is_apart(&self, record: &Record) -> bool {
        self.shared.is_some() && record.copy.size >= self.shared_from
    }
}

impl Storage {
    /// An empty one; `seed` is that of the run.
    pub fn new(spec: &StorageSpec, seed: u64) -> Self {
        Storage {
            spec: spec.clone(),
            seed,
            disk: Disk::new(&spec.disk, seed),
            queues: BTreeMap::new(),
            writers: Vec::new(),
            shared: BTreeMap::new(),
            log: Log::new(&spec.cluster, &spec.disk, &spec.quorum, seed),
            reached: (0, 0),
            acks: VecDeque::new(),
            waiting: 0,
            asked: Vec::new(),
        }
    }

    /// What was asked and told since this was called last, in order.
    pub fn take_asked(&mut self) -> Vec<Asked> {
        mem::take(&mut self.asked)
    }

    /// Whether anything was.
    pub fn has_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// A queue is there that keeps messages. Its name selects its random streams.
    pub fn add_queue(&mut self, now: SimTime, queue: u32, (vhost, name): (u32, &str), keeps: Keeps) {
        let spec = keeps.spec(&self.spec).clone();
        let own = |spec: &StoreSpec| Discipline {
            sync: spec.sync,
            confirm_after: spec.confirm_after,
            eager: spec.eager,
            batch_max: spec.batch_max,
            idle_flush: spec.idle_flush,
        };
        let writer = if keeps == Keeps::Quorum {
            WriterId::LOG
        } else {
            let draws = || RandomStream::new(self.seed, name, "hibernation");
            let hibernation = spec.hibernates.then(|| Hibernation::new(draws()));
            self.add_writer(Writer::new(own(&spec), hibernation, Mailbox::new(queue, &spec)))
        };
        let shared = (spec.shared_from > 0 && keeps != Keeps::Quorum).then(|| {
            self.shared.get(&vhost).copied().unwrap_or_else(|| {
                let after = if spec.shared_sync { ConfirmAfter::Sync } else { ConfirmAfter::Write };
                let sync = spec.shared_sync;
                let store =
                    Discipline { sync, confirm_after: after, eager: true, batch_max: 0, idle_flush: None };
                self.add_writer(Writer::new(store, None, None))
            })
        });
        if let Some(shared) = shared {
            self.shared.insert(vhost, shared);
        }
        let (records, shared_from) = (Records::default(), spec.shared_from);
        let store = QueueStore { records, writer, shared, shared_from, keeps, made: now };
        self.queues.insert(queue, store);
    }

    fn add_writer(&mut self, writer: Writer) -> WriterId {
        let free = self.writers.iter().position(Option::is_none);
        let place = free.unwrap_or(self.writers.len());
        if place == self.writers.len() {
            self.writers.push(None);
        }
        self.writers[place] = Some(writer);
        WriterId(place as u32)
    }

    /// A queue is gone with all that it kept.
    pub fn remove_queue(&mut self, queue: u32) {
        let Some(store) = self.queues.remove(&queue) else { return };
        self.asked.extend(store.records.iter().map(|record| Asked::Forget(record.copy.key)));
        for record in store.records.iter().filter(|record| record.waiter != NOBODY) {
            self.waiting = self.waiting.saturating_sub(1);
            self.asked.push(Asked::Confirm(record.waiter));
        }
        self.release_orphans(store.writer);
        if let Some(mut writer) = self.writers.get_mut(store.writer.0 as usize).and_then(Option::take) {
            let unanswered = writer.stop(writer.last);
            self.waiting = self.waiting.saturating_sub(unanswered.len() as u64);
            self.asked.extend(unanswered.into_iter().map(Asked::Confirm));
        }
        // Its number will be another queue's.
        if let Some(shared) = store.shared.and_then(|shared| self.writer_mut(shared)) {
            shared.forget_queue(queue);
        }
        self.acks.retain(|(_, of, _)| *of != queue);
    }

    pub(super) fn writer_mut(&mut self, id: WriterId) -> Option<&mut Writer> {
        self.writers.get_mut(id.0 as usize)?.as_mut()
    }

    /// A queue takes a copy that must survive. `waiter` waits for its confirm; whether it has to: stores that confirm on
    /// arrival take no notice of it.
    pub fn append(&mut self, now: SimTime, queue: u32, copy: Copy, waiter: Option<u32>) -> bool {
        let Some(store) = self.queues.get_mut(&queue) else { return false };
        let spec = store.keeps.spec(&self.spec);
        let waiter = waiter.filter(|_| spec.confirm_after != ConfirmAfter::Arrival);
        self.waiting += u64::from(waiter.is_some());
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
        let Some(store) = self.queues.get_mut(&queue) else { return };
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
        let Some(writer) = self.writer_mut(id) else { return };
        writer.entries += 1;
        if writer.entries > max {
            writer.entries = 0;
            self.begin(now, id, Which { sync: true, ..Which::ALL });
        }
    }

    /// A copy is out of its queue: `acked`, or dropped, expired, dead-lettered, purged. That has to reach the disk too.
    pub fn settle(&mut self, now: SimTime, queue: u32, arrival: u32, acked: bool) {
        self.take_settlement(now, queue, arrival, Some(acked));
    }

    /// The same; `None` for what waited in the mailbox of the queue's process.
    #[inline]
    pub(super) fn take_settlement(&mut self, now: SimTime, queue: u32, arrival: u32, acked: Option<bool>) {
        let Some(store) = self.queues.get_mut(&queue) else { return };
        let spec = store.keeps.spec(&self.spec);
        let (own, shared) = (store.writer, store.shared);
        let (journal, acks_max) = (spec.journal_entries_max, spec.buffered_acks_max);
        let number = arrival.checked_div(spec.file_messages).unwrap_or(0);
        let bytes = |record: &Record| u64::from(record.copy.size) + u64::from(spec.overhead);
        let first = acked.is_some();
        let Some(record) = store.records.get_mut(arrival).filter(|record| !(record.settled && first)) else {
            return;
        };
        if let Some(acked) = acked {
            (record.settled, record.acked) = (true, acked);
        }
        if first && spec.takes_time() && store.keeps != Keeps::Quorum {
            self.post(now, own, Item::Settled(arrival));
            return;
        }
        if store.keeps == Keeps::Quorum {
            record.ack = Level::Buffer;
            let entry = self.log.append(now, ACK_SIZE).unwrap_or(u64::MAX);
            self.acks.push_back((entry, queue, arrival));
            self.arm_log(now);
            return;
        }
        let Some(writer) = self.writers[own.0 as usize].as_mut() else { return };
        writer.touch(now);
        if spec.drops_acked && record.index == Level::Buffer {
            record.index = Level::Nowhere;
            let messages = &mut writer.files[INDEX].messages;
            *messages = messages.saturating_sub(1);
            let apart = shared.is_some() && record.copy.size >= spec.shared_from;
            if record.has_body && !apart && record.body == Level::Buffer {
                let buffered = &mut writer.files[BODIES].bytes;
                *buffered = buffered.saturating_sub(bytes(record));
                record.body = Level::Nowhere;
            }
            if record.waiter != NOBODY {
                writer.orphans.push(mem::replace(&mut record.waiter, NOBODY));
            }
            let live = |records: &mut Records, op: &Op| {
                records.get_mut(op.arrival).is_some_and(|record| record.level(op.part) == Level::Buffer)
            };
            // What need not be written any more is cleared away now and then.
            let writer_live = writer.files[INDEX].messages + writer.files[INDEX].acks;
            for file in &mut writer.files {
                if file.buffer.len() > 64 + 2 * (writer_live) as usize {
                    file.buffer.retain(|op| live(&mut store.records, op));
                }
            }
        } else {
            record.ack = Level::Buffer;
            let index = &mut writer.files[INDEX];
            index.buffer.push_back(Op { queue, arrival, part: Part::Ack, number });
            index.acks += 1;
            let full = acks_max > 0 && index.acks >= acks_max;
            writer.wanted |= writer.discipline.eager;
            if full {
                self.begin(now, own, Which { acks: true, ..Which::default() });
            }
        }
        if journal > 0 {
            self.count_entry(now, own, journal);
        }
        self.forget_if_over(queue, arrival);
        self.arm(now, own);
    }

    /// A writer is to look at what it has to do.
    pub fn due(&mut self, now: SimTime, id: WriterId) {
        if id == WriterId::LOG {
            self.log.wake = None;
            let news = self.log.due(now);
            self.hear(now, news);
            self.arm_log(now);
            return;
        }
        let Some(writer) = self.writer_mut(id) else { return };
        writer.wake = None;
        match writer.phase {
            Phase::Writing(until) if until <= now => self.end_write(now, id),
            Phase::Syncing(until) if until <= now => self.end_sync(now, id),
            Phase::Writing(_) | Phase::Syncing(_) => {}
            Phase::Idle if writer.mailbox.is_some() => {}
            Phase::Idle if writer.wanted => self.begin(now, id, Which::ALL),
            Phase::Idle if writer.next.any() => {
                let next = mem::take(&mut writer.next);
                self.begin(now, id, next);
            }
            Phase::Idle => {
                if writer.idle_at().is_some_and(|at| at <= now) {
                    self.begin(now, id, Which::ALL);
                }
            }
        }
        if self.writer_mut(id).is_some_and(|writer| writer.mailbox.is_some()) {
            self.serve(now, id);
        }
        self.arm(now, id);
    }

    /// How many writers are between a write and the end of its sync.
    pub fn syncing(&self) -> u64 {
        let syncing = |writer: &&Writer| matches!(writer.phase, Phase::Syncing(_));
        let writers = self.writers.iter().flatten().filter(syncing).count() as u64;
        writers + self.log.syncing()
    }

    /// Whether a queue's confirms wait for a sync.
    pub fn syncs(&self, queue: u32) -> bool {
        let store = self.queues.get(&queue);
        store.is_some_and(|store| store.keeps.spec(&self.spec).confirm_after == ConfirmAfter::Sync)
    }

    /// Whether anybody waits for a confirm.
    pub fn is_awaited(&self) -> bool {
        self.waiting > 0
    }

    pub(super) fn arm(&mut self, now: SimTime, id: WriterId) {
        let Some(writer) = self.writer_mut(id) else { return };
        let Some(at) = writer.due_at(now) else { return };
        let at = at.max(now);
        if writer.wake.is_none_or(|wake| at < wake) {
            writer.wake = Some(at);
            self.asked.push(Asked::Wake(id, at));
        }
    }

    /// A part has come further.
    pub(super) fn raise(&mut self, op: Op, level: Level, at: SimTime) {
        let Some(record) = record_mut(&mut self.queues, op) else { return };
        let before = record.whole();
        let part = record.level_mut(op.part);
        if *part == Level::Nowhere {
            return;
        }
        *part = level.max(*part);
        let whole = record.whole();
        // Whoever is done with a copy does not care how safe it is.
        let (key, settled) = (record.copy.key, record.settled);
        for step in [Level::PageCache, Level::Stable] {
            if before < step && step <= whole && !settled {
                self.asked.push(Asked::Reached(op.queue, key, step, at));
            }
        }
        self.forget_if_over(op.queue, op.arrival);
    }

    pub(super) fn forget_if_over(&mut self, queue: u32, arrival: u32) {
        let Some(store) = self.queues.get_mut(&queue) else { return };
        if let Some(record) = store.records.get_mut(arrival).filter(|record| record.is_over()) {
            if record.waiter != NOBODY {
                self.waiting = self.waiting.saturating_sub(1);
                self.asked.push(Asked::Confirm(record.waiter));
            }
            self.asked.push(Asked::Forget(record.copy.key));
            store.records.remove(arrival);
        }
    }

    /// The processes run again, at `now`.
    pub fn start(&mut self, now: SimTime) {
        for place in 0..self.writers.len() {
            let id = WriterId(place as u32);
            if let Some(writer) = self.writer_mut(id) {
                writer.wake = None;
                writer.last = now;
            }
            self.arm(now, id);
        }
        self.start_log(now);
    }

    /// Copies in a queue that a power failure would take, by their keys, and how far they have come.
    pub fn unstable(&self, queue: u32) -> impl Iterator<Item = (u32, Level)> + '_ {
        let records = self.queues.get(&queue).into_iter().flat_map(|store| store.records.iter());
        let unstable = records.filter(|record| !record.settled && record.whole() < Level::Stable);
        unstable.map(|record| (record.copy.key, record.whole()))
    }

    /// Brings what the operating system has done up to `now`.
    pub fn catch_up(&mut self, now: SimTime) {
        for place in 0..self.writers.len() {
            for file in [INDEX, BODIES] {
                let Some(writer) = self.writers[place].as_mut() else { continue };
                if writer.files[file].is_settled() {
                    continue;
                }
                let Some(progress) = writer.files[file].catch_up(now, &self.disk) else { continue };
                for op in progress.written_back {
                    self.raise(op, Level::WrittenBack, now);
                }
                for (at, ops) in progress.stable {
                    for op in ops {
                        self.raise(op, Level::Stable, at);
                    }
                }
            }
        }
    }
}

pub(super) fn record_mut(queues: &mut BTreeMap<u32, QueueStore>, op: Op) -> Option<&mut Record> {
    queues.get_mut(&op.queue)?.records.get_mut(op.arrival)
}
