//! When a fault strikes: at an instant, again and again, or as soon as something is so.
//!
//! To add a condition: a variant of [`Condition`] with its arms in `holds()` and `words()`, and its key in
//! `scenario/keys/faults.rs`, which `scenario/resolve/trigger.rs` reads.

use crate::model::connection::Connection;
use crate::model::record::Recorder;
use crate::model::spec::SystemSpec;
use crate::model::system::{Node, System};
use crate::random::Distribution;
use crate::units::SimTime;

/// When a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Once, so long after the start of the run. Drawn from the stream of the fault's name.
    At(Distribution),
    /// Again and again.
    Every(Repeats),
    /// Once, right after the event that makes it true, and before any other.
    When(Condition),
}

/// A fault that strikes again and again. A strike that would come while the one before still lasts is left out; the next one
/// comes a gap later all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// The gaps between beginnings. Drawn from the stream of the fault's name.
    pub gaps: Distribution,
    /// The first strike comes a gap after this instant.
    pub from: SimTime,
    /// None begins at or after this instant.
    pub until: SimTime,
}

/// Something that becomes true in the course of a run. Every number is from 1 on and counts the whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// So many messages are published.
    Published {
        /// By the producer with this index; `None`: by all that publish.
        producer: Option<usize>,
        /// How many.
        count: u64,
    },
    /// So many copies have entered queues.
    Enqueued(u64),
    /// So many deliveries were made, repeated ones and those to `basic.get` included.
    Delivered(u64),
    /// So many publishes were confirmed, as far as those who published know.
    Confirmed(u64),
    /// So many publishes wait for their answer at the same time.
    Unconfirmed(u64),
    /// So many deliveries were settled by an acknowledgement, automatic ones included.
    Acked(u64),
    /// So many messages are ready in queues at the same time.
    Queued(u64),
    /// So many stores are between a write and the end of its sync at the same time.
    Syncing(u64),
    /// So many events of the run were handled.
    Events(u64),
}

impl Condition {
    /// Whether it is true after `events` events.
    pub(super) fn holds<R: Recorder>(&self, system: &System<R>, events: u64) -> bool {
        let books = &system.books;
        let queues = || books.queues.iter();
        match *self {
            Condition::Published { producer: None, count } => books.ledger.published >= count,
            Condition::Published { producer: Some(index), count } => system.producers[index].sent >= count,
            Condition::Enqueued(count) => queues().map(|queue| queue.enqueued).sum::<u64>() >= count,
            Condition::Delivered(count) => queues().map(|queue| queue.delivered).sum::<u64>() >= count,
            Condition::Confirmed(count) => {
                books.producers.iter().map(|producer| producer.confirmed).sum::<u64>() >= count
            }
            Condition::Unconfirmed(count) => {
                system.connections.iter().map(Connection::unconfirmed).sum::<u64>() >= count
            }
            Condition::Acked(count) => queues().map(|queue| queue.acked).sum::<u64>() >= count,
            Condition::Queued(count) => match &system.node {
                Node::Up(broker) => broker.counts().0 >= count,
                Node::Down(survivors) => survivors.ready() >= count,
                Node::AtWork => false,
            },
            Condition::Syncing(count) => {
                matches!(&system.node, Node::Up(broker) if broker.syncing() >= count)
            }
            Condition::Events(count) => events >= count,
        }
    }

    /// The condition in a clause: "1000 messages are published".
    pub(super) fn words(&self, spec: &SystemSpec) -> String {
        let of = |count: u64, [one, many]: [&str; 2], done: &str| match count {
            1 => format!("1 {one} is {done}"),
            count => format!("{count} {many} are {done}"),
        };
        let (message, publish) = (["message", "messages"], ["publish", "publishes"]);
        match *self {
            Condition::Published { producer: None, count } => of(count, message, "published"),
            Condition::Published { producer: Some(index), count } => {
                let name = spec.producers.get(index).map(|producer| producer.name.as_str());
                of(count, message, &format!("published by `{}`", name.unwrap_or_default()))
            }
            Condition::Enqueued(count) => of(count, message, "enqueued"),
            Condition::Delivered(count) => of(count, message, "delivered"),
            Condition::Confirmed(count) => of(count, publish, "confirmed"),
            Condition::Unconfirmed(count) => of(count, publish, "unconfirmed"),
            Condition::Acked(count) => of(count, ["delivery", "deliveries"], "acknowledged"),
            Condition::Queued(count) => of(count, message, "queued"),
            Condition::Syncing(count) => of(count, ["store", "stores"], "being synced"),
            Condition::Events(count) => of(count, ["event", "events"], "handled"),
        }
    }
}
