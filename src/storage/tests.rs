//! Stores without a broker: messages come at known instants, and a crash strikes.

mod deletion;
mod expectations;
mod mailbox;

use std::collections::BTreeMap;

use super::*;
use crate::random::Distribution;
use crate::units::{SimDuration, SimTime};

const QUEUE: u32 = 0;

/// A queue's store whose writes and syncs take no time.
struct Rig {
    storage: Storage,
    now: SimTime,
    wakes: BTreeMap<WriterId, SimTime>,
    published: u32,
    confirmed: Vec<u32>,
    forgotten: u32,
}

impl Rig {
    fn with(store: StoreSpec, disk: DiskSpec) -> Rig {
        let spec = StorageSpec {
            classic: store.clone(),
            classic_2: store.clone(),
            quorum: store,
            disk,
            cluster: ClusterSpec::default(),
        };
        let mut storage = Storage::new(&spec, 1);
        storage.add_queue(SimTime::ZERO, QUEUE, (0, "q"), Keeps::Classic);
        Rig {
            storage,
            now: SimTime::ZERO,
            wakes: BTreeMap::new(),
            published: 0,
            confirmed: Vec::new(),
            forgotten: 0,
        }
    }

    fn new(name: &str) -> Rig {
        let writeback = WritebackSpec { phase: Some(SimDuration::ZERO), ..DiskSpec::default().writeback };
        let nothing = Distribution::Constant(SimDuration::ZERO);
        let disk = DiskSpec {
            write_time: nothing.clone(),
            sync_time: nothing,
            bandwidth: 0,
            writeback,
            ..DiskSpec::default()
        };
        Rig::with(preset(name).unwrap(), disk)
    }

    /// Does what is due until `until`.
    fn run_until(&mut self, until: SimTime) {
        loop {
            self.hear();
            let Some((&writer, &at)) = self.wakes.iter().min_by_key(|(writer, at)| (**at, **writer)) else {
                break;
            };
            if at > until {
                break;
            }
            self.wakes.remove(&writer);
            self.now = at;
            self.storage.due(at, writer);
        }
        self.now = until;
    }

    fn hear(&mut self) {
        let mut heard = Vec::new();
        self.storage.take_asked(&mut heard);
        for asked in heard {
            match asked {
                Asked::Wake(writer, at) => {
                    self.wakes.insert(writer, at);
                }
                Asked::Confirm(waiter) => self.confirmed.push(waiter),
                Asked::Forget(_) => self.forgotten += 1,
                Asked::Refuse(_)
                | Asked::Lost(..)
                | Asked::Reached(..)
                | Asked::Committed(_)
                | Asked::LeaderLost
                | Asked::Elected(_) => {}
            }
        }
    }

    fn wait(&mut self, length: SimDuration) {
        self.run_until(self.now + length);
    }

    fn publish(&mut self, size: u32, confirms: bool) {
        let arrival = self.published;
        self.published += 1;
        let copy = Copy { arrival, arrived: self.now, key: arrival, size };
        self.storage.append(self.now, QUEUE, copy, confirms.then_some(arrival));
        self.hear();
    }

    /// `count` messages, one after each `gap`.
    fn publish_all(&mut self, count: u32, gap: SimDuration, size: u32, confirms: bool) {
        for _ in 0..count {
            self.publish(size, confirms);
            self.wait(gap);
        }
    }

    fn ack(&mut self, arrival: u32) {
        self.storage.settle(self.now, QUEUE, arrival, true, None);
        self.hear();
    }

    fn survivors(&self, crash: Crash) -> Vec<u32> {
        let left = self.storage.clone().crash(self.now, crash).remove(&QUEUE).unwrap_or_default();
        let there = left.into_iter().filter(|left| matches!(left.fate, Fate::Kept | Fate::CameBack));
        there.map(|left| left.copy.arrival).collect()
    }

    fn came_back(&self, crash: Crash) -> usize {
        let left = self.storage.clone().crash(self.now, crash).remove(&QUEUE).unwrap_or_default();
        left.into_iter().filter(|left| left.fate == Fate::CameBack).count()
    }
}

fn millis(n: u64) -> SimDuration {
    SimDuration::from_millis(n)
}

fn prefix(count: u32) -> Vec<u32> {
    (0..count).collect()
}

