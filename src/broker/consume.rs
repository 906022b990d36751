//! `basic.consume`, `basic.cancel` and `basic.get`. Source: rules DSP-3, DSP-4, DSP-12 to DSP-16, SAC-1 to SAC-6, ARG-13.

use super::channel::Consumer;
use super::direct_reply::REPLY_TO;
use super::dispatch::outgoing;
use super::error::{Failure, Handled, failure};
use super::queue::QueueKind;
use super::queue::arguments::{integer, invalid};
use super::queue::quorum::{Cancelled, UNLIMITED_PREFETCH};
use super::unacked::Unacked;
use super::users::Permission;
use super::{Broker, Out, Step};
use crate::amqp::{BasicConsume, ConsumerId, FieldTable, GetOk, Name, QueueId, ReplyCode, ServerMethod};
use crate::observe::Fact;
use crate::rules::{self, RuleRef};

/// Arguments of `basic.consume` that only streams know. Source: rule ARG-13.
const STREAM_OFFSET: &str = "x-stream-offset";
/// The argument of classic queues that quorum queues do not know.
const CANCEL_ON_FAILOVER: &str = "x-cancel-on-ha-failover";

impl Broker {
    pub(super) fn consume(
        &mut self,
        place: u32,
        mut consume: BasicConsume,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let max = self.settings.consumers_per_channel_max;
        if max > 0 && self.channels[place].consumers.len() >= max as usize {
            let text = format!("reached maximum ({max}) of consumers per channel");
            return Err(failure(ReplyCode::NotAllowed, rules::CON_23, text));
        }
        // The tag is looked at before the queue. Source: `rabbit_channel:handle_method`.
        if self.consumer_of(place, consume.consumer_tag).is_some() {
            let text = format!("attempt to reuse consumer tag '{}'", self.names.text(consume.consumer_tag));
            return Err(failure(ReplyCode::NotAllowed, rules::DSP_14, text));
        }
        if self.names.text(consume.queue) == REPLY_TO {
            return self.consume_replies(place, &consume, step);
        }
        let name = self.queue_name(place, consume.queue)?;
        self.check_queue_permission(place, Permission::Read, name)?;
        let id = self.named_queue(place, name)?;
        let priority = self.check_consumer(place, id, &consume)?;
        if consume.consumer_tag == Name::EMPTY {
            consume.consumer_tag = self.make_name("amq.ctag-");
        }
        self.add_consumer(place, id, &consume, priority, step);
        self.dispatch(id, step);
        Ok(())
    }

    /// Whether the queue takes this consumer; its priority. Source: rules DSP-12, DSP-13, QOS-12, SAC-4.
    fn check_consumer(&self, place: u32, id: QueueId, consume: &BasicConsume) -> Result<i64, Failure> {
        let queue = &self.queues[id.0];
        let resource = || self.queue_resource(queue.vhost, queue.name);
        let priority = consumer_priority(&resource(), queue.kind, &consume.arguments)?;
        if queue.kind == QueueKind::Quorum {
            if self.channels[place].limit > 0 {
                let text = format!("{} does not support global qos", resource());
                return Err(failure(ReplyCode::NotImplemented, rules::QOS_12, text));
            }
            return Ok(priority);
        }
        let occupied = queue.exclusive_consumer.is_some()
            || (consume.exclusive && (!queue.consumers.is_empty() || self.has_single_active(id)));
        if occupied {
            let text = format!("{} in exclusive use", resource());
            return Err(failure(ReplyCode::AccessRefused, rules::DSP_12, text));
        }
        Ok(priority)
    }

    fn add_consumer(
        &mut self,
        place: u32,
        id: QueueId,
        consume: &BasicConsume,
        priority: i64,
        step: &mut Step<'_, impl Out>,
    ) {
        let (at, tag) = (self.channels[place].at, consume.consumer_tag);
        let quorum = self.queues[id.0].kind == QueueKind::Quorum;
        let prefetch = match self.channels[place].prefetch {
            0 if quorum => UNLIMITED_PREFETCH,
            prefetch => prefetch,
        };
        let consumer = Consumer::new(tag, id, place, (consume.no_ack, prefetch), priority);
        let consumer = ConsumerId(self.consumers.insert(consumer));
        self.forget_service(consumer);
        // Deliveries of an earlier consumer of this tag give their credit to this one; in a quorum queue they count.
        let adopted = self.channels[place].adopt(consumer, id, tag);
        self.channels[place].consumers.push(consumer);
        let queue = &mut self.queues[id.0];
        queue.consumers.push(consumer);
        let stands_by = queue.features.as_ref().is_some_and(|features| features.active.is_some());
        let rule = if stands_by { rules::SAC_1 } else { rules::DSP_4 };
        step.out.fact(Fact::ConsumerAdded { queue: id, consumer, channel: at, tag }, rule);
        step.out.send(at, ServerMethod::BasicConsumeOk { consumer_tag: tag });
        if quorum {
            self.consumers[consumer.0].unacked = adopted as i32;
            if let Some(quorum) = self.quorum_mut(id) {
                quorum.cancelled.retain(|c| (c.channel, c.consumer_tag) != (place, tag));
            }
            self.choose_active(id, step);
            self.queue_up(id, consumer);
        } else {
            queue.rotation.join(consumer, priority);
            queue.exclusive_consumer = consume.exclusive.then_some(consumer);
            self.choose_active(id, step);
        }
    }

