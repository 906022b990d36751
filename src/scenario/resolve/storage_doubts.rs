//! What is allowed in the tables of storage and hardly meant: keys that change nothing, and values that no disk has.

use crate::model::{FaultKind, SystemSpec};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::{Entry, Node, Table, Value};
use crate::storage::{ConfirmAfter, StorageSpec, StoreSpec};
use crate::units::SimDuration;

/// Longer than any operation of a disk takes.
const OPERATION_MAX: SimDuration = SimDuration::from_secs(10);
/// Less than a floppy disk transfers in a second, in bytes.
const BANDWIDTH_MIN: u64 = 10_000;
/// Longer than a node needs to write down the name of a queue.
const REGISTRATION_MAX: SimDuration = SimDuration::from_secs(60);

/// Reports them, for a scenario that was read.
pub(super) fn check(tree: &Table, system: &SystemSpec, problems: &mut Problems) {
    let Some(storage) = &system.storage else { return };
    let doubts = Doubts { tree, storage, has_quorum: system.kept_queues().quorum };
    doubts.of_quorum(problems);
    doubts.of_faults(system, problems);
    doubts.of_classic(problems);
    doubts.of_disk(problems);
    doubts.of_values(problems);
}

struct Doubts<'a> {
    tree: &'a Table,
    storage: &'a StorageSpec,
    has_quorum: bool,
}

