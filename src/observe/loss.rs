//! Why messages are lost. Knows nothing of how it came about.

/// Why a copy of a message is gone without having been processed. Every loss has exactly one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossCause {
    /// Its producer died before it could hand it to its connection.
    NotSent,
    /// It was on its way to the broker when the connection was cut.
    LostOnTheWire,
    /// The broker discarded it with the channel's or connection's error.
    Refused,
    /// Its transaction was rolled back, or its channel was gone before the commit.
    RolledBack,
    /// Transient, in a durable queue, when the broker, or the queue's process, restarted.
    TransientInRestart,
    /// In a queue that is not durable, when the broker restarted.
    QueueNotDurable,
    /// In the mailbox of its queue's process, which had not handled it, when the broker or its queue crashed.
    InMailbox,
    /// In the memory of the broker's process, not written to any file yet, when the broker or its queue crashed.
    InProcessBuffer,
    /// Written, but only in the operating system's page cache when the power failed.
    InPageCache,
    /// Its index entry survived a crash and its body did not, or the other way round.
    IndexWithoutBody,
    /// The power failed in the middle of the write that it was in.
    TornTail,
    /// Its quorum queue was so young that the node did not know it after the crash, though its log was on the disk.
    QueueUnregistered,
    /// The disk that it was on is gone.
    DiskLost,
    /// Settled by automatic acknowledgement, on its way to a consumer that died.
    AutoAckInFlight,
    /// Settled by automatic acknowledgement, in the buffer of a consumer that died.
    AutoAckInBuffer,
    /// Acknowledged before it was processed, by a consumer that died.
    AckedBeforeProcessing,
    /// Its time to live was over.
    Expired,
    /// The queue was over its length limit and dropped it from its head.
    Overflow,
    /// The queue was full and took no more publishes (`reject-publish`).
    QueueFull,
    /// A consumer rejected it, and its queue has no dead-letter exchange.
    Rejected,
    /// It came back more often than its queue allows, and the queue has no dead-letter exchange.
    DeliveryLimit,
    /// Its dead-letter exchange led to no queue.
    DeadLetterTargetMissing,
    /// It came back to a queue that it had died in, and nobody had rejected it on the way.
    DeadLetterCycle,
    /// `queue.purge`
    Purged,
    /// Its queue was deleted.
    QueueDeleted,
}

impl LossCause {
    /// All causes, in order of a message's life.
    pub const ALL: [LossCause; 25] = [
        LossCause::NotSent,
        LossCause::LostOnTheWire,
        LossCause::Refused,
        LossCause::RolledBack,
        LossCause::TransientInRestart,
        LossCause::QueueNotDurable,
        LossCause::InMailbox,
        LossCause::InProcessBuffer,
        LossCause::InPageCache,
        LossCause::IndexWithoutBody,
        LossCause::TornTail,
        LossCause::QueueUnregistered,
        LossCause::DiskLost,
        LossCause::AutoAckInFlight,
        LossCause::AutoAckInBuffer,
        LossCause::AckedBeforeProcessing,
        LossCause::Expired,
        LossCause::Overflow,
        LossCause::QueueFull,
        LossCause::Rejected,
        LossCause::DeliveryLimit,
        LossCause::DeadLetterTargetMissing,
        LossCause::DeadLetterCycle,
        LossCause::Purged,
        LossCause::QueueDeleted,
    ];

    /// Whether what is lost to it is a message that no queue has got, not a copy in one.
    pub const fn is_before_queues(self) -> bool {
        matches!(
            self,
            LossCause::NotSent | LossCause::LostOnTheWire | LossCause::Refused | LossCause::RolledBack
        )
    }

    /// The cause in words, fit to follow "lost: ".
    pub const fn words(self) -> &'static str {
        match self {
            LossCause::NotSent => "not sent",
            LossCause::LostOnTheWire => "lost on the wire",
            LossCause::Refused => "refused",
            LossCause::RolledBack => "transaction not committed",
            LossCause::TransientInRestart => "transient in a broker restart",
            LossCause::QueueNotDurable => "queue not durable",
            LossCause::InMailbox => "in the queue's mailbox",
            LossCause::InProcessBuffer => "in the process buffer",
            LossCause::InPageCache => "in the page cache",
            LossCause::IndexWithoutBody => "index without body",
            LossCause::TornTail => "torn tail",
            LossCause::QueueUnregistered => "queue not registered",
            LossCause::DiskLost => "disk lost",
            LossCause::AutoAckInFlight => "automatic ack in flight",
            LossCause::AutoAckInBuffer => "automatic ack in the consumer's buffer",
            LossCause::AckedBeforeProcessing => "acked before processing",
            LossCause::Expired => "expired",
            LossCause::Overflow => "overflow",
            LossCause::QueueFull => "refused by a full queue",
            LossCause::Rejected => "rejected",
            LossCause::DeliveryLimit => "delivery limit reached",
            LossCause::DeadLetterTargetMissing => "dead-letter target missing",
            LossCause::DeadLetterCycle => "dead-letter cycle",
            LossCause::Purged => "purged",
            LossCause::QueueDeleted => "queue deleted",
        }
    }
}
