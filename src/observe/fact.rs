//! What the broker states about itself, in order of happening. Each fact travels with the rule that made it so.

use super::LossCause;
use crate::amqp::{ChannelRef, ConnectionId, ConsumerId, DeliveryTag, MessageId, Name, QueueId, ReplyCode};
use crate::units::SimTime;

/// From what a copy is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// From a crash of the broker's process: it is written to its files.
    Written,
    /// From a power failure too: it is on the disk.
    Stable,
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
        /// It is a dead letter.
        dead: bool,
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
        /// When it came into the queue.
        arrived: SimTime,
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
        /// It is a dead letter.
        dead: bool,
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
    /// A copy is safer than it was.
    Reached {
        /// Its queue.
        queue: QueueId,
        /// Which.
        message: MessageId,
        /// From what it is safe now.
        level: Durability,
        /// When it was published.
        published: SimTime,
        /// When a publish of it was confirmed, as the broker sent it, if that was before.
        confirmed: Option<SimTime>,
        /// It is a dead letter: its message was kept elsewhere before.
        dead: bool,
        /// Since when: the operating system tells nobody when it writes, so that is found out later.
        at: SimTime,
    },
    /// A copy that was done with is back in its queue after a crash: its acknowledgement, or whatever else became of it, was
    /// not on the disk.
    CameBack {
        /// Its queue.
        queue: QueueId,
        /// Which.
        message: MessageId,
        /// It was acknowledged, not dropped.
        acked: bool,
        /// Ready messages, this one included.
        ready: u32,
    },
    /// Quorum queues have no leader any more: they take and hand out nothing.
    LeaderLost,
    /// Quorum queues have a leader.
    LeaderElected {
        /// Its node, from 1 on.
        node: u32,
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
