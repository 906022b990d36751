//! The broker's own timers. A timer is a slot with an instant; asking again moves the instant.

use super::{Broker, Out, Step, Timer};
use crate::amqp::{ConnectionId, QueueId};
use crate::storage::WriterId;
use crate::units::SimTime;

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The head of this queue expires. Source: rule TTL-3.
    MessageExpiry(QueueId),
    /// Nobody used this queue for long. Source: rule EXP-1.
    QueueExpiry(QueueId),
    /// This queue tries its dead letters again. Source: rule DLX-10.
    DeadLetters(QueueId),
    /// The channel at this place looks at its oldest delivery. Source: rule ACK-11.
    Acknowledgement(u32),
    /// This writer of the storage has something to do.
    Storage(WriterId),
    /// Nothing has arrived on this connection for too long. Source: rule CON-12.
    Silence(ConnectionId),
}

/// A slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimerSlot {
    purpose: Purpose,
    /// `None` while nothing is awaited.
    at: Option<SimTime>,
}

impl Broker {
    /// Asks to be told at `at`. `slot` is the slot that the purpose has, if it has one.
    pub(super) fn ask_timer(
        &mut self,
        slot: Option<u32>,
        purpose: Purpose,
        at: SimTime,
        step: &mut Step<'_, impl Out>,
    ) -> u32 {
        let slot = slot.unwrap_or_else(|| self.timers.insert(TimerSlot { purpose, at: None }));
        self.timers[slot].at = Some(at);
        step.out.timer(Timer { slot }, at);
        slot
    }

    /// Nothing is awaited any more.
    pub(super) fn stop_timer(&mut self, slot: Option<u32>) {
        if let Some(slot) = slot {
            self.timers[slot].at = None;
        }
    }

    /// Whether a slot awaits an instant.
    pub(super) fn timer_runs(&self, slot: Option<u32>) -> bool {
        slot.is_some_and(|slot| self.timers[slot].at.is_some())
    }

    /// Whether `timer` would change anything if it came due at `at` with all else as it is. A stale one would not.
    pub fn timer_matters(&self, timer: Timer, at: SimTime) -> bool {
        let Some(TimerSlot { purpose, at: Some(_) }) = self.timers.get(timer.slot) else { return false };
        match *purpose {
            Purpose::MessageExpiry(queue) => self.head_expires(queue, at),
            Purpose::QueueExpiry(queue) => self.is_unused(queue),
            Purpose::DeadLetters(queue) => self.queues[queue.0].kept_letters() > 0,
            Purpose::Acknowledgement(place) => self.overdue(place, at).is_some(),
            Purpose::Storage(_) => self.is_storage_awaited(),
            Purpose::Silence(_) => true,
        }
    }

    /// The purpose is gone.
    pub(super) fn free_timer(&mut self, slot: Option<u32>) {
        if let Some(slot) = slot {
            self.timers.remove(slot);
        }
    }

    /// A timer has come due. A stale one, of a purpose that is gone or was put off, changes nothing.
    pub(super) fn timer_is_due(&mut self, timer: Timer, step: &mut Step<'_, impl Out>) {
        let Some(slot) = self.timers.get(timer.slot) else { return };
        if slot.at.is_none_or(|at| step.now < at) {
            return;
        }
        let purpose = slot.purpose;
        self.timers[timer.slot].at = None;
        match purpose {
            Purpose::MessageExpiry(queue) => self.messages_may_expire(queue, step),
            Purpose::QueueExpiry(queue) => self.queue_may_expire(queue, step),
            Purpose::DeadLetters(queue) => self.retry_dead_letters(queue, step),
            Purpose::Acknowledgement(place) => self.look_at_oldest(place, step),
            Purpose::Storage(writer) => self.writer_is_due(writer, step),
            Purpose::Silence(connection) => self.give_up(connection, step),
        }
    }
}
