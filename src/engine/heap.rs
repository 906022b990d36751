//! A 4-ary min-heap of 128-bit keys. A popped top leaves a hole that the next push fills, so that the usual pop and
//! push of a timer costs one way down the heap instead of one down and one up.

/// The heap. Keys must differ from each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Heap {
    keys: Vec<u128>,
    /// The top was taken and nothing has filled its place.
    hole: bool,
}

impl Heap {
    pub(super) fn len(&self) -> usize {
        self.keys.len() - usize::from(self.hole)
    }

    /// The keys, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &u128> {
        self.keys.iter().skip(usize::from(self.hole))
    }

    #[inline]
    pub(super) fn push(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.sink(key);
            return;
        }
        let mut place = self.keys.len();
        self.keys.push(key);
        while place > 0 {
            let parent = (place - 1) / 4;
            if self.keys[parent] <= key {
                break;
            }
            self.keys[place] = self.keys[parent];
            place = parent;
        }
        self.keys[place] = key;
    }

    /// The smallest key, or `u128::MAX` if there is none.
    #[inline]
    pub(super) fn peek(&mut self) -> u128 {
        if self.hole {
            self.fill();
        }
        self.keys.first().copied().unwrap_or(u128::MAX)
    }

    /// Takes the key that `peek` has just shown.
    #[inline]
    pub(super) fn take(&mut self) {
        debug_assert!(!self.hole && !self.keys.is_empty(), "take comes after a peek that found a key");
        self.hole = true;
    }

    #[inline]
    fn fill(&mut self) {
        self.hole = false;
        if let Some(last) = self.keys.pop()
            && !self.keys.is_empty()
        {
            self.sink(last);
        }
    }

    /// Puts `key` where the top was.
    #[inline]
    fn sink(&mut self, key: u128) {
        let keys = &mut self.keys[..];
        let count = keys.len();
        let mut place = 0;
        loop {
            let child = 4 * place + 1;
            let smallest = if child + 4 <= count {
                let low = if keys[child + 1] < keys[child] { child + 1 } else { child };
                let high = if keys[child + 3] < keys[child + 2] { child + 3 } else { child + 2 };
                if keys[high] < keys[low] { high } else { low }
            } else if child < count {
                (child + 1..count)
                    .fold(child, |least, other| if keys[other] < keys[least] { other } else { least })
            } else {
                break;
            };
            if keys[smallest] >= key {
                break;
            }
            keys[place] = keys[smallest];
            place = smallest;
        }
        keys[place] = key;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Any mix of pushes and takes gives the keys in the order of a sorted set.
        #[test]
        fn keys_come_out_in_order(steps in prop::collection::vec(prop::option::weighted(0.6, any::<u64>()), 0..400)) {
            let (mut heap, mut reference) = (Heap::default(), BTreeSet::new());
            for (n, step) in steps.into_iter().enumerate() {
                if let Some(high) = step {
                    let key = u128::from(high) << 64 | n as u128;
                    heap.push(key);
                    reference.insert(key);
                } else {
                    let expected = reference.pop_first();
                    prop_assert_eq!(heap.peek(), expected.unwrap_or(u128::MAX));
                    if expected.is_some() {
                        heap.take();
                    }
                }
                prop_assert_eq!(heap.len(), reference.len());
            }
        }
    }
}
