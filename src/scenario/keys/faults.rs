//! Faults, one table a kind.

use crate::scenario::crash_kind::NODE_ENDS;
use crate::scenario::ids;

use super::tables::{key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

const FAULT_NAME: KeySpec =
    key("name", Kind::Name, Means("the kind of the fault"), "What settings and reports call it.", "\"cut\"");
const FAULT_AT: KeySpec = key(
    "at",
    Kind::Distribution,
    Means("`every` or `when` is there"),
    "When it begins; an instant that is random is drawn once in each replication.",
    "\"41s\"",
);
const FAULT_EVERY: KeySpec = key(
    "every",
    Kind::Distribution,
    Means("it begins once"),
    "The gaps between its beginnings, if it comes again and again.",
    "{ exponential = \"10s\" }",
);
const FAULT_FROM: KeySpec = key(
    "from",
    Kind::Duration,
    Means("the start of the replication"),
    "With `every`: the first beginning comes a gap later.",
    "\"5s\"",
);
const FAULT_UNTIL: KeySpec = key(
    "until",
    Kind::Duration,
    Means("the end of the replication"),
    "With `every`: it does not begin from here on.",
    "\"50s\"",
);
const FAULT_WHEN: KeySpec = key(
    "when",
    Kind::Condition,
    Means("`at` or `every` is there"),
    "What it waits for: it begins right after the event that makes it so.",
    "{ published = 1000 }",
);
const RESTART_AFTER: KeySpec =
    key("restart-after", Kind::Duration, Means("it stays away"), "How long until it is back.", "\"5s\"");

/// A number from 1 on.
const COUNT: Kind = Kind::Integer(1, i64::MAX as u64);

pub(super) const CONDITION: TableSpec = spec(
    "when",
    Form::Inline,
    "a condition",
    "What a fault waits for: one number, which the run must reach.",
    &[
        key("published", COUNT, NOT_WAITED_FOR, "So many messages are published.", "1000"),
        key("producer", Kind::Name, Means("all"), "With `published`: by this producer.", "\"shop\""),
        key("enqueued", COUNT, NOT_WAITED_FOR, "So many messages have entered queues.", "1000"),
        key(
            "delivered",
            COUNT,
            NOT_WAITED_FOR,
            "So many deliveries were made, repeated ones included.",
            "1000",
        ),
        key("confirmed", COUNT, NOT_WAITED_FOR, "So many confirms have reached those who published.", "1000"),
        key("unconfirmed", COUNT, NOT_WAITED_FOR, "So many publishes wait for their answer at once.", "100"),
        key(
            "acked",
            COUNT,
            NOT_WAITED_FOR,
            "So many deliveries were acknowledged, automatically too.",
            "1000",
        ),
        key("queued", COUNT, NOT_WAITED_FOR, "So many messages are ready in queues at once.", "100"),
        key(
            "syncing",
            COUNT,
            NOT_WAITED_FOR,
            "So many stores are between a write and the end of its sync at once.",
            "1",
        ),
        key("events", COUNT, NOT_WAITED_FOR, "So many events of the replication were handled.", "123456"),
    ],
);
const NOT_WAITED_FOR: Absent = Means("not waited for");

pub(super) const CONSUMER_CRASH: TableSpec = spec(
    "fault.consumer-crash",
    Form::List,
    "a consumer crash",
    "A consumer dies with the deliveries that it holds.",
    &[
        FAULT_NAME,
        key("consumer", Kind::Name, Required, "The consumer that dies.", "\"billing\""),
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        key(
            "by",
            Kind::Choice(&ChoiceSpec {
                noun: "way to crash",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["tcp-cut", "channel-close", "connection-close", "process-exit"],
            }),
            Default("\"tcp-cut\""),
            "How the broker learns of it.",
            "\"channel-close\"",
        ),
        RESTART_AFTER,
        STOP_PRODUCERS,
    ],
);

pub(super) const PRODUCER_CRASH: TableSpec = spec(
    "fault.producer-crash",
    Form::List,
    "a producer crash",
    "A producer dies with the messages that it holds back.",
    &[
        FAULT_NAME,
        key("producer", Kind::Name, Required, "The producer that dies.", "\"shop\""),
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        key(
            "by",
            Kind::Choice(&ChoiceSpec {
                noun: "way to crash",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["process-exit", "tcp-cut"],
            }),
            Default("\"process-exit\""),
            "What becomes of its connection.",
            "\"tcp-cut\"",
        ),
        RESTART_AFTER,
        STOP_PRODUCERS,
    ],
);

pub(super) const CONNECTION_LOSS: TableSpec = spec(
    "fault.connection-loss",
    Form::List,
    "a connection loss",
    "A connection is cut, and what is on its way is lost.",
    &[
        FAULT_NAME,
        key("connection", Kind::Name, Required, "The connection that is cut.", "\"app\""),
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        key("lasts", Kind::Duration, Required, "How long no new connection succeeds.", "\"2s\""),
        key(
            "silent",
            Kind::Boolean,
            Default("false"),
            "Whether no end of the stream reaches the broker, as behind a pulled cable.",
            "true",
        ),
        STOP_PRODUCERS,
    ],
);

pub(super) const ALARM: TableSpec = spec(
    "fault.alarm",
    Form::List,
    "an alarm",
    "The broker is low on a resource and reads nothing from connections that publish.",
    &[
        FAULT_NAME,
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        key(
            "resource",
            Kind::Choice(&ChoiceSpec {
                noun: "resource",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["memory", "disk"],
            }),
            Required,
            "What the broker is low on.",
            "\"memory\"",
        ),
        key("lasts", Kind::Duration, Required, "How long it holds.", "\"10s\""),
        STOP_PRODUCERS,
    ],
);

const OUTAGE: &[KeySpec] = &[
    FAULT_NAME,
    FAULT_AT,
    FAULT_EVERY,
    FAULT_FROM,
    FAULT_UNTIL,
    FAULT_WHEN,
    key("lasts", Kind::Duration, Required, "How long until it accepts connections again.", "\"2s\""),
    STOP_PRODUCERS,
];

pub(super) const BROKER_RESTART: TableSpec = spec(
    "fault.broker-restart",
    Form::List,
    "a broker restart",
    "The broker is stopped cleanly and started again: it writes and syncs all first.",
    OUTAGE,
);

pub(super) const PROCESS_CRASH: TableSpec = spec(
    "fault.process-crash",
    Form::List,
    "a process crash",
    "The broker's process is killed and started again; what it had written survives, synced or not.",
    OUTAGE,
);

pub(super) const POWER_LOSS: TableSpec = spec(
    "fault.power-loss",
    Form::List,
    "a power loss",
    "The broker's machine loses its power and starts again; only what was on the disk survives.",
    OUTAGE,
);

pub(super) const DISK_LOSS: TableSpec = spec(
    "fault.disk-loss",
    Form::List,
    "a disk loss",
    "The broker's disk is gone; it starts again with an empty one, on which the topology is declared anew.",
    OUTAGE,
);

pub(super) const NODE_CRASH: TableSpec = spec(
    "fault.node-crash",
    Form::List,
    "a node crash",
    "One node of a cluster ends and starts again; its clients connect to another.",
    &[
        FAULT_NAME,
        key("node", Kind::Integer(1, 7), Required, "Which node, from 1 on.", "1"),
        key(
            "by",
            Kind::Choice(&ChoiceSpec {
                noun: "way to crash",
                id: ids::UNKNOWN_CHOICE,
                words: || NODE_ENDS.map(|(word, _)| word).to_vec(),
            }),
            Default("\"process-crash\""),
            "How it ends.",
            "\"power-loss\"",
        ),
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        key("lasts", Kind::Duration, Required, "How long until it is back.", "\"5s\""),
        STOP_PRODUCERS,
    ],
);

pub(super) const QUEUE_CRASH: TableSpec = spec(
    "fault.queue-crash",
    Form::List,
    "a queue crash",
    "The process of a classic queue ends, and is started again at once with what it had written.",
    &[
        FAULT_NAME,
        key("queue", Kind::Name, Required, "The queue.", "\"orders\""),
        key("vhost", Kind::Name, Default("\"/\""), "Its virtual host.", "\"/\""),
        FAULT_AT,
        FAULT_EVERY,
        FAULT_FROM,
        FAULT_UNTIL,
        FAULT_WHEN,
        STOP_PRODUCERS,
    ],
);

/// The last key of every fault.
const STOP_PRODUCERS: KeySpec = key(
    "stop-producers",
    Kind::Boolean,
    Default("false"),
    "Whether nothing new is published from its beginning on.",
    "true",
);
