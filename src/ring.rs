//! A first-in first-out ring whose size is a power of two: what deliveries wait in at their consumers, and frames whose latencies
//! are drawn. `VecDeque` does the same for any size, at about twice the instructions.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

/// The fewest places behind the first.
const SMALLEST: usize = 8;

/// A queue of values. Grows when it is full and never shrinks. The front lies in the ring itself: many rings never hold more
/// than one value, and need no other memory.
#[derive(Clone, Debug)]
pub struct Ring<T> {
    front: T,
    len: u32,
    /// Where the second is.
    head: u32,
    /// Those behind the front.
    places: Box<[T]>,
}

/// How many of the places below `len` there are before the first for which `before` does not hold, in any list in which those for
/// which it holds come first.
pub fn partition_point(len: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

impl<T: Default> Default for Ring<T> {
    fn default() -> Self {
        Ring { front: T::default(), len: 0, places: Box::default(), head: 0 }
    }
}

impl<T: Copy + Default> Ring<T> {
    /// How many values are in it.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether nothing is in it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a value at the back.
    #[inline(always)]
    pub fn push(&mut self, value: T) {
        let behind = self.len as usize;
        self.len += 1;
        let place = if behind == 0 {
            &mut self.front
        } else {
            if behind > self.places.len() {
                self.grow();
            }
            let mask = self.places.len() - 1;
            &mut self.places[(self.head as usize + behind - 1) & mask]
        };
        *place = value;
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut places = std::mem::take(&mut self.places).into_vec();
        places.rotate_left(self.head as usize);
        self.head = 0;
        let size = (2 * places.len()).max(SMALLEST);
        places.resize(size, T::default());
        self.places = places.into_boxed_slice();
    }

    /// Takes the value at the front.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        let value = self.front;
        self.len -= 1;
        if self.len > 0 {
            let mask = self.places.len() - 1;
            self.front = self.places[self.head as usize & mask];
            self.head = (self.head + 1) & mask as u32;
        } else {
            // Short queues stay where they are, in memory that is at hand.
            self.head = 0;
        }
        Some(value)
    }

    /// The value at the front.
    #[inline(always)]
    pub fn front(&self) -> Option<&T> {
        (self.len > 0).then_some(&self.front)
    }

    /// The value behind `n` others.
    #[inline(always)]
    pub fn get(&self, n: usize) -> Option<&T> {
        if n >= self.len as usize {
            None
        } else if n == 0 {
            Some(&self.front)
        } else {
            let mask = self.places.len() - 1;
            Some(&self.places[(self.head as usize + n - 1) & mask])
        }
    }

    /// The value behind `n` others, to change it.
    #[inline(always)]
    pub fn get_mut(&mut self, n: usize) -> Option<&mut T> {
        if n >= self.len as usize {
            None
        } else if n == 0 {
            Some(&mut self.front)
        } else {
            let mask = self.places.len() - 1;
            Some(&mut self.places[(self.head as usize + n - 1) & mask])
        }
    }

    /// How many values there are before the first for which `before` does not hold; those for which it holds come first.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        partition_point(self.len(), |n| self.get(n).is_some_and(&before))
    }

    /// All values, oldest first, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        let behind = self.len().saturating_sub(1);
        let front = Some(&mut self.front).filter(|_| self.len > 0);
        let (wrapped, from_head) = self.places.split_at_mut(self.head as usize);
        front.into_iter().chain(from_head.iter_mut().chain(wrapped).take(behind))
    }

    /// All values, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).filter_map(|n| self.get(n))
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
                for n in 0..=deque.len() {
                    prop_assert_eq!(ring.get(n), deque.get(n));
                    prop_assert_eq!(ring.get_mut(n), deque.get_mut(n));
                }
                // Both change in the same places.
                ring.iter_mut().enumerate().for_each(|(n, value)| *value ^= n as u8);
                deque.iter_mut().enumerate().for_each(|(n, value)| *value ^= n as u8);
                // A ring in order, as where one looks for a place in it.
                let (mut sorted, mut in_order) = (ring.clone(), Vec::from(deque.clone()));
                in_order.sort_unstable();
                sorted.iter_mut().zip(&in_order).for_each(|(value, &next)| *value = next);
                for bound in [0, 100, 255] {
                    let before = |value: &u8| *value < bound;
                    prop_assert_eq!(sorted.partition_point(before), in_order.partition_point(before));
                }
            }
            prop_assert_eq!(ring.take_all(), Vec::from(deque));
        }
    }
}
