//! One copy of a message in a queue, in sixteen bytes.

use std::cmp::Ordering;

use crate::broker::messages::Slot;
use crate::units::SimTime;

const REDELIVERED: u32 = 1 << 31;
/// Where the count of arrivals lies in the second number.
const ARRIVAL_AT: u32 = 32;

/// A copy: which message, when it arrived, and whether it was handed out before. Two numbers stay in registers; what has more parts
/// is put together in memory.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::broker) struct Entry {
    arrived: SimTime,
    /// The queue's count of arrivals, modulo 2^32, which decides among arrivals at one instant; below it the flag and the slot.
    arrival_flag_slot: u64,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Entry>() <= 16, "a copy stays small");

impl Entry {
    #[inline(always)]
    pub(in crate::broker) fn new(arrived: SimTime, arrival: u32, slot: Slot) -> Self {
        debug_assert!(slot.0 < REDELIVERED, "fewer than 2^31 messages are in the broker");
        Entry { arrived, arrival_flag_slot: u64::from(arrival) << ARRIVAL_AT | u64::from(slot.0) }
    }

    #[inline(always)]
    pub(in crate::broker) fn slot(self) -> Slot {
        Slot(self.arrival_flag_slot as u32 & !REDELIVERED)
    }

    /// It was handed out before.
    #[inline(always)]
    pub(in crate::broker) fn redelivered(self) -> bool {
        self.arrival_flag_slot as u32 & REDELIVERED != 0
    }

    #[inline]
    pub(in crate::broker) fn handed_out_before(self) -> Self {
        Entry { arrival_flag_slot: self.arrival_flag_slot | u64::from(REDELIVERED), ..self }
    }

    /// The queue's count of arrivals when it came, modulo 2^32.
    #[inline(always)]
    pub(in crate::broker) fn arrival(self) -> u32 {
        (self.arrival_flag_slot >> ARRIVAL_AT) as u32
    }

    /// When it came into the queue.
    #[inline]
    pub(in crate::broker) fn arrived(self) -> SimTime {
        self.arrived
    }

    /// Order of arrival.
    pub(in crate::broker) fn order(&self, other: &Entry) -> Ordering {
        let count = (self.arrival().wrapping_sub(other.arrival()) as i32).cmp(&0);
        self.arrived.cmp(&other.arrived).then(count)
    }
}
