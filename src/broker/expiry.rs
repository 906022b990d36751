//! Expiry: messages at the head of a queue whose time to live is over, and queues that nobody uses.
//! Source: rules TTL-1 to TTL-10 and EXP-1 to EXP-3.

use super::messages::Stored;
use super::queue::Entry;
use super::queue::time_to_live::parse_expiration;
use super::timers::Purpose;
use super::{Broker, Out, Step};
use crate::amqp::QueueId;
use crate::observe::DeathReason;
use crate::rules;
use crate::units::{SimDuration, SimTime};

/// Timers that wait for less than this longer are not moved. Source: `rabbit_amqqueue_process:ensure_ttl_timer`.
const TIMER_SLACK: SimDuration = SimDuration::from_millis(1);

/// A message's own time to live in milliseconds. Whether it can be read was checked when it was published.
pub(super) fn own_ttl(stored: &Stored) -> Option<u64> {
    let content = stored.message.content.as_ref()?;
    parse_expiration(content.properties.expiration.as_deref()?).ok()
}

impl Broker {
    /// When a ready message expires, if it does.
    fn expiry_of(&self, id: QueueId, entry: Entry) -> Option<SimTime> {
        let features = self.queues[id.0].features.as_ref()?;
        let mut own = own_ttl(self.messages.get(entry.slot()));
        if features.is_quorum() && own == Some(0) {
            // Time to live 0 lasts to the next millisecond in a quorum queue. Source: `rabbit_fifo:update_expiry_header`.
            own = Some(1);
        }
        features.ttl.expiry(entry, own)
    }

    /// Drops expired messages as long as one is at the head, and waits for the next head's expiry. Whether any was
    /// dropped. Source: rules TTL-3, TTL-4 and TTL-9.
    pub(super) fn drop_expired(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> bool {
        let mut dropped = false;
        while let Some(head) = self.queues[id.0].head() {
            match self.expiry_of(id, head) {
                Some(expiry) if expiry <= step.now => {
                    if !dropped {
                        self.begin_batch(id);
                    }
                    dropped = true;
                    self.take_ready(id);
                    self.die(id, head, DeathReason::Expired, rules::TTL_3, step);
                }
                Some(expiry) => {
                    self.await_expiry(id, expiry, step);
                    break;
                }
                None => break,
            }
        }
        if dropped {
            self.end_batch(id, step);
        }
        dropped
    }

    /// Whether the message at the head has expired at `at`.
    pub(super) fn head_expires(&self, id: QueueId, at: SimTime) -> bool {
        let expiry = self.queues[id.0].head().and_then(|head| self.expiry_of(id, head));
        expiry.is_some_and(|expiry| expiry <= at)
    }

    /// A timer that runs already is moved only if the new expiry is earlier by more than a millisecond.
    fn await_expiry(&mut self, id: QueueId, expiry: SimTime, step: &mut Step<'_, impl Out>) {
        let Some(features) = &self.queues[id.0].features else { return };
        let (slot, waits_for) = (features.ttl.timer, features.ttl.waits_for);
        let late_enough = waits_for.is_some_and(|waits_for| waits_for <= expiry + TIMER_SLACK);
        if self.timer_runs(slot) && late_enough {
            return;
        }
        // A timer never fires early, and counts in milliseconds from the instant it is set. Source: rule TTL-9.
        let wait = expiry.since(step.now).as_nanos().div_ceil(NANOS_PER_MILLI);
        let at = step.now + SimDuration::from_millis(wait);
        let slot = self.ask_timer(slot, Purpose::MessageExpiry(id), at, step);
        if let Some(features) = &mut self.queues[id.0].features {
            features.ttl.timer = Some(slot);
            features.ttl.waits_for = Some(expiry);
        }
    }

    /// The timer for the head's expiry is due.
    pub(super) fn messages_may_expire(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if self.queues[id.0].features.as_ref().is_some_and(|features| features.is_quorum()) {
            self.checkout(id, step);
        } else {
            self.drop_expired(id, step);
        }
        self.tell_level(id, step);
    }

    /// Somebody used the queue: the clock of `x-expires` starts again, unless consumers hold it. Source: rule EXP-1.
    pub(super) fn use_queue(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let Some(queue) = self.queues.get(id.0) else { return };
        let Some(features) = &queue.features else { return };
        let Some(expires) = features.rules.expires else { return };
        let slot = features.expiry_timer;
        if !self.is_unused(id) {
            return;
        }
        let at = step.now + SimDuration::from_millis(expires);
        let slot = self.ask_timer(slot, Purpose::QueueExpiry(id), at, step);
        if let Some(features) = &mut self.queues[id.0].features {
            features.expiry_timer = Some(slot);
        }
    }

    /// Nobody used the queue for its `x-expires`: it goes, and its messages with it. Source: rules EXP-1 and EXP-2.
    /// Deviation: DEV-3. A quorum queue does not wait for its tick.
    pub(super) fn queue_may_expire(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        if self.is_unused(id) {
            self.remove_queue(id, rules::EXP_1, step);
        }
    }

    /// Whether no consumer holds the queue, not even one that was cancelled and owes it deliveries.
    pub(super) fn is_unused(&self, id: QueueId) -> bool {
        let queue = &self.queues[id.0];
        let quorum = queue.features.as_ref().and_then(|features| features.quorum.as_ref());
        queue.consumers.is_empty() && quorum.is_none_or(|quorum| quorum.ghosts() == 0)
    }
}

const NANOS_PER_MILLI: u64 = 1_000_000;
