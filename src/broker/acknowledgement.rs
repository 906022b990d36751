//! The delivery acknowledgement timeout: a channel that keeps a delivery for too long is closed, or its consumer
//! cancelled. A channel has one timer at most, and only while a delivery waits. Source: rules ACK-11 and ACK-12.

use super::error::failure;
use super::queue::QueueKind;
use super::quorum::ReturnTo;
use super::timers::Purpose;
use super::unacked::{GONE, Unacked};
use super::{Broker, Out, Step};
use crate::amqp::{QueueId, ReplyCode, ServerMethod};
use crate::rules;
use crate::units::{SimDuration, SimTime};

/// How often a channel looks up to 4.2. Source: rule ACK-11.
const INTERVAL: SimDuration = SimDuration::from_secs(60);

impl Broker {
    /// A delivery of this queue that has to be acknowledged was handed out on the channel at `place`.
    #[inline]
    pub(super) fn watch_delivery(&mut self, place: u32, queue: QueueId, step: &mut Step<'_, impl Out>) {
        if self.channels[place].is_unwatched
            || (self.profile.timeout_cancels_consumer && self.queues[queue.0].kind == QueueKind::Quorum)
        {
            self.watch_oldest(place, step);
        }
    }

    /// Starts the channel's timer for its oldest delivery, unless it runs or there is none.
    pub(super) fn watch_oldest(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let channel = &self.channels[place];
        let slot = channel.watch;
        let Some(timeout) = self.settings.acknowledgement_timeout else { return };
        if self.timer_runs(slot) {
            return;
        }
        let exact = self.profile.timeout_cancels_consumer;
        let Some(oldest) = self.oldest(place) else {
            self.channels[place].is_unwatched = !exact;
            return;
        };
        let due = oldest.delivered + timeout;
        let at = if exact { due } else { next_look(channel.opened, due) };
        let slot = self.ask_timer(slot, Purpose::Acknowledgement(place), at, step);
        let channel = &mut self.channels[place];
        channel.watch = Some(slot);
        channel.is_unwatched = false;
    }

    /// The oldest delivery that may become too old. From 4.3 on only those of quorum queues do. Source: rule ACK-12.
    fn oldest(&self, place: u32) -> Option<&Unacked> {
        let all = self.profile.timeout_cancels_consumer;
        let of_quorum = |queue: QueueId| queue != GONE && self.queues[queue.0].kind == QueueKind::Quorum;
        self.channels.get(place)?.unacked.iter().find(|unacked| !all || of_quorum(unacked.queue))
    }

    /// The oldest delivery of a channel, if it is too old at `at`. Source: rules ACK-11 and ACK-12.
    pub(super) fn overdue(&self, place: u32, at: SimTime) -> Option<&Unacked> {
        let timeout = self.settings.acknowledgement_timeout?;
        let exact = self.profile.timeout_cancels_consumer;
        let is_late = |due: SimTime| if exact { due <= at } else { due < at };
        self.oldest(place).filter(|oldest| is_late(oldest.delivered + timeout))
    }

    /// Looks at the oldest delivery. Source: rule ACK-11.
    pub(super) fn look_at_oldest(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let Some(timeout) = self.settings.acknowledgement_timeout else { return };
        if self.overdue(place, step.now).is_some() {
            if !self.profile.timeout_cancels_consumer {
                let at = self.channels[place].at;
                let text = format!(
                    "delivery acknowledgement on channel {} timed out. Timeout value used: {} ms. This timeout value \
                     can be configured, see consumers doc guide to learn more",
                    at.channel.0,
                    timeout.as_nanos() / 1_000_000
                );
                self.fail(at, &failure(ReplyCode::PreconditionFailed, rules::ACK_11, text), step);
                return;
            }
            self.cancel_overdue(place, timeout, step);
        }
        self.watch_oldest(place, step);
    }

    /// Only quorum queues mind: the messages come back without counting as failed, and their consumer ends.
    /// Source: rule ACK-12.
    fn cancel_overdue(&mut self, place: u32, timeout: SimDuration, step: &mut Step<'_, impl Out>) {
        let overdue: Vec<Unacked> = self.channels[place]
            .unacked
            .iter()
            .take_while(|unacked| unacked.delivered + timeout <= step.now)
            .filter(|unacked| unacked.queue != GONE)
            .copied()
            .collect();
        let at = self.channels[place].at;
        for unacked in overdue {
            if self.queues[unacked.queue.0].kind != QueueKind::Quorum {
                continue;
            }
            self.return_one(place, &unacked, false, ReturnTo::Front, step);
            // Settling the tag later does nothing.
            let deliveries = self.channels[place].unacked.iter_mut();
            deliveries.filter(|other| other.tag == unacked.tag).for_each(|other| other.queue = GONE);
            if let Some(consumer) =
                unacked.consumer.filter(|consumer| self.consumers.get(consumer.0).is_some())
            {
                let consumer_tag = self.consumers[consumer.0].tag;
                self.remove_consumer(consumer, rules::ACK_12, step);
                step.out.send(at, ServerMethod::BasicCancel { consumer_tag });
            }
            self.choose_active(unacked.queue, step);
            self.checkout(unacked.queue, step);
            self.tell_level(unacked.queue, step);
        }
    }
}

/// The first look of a channel, of those that it takes each minute, after `due`.
fn next_look(opened: SimTime, due: SimTime) -> SimTime {
    let looks = due.since(opened).as_nanos() / INTERVAL.as_nanos() + 1;
    opened + SimDuration::from_nanos(INTERVAL.as_nanos().saturating_mul(looks))
}
