//! Exchanges, queues and bindings: those of the start, and those that clients declare.

use crate::scenario::ids;

use super::operator::VHOST_KEY;
use super::tables::{ARGUMENTS, COUNT, NAME, key, spec};
use super::{Absent, ChoiceSpec, Form, KeySpec, Kind, TableSpec};
use Absent::{Default, Means, Required};

const DURABLE: KeySpec =
    key("durable", Kind::Boolean, Default("true"), "Whether it survives a restart of the broker.", "true");
const AUTO_DELETE: KeySpec = key(
    "auto-delete",
    Kind::Boolean,
    Default("false"),
    "Whether it goes with its last consumer (a queue) or binding (an exchange).",
    "false",
);
const EXCLUSIVE: KeySpec = key(
    "exclusive",
    Kind::Boolean,
    Default("false"),
    "Whether it belongs to the connection that declares it, and goes with it.",
    "false",
);
const PASSIVE: KeySpec = key(
    "passive",
    Kind::Boolean,
    Default("false"),
    "Whether the client only asks if it exists, and creates nothing.",
    "false",
);
const INTERNAL: KeySpec = key(
    "internal",
    Kind::Boolean,
    Default("false"),
    "Whether clients must not publish to it, so that only bindings feed it.",
    "false",
);
const EXCHANGE_TYPE: KeySpec = key(
    "type",
    Kind::Choice(&ChoiceSpec {
        noun: "exchange type",
        id: ids::UNKNOWN_EXCHANGE_TYPE,
        words: || vec!["direct", "fanout", "topic", "headers"],
    }),
    Default("\"direct\""),
    "How it routes.",
    "\"topic\"",
);
const BINDING_KEY: KeySpec = key(
    "routing-key",
    Kind::ShortText,
    Default("\"\""),
    "What the routing key of a message is compared with.",
    "\"orders.*\"",
);

pub(super) const EXCHANGE: TableSpec = spec(
    "exchange",
    Form::List,
    "an exchange",
    "An exchange that exists at the start.",
    &[NAME, COUNT, VHOST_KEY, EXCHANGE_TYPE, DURABLE, AUTO_DELETE, INTERNAL, ARGUMENTS],
);

pub(super) const QUEUE: TableSpec = spec(
    "queue",
    Form::List,
    "a queue",
    "A queue that exists at the start.",
    &[NAME, COUNT, VHOST_KEY, DURABLE, EXCLUSIVE, AUTO_DELETE, ARGUMENTS],
);

pub(super) const BINDING: TableSpec = spec(
    "binding",
    Form::List,
    "a binding",
    "A binding that exists at the start, to a queue or to an exchange.",
    &[
        COUNT,
        key("exchange", Kind::ShortText, Required, "Where messages come from.", "\"logs\""),
        key("queue", Kind::ShortText, Means("see `to-exchange`"), "The queue they go to.", "\"orders\""),
        key(
            "to-exchange",
            Kind::ShortText,
            Means("see `queue`"),
            "The exchange they go to, instead of a queue.",
            "\"archive\"",
        ),
        BINDING_KEY,
        VHOST_KEY,
        ARGUMENTS,
    ],
);

pub(super) const DECLARE_QUEUE: TableSpec = spec(
    "declare queue",
    Form::Inline,
    "a declared queue",
    "`queue.declare` by a client.",
    &[
        key("queue", Kind::Name, Required, "The queue's name.", "\"orders\""),
        DURABLE,
        EXCLUSIVE,
        AUTO_DELETE,
        PASSIVE,
        ARGUMENTS,
    ],
);

pub(super) const DECLARE_EXCHANGE: TableSpec = spec(
    "declare exchange",
    Form::Inline,
    "a declared exchange",
    "`exchange.declare` by a client.",
    &[
        key("exchange", Kind::Name, Required, "The exchange's name.", "\"logs\""),
        EXCHANGE_TYPE,
        DURABLE,
        AUTO_DELETE,
        INTERNAL,
        ARGUMENTS,
    ],
);

pub(super) const DECLARE_BINDING: TableSpec = spec(
    "declare binding",
    Form::Inline,
    "a declared binding",
    "`queue.bind` by a client.",
    &[
        key("bind", Kind::Name, Required, "The queue that messages go to.", "\"orders\""),
        key("exchange", Kind::ShortText, Required, "Where messages come from.", "\"logs\""),
        BINDING_KEY,
        ARGUMENTS,
    ],
);
