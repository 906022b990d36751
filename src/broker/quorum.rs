//! Quorum queues: what the replicated state machine does with each command. Replication itself is not simulated here: a
//! command takes effect at once. Deviation: DEV-3. Source: `rabbit_fifo`, rules DSP-7, LEN-6, LEN-7, RDL-2, RDL-3, QQ-1 to QQ-15.

use std::collections::VecDeque;

use super::messages::Slot;
use super::profile::QuorumRequeue;
use super::queue::quorum::{Enqueuer, Quorum, is_below};
use super::queue::{Entry, Overflow, QueueRules};
use super::settle::Settling;
use super::unacked::Unacked;
use super::{Broker, Out, Step};
use crate::amqp::{ConsumerId, MessageId, QueueId};
use crate::observe::{DeathReason, LossCause};
use crate::rules;
use crate::units::SimTime;

impl Broker {
    pub(super) fn quorum_mut(&mut self, id: QueueId) -> Option<&mut Quorum> {
        self.queues.get_mut(id.0)?.features.as_mut()?.quorum.as_deref_mut()
    }

    /// Puts a new copy into a quorum queue, unless its publisher is refused. Whether it took it. Source: rules CF-9,
    /// CF-14 and LEN-7.
    pub(super) fn enqueue_in_quorum(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        from: Option<u32>,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        if self.queues[id.0].stored {
            self.propose(id, slot, message, from, step);
            return true;
        }
        let accepted = self.take_into_quorum(id, slot, message, from, step);
        if accepted {
            self.checkout(id, step);
            self.tell_level(id, step);
        }
        accepted
    }

    /// Puts a copy at the back, unless its publisher is refused. Whether it is there; the caller serves the queue.
    pub(super) fn take_into_quorum(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        from: Option<u32>,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        if let Some(place) = from
            && self.refuses_publisher(id, place, step.now)
        {
            self.lose(id, slot, LossCause::QueueFull, rules::LEN_7, step);
            self.tell_level(id, step);
            return false;
        }
        self.add_ready(id, slot, message, step);
        true
    }

    /// Whether a publish of this channel is refused. A channel is known from its first publish on.
    fn refuses_publisher(&mut self, id: QueueId, place: u32, now: SimTime) -> bool {
        let refuses = self.queues[id.0]
            .features
            .as_ref()
            .is_some_and(|features| features.rules.overflow == Overflow::RejectPublish)
            && self.quorum_is_over(id);
        let Some(quorum) = self.quorum_mut(id) else { return false };
        let known = if refuses { Enqueuer::Refused } else { Enqueuer::Accepted };
        quorum.enqueuers.entry(place).or_insert(known).refuses(now)
    }

    /// Ready messages and kept dead letters, in number and bytes. Source: rule LEN-6.
    fn quorum_fill(&self, id: QueueId) -> Option<(&QueueRules, u64, u64)> {
        let queue = &self.queues[id.0];
        let features = queue.features.as_ref()?;
        let quorum = features.quorum.as_ref()?;
        let count = u64::from(queue.ready_count()) + quorum.kept.len() as u64;
        Some((&features.rules, count, features.ready_bytes + quorum.kept_bytes))
    }

    fn quorum_is_over(&self, id: QueueId) -> bool {
        self.quorum_fill(id).is_some_and(|(rules, count, bytes)| {
            rules.max_length.is_some_and(|max| count > max)
                || rules.max_length_bytes.is_some_and(|max| bytes > max)
        })
    }

    /// Ends each command: expired heads go, consumers with credit are served, the length limit holds.
    /// Source: `rabbit_fifo:checkout`.
    pub(super) fn checkout(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if !self.has_leader() {
            return;
        }
        let mut automatic = self.serve(id, step);
        self.evaluate_limit(id, step);
        // Automatic acknowledgements come back one consumer after the other, and each is a command.
        while let Some((consumer, count)) = automatic.pop_front() {
            self.consumers[consumer.0].unacked -= count;
            self.queue_up(id, consumer);
            automatic.extend(self.serve(id, step));
            self.evaluate_limit(id, step);
        }
    }

