//! The flat list of everything that can be observed in a run.

use crate::amqp::{ChannelRef, DeliveryTag, MessageId, Method, ServerMethod};
use crate::observe::{Conclusion, Fact, LossCause, PublishedAgain};
use crate::rules::RuleRef;
use crate::units::{SimDuration, SimTime};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// When.
    pub at: SimTime,
    /// What.
    pub what: What,
}

/// What happened. Producers, consumers, connections and faults are indices into the scenario's lists.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A client hands a method to its connection.
    ClientSent {
        /// Index of the connection.
        connection: u32,
        /// On this channel.
        channel: ChannelRef,
        /// The method.
        method: Method,
    },
    /// A method of a client reaches the broker.
    ReachedBroker {
        /// Index of the connection.
        connection: u32,
        /// On this channel.
        channel: ChannelRef,
        /// The method.
        method: Method,
    },
    /// The broker hands a method to a client's connection.
    BrokerSent {
        /// Index of the connection.
        connection: u32,
        /// On this channel.
        channel: ChannelRef,
        /// The method.
        method: ServerMethod,
    },
    /// A method of the broker reaches its client.
    ReachedClient {
        /// Index of the connection.
        connection: u32,
        /// On this channel.
        channel: ChannelRef,
        /// The method.
        method: ServerMethod,
    },
    /// The broker did something, by a rule.
    Broker(Fact, RuleRef),
    /// A producer publishes.
    Published {
        /// Index of the producer.
        producer: u32,
        /// Which.
        message: MessageId,
        /// Index of its class.
        class: u8,
        /// It has published the message before, and does so again for this reason.
        again: Option<PublishedAgain>,
    },
    /// A producer has published a message again as often as it may, and gives it up.
    MessageGivenUp {
        /// Index of the producer.
        producer: u32,
        /// Which.
        message: MessageId,
    },
    /// A delivery reaches its consumer and waits in the buffer there.
    Received {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// With this tag.
        delivery_tag: DeliveryTag,
        /// It was handed out before.
        redelivered: bool,
        /// Deliveries in the buffer, this one included, the one in work not.
        buffered: u32,
    },
    /// A consumer begins to work on a message.
    ServiceBegan {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// How long the work will take.
        takes: SimDuration,
    },
    /// A consumer has processed a message.
    Processed {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// Since it was published.
        sojourn: SimDuration,
        /// It had been processed before, by this or another consumer of the queue.
        again: bool,
    },
    /// A consumer remembers that it has processed a message, and does not do the work again.
    DuplicateSkipped {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
    },
    /// A consumer's work on a message ends without having processed it.
    Concluded {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// What it does about the delivery; never [`Conclusion::Ack`].
        how: Conclusion,
    },
    /// A consumer's work depends on something that has no room for its call: it waits in line.
    CallWaits {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// Index of what it calls.
        downstream: u32,
        /// Calls that are in line before it.
        ahead: u32,
    },
    /// A consumer's call begins.
    CallBegan {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// Index of what it calls.
        downstream: u32,
        /// How long it was in line.
        waited: SimDuration,
        /// How long the call will take.
        takes: SimDuration,
    },
    /// A consumer's call has failed.
    CallFailed {
        /// Index of the consumer.
        consumer: u32,
        /// Which.
        message: MessageId,
        /// Index of what it called.
        downstream: u32,
        /// Because that is out of order, and not by chance.
        outage: bool,
        /// After so long it calls again; `None`: its work has failed.
        retry_after: Option<SimDuration>,
    },
    /// A message is lost outside the broker's queues: on the wire, or with a consumer.
    LostOutside {
        /// Which.
        message: MessageId,
        /// Why.
        cause: LossCause,
        /// Index of the consumer that held it, or that it was on its way to; `None` on the way to the broker.
        consumer: Option<u32>,
    },
    /// An acknowledgement is lost on its way to the broker: it was for nothing. Source: rule CON-7.
    AckLost {
        /// Index of the connection.
        connection: u32,
        /// On this channel.
        channel: ChannelRef,
        /// For the delivery with this tag.
        delivery_tag: DeliveryTag,
    },
    /// A client was told to settle the delivery that arrived last, and there was none: it sends nothing.
    NothingToSettle {
        /// Index of the client.
        client: u32,
        /// Which of its steps, from 1 on.
        step: u32,
    },
    /// A client has lost its connection and what was on its way.
    ConnectionLost {
        /// Index of the connection.
        connection: u32,
    },
    /// A client tries to connect.
    Connecting {
        /// Index of the connection.
        connection: u32,
    },
    /// The broker takes a client's connection, in a cluster: the node that it is on from now on.
    ConnectedTo {
        /// Index of the connection.
        connection: u32,
        /// The node, from 1 on.
        node: u32,
        /// It is the one that the client prefers.
        own: bool,
    },
    /// A client has failed to connect as often as it may, and makes no other attempt.
    ConnectingGivenUp {
        /// Index of the connection.
        connection: u32,
        /// Attempts in a row that failed.
        attempts: u32,
    },
    /// A consumer dies.
    ConsumerCrashed {
        /// Index of the consumer.
        consumer: u32,
        /// Deliveries it held, the one in work included.
        held: u32,
    },
    /// A consumer is back.
    ConsumerRestarted {
        /// Index of the consumer.
        consumer: u32,
    },
    /// A producer dies.
    ProducerCrashed {
        /// Index of the producer.
        producer: u32,
        /// Messages that were due and that it had not handed to its connection.
        held: u32,
    },
    /// A producer is back.
    ProducerRestarted {
        /// Index of the producer.
        producer: u32,
    },
    /// A planned fault begins.
    FaultBegan {
        /// Index of the fault.
        fault: u32,
    },
    /// A planned fault is over.
    FaultEnded {
        /// Index of the fault.
        fault: u32,
    },
    /// An event was addressed to somebody who is gone; it changes nothing.
    Stale,
}
