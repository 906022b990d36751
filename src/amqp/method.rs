//! Methods: what crosses the wire, named as in the specification.

use super::{DeliveryTag, FieldTable, Message, Name, ReplyCode};
use std::sync::Arc;

/// What a client sends on a channel (or, for `connection.close`, on its connection).
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// `connection.close`: the client is done.
    ConnectionClose,
    /// `channel.open`
    ChannelOpen,
    /// `channel.close`: the client is done with the channel.
    ChannelClose,
    /// `channel.close-ok`: answers a close by the broker; the number may be opened again.
    ChannelCloseOk,
    /// `channel.flow`
    ChannelFlow {
        /// Whether deliveries may go on.
        active: bool,
    },
    /// `exchange.declare`
    ExchangeDeclare(Box<ExchangeDeclare>),
    /// `exchange.delete`
    ExchangeDelete {
        /// Which.
        exchange: Name,
        /// Refuse if bindings leave from it.
        if_unused: bool,
    },
    /// `exchange.bind`: from `source` to the exchange `destination`.
    ExchangeBind(Box<BindArguments>),
    /// `exchange.unbind`
    ExchangeUnbind(Box<BindArguments>),
    /// `queue.declare`
    QueueDeclare(Box<QueueDeclare>),
    /// `queue.bind`: from the exchange `source` to the queue `destination`.
    QueueBind(Box<BindArguments>),
    /// `queue.unbind`
    QueueUnbind(Box<BindArguments>),
    /// `queue.purge`
    QueuePurge {
        /// Which; empty: the one declared last on this channel.
        queue: Name,
    },
    /// `queue.delete`
    QueueDelete {
        /// Which; empty: the one declared last on this channel.
        queue: Name,
        /// Refuse if it has consumers.
        if_unused: bool,
        /// Refuse if it has ready messages.
        if_empty: bool,
    },
    /// `basic.qos`
    BasicQos {
        /// Bytes; RabbitMQ refuses all but 0.
        prefetch_size: u32,
        /// Unacknowledged deliveries; 0 means no bound.
        prefetch_count: u16,
        /// RabbitMQ: true means one bound for the whole channel, false one for each later consumer.
        global: bool,
    },
    /// `basic.consume`
    BasicConsume(Box<BasicConsume>),
    /// `basic.cancel`
    BasicCancel {
        /// Which consumer of this channel.
        consumer_tag: Name,
    },
    /// `basic.publish`
    BasicPublish(BasicPublish),
    /// `basic.get`
    BasicGet {
        /// Which; empty: the one declared last on this channel.
        queue: Name,
        /// Settled as soon as it is sent.
        no_ack: bool,
    },
    /// `basic.ack`
    BasicAck {
        /// Which delivery.
        delivery_tag: DeliveryTag,
        /// That one and all before it.
        multiple: bool,
    },
    /// `basic.nack` (RabbitMQ's extension)
    BasicNack {
        /// Which delivery.
        delivery_tag: DeliveryTag,
        /// That one and all before it.
        multiple: bool,
        /// Back into the queue, or away (dead-lettered where the queue says so).
        requeue: bool,
    },
    /// `basic.reject`
    BasicReject {
        /// Which delivery.
        delivery_tag: DeliveryTag,
        /// Back into the queue, or away (dead-lettered where the queue says so).
        requeue: bool,
    },
    /// `basic.recover`
    BasicRecover {
        /// RabbitMQ refuses false.
        requeue: bool,
    },
    /// `confirm.select` (RabbitMQ's extension)
    ConfirmSelect,
    /// `tx.select`
    TxSelect,
    /// `tx.commit`
    TxCommit,
    /// `tx.rollback`
    TxRollback,
}

/// The fields of `exchange.declare`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExchangeDeclare {
    /// Its name.
    pub exchange: Name,
    /// `direct`, `fanout`, `topic`, `headers`, …
    pub kind: Name,
    /// Only ask whether it exists.
    pub passive: bool,
    /// Survives a restart of the broker.
    pub durable: bool,
    /// Goes when its last binding goes.
    pub auto_delete: bool,
    /// Clients must not publish to it.
    pub internal: bool,
    /// Answer only if it fails.
    pub no_wait: bool,
    /// For example `alternate-exchange`.
    pub arguments: FieldTable,
}

/// The fields of the four bind and unbind methods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BindArguments {
    /// The exchange that messages come from.
    pub source: Name,
    /// The queue or exchange that they go to.
    pub destination: Name,
    /// The binding key.
    pub routing_key: Name,
    /// For example what a headers exchange matches on.
    pub arguments: FieldTable,
}

/// The fields of `queue.declare`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueDeclare {
    /// Its name; empty: the broker makes one up.
    pub queue: Name,
    /// Only ask whether it exists.
    pub passive: bool,
    /// Survives a restart of the broker.
    pub durable: bool,
    /// For this connection alone, and gone with it.
    pub exclusive: bool,
    /// Goes when its last consumer goes.
    pub auto_delete: bool,
    /// Answer only if it fails.
    pub no_wait: bool,
    /// `x-…` arguments.
    pub arguments: FieldTable,
}

/// The fields of `basic.consume`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BasicConsume {
    /// From which queue; empty: the one declared last on this channel.
    pub queue: Name,
    /// Unique on the channel; empty: the broker makes one up.
    pub consumer_tag: Name,
    /// Automatic acknowledgement: a delivery is settled as soon as it is sent.
    pub no_ack: bool,
    /// Refuse other consumers.
    pub exclusive: bool,
    /// For example `x-priority`.
    pub arguments: FieldTable,
}