/// Every 16384.5 messages without confirms, exactly where RabbitMQ 3.10.8 was seen to flush.
#[test]
fn a_journal_without_confirms_is_flushed_when_it_has_too_many_entries() {
    for size in [100, 8192] {
        let mut rig = Rig::new("rabbitmq-3.10-classic");
        let mut flushed = Vec::new();
        let mut before = 0;
        for n in 1..=49_155 {
            rig.publish(size, false);
            rig.wait(millis(1));
            let near = [16_384, 16_385, 16_386, 32_768, 32_769, 49_153, 49_154].contains(&n);
            if near {
                let survivors = rig.survivors(Crash::Process);
                assert_eq!(survivors, prefix(survivors.len() as u32), "no holes");
                if survivors.len() > before {
                    before = survivors.len();
                    flushed.push((n, before));
                }
            }
        }
        assert_eq!(flushed, [(16_385, 16_385), (32_769, 32_769), (49_154, 49_154)], "{size} B");
    }
}

/// What was acknowledged in the buffer is out of the count at once, and not once more when its place is taken.
#[test]
fn what_was_dropped_from_the_buffer_is_counted_down_once() {
    let store = StoreSpec {
        batch_max: 2,
        buffered_messages_max: 4,
        separate_bodies: false,
        hibernates: false,
        ..preset("rabbitmq-4-classic").unwrap()
    };
    let disk = Rig::new("rabbitmq-4-classic").storage.spec.disk;
    let mut rig = Rig::with(store, disk);
    for arrival in 0..2 {
        rig.publish(100, false);
        rig.ack(arrival);
    }
    let mut most = 0;
    for _ in 0..20 {
        rig.publish(100, false);
        rig.wait(millis(1));
        let written = rig.survivors(Crash::Process).len() as u32;
        most = most.max(rig.published - 2 - written);
    }
    assert!(most <= 4, "{most} wait in a buffer that is flushed at 4");
}

#[test]
fn a_journal_with_nothing_to_do_is_synced_after_200_ms() {
    let mut rig = Rig::new("rabbitmq-3.10-classic");
    rig.publish_all(5, millis(300), 100, false);
    rig.publish(100, false);
    rig.wait(millis(199));
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(5));
    rig.wait(millis(1));
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(6));
}

#[test]
fn the_newer_store_without_confirms_writes_4096_messages_together() {
    for size in [100, 8192] {
        let mut rig = Rig::new("rabbitmq-3.10-classic-v2");
        for n in 1..=9000u32 {
            rig.publish(size, false);
            rig.wait(SimDuration::from_micros(500));
            if n % 1024 == 1023 || n % 4096 == 0 {
                assert_eq!(rig.survivors(Crash::Process), prefix(n / 4096 * 4096), "{size} B, {n}");
            }
        }
    }
}

/// Index and bodies have buffers of their own: a message survives if both were written.
#[test]
fn a_message_of_4_x_survives_if_its_index_entry_and_its_body_were_written() {
    let mut rig = Rig::new("rabbitmq-4-classic");
    // 278 bytes on disk each: the buffer of bodies is full with 1842.
    for n in 1..=9000u32 {
        rig.publish(100, false);
        rig.wait(SimDuration::from_micros(500));
        if [1842, 4095, 4096, 5000, 5526, 8192, 9000].contains(&n) {
            let both = (n / 4096 * 4096).min(n / 1842 * 1842);
            assert_eq!(rig.survivors(Crash::Process), prefix(both), "{n}");
        }
    }
    // The index of the last file is written, and some of its bodies are not.
    let mut rig = Rig::new("rabbitmq-4-classic");
    rig.publish_all(4096, SimDuration::ZERO, 100, false);
    let left = rig.storage.crash(rig.now, Crash::Process).remove(&QUEUE).unwrap();
    let without = left.iter().filter(|left| left.fate == Fate::IndexWithoutBody).count();
    assert_eq!(without, 4096 - 2 * 1842);
}

#[test]
fn a_slow_stream_without_confirms_stays_in_the_memory_of_the_newer_store() {
    let mut newer = Rig::new("rabbitmq-3.10-classic-v2");
    newer.publish_all(30, millis(1500), 100, false);
    assert!(newer.survivors(Crash::Process).len() <= 2, "{:?}", newer.survivors(Crash::Process));
    let mut older = Rig::new("rabbitmq-3.10-classic");
    older.publish_all(30, millis(1500), 100, false);
    assert_eq!(older.survivors(Crash::Process), prefix(30));
}

