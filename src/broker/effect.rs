//! What the broker asks for and states, in order of happening.

use crate::amqp::{
    ChannelRef, ConnectionId, Delivery, DeliveryTag, Message, Name, PublishSeqNo, QueueId, ServerMethod,
};
use crate::broker::Timer;
use crate::observe::Fact;
use crate::rules::RuleRef;
use crate::units::SimTime;

/// The fields of a `basic.deliver`, whose message the broker has still.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
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
    pub message: &'a Message,
}

impl Outgoing<'_> {
    /// The method, with a message of its own.
    pub fn method(&self) -> ServerMethod {
        let Outgoing { consumer_tag, delivery_tag, redelivered, exchange, routing_key, message } = *self;
        let message = message.clone();
        let delivery = Delivery { consumer_tag, delivery_tag, redelivered, exchange, routing_key, message };
        ServerMethod::BasicDeliver(delivery)
    }
}

/// Where the broker's effects go. Facts cost nothing where nobody looks: an implementor may ignore them.
pub trait Out {
    /// A method for a client. Methods of the connection itself come with channel 0.
    fn send(&mut self, to: ChannelRef, method: ServerMethod);
    /// A `basic.deliver` for a client. Whoever needs little of it saves the copy of its message.
    fn deliver(&mut self, to: ChannelRef, delivery: Outgoing<'_>) {
        self.send(to, delivery.method());
    }
    /// The `basic.ack` of one publish in confirm mode.
    fn confirm(&mut self, to: ChannelRef, publish: PublishSeqNo) {
        self.send(to, ServerMethod::BasicAck { delivery_tag: publish, multiple: false });
    }
    /// The socket is closed by the broker; nothing more will be sent on this connection.
    fn hang_up(&mut self, connection: ConnectionId);
    /// `timer` wants to be told at `at`; a later call for the same timer replaces the earlier one.
    fn timer(&mut self, timer: Timer, at: SimTime);
    /// A queue has this many ready messages now that the broker has done with it for this command, another number than when
    /// this was said last.
    fn level(&mut self, queue: QueueId, ready: u32);
    /// The broker did something, by `rule`.
    fn fact(&mut self, fact: Fact, rule: RuleRef);
}
