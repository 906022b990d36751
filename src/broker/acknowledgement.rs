//! The delivery acknowledgement timeout: a channel that keeps a delivery for too long is closed, or its consumer
//! cancelled. Enforced only where the settings say so. Source: rules ACK-11 and ACK-12.

use std::collections::VecDeque;

use super::error::failure;
use super::queue::QueueKind;
use super::quorum::ReturnTo;
use super::timers::Purpose;
use super::unacked::{GONE, Unacked};
use super::{Broker, Out, Step};
use crate::amqp::{DeliveryTag, ReplyCode, ServerMethod};
use crate::rules;
use crate::units::{SimDuration, SimTime};

/// How often a channel looks. Source: rule ACK-11. Deviation: DEV-5. In the way of 4.3, too.
const INTERVAL: SimDuration = SimDuration::from_secs(60);

/// What a channel remembers of its deliveries.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// In order of their tags; some may be settled.
    delivered: VecDeque<(DeliveryTag, SimTime)>,
    pub(super) timer: Option<u32>,
}

impl Broker {
    /// A delivery that has to be acknowledged was handed out on the channel at `place`.
    pub(super) fn watch_delivery(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let channel = &mut self.channels[place];
        let tag = channel.last_tag;
        let watch = channel.watch.get_or_insert_default();
        watch.delivered.push_back((tag, step.now));
        let slot = watch.timer;
        if !self.timer_runs(slot) {
            let slot = self.ask_timer(slot, Purpose::Acknowledgement(place), step.now + INTERVAL, step);
            self.channels[place].watch.get_or_insert_default().timer = Some(slot);
        }
    }

    /// Looks at the oldest delivery. Source: rule ACK-11.
    pub(super) fn look_at_oldest(&mut self, place: u32, step: &mut Step<'_, impl Out>) {
        let Some(timeout) = self.settings.acknowledgement_timeout else { return };
        let Some(channel) = self.channels.get_mut(place) else { return };
        let Some(oldest) = channel.unacked.first().map(|unacked| unacked.tag) else { return };
        let Some(watch) = &mut channel.watch else { return };
        while watch.delivered.front().is_some_and(|(tag, _)| *tag < oldest) {
            watch.delivered.pop_front();
        }
        let overdue = |delivered: &(DeliveryTag, SimTime)| step.now.since(delivered.1) > timeout;
        let late = watch.delivered.iter().take_while(|delivered| overdue(delivered)).count();
        let last_late = late.checked_sub(1).map(|at| watch.delivered[at].0);
        let (at, slot) = (channel.at, watch.timer);
        if let Some(last_late) = last_late {
            if self.profile.timeout_cancels_consumer {
                self.cancel_overdue(place, last_late, step);
            } else {
                let text = format!(
                    "delivery acknowledgement on channel {} timed out. Timeout value used: {} ms. This timeout value \
                     can be configured, see consumers doc guide to learn more",
                    at.channel.0,
                    timeout.as_nanos() / 1_000_000
                );
                self.fail(at, &failure(ReplyCode::PreconditionFailed, rules::ACK_11, text), step);
                return;
            }
        }
        self.ask_timer(slot, Purpose::Acknowledgement(place), step.now + INTERVAL, step);
    }

    /// Only quorum queues mind: the messages come back without counting as failed, and their consumer ends.
    /// Source: rule ACK-12.
    fn cancel_overdue(&mut self, place: u32, latest: DeliveryTag, step: &mut Step<'_, impl Out>) {
        let overdue: Vec<Unacked> = self.channels[place]
            .unacked
            .iter_mut()
            .filter(|unacked| unacked.tag <= latest && unacked.queue != GONE)
            .map(|unacked| *unacked)
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
