//! A consumer dies with what it holds: deliveries in its buffer and the one it works on.

use crate::units::SimDuration;

/// How the broker learns that a consumer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashBy {
    /// The client closes the consumer's channel.
    ChannelClose,
    /// The client closes its connection cleanly.
    ConnectionClose,
    /// The connection is cut; what is on its way in either direction is lost.
    TcpCut,
}

/// The spec of a consumer's crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerCrash {
    /// Index of the consumer.
    pub consumer: usize,
    /// How the broker learns of it.
    pub by: CrashBy,
    /// How long until the consumer is back; `None`: it stays away.
    pub restart_after: Option<SimDuration>,
}
