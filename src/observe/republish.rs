//! Why a producer publishes a message once more.

/// What told the producer that a publish may not have been enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedAgain {
    /// No answer had come when its connection was lost.
    ConnectionLost,
    /// No answer had come when its channel was closed.
    ChannelClosed,
    /// The broker has nacked it.
    Nacked,
    /// No queue got it, and it came back.
    Returned,
}

impl PublishedAgain {
    /// Its name in traces.
    pub const fn name(self) -> &'static str {
        match self {
            PublishedAgain::ConnectionLost => "connection-lost",
            PublishedAgain::ChannelClosed => "channel-closed",
            PublishedAgain::Nacked => "nacked",
            PublishedAgain::Returned => "returned",
        }
    }
}
