//! Settlement: acknowledge, reject, requeue. Source: rules ACK-1 to ACK-10, RDL-1 to RDL-11.

use super::error::{Failure, Handled, failure};
use super::queue::Entry;
use super::unacked::{GONE, Unacked};
use super::{Broker, Out, Step};
use crate::amqp::{ChannelRef, ConsumerId, DeliveryTag, MessageId, QueueId, ReplyCode, ServerMethod};
use crate::observe::{DeathReason, Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};

/// What a client does with deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// `basic.ack`
    Acknowledge,
    /// `basic.nack` or `basic.reject` without requeue.
    Reject,
    /// `basic.reject` with requeue: it counts as a failed delivery everywhere.
    Return,
    /// `basic.nack` with requeue, or `basic.recover`.
    Requeue,
}

impl Broker {
    #[inline(always)]
    pub(super) fn ack(
        &mut self,
        place: u32,
        tag: DeliveryTag,
        multiple: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let Broker { queues, consumers, channels, messages, persistence, .. } = self;
        let channel = &mut channels[place];
        if multiple || channel.tx.is_some() || channel.limit > 0 {
            return self.settle(place, tag, multiple, Settling::Acknowledge, step);
        }
        let Some(unacked) = channel.unacked.oldest(tag) else {
            return self.ack_one(place, tag, step);
        };
        let (id, consumer) = (unacked.queue, unacked.consumer);
        let queue = queues.get_mut(id.0);
        let Some(queue) = queue.filter(|queue| queue.features.as_ref().is_none_or(|f| f.deals_in_turn()))
        else {
            return self.ack_one(place, tag, step);
        };
        let is_plain = queue.features.is_none();
        // The usual acknowledgement: all that it touches is at hand.
        queue.unacked -= 1;
        let counts = (queue.ready_count(), queue.unacked);
        let slot = unacked.entry.slot();
        let message = messages.id(slot);
        messages.release(slot);
        let settled = (Settlement::Acked, rules::ACK_2);
        state_settled(channel.at, unacked, message, counts, settled, step);
        if queue.stored
            && let Some(persistence) = persistence
        {
            persistence.forget_copy(id, unacked.entry.arrival(), true, step.now);
        }
        channel.unacked.leave_oldest();
        let mut others_may_come_back = false;
        if let Some(consumer_id) = consumer {
            let consumer = &mut consumers[consumer_id.0];
            if consumer.gets_back(1) {
                if channel.consumers.len() == 1 {
                    consumer.comes_back(&mut queue.rotation, (id, consumer_id), step);
                } else {
                    others_may_come_back = true;
                }
            }
        }
        let is_empty = counts.0 == 0;
        if others_may_come_back {
            self.unblock(place, id, step);
        }
        if !is_empty && is_plain {
            self.dispatch_plain(id, step);
        } else if !is_empty {
            self.dispatch(id, step);
        }
        Ok(())
    }

    /// An acknowledgement of a delivery that is not the oldest one, or whose queue has ways of its own.
    #[inline(never)]
    fn ack_one(&mut self, place: u32, tag: DeliveryTag, step: &mut Step<'_, impl Out>) -> Handled {
        match self.channels[place].unacked.take(tag) {
            Some(unacked) => self.carry_out(place, Settling::Acknowledge, &[unacked], step),
            None => return self.settle(place, tag, false, Settling::Acknowledge, step),
        }
        Ok(())
    }

    /// `basic.ack`, `basic.nack` and `basic.reject`. In a transaction the tag is taken at once, and the queue learns of it
    /// with the commit. Source: rules ACK-6 and TX-3.
    pub(super) fn settle(
        &mut self,
        place: u32,
        tag: DeliveryTag,
        multiple: bool,
        settling: Settling,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let taken = self.take_deliveries(place, tag, multiple)?;
        match &mut self.channels[place].tx {
            Some(tx) => tx.settled.push((settling, taken)),
            None => self.carry_out(place, settling, &taken, step),
        }
        Ok(())
    }

