//! The broker's way out: its methods go to links, its facts to the books and to whoever looks.

use std::collections::BTreeMap;

use super::event::SystemEvent;
use super::frame::Frame;
use super::held::{Booking, Held, Progress, Settled};
use super::record::Recorder;
use super::script::Handed;
use super::system::System;
use crate::amqp::{
    ChannelRef, ConnectionId, ConsumerId, DeliveryTag, MessageId, Name, PublishSeqNo, QueueId, ServerMethod,
};
use crate::broker::{Out, Outgoing, Timer};
use crate::engine::{EventList, Seq};
use crate::observe::{Fact, LossCause, Settlement, What};
use crate::rules::RuleRef;
use crate::units::{SimDuration, SimTime};

/// In place of an index: not one of the scenario's, but somebody who drives the broker by hand.
pub(super) const BY_HAND: u32 = u32::MAX;

/// Which of the scenario's entities stand behind the broker's ids.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    /// Connections, by the broker's id.
    pub(super) connections: Vec<u32>,
    /// Consumers, by the broker's id.
    pub(super) consumers: Vec<u32>,
    /// Consumers of the scenario, by their tags.
    pub(super) tags: BTreeMap<Name, u32>,
}

impl Directory {
    /// Gives out the next connection id, for the connection with this index.
    pub(super) fn new_connection(&mut self, index: u32) -> ConnectionId {
        self.connections.push(index);
        ConnectionId((self.connections.len() - 1) as u32)
    }

    #[inline]
    pub(super) fn connection(&self, id: ConnectionId) -> Option<usize> {
        self.connections.get(id.index()).filter(|&&index| index != BY_HAND).map(|&index| index as usize)
    }

    #[inline]
    fn consumer(&self, id: ConsumerId) -> Option<usize> {
        self.consumers.get(id.index()).filter(|&&index| index != BY_HAND).map(|&index| index as usize)
    }
}

/// The system without its broker, which is at work, for one command.
pub(super) struct Effects<'a, R> {
    pub(super) now: SimTime,
    pub(super) system: &'a mut System<R>,
    pub(super) events: &'a mut EventList<SystemEvent>,
    /// The consumer that the fact just stated is about; its delivery follows.
    delivering: Option<usize>,
    settled_as_sent: bool,
}

impl<'a, R> Effects<'a, R> {
    #[inline]
    pub(super) fn new(system: &'a mut System<R>, events: &'a mut EventList<SystemEvent>) -> Self {
        Effects { now: events.now(), system, events, delivering: None, settled_as_sent: false }
    }
}

