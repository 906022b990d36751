//! The known stores, one value each. What was measured, what was read and what is a guess stands in `docs/durability.md`.

use super::spec::{ConfirmAfter, StoreSpec};
use crate::units::SimDuration;

/// The names of all presets with what each is, those of classic queues first.
pub const PRESETS: [(&str, &str); 7] = [
    ("rabbitmq-3.10-classic", "a journal for each queue that syncs before it confirms"),
    ("rabbitmq-3.10-classic-v2", "RabbitMQ 3.10 with x-queue-version 2: confirms after the write, no sync"),
    ("rabbitmq-3.13-classic-v1", "the journal of 3.10; large bodies are no longer synced"),
    ("rabbitmq-4-classic", "confirms after the write, never syncs; the only one from 4.0 on"),
    ("rabbitmq-quorum", "a log for each node that syncs every batch"),
    ("sync-per-message", "syncs each message by itself before it confirms"),
    ("never-sync", "confirms on arrival and leaves all to the operating system"),
];

/// A preset by its name.
pub fn preset(name: &str) -> Option<StoreSpec> {
    let classic = journal("rabbitmq-3.10-classic");
    let newer = StoreSpec {
        name: "rabbitmq-4-classic",
        confirm_after: ConfirmAfter::Write,
        sync: false,
        sync_when_full: false,
        journal_entries_max: 0,
        buffered_messages_max: 4096,
        buffered_acks_max: 2048,
        buffered_bytes_max: 512_000,
        separate_bodies: true,
        drops_acked: true,
        deletes_settled_files: true,
        idle_flush: None,
        hibernates: true,
        file_messages: 4096,
        shared_sync: false,
        overhead: 178,
        ..classic.clone()
    };
    Some(match name {
        "rabbitmq-3.10-classic" => classic,
        "rabbitmq-3.10-classic-v2" => StoreSpec {
            name: "rabbitmq-3.10-classic-v2",
            // The file handle of 3.10 keeps bodies until the index is flushed, or for 10 s.
            buffered_bytes_max: 0,
            flush_together: true,
            shared_sync: true,
            ..newer
        },
        "rabbitmq-3.13-classic-v1" => {
            StoreSpec { name: "rabbitmq-3.13-classic-v1", shared_sync: false, ..classic }
        }
        "rabbitmq-4-classic" => newer,
        "rabbitmq-quorum" => StoreSpec {
            name: "rabbitmq-quorum",
            eager: true,
            batch_max: 4096,
            journal_entries_max: 0,
            idle_flush: None,
            shared_from: 0,
            overhead: 305,
            ..classic
        },
        "sync-per-message" => StoreSpec {
            name: "sync-per-message",
            eager: true,
            batch_max: 1,
            journal_entries_max: 0,
            idle_flush: None,
            shared_from: 0,
            ..classic
        },
        "never-sync" => StoreSpec {
            name: "never-sync",
            confirm_after: ConfirmAfter::Arrival,
            sync: false,
            sync_when_full: false,
            eager: true,
            journal_entries_max: 0,
            idle_flush: None,
            shared_from: 0,
            ..classic
        },
        _ => return None,
    })
}

/// How a setting of a store is written.
type Shown = fn(&StoreSpec) -> String;

/// A row for each setting: its key in scenario files and its value. An entry for each field of [`StoreSpec`].
#[rustfmt::skip]
const SETTINGS: [(&str, Shown); 22] = [
    ("confirm-after", |s| match s.confirm_after { ConfirmAfter::Arrival => "arrival", ConfirmAfter::Write => "write", ConfirmAfter::Sync => "sync" }.to_owned()),
    ("sync", |s| s.sync.to_string()),
    ("sync-when-full", |s| s.sync_when_full.to_string()),
    ("eager", |s| s.eager.to_string()),
    ("batch-max", |s| s.batch_max.to_string()),
    ("journal-entries-max", |s| s.journal_entries_max.to_string()),
    ("buffered-messages-max", |s| s.buffered_messages_max.to_string()),
    ("buffered-acks-max", |s| s.buffered_acks_max.to_string()),
    ("buffered-bytes-max", |s| bytes(s.buffered_bytes_max)),
    ("separate-bodies", |s| s.separate_bodies.to_string()),
    ("flush-together", |s| s.flush_together.to_string()),
    ("drops-acked", |s| s.drops_acked.to_string()),
    ("deletes-settled-files", |s| s.deletes_settled_files.to_string()),
    ("idle-flush", |s| s.idle_flush.map_or("off".to_owned(), |idle| idle.to_string())),
    ("hibernates", |s| s.hibernates.to_string()),
    ("file-messages", |s| s.file_messages.to_string()),
    ("shared-from", |s| bytes(s.shared_from.into())),
    ("shared-sync", |s| s.shared_sync.to_string()),
    ("overhead", |s| bytes(s.overhead.into())),
    ("service-time", |s| s.service_time.to_string()),
    ("transient-service-time", |s| s.transient_service_time.to_string()),
    ("sync-timer", |s| s.sync_timer.to_string()),
];

fn bytes(count: u64) -> String {
    if count == 0 { "0".to_owned() } else { format!("{count}B") }
}

/// The settings in which presets differ, by the key in scenario files, with the value of each preset in the order of
/// [`PRESETS`].
pub fn preset_differences() -> Vec<(&'static str, Vec<String>)> {
    let specs: Vec<StoreSpec> = PRESETS.iter().filter_map(|(name, _)| preset(name)).collect();
    let rows = SETTINGS.iter().map(|&(key, shown)| (key, specs.iter().map(shown).collect::<Vec<_>>()));
    rows.filter(|(_, values)| values.iter().any(|value| *value != values[0])).collect()
}

/// The journal of a classic queue up to 3.13.
fn journal(name: &'static str) -> StoreSpec {
    StoreSpec {
        name,
        confirm_after: ConfirmAfter::Sync,
        sync: true,
        sync_when_full: true,
        eager: false,
        batch_max: 0,
        journal_entries_max: 32768,
        buffered_messages_max: 0,
        buffered_acks_max: 0,
        buffered_bytes_max: 0,
        separate_bodies: false,
        flush_together: false,
        drops_acked: false,
        deletes_settled_files: false,
        idle_flush: Some(SimDuration::from_millis(200)),
        hibernates: false,
        file_messages: 0,
        shared_from: 4096,
        shared_sync: true,
        shared_file_size: 16_777_216,
        overhead: 218,
        // Processors differ more than anything else here, so whoever wants it says how long: docs/durability.md.
        service_time: SimDuration::ZERO,
        transient_service_time: SimDuration::ZERO,
        sync_timer: SimDuration::from_millis(200),
    }
}