/// Files of 4096 messages are opened at 0 s, 8.19 s and 16.4 s; the flusher looks every 5 s.
#[test]
fn power_loss_takes_what_the_operating_system_has_not_written_back() {
    let mut rig = Rig::new("rabbitmq-4-classic");
    rig.publish_all(10_000, millis(2), 100, true);
    assert_eq!(rig.confirmed.len(), 10_000, "all are confirmed after 20 s");
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(0));
    assert_eq!(rig.survivors(Crash::Process), prefix(10_000));
    rig.publish_all(13_400, millis(2), 100, true);
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(8192), "after 46.8 s");
}

#[test]
fn what_is_confirmed_survives_a_process_crash_in_every_store_and_a_power_loss_where_it_syncs() {
    for (name, _) in PRESETS {
        let mut rig = Rig::new(name);
        for size in [100, 5000] {
            for _ in 0..50 {
                rig.publish(size, true);
                rig.wait(millis(3));
            }
        }
        let confirmed: Vec<u32> = rig.confirmed.clone();
        assert_eq!(confirmed.len(), if name == "never-sync" { 0 } else { 100 }, "{name}");
        assert_eq!(rig.survivors(Crash::Process), prefix(100), "{name}");
        let syncs = ["rabbitmq-3.10-classic", "rabbitmq-quorum", "sync-per-message"].contains(&name);
        let safe = rig.survivors(Crash::PowerLoss).len();
        match name {
            // The journal is synced, large bodies are not.
            "rabbitmq-3.13-classic-v1" => assert_eq!(safe, 50),
            _ if syncs => assert_eq!(safe, 100, "{name}"),
            _ => assert_eq!(safe, 0, "{name}"),
        }
        assert_eq!(rig.survivors(Crash::CleanStop), prefix(100), "{name}");
        assert_eq!(rig.survivors(Crash::DiskLoss), prefix(0), "{name}");
    }
}

/// Of 2108 acknowledged messages 60 came back in RabbitMQ 3.10.8.
#[test]
fn acknowledgements_of_the_newer_store_are_written_in_groups_of_2048() {
    let mut rig = Rig::new("rabbitmq-3.10-classic-v2");
    rig.publish_all(6000, SimDuration::ZERO, 100, true);
    rig.wait(millis(1000));
    for n in 0..2108 {
        rig.ack(n);
        rig.wait(millis(1));
        match n + 1 {
            718 | 1597 => assert_eq!(rig.came_back(Crash::Process) as u32, n + 1),
            2108 => assert_eq!(rig.came_back(Crash::Process), 60),
            _ => {}
        }
    }
}

#[test]
fn acknowledgements_of_a_journal_wait_for_a_gap() {
    let mut rig = Rig::new("rabbitmq-3.10-classic");
    rig.publish_all(3000, SimDuration::ZERO, 100, true);
    rig.wait(millis(1000));
    for n in 0..1474 {
        rig.ack(n);
        rig.wait(millis(1));
    }
    assert_eq!(rig.came_back(Crash::Process), 1474);
    rig.wait(millis(200));
    assert_eq!(rig.came_back(Crash::Process), 0);
    assert_eq!(rig.survivors(Crash::PowerLoss).len(), 3000 - 1474);
}

/// A message that is acknowledged before it is written never is, and its confirm comes with the next flush.
#[test]
fn what_is_acknowledged_in_the_buffer_is_not_written() {
    let mut rig = Rig::new("rabbitmq-4-classic");
    rig.publish(100, true);
    rig.ack(0);
    assert_eq!(rig.forgotten, 1);
    assert!(rig.confirmed.is_empty());
    rig.wait(SimDuration::ZERO);
    assert_eq!(rig.confirmed, [0]);
    rig.publish_all(100_000, SimDuration::ZERO, 100, false);
    assert_eq!(rig.survivors(Crash::CleanStop).len(), 100_000);
}

