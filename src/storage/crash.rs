//! What a crash leaves on the disk, and what comes back that was done with.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{File, Op};
use super::record::{Copy, Level, NOBODY, Part, Record};
use super::store::{Asked, Storage};
use super::writer::{BODIES, INDEX, Phase};
use crate::units::SimTime;

/// How the processes of a node end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// They stop cleanly: all is written and synced first, which brings it to a disk that honours that.
    CleanStop,
    /// The process is killed; the operating system lives on and writes what it was given.
    Process,
    /// The process of one queue ends, the broker lives on.
    Queue(u32),
    /// The machine loses its power.
    PowerLoss,
    /// The disk is gone.
    DiskLoss,
}

/// What becomes of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is there after the crash.
    Kept,
    /// It had been done with, and is there again, because that is not on the disk.
    CameBack,
    /// The queue's process had not handled it.
    InMailbox,
    /// It was only in a buffer of the process.
    InProcessBuffer,
    /// It was written, but not on the disk.
    InPageCache,
    /// Its index entry is there and its body is not.
    IndexWithoutBody,
    /// The power failed in the middle of the write that it was in.
    TornTail,
    /// Its queue was too young for the node to know its log.
    Unregistered,
    /// It was on the disk that is gone.
    DiskLost,
}

/// A copy that a crash met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Which.
    pub copy: Copy,
    /// What becomes of it.
    pub fate: Fate,
    /// It had been acknowledged, not dropped.
    pub acked: bool,
}

impl Storage {
    /// The processes end at `now`. What becomes of every copy that was not done with, or comes back, by queue and in order of
    /// arrival. The storage goes on with what is left; no writer has anything under way.
    pub fn crash(&mut self, now: SimTime, crash: Crash) -> BTreeMap<u32, Vec<Leftover>> {
        self.catch_up(now);
        let torn = self.tear(crash);
        self.stop_writers(now, crash);
        if !matches!(crash, Crash::CleanStop | Crash::Queue(_)) {
            self.forget_young_queues(now, |_| true);
        }
        let last = if matches!(crash, Crash::Queue(_)) { u64::MAX } else { self.crash_log(now, crash) };
        let end = End { now, crash, last, lies: !self.disk.spec().honours_flush };
        let queues: Vec<u32> = match crash {
            Crash::Queue(queue) => self.held.queues.numbers().filter(|id| *id == queue).collect(),
            _ => self.held.queues.numbers().collect(),
        };
        queues.into_iter().map(|queue| (queue, self.sort_out(queue, end, &torn))).collect()
    }

    /// The part of unfinished syncs that the disk has already; the copies that were cut in two.
    fn tear(&mut self, crash: Crash) -> BTreeSet<(u32, u32)> {
        let mut torn = BTreeSet::new();
        if crash != Crash::PowerLoss || !self.disk.spec().torn_writes {
            return torn;
        }
        for writer in self.writers.iter().flatten() {
            if !matches!(writer.phase, Phase::Syncing(_)) {
                continue;
            }
            let ops: Vec<_> = writer.batch.iter().flatten().copied().collect();
            let whole = self.disk.tears.below(ops.len() as u64 + 1) as usize;
            for op in &ops[..whole] {
                if let Some(record) = self.held.queues.record_mut(*op) {
                    *record.level_mut(op.part) = Level::Stable;
                }
            }
            torn.extend(ops.get(whole).filter(|op| op.part != Part::Ack).map(|op| (op.queue, op.arrival)));
        }
        torn
    }

    fn stop_writers(&mut self, now: SimTime, crash: Crash) {
        let only = match crash {
            Crash::Queue(queue) => {
                self.held.queues.get(queue).filter(|store| !store.is_logged()).map(|s| s.writer)
            }
            _ => None,
        };
        for (place, writer) in self.writers.iter_mut().enumerate() {
            let Some(writer) = writer else { continue };
            if matches!(crash, Crash::Queue(_)) && only.is_none_or(|only| only.0 as usize != place) {
                continue;
            }
            self.held.confirm(writer.orphans.drain(..));
            self.held.refuse(writer.stop(now));
            let cache_ends = match crash {
                Crash::CleanStop => self.disk.spec().honours_flush,
                Crash::PowerLoss | Crash::DiskLoss => true,
                Crash::Process | Crash::Queue(_) => false,
            };
            if cache_ends {
                writer.files.iter_mut().for_each(File::lose_cache);
            }
        }
    }

