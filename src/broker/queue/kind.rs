//! The types of queues.

/// The type of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::broker) enum QueueKind {
    #[default]
    Classic,
    Quorum,
    /// Known so that its arguments are checked; not simulated.
    Stream,
}

impl QueueKind {
    /// By the value of `x-queue-type`.
    pub(in crate::broker) fn find(name: &str) -> Option<QueueKind> {
        match name {
            "classic" => Some(QueueKind::Classic),
            "quorum" => Some(QueueKind::Quorum),
            "stream" => Some(QueueKind::Stream),
            _ => None,
        }
    }

    /// RabbitMQ's module for it, which stands in error texts. Source: rule ARG-9.
    pub(in crate::broker) fn module(self) -> &'static str {
        match self {
            QueueKind::Classic => "rabbit_classic_queue",
            QueueKind::Quorum => "rabbit_quorum_queue",
            QueueKind::Stream => "rabbit_stream_queue",
        }
    }
}
