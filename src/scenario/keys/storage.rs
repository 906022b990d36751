//! How messages get to disk: `[classic-store]`, `[quorum-store]` and `[disk]`.

use crate::scenario::ids;
use crate::storage::PRESETS;

use super::tables::{key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means};

const NEVER: &str = "the preset's; 0 is never";

const PRESET: KeySpec = key(
    "preset",
    Kind::Choice(&ChoiceSpec {
        noun: "store",
        id: ids::UNKNOWN_CHOICE,
        words: || PRESETS.iter().map(|(name, _)| *name).collect(),
    }),
    Means("that of the profile"),
    "The store that all other settings start from.",
    "\"rabbitmq-4-classic\"",
);

const BATCH_MAX: KeySpec = key(
    "batch-max",
    Kind::Integer(0, LARGEST),
    Means("the preset's; 0 is any"),
    "How many records one write takes.",
    "1",
);
const OVERHEAD: KeySpec =
    key("overhead", Kind::Size, Means("the preset's"), "Bytes on disk beyond a message's body.", "\"178B\"");

const STORE_KEYS: &[KeySpec] = &[
    PRESET,
    key(
        "confirm-after",
        Kind::Choice(&ChoiceSpec {
            noun: "step",
            id: ids::UNKNOWN_CHOICE,
            words: || vec!["arrival", "write", "sync"],
        }),
        Means("the preset's"),
        "Which step of the store answers a publish in confirm mode.",
        "\"sync\"",
    ),
    key(
        "sync",
        Kind::Boolean,
        Means("the preset's"),
        "Whether a flush ends with a sync of the file.",
        "true",
    ),
    key(
        "sync-when-full",
        Kind::Boolean,
        Means("the preset's"),
        "Whether one that a full buffer causes does.",
        "true",
    ),
    key(
        "eager",
        Kind::Boolean,
        Means("the preset's"),
        "Whether it flushes whenever there is something to write, not only when a confirm waits.",
        "true",
    ),
    BATCH_MAX,
    key(
        "journal-entries-max",
        Kind::Integer(0, LARGEST),
        Means(NEVER),
        "After how many entries a journal is flushed: two for a publish, one for an acknowledgement.",
        "32_768",
    ),
    key(
        "buffered-messages-max",
        Kind::Integer(0, LARGEST),
        Means(NEVER),
        "How many messages in the buffer cause a flush.",
        "4_096",
    ),
    key(
        "buffered-acks-max",
        Kind::Integer(0, LARGEST),
        Means(NEVER),
        "How many acknowledgements in the buffer cause a flush of them.",
        "2_048",
    ),
    key(
        "buffered-bytes-max",
        Kind::Size,
        Means(NEVER),
        "How many bytes of bodies in their buffer cause a flush of them, where they have a file of their own.",
        "\"500KiB\"",
    ),
    key(
        "separate-bodies",
        Kind::Boolean,
        Means("the preset's"),
        "Whether small bodies have a file of their own beside the index.",
        "true",
    ),
    key(
        "flush-together",
        Kind::Boolean,
        Means("the preset's"),
        "Whether what fills one of the two buffers writes both.",
        "true",
    ),
    key(
        "drops-acked",
        Kind::Boolean,
        Means("the preset's"),
        "Whether a message that is acknowledged while it is in the buffer is never written.",
        "true",
    ),
    key(
        "deletes-settled-files",
        Kind::Boolean,
        Means("the preset's"),
        "Whether a file of the index, which takes `file-messages`, goes at once when all in it is acknowledged, dropped or expired.",
        "true",
    ),
    key(
        "idle-flush",
        Kind::DurationOrOff,
        Means("the preset's"),
        "After how long without anything to do it flushes.",
        "\"200ms\"",
    ),
    key(
        "hibernates",
        Kind::Boolean,
        Means("the preset's"),
        "Whether it flushes before it hibernates: after 1 s without anything to do, longer with slow traffic.",
        "true",
    ),
    key(
        "file-messages",
        Kind::Integer(0, LARGEST),
        Means("the preset's; 0 is any number"),
        "How many messages one file takes.",
        "4_096",
    ),
    key(
        "shared-from",
        Kind::Size,
        Means("the preset's; 0 is never"),
        "From which size on bodies go to the store that queues share.",
        "\"4KiB\"",
    ),
    key(
        "shared-sync",
        Kind::Boolean,
        Means("the preset's"),
        "Whether that store syncs before it confirms.",
        "false",
    ),
    key(
        "shared-file-size",
        Kind::Size,
        Means("the preset's; 0 is any"),
        "How much one of its files takes.",
        "\"16MiB\"",
    ),
    OVERHEAD,
    key(
        "service-time",
        Kind::Duration,
        Means("the preset's"),
        "How long a queue's process takes for a message that it keeps; the next ones wait in its mailbox.",
        "\"70us\"",
    ),
    key(
        "transient-service-time",
        Kind::Duration,
        Means("the preset's"),
        "How long it takes for one that it does not keep.",
        "\"30us\"",
    ),
    key(
        "sync-timer",
        Kind::Duration,
        Means("the preset's"),
        "How long a confirm may wait while the mailbox is never empty.",
        "\"200ms\"",
    ),
];