    fn sort_out(&mut self, queue: u32, end: End, torn: &BTreeSet<(u32, u32)>) -> Vec<Leftover> {
        let Some(store) = self.held.queues.get_mut(queue) else { return Vec::new() };
        let crash = end.crash;
        let logged = store.is_logged();
        let forgotten =
            store.is_forgotten(self.spec.cluster.nodes) && matches!(crash, Crash::Process | Crash::PowerLoss);
        let records: Vec<Record> = store.records.iter().copied().collect();
        let mut left = Vec::new();
        // What was left: how far it had come, and how far it is now.
        let mut written = Vec::new();
        for record in records {
            let arrival = record.copy.arrival;
            let apart = store.is_apart(&record);
            let fate = if torn.contains(&(queue, arrival)) && !record.settled {
                Some(Fate::TornTail)
            } else if forgotten {
                // The node does not know the queue's log as its own. Source: `ra`, seen on RabbitMQ 3.10.8.
                (!record.settled).then_some(Fate::Unregistered)
            } else if logged {
                fate_in_log(&record, end)
            } else {
                fate(&record, crash, apart)
            };
            let Some(kept) = store.records.get_mut(arrival) else { continue };
            if kept.waiter != NOBODY {
                self.held.waiting = self.held.waiting.saturating_sub(1);
                self.held.asked.push(Asked::Refuse(kept.waiter));
            }
            kept.waiter = NOBODY;
            kept.awaits = 0;
            let is_left = match fate {
                Some(Fate::Kept | Fate::CameBack) => {
                    lower(kept, end, apart, logged);
                    true
                }
                Some(_) => false,
                // A power failure that follows may bring it back still.
                None => {
                    lower(kept, end, apart, logged);
                    !logged && end.cache_lives_on() && may_come_back(kept)
                }
            };
            if fate == Some(Fate::CameBack) {
                (kept.settled, kept.acked) = (false, false);
                kept.ack = Level::Nowhere;
            }
            if is_left {
                written.push((record, *kept));
            } else {
                self.held.asked.push(Asked::Forget(record.copy.key));
                store.records.remove(arrival);
            }
            left.extend(fate.map(|fate| Leftover { copy: record.copy, fate, acked: record.acked }));
        }
        store.recount_unsettled(store.keeps.spec(&self.spec));
        if end.crash == Crash::CleanStop && end.lies && !logged {
            self.write_all(queue, end.now, &written);
        }
        left
    }

    /// A process that stops cleanly has written what was not, to a disk that brings it to safety in its own time.
    fn write_all(&mut self, queue: u32, now: SimTime, records: &[(Record, Record)]) {
        let Some(store) = self.held.queues.get(queue) else { return };
        let spec = store.keeps.spec(&self.spec);
        for (before, after) in records {
            let arrival = before.copy.arrival;
            for part in [Part::Index, Part::Body, Part::Ack] {
                if before.level(part) >= Level::PageCache || after.level(part) < Level::PageCache {
                    continue;
                }
                let shared = store.shared.filter(|_| part == Part::Body && store.is_apart(before));
                let writer = shared.unwrap_or(store.writer);
                let Some(writer) = self.writers.get_mut(writer.0 as usize).and_then(Option::as_mut) else {
                    continue;
                };
                let file = &mut writer.files[if part == Part::Body { BODIES } else { INDEX }];
                let number = match shared {
                    Some(_) => file.filled.checked_div(spec.shared_file_size).unwrap_or(0) as u32,
                    None => arrival.checked_div(spec.file_messages).unwrap_or(0),
                };
                file.written(&[Op { queue, arrival, part, number }], now);
            }
        }
    }
}