impl<R: Recorder> Effects<'_, R> {
    #[inline(always)]
    fn deliver_to_consumer(&mut self, at: ChannelRef, delivery: Outgoing<'_>) {
        let Some(index) = self.delivering.take() else {
            self.answer(at, delivery.method());
            return;
        };
        let consumer = &mut self.system.consumers[index];
        let connection = &mut self.system.connections[consumer.connection];
        let seen = consumer.connection as u32;
        let listens = consumer.listens && connection.is_client_of(at.connection);
        self.system.recorder.observe(self.now, || What::BrokerSent {
            connection: seen,
            channel: at,
            method: delivery.method(),
        });
        // The work is known as the message leaves, so that nothing waits for the draw when it begins.
        let at_speed_one = consumer.work_of(delivery.message, &self.system.work);
        let settled = if self.settled_as_sent { Settled::Automatically } else { Settled::No };
        let (place, message) = ((at.connection, delivery.delivery_tag), delivery.message);
        if !listens {
            // In parts: where a whole one is handed on, the usual delivery is put together in memory, too, and waits for that.
            let of_message = (message.id, message.published, at_speed_one);
            self.deliver_to_nobody(index, place, of_message, (delivery.redelivered, settled));
            return;
        }
        let held = Held {
            at_speed_one,
            tag: place.1,
            connection: place.0,
            message: message.id,
            published: message.published,
            redelivered: delivery.redelivered,
            settled,
        };
        consumer.held.push(held);
        if consumer.replies
            && let Some(content) = &delivery.message.content
        {
            consumer.keep_request(held.tag, content);
        }
        let frame = Frame::Deliver { consumer: index as u32, life: consumer.life };
        connection.down.send(frame, self.events);
    }

    /// The consumer is gone and the broker does not know: nobody takes the delivery off the connection.
    #[cold]
    #[inline(never)]
    fn deliver_to_nobody(
        &mut self,
        index: usize,
        (connection, tag): (ConnectionId, DeliveryTag),
        (message, published, at_speed_one): (MessageId, SimTime, SimDuration),
        (redelivered, settled): (bool, Settled),
    ) {
        let held = Held { tag, connection, message, published, redelivered, settled, at_speed_one };
        match held.loss(true) {
            Some(cause) => {
                let place = self.system.books.consumers[index].queue;
                self.lost_outside(held.message, cause, place, Some(index as u32));
            }
            None => self.system.consumers[index].drop_held(held),
        }
    }

    #[inline(never)]
    fn answer(&mut self, to: ChannelRef, method: ServerMethod) {
        let Some(index) = self.system.directory.connection(to.connection) else {
            self.system.by_hand.push((to, method));
            return;
        };
        self.system.recorder.observe(self.now, || What::BrokerSent {
            connection: index as u32,
            channel: to,
            method: method.clone(),
        });
        self.system.connections[index].down.send_method(Frame::Answer(to), method, self.events);
    }

    /// The `basic.ack` of a publish, of which there are so many that it goes without a method of its own.
    #[inline(always)]
    fn answer_publish(&mut self, to: ChannelRef, publish: PublishSeqNo) {
        let method = ServerMethod::BasicAck { delivery_tag: publish, multiple: false };
        let (Some(index), Ok(publish)) =
            (self.system.directory.connection(to.connection), u32::try_from(publish))
        else {
            self.answer(to, method);
            return;
        };
        let connection = index as u32;
        self.system.recorder.observe(self.now, || What::BrokerSent { connection, channel: to, method });
        let frame = Frame::Confirm { connection: to.connection, channel: to.channel, publish };
        self.system.connections[index].down.send(frame, self.events);
    }

    fn consumer_added(&mut self, id: ConsumerId, channel: ChannelRef, tag: Name) {
        let own = self.consumer_tagged(channel, tag);
        let known = &mut self.system.directory.consumers;
        if known.len() <= id.index() {
            known.resize(id.index() + 1, BY_HAND);
        }
        known[id.index()] = own.unwrap_or(BY_HAND);
    }

    /// The scenario's consumer on a channel that has this tag.
    fn consumer_tagged(&self, channel: ChannelRef, tag: Name) -> Option<u32> {
        let connection = self.system.directory.connection(channel.connection)?;
        let channel = self.system.connections[connection].channel(channel.channel)?;
        channel.consumers.iter().copied().find(|&c| self.system.consumers[c as usize].tag == tag)
    }

    /// A direct reply leaves for a consumer of the scenario, or for somebody who is done with it at once. Source: rule DRT-2.
    #[cold]
    fn replied(&mut self, channel: ChannelRef, tag: Name) {
        let Some(consumer) = self.consumer_tagged(channel, tag) else {
            self.system.books.ledger.processed += 1;
            return;
        };
        self.system.books.consumers[consumer as usize].delivered += 1;
        self.delivering = Some(consumer as usize);
        self.settled_as_sent = true;
    }

    #[inline(always)]
    fn delivered(
        &mut self,
        consumer: ConsumerId,
        redelivered: bool,
        unacked: u32,
        (to, tag): (ChannelRef, DeliveryTag),
        (queue, message, automatic): (QueueId, MessageId, bool),
    ) {
        let Some(index) = self.system.directory.consumer(consumer) else {
            self.handed_out(to, tag, Handed { queue, message, automatic });
            return;
        };
        let book = &mut self.system.books.consumers[index];
        book.delivered += 1;
        book.redelivered += u64::from(redelivered);
        book.unacked_max = book.unacked_max.max(unacked);
        self.delivering = Some(index);
        self.settled_as_sent = automatic;
    }

    /// A message goes to somebody who is no consumer of the scenario.
    #[cold]
    fn handed_out(&mut self, to: ChannelRef, tag: DeliveryTag, handed: Handed) {
        match self.system.directory.connection(to.connection) {
            // Whoever drives the broker by hand has processed what was settled as it was sent.
            None => self.system.books.ledger.processed += u64::from(handed.automatic),
            Some(index) if handed.automatic && !self.system.is_listening(index, to) => {
                let place = self.system.books.place_of(handed.queue);
                self.lost_outside(handed.message, LossCause::AutoAckInFlight, place, None);
            }
            Some(_) => {
                self.system.handed.insert((to, tag), handed);
            }
        }
    }

    /// A delivery is settled: what becomes of the copy depends on how far its consumer is with it.
    #[inline(always)]
    fn settled(
        &mut self,
        channel: ChannelRef,
        consumer: Option<ConsumerId>,
        tag: DeliveryTag,
        (queue, message): (QueueId, MessageId),
        how: Settlement,
    ) {
        let settled = match how {
            // The copy has not left yet: the fact that follows says what became of it.
            Settlement::DeadLettered => {
                let own = consumer.and_then(|id| self.system.directory.consumer(id));
                self.take_from_consumers(channel, own, (tag, message));
                return;
            }
            Settlement::Acked => Settled::Acked,
            Settlement::Rejected => Settled::Gone(LossCause::Rejected),
            Settlement::Gone(cause) => Settled::Gone(cause),
        };
        let booking = match consumer.and_then(|id| self.system.directory.consumer(id)) {
            Some(index) => self.system.consumers[index].settle(channel.connection, tag, message, settled),
            None => self.settled_without_consumer(channel, queue, (tag, message), settled),
        };
        match booking {
            Booking::Processed => self.system.books.ledger.processed += 1,
            Booking::Open => {}
            Booking::Lost(cause) => {
                let place = self.system.books.place_of(queue);
                self.lost_outside(message, cause, place, None);
            }
        }
    }

    /// The consumer is gone at the broker, or was never one of the scenario's.
    fn settled_without_consumer(
        &mut self,
        channel: ChannelRef,
        queue: QueueId,
        (tag, message): (DeliveryTag, MessageId),
        settled: Settled,
    ) -> Booking {
        let of_script = self.system.handed.remove(&(channel, tag)).is_some();
        let connection = self.system.directory.connection(channel.connection).filter(|_| !of_script);
        let Some(connection) = connection else {
            let Settled::Gone(cause) = settled else { return Booking::Processed };
            // What was in the hands of nobody in the scenario, or of a client, is lost in the broker: its fact says so.
            self.system.books.lost_from(queue, message, cause);
            return Booking::Open;
        };
        let own = self.system.connections[connection].channel(channel.channel).map(|c| c.consumers.clone());
        let mut answers = own
            .into_iter()
            .flatten()
            .map(|c| self.system.consumers[c as usize].settle(channel.connection, tag, message, settled));
        answers.find(|booking| *booking != Booking::Processed).unwrap_or(Booking::Processed)
    }

    /// A delivery goes back to its queue: if it has been processed, or may still be, it may be processed again.
    fn requeued(
        &mut self,
        channel: ChannelRef,
        consumer: Option<Name>,
        queue: QueueId,
        (tag, message): (DeliveryTag, MessageId),
    ) {
        let own = consumer.and_then(|tag| self.system.directory.tags.get(&tag)).map(|&index| index as usize);
        let taken = self.take_from_consumers(channel, own, (tag, message));
        let Some((in_hands, dropped)) = taken else { return };
        if in_hands || !dropped {
            self.system.books.may_be_processed_again(queue, message, u32::from(!in_hands));
        }
    }

    /// A delivery is no consumer's any more: not the one's with this index, or of its channel's if that is not known.
    /// Whether one has it in hand all the same, and whether one had given it up; `None` if it was delivered to none of the
    /// scenario's.
    fn take_from_consumers(
        &mut self,
        channel: ChannelRef,
        consumer: Option<usize>,
        (tag, message): (DeliveryTag, MessageId),
    ) -> Option<(bool, bool)> {
        if self.system.handed.remove(&(channel, tag)).is_some() {
            return None;
        }
        let connection = self.system.directory.connection(channel.connection)?;
        let all = match consumer {
            Some(_) => &[][..],
            None => &self.system.connections[connection].channel(channel.channel)?.consumers[..],
        };
        let (mut in_hands, mut dropped) = (false, false);
        for index in consumer.into_iter().chain(all.iter().map(|&index| index as usize)) {
            let progress = self.system.consumers[index].requeue(channel.connection, tag, message);
            in_hands |= progress == Progress::InHands;
            dropped |= progress == Progress::Dropped;
        }
        Some((in_hands, dropped))
    }

    /// A delivery that is settled is lost: its queue, at this place, and whoever had it last have it no more.
    #[cold]
    pub(super) fn lost_outside(
        &mut self,
        message: MessageId,
        cause: LossCause,
        queue: u32,
        consumer: Option<u32>,
    ) {
        self.system.books.lost_at_consumer(message, cause, queue);
        self.system.recorder.observe(self.now, || What::LostOutside { message, cause, consumer });
    }
}

