//! What the broker states about itself, in order of happening. Each fact travels with the rule that made it so.

use crate::amqp::{ChannelRef, ConnectionId, ConsumerId, DeliveryTag, MessageId, Name, QueueId, ReplyCode};

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
    /// Transient, in a durable queue, when the broker restarted.
    TransientInRestart,
    /// In a queue that is not durable, when the broker restarted.
    QueueNotDurable,
    /// In the memory of the broker's process, not written to any file yet, when the broker or its queue crashed.
    InProcessBuffer,
    /// Written, but only in the operating system's page cache when the power failed.
    InPageCache,
    /// Its index entry survived a crash and its body did not, or the other way round.
    IndexWithoutBody,
    /// The power failed in the middle of the write that it was in.
    TornTail,
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
    pub const ALL: [LossCause; 23] = [
        LossCause::NotSent,
        LossCause::LostOnTheWire,
        LossCause::Refused,
        LossCause::RolledBack,
        LossCause::TransientInRestart,
        LossCause::QueueNotDurable,
        LossCause::InProcessBuffer,
        LossCause::InPageCache,
        LossCause::IndexWithoutBody,
        LossCause::TornTail,
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
            LossCause::InProcessBuffer => "in the process buffer",
            LossCause::InPageCache => "in the page cache",
            LossCause::IndexWithoutBody => "index without body",
            LossCause::TornTail => "torn tail",
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

/// Why a message died. Source: rule DLX-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeathReason {
    /// A consumer rejected it without requeue.
    Rejected,
    /// Its time to live was over.
    Expired,
    /// The queue was over its length limit.
    MaxLen,
    /// It came back too often.
    DeliveryLimit,
}

impl DeathReason {
    /// The reason as it stands in `x-death`.
    pub const fn name(self) -> &'static str {
        match self {
            DeathReason::Rejected => "rejected",
            DeathReason::Expired => "expired",
            DeathReason::MaxLen => "maxlen",
            DeathReason::DeliveryLimit => "delivery_limit",
        }
    }
}

/// How a delivery is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// `basic.ack`
    Acked,
    /// Rejected without requeue, in a queue without a dead-letter exchange: dropped.
    Rejected,
    /// Rejected without requeue or returned too often, in a queue with a dead-letter exchange. The copy has not left yet: [`Fact::DeadLettered`] or
    /// [`Fact::Lost`] follows and says what became of it.
    DeadLettered,
    /// The broker let go of it for another reason while it was with its consumer.
    Gone(LossCause),
}