/// A stream that is consumed at once leaves nothing behind in memory, however long it is.
#[test]
fn a_buffer_does_not_grow_with_messages_that_are_gone() {
    let mut rig = Rig::new("rabbitmq-4-classic");
    for n in 0..20_000 {
        rig.publish(100, false);
        rig.ack(n);
    }
    let kept: usize =
        rig.storage.writers.iter().flatten().flat_map(|w| &w.files).map(|f| f.buffer.len()).sum();
    assert!(kept <= 256, "{kept} entries are left");
    assert_eq!(rig.forgotten, 20_000);
}

#[test]
fn messages_that_come_in_a_sync_are_the_next_one() {
    let mut rig = Rig::with(
        preset("rabbitmq-3.10-classic").unwrap(),
        DiskSpec {
            write_time: Distribution::Constant(SimDuration::ZERO),
            sync_time: Distribution::Constant(millis(10)),
            bandwidth: 0,
            ..DiskSpec::default()
        },
    );
    rig.publish(100, true);
    rig.wait(millis(1));
    rig.publish(100, true);
    rig.publish(100, true);
    rig.wait(millis(8));
    assert!(rig.confirmed.is_empty());
    rig.wait(millis(1));
    assert_eq!(rig.confirmed, [0]);
    // Between the write and the end of the sync only the page cache has it.
    assert_eq!(rig.survivors(Crash::Process), prefix(3));
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(1));
    rig.wait(millis(10));
    assert_eq!(rig.confirmed, [0, 1, 2]);
}

#[test]
fn a_disk_that_ignores_flushes_confirms_what_it_has_not() {
    let mut rig = Rig::new("rabbitmq-3.10-classic");
    let mut spec = rig.storage.spec.clone();
    spec.disk.honours_flush = false;
    rig.storage = Storage::new(&spec, 1);
    rig.storage.add_queue(SimTime::ZERO, QUEUE, (0, "q"), Keeps::Classic);
    rig.publish_all(10, millis(1), 100, true);
    assert_eq!(rig.confirmed.len(), 10);
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(0));
    rig.wait(SimDuration::from_secs(40));
    assert_eq!(rig.survivors(Crash::PowerLoss), prefix(10), "the operating system wrote it back");
}

#[test]
fn a_torn_sync_leaves_a_prefix_and_at_most_one_cut_record() {
    let spec = |torn_writes| DiskSpec {
        write_time: Distribution::Constant(SimDuration::ZERO),
        sync_time: Distribution::Constant(millis(10)),
        torn_writes,
        ..DiskSpec::default()
    };
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let store = preset("rabbitmq-3.10-classic").unwrap();
        let mut rig = Rig::with(store, spec(true));
        rig.storage = Storage::new(&rig.storage.spec.clone(), seed);
        rig.storage.add_queue(SimTime::ZERO, QUEUE, (0, "q"), Keeps::Classic);
        (0..10).for_each(|_| rig.publish(100, true));
        rig.wait(millis(5));
        let left = rig.storage.crash(rig.now, Crash::PowerLoss).remove(&QUEUE).unwrap();
        let kept = left.iter().take_while(|left| left.fate == Fate::Kept).count();
        let torn = left.iter().filter(|left| left.fate == Fate::TornTail).count();
        assert_eq!(torn, usize::from(kept < 10));
        assert_eq!(left.iter().filter(|left| left.fate == Fate::InPageCache).count() + kept + torn, 10);
        met.insert(kept);
    }
    assert!(met.len() > 5, "{met:?}");
}

/// The same calls give the same answers, and a clone goes on by itself.
#[test]
fn a_clone_goes_on_as_the_original() {
    let mut rig = Rig::new("rabbitmq-4-classic");
    rig.publish_all(5000, millis(1), 100, true);
    let mut other = Rig {
        storage: rig.storage.clone(),
        wakes: rig.wakes.clone(),
        confirmed: rig.confirmed.clone(),
        ..rig
    };
    let mut rig = Rig {
        storage: other.storage.clone(),
        wakes: other.wakes.clone(),
        confirmed: other.confirmed.clone(),
        ..other
    };
    rig.publish_all(5000, millis(1), 100, true);
    other.publish_all(5000, millis(1), 100, true);
    assert_eq!(rig.confirmed, other.confirmed);
    assert_eq!(rig.survivors(Crash::PowerLoss), other.survivors(Crash::PowerLoss));
}
