//! The ready messages of a queue with features: how they come, how they leave other than by delivery, and the length
//! limit. Source: rules LEN-1 to LEN-5 and RDL-9.

use super::dead_letter::Letter;
use super::messages::Slot;
use super::queue::{Entry, Features, Overflow, Queue, QueueRules};
use super::{Broker, Out, Step};
use crate::amqp::{MessageId, QueueId};
use crate::observe::{DeathReason, Fact, LossCause};
use crate::rules::{self, RuleRef};

impl Queue {
    /// [`Broker::tell_level`] for a queue that is at hand.
    #[inline(always)]
    pub(super) fn tell_level(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let ready = self.ready_count();
        if self.told != ready {
            self.told = ready;
            step.out.level(id, ready);
        }
    }
}

impl Broker {
    /// States how many messages are ready in a queue, if that has changed; once for each operation on it.
    #[inline(always)]
    pub(super) fn tell_level(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if let Some(queue) = self.queues.get_mut(id.0) {
            queue.tell_level(id, step);
        }
    }

    /// The priority that a message asks for, if it does.
    pub(super) fn priority_of(&self, slot: Slot) -> Option<u8> {
        let message = &self.messages.get(slot).message;
        match &message.content {
            Some(content) => content.properties.priority,
            None => (message.priority > 0).then_some(message.priority),
        }
    }

    /// Takes the message that is served next.
    #[inline]
    pub(super) fn take_ready(&mut self, id: QueueId) -> Option<Entry> {
        self.queues[id.0].pop(&self.messages)
    }

    /// Gives a plain queue room for the state of its features.
    pub(super) fn make_features(&mut self, id: QueueId) {
        let bytes = || {
            let sizes =
                self.queues[id.0].ready.iter().map(|entry| self.messages.get(entry.slot()).message.size);
            sizes.map(u64::from).sum()
        };
        if self.queues[id.0].features.is_none() {
            let ready_bytes = bytes();
            let queue = &mut self.queues[id.0];
            let features = Features::new(queue.kind, QueueRules::default(), &self.profile);
            queue.features = Some(Box::new(Features { ready_bytes, ..features }));
        }
    }

    /// Puts a new copy into a queue with features, unless that refuses it, and hands out what it can. Whether it took it.
    /// Source: `rabbit_amqqueue_process:maybe_deliver_or_enqueue`.
    pub(super) fn enqueue_with_features(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        if self.would_overflow(id, slot) {
            self.refuse_copy(id, slot, step);
            self.tell_level(id, step);
            return false;
        }
        self.add_ready(id, slot, message, step);
        self.arrives(id);
        self.hand_out(id, step);
        self.keep_arrived(id, slot, step);
        let queue = &self.queues[id.0];
        if !queue.consumers.is_empty() && queue.ready_count() == 0 {
            self.tell_level(id, step);
            return true;
        }
        let dropped = self.drop_head(id, step);
        // Where the head stayed what it was, RabbitMQ does not look at its expiry. Source: rule TTL-8.
        if dropped || self.queues[id.0].ready_count() == 1 {
            self.drop_expired(id, step);
        }
        self.tell_level(id, step);
        true
    }

    /// Adds a new copy at the back.
    pub(super) fn add_ready(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        step: &mut Step<'_, impl Out>,
    ) {
        let priority = self.priority_of(slot);
        let stored = self.messages.get(slot);
        let (size, dead) = (u64::from(stored.message.size), stored.dead);
        let queue = &mut self.queues[id.0];
        queue.push_by_priority(step.now, slot, priority);
        if let Some(features) = &mut queue.features {
            features.ready_bytes += size;
        }
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        step.out.fact(Fact::Enqueued { queue: id, message, dead, ready, unacked }, rules::RT_13);
    }