/// What the broker did. `ready` and `unacked` are the queue's counts right after it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A connection is open.
    ConnectionOpened {
        /// Which.
        connection: ConnectionId,
    },
    /// A connection is gone for the broker.
    ConnectionClosed {
        /// Which.
        connection: ConnectionId,
    },
    /// An alarm holds and the connection has published: nothing is read from it.
    ConnectionBlocked {
        /// Which.
        connection: ConnectionId,
    },
    /// The alarm is over: the connection is read again.
    ConnectionUnblocked {
        /// Which.
        connection: ConnectionId,
    },
    /// The broker refuses something and closes the channel, or the connection if the code is a hard error.
    Error {
        /// On which channel.
        channel: ChannelRef,
        /// Why.
        code: ReplyCode,
        /// Why, as on the wire.
        text: std::sync::Arc<str>,
    },
    /// A channel is gone for the broker, with its consumers and their unacknowledged deliveries.
    ChannelClosed {
        /// Which.
        channel: ChannelRef,
    },
    /// An exchange exists.
    ExchangeDeclared {
        /// Its name.
        exchange: Name,
        /// Its type.
        kind: Name,
    },
    /// An exchange is gone.
    ExchangeDeleted {
        /// Its name.
        exchange: Name,
    },
    /// A queue exists; from here on its id stands for it.
    QueueDeclared {
        /// Its id.
        queue: QueueId,
        /// Where it lies.
        vhost: Name,
        /// Its name.
        name: Name,
        /// Survives a restart.
        durable: bool,
    },
    /// A queue is gone.
    QueueDeleted {
        /// Which.
        queue: QueueId,
        /// Messages that went with it, unacknowledged ones included.
        messages: u32,
    },
    /// A binding exists.
    Bound {
        /// From this exchange.
        source: Name,
        /// To this queue or exchange.
        destination: Name,
        /// By this key.
        routing_key: Name,
    },
    /// A binding is gone.
    Unbound {
        /// From this exchange.
        source: Name,
        /// To this queue or exchange.
        destination: Name,
        /// By this key.
        routing_key: Name,
    },
    /// A consumer subscribed, at the back of its priority class.
    ConsumerAdded {
        /// Its queue.
        queue: QueueId,
        /// Its id.
        consumer: ConsumerId,
        /// Where it was made.
        channel: ChannelRef,
        /// Its tag.
        tag: Name,
    },
    /// A consumer is gone.
    ConsumerRemoved {
        /// Its queue.
        queue: QueueId,
        /// Its id.
        consumer: ConsumerId,
        /// Its tag.
        tag: Name,
    },
    /// A consumer was next in turn but may not take more, so it steps out of the rotation.
    ConsumerBlocked {
        /// Its queue.
        queue: QueueId,
        /// Which.
        consumer: ConsumerId,
        /// Its unacknowledged deliveries.
        unacked: u32,
    },
    /// A consumer may take messages again and joins the back of the rotation.
    ConsumerUnblocked {
        /// Its queue.
        queue: QueueId,
        /// Which.
        consumer: ConsumerId,
    },
    /// A consumer is the one that is served, where only one is.
    ConsumerActivated {
        /// Its queue.
        queue: QueueId,
        /// Which.
        consumer: ConsumerId,
    },
    /// An exchange found the queues for a message.
    Routed {
        /// Which.
        message: MessageId,
        /// Published to this exchange.
        exchange: Name,
        /// With this key.
        routing_key: Name,
        /// How many queues get a copy; at least 1.
        queues: u32,
    },
    /// No queue gets the message: it is returned if mandatory, else dropped.
    Unroutable {
        /// Which.
        message: MessageId,
        /// Published to this exchange.
        exchange: Name,
        /// With this key.
        routing_key: Name,
        /// Whether it went back to its producer.
        returned: bool,
    },
    /// The broker discarded a publish: with the channel's or connection's error, with its transaction, or unread with its
    /// connection, under an alarm.
    PublishRefused {
        /// Which.
        message: MessageId,
        /// Why.
        cause: LossCause,
    },
    /// A copy of a message is in a queue.
    Enqueued {
        /// Where.
        queue: QueueId,
        /// Which.
        message: MessageId,
        /// Ready messages, this one included.
        ready: u32,
        /// Unacknowledged messages.
        unacked: u32,
    },
    /// A copy is handed to a consumer.
    Delivered {
        /// From this queue.
        queue: QueueId,
        /// To this consumer.
        consumer: ConsumerId,
        /// On this channel.
        channel: ChannelRef,
        /// With this tag.
        delivery_tag: DeliveryTag,
        /// Which.
        message: MessageId,
        /// The queue's count of arrivals when it came, modulo 2^32.
        arrival: u32,
        /// It was handed out before.
        redelivered: bool,
        /// Settled at once (`no-ack`).
        automatic: bool,
        /// Ready messages left.
        ready: u32,
        /// Unacknowledged messages, this one included unless automatic.
        unacked: u32,
        /// Unacknowledged deliveries of this consumer, this one included.
        consumer_unacked: u32,
        /// Its prefetch count; 0: no bound.
        prefetch: u16,
        /// Who is next in turn.
        next: Option<ConsumerId>,
    },
    /// A copy is handed out by `basic.get`.
    Got {
        /// From this queue.
        queue: QueueId,
        /// On this channel.
        channel: ChannelRef,
        /// With this tag.
        delivery_tag: DeliveryTag,
        /// Which.
        message: MessageId,
        /// It was handed out before.
        redelivered: bool,
        /// Settled at once (`no-ack`).
        automatic: bool,
        /// Ready messages left.
        ready: u32,
        /// Unacknowledged messages.
        unacked: u32,
    },
    /// A delivery is settled for good.
    Settled {
        /// Its queue.
        queue: QueueId,
        /// On this channel.
        channel: ChannelRef,
        /// The consumer it was delivered to; `None` after `basic.get`.
        consumer: Option<ConsumerId>,
        /// With this tag.
        delivery_tag: DeliveryTag,
        /// Which.
        message: MessageId,
        /// How.
        how: Settlement,
        /// Ready messages.
        ready: u32,
        /// Unacknowledged messages left.
        unacked: u32,
    },
    /// A delivery goes back into its queue.
    Requeued {
        /// Its queue.
        queue: QueueId,
        /// It was delivered on this channel.
        channel: ChannelRef,
        /// To the consumer with this tag, which may be gone; `None` after `basic.get`.
        consumer_tag: Option<Name>,
        /// With this tag.
        delivery_tag: DeliveryTag,
        /// Which.
        message: MessageId,
        /// Ready messages, this one included.
        ready: u32,
        /// Unacknowledged messages left.
        unacked: u32,
    },
    /// A copy leaves the broker without having been handed over for good.
    Lost {
        /// Its queue.
        queue: QueueId,
        /// Which.
        message: MessageId,
        /// Why.
        cause: LossCause,
        /// Ready messages left.
        ready: u32,
        /// Unacknowledged messages left.
        unacked: u32,
    },
    /// A copy left its queue for the dead-letter exchange, which made new copies of it; each is [`Fact::Enqueued`], or
    /// [`Fact::Lost`] where its queue refuses it. A dead letter that no queue gets is [`Fact::Lost`] instead.
    DeadLettered {
        /// Where it died. The queue may be gone by now.
        queue: QueueId,
        /// Which; its copies keep the id.
        message: MessageId,
        /// Why.
        reason: DeathReason,
        /// Published to this exchange.
        exchange: Name,
        /// How many queues get a copy; at least 1.
        queues: u32,
    },
    /// A direct reply is handed to the channel that asked for it, without a queue: the message is done with.
    Replied {
        /// Which.
        message: MessageId,
        /// To this channel.
        channel: ChannelRef,
        /// To the consumer of replies with this tag there.
        consumer_tag: Name,
        /// With this tag.
        delivery_tag: DeliveryTag,
    },
    /// A publish is confirmed.
    Confirmed {
        /// To this channel.
        channel: ChannelRef,
        /// The number of the publish on it.
        publish: u64,
    },
    /// A publish is refused by a queue.
    Nacked {
        /// To this channel.
        channel: ChannelRef,
        /// The number of the publish on it.
        publish: u64,
    },
    /// A policy holds from here on.
    PolicySet {
        /// Where.
        vhost: Name,
        /// Which.
        name: Name,
    },
    /// A policy holds no more.
    PolicyCleared {
        /// Where.
        vhost: Name,
        /// Which.
        name: Name,
    },
    /// The broker stopped cleanly.
    BrokerStopped,
    /// The broker runs again with what survived.
    BrokerStarted {
        /// Queues that are there.
        queues: u32,
        /// Ready messages in them.
        messages: u64,
    },
}