    /// Source: rule ACK-9.
    pub(super) fn recover(&mut self, place: u32, requeue: bool, step: &mut Step<'_, impl Out>) -> Handled {
        if !requeue {
            return Err(failure(ReplyCode::NotImplemented, rules::ACK_9, "requeue=false"));
        }
        let taken = self.channels[place].unacked.take_all();
        // The channel answers first: the queues learn of it later.
        step.out.send(self.channels[place].at, ServerMethod::BasicRecoverOk);
        self.carry_out(place, Settling::Requeue, &taken, step);
        Ok(())
    }

    /// The deliveries that a tag names. Source: rules ACK-2 to ACK-5.
    fn take_deliveries(
        &mut self,
        place: u32,
        tag: DeliveryTag,
        multiple: bool,
    ) -> Result<Vec<Unacked>, Failure> {
        let unacked = &mut self.channels[place].unacked;
        match (tag, multiple) {
            (0, true) => return Ok(unacked.take_all()),
            (_, true) if unacked.contains(tag) => return Ok(unacked.take_until(tag)),
            (_, false) if unacked.contains(tag) => return Ok(unacked.take(tag).into_iter().collect()),
            _ => {}
        }
        let rule = if multiple { rules::ACK_3 } else { rules::ACK_5 };
        Err(failure(ReplyCode::PreconditionFailed, rule, format!("unknown delivery tag {tag}")))
    }

    /// The channel's bound learns of it first, then the queues, then those queues go on that waited for the bound.
    pub(super) fn carry_out(
        &mut self,
        place: u32,
        settling: Settling,
        taken: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        let pushed = taken.iter().filter(|unacked| unacked.is_of_consumer()).count() as u32;
        self.lower_volume(place, pushed);
        self.tell_queues(place, settling, taken, step);
        self.resume_channel(place, step);
    }

    /// Tells the queues what becomes of deliveries: one message for each queue and consumer, each of which the queue
    /// carries out at once. Source: rule ACK-8, `rabbit_channel:foreach_per_queue`.
    fn tell_queues(
        &mut self,
        place: u32,
        settling: Settling,
        taken: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        if let [only] = taken {
            if only.queue != GONE {
                self.tell_queue(place, settling, taken, step);
            }
            return;
        }
        for group in self.groups_of(taken) {
            self.tell_queue(place, settling, &group, step);
        }
    }

    fn tell_queue(
        &mut self,
        place: u32,
        settling: Settling,
        group: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        let queue = group[0].queue;
        let Some(found) = self.queues.get(queue.0) else { return };
        if found.features.as_ref().is_some_and(|features| features.is_quorum()) {
            self.settle_in_quorum(place, settling, group, step);
        } else {
            self.settle_in_classic(place, settling, group, step);
        }
        self.tell_level(queue, step);
    }

    fn settle_in_classic(
        &mut self,
        place: u32,
        settling: Settling,
        group: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        let (at, queue) = (self.channels[place].at, group[0].queue);
        // Credit comes back before anything else happens. Source: rule RDL-11.
        if settling == Settling::Return || settling == Settling::Requeue {
            self.give_credits(group, step);
            let rule = if settling == Settling::Return { rules::RDL_1 } else { rules::ACK_9 };
            self.requeue_deliveries(at, queue, group, rule, step);
        } else {
            let in_batch = group.len() > 1 && self.begin_batch(queue);
            for unacked in group {
                self.settle_for_good(at, unacked, settling, step);
            }
            if in_batch {
                self.end_batch(queue, step);
            }
            self.give_credits(group, step);
        }
        self.hand_out(queue, step);
    }

    /// A delivery is acknowledged or rejected. Source: rules ACK-2, ACK-7 and DLX-1.
    pub(super) fn settle_for_good(
        &mut self,
        at: ChannelRef,
        unacked: &Unacked,
        settling: Settling,
        step: &mut Step<'_, impl Out>,
    ) {
        if settling == Settling::Acknowledge {
            let stored = self.forget_delivery(at, unacked, Settlement::Acked, rules::ACK_2, step);
            self.copy_departs(unacked, stored, step);
        } else {
            self.bury(at, unacked, DeathReason::Rejected, rules::ACK_7, step);
        }
    }

