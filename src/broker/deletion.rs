//! Queues: purge and delete. Source: rules, CON-22.

use super::channel::ChannelState;
use super::error::{Handled, failure};
use super::exchange::Destination;
use super::queue::QueueKind;
use super::users::Permission;
use super::{Broker, Out, Step};
use crate::amqp::{Name, QueueId, ReplyCode, ServerMethod};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};

impl Broker {
    pub(super) fn purge(&mut self, place: u32, name: Name, step: &mut Step<'_, impl Out>) -> Handled {
        let name = self.queue_name(place, name)?;
        self.check_queue_permission(place, Permission::Read, name)?;
        let id = self.named_queue(place, name)?;
        let message_count = self.drop_ready(id, LossCause::Purged, rules::Q_13, step);
        if self.queues[id.0].kind == QueueKind::Quorum {
            self.checkout(id, step);
        }
        self.is_purged(id, step);
        step.out.send(self.channels[place].at, ServerMethod::QueuePurgeOk { message_count });
        Ok(())
    }

    /// All that was ready in a queue is purged. Source: rule DUR-18.
    fn is_purged(&mut self, id: QueueId, step: &Step<'_, impl Out>) {
        let queue = &self.queues[id.0];
        if queue.stored
            && queue.unacked == 0
            && let Some(persistence) = &mut self.persistence
        {
            persistence.storage.purged(step.now, id.0);
        }
    }

    /// Drops all ready messages of a queue; how many.
    fn drop_ready(
        &mut self,
        id: QueueId,
        cause: LossCause,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) -> u32 {
        let ready = self.queues[id.0].take_ready();
        let unacked = self.queues[id.0].unacked;
        for (left, entry) in (0..ready.len() as u32).rev().zip(&ready) {
            let (message, dead) = (self.messages.id(entry.slot()), self.messages.get(entry.slot()).dead);
            step.out.fact(Fact::Lost { queue: id, message, cause, dead, ready: left, unacked }, rule);
            self.is_dropped(id, *entry, step);
            self.messages.release(entry.slot());
            if let Some(quorum) = self.quorum_mut(id) {
                quorum.returns.remove(&entry.arrival());
            }
        }
        self.tell_level(id, step);
        ready.len() as u32
    }

    pub(super) fn delete_queue(
        &mut self,
        place: u32,
        name: Name,
        if_unused: bool,
        if_empty: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        let name = self.queue_name(place, name)?;
        self.check_queue_permission(place, Permission::Configure, name)?;
        let ok = |message_count| ServerMethod::QueueDeleteOk { message_count };
        if let Some(id) = self.find_queue(vhost, name) {
            self.not_locked(place, id)?;
            let queue = &self.queues[id.0];
            let resource = self.queue_resource(vhost, name);
            if queue.kind == QueueKind::Quorum && (if_unused || if_empty) {
                let flag = if if_unused { "if-unused" } else { "if-empty" };
                let text = format!(
                    "cannot delete {resource}. queue.delete operations with {flag} flag set are not supported by quorum queues"
                );
                return Err(failure(ReplyCode::NotImplemented, rules::Q_14, text));
            }
            if if_empty && queue.ready_count() > 0 {
                let text = format!("{resource} not empty");
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_8, text));
            }
            if if_unused && !queue.consumers.is_empty() {
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_8, format!("{resource} in use")));
            }
            // The answer precedes the cancellation of the channel's own consumers.
            step.out.send(at, ok(queue.ready_count()));
            self.remove_queue(id, rules::Q_9, step);
        } else {
            step.out.send(at, ok(0));
        }
        Ok(())
    }

    /// Deletes an auto-delete queue that has just lost its last consumer; whether it did. Source: rule CON-22.
    pub(super) fn delete_if_abandoned(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> bool {
        let abandoned = !self.stopping
            && self.queues.get(id.0).is_none_or(|queue| queue.auto_delete && queue.consumers.is_empty());
        if abandoned {
            self.remove_queue(id, rules::CON_22, step);
        }
        abandoned
    }

    /// Takes a queue away: its bindings first, then its messages and consumers. Source: rules BND-5, Q-10, Q-11.
    pub(super) fn remove_queue(&mut self, id: QueueId, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let Some(queue) = self.queues.get(id.0) else { return };
        let (name, vhost, messages) = (queue.name, queue.vhost, queue.ready_count() + queue.unacked);
        self.unbind_destination(Destination::Queue(id), vhost, name, step);
        self.drop_ready(id, LossCause::QueueDeleted, rule, step);
        self.drop_proposals_of(id, step);
        self.drop_kept_letters(id, rule, step);
        self.let_go_of_deliveries(id, LossCause::QueueDeleted, rule, step);
        let mut consumers = self.queues[id.0].consumers.clone();
        consumers.sort_by_key(|consumer| self.names.text(self.consumers[consumer.0].tag));
        for consumer in consumers {
            let (tag, channel) = (self.consumers[consumer.0].tag, self.consumers[consumer.0].channel);
            self.remove_consumer(consumer, rules::Q_11, step);
            let channel = &self.channels[channel];
            if channel.state == ChannelState::Open {
                step.out.send(channel.at, ServerMethod::BasicCancel { consumer_tag: tag });
            }
        }
        if let Some(features) = self.queues.remove(id.0).and_then(|queue| queue.features) {
            self.free_timer(features.ttl.timer);
            self.free_timer(features.expiry_timer);
            self.free_timer(features.quorum.and_then(|quorum| quorum.retry_timer));
        }
        self.remove_store(id);
        self.vhosts[vhost as usize].queues.remove(&name);
        self.topology += 1;
        step.out.fact(Fact::QueueDeleted { queue: id, messages }, rule);
        step.out.level(id, 0);
    }

    /// Dead letters that found no target yet go with their queue.
    fn drop_kept_letters(&mut self, id: QueueId, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let kept = self.quorum_mut(id).map(|quorum| std::mem::take(&mut quorum.kept)).unwrap_or_default();
        for letter in kept {
            self.lose(id, letter.slot, LossCause::QueueDeleted, rule, step);
        }
    }

    /// Forgets what a queue has handed out; the tags stay known to their channels, and settling them does nothing.
    /// Source: rule Q-11.
    fn let_go_of_deliveries(
        &mut self,
        id: QueueId,
        cause: LossCause,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let places: Vec<u32> = self.channels.iter().map(|(place, _)| place).collect();
        for place in places {
            let at = self.channels[place].at;
            for gone in self.channels[place].forget_queue(id) {
                self.forget_delivery(at, &gone, Settlement::Gone(cause), rule, step);
                self.messages.release(gone.entry.slot());
            }
        }
    }
}
