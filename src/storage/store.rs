//! The storage of a node: the stores of its queues, and the writers that bring their records to the disk.
//! Deviation: DEV-10.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use super::crash::Fate;
use super::disk::Disk;
use super::held::Held;
use super::hibernation::Hibernation;
use super::log::Log;
use super::mailbox::Mailbox;
use super::record::{Level, NOBODY, Record, Records};
use super::spec::{ConfirmAfter, StorageSpec, StoreSpec};
use super::writer::{Discipline, Phase, Which, Writer};
use crate::random::RandomStream;
use crate::units::{SimDuration, SimTime};

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
    Lost(u32, u32, Fate),
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

/// Whoever tells a quorum queue of a settlement again if its leader is lost before it is committed, by numbers that the storage
/// gives back as it got them.
pub type Sender = (u32, u32);

/// A settlement that is in the log of quorum queues, or was until its leader was lost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unsettled {
    pub(super) entry: u64,
    pub(super) queue: u32,
    pub(super) arrival: u32,
    /// `None`: the queue itself.
    pub(super) by: Option<Sender>,
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
    pub(super) shared: Option<WriterId>,
    /// Bodies from this size on are large.
    pub(super) shared_from: u32,
    pub(super) keeps: Keeps,
    /// When it was made.
    pub(super) made: SimTime,
    /// Nodes that were killed before they had noted on their disks that the queue is theirs, a bit for each.
    pub(super) unknown_to: u32,
    /// Of each index file, if those go by themselves: copies that are not settled.
    pub(super) unsettled: BTreeMap<u32, u32>,
}

/// All stores of a node. A value: a clone goes on independently.
#[derive(Clone, Debug)]
pub struct Storage {
    pub(super) spec: StorageSpec,
    seed: u64,
    pub(super) disk: Disk,
    pub(super) held: Held,
    pub(super) writers: Vec<Option<Writer>>,
    /// Of each virtual host: the writer of large bodies.
    shared: BTreeMap<u32, WriterId>,
    pub(super) log: Log,
    /// When all nodes crashed: the last entry of the log that a member had, and the last one in a file.
    pub(super) reached: (u64, u64),
    /// Settlements that are not committed, in order of their entries.
    pub(super) acks: VecDeque<Unsettled>,
    /// Those that a new leader does not have.
    pub(super) lacking: Vec<Unsettled>,
    /// What comes now comes together.
    pub(super) in_batch: bool,
}

impl QueueStore {
    /// It shares its log with others.
    pub(super) fn is_logged(&self) -> bool {
        self.keeps == Keeps::Quorum
    }

    /// Whether it is a quorum queue that its nodes would not know after they were killed.
    pub(super) fn is_young(&self, now: SimTime, window: SimDuration) -> bool {
        self.is_logged() && self.made + window > now
    }

    /// Whether a majority of so many nodes does not know it.
    pub(super) fn is_forgotten(&self, nodes: u32) -> bool {
        2 * self.unknown_to.count_ones() > nodes
    }

    /// These copies are gone, and nothing else is touched; what the broker is to know of that.
    pub(super) fn forget(&mut self, queue: u32, gone: &[Record], fate: Fate) -> Vec<Asked> {
        let mut asked = Vec::new();
        for record in gone {
            self.records.remove(record.copy.arrival);
            asked.push(Asked::Forget(record.copy.key));
            if !record.settled {
                asked.push(Asked::Lost(queue, record.copy.arrival, fate));
            }
        }
        asked
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
            held: Held::default(),
            writers: Vec::new(),
            shared: BTreeMap::new(),
            log: Log::new(&spec.cluster, &spec.disk, &spec.quorum, seed),
            reached: (0, 0),
            acks: VecDeque::new(),
            lacking: Vec::new(),
            in_batch: false,
        }
    }

    /// What was asked and told since this was called last, in order, in place of what `heard` has.
    pub fn take_asked(&mut self, heard: &mut Vec<Asked>) {
        heard.clear();
        mem::swap(&mut self.held.asked, heard);
    }

    /// Whether anything was.
    pub fn has_asked(&self) -> bool {
        !self.held.asked.is_empty()
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
        let (unknown_to, unsettled) = (0, BTreeMap::new());
        let store =
            QueueStore { records, writer, shared, shared_from, keeps, made: now, unknown_to, unsettled };
        self.held.queues.insert(queue, store);
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
        let Some(store) = self.held.queues.remove(queue) else { return };
        self.held.asked.extend(store.records.iter().map(|record| Asked::Forget(record.copy.key)));
        self.held
            .confirm(store.records.iter().map(|record| record.waiter).filter(|waiter| *waiter != NOBODY));
        self.release_orphans(store.writer);
        if let Some(mut writer) = self.writers.get_mut(store.writer.0 as usize).and_then(Option::take) {
            self.held.confirm(writer.stop(writer.last));
        }
        // Its number will be another queue's.
        if let Some(shared) = store.shared.and_then(|shared| self.writer_mut(shared)) {
            shared.forget_queue(queue);
        }
        self.acks.retain(|ack| ack.queue != queue);
        self.lacking.retain(|ack| ack.queue != queue);
    }

    pub(super) fn writer_mut(&mut self, id: WriterId) -> Option<&mut Writer> {
        self.writers.get_mut(id.0 as usize)?.as_mut()
    }

    /// A writer is to look at what it has to do.
    pub fn due(&mut self, now: SimTime, id: WriterId) {
        if id == WriterId::LOG {
            self.log.wake = None;
            let news = self.log.due(now);
            self.hear(news);
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
        let store = self.held.queues.get(queue);
        store.is_some_and(|store| store.keeps.spec(&self.spec).confirm_after == ConfirmAfter::Sync)
    }

    /// Whether a queue's confirms wait for nothing.
    pub fn confirms_on_arrival(&self, queue: u32) -> bool {
        let store = self.held.queues.get(queue);
        store.is_some_and(|store| store.keeps.spec(&self.spec).confirms_on_arrival())
    }

    /// Whether anybody waits for a confirm.
    pub fn is_awaited(&self) -> bool {
        self.held.waiting > 0
    }

    pub(super) fn arm(&mut self, now: SimTime, id: WriterId) {
        let Some(writer) = self.writer_mut(id) else { return };
        let Some(at) = writer.due_at(now) else { return };
        let at = at.max(now);
        if writer.wake.is_none_or(|wake| at < wake) {
            writer.wake = Some(at);
            self.held.asked.push(Asked::Wake(id, at));
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
        let records = self.held.queues.get(queue).into_iter().flat_map(|store| store.records.iter());
        let unstable = records.filter(|record| !record.settled && record.whole() < Level::Stable);
        unstable.map(|record| (record.copy.key, record.whole()))
    }

    /// Brings what the operating system has done up to `now`.
    pub fn catch_up(&mut self, now: SimTime) {
        for writer in self.writers.iter_mut().flatten() {
            for file in &mut writer.files {
                file.catch_up(now, &self.disk, &mut |op, level, at| self.held.raise(op, level, at));
            }
        }
    }
}
