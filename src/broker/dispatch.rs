//! Dispatch: a queue hands its ready messages to consumers in turn. Source: rules DSP-1 to DSP-11, SAC-1 to SAC-4.

use std::sync::Arc;

use super::channel::{Channel, Consumer};
use super::messages::{Messages, Stored};
use super::publish::without_bcc;
use super::queue::{Entry, Queue, Rotation};
use super::slab::Slab;
use super::unacked::Unacked;
use super::{Broker, Out, Outgoing, Step};
use crate::amqp::{ChannelRef, ConsumerId, Content, Message, QueueId};
use crate::observe::Fact;
use crate::rules;

/// What queues need to hand out their messages.
pub(super) struct Hands<'a> {
    pub(super) consumers: &'a mut Slab<Consumer>,
    pub(super) channels: &'a mut Slab<Channel>,
    pub(super) messages: &'a mut Messages,
    pub(super) steps_out: &'a mut u64,
}

/// What became of the next message of a classic queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Taken,
    /// Nobody has room.
    Nobody,
    /// It is the turn of a consumer that has to be looked at more closely.
    Unusual,
}

impl Queue {
    /// Offers a message to those whose turn it is: the one that `take` gives. Whoever has no room steps out. What a delivery
    /// touches is looked up once.
    #[inline(always)]
    pub(super) fn offer(
        &mut self,
        id: QueueId,
        take: impl Fn(&mut Queue, &Messages) -> Option<Entry>,
        hands: &mut Hands<'_>,
        step: &mut Step<'_, impl Out>,
    ) -> Offer {
        loop {
            let Some(consumer_id) = self.rotation.next() else { return Offer::Nobody };
            let consumer = &mut hands.consumers[consumer_id.0];
            if !consumer.has_credit() {
                self.rotation.step_out();
                consumer.step_out(id, consumer_id, hands.steps_out, step);
                continue;
            }
            let channel = &mut hands.channels[consumer.channel];
            if channel.limit > 0 || channel.is_unwatched || consumer.no_ack {
                return Offer::Unusual;
            }
            let Some(entry) = take(self, hands.messages) else { return Offer::Nobody };
            consumer.unacked += 1;
            let stored = hands.messages.get(entry.slot());
            let delivery = self.note_delivery((id, consumer_id), consumer, channel, (entry, stored), step);
            send(channel.at, delivery, stored, None, step);
            self.rotation.turn();
            return Offer::Taken;
        }
    }

    /// Notes a message that was taken out as delivered, and states it; the consumer's credit is used already.
    #[inline(always)]
    fn note_delivery<'a>(
        &mut self,
        (id, consumer_id): (QueueId, ConsumerId),
        consumer: &Consumer,
        channel: &mut Channel,
        (entry, stored): (Entry, &'a Stored),
        step: &mut Step<'_, impl Out>,
    ) -> Outgoing<'a> {
        let delivery_tag = channel.next_tag();
        let automatic = consumer.no_ack;
        if !automatic {
            self.unacked += 1;
            channel.unacked.push(Unacked {
                tag: delivery_tag,
                entry,
                queue: id,
                delivered: step.now,
                consumer: Some(consumer_id),
                consumer_tag: Some(consumer.tag),
                settled: false,
            });
        }
        let is_dealt = self.features.as_ref().is_some_and(|features| features.is_dealt);
        let fact = Fact::Delivered {
            queue: id,
            consumer: consumer_id,
            channel: channel.at,
            delivery_tag,
            message: stored.message.id,
            arrival: entry.arrival(),
            arrived: entry.arrived(),
            redelivered: entry.redelivered(),
            automatic,
            ready: self.ready_count(),
            unacked: self.unacked,
            consumer_unacked: consumer.unacked.max(0) as u32,
            prefetch: consumer.prefetch,
            next: if is_dealt { None } else { self.rotation.after_turn() },
        };
        let rule = match (is_dealt, automatic) {
            (true, _) => rules::LAB_1,
            (false, true) => rules::CON_8,
            (false, false) => rules::DSP_2,
        };
        step.out.fact(fact, rule);
        Outgoing {
            consumer_tag: consumer.tag,
            delivery_tag,
            redelivered: entry.redelivered(),
            exchange: stored.exchange,
            routing_key: stored.routing_key,
            message: &stored.message,
        }
    }
}