    /// Hands out what it can; what goes to one consumer leaves together, in order of the consumers' tags. Consumers with
    /// automatic acknowledgement that got something, and how much. Source: `rabbit_fifo:append_delivery_effects`.
    fn serve(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> VecDeque<(ConsumerId, i32)> {
        let mut served: Vec<(ConsumerId, Entry)> = Vec::new();
        loop {
            self.drop_expired(id, step);
            if self.queues[id.0].head().is_none() {
                break;
            }
            self.choose_next(id);
            let Some(consumer) = self.queues[id.0].rotation.next() else { break };
            self.queues[id.0].rotation.step_out();
            if !self.consumers[consumer.0].has_quorum_credit() {
                continue;
            }
            let Some(entry) = self.take_ready(id) else { break };
            self.consumers[consumer.0].unacked += 1;
            self.observe_delivery(consumer, step.now);
            served.push((consumer, entry));
            // It stays in turn only while it has credit. Source: rule DSP-7.
            self.queue_up(id, consumer);
        }
        served.sort_by_key(|(consumer, _)| self.names.text(self.consumers[consumer.0].tag));
        let mut automatic: VecDeque<(ConsumerId, i32)> = VecDeque::new();
        for (consumer, entry) in served {
            self.hand_over(id, consumer, entry, step);
            if !self.consumers[consumer.0].no_ack {
                continue;
            }
            match automatic.back_mut() {
                Some((known, count)) if *known == consumer => *count += 1,
                _ => automatic.push_back((consumer, 1)),
            }
        }
        automatic
    }

    /// A consumer that may take messages joins the back of its priority, unless it is there. Source: rules DSP-7, SAC-1.
    pub(super) fn queue_up(&mut self, id: QueueId, consumer: ConsumerId) {
        let Some(state) = self.consumers.get(consumer.0) else { return };
        let waits = self.has_single_active(id)
            && (self.queues[id.0].features.as_ref().and_then(|features| features.active) != Some(consumer)
                || self.is_superseded(id, consumer));
        let priority = state.priority;
        if state.has_quorum_credit() && !waits && !self.queues[id.0].rotation.contains(consumer) {
            self.queues[id.0].rotation.join(consumer, priority);
        }
    }

    /// Source: rules LEN-6 and LEN-7, `rabbit_fifo:evaluate_limit`.
    fn evaluate_limit(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let Some(features) = &self.queues[id.0].features else { return };
        let rules = &features.rules;
        if rules.max_length.is_none() && rules.max_length_bytes.is_none() {
            return;
        }
        if rules.overflow == Overflow::DropHead {
            while self.quorum_is_over(id) {
                let Some(head) = self.take_ready(id) else { break };
                self.die(id, head, DeathReason::MaxLen, rules::LEN_6, step);
            }
            return;
        }
        let over = self.quorum_is_over(id);
        let below = self.quorum_fill(id).is_some_and(|(rules, count, bytes)| {
            is_below(rules.max_length, count) && is_below(rules.max_length_bytes, bytes)
        });
        let Some(quorum) = self.quorum_mut(id) else { return };
        if over {
            quorum.refuse_enqueuers(step.now);
        } else if below && !quorum.below_soft_limit {
            quorum.enqueuers.values_mut().for_each(|enqueuer| *enqueuer = Enqueuer::Accepted);
        }
        quorum.below_soft_limit = below;
    }

    /// Carries out what a client does with deliveries of one consumer, or with a fetched message.
    pub(super) fn settle_in_quorum(
        &mut self,
        place: u32,
        settling: Settling,
        group: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        let (at, id) = (self.channels[place].at, group[0].queue);
        match settling {
            Settling::Acknowledge | Settling::Reject => {
                self.settles(Some(place));
                for unacked in group {
                    self.settle_for_good(at, unacked, settling, step);
                    self.let_go(place, unacked);
                    if let Some(quorum) = self.quorum_mut(id) {
                        quorum.returns.remove(&unacked.entry.arrival());
                    }
                }
                self.settles(None);
                self.restore_credit(id, group, step);
                self.checkout(id, step);
            }
            Settling::Return | Settling::Requeue => self.return_to_quorum(place, settling, group, step),
        }
    }

    /// Source: rules RDL-2, RDL-3, RDL-8 and QQ-3.
    fn return_to_quorum(
        &mut self,
        place: u32,
        settling: Settling,
        group: &[Unacked],
        step: &mut Step<'_, impl Out>,
    ) {
        let id = group[0].queue;
        let limit = self.queues[id.0].features.as_ref().and_then(|features| features.rules.delivery_limit);
        let counts = settling == Settling::Return || self.profile.every_return_counts;
        if limit.is_none() && self.profile.quorum_requeue == QuorumRequeue::ToTheBack {
            // Each message is a command of its own: the consumer is served before the next one comes back.
            for unacked in group {
                self.return_one(place, unacked, counts, ReturnTo::Back, step);
                self.restore_credit(id, &[*unacked], step);
                self.checkout(id, step);
            }
            return;
        }
        for unacked in group {
            let buried = !self.return_one(place, unacked, counts, ReturnTo::Front, step);
            if buried && self.profile.buried_message_gives_credit_twice {
                self.restore_credit(id, &[*unacked], step);
            }
        }
        self.restore_credit(id, group, step);
        self.checkout(id, step);
    }

    /// Puts a message back, unless it came back too often. Whether it is back.
    pub(super) fn return_one(
        &mut self,
        place: u32,
        unacked: &Unacked,
        counts: bool,
        to: ReturnTo,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        let (at, id) = (self.channels[place].at, unacked.queue);
        self.let_go(place, unacked);
        let Some(quorum) = self.quorum_mut(id) else { return false };
        let arrival = unacked.entry.arrival();
        let count = if counts { quorum.count_return(arrival) } else { quorum.returned(arrival) };
        let limit = self.queues[id.0].features.as_ref().and_then(|features| features.rules.delivery_limit);
        if to != ReturnTo::Back && counts && limit.is_some_and(|limit| i64::from(count) > limit) {
            self.bury(at, unacked, DeathReason::DeliveryLimit, rules::QQ_3, step);
            if let Some(quorum) = self.quorum_mut(id) {
                quorum.returns.remove(&arrival);
            }
            return false;
        }
        let rule = if to == ReturnTo::Back { rules::RDL_3 } else { rules::RDL_2 };
        self.state_requeued(at, id, std::slice::from_ref(unacked), rule, step);
        let size = u64::from(self.messages.get(unacked.entry.slot()).message.size);
        let queue = &mut self.queues[id.0];
        queue.unacked -= 1;
        let entry = unacked.entry.handed_out_before();
        let Some(features) = &mut queue.features else { return false };
        features.ready_bytes += size;
        match (to, &mut features.lanes) {
            (ReturnTo::Front, Some(lanes)) => lanes.take_back(entry),
            _ => queue.ready.push_back(entry),
        }
        true
    }

    /// The queue's books of fetched messages and of cancelled consumers.
    pub(super) fn let_go(&mut self, place: u32, unacked: &Unacked) {
        let Some(quorum) = self.quorum_mut(unacked.queue) else { return };
        if unacked.is_of_consumer() {
            quorum.forget_held(place, unacked.tag);
        } else {
            quorum.fetched = quorum.fetched.saturating_sub(1);
        }
    }

    /// Consumers get the credit of these deliveries back, and join the rotation if they had left it.
    pub(super) fn restore_credit(&mut self, id: QueueId, group: &[Unacked], step: &mut Step<'_, impl Out>) {
        for consumer in group.iter().filter_map(|unacked| unacked.consumer) {
            self.consumers[consumer.0].unacked -= 1;
            self.queue_up(id, consumer);
        }
        self.choose_active(id, step);
    }

    /// A channel is gone: what it held comes back, consumer by consumer in order of their tags, and counts as failed.
    /// Source: rule QQ-10, `rabbit_fifo:handle_down`.
    pub(super) fn quorum_channel_down(
        &mut self,
        place: u32,
        held: &[Unacked],
        id: QueueId,
        step: &mut Step<'_, impl Out>,
    ) {
        let mut held: Vec<Unacked> = held.to_vec();
        // A fetched message is a consumer of its own whose tag is the delivery tag.
        let tag = |unacked: &Unacked| match unacked.consumer_tag {
            Some(tag) => self.names.text(tag).to_owned(),
            None => unacked.tag.to_string(),
        };
        held.sort_by_cached_key(|unacked| (tag(unacked), unacked.tag));
        for unacked in &held {
            self.return_one(place, unacked, true, ReturnTo::Front, step);
        }
        if let Some(quorum) = self.quorum_mut(id) {
            quorum.enqueuers.remove(&place);
        }
    }
}

/// Where a message goes that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReturnTo {
    /// Among the returned ones, which are served first. Source: rule RDL-2.
    Front,
    /// Behind all others. Source: rule RDL-3.
    Back,
}