    /// A copy is acknowledged and gone for good; whether its queue is `stored`. Source: rule ACK-2.
    #[inline(always)]
    fn copy_departs(&mut self, unacked: &Unacked, stored: bool, step: &mut Step<'_, impl Out>) {
        if stored {
            self.departs(unacked.queue, unacked.entry, step);
        }
        self.messages.release(unacked.entry.slot());
    }

    /// A delivery dies: to the dead-letter exchange, or for good.
    pub(super) fn bury(
        &mut self,
        at: ChannelRef,
        unacked: &Unacked,
        reason: DeathReason,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        self.is_dropped(unacked.queue, unacked.entry, step);
        if let Some(to) = self.dead_letter_exchange(unacked.queue) {
            self.forget_delivery(at, unacked, Settlement::DeadLettered, rule, step);
            self.post_letter(unacked.queue, to, unacked.entry.slot(), reason);
        } else {
            let how = match reason {
                DeathReason::DeliveryLimit => Settlement::Gone(LossCause::DeliveryLimit),
                _ => Settlement::Rejected,
            };
            self.forget_delivery(at, unacked, how, rule, step);
            self.messages.release(unacked.entry.slot());
        }
    }

    /// What is settled until [`Broker::end_batch`] comes to the process of the queue as one; whether it has a store. Source: rule ACK-8.
    pub(super) fn begin_batch(&mut self, id: QueueId) -> bool {
        let stored = self.queues[id.0].stored;
        if let Some(persistence) = self.persistence.as_mut().filter(|_| stored) {
            persistence.storage.begin_batch();
        }
        stored
    }

    pub(super) fn end_batch(&mut self, id: QueueId, step: &Step<'_, impl Out>) {
        if let Some(persistence) = &mut self.persistence {
            persistence.storage.end_batch(step.now, id.0);
        }
    }

    /// Puts deliveries back into their classic queue; the caller serves the queue afterwards. What is too much or has
    /// expired meanwhile goes at once. Source: rules RDL-1, RDL-9, RDL-10 and RDL-11.
    pub(super) fn requeue_deliveries(
        &mut self,
        at: ChannelRef,
        id: QueueId,
        deliveries: &[Unacked],
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        if deliveries.is_empty() {
            return;
        }
        self.state_requeued(at, id, deliveries, rule, step);
        let queue = &mut self.queues[id.0];
        queue.unacked -= deliveries.len() as u32;
        let Some(features) = &mut queue.features else {
            queue.requeue(deliveries.iter().map(|delivery| delivery.entry).collect());
            return;
        };
        let sizes = deliveries.iter().map(|d| u64::from(self.messages.get(d.entry.slot()).message.size));
        features.ready_bytes += sizes.sum::<u64>();
        let entries: Vec<(Option<u8>, Entry)> =
            deliveries.iter().map(|d| (Some(self.lane_priority(id, d.entry)), d.entry)).collect();
        self.queues[id.0].requeue_by_priority(&entries);
        self.drop_head(id, step);
        self.drop_expired(id, step);
    }

    /// A message's priority as its queue knows it: no higher than the queue's highest.
    fn lane_priority(&self, id: QueueId, entry: Entry) -> u8 {
        let max = self.queues[id.0].features.as_ref().map_or(0, |features| features.rules.max_priority);
        self.priority_of(entry.slot()).unwrap_or(0).min(max)
    }

    pub(super) fn state_requeued(
        &self,
        at: ChannelRef,
        id: QueueId,
        deliveries: &[Unacked],
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let queue = &self.queues[id.0];
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        for (n, delivery) in (1..).zip(deliveries) {
            let fact = Fact::Requeued {
                queue: id,
                channel: at,
                consumer_tag: delivery.consumer_tag,
                delivery_tag: delivery.tag,
                message: self.messages.id(delivery.entry.slot()),
                ready: ready + n,
                unacked: unacked - n,
            };
            step.out.fact(fact, rule);
        }
    }

