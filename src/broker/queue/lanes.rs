//! Lanes: ready messages that are served before a queue's own list. A classic priority queue has one for each priority
//! above 0, a quorum queue one for returned messages and, by profile, some for priorities. Source: rules PRI-1 to PRI-6.

use std::collections::VecDeque;

use super::entry::Entry;
use super::merge;
use crate::broker::profile::QuorumPriorities;

/// High messages that a quorum queue of two classes serves before a normal one. Source: rule PRI-6.
const HIGH_BEFORE_NORMAL: u8 = 2;

/// The priority from which on a message is high, where there are two classes. Source: rule PRI-6.
const HIGH: u8 = 5;

/// The highest of the 32 levels of a quorum queue.
const LEVEL_MAX: u8 = 31;

/// How messages are put into lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// One lane, for whoever puts into it.
    Returned,
    /// A classic queue of priorities from 0 to this one.
    Classic(u8),
    Quorum(QuorumPriorities),
}

/// The lanes of a queue, the one that is served first at the front.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Lanes {
    order: Order,
    all: Vec<VecDeque<Entry>>,
    /// Messages in all of them.
    count: usize,
    /// High messages served since the last normal one.
    high_served: u8,
}

impl Lanes {
    /// Of a classic queue with `x-max-priority`. Source: rule PRI-1.
    pub(in crate::broker) fn classic(max: u8) -> Self {
        Lanes {
            order: Order::Classic(max),
            all: vec![VecDeque::new(); max as usize],
            count: 0,
            high_served: 0,
        }
    }

    /// Of a quorum queue: the first lane holds returned messages. Source: rules RDL-2 and PRI-6.
    pub(in crate::broker) fn quorum(priorities: QuorumPriorities) -> Self {
        let count = match priorities {
            QuorumPriorities::Ignored => 1,
            QuorumPriorities::TwoClasses => 2,
            QuorumPriorities::Strict32 => 1 + LEVEL_MAX as usize,
        };
        let order = match priorities {
            QuorumPriorities::Ignored => Order::Returned,
            other => Order::Quorum(other),
        };
        Lanes { order, all: vec![VecDeque::new(); count], count: 0, high_served: 0 }
    }

    /// The place of the lane for messages of this priority, if they do not belong into the queue's own list.
    fn of_priority(&self, priority: Option<u8>) -> Option<usize> {
        let lane = match self.order {
            Order::Returned => return None,
            Order::Classic(max) => usize::from(max.checked_sub(priority.unwrap_or(0).min(max))?),
            Order::Quorum(QuorumPriorities::TwoClasses) if priority.unwrap_or(0) >= HIGH => 1,
            Order::Quorum(QuorumPriorities::Strict32) => {
                1 + usize::from(LEVEL_MAX - priority.unwrap_or(4).min(LEVEL_MAX))
            }
            Order::Quorum(_) => return None,
        };
        (lane < self.all.len()).then_some(lane)
    }

    /// Adds a new message, unless its place is in the queue's own list. Whether it did.
    pub(in crate::broker) fn push(&mut self, priority: Option<u8>, entry: Entry) -> bool {
        let lane = self.of_priority(priority);
        if let Some(lane) = lane {
            self.all[lane].push_back(entry);
            self.count += 1;
        }
        lane.is_some()
    }

    /// Puts messages of one priority back to where they were, unless that is in the queue's own list. Whether it did.
    pub(in crate::broker) fn requeue(&mut self, priority: Option<u8>, entries: &[Entry]) -> bool {
        let lane = self.of_priority(priority);
        if let Some(lane) = lane {
            merge(&mut self.all[lane], entries.to_vec());
            self.count += entries.len();
        }
        lane.is_some()
    }

    /// Adds a message that came back. Only a quorum queue has a lane for those.
    pub(in crate::broker) fn take_back(&mut self, entry: Entry) {
        self.all[0].push_back(entry);
        self.count += 1;
    }

    /// The place of the lane that is served next; `None`: the queue's own list is.
    fn next(&self, own_is_empty: bool) -> Option<usize> {
        if self.count == 0 {
            return None;
        }
        let lane = self.all.iter().position(|lane| !lane.is_empty())?;
        let normal_is_due = self.order == Order::Quorum(QuorumPriorities::TwoClasses)
            && lane == 1
            && self.high_served >= HIGH_BEFORE_NORMAL
            && !own_is_empty;
        (!normal_is_due).then_some(lane)
    }

    /// The message that is served next.
    pub(in crate::broker) fn head(&self, own: &VecDeque<Entry>) -> Option<Entry> {
        match self.next(own.is_empty()) {
            Some(lane) => self.all[lane].front().copied(),
            None => own.front().copied(),
        }
    }

    /// Takes the message that is served next.
    pub(in crate::broker) fn pop(&mut self, own: &mut VecDeque<Entry>) -> Option<Entry> {
        let Some(lane) = self.next(own.is_empty()) else {
            self.high_served = 0;
            return own.pop_front();
        };
        if lane == 1 {
            self.high_served = self.high_served.saturating_add(1);
        }
        self.count -= 1;
        self.all[lane].pop_front()
    }

    #[inline(always)]
    pub(in crate::broker) fn len(&self) -> usize {
        self.count
    }

    /// Keeps the messages for which `keep` holds.
    pub(in crate::broker) fn retain(&mut self, mut keep: impl FnMut(Entry) -> bool) {
        for lane in &mut self.all {
            lane.retain(|&entry| keep(entry));
        }
        self.count = self.all.iter().map(VecDeque::len).sum();
    }

    /// All messages, those served first at the front.
    pub(in crate::broker) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.all.iter().flatten()
    }

    /// All messages, to be changed.
    pub(in crate::broker) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.all.iter_mut().flatten()
    }

    pub(in crate::broker) fn clear(&mut self) {
        self.all.iter_mut().for_each(VecDeque::clear);
        self.count = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::messages::Slot;
    use crate::units::SimTime;

    fn served(mut lanes: Lanes, priorities: &[Option<u8>]) -> Vec<u32> {
        let mut own = VecDeque::new();
        for (number, &priority) in (0..).zip(priorities) {
            let entry = Entry::new(SimTime::ZERO, number, Slot(number));
            if !lanes.push(priority, entry) {
                own.push_back(entry);
            }
        }
        std::iter::from_fn(|| lanes.pop(&mut own)).map(|entry| entry.slot().0).collect()
    }

    /// Source: rules PRI-1 and PRI-2.
    #[test]
    fn the_highest_priority_is_served_first_and_what_is_too_high_is_clamped() {
        let of = |max, priorities: &[Option<u8>]| served(Lanes::classic(max), priorities);
        assert_eq!(of(5, &[None, Some(1), Some(9), Some(0), Some(5), Some(1)]), [2, 4, 1, 5, 0, 3]);
    }

    /// Source: rule PRI-6.
    #[test]
    fn a_quorum_queue_orders_by_its_profile() {
        let priorities = [None, Some(4), Some(5), Some(9), Some(6), Some(7)];
        let of = |order| served(Lanes::quorum(order), &priorities);
        assert_eq!(of(QuorumPriorities::Ignored), [0, 1, 2, 3, 4, 5]);
        assert_eq!(of(QuorumPriorities::TwoClasses), [2, 3, 0, 4, 5, 1]);
        assert_eq!(of(QuorumPriorities::Strict32), [3, 5, 4, 2, 0, 1]);
    }
}