const LARGEST: u64 = 1 << 31;

pub(super) const CLASSIC_STORE: TableSpec = spec(
    "classic-store",
    Form::Single,
    "the store of classic queues",
    "How durable classic queues keep persistent messages.",
    STORE_KEYS,
);

pub(super) const QUORUM_STORE: TableSpec = spec(
    "quorum-store",
    Form::Single,
    "the store of quorum queues",
    "The write-ahead log of quorum queues, one for all queues of a node: it writes and syncs whatever has come.",
    &[
        BATCH_MAX,
        OVERHEAD,
        key(
            "service-time",
            Kind::Duration,
            Means("the preset's"),
            "How long the leader takes for a message or an acknowledgement before it writes it.",
            "\"40us\"",
        ),
    ],
);

pub(super) const CLUSTER: TableSpec = spec(
    "cluster",
    Form::Single,
    "a cluster",
    "The nodes that keep quorum queues; each is a member of every one.",
    &[
        key(
            "nodes",
            Kind::Integer(1, 7),
            Default("1"),
            "How many there are; an even number is no safer than one less.",
            "3",
        ),
        key(
            "latency",
            Kind::Distribution,
            Default("\"500us\""),
            "One-way latency between two nodes.",
            "\"2ms\"",
        ),
        key(
            "election-timeout",
            Kind::Duration,
            Default("\"5s\""),
            "How long until a leader that is lost is replaced.",
            "\"1s\"",
        ),
        key(
            "registration-window",
            Kind::Duration,
            Default("\"1s\""),
            "How young a quorum queue must be to lose all in a crash of all its nodes.",
            "\"0s\"",
        ),
    ],
);

pub(super) const DISK: TableSpec = spec(
    "disk",
    Form::Single,
    "a disk",
    "The disk of the broker's node, and the operating system's cache above it.",
    &[
        key(
            "write-time",
            Kind::Distribution,
            Default("\"20us\""),
            "How long a write to the page cache takes.",
            "\"50us\"",
        ),
        key(
            "sync-time",
            Kind::Distribution,
            Default("\"1ms\""),
            "How long a sync takes.",
            "{ exponential = \"5ms\" }",
        ),
        key(
            "bandwidth",
            Kind::Size,
            Default("\"200MB\""),
            "How much a sync transfers in a second, in addition; 0 is any amount.",
            "\"50MB\"",
        ),
        key(
            "honours-flush",
            Kind::Boolean,
            Default("true"),
            "Whether what is synced is on the disk, or only in its own volatile memory.",
            "false",
        ),
        key(
            "torn-writes",
            Kind::Boolean,
            Default("false"),
            "Whether a power failure in a sync leaves a random part of it, cut in a record, or nothing.",
            "true",
        ),
        key(
            "writeback-age",
            Kind::Duration,
            Default("\"30s\""),
            "How long a file may be dirty until the operating system writes it back.",
            "\"5s\"",
        ),
        key(
            "writeback-period",
            Kind::Duration,
            Default("\"5s\""),
            "How often it looks for such files.",
            "\"1s\"",
        ),
        key(
            "writeback-phase",
            Kind::Duration,
            Means("drawn for each replication"),
            "When it looks first.",
            "\"0s\"",
        ),
        key(
            "commit-period",
            Kind::Duration,
            Default("\"5s\""),
            "How often the file system commits its journal, without which a written file has its old size; 0 is at once.",
            "\"0s\"",
        ),
    ],
);