/// The fields of `basic.publish` with its content.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BasicPublish {
    /// Where to; empty: the default exchange.
    pub exchange: Name,
    /// What the exchange routes by.
    pub routing_key: Name,
    /// Return the message if no queue gets it.
    pub mandatory: bool,
    /// RabbitMQ refuses true.
    pub immediate: bool,
    /// The content.
    pub message: Message,
}

/// What the broker sends.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMethod {
    /// The last step of opening a connection.
    ConnectionOpenOk,
    /// Answers `connection.close`.
    ConnectionCloseOk,
    /// The broker closes the connection.
    ConnectionClose {
        /// Why.
        code: ReplyCode,
        /// Why, as text that begins with the code's name.
        text: Arc<str>,
    },
    /// `connection.blocked` (RabbitMQ's extension): the broker reads nothing more from this connection.
    ConnectionBlocked {
        /// Why, as text.
        reason: Arc<str>,
    },
    /// `connection.unblocked` (RabbitMQ's extension): it does again.
    ConnectionUnblocked,
    /// Answers `channel.open`.
    ChannelOpenOk,
    /// Answers `channel.close`.
    ChannelCloseOk,
    /// The broker closes the channel.
    ChannelClose {
        /// Why.
        code: ReplyCode,
        /// Why, as text that begins with the code's name.
        text: Arc<str>,
    },
    /// Answers `channel.flow`.
    ChannelFlowOk {
        /// As asked.
        active: bool,
    },
    /// Answers `exchange.declare`.
    ExchangeDeclareOk,
    /// Answers `exchange.delete`.
    ExchangeDeleteOk,
    /// Answers `exchange.bind`.
    ExchangeBindOk,
    /// Answers `exchange.unbind`.
    ExchangeUnbindOk,
    /// Answers `queue.declare`.
    QueueDeclareOk {
        /// The name, the broker's own if none was given.
        queue: Name,
        /// Ready messages.
        message_count: u32,
        /// Consumers, blocked ones included.
        consumer_count: u32,
    },
    /// Answers `queue.bind`.
    QueueBindOk,
    /// Answers `queue.unbind`.
    QueueUnbindOk,
    /// Answers `queue.purge`.
    QueuePurgeOk {
        /// How many ready messages went.
        message_count: u32,
    },
    /// Answers `queue.delete`.
    QueueDeleteOk {
        /// How many ready messages went.
        message_count: u32,
    },
    /// Answers `basic.qos`.
    BasicQosOk,
    /// Answers `basic.consume`.
    BasicConsumeOk {
        /// The tag, the broker's own if none was given.
        consumer_tag: Name,
    },
    /// Answers `basic.cancel`.
    BasicCancelOk {
        /// As asked.
        consumer_tag: Name,
    },
    /// The broker ended a consumer, for example because its queue was deleted.
    BasicCancel {
        /// Which.
        consumer_tag: Name,
    },
    /// A message for a consumer.
    BasicDeliver(Delivery),
    /// Answers `basic.get` with a message.
    BasicGetOk(GetOk),
    /// Answers `basic.get` where there was none.
    BasicGetEmpty,
    /// An unroutable mandatory message comes back.
    BasicReturn(Box<Return>),
    /// Confirms a publish.
    BasicAck {
        /// Publish sequence number.
        delivery_tag: u64,
        /// That one and all before it.
        multiple: bool,
    },
    /// Refuses a publish.
    BasicNack {
        /// Publish sequence number.
        delivery_tag: u64,
        /// That one and all before it.
        multiple: bool,
    },
    /// Answers `basic.recover`.
    BasicRecoverOk,
    /// Answers `confirm.select`.
    ConfirmSelectOk,
    /// Answers `tx.select`.
    TxSelectOk,
    /// Answers `tx.commit`.
    TxCommitOk,
    /// Answers `tx.rollback`.
    TxRollbackOk,
}

/// The fields of `basic.deliver` with its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// For which consumer of the channel.
    pub consumer_tag: Name,
    /// Its number on the channel.
    pub delivery_tag: DeliveryTag,
    /// It was handed out before.
    pub redelivered: bool,
    /// The exchange it was published to.
    pub exchange: Name,
    /// The key it was published with.
    pub routing_key: Name,
    /// The content.
    pub message: Message,
}

/// The fields of `basic.get-ok` with its content.
#[derive(Clone, Debug, PartialEq)]
pub struct GetOk {
    /// Its number on the channel.
    pub delivery_tag: DeliveryTag,
    /// It was handed out before.
    pub redelivered: bool,
    /// The exchange it was published to.
    pub exchange: Name,
    /// The key it was published with.
    pub routing_key: Name,
    /// Ready messages left.
    pub message_count: u32,
    /// The content.
    pub message: Message,
}

/// The fields of `basic.return` with its content.
#[derive(Clone, Debug, PartialEq)]
pub struct Return {
    /// Why: 312.
    pub code: ReplyCode,
    /// Why, as text.
    pub text: Arc<str>,
    /// The exchange it was published to.
    pub exchange: Name,
    /// The key it was published with.
    pub routing_key: Name,
    /// The content.
    pub message: Message,
}