    /// Where only one consumer is served and there is none: the next one. In a classic queue that is the one at the front
    /// of the rotation, in a quorum queue the one that waits longest. Source: rules SAC-1, SAC-2 and SAC-6.
    pub(super) fn choose_active(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if !self.has_single_active(id) {
            return;
        }
        let queue = &self.queues[id.0];
        let Some(features) = &queue.features else { return };
        let (quorum, active) = (features.is_quorum(), features.active);
        let by_priority = quorum && self.profile.quorum_successor_by_priority;
        let highest = |broker: &Broker| {
            // Of equals the one that came first.
            let consumers = broker.queues[id.0].consumers.iter().rev().copied();
            consumers.max_by_key(|consumer| broker.consumers[consumer.0].priority)
        };
        let next = match active {
            Some(active) if by_priority => {
                // It hands over once it holds nothing, and gets nothing until then.
                if !self.is_superseded(id, active) {
                    return;
                }
                self.queues[id.0].rotation.leave(active);
                if self.consumers[active.0].unacked > 0 {
                    return;
                }
                highest(self)
            }
            Some(_) => None,
            None if by_priority => highest(self),
            None if quorum => queue.consumers.first().copied(),
            None => queue.rotation.next(),
        };
        let Some(next) = next else { return };
        let queue = &mut self.queues[id.0];
        if let Some(features) = &mut queue.features
            && let Some(earlier) = features.active.replace(next)
            && quorum
        {
            queue.rotation.leave(earlier);
        }
        step.out.fact(Fact::ConsumerActivated { queue: id, consumer: next }, rules::SAC_1);
        if quorum {
            self.queue_up(id, next);
        }
    }

    /// Whether a consumer of higher priority waits for this one to hand over. Source: rule SAC-6.
    pub(super) fn is_superseded(&self, id: QueueId, active: ConsumerId) -> bool {
        let priority = |consumer: ConsumerId| self.consumers[consumer.0].priority;
        self.profile.quorum_successor_by_priority
            && self.queues[id.0].consumers.iter().any(|&other| priority(other) > priority(active))
    }

    fn consumer_of(&self, place: u32, tag: Name) -> Option<ConsumerId> {
        self.channels[place].consumers.iter().copied().find(|c| self.consumers[c.0].tag == tag)
    }

    /// Its unacknowledged deliveries stay with the channel. Source: rule DSP-15.
    pub(super) fn cancel(&mut self, place: u32, tag: Name, step: &mut Step<'_, impl Out>) {
        let consumer = self.consumer_of(place, tag);
        self.cancel_replies(place, tag);
        step.out.send(self.channels[place].at, ServerMethod::BasicCancelOk { consumer_tag: tag });
        let Some(consumer) = consumer else { return };
        let queue = self.consumers[consumer.0].queue;
        let held = self.remove_consumer(consumer, rules::DSP_15, step);
        if self.delete_if_abandoned(queue, step) {
            return;
        }
        if let Some(quorum) = self.quorum_mut(queue) {
            if !held.is_empty() {
                quorum.cancelled.push(Cancelled { channel: place, consumer_tag: tag, held });
            }
            self.choose_active(queue, step);
            self.checkout(queue, step);
            self.tell_level(queue, step);
        } else {
            // Deviation: DEV-2. Where a real queue process dies with the next publish, the successor gets it.
            self.choose_active(queue, step);
            if self.has_single_active(queue) && !self.profile.successor_waits {
                self.hand_out(queue, step);
            }
        }
        if self.queues[queue.0].consumers.is_empty() {
            self.use_queue(queue, step);
        }
    }

    /// Takes a consumer out of its queue and its channel. Deliveries it holds stay with the channel, without it; their
    /// tags.
    pub(super) fn remove_consumer(
        &mut self,
        consumer: ConsumerId,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) -> Vec<u64> {
        let Some(gone) = self.consumers.remove(consumer.0) else { return Vec::new() };
        let channel = &mut self.channels[gone.channel];
        channel.consumers.retain(|&other| other != consumer);
        let held = channel.orphan(consumer);
        let queue = &mut self.queues[gone.queue.0];
        queue.rotation.leave(consumer);
        queue.consumers.retain(|&other| other != consumer);
        if queue.exclusive_consumer == Some(consumer) {
            queue.exclusive_consumer = None;
        }
        if let Some(features) = &mut queue.features
            && features.active == Some(consumer)
        {
            features.active = None;
        }
        let fact = Fact::ConsumerRemoved { queue: gone.queue, consumer, tag: gone.tag };
        step.out.fact(fact, rule);
        held
    }

