//! Ids: newtypes over small integers, so that one kind is never taken for another.

use std::fmt;

macro_rules! index {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl $name {
            /// The id as a place in a vector.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index! {
    /// A virtual host, in order of creation; 0 is `/`.
    VhostId, u16
}
index! {
    /// A client's connection. A connection that comes back after a loss gets a new id.
    ConnectionId, u32
}
index! {
    /// A channel's number on its connection, from 1 on.
    ChannelNo, u16
}
index! {
    /// A queue of the broker, in order of declaration. A deleted queue's id is used again by a later one.
    QueueId, u32
}
index! {
    /// A consumer that the broker knows of (one `basic.consume`). An id is used again once the consumer is gone.
    ConsumerId, u32
}
index! {
    /// A producer of the scenario, in order of declaration. Scripts use one id for all they publish.
    ProducerId, u32
}

/// A channel together with the connection it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelRef {
    /// The connection.
    pub connection: ConnectionId,
    /// The channel's number on it.
    pub channel: ChannelNo,
}

/// The number of a delivery on its channel, from 1 on, growing by one.
pub type DeliveryTag = u64;

/// The number of a publish on its channel in confirm mode, from 1 on.
pub type PublishSeqNo = u64;

impl fmt::Display for ChannelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {} channel {}", self.connection.0, self.channel.0)
    }
}
