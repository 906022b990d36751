//! What the broker is told. Closed: every way into the broker is a variant here.

use crate::amqp::{ChannelRef, ConnectionId, Method, Name};

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
    /// A timer that the broker asked for has come due. A stale one changes nothing.
    Timer(Timer),
}

/// The broker's own timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// The broker's number for it; meaningless outside.
    pub slot: u32,
}
