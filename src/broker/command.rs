//! What the broker is told. Closed: every way into the broker is a variant here.

use super::Policy;
use crate::amqp::{ChannelRef, ConnectionId, Method, Name};
use crate::storage::Crash;
use crate::units::SimDuration;

/// A command to the broker.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A client has opened its socket, authenticated as `user` and asks for `vhost` (`connection.open`).
    Open {
        /// The id that the client's side chose; never used before.
        connection: ConnectionId,
        /// The virtual host.
        vhost: Name,
        /// The user.
        user: Name,
    },
    /// A method arrives on a channel; `connection.close` on any channel number.
    Method(ChannelRef, Method),
    /// The socket is gone without a close.
    ConnectionLost(ConnectionId),
    /// Nothing arrives on this connection from here on, not even the end of its stream. Source: rule CON-12.
    Silence {
        /// The connection.
        connection: ConnectionId,
        /// The heartbeat that was agreed on; 0: none, and the broker never notices.
        heartbeat: SimDuration,
    },
    /// An operator, or the machine, changes something.
    Operate(Box<Operation>),
    /// A timer that the broker asked for has come due. A stale one changes nothing.
    Timer(Timer),
}

/// What an operator, or the machine, changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// A virtual host is there from here on.
    AddVhost {
        /// Its name.
        vhost: Name,
    },
    /// A user is there from here on, who may do nothing yet.
    AddUser {
        /// The name.
        user: Name,
        /// Whether the user may publish with another `user_id`.
        impersonator: bool,
    },
    /// What a user may do in a virtual host: regular expressions of names; `.*` allows everything, an empty one nothing.
    SetPermissions {
        /// Who.
        user: Name,
        /// Where.
        vhost: Name,
        /// Declare and delete.
        configure: Box<str>,
        /// Publish, be bound to.
        write: Box<str>,
        /// Consume, get, purge, bind from.
        read: Box<str>,
    },
    /// A policy holds from here on.
    SetPolicy(Policy),
    /// A policy holds no more.
    ClearPolicy {
        /// Where.
        vhost: Name,
        /// Which.
        name: Name,
        /// Whether it is an operator policy.
        operator: bool,
    },
    /// A node of a cluster ends.
    StopNode {
        /// Which, from 0 on.
        node: usize,
        /// How.
        crash: Crash,
    },
    /// A node of a cluster runs again.
    StartNode {
        /// Which, from 0 on.
        node: usize,
    },
    /// The process of a queue ends, and another takes its place.
    CrashQueue {
        /// Where.
        vhost: Name,
        /// Which.
        queue: Name,
    },
    /// The resource alarms that hold from here on.
    SetAlarms {
        /// Low on memory.
        memory: bool,
        /// Low on disk.
        disk: bool,
    },
}

/// The broker's own timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The broker's number for it; meaningless outside.
    pub slot: u32,
}
