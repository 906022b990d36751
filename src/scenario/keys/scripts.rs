//! Clients that send what they are told to: `[[client]]` and its steps.

use crate::scenario::ids;

use super::clients::{CHANNEL_KEY, CONNECTION_KEY};
use super::producer::{APP_ID, BCC, CC, EXPIRATION, HEADERS, MESSAGE_TYPE};
use super::tables::{ARGUMENTS, COUNT, NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

pub(super) const CLIENT: TableSpec = spec(
    "client",
    Form::List,
    "a client",
    "A client that sends the methods it is told to, one after another.",
    &[
        NAME,
        COUNT,
        CONNECTION_KEY,
        CHANNEL_KEY,
        key("start", Kind::Duration, Default("\"0s\""), "Before that it sends nothing.", "\"5s\""),
        key(
            "do",
            Kind::Steps,
            Required,
            "What it sends, in this order.",
            "[{ method = \"basic.get\", queue = \"orders\" }]",
        ),
    ],
);

/// A method that a step may send, with the keys that belong to it beside `method`, `at` and `after`.
pub(in crate::scenario) struct MethodSpec {
    pub(in crate::scenario) name: &'static str,
    pub(in crate::scenario) required: &'static [&'static str],
    pub(in crate::scenario) optional: &'static [&'static str],
}

const fn method(
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
) -> MethodSpec {
    MethodSpec { name, required, optional }
}

/// Every method of a step.
pub(in crate::scenario) const METHODS: &[MethodSpec] = &[
    method(
        "exchange.declare",
        &["exchange"],
        &["type", "passive", "durable", "auto-delete", "internal", "arguments"],
    ),
    method("exchange.delete", &["exchange"], &["if-unused"]),
    method("exchange.bind", &["source", "destination"], &["routing-key", "arguments"]),
    method("exchange.unbind", &["source", "destination"], &["routing-key", "arguments"]),
    method("queue.declare", &["queue"], &["passive", "durable", "exclusive", "auto-delete", "arguments"]),
    method("queue.bind", &["queue", "exchange"], &["routing-key", "arguments"]),
    method("queue.unbind", &["queue", "exchange"], &["routing-key", "arguments"]),
    method("queue.purge", &["queue"], &[]),
    method("queue.delete", &["queue"], &["if-unused", "if-empty"]),
    method("basic.qos", &["prefetch-count"], &["global"]),
    method("basic.consume", &["queue"], &["consumer-tag", "no-ack", "exclusive", "arguments"]),
    method("basic.cancel", &["consumer-tag"], &[]),
    method("basic.get", &["queue"], &["no-ack"]),
    method("basic.ack", &[], &["delivery-tag", "multiple"]),
    method("basic.nack", &[], &["delivery-tag", "multiple", "requeue"]),
    method("basic.reject", &[], &["delivery-tag", "requeue"]),
    method("basic.recover", &[], &["requeue"]),
    method(
        "basic.publish",
        &["routing-key"],
        &[
            "exchange",
            "mandatory",
            "message-size",
            "persistent",
            "priority",
            "headers",
            "cc",
            "bcc",
            "expiration",
            "correlation-id",
            "reply-to",
            "message-type",
            "user-id",
            "app-id",
        ],
    ),
    method("confirm.select", &[], &[]),
    method("tx.select", &[], &[]),
    method("tx.commit", &[], &[]),
    method("tx.rollback", &[], &[]),
    method("channel.flow", &[], &["active"]),
    method("channel.close", &[], &[]),
    method("connection.close", &[], &[]),
];

const fn flag(name: &'static str, absent: &'static str, about: &'static str) -> KeySpec {
    key(name, Kind::Boolean, Default(absent), about, "true")
}

const fn short(name: &'static str, about: &'static str, example: &'static str) -> KeySpec {
    key(name, Kind::ShortText, Means("empty"), about, example)
}

pub(super) const STEP: TableSpec = spec(
    "do",
    Form::Inline,
    "a step",
    "A method that a client sends, with that method's arguments.",
    &[
        key(
            "method",
            Kind::Choice(&ChoiceSpec {
                noun: "method",
                id: ids::UNKNOWN_METHOD,
                words: || METHODS.iter().map(|method| method.name).collect(),
            }),
            Required,
            "What it sends.",
            "\"basic.get\"",
        ),
        key(
            "at",
            Kind::Duration,
            Means("see `after`"),
            "When it sends it, or at once if that is past.",
            "\"5s\"",
        ),
        key(
            "after",
            Kind::Duration,
            Means("at once"),
            "How long after the step before was answered, or sent if it has no answer.",
            "\"1s\"",
        ),
        short("queue", "The queue.", "\"orders\""),
        short("exchange", "The exchange.", "\"logs\""),
        short("source", "The exchange that messages come from.", "\"logs\""),
        short("destination", "The exchange that messages go to.", "\"archive\""),
        short("routing-key", "The routing key of a message or a binding.", "\"orders\""),
        key("type", Kind::ShortText, Default("\"direct\""), "The type of the exchange.", "\"topic\""),
        flag("passive", "false", "Whether it only asks if the thing exists."),
        flag("durable", "true", "Whether it survives a restart of the broker."),
        flag(
            "exclusive",
            "false",
            "Whether the queue is for this connection, or the subscription for it alone.",
        ),
        flag("auto-delete", "false", "Whether it goes with its last consumer or binding."),
        flag("internal", "false", "Whether clients must not publish to it."),
        flag("if-unused", "false", "Whether it is deleted only without consumers or bindings."),
        flag("if-empty", "false", "Whether it is deleted only without ready messages."),
        key(
            "prefetch-count",
            Kind::Integer(0, u16::MAX as u64),
            Means("required by `basic.qos`"),
            "How many deliveries may be unacknowledged; 0 is no bound.",
            "10",
        ),
        flag(
            "global",
            "false",
            "Whether the bound is for the whole channel, and not for each later consumer.",
        ),
        short("consumer-tag", "The consumer; the tag of a `[[consumer]]` is its name.", "\"billing\""),
        flag("no-ack", "false", "Whether deliveries are acknowledged as they are sent."),
        key(
            "delivery-tag",
            Kind::DeliveryTag,
            Default("\"last\""),
            "The delivery; `last` is the one that arrived last on the channel, and without one nothing is sent.",
            "1",
        ),
        flag("multiple", "false", "Whether all deliveries before it are meant too."),
        flag("requeue", "true", "Whether it goes back into its queue."),
        flag("mandatory", "false", "Whether the message comes back if no queue takes it."),
        key(
            "message-size",
            Kind::Size,
            Default("\"256B\""),
            "Length of the message's body, up to 4 GiB.",
            "\"4KiB\"",
        ),
        flag(
            "persistent",
            "false",
            "Whether the message survives a restart of the broker in a durable queue.",
        ),
        key("priority", Kind::Integer(0, u8::MAX as u64), Default("0"), "The priority of the message.", "5"),
        HEADERS,
        CC,
        BCC,
        EXPIRATION,
        short("correlation-id", "Ties a reply to its request.", "\"42\""),
        short("reply-to", "Where the reply goes.", "\"replies\""),
        MESSAGE_TYPE,
        short("user-id", "Who published, checked by the broker.", "\"guest\""),
        APP_ID,
        flag("active", "true", "Whether deliveries may go on."),
        ARGUMENTS,
    ],
);
