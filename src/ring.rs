//! A first-in first-out ring whose size is a power of two: what every frame and every pending event passes through.
//! `VecDeque` does the same for any size, at about twice the instructions.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

/// The smallest ring that holds anything.
const SMALLEST: usize = 8;

/// A queue of values. Grows when it is full and never shrinks.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    places: Vec<T>,
    head: usize,
    len: usize,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Ring { places: Vec::new(), head: 0, len: 0 }
    }
}

impl<T: Copy + Default> Ring<T> {
    /// How many values are in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is in it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a value at the back.
    #[inline]
    pub fn push(&mut self, value: T) {
        if self.len == self.places.len() {
            self.grow();
        }
        let mask = self.places.len() - 1;
        self.places[(self.head + self.len) & mask] = value;
        self.len += 1;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.places.rotate_left(self.head);
        self.head = 0;
        let size = (2 * self.places.len()).max(SMALLEST);
        self.places.resize(size, T::default());
    }

    /// Takes the value at the front.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        let mask = self.places.len() - 1;
        let value = self.places[self.head & mask];
        self.head = (self.head + 1) & mask;
        self.len -= 1;
        Some(value)
    }

    /// The value at the front.
    #[inline]
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The value behind `n` others.
    #[inline]
    pub fn get(&self, n: usize) -> Option<&T> {
        if n >= self.len {
            return None;
        }
        let mask = self.places.len() - 1;
        Some(&self.places[(self.head + n) & mask])
    }

    /// The value behind `n` others, to change it.
    #[inline]
    pub fn get_mut(&mut self, n: usize) -> Option<&mut T> {
        if n >= self.len {
            return None;
        }
        let mask = self.places.len() - 1;
        Some(&mut self.places[(self.head + n) & mask])
    }

    /// All values, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len).filter_map(|n| self.get(n))
    }

    /// Takes all values, oldest first.
    pub fn take_all(&mut self) -> Vec<T> {
        std::iter::from_fn(|| self.pop()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_a_deque_does(steps in prop::collection::vec(prop::option::weighted(0.6, any::<u8>()), 0..300)) {
            let (mut ring, mut deque) = (Ring::default(), VecDeque::new());
            for step in steps {
                if let Some(value) = step {
                    ring.push(value);
                    deque.push_back(value);
                } else {
                    prop_assert_eq!(ring.pop(), deque.pop_front());
                }
                prop_assert_eq!((ring.len(), ring.front()), (deque.len(), deque.front()));
                prop_assert!(ring.iter().eq(deque.iter()));
            }
            prop_assert_eq!(ring.take_all(), Vec::from(deque));
        }
    }
}