    /// Takes the head of a queue, whoever consumes from it. Source: rule DSP-16.
    pub(super) fn get(
        &mut self,
        place: u32,
        name: Name,
        no_ack: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let name = self.queue_name(place, name)?;
        self.check_queue_permission(place, Permission::Read, name)?;
        let id = self.named_queue(place, name)?;
        let quorum = self.queues[id.0].kind == QueueKind::Quorum;
        if quorum && self.has_single_active(id) {
            let queue = &self.queues[id.0];
            let text = format!(
                "cannot obtain access to locked {}. basic.get operations are not supported by quorum queues with \
                 single active consumer",
                self.queue_resource(queue.vhost, queue.name)
            );
            return Err(failure(ReplyCode::ResourceLocked, rules::SAC_5, text));
        }
        self.use_queue(id, step);
        if quorum {
            // A quorum queue looks at its head's age first. Source: rule TTL-10.
            self.drop_expired(id, step);
        }
        let at = self.channels[place].at;
        if self.queues[id.0].head().is_none() {
            step.out.send(at, ServerMethod::BasicGetEmpty);
            return Ok(());
        }
        self.fetch(place, id, no_ack, step);
        self.tell_level(id, step);
        Ok(())
    }

    fn fetch(&mut self, place: u32, id: QueueId, no_ack: bool, step: &mut Step<'_, impl Out>) {
        let Some(entry) = self.take_ready(id) else { return };
        let channel = &mut self.channels[place];
        let at = channel.at;
        let queue = &mut self.queues[id.0];
        let delivery_tag = channel.next_tag();
        if !no_ack {
            queue.unacked += 1;
            let unacked = Unacked {
                tag: delivery_tag,
                entry,
                queue: id,
                delivered: step.now,
                consumer: None,
                consumer_tag: None,
                settled: false,
            };
            channel.unacked.push(unacked);
        }
        let message = self.messages.id(entry.slot());
        let (redelivered, automatic) = (entry.redelivered(), no_ack);
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        let fact = Fact::Got {
            queue: id,
            channel: at,
            delivery_tag,
            message,
            redelivered,
            automatic,
            ready,
            unacked,
        };
        step.out.fact(fact, rules::DSP_16);
        if queue.kind == QueueKind::Quorum {
            if let Some(quorum) = self.quorum_mut(id).filter(|_| !no_ack) {
                quorum.fetched += 1;
            }
            self.checkout(id, step);
        } else if self.queues[id.0].features.is_some() {
            // What comes to the head may have expired. Source: rule TTL-4.
            self.drop_expired(id, step);
        }
        let queue = &self.queues[id.0];
        // A quorum queue has counted before it looked at the age of the next message.
        let message_count = if queue.kind == QueueKind::Quorum { ready } else { queue.ready_count() };
        let stored = self.messages.get(entry.slot());
        let zero = (queue.kind == QueueKind::Quorum && self.profile.delivery_count_zero_on_get).then_some(0);
        let ok = GetOk {
            delivery_tag,
            redelivered,
            exchange: stored.exchange,
            routing_key: stored.routing_key,
            message_count,
            message: outgoing(stored, queue, entry, zero),
        };
        step.out.send(at, ServerMethod::BasicGetOk(ok));
        if no_ack {
            self.settles(Some(place));
            self.departs(id, entry, step);
            self.settles(None);
            self.messages.release(entry.slot());
            if let Some(quorum) = self.quorum_mut(id) {
                quorum.returns.remove(&entry.arrival());
            }
        } else {
            self.watch_delivery(place, id, step);
        }
    }
}

/// `x-priority` of `basic.consume`, and arguments that the queue's type does not know. Source: rule ARG-13.
fn consumer_priority(resource: &str, kind: QueueKind, arguments: &FieldTable) -> Result<i64, Failure> {
    let mut priority = 0;
    if let Some(value) = arguments.get("x-priority") {
        priority =
            integer(value).map_err(|reason| invalid("x-priority", resource, &reason, rules::ARG_13))?;
    }
    let unknown: &[&str] = match kind {
        QueueKind::Quorum => &[STREAM_OFFSET, CANCEL_ON_FAILOVER],
        _ => &[STREAM_OFFSET],
    };
    match arguments.iter().find(|(key, _)| unknown.contains(key)) {
        Some((key, _)) => {
            let text = format!("invalid arg '{key}' for {resource} of queue type {}", kind.module());
            Err(failure(ReplyCode::PreconditionFailed, rules::ARG_13, text))
        }
        None => Ok(priority),
    }
}
