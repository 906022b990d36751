//! Dispatch: a queue hands its ready messages to consumers in turn. Source: rules DSP-1 to DSP-11, SAC-1 to SAC-4.

use std::sync::Arc;

use super::channel::{Channel, Consumer};
use super::messages::{Messages, Stored};
use super::publish::without_bcc;
use super::queue::{Entry, Queue};
use super::unacked::Unacked;
use super::{Broker, Out, Outgoing, Step};
use crate::amqp::{ConsumerId, Content, Message, QueueId};
use crate::observe::Fact;
use crate::rules;

/// What a delivery touches.
struct Parts<'a> {
    queue: &'a mut Queue,
    consumer: &'a mut Consumer,
    channel: &'a mut Channel,
    messages: &'a mut Messages,
}

impl Parts<'_> {
    /// Sends a message that was taken from its queue; the consumer's credit is used already.
    #[inline(always)]
    fn hand_over(self, id: QueueId, consumer_id: ConsumerId, entry: Entry, step: &mut Step<'_, impl Out>) {
        let Parts { queue, consumer, channel, messages } = self;
        let delivery_tag = channel.next_tag();
        let at = channel.at;
        let automatic = consumer.no_ack;
        if !automatic {
            queue.unacked += 1;
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
        let stored = messages.get(entry.slot());
        let is_dealt = queue.features.as_ref().is_some_and(|features| features.is_dealt);
        let fact = Fact::Delivered {
            queue: id,
            consumer: consumer_id,
            channel: at,
            delivery_tag,
            message: stored.message.id,
            arrival: entry.arrival(),
            arrived: entry.arrived(),
            redelivered: entry.redelivered(),
            automatic,
            ready: queue.ready_count(),
            unacked: queue.unacked,
            consumer_unacked: consumer.unacked.max(0) as u32,
            prefetch: consumer.prefetch,
            next: if is_dealt { None } else { queue.rotation.after_turn() },
        };
        let rule = match (is_dealt, automatic) {
            (true, _) => rules::LAB_1,
            (false, true) => rules::CON_8,
            (false, false) => rules::DSP_2,
        };
        step.out.fact(fact, rule);
        let delivery = Outgoing {
            consumer_tag: consumer.tag,
            delivery_tag,
            redelivered: entry.redelivered(),
            exchange: stored.exchange,
            routing_key: stored.routing_key,
            message: &stored.message,
        };
        if stored.message.content.is_none() && queue.features.is_none() {
            step.out.deliver(at, delivery);
        } else {
            let message = &outgoing(stored, queue, entry, None);
            step.out.deliver(at, Outgoing { message, ..delivery });
        }
        if automatic {
            messages.release(entry.slot());
        }
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
        while let Some(consumer) = self.hand_out_as_usual(id, step) {
            if self.may_take(id, consumer) {
                self.deliver(id, consumer, step);
                self.queues[id.0].rotation.turn();
            } else {
                self.block(id, consumer, step);
            }
        }
    }

    /// Hands out messages of a plain queue for as long as those whose turn it is have room and no bound but their own
    /// prefetch count. Whatever such a delivery touches is looked up once. The first consumer that is different; `None` if
    /// that was all, and the level of the queue is stated.
    #[inline(always)]
    fn hand_out_as_usual(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> Option<ConsumerId> {
        let Broker { queues, consumers, channels, messages, steps_out, .. } = self;
        let queue = &mut queues[id.0];
        while !queue.ready.is_empty() {
            let Some(consumer_id) = queue.rotation.next() else { break };
            let consumer = &mut consumers[consumer_id.0];
            let channel = &mut channels[consumer.channel];
            if channel.limit.count > 0 || channel.is_unwatched || consumer.no_ack {
                return Some(consumer_id);
            }
            if !consumer.has_credit() {
                queue.rotation.step_out();
                consumer.step_out(id, consumer_id, steps_out, step);
                continue;
            }
            let Some(entry) = queue.ready.pop_front() else { break };
            consumer.unacked += 1;
            Parts { queue, consumer, channel, messages }.hand_over(id, consumer_id, entry, step);
            queue.rotation.turn();
        }
        queue.tell_level(id, step);
        None
    }

    /// The same for a queue of any kind, without stating its level.
    pub(super) fn hand_out(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let features = self.queues[id.0].features.as_ref();
        if features.is_some_and(|features| features.is_quorum()) {
            self.checkout(id, step);
            return;
        }
        while self.queues[id.0].head().is_some() {
            self.choose_next(id);
            let Some(consumer) = self.next_consumer(id) else { break };
            if !self.may_take(id, consumer) {
                self.block(id, consumer, step);
                continue;
            }
            self.deliver(id, consumer, step);
            self.observe_delivery(consumer, step.now);
            if !self.has_single_active(id) {
                self.queues[id.0].rotation.turn();
            }
            // What comes to the head may have expired. Source: rule TTL-4.
            if self.queues[id.0].features.is_some() {
                self.drop_expired(id, step);
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
        let limit = &mut self.channels[consumer.channel].limit;
        if limit.count == 0 {
            return true;
        }
        if limit.is_reached() || limit.waiting.contains(&id) {
            if !limit.waiting.contains(&id) {
                limit.waiting.push(id);
            }
            return false;
        }
        if !consumer.no_ack {
            limit.volume += 1;
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
        Parts { queue, consumer, channel, messages: &mut self.messages }.hand_over(
            id,
            consumer_id,
            entry,
            step,
        );
        if automatic {
            self.departs(id, entry, step);
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
            let state = &mut self.consumers[consumer.0];
            state.blocked = 0;
            self.queues[id.0].rotation.join(consumer, state.priority);
            step.out.fact(Fact::ConsumerUnblocked { queue: id, consumer }, rules::DSP_6);
        }
    }

    /// `count` deliveries of this consumer were settled or requeued. If it had no credit and has some now, those of its
    /// channel that stepped out may come back. Source: `rabbit_queue_consumers:subtract_acks`.
    #[inline(always)]
    pub(super) fn give_credit(&mut self, consumer: ConsumerId, count: u32, step: &mut Step<'_, impl Out>) {
        self.observe_settlement(consumer, count, step.now);
        let state = &mut self.consumers[consumer.0];
        let had_credit = state.has_credit();
        state.unacked -= count as i32;
        if !had_credit && state.has_credit() {
            let (place, queue) = (state.channel, state.queue);
            if self.channels[place].consumers.len() == 1 {
                self.unblock_only(consumer, queue, step);
            } else {
                self.unblock(place, queue, step);
            }
        }
    }

    /// [`Broker::unblock`] for the usual channel with one consumer.
    #[inline(always)]
    fn unblock_only(&mut self, consumer: ConsumerId, queue: QueueId, step: &mut Step<'_, impl Out>) {
        let state = &mut self.consumers[consumer.0];
        if state.blocked > 0 {
            state.blocked = 0;
            self.queues[queue.0].rotation.join(consumer, state.priority);
            step.out.fact(Fact::ConsumerUnblocked { queue, consumer }, rules::DSP_6);
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