impl Doubts<'_> {
    fn entry(&self, table: &str, key: &str) -> Option<&Entry> {
        self.tree.get(table)?.as_table()?.entry(key)
    }

    /// Reports a key of a table that changes nothing.
    fn idle(&self, (table, key): (&str, &str), because: &str, help: &str, problems: &mut Problems) {
        let Some(entry) = self.entry(table, key) else { return };
        problems.push(
            Diagnostic::warning(
                ids::KEY_WITHOUT_EFFECT,
                format!("`{key}` of `[{table}]` has no effect: {because}"),
            )
            .at(entry.key_place.as_ref())
            .help(help),
        );
    }

    fn odd(&self, (table, key): (&str, &str), what: &str, help: &str, problems: &mut Problems) {
        let Some(entry) = self.entry(table, key) else { return };
        problems.push(
            Diagnostic::warning(ids::IMPLAUSIBLE_VALUE, format!("`{key}` of `[{table}]` is {what}"))
                .at(entry.node.place.as_ref())
                .help(help),
        );
    }

    fn of_quorum(&self, problems: &mut Problems) {
        if self.has_quorum {
            return;
        }
        for name in ["quorum-store", "cluster"] {
            let Some(entry) = self.tree.entry(name) else { continue };
            problems.push(
                Diagnostic::warning(
                    ids::KEY_WITHOUT_EFFECT,
                    format!("`[{name}]` has no effect: there is no quorum queue"),
                )
                .at(entry.key_place.as_ref())
                .help("give a queue `arguments = { x-queue-type = \"quorum\" }`"),
            );
        }
    }

    fn of_classic(&self, problems: &mut Problems) {
        const TABLE: &str = "classic-store";
        let store = &self.storage.classic;
        let given = |key: &str| self.entry(TABLE, key).is_some();
        let limits = store.journal_entries_max == 0
            && store.buffered_messages_max == 0
            && store.buffered_acks_max == 0
            && store.buffered_bytes_max == 0;
        if store.confirm_after == ConfirmAfter::Sync && !store.sync {
            let help = "add `sync = true`, or write `confirm-after = \"write\"`";
            let because = "without `sync` a confirm comes after the write";
            self.idle((TABLE, "confirm-after"), because, help, problems);
            if !given("confirm-after") {
                let what = "false, though confirms are to wait for one: they come after the write";
                self.odd((TABLE, "sync"), what, help, problems);
            }
        }
        if limits {
            self.idle(
                (TABLE, "sync-when-full"),
                "no buffer is ever full",
                "give a buffer a `…-max`",
                problems,
            );
        }
        if store.sync && store.sync_when_full && given("sync-when-full") && !given("sync") && !limits {
            let because = "with `sync` every flush ends with one";
            self.idle((TABLE, "sync-when-full"), because, "take it out", problems);
        }
        if store.eager {
            for key in ["idle-flush", "hibernates"] {
                self.idle(
                    (TABLE, key),
                    "an eager store has nothing left to write then",
                    "add `eager = false`",
                    problems,
                );
            }
        }
        if !store.separate_bodies {
            for key in ["flush-together", "buffered-bytes-max"] {
                let because = "bodies have no buffer of their own";
                self.idle((TABLE, key), because, "add `separate-bodies = true`", problems);
            }
        }
        if !store.takes_time() {
            let because = "the process of a queue takes no time, so no confirm waits for a mailbox";
            self.idle((TABLE, "sync-timer"), because, "add `service-time = \"70us\"`", problems);
        }
        if store.file_messages == 0 {
            let because = "one file takes all messages";
            self.idle((TABLE, "deletes-settled-files"), because, "add `file-messages = 4096`", problems);
        }
        if store.shared_from == 0 {
            for key in ["shared-sync", "shared-file-size"] {
                let because = "no body goes to the shared store";
                self.idle((TABLE, key), because, "add `shared-from = \"4096B\"`", problems);
            }
        }
    }

    fn of_faults(&self, system: &SystemSpec, problems: &mut Problems) {
        let kinds = self.tree.get("fault").and_then(Node::as_table).and_then(|all| all.get("queue-crash"));
        let Some(Value::List(given)) = kinds.map(|kind| &kind.value) else { return };
        let crashes = system.faults.iter().filter_map(|fault| match &fault.kind {
            FaultKind::QueueCrash(crash) => Some(crash),
            _ => None,
        });
        for (crash, given) in crashes.zip(given) {
            let is_quorum = system.declared_queues().any(|one| one.name == crash.queue && one.is_quorum());
            let Some(entry) = given.as_table().and_then(|table| table.entry("queue")) else { continue };
            if is_quorum {
                let text = format!(
                    "`queue-crash` of `{}` has no effect: a quorum queue makes its state again from its log",
                    crash.queue
                );
                let help = "crash a node with `[[fault.node-crash]]`, or take a classic queue";
                let doubt = Diagnostic::warning(ids::KEY_WITHOUT_EFFECT, text);
                problems.push(doubt.at(entry.node.place.as_ref()).help(help));
            }
        }
    }

    fn of_disk(&self, problems: &mut Problems) {
        let nothing_syncs =
            !self.has_quorum && !syncs(&self.storage.classic) && !syncs(&self.storage.classic_2);
        if nothing_syncs {
            for key in ["sync-time", "bandwidth", "honours-flush", "torn-writes"] {
                let help = "add `sync = true` to `[classic-store]`, or take a quorum queue";
                self.idle(("disk", key), "nothing syncs in this scenario", help, problems);
            }
        }
        let own = &self.storage.disk.writeback;
        if let Some(phase) = own.phase.filter(|phase| *phase > own.period) {
            let what = format!("{phase}, later than its period of {}", own.period);
            let help = "the first look comes at the phase, all others a period apart";
            self.odd(("disk", "writeback-phase"), &what, help, problems);
        }
    }

    fn of_values(&self, problems: &mut Problems) {
        let disk = &self.storage.disk;
        for (key, time) in [("sync-time", &disk.sync_time), ("write-time", &disk.write_time)] {
            if time.mean() > OPERATION_MAX {
                let what = format!("{} on average, longer than any disk takes", time.mean());
                let help =
                    if key == "sync-time" { "0.1ms to 20ms are usual" } else { "10us to 1ms are usual" };
                self.odd(("disk", key), &what, help, problems);
            }
        }
        if (1..BANDWIDTH_MIN).contains(&disk.bandwidth) {
            let what = format!("{} bytes in a second, which is slower than any disk", disk.bandwidth);
            self.odd(("disk", "bandwidth"), &what, "disks have 50MB to 5GB; 0B is any amount", problems);
        }
        let own = &disk.writeback;
        if own.age < disk.sync_time.mean() {
            let what = format!("{}, shorter than a sync, which takes {}", own.age, disk.sync_time.mean());
            let help = "Linux has 30s; with less, what nobody syncs is safer than what somebody does";
            self.odd(("disk", "writeback-age"), &what, help, problems);
        }
        let cluster = &self.storage.cluster;
        if cluster.nodes > 1 && cluster.latency.mean() >= cluster.election_timeout {
            let what = format!("{}, no longer than the latency between nodes", cluster.election_timeout);
            let help = format!("raise it far above {}", cluster.latency.mean());
            self.odd(("cluster", "election-timeout"), &what, &help, problems);
        }
        if cluster.registration_window > REGISTRATION_MAX {
            let what = format!("{}, in which every queue may be lost", cluster.registration_window);
            self.odd(("cluster", "registration-window"), &what, "it was 1s where it was measured", problems);
        }
    }
}

/// Whether any flush of the store ends with a sync.
fn syncs(store: &StoreSpec) -> bool {
    store.sync || store.sync_when_full || (store.shared_sync && store.shared_from > 0)
}