    /// Whether a publish would put the queue over a limit that refuses it. It is asked before a delivery is tried.
    /// Source: rule LEN-4.
    fn would_overflow(&self, id: QueueId, slot: Slot) -> bool {
        let queue = &self.queues[id.0];
        let Some(features) = &queue.features else { return false };
        if features.rules.overflow == Overflow::DropHead {
            return false;
        }
        let bytes = features.ready_bytes + u64::from(self.messages.get(slot).message.size);
        let count = u64::from(queue.ready_count()) + 1;
        is_over(&features.rules, count, bytes)
    }

    /// A publish is refused: its copy is dead-lettered or lost. Source: rules LEN-4 and LEN-5.
    fn refuse_copy(&mut self, id: QueueId, slot: Slot, step: &mut Step<'_, impl Out>) {
        let queue = &self.queues[id.0];
        let dead_letter = queue.features.as_ref().and_then(|features| match features.rules.overflow {
            Overflow::RejectPublishDlx => features.rules.dead_letter,
            _ => None,
        });
        match dead_letter {
            Some(to) => self.post_letter(id, to, slot, DeathReason::MaxLen),
            None => self.lose(id, slot, LossCause::QueueFull, rules::LEN_4, step),
        }
    }

    /// Drops messages from the head as long as there are too many. Whether it dropped any. Source: rule LEN-2.
    pub(super) fn drop_head(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> bool {
        let mut dropped = false;
        while self.is_over_limit(id) {
            let Some(head) = self.take_ready(id) else { break };
            dropped = true;
            self.die(id, head, DeathReason::MaxLen, rules::LEN_2, step);
        }
        dropped
    }

    fn is_over_limit(&self, id: QueueId) -> bool {
        let queue = &self.queues[id.0];
        queue.features.as_ref().is_some_and(|features| {
            features.rules.overflow == Overflow::DropHead
                && is_over(&features.rules, u64::from(queue.ready_count()), features.ready_bytes)
        })
    }

    /// A copy that was ready leaves its queue: to the dead-letter exchange, or for good.
    pub(super) fn die(
        &mut self,
        id: QueueId,
        entry: Entry,
        reason: DeathReason,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let features = self.queues[id.0].features.as_mut();
        if let Some(quorum) = features.and_then(|features| features.quorum.as_mut()) {
            quorum.returns.remove(&entry.arrival());
        }
        self.is_dropped(id, entry, step);
        if let Some(to) = self.dead_letter_exchange(id) {
            self.post_letter(id, to, entry.slot(), reason);
            return;
        }
        let cause = match reason {
            DeathReason::Expired => LossCause::Expired,
            DeathReason::MaxLen => LossCause::Overflow,
            DeathReason::Rejected => LossCause::Rejected,
            DeathReason::DeliveryLimit => LossCause::DeliveryLimit,
        };
        self.lose(id, entry.slot(), cause, rule, step);
    }

    /// A copy is gone for good.
    pub(super) fn lose(
        &mut self,
        id: QueueId,
        slot: Slot,
        cause: LossCause,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let (ready, unacked) = self.queues.get(id.0).map_or((0, 0), |q| (q.ready_count(), q.unacked));
        let (message, dead) = (self.messages.id(slot), self.messages.get(slot).dead);
        step.out.fact(Fact::Lost { queue: id, message, cause, dead, ready, unacked }, rule);
        self.messages.release(slot);
    }

    pub(super) fn dead_letter_exchange(&self, id: QueueId) -> Option<super::queue::DeadLetterExchange> {
        self.queues[id.0].features.as_ref()?.rules.dead_letter
    }

    /// The copy goes to the dead-letter exchange once the command that killed it is done.
    pub(super) fn post_letter(
        &mut self,
        id: QueueId,
        to: super::queue::DeadLetterExchange,
        slot: Slot,
        reason: DeathReason,
    ) {
        let queue = &self.queues[id.0];
        let letter = Letter { slot, source: id, name: queue.name, vhost: queue.vhost, to, reason };
        self.letters.push_back(letter);
    }
}

fn is_over(rules: &QueueRules, count: u64, bytes: u64) -> bool {
    rules.max_length.is_some_and(|max| count > max) || rules.max_length_bytes.is_some_and(|max| bytes > max)
}
