//! A 4-ary min-heap of 128-bit keys. A popped top leaves a hole that the next push fills, so that the usual pop and
//! push of a timer costs one way down the heap instead of one down and one up. The way down is gone when somebody looks: in one
//! place, whoever pushed.

/// Greater than every key.
pub(super) const NOTHING: u128 = u128::MAX;

/// Four siblings; empty places hold [`NOTHING`], so that the smallest is found without asking how many there are.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Siblings([u128; 4]);

impl Siblings {
    /// The place of the smallest key, and the key.
    #[inline(always)]
    fn least(&self) -> (usize, u128) {
        let keys = &self.0;
        let low = usize::from(keys[1] < keys[0]);
        let high = 2 + usize::from(keys[3] < keys[2]);
        let least = if keys[high] < keys[low] { high } else { low };
        (least, keys[least])
    }
}

/// The heap. Keys must differ from each other.
///
/// The children of the top are `siblings[0]`, those of the place `n` (the `n % 4`-th of `siblings[n / 4]`) are
/// `siblings[n + 1]`.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    top: u128,
    siblings: Vec<Siblings>,
    /// Keys below the top.
    below: usize,
    /// The top was taken and nothing has filled its place.
    hole: bool,
    /// The top may have to sink, or is to be filled.
    loose: bool,
}

impl Default for Heap {
    fn default() -> Self {
        Heap { top: NOTHING, siblings: Vec::new(), below: 0, hole: false, loose: false }
    }
}

impl Heap {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    /// The keys, in no particular order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &u128> {
        let top = Some(&self.top).filter(|_| !self.hole);
        let rest = self.siblings.iter().flat_map(|siblings| &siblings.0);
        top.into_iter().chain(rest).filter(|key| **key != NOTHING)
    }

    #[inline(always)]
    pub(super) fn push(&mut self, key: u128) {
        if self.hole {
            self.hole = false;
            self.top = key;
        } else {
            self.rise(key);
        }
    }

    /// The smallest key, or [`NOTHING`] if there is none.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> u128 {
        if self.loose {
            self.settle();
        }
        self.top
    }

    /// Takes the key that `peek` has just shown.
    #[inline(always)]
    pub(super) fn take(&mut self) {
        debug_assert!(!self.loose && self.top != NOTHING, "take comes after a peek that found a key");
        (self.hole, self.loose) = (true, true);
    }

    /// Makes the smallest key the top.
    #[inline(always)]
    fn settle(&mut self) {
        self.loose = false;
        if self.hole {
            self.fill();
        }
        self.sink();
    }

    /// Adds `key` at the end and lets it rise to its place.
    #[inline(never)]
    fn rise(&mut self, key: u128) {
        if self.loose {
            self.settle();
        }
        if self.top == NOTHING {
            self.top = key;
            return;
        }
        let mut place = self.below;
        self.below += 1;
        if place / 4 == self.siblings.len() {
            self.siblings.push(Siblings([NOTHING; 4]));
        }
        while place >= 4 {
            let parent = place / 4 - 1;
            let above = self.siblings[parent / 4].0[parent % 4];
            if above <= key {
                break;
            }
            self.siblings[place / 4].0[place % 4] = above;
            place = parent;
        }
        let mut key = key;
        if place < 4 && key < self.top {
            std::mem::swap(&mut key, &mut self.top);
        }
        self.siblings[place / 4].0[place % 4] = key;
    }

    /// Puts the last key where the top was, or [`NOTHING`] if there is none.
    #[inline(never)]
    fn fill(&mut self) {
        self.hole = false;
        self.top = NOTHING;
        if let Some(last) = self.below.checked_sub(1) {
            self.below = last;
            std::mem::swap(&mut self.siblings[last / 4].0[last % 4], &mut self.top);
        }
    }

    /// Lets the top sink to its place.
    #[inline(always)]
    fn sink(&mut self) {
        let siblings = &mut self.siblings[..];
        let key = self.top;
        let Some((mut place, least)) =
            siblings.first().map(Siblings::least).filter(|(_, least)| *least < key)
        else {
            return;
        };
        self.top = least;
        let mut group = 0;
        while let children = 4 * group + place + 1
            && let Some((child, least)) = siblings.get(children).map(Siblings::least)
            && least < key
        {
            siblings[group].0[place] = least;
            (group, place) = (children, child);
        }
        siblings[group].0[place] = key;
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
