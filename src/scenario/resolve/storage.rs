//! How messages get to disk: a preset for each kind of queue, changed by what the file says, and the disk.

use crate::broker::Profile;
use crate::scenario::diagnostic::Problems;
use crate::scenario::distributions::distribution;
use crate::scenario::node::Table;
use crate::scenario::quantities::{duration, duration_or_off, size};
use crate::scenario::reader::Reader;
use crate::scenario::values::{boolean, choice, integer};
use crate::storage::{
    ClusterSpec, ConfirmAfter, DiskSpec, PRESETS, StorageSpec, StoreSpec, WritebackSpec, preset,
};
use crate::units::SimDuration;

use super::settings::single;

/// In the order of the key's words.
const CONFIRM_AFTER: [ConfirmAfter; 3] = [ConfirmAfter::Arrival, ConfirmAfter::Write, ConfirmAfter::Sync];

/// The store of quorum queues, whose batches differ between versions.
const QUORUM_STORE: &str = "rabbitmq-quorum";

/// The storage of the broker's node.
pub(super) fn read(tree: &Table, profile: &Profile, problems: &mut Problems) -> StorageSpec {
    let named = |name| preset(name).expect("a profile names presets that are there");
    let [classic, classic_2] = [profile.classic_store, profile.classic_store_2].map(named);
    let quorum = StoreSpec { batch_max: profile.quorum_batch_max, ..named(QUORUM_STORE) };
    let given = tree.get("classic-store").is_some();
    let classic = store(tree, &classic, problems);
    StorageSpec {
        // A file that says how classic queues keep messages means all of them.
        classic_2: if given { classic.clone() } else { classic_2 },
        classic,
        quorum: log(tree, &quorum, problems),
        disk: disk(tree, problems),
        cluster: cluster(tree, problems),
    }
}

fn log(tree: &Table, default: &StoreSpec, problems: &mut Problems) -> StoreSpec {
    single(tree, "quorum-store", problems, |reader| StoreSpec {
        batch_max: reader.read("batch-max", integer).map_or(default.batch_max, |max| max.value as u32),
        overhead: reader
            .read("overhead", size)
            .map_or(default.overhead, |bytes| u32::try_from(bytes.value).unwrap_or(u32::MAX)),
        service_time: reader.read("service-time", duration).map_or(default.service_time, |time| time.value),
        ..default.clone()
    })
}

fn store(tree: &Table, default: &StoreSpec, problems: &mut Problems) -> StoreSpec {
    single(tree, "classic-store", problems, |reader| {
        let chosen = reader.read("preset", choice).and_then(|at| preset(PRESETS[at.value].0));
        let mut spec = chosen.unwrap_or_else(|| default.clone());
        if let Some(after) = reader.read("confirm-after", choice) {
            spec.confirm_after = CONFIRM_AFTER[after.value];
        }
        let flags: [(&str, &mut bool); 9] = [
            ("sync", &mut spec.sync),
            ("sync-when-full", &mut spec.sync_when_full),
            ("eager", &mut spec.eager),
            ("separate-bodies", &mut spec.separate_bodies),
            ("flush-together", &mut spec.flush_together),
            ("drops-acked", &mut spec.drops_acked),
            ("deletes-settled-files", &mut spec.deletes_settled_files),
            ("hibernates", &mut spec.hibernates),
            ("shared-sync", &mut spec.shared_sync),
        ];
        for (key, flag) in flags {
            *flag = reader.read(key, boolean).map_or(*flag, |given| given.value);
        }
        let counts: [(&str, &mut u32); 5] = [
            ("batch-max", &mut spec.batch_max),
            ("journal-entries-max", &mut spec.journal_entries_max),
            ("buffered-messages-max", &mut spec.buffered_messages_max),
            ("buffered-acks-max", &mut spec.buffered_acks_max),
            ("file-messages", &mut spec.file_messages),
        ];
        for (key, count) in counts {
            *count = reader.read(key, integer).map_or(*count, |given| given.value as u32);
        }
        let bytes =
            |reader: &mut Reader<'_>, key, old: u64| reader.read(key, size).map_or(old, |given| given.value);
        spec.buffered_bytes_max = bytes(reader, "buffered-bytes-max", spec.buffered_bytes_max);
        spec.shared_file_size = bytes(reader, "shared-file-size", spec.shared_file_size);
        let small = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
        spec.shared_from = small(bytes(reader, "shared-from", u64::from(spec.shared_from)));
        spec.overhead = small(bytes(reader, "overhead", u64::from(spec.overhead)));
        let times: [(&str, &mut SimDuration); 3] = [
            ("service-time", &mut spec.service_time),
            ("transient-service-time", &mut spec.transient_service_time),
            ("sync-timer", &mut spec.sync_timer),
        ];
        for (key, time) in times {
            *time = reader.read(key, duration).map_or(*time, |given| given.value);
        }
        if let Some(idle) = reader.read("idle-flush", duration_or_off) {
            spec.idle_flush = idle.value;
        }
        spec
    })
}

fn cluster(tree: &Table, problems: &mut Problems) -> ClusterSpec {
    let default = ClusterSpec::default();
    single(tree, "cluster", problems, |reader| ClusterSpec {
        nodes: reader.read("nodes", integer).unwrap_or_default().value as u32,
        latency: reader
            .read("latency", distribution)
            .map_or_else(|| default.latency.clone(), |time| time.value),
        election_timeout: reader.read("election-timeout", duration).unwrap_or_default().value,
        registration_window: reader.read("registration-window", duration).unwrap_or_default().value,
    })
}

fn disk(tree: &Table, problems: &mut Problems) -> DiskSpec {
    let default = DiskSpec::default();
    single(tree, "disk", problems, |reader| {
        let flag = |reader: &mut Reader<'_>, key| reader.read(key, boolean).is_some_and(|flag| flag.value);
        let length = |reader: &mut Reader<'_>, key| reader.read(key, duration).unwrap_or_default().value;
        DiskSpec {
            write_time: reader
                .read("write-time", distribution)
                .map_or_else(|| default.write_time.clone(), |time| time.value),
            sync_time: reader
                .read("sync-time", distribution)
                .map_or_else(|| default.sync_time.clone(), |time| time.value),
            bandwidth: reader.read("bandwidth", size).unwrap_or_default().value,
            honours_flush: flag(reader, "honours-flush"),
            torn_writes: flag(reader, "torn-writes"),
            writeback: WritebackSpec {
                age: length(reader, "writeback-age"),
                period: length(reader, "writeback-period"),
                phase: reader.read("writeback-phase", duration).map(|phase| phase.value),
                commit_period: length(reader, "commit-period"),
            },
        }
    })
}