impl<R: Recorder> Out for Effects<'_, R> {
    fn send(&mut self, to: ChannelRef, method: ServerMethod) {
        self.answer(to, method);
    }

    #[inline(always)]
    fn deliver(&mut self, to: ChannelRef, delivery: Outgoing<'_>) {
        self.deliver_to_consumer(to, delivery);
    }

    #[inline(always)]
    fn confirm(&mut self, to: ChannelRef, publish: PublishSeqNo) {
        self.answer_publish(to, publish);
    }

    fn hang_up(&mut self, connection: ConnectionId) {
        if let Some(index) = self.system.directory.connection(connection) {
            let hung_up = &mut self.system.connections[index];
            // The client may be there under another id by now.
            hung_up.broken |= hung_up.id_at_broker == connection;
        }
    }

    fn timer(&mut self, timer: Timer, at: SimTime) {
        let slot = timer.slot as usize;
        let timers = &mut self.system.timers;
        if timers.len() <= slot {
            timers.resize(slot + 1, Seq::NONE);
        }
        timers[slot] = self.events.at(at.max(self.now), SystemEvent::BrokerTimer(timer.slot));
    }

    #[inline(always)]
    fn level(&mut self, queue: QueueId, ready: u32) {
        self.system.books.level(self.now, queue, ready);
    }

    #[inline(always)]
    fn fact(&mut self, fact: Fact, rule: RuleRef) {
        self.system.books.fact(self.now, &fact);
        match fact {
            Fact::Delivered {
                queue,
                consumer,
                channel,
                delivery_tag,
                message,
                redelivered,
                automatic,
                consumer_unacked,
                ..
            } => {
                let (at, what) = ((channel, delivery_tag), (queue, message, automatic));
                self.delivered(consumer, redelivered, consumer_unacked, at, what);
            }
            Fact::Got { queue, channel, delivery_tag, message, automatic, .. } => {
                self.handed_out(channel, delivery_tag, Handed { queue, message, automatic });
            }
            Fact::Replied { channel, consumer_tag, .. } => self.replied(channel, consumer_tag),
            Fact::Settled { queue, channel, consumer, delivery_tag, message, how, .. } => {
                self.settled(channel, consumer, delivery_tag, (queue, message), how);
            }
            Fact::Requeued { channel, consumer_tag, queue, delivery_tag, message, .. } => {
                self.requeued(channel, consumer_tag, queue, (delivery_tag, message));
            }
            Fact::CameBack { queue, message, acked, .. } => {
                let place = self.system.books.place_of(queue);
                let books = self.system.books.consumers.iter();
                let readers =
                    self.system.consumers.iter_mut().zip(books).filter(|(_, book)| book.queue == place);
                let in_hands = acked && readers.into_iter().any(|(consumer, _)| consumer.gives_back(message));
                self.system.books.came_back(queue, message, acked, in_hands);
            }
            Fact::ConsumerAdded { consumer, channel, tag, .. } => self.consumer_added(consumer, channel, tag),
            _ => {}
        }
        self.system.recorder.observe(self.now, || What::Broker(fact, rule));
    }
}
