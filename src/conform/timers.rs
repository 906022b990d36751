//! The timers that the broker asked for, in order of time and then of asking. Knows no clock.

use std::collections::BTreeMap;

use crate::broker::Timer;
use crate::units::SimTime;

/// Timers that are to come. Each slot of the broker has one at most.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    due: BTreeMap<(SimTime, u64), Timer>,
    /// Where in `due` each slot's timer is.
    by_slot: BTreeMap<u32, (SimTime, u64)>,
    asked: u64,
}

impl Timers {
    /// The broker asks for `timer` at `at`; that replaces the same timer's earlier instant.
    pub(super) fn ask(&mut self, timer: Timer, at: SimTime) {
        self.asked += 1;
        let key = (at, self.asked);
        if let Some(earlier) = self.by_slot.insert(timer.slot, key) {
            self.due.remove(&earlier);
        }
        self.due.insert(key, timer);
    }

    /// Takes out the next timer that is due at `end` or before, with its instant.
    pub(super) fn next(&mut self, end: SimTime) -> Option<(SimTime, Timer)> {
        let (&key, &timer) = self.due.first_key_value()?;
        if key.0 > end {
            return None;
        }
        self.due.remove(&key);
        self.by_slot.remove(&timer.slot);
        Some((key.0, timer))
    }

    /// Forgets all: their broker is gone.
    pub(super) fn clear(&mut self) {
        self.due.clear();
        self.by_slot.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_due_by_time_then_by_order_and_a_later_call_replaces() {
        let mut timers = Timers::default();
        let at = SimTime::from_nanos;
        timers.ask(Timer { slot: 1 }, at(5));
        timers.ask(Timer { slot: 2 }, at(3));
        timers.ask(Timer { slot: 3 }, at(5));
        timers.ask(Timer { slot: 1 }, at(5));
        assert_eq!(timers.next(at(2)), None);
        assert_eq!(timers.next(at(5)), Some((at(3), Timer { slot: 2 })));
        assert_eq!(timers.next(at(5)), Some((at(5), Timer { slot: 3 })));
        assert_eq!(timers.next(at(5)), Some((at(5), Timer { slot: 1 })));
        assert_eq!(timers.next(SimTime::END), None);
    }
}
