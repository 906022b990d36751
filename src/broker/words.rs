//! The words of declarations and policies, for whoever checks them before a broker does: which arguments a thing
//! knows, which settings a policy may have and what their values may be. Knows no broker.
//! Source: rules ARG-1 to ARG-13, `rabbit_policies:validate_policy0`.

use super::queue::arguments;

/// What takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// `queue.declare`.
    Queue,
    /// `exchange.declare`.
    Exchange,
    /// `basic.consume`.
    Consumer,
}

/// The arguments that some type of it knows, in no particular order; the broker passes over any other.
pub fn known_arguments(of: Takes) -> Vec<&'static str> {
    match of {
        Takes::Queue => {
            let newer = ["x-quorum-target-group-size", "x-stream-filter-size-bytes", "x-consumer-timeout"];
            arguments::names().chain(newer).collect()
        }
        Takes::Exchange => vec!["alternate-exchange", "x-delayed-type"],
        Takes::Consumer => {
            vec!["x-priority", "x-cancel-on-ha-failover", "x-stream-offset", "x-stream-filter", "x-credit"]
        }
    }
}

/// What the value of a policy's setting must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// An integer, this or more.
    Integer(i64),
    /// The same, of milliseconds.
    Milliseconds(i64),
    /// A string.
    Text,
    /// One of these strings.
    Word(&'static [&'static str]),
}
use Demand::{Integer, Milliseconds, Text, Word};

/// The settings that a policy may have, in alphabetical order, with what RabbitMQ demands of their values.
pub const POLICY_SETTINGS: [(&str, Demand); 20] = [
    ("alternate-exchange", Text),
    ("consumer-timeout", Milliseconds(0)),
    ("dead-letter-exchange", Text),
    ("dead-letter-routing-key", Text),
    ("dead-letter-strategy", Word(&["at-most-once", "at-least-once"])),
    ("delivery-limit", Integer(i64::MIN)),
    ("expires", Milliseconds(1)),
    ("max-age", Text),
    ("max-in-memory-bytes", Integer(0)),
    ("max-in-memory-length", Integer(0)),
    ("max-length", Integer(0)),
    ("max-length-bytes", Integer(0)),
    ("message-ttl", Milliseconds(0)),
    ("overflow", Word(&["drop-head", "reject-publish", "reject-publish-dlx"])),
    ("queue-leader-locator", Word(&["client-local", "balanced", "random", "least-leaders"])),
    ("queue-master-locator", Text),
    ("queue-mode", Word(&["default", "lazy"])),
    ("queue-version", Integer(1)),
    ("stream-filter-size-bytes", Integer(16)),
    ("stream-max-segment-size-bytes", Integer(0)),
];
