//! The queue behind a lane of the event list: keys in order, each with what its event carries.

use super::event_list::Load;
use super::heap::NOTHING;
use crate::units::SimDuration;

/// The fewest places.
const SMALLEST: usize = 64;

/// A key as two halves, so that it needs no alignment of its own, and the load.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    high: u64,
    low: u64,
    load: Load,
}

impl Place {
    #[inline(always)]
    fn key(&self) -> u128 {
        u128::from(self.high) << 64 | u128::from(self.low)
    }
}

/// A ring whose size is a power of two. Grows when it is full.
#[derive(Clone, Debug, Default)]
pub(super) struct LaneQueue {
    pub(super) delay: SimDuration,
    head: usize,
    len: usize,
    places: Vec<Place>,
}

impl LaneQueue {
    pub(super) fn new(delay: SimDuration) -> Self {
        LaneQueue { delay, head: 0, len: 0, places: vec![Place::default(); SMALLEST] }
    }

    /// Adds a key, greater than all others, and its load; whether it is the only one.
    #[inline(always)]
    pub(super) fn push(&mut self, key: u128, load: Load) -> bool {
        if self.len == self.places.len() {
            self.grow();
        }
        let mask = self.places.len() - 1;
        let is_first = self.len == 0;
        self.places[(self.head + self.len) & mask] =
            Place { high: (key >> 64) as u64, low: key as u64, load };
        self.len += 1;
        is_first
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.places.len()
    }

    /// Shrinks where few keys go round in much memory, so that they stay in the processor's caches.
    pub(super) fn tidy(&mut self) {
        let size = (4 * self.len).next_power_of_two().max(SMALLEST);
        if 2 * size < self.places.len() {
            self.places.rotate_left(self.head);
            self.head = 0;
            self.places.truncate(size);
            self.places.shrink_to_fit();
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.places.rotate_left(self.head);
        self.head = 0;
        self.places.resize(2 * self.places.len(), Place::default());
    }

    /// The first key, or [`NOTHING`].
    #[inline(always)]
    pub(super) fn first(&self) -> u128 {
        if self.len == 0 { NOTHING } else { self.places[self.head & (self.places.len() - 1)].key() }
    }

    /// Takes the first key, which must be there; what it carried.
    #[inline(always)]
    pub(super) fn take(&mut self) -> Load {
        debug_assert!(self.len > 0, "take comes after a look that found a key");
        let mask = self.places.len() - 1;
        let load = self.places[self.head & mask].load;
        self.head = (self.head + 1) & mask;
        self.len -= 1;
        load
    }

    /// Keys and loads, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u128, Load)> {
        let mask = self.places.len() - 1;
        (0..self.len).map(move |n| {
            let place = &self.places[(self.head + n) & mask];
            (place.key(), place.load)
        })
    }
}
