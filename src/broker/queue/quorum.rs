//! What only a quorum queue has: how often messages came back, which channels publish to it, and dead letters that it
//! keeps until they are accepted. Source: `rabbit_fifo`, rules QQ-1 to QQ-15.

use std::collections::{BTreeMap, VecDeque};

use crate::amqp::{DeliveryTag, Name};
use crate::broker::dead_letter::Letter;
use crate::units::SimTime;

/// The prefetch count that stands for "no bound". Source: rule QOS-13.
pub(in crate::broker) const UNLIMITED_PREFETCH: u16 = 2000;

/// State of a quorum queue.
#[derive(Clone, Debug, Default)]
pub(in crate::broker) struct Quorum {
    /// By the queue's count of arrivals: how often a message came back. Source: rule RDL-8.
    pub(in crate::broker) returns: BTreeMap<u32, u32>,
    /// Channels that have published here, by place. Source: rules CF-14 and LEN-7.
    pub(in crate::broker) enqueuers: BTreeMap<u32, Enqueuer>,
    /// It held at most four fifths of its limit after the last command. Source: rule LEN-7.
    pub(in crate::broker) below_soft_limit: bool,
    /// Fetched messages that are not settled; each counts as a consumer. Source: rule Q-4.
    pub(in crate::broker) fetched: u32,
    /// Cancelled consumers that still hold deliveries. Source: rule QQ-11.
    pub(in crate::broker) cancelled: Vec<Cancelled>,
    /// Dead letters that found no target yet, and their timer. Source: rule DLX-10.
    pub(in crate::broker) kept: VecDeque<Letter>,
    pub(in crate::broker) kept_bytes: u64,
    pub(in crate::broker) retry_timer: Option<u32>,
}

/// What a channel knows of the limit of a quorum queue to which it publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::broker) enum Enqueuer {
    /// It may publish.
    Accepted,
    /// It heard with its first publish that the queue is over its limit.
    Refused,
    /// It was told at this instant. Publishes of the same instant were on their way by then and are taken.
    RefusedAfter(SimTime),
}

impl Enqueuer {
    /// Whether a publish at `now` is refused.
    pub(in crate::broker) fn refuses(self, now: SimTime) -> bool {
        match self {
            Enqueuer::Accepted => false,
            Enqueuer::Refused => true,
            Enqueuer::RefusedAfter(told) => told < now,
        }
    }
}

/// A consumer that was cancelled while it held deliveries.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Cancelled {
    /// Place of its channel.
    pub(in crate::broker) channel: u32,
    pub(in crate::broker) consumer_tag: Name,
    pub(in crate::broker) held: Vec<DeliveryTag>,
}

impl Quorum {
    /// The queue is over its limit: the channels that publish to it hear of it.
    pub(in crate::broker) fn refuse_enqueuers(&mut self, now: SimTime) {
        let accepted = self.enqueuers.values_mut().filter(|enqueuer| **enqueuer == Enqueuer::Accepted);
        accepted.for_each(|enqueuer| *enqueuer = Enqueuer::RefusedAfter(now));
    }

    /// How often the message with this count of arrivals came back.
    pub(in crate::broker) fn returned(&self, arrival: u32) -> u32 {
        self.returns.get(&arrival).copied().unwrap_or(0)
    }

    /// It came back once more; how often by now.
    pub(in crate::broker) fn count_return(&mut self, arrival: u32) -> u32 {
        let count = self.returns.entry(arrival).or_default();
        *count = count.saturating_add(1);
        *count
    }

    /// A delivery of this channel left the queue's hands.
    pub(in crate::broker) fn forget_held(&mut self, channel: u32, tag: DeliveryTag) {
        for cancelled in self.cancelled.iter_mut().filter(|c| c.channel == channel) {
            cancelled.held.retain(|&held| held != tag);
        }
        self.cancelled.retain(|cancelled| !cancelled.held.is_empty());
    }

    /// Consumers that are none any more, or never were.
    pub(in crate::broker) fn ghosts(&self) -> u32 {
        self.fetched + self.cancelled.len() as u32
    }
}

/// Whether a count is at most four fifths of its limit. Source: rule LEN-7, `rabbit_fifo:is_below`.
pub(in crate::broker) fn is_below(limit: Option<u64>, count: u64) -> bool {
    // Limits are at most 2^63, so four of them fit into 128 bits.
    limit.is_none_or(|limit| u128::from(count) * 5 <= u128::from(limit) * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_go_on_at_four_fifths_of_the_limit() {
        assert!(is_below(Some(10), 8) && !is_below(Some(10), 9) && is_below(None, u64::MAX));
        assert!(is_below(Some(2), 1) && !is_below(Some(2), 2) && is_below(Some(0), 0));
    }

    /// Source: rule LEN-7.
    #[test]
    fn publishes_of_the_instant_at_which_a_channel_is_told_are_taken() {
        let (told, later) = (SimTime::from_nanos(7), SimTime::from_nanos(8));
        let mut quorum = Quorum::default();
        quorum.enqueuers.extend([(1, Enqueuer::Accepted), (2, Enqueuer::Refused)]);
        quorum.refuse_enqueuers(told);
        quorum.refuse_enqueuers(later);
        assert_eq!(quorum.enqueuers.values().map(|e| e.refuses(told)).collect::<Vec<_>>(), [false, true]);
        assert!(quorum.enqueuers.values().all(|e| e.refuses(later)));
    }

    #[test]
    fn a_cancelled_consumer_is_forgotten_with_its_last_delivery() {
        let mut quorum = Quorum::default();
        quorum.cancelled.push(Cancelled { channel: 1, consumer_tag: Name(1), held: vec![1, 3] });
        quorum.forget_held(2, 1);
        quorum.forget_held(1, 1);
        assert_eq!(quorum.ghosts(), 1);
        quorum.forget_held(1, 3);
        assert_eq!(quorum.ghosts(), 0);
    }
}