    /// The delivery is out of the queue's hands; what becomes of the copy is the caller's business. Whether the queue has a
    /// store.
    pub(super) fn forget_delivery(
        &mut self,
        at: ChannelRef,
        unacked: &Unacked,
        how: Settlement,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        let queue = &mut self.queues[unacked.queue.0];
        queue.unacked -= 1;
        let (counts, stored) = ((queue.ready_count(), queue.unacked), queue.stored);
        self.state_settled(at, unacked, counts, (how, rule), step);
        stored
    }

    /// States that a delivery is settled; `counts` are the ready and unacknowledged messages left in its queue.
    pub(super) fn state_settled(
        &self,
        at: ChannelRef,
        delivery: &Unacked,
        counts: (u32, u32),
        how: (Settlement, RuleRef),
        step: &mut Step<'_, impl Out>,
    ) {
        state_settled(at, delivery, self.messages.id(delivery.entry.slot()), counts, how, step);
    }

    /// Gives consumers back the credit of these deliveries, in order of their first one.
    fn give_credits(&mut self, group: &[Unacked], step: &mut Step<'_, impl Out>) {
        if let [Unacked { consumer, .. }] = group {
            if let Some(consumer) = consumer {
                self.give_credit(*consumer, 1, step);
            }
            return;
        }
        let mut counts: Vec<(ConsumerId, u32)> = Vec::new();
        for consumer in group.iter().filter_map(|unacked| unacked.consumer) {
            match counts.iter_mut().find(|(known, _)| *known == consumer) {
                Some((_, count)) => *count += 1,
                None => counts.push((consumer, 1)),
            }
        }
        for (consumer, count) in counts {
            self.give_credit(consumer, count, step);
        }
    }

    /// Deliveries by queue and consumer tag, in order of their names; each `basic.get` is a group of its own and comes
    /// before the consumers. What is gone is left out. Source: `rabbit_channel:foreach_per_queue`.
    fn groups_of(&self, deliveries: &[Unacked]) -> Vec<Vec<Unacked>> {
        let mut groups: Vec<Vec<Unacked>> = Vec::new();
        for delivery in deliveries.iter().filter(|delivery| delivery.queue != GONE) {
            let is_same = |group: &&mut Vec<Unacked>| {
                delivery.is_of_consumer()
                    && (group[0].queue, group[0].consumer_tag) == (delivery.queue, delivery.consumer_tag)
            };
            match groups.iter_mut().find(is_same) {
                Some(group) => group.push(*delivery),
                None => groups.push(vec![*delivery]),
            }
        }
        if groups.len() > 1 {
            let tag = |unacked: &Unacked| unacked.consumer_tag.map_or("", |tag| self.names.text(tag));
            groups.sort_by(|a, b| {
                let (a, b) = (&a[0], &b[0]);
                let name = |unacked: &Unacked| self.names.text(self.queues[unacked.queue.0].name);
                name(a)
                    .cmp(name(b))
                    .then(a.is_of_consumer().cmp(&b.is_of_consumer()))
                    .then(tag(a).cmp(tag(b)))
                    .then(a.tag.cmp(&b.tag))
            });
        }
        groups
    }
}

/// States that the delivery of a message is settled.
#[inline(always)]
fn state_settled(
    at: ChannelRef,
    delivery: &Unacked,
    message: MessageId,
    (ready, unacked): (u32, u32),
    (how, rule): (Settlement, RuleRef),
    step: &mut Step<'_, impl Out>,
) {
    let fact = Fact::Settled {
        queue: delivery.queue,
        channel: at,
        consumer: delivery.consumer,
        delivery_tag: delivery.tag,
        message,
        how,
        ready,
        unacked,
    };
    step.out.fact(fact, rule);
}