/// Sends a delivery. A message that has come back to a quorum queue says how often.
#[inline(always)]
fn send(
    to: ChannelRef,
    delivery: Outgoing<'_>,
    stored: &Stored,
    returned: Option<(&Queue, Entry)>,
    step: &mut Step<'_, impl Out>,
) {
    if stored.message.content.is_none() && returned.is_none() {
        step.out.deliver(to, delivery);
    } else {
        let message = match returned {
            Some((queue, entry)) => outgoing(stored, queue, entry, None),
            None => without_bcc(&stored.message),
        };
        step.out.deliver(to, Outgoing { message: &message, ..delivery });
    }
}

impl Consumer {
    /// It has stepped out of the rotation of its queue. Source: rule DSP-6.
    #[inline(always)]
    fn step_out(
        &mut self,
        queue: QueueId,
        consumer: ConsumerId,
        steps_out: &mut u64,
        step: &mut Step<'_, impl Out>,
    ) {
        *steps_out += 1;
        self.blocked = *steps_out;
        let unacked = self.unacked.max(0) as u32;
        step.out.fact(Fact::ConsumerBlocked { queue, consumer, unacked }, rules::DSP_6);
    }

    /// `count` of its deliveries were settled or requeued. Whether it had no credit and has some now.
    #[inline(always)]
    pub(super) fn gets_back(&mut self, count: u32) -> bool {
        let had_credit = self.has_credit();
        self.unacked -= count as i32;
        !had_credit && self.has_credit()
    }

    /// It has credit again: if it stepped out of the rotation of its queue, it joins it. Source: rule DSP-6.
    #[inline(always)]
    pub(super) fn comes_back(
        &mut self,
        rotation: &mut Rotation,
        (queue, consumer): (QueueId, ConsumerId),
        step: &mut Step<'_, impl Out>,
    ) {
        if self.blocked > 0 {
            self.blocked = 0;
            rotation.join(consumer, self.priority);
            step.out.fact(Fact::ConsumerUnblocked { queue, consumer }, rules::DSP_6);
        }
    }
}

impl Broker {
    /// Hands out messages until none is ready or nobody may take one. Source: rule DSP-1.
    #[inline(never)]
    pub(super) fn dispatch(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if self.queues[id.0].features.is_some() {
            self.hand_out(id, step);
            self.tell_level(id, step);
        } else {
            self.dispatch_plain(id, step);
        }
    }

    /// The same for a queue without features.
    #[inline(always)]
    pub(super) fn dispatch_plain(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        while self.hand_out_as_usual(id, step) == Offer::Unusual {
            self.offer_closely(id, step);
        }
    }

