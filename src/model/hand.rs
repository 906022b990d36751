//! Driving the system by hand, for tests: a client without a network, whose methods reach the broker at once, and faults
//! on demand.

use super::effects::BY_HAND;
use super::event::SystemEvent;
use super::fault::{BrokerRestart, ConsumerCrash, CrashBy};
use super::record::Recorder;
use super::system::System;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, DeliveryMode, Message, MessageId, Method, Name,
    ProducerId, ServerMethod,
};
use crate::broker::Command;
use crate::engine::EventList;
use crate::measure::Ledger;
use crate::random::RandomStream;
use crate::storage::Crash;
use crate::units::SimDuration;

/// A message for [`System::publish_by_hand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandMessage {
    /// Length of the body in bytes.
    pub size: u32,
    /// Delivery mode 2.
    pub persistent: bool,
    /// Ask for the message back if no queue gets it.
    pub mandatory: bool,
}

impl<R: Recorder> System<R> {
    /// Opens a connection that belongs to no entity of the scenario.
    pub fn open_by_hand(&mut self, events: &mut EventList<SystemEvent>) -> ConnectionId {
        let connection = self.directory.new_connection(BY_HAND);
        let (vhost, user) = (self.names_mut().intern("/"), self.names_mut().intern("guest"));
        self.apply(Command::Open { connection, vhost, user }, events);
        connection
    }

    /// The name for a text, for methods sent by hand.
    pub fn intern(&mut self, text: &str) -> Name {
        self.names_mut().intern(text)
    }

    /// Sends a method on such a connection; it reaches the broker at once.
    pub fn method_by_hand(&mut self, at: ChannelRef, method: Method, events: &mut EventList<SystemEvent>) {
        self.apply(Command::Method(at, method), events);
    }

    /// Publishes a message on such a connection; returns which one it is.
    pub fn publish_by_hand(
        &mut self,
        at: ChannelRef,
        exchange: &str,
        routing_key: &str,
        message: HandMessage,
        events: &mut EventList<SystemEvent>,
    ) -> MessageId {
        let producer = ProducerId(self.books.producers.len() as u32);
        if self.work.len() == producer.index() {
            let stream = RandomStream::new(self.seed, "by hand", "work");
            self.work.push(stream);
        }
        self.published_by_hand += 1;
        self.books.ledger.published += 1;
        let id = MessageId { producer, number: self.published_by_hand };
        let names = self.names_mut();
        let publish = BasicPublish {
            exchange: names.intern(exchange),
            routing_key: names.intern(routing_key),
            mandatory: message.mandatory,
            immediate: false,
            message: Message {
                id,
                published: events.now(),
                size: message.size,
                delivery_mode: if message.persistent {
                    DeliveryMode::Persistent
                } else {
                    DeliveryMode::Transient
                },
                ..Message::default()
            },
        };
        self.apply(Command::Method(at, Method::BasicPublish(publish)), events);
        id
    }

    /// Takes what the broker has sent to such connections since the last call, in order.
    pub fn take_answers(&mut self) -> Vec<(ChannelRef, ServerMethod)> {
        std::mem::take(&mut self.by_hand)
    }

    /// A consumer of the scenario crashes now.
    pub fn crash(&mut self, consumer: usize, by: CrashBy, events: &mut EventList<SystemEvent>) {
        ConsumerCrash { consumer, by, restart_after: None }.begin(self, events);
    }

    /// A consumer that crashed is back now.
    pub fn restart(&mut self, consumer: usize, events: &mut EventList<SystemEvent>) {
        // However often it crashed.
        let outages = &mut self.consumers[consumer].outages;
        if *outages == 0 {
            return;
        }
        *outages = 1;
        ConsumerCrash { consumer, by: CrashBy::TcpCut, restart_after: None }.end(self, events);
    }

    /// The broker ends so, and starts again now.
    pub fn restart_broker(&mut self, crash: Crash, events: &mut EventList<SystemEvent>) {
        BrokerRestart { lasts: SimDuration::ZERO, crash }.begin(self, events);
        BrokerRestart::end(self, events);
    }

    /// The books as they are, with what has no final fate yet.
    pub fn ledger(&self, events: &EventList<SystemEvent>) -> Ledger {
        let mut copy = self.clone();
        copy.count_what_is_left(events);
        copy.books.ledger
    }

    /// Ready and unacknowledged messages of the queue with this name; `None` if there is none.
    pub fn queue_level(&self, name: &str) -> Option<(u64, u64)> {
        let (ready, unacked) = self.queue_levels().remove(name)?;
        Some((u64::from(ready), u64::from(unacked)))
    }
}

/// The channel with this number on a connection.
pub fn channel(connection: ConnectionId, number: u16) -> ChannelRef {
    ChannelRef { connection, channel: ChannelNo(number) }
}
