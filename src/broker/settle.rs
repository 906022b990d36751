//! Settlement: acknowledge, reject, requeue. Source: rules ACK-1 to ACK-10, RDL-1 to RDL-6.

use super::error::{Failure, Handled, failure};
use super::queue::Entry;
use super::unacked::{GONE, Unacked};
use super::{Broker, Out, Step};
use crate::amqp::{ChannelRef, ConsumerId, DeliveryTag, QueueId, ReplyCode, ServerMethod};
use crate::observe::{Fact, Settlement};
use crate::rules::{self, RuleRef};

impl Broker {
    #[inline]
    pub(super) fn ack(
        &mut self,
        place: u32,
        tag: DeliveryTag,
        multiple: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        if !multiple && let Some(unacked) = self.channels[place].unacked.take(tag) {
            self.settle_one(place, unacked, step);
            return Ok(());
        }
        let settled = self.take_deliveries(place, tag, multiple)?;
        self.settle(place, &settled, Settlement::Acked, rules::ACK_2, step);
        Ok(())
    }

    /// The usual acknowledgement, of one delivery.
    #[inline]
    fn settle_one(&mut self, place: u32, unacked: Unacked, step: &mut Step<'_, impl Out>) {
        if unacked.queue != GONE {
            let at = self.channels[place].at;
            self.forget_delivery(at, &unacked, Settlement::Acked, rules::ACK_2, step);
            if let Some(consumer) = unacked.consumer {
                self.give_credit(consumer, 1, step);
            }
            self.dispatch(unacked.queue, step);
        }
        if unacked.of_consumer {
            self.free_channel(place, 1, step);
        }
    }

    pub(super) fn nack(
        &mut self,
        place: u32,
        tag: DeliveryTag,
        multiple: bool,
        requeue: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let taken = self.take_deliveries(place, tag, multiple)?;
        if requeue {
            self.requeue(place, &taken, rules::RDL_1, step);
        } else {
            self.settle(place, &taken, Settlement::Rejected, rules::ACK_7, step);
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
        self.requeue(place, &taken, rules::ACK_9, step);
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

    /// Settles deliveries for good, then gives the queues a chance to hand out more.
    fn settle(
        &mut self,
        place: u32,
        settled: &[Unacked],
        how: Settlement,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let at = self.channels[place].at;
        for queue in self.queues_of(settled) {
            let of_queue: Vec<&Unacked> = settled.iter().filter(|u| u.queue == queue).collect();
            for unacked in &of_queue {
                self.forget_delivery(at, unacked, how, rule, step);
            }
            self.give_credits(of_queue.iter().filter_map(|u| u.consumer), step);
            self.dispatch(queue, step);
        }
        let pushed = settled.iter().filter(|u| u.of_consumer).count() as u32;
        self.free_channel(place, pushed, step);
    }

    fn requeue(&mut self, place: u32, taken: &[Unacked], rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let at = self.channels[place].at;
        for queue in self.queues_of(taken) {
            let of_queue: Vec<Unacked> = taken.iter().filter(|u| u.queue == queue).copied().collect();
            // Credit comes back before the messages do. Source: rule RDL-11.
            self.give_credits(of_queue.iter().filter_map(|u| u.consumer), step);
            self.requeue_deliveries(at, queue, &of_queue, rule, step);
            self.dispatch(queue, step);
        }
        let pushed = taken.iter().filter(|u| u.of_consumer).count() as u32;
        self.free_channel(place, pushed, step);
    }

    /// Puts deliveries back into their queue; the caller serves the queue afterwards.
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
        let queue = &mut self.queues[id.0];
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        for (n, delivery) in (1..).zip(deliveries) {
            let fact = Fact::Requeued {
                queue: id,
                channel: at,
                delivery_tag: delivery.tag,
                message: self.messages.id(delivery.entry.slot()),
                ready: ready + n,
                unacked: unacked - n,
            };
            step.out.fact(fact, rule);
        }
        queue.unacked -= deliveries.len() as u32;
        let entries: Vec<Entry> = deliveries.iter().map(|delivery| delivery.entry).collect();
        queue.requeue(entries);
    }

    #[inline]
    fn forget_delivery(
        &mut self,
        at: ChannelRef,
        unacked: &Unacked,
        how: Settlement,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let queue = &mut self.queues[unacked.queue.0];
        queue.unacked -= 1;
        let fact = Fact::Settled {
            queue: unacked.queue,
            channel: at,
            consumer: unacked.consumer,
            delivery_tag: unacked.tag,
            message: self.messages.id(unacked.entry.slot()),
            how,
            ready: queue.ready_count(),
            unacked: queue.unacked,
        };
        step.out.fact(fact, rule);
        self.messages.release(unacked.entry.slot());
    }

    /// Gives consumers back the credit of these deliveries, in order of their first one.
    fn give_credits(&mut self, consumers: impl Iterator<Item = ConsumerId>, step: &mut Step<'_, impl Out>) {
        let mut counts: Vec<(ConsumerId, u32)> = Vec::new();
        for consumer in consumers {
            match counts.iter_mut().find(|(known, _)| *known == consumer) {
                Some((_, count)) => *count += 1,
                None => counts.push((consumer, 1)),
            }
        }
        for (consumer, count) in counts {
            self.give_credit(consumer, count, step);
        }
    }

    /// The queues that deliveries came from, in order of the first delivery, without those that are gone.
    fn queues_of(&self, deliveries: &[Unacked]) -> Vec<QueueId> {
        let mut queues: Vec<QueueId> = deliveries.iter().map(|u| u.queue).filter(|&q| q != GONE).collect();
        self.sort_queues(&mut queues);
        queues
    }
}