/// Whether a copy that was settled before a crash is on the disk, or comes there, before word of that does.
fn may_come_back(record: &Record) -> bool {
    let body = !record.has_body || record.body > Level::Nowhere;
    record.index >= Level::PageCache && body && record.ack >= Level::PageCache && !record.is_over()
}

/// A crash, and the last entry of the log that is left.
#[derive(Clone, Copy)]
struct End {
    now: SimTime,
    crash: Crash,
    last: u64,
    /// The disk had said that what it held in its own memory was safe.
    lies: bool,
}

impl End {
    /// What the operating system has not brought to the disk, it still will.
    fn cache_lives_on(&self) -> bool {
        match self.crash {
            Crash::CleanStop => self.lies,
            Crash::Process | Crash::Queue(_) => true,
            Crash::PowerLoss | Crash::DiskLoss => false,
        }
    }
}

/// What becomes of a copy in a quorum queue, as [`fate`].
fn fate_in_log(record: &Record, end: End) -> Option<Fate> {
    let there = record.entry <= end.last;
    if record.settled {
        return (there && record.ack != Level::Stable).then_some(Fate::CameBack);
    }
    Some(match end.crash {
        _ if there => Fate::Kept,
        Crash::PowerLoss => Fate::InPageCache,
        _ => Fate::DiskLost,
    })
}

/// From which level on a part survives.
fn survives(level: Level, crash: Crash) -> bool {
    match crash {
        Crash::CleanStop => level > Level::Nowhere,
        Crash::Process | Crash::Queue(_) => level >= Level::PageCache,
        Crash::PowerLoss => level >= Level::Stable,
        Crash::DiskLoss => false,
    }
}

/// What becomes of a copy; `None`: it was done with, and is not heard of again. `apart`: its body is in the shared store,
/// which outlives the process of the queue.
fn fate(record: &Record, crash: Crash, apart: bool) -> Option<Fate> {
    let alive = apart && matches!(crash, Crash::Queue(_));
    let index = survives(record.index, crash);
    let body = !record.has_body || survives(record.body, crash) || alive;
    if record.settled {
        let acknowledged = survives(record.ack, crash) || crash == Crash::CleanStop;
        let back = index && body && !acknowledged;
        return back.then_some(Fate::CameBack);
    }
    Some(match (index, body) {
        _ if crash == Crash::DiskLoss => Fate::DiskLost,
        (true, true) => Fate::Kept,
        (true, false) => Fate::IndexWithoutBody,
        (false, _) if record.index >= Level::PageCache => Fate::InPageCache,
        (false, _) if record.index == Level::Mailbox => Fate::InMailbox,
        (false, _) => Fate::InProcessBuffer,
    })
}

/// What is left of a copy that survives. What was synced or is found by a recovery after a power failure is on the disk.
fn lower(record: &mut Record, end: End, apart: bool, logged: bool) {
    match end.crash {
        // Whatever is committed stays so.
        _ if logged => {}
        Crash::CleanStop if end.lies => {
            record.index = record.index.max(Level::PageCache);
            if record.has_body {
                record.body = record.body.max(Level::PageCache);
            }
            record.ack = if record.settled { record.ack.max(Level::PageCache) } else { Level::Nowhere };
        }
        Crash::CleanStop | Crash::PowerLoss => {
            record.index = Level::Stable;
            record.body = if record.has_body { Level::Stable } else { Level::Nowhere };
            record.ack = Level::Nowhere;
        }
        Crash::Process | Crash::Queue(_) | Crash::DiskLoss => {
            let alive = apart && matches!(end.crash, Crash::Queue(_));
            let parts: &[Part] =
                if alive { &[Part::Index, Part::Ack] } else { &[Part::Index, Part::Body, Part::Ack] };
            for &part in parts {
                let level = record.level_mut(part);
                *level = if *level < Level::PageCache { Level::Nowhere } else { *level };
            }
        }
    }
}
