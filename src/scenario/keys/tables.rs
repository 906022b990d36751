//! The list of all tables, and the keys that several tables have. To add a key, add its line to the table's file and
//! read it in `resolve/`.

use super::{
    Absent, Form, KeySpec, Kind, TableSpec, clients, experiment, faults, operator, producer, scripts,
    storage, topology,
};
use crate::scenario::alike::COUNT_MAX;
use Absent::{Means, Required};

/// Every table of the file format, in the order of the documentation.
pub const TABLES: &[TableSpec] = &[
    experiment::SCENARIO,
    experiment::REPLICATION,
    experiment::EXPERIMENT,
    experiment::BROKER,
    storage::CLASSIC_STORE,
    storage::QUORUM_STORE,
    storage::DISK,
    storage::CLUSTER,
    clients::LINK,
    operator::VHOST,
    operator::USER,
    operator::PERMISSION,
    operator::POLICY,
    topology::EXCHANGE,
    topology::QUEUE,
    topology::BINDING,
    clients::CONNECTION,
    clients::CHANNEL,
    clients::CLASS,
    clients::DOWNSTREAM,
    producer::PRODUCER,
    producer::MESSAGE,
    clients::CONSUMER,
    scripts::CLIENT,
    scripts::STEP,
    topology::DECLARE_QUEUE,
    topology::DECLARE_EXCHANGE,
    topology::DECLARE_BINDING,
    faults::CONDITION,
    faults::CONSUMER_CRASH,
    faults::PRODUCER_CRASH,
    faults::CONNECTION_LOSS,
    faults::BROKER_RESTART,
    faults::PROCESS_CRASH,
    faults::POWER_LOSS,
    faults::DISK_LOSS,
    faults::NODE_CRASH,
    faults::QUEUE_CRASH,
    faults::ALARM,
    experiment::CHECK,
    experiment::VARIANT,
];

/// The name of an entry of a list.
pub(super) const NAME: KeySpec =
    key("name", Kind::Name, Required, "What the other tables and the reports call it.", "\"orders\"");
/// How many alike there are.
pub(super) const COUNT: KeySpec = key(
    "count",
    Kind::Integer(1, COUNT_MAX),
    Means("one, with the name as it is"),
    "How many alike there are, named `NAME-1`, `NAME-2` and so on; `{n}` in its texts is the number.",
    "100",
);
/// Arguments of AMQP.
pub(super) const ARGUMENTS: KeySpec = key(
    "arguments",
    Kind::Arguments,
    Means("none"),
    "AMQP's arguments, passed to the broker untouched.",
    "{ x-max-length = 1000 }",
);

/// A table, written in one call.
pub(super) const fn spec(
    name: &'static str,
    form: Form,
    noun: &'static str,
    about: &'static str,
    keys: &'static [KeySpec],
) -> TableSpec {
    TableSpec { name, form, noun, about, keys }
}

/// A key, written in one call.
pub(super) const fn key(
    name: &'static str,
    kind: Kind,
    absent: Absent,
    about: &'static str,
    example: &'static str,
) -> KeySpec {
    KeySpec { name, kind, absent, about, example }
}