    /// Hands out messages of a plain queue for as long as those whose turn it is have room and no bound but their own
    /// prefetch count. Why it ends; unless a consumer is different, that is all, and the level of the queue is stated.
    #[inline(always)]
    fn hand_out_as_usual(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> Offer {
        let Broker { queues, consumers, channels, messages, steps_out, .. } = self;
        let queue = &mut queues[id.0];
        let mut hands = Hands { consumers, channels, messages, steps_out };
        while !queue.ready.is_empty() {
            match queue.offer(id, |queue, _| queue.ready.pop_front(), &mut hands, step) {
                Offer::Taken => {}
                Offer::Nobody => break,
                Offer::Unusual => return Offer::Unusual,
            }
        }
        queue.tell_level(id, step);
        Offer::Nobody
    }

    /// Offers the first message of a classic queue to the consumer whose turn it is, whatever bounds there are and whoever
    /// decides: it is [`Offer::Unusual`] if that one steps out, and the next one is to be asked.
    #[inline(never)]
    fn offer_closely(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> Offer {
        self.choose_next(id);
        let Some(consumer) = self.next_consumer(id) else { return Offer::Nobody };
        if !self.may_take(id, consumer) {
            self.block(id, consumer, step);
            return Offer::Unusual;
        }
        self.deliver(id, consumer, step);
        self.observe_delivery(consumer, step.now);
        if !self.has_single_active(id) {
            self.queues[id.0].rotation.turn();
        }
        Offer::Taken
    }

    /// The same for a queue of any kind, without stating its level.
    pub(super) fn hand_out(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let features = self.queues[id.0].features.as_ref();
        if features.is_some_and(|features| features.is_quorum()) {
            self.checkout(id, step);
            return;
        }
        let in_turn = features.is_none_or(|features| features.deals_in_turn());
        loop {
            let Broker { queues, consumers, channels, messages, steps_out, .. } = self;
            let queue = &mut queues[id.0];
            if queue.ready_count() == 0 {
                break;
            }
            let mut hands = Hands { consumers, channels, messages, steps_out };
            let mut offer =
                if in_turn { queue.offer(id, Queue::pop, &mut hands, step) } else { Offer::Unusual };
            if offer == Offer::Unusual {
                offer = self.offer_closely(id, step);
            }
            match offer {
                // What comes to the head may have expired. Source: rule TTL-4.
                Offer::Taken if self.queues[id.0].features.is_some() => {
                    self.drop_expired(id, step);
                }
                Offer::Taken | Offer::Unusual => {}
                Offer::Nobody => break,
            }
        }
    }

    /// Whose turn it is. Where only one consumer is active nobody else is asked. Source: rules SAC-1 and SAC-4.
    pub(super) fn next_consumer(&self, id: QueueId) -> Option<ConsumerId> {
        let queue = &self.queues[id.0];
        if !self.has_single_active(id) {
            return queue.rotation.next();
        }
        let active = queue.features.as_ref()?.active?;
        queue.rotation.contains(active).then_some(active)
    }

    pub(super) fn has_single_active(&self, id: QueueId) -> bool {
        self.queues[id.0].features.as_ref().is_some_and(|features| features.rules.single_active)
    }

    /// Whether a consumer may be given a message: its own credit first, then its channel's bound, which it takes up if
    /// there is room. Source: rules QOS-6 and QOS-8, `rabbit_limiter:can_send`.
    #[inline(never)]
    fn may_take(&mut self, id: QueueId, consumer: ConsumerId) -> bool {
        let consumer = &self.consumers[consumer.0];
        if !consumer.has_credit() {
            return false;
        }
        let channel = &mut self.channels[consumer.channel];
        if channel.limit == 0 {
            return true;
        }
        if channel.limit_is_reached() || channel.refused.contains(&id) {
            if !channel.refused.contains(&id) {
                channel.refused.push(id);
            }
            return false;
        }
        if !consumer.no_ack {
            channel.volume += 1;
        }
        true
    }

    /// Hands the head to a consumer.
    #[inline(never)]
    fn deliver(&mut self, id: QueueId, consumer_id: ConsumerId, step: &mut Step<'_, impl Out>) {
        let Some(entry) = self.take_ready(id) else { return };
        let consumer = &mut self.consumers[consumer_id.0];
        if !consumer.no_ack {
            consumer.unacked += 1;
        }
        self.hand_over(id, consumer_id, entry, step);
    }

    /// Sends a message that was taken from its queue; the consumer's credit is used already.
    #[inline(never)]
    pub(super) fn hand_over(
        &mut self,
        id: QueueId,
        consumer_id: ConsumerId,
        entry: Entry,
        step: &mut Step<'_, impl Out>,
    ) {
        let queue = &mut self.queues[id.0];
        let consumer = &mut self.consumers[consumer_id.0];
        let place = consumer.channel;
        let channel = &mut self.channels[place];
        let automatic = consumer.no_ack;
        let stored = self.messages.get(entry.slot());
        let delivery = queue.note_delivery((id, consumer_id), consumer, channel, (entry, stored), step);
        let returned = queue.features.as_ref().is_some_and(|features| features.is_quorum());
        send(channel.at, delivery, stored, returned.then_some((&*queue, entry)), step);
        if automatic {
            self.messages.release(entry.slot());
            if returned {
                self.settles(Some(place));
            }
            self.departs(id, entry, step);
            if returned {
                self.settles(None);
            }
            if let Some(quorum) = self.queues[id.0].features.as_mut().and_then(|f| f.quorum.as_mut()) {
                quorum.returns.remove(&entry.arrival());
            }
        } else {
            self.watch_delivery(place, id, step);
        }
    }

    /// The consumer whose turn it is steps out of the rotation. Source: rule DSP-6.
    fn block(&mut self, id: QueueId, consumer: ConsumerId, step: &mut Step<'_, impl Out>) {
        if self.has_single_active(id) {
            self.queues[id.0].rotation.leave(consumer);
        } else {
            self.queues[id.0].rotation.step_out();
        }
        self.consumers[consumer.0].step_out(id, consumer, &mut self.steps_out, step);
    }

    /// Consumers of this channel that stepped out, and have credit, come back: by priority, then in the order in which
    /// they left. Source: rule DSP-6, `rabbit_queue_consumers:unblock`.
    pub(super) fn unblock(&mut self, place: u32, id: QueueId, step: &mut Step<'_, impl Out>) {
        let comes_back =
            |consumer: &Consumer| consumer.queue == id && consumer.blocked > 0 && consumer.has_credit();
        let mut back: Vec<ConsumerId> = self.channels[place]
            .consumers
            .iter()
            .filter(|consumer| comes_back(&self.consumers[consumer.0]))
            .copied()
            .collect();
        back.sort_by_key(|consumer| {
            let consumer = &self.consumers[consumer.0];
            (std::cmp::Reverse(consumer.priority), consumer.blocked)
        });
        for consumer in back {
            let rotation = &mut self.queues[id.0].rotation;
            self.consumers[consumer.0].comes_back(rotation, (id, consumer), step);
        }
    }

    /// `count` deliveries of this consumer were settled or requeued. If it had no credit and has some now, those of its
    /// channel that stepped out may come back. Source: `rabbit_queue_consumers:subtract_acks`.
    #[inline(always)]
    pub(super) fn give_credit(&mut self, consumer: ConsumerId, count: u32, step: &mut Step<'_, impl Out>) {
        self.observe_settlement(consumer, count, step.now);
        let state = &mut self.consumers[consumer.0];
        if state.gets_back(count) {
            let (place, queue) = (state.channel, state.queue);
            if self.channels[place].consumers.len() == 1 {
                state.comes_back(&mut self.queues[queue.0].rotation, (queue, consumer), step);
            } else {
                self.unblock(place, queue, step);
            }
        }
    }
}

/// The message as a consumer gets it: without the keys of `BCC`, and from a quorum queue with the count of failed
/// deliveries. `on_get` is the count to show where it is 0. Source: rules RT-9 and RDL-7.
pub(super) fn outgoing(stored: &Stored, queue: &Queue, entry: Entry, on_get: Option<u32>) -> Message {
    let mut message = without_bcc(&stored.message);
    let quorum = queue.features.as_ref().and_then(|features| features.quorum.as_ref());
    let count = quorum.map(|quorum| quorum.returned(entry.arrival())).filter(|&count| count > 0);
    if let Some(count) = count.or(on_get) {
        let mut properties = message.properties();
        properties.headers.get_or_insert_default().set("x-delivery-count", i64::from(count));
        let body = message.content.as_ref().map(|content| content.body.clone()).unwrap_or_default();
        message.content = Some(Arc::new(Content { properties, body }));
    }
    message
}
