//! Faults, one table a kind.

use crate::scenario::ids;

use super::tables::{key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

const FAULT_NAME: KeySpec =
    key("name", Kind::Name, Means("the kind of the fault"), "What settings and reports call it.", "\"cut\"");
const FAULT_AT: KeySpec = key("at", Kind::Duration, Required, "When it begins.", "\"41s\"");

pub(super) const CONSUMER_CRASH: TableSpec = spec(
    "fault.consumer-crash",
    Form::List,
    "a consumer crash",
    "A consumer dies with the deliveries that it holds.",
    &[
        FAULT_NAME,
        key("consumer", Kind::Name, Required, "The consumer that dies.", "\"billing\""),
        FAULT_AT,
        key(
            "by",
            Kind::Choice(&ChoiceSpec {
                noun: "way to crash",
                id: ids::UNKNOWN_CHOICE,
                words: || vec!["tcp-cut", "channel-close", "connection-close"],
            }),
            Default("\"tcp-cut\""),
            "How the broker learns of it.",
            "\"channel-close\"",
        ),
        key("restart-after", Kind::Duration, Means("it stays away"), "How long until it is back.", "\"5s\""),
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
        key("lasts", Kind::Duration, Required, "How long no new connection succeeds.", "\"2s\""),
        key(
            "silent",
            Kind::Boolean,
            Default("false"),
            "Whether no end of the stream reaches the broker, as behind a pulled cable.",
            "true",
        ),
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
    ],
);

const OUTAGE: &[KeySpec] = &[
    FAULT_NAME,
    FAULT_AT,
    key("lasts", Kind::Duration, Required, "How long until it accepts connections again.", "\"2s\""),
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
