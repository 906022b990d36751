//! `basic.consume`, `basic.cancel` and `basic.get`. Source: rules DSP-3, DSP-4, DSP-12 to DSP-16, ARG-13.

use super::channel::Consumer;
use super::error::{Handled, failure};
use super::unacked::Unacked;
use super::{Broker, Out, Step};
use crate::amqp::{
    BasicConsume, ConsumerId, FieldTable, FieldValue, GetOk, Name, QueueId, ReplyCode, ServerMethod,
};
use crate::observe::Fact;
use crate::rules::{self, RuleRef};

impl Broker {
    pub(super) fn consume(
        &mut self,
        place: u32,
        mut consume: BasicConsume,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let id = self.named_queue(place, consume.queue, rules::BND_3)?;
        let at = self.channels[place].at;
        if consume.consumer_tag == Name::EMPTY {
            consume.consumer_tag = self.make_name("amq.ctag-");
        }
        let tag = consume.consumer_tag;
        if self.consumer_of(place, tag).is_some() {
            let text = format!("attempt to reuse consumer tag '{}'", self.names.text(tag));
            return Err(failure(ReplyCode::NotAllowed, rules::DSP_14, text));
        }
        let priority = self.consumer_priority(id, &consume.arguments)?;
        let queue = &self.queues[id.0];
        let occupied =
            queue.exclusive_consumer.is_some() || (consume.exclusive && !queue.consumers.is_empty());
        if occupied {
            let text = format!("{} in exclusive use", self.queue_resource(queue.vhost, queue.name));
            return Err(failure(ReplyCode::AccessRefused, rules::DSP_12, text));
        }
        let consumer = ConsumerId(self.consumers.insert(Consumer {
            tag,
            queue: id,
            channel: place,
            no_ack: consume.no_ack,
            priority,
            prefetch: self.channels[place].prefetch,
            unacked: 0,
            blocked: 0,
        }));
        self.channels[place].consumers.push(consumer);
        let queue = &mut self.queues[id.0];
        queue.consumers.push(consumer);
        queue.rotation.join(consumer, priority);
        queue.exclusive_consumer = consume.exclusive.then_some(consumer);
        step.out.fact(Fact::ConsumerAdded { queue: id, consumer, channel: at, tag }, rules::DSP_4);
        step.out.send(at, ServerMethod::BasicConsumeOk { consumer_tag: tag });
        self.dispatch(id, step);
        Ok(())
    }

    /// `x-priority` of `basic.consume`. Source: rule ARG-13.
    fn consumer_priority(&self, id: QueueId, arguments: &FieldTable) -> Result<i64, super::error::Failure> {
        match arguments.get("x-priority") {
            None => Ok(0),
            Some(FieldValue::Integer(priority)) => Ok(*priority),
            Some(other) => {
                let queue = &self.queues[id.0];
                let text = format!(
                    "invalid arg 'x-priority' for {}: \"expected integer, got {}\"",
                    self.queue_resource(queue.vhost, queue.name),
                    other.type_name()
                );
                Err(failure(ReplyCode::PreconditionFailed, rules::ARG_13, text))
            }
        }
    }

    fn consumer_of(&self, place: u32, tag: Name) -> Option<ConsumerId> {
        self.channels[place].consumers.iter().copied().find(|c| self.consumers[c.0].tag == tag)
    }

    /// Its unacknowledged deliveries stay with the channel. Source: rule DSP-15.
    pub(super) fn cancel(&mut self, place: u32, tag: Name, step: &mut Step<'_, impl Out>) -> Handled {
        if let Some(consumer) = self.consumer_of(place, tag) {
            let queue = self.consumers[consumer.0].queue;
            self.channels[place].consumers.retain(|&other| other != consumer);
            self.remove_consumer(consumer, rules::DSP_15, step);
            self.delete_if_abandoned(queue, step);
        }
        step.out.send(self.channels[place].at, ServerMethod::BasicCancelOk { consumer_tag: tag });
        Ok(())
    }

    /// Takes a consumer out of its queue and its channel. Deliveries it holds stay with the channel, without it.
    pub(super) fn remove_consumer(
        &mut self,
        consumer: ConsumerId,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let Some(gone) = self.consumers.remove(consumer.0) else { return };
        let channel = &mut self.channels[gone.channel];
        channel.consumers.retain(|&other| other != consumer);
        channel.unacked.orphan(consumer);
        let queue = &mut self.queues[gone.queue.0];
        queue.rotation.leave(consumer);
        queue.consumers.retain(|&other| other != consumer);
        if queue.exclusive_consumer == Some(consumer) {
            queue.exclusive_consumer = None;
        }
        let fact = Fact::ConsumerRemoved { queue: gone.queue, consumer, tag: gone.tag };
        step.out.fact(fact, rule);
    }

    /// Takes the head of a queue, whoever consumes from it. Source: rule DSP-16.
    pub(super) fn get(
        &mut self,
        place: u32,
        name: Name,
        no_ack: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let id = self.named_queue(place, name, rules::DSP_16)?;
        let channel = &mut self.channels[place];
        let at = channel.at;
        let queue = &mut self.queues[id.0];
        let Some(entry) = queue.ready.pop_front() else {
            step.out.send(at, ServerMethod::BasicGetEmpty);
            return Ok(());
        };
        let delivery_tag = channel.next_tag();
        if !no_ack {
            queue.unacked += 1;
            channel.unacked.push(Unacked {
                tag: delivery_tag,
                entry,
                queue: id,
                consumer: None,
                of_consumer: false,
            });
        }
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        let stored = self.messages.get(entry.slot());
        let fact = Fact::Got {
            queue: id,
            channel: at,
            delivery_tag,
            message: stored.message.id,
            redelivered: entry.redelivered(),
            automatic: no_ack,
            ready,
            unacked,
        };
        step.out.fact(fact, rules::DSP_16);
        let ok = GetOk {
            delivery_tag,
            redelivered: entry.redelivered(),
            exchange: stored.exchange,
            routing_key: stored.routing_key,
            message_count: ready,
            message: stored.message.clone(),
        };
        step.out.send(at, ServerMethod::BasicGetOk(ok));
        if no_ack {
            self.messages.release(entry.slot());
        }
        step.out.level(id, ready, unacked);
        Ok(())
    }
}
