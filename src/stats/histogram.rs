//! A log-linear histogram of whole numbers: 64 cells an octave, so that a quantile is known to within 0.8 %.

use std::borrow::Cow;

/// Cells an octave, as a power of two.
const BITS: u32 = 7;
const CELLS: usize = 1 << BITS;
/// So many observations wait until their cells are counted.
const WAITING: usize = 8;

/// Counts of observations by size: octave 0 holds the numbers below 128 exactly, each later one the next power of two. Needs
/// half a KiB for each octave between the smallest and the largest that were met, and none before the first.
///
/// Where there are thousands of histograms, no cell is in the processor's caches when it is needed. So a few observations are
/// counted together: the processor waits for all their cells at once.
#[derive(Clone, Debug)]
pub struct Histogram {
    n: u64,
    min: u64,
    sum: u128,
    max: u64,
    /// How many observations are in each cell, of whole octaves.
    counts: Box<[u32]>,
    /// The cells of observations that are not counted there so far.
    waiting: [u16; WAITING],
    waits: u8,
    /// The cell that `counts` begins with. Cells are numbered through all octaves.
    first: u16,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram {
            n: 0,
            min: u64::MAX,
            sum: 0,
            max: 0,
            counts: Box::default(),
            waiting: [0; WAITING],
            waits: 0,
            first: 0,
        }
    }
}

/// Histograms of the same observations are equal, whatever their order.
impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let facts = |of: &Histogram| (of.n, of.min, of.sum, of.max);
        let (own, others) = (self.counted(), other.counted());
        facts(self) == facts(other) && (own.first, &own.counts) == (others.first, &others.counts)
    }
}

impl Eq for Histogram {}

impl Histogram {
    /// Counts one observation.
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        let octave = (value | (CELLS as u64 - 1)).ilog2() + 1 - BITS;
        let cell = (value >> octave) as u32 & (CELLS as u32 - 1);
        let place = self.waits as usize % WAITING;
        self.waiting[place] = (octave << BITS | cell) as u16;
        self.waits = place as u8 + 1;
        self.n += 1;
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        if place + 1 == WAITING {
            self.settle();
        }
    }

    /// Counts what waits for that.
    #[inline(never)]
    pub fn settle(&mut self) {
        let waiting = self.waiting;
        for &cell in &waiting[..self.waits as usize] {
            self.add(cell, 1);
        }
        self.waits = 0;
    }

    /// The same with nothing that waits.
    fn counted(&self) -> Cow<'_, Histogram> {
        if self.waits == 0 {
            return Cow::Borrowed(self);
        }
        let mut counted = self.clone();
        counted.settle();
        Cow::Owned(counted)
    }

    #[inline(always)]
    fn add(&mut self, cell: u16, more: u32) {
        let mut place = usize::from(cell.wrapping_sub(self.first));
        if place >= self.counts.len() {
            place = self.extend(cell);
        }
        self.counts[place] = self.counts[place].saturating_add(more);
    }

    /// Has counts of the octave with this cell; the cell's place there.
    #[cold]
    #[inline(never)]
    fn extend(&mut self, cell: u16) -> usize {
        let octave = cell & !(CELLS as u16 - 1);
        let mut counts = std::mem::take(&mut self.counts).into_vec();
        if counts.is_empty() {
            self.first = octave;
        }
        let missing = usize::from(self.first.saturating_sub(octave));
        counts.splice(0..0, std::iter::repeat_n(0, missing));
        self.first = self.first.min(octave);
        let end = usize::from(octave - self.first) + CELLS;
        counts.resize(counts.len().max(end), 0);
        self.counts = counts.into_boxed_slice();
        usize::from(cell - self.first)
    }

    /// Number of observations.
    pub fn count(&self) -> u64 {
        self.n
    }

    /// Sum of all observations, exact.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Arithmetic mean, or `None` without observations.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64)
    }

    /// The smallest observation, or `None` without observations.
    pub fn min(&self) -> Option<u64> {
        (self.n > 0).then_some(self.min)
    }

    /// The largest observation, or `None` without observations.
    pub fn max(&self) -> Option<u64> {
        (self.n > 0).then_some(self.max)
    }

    /// The `numerator/denominator` quantile (nearest rank), as the middle of its cell, within the smallest and the
    /// largest observation; `None` without observations.
    pub fn quantile(&self, numerator: u64, denominator: u64) -> Option<u64> {
        if self.n == 0 {
            return None;
        }
        let rank =
            (u128::from(self.n) * u128::from(numerator)).div_ceil(u128::from(denominator)).max(1) as u64;
        if rank == self.n {
            return Some(self.max);
        }
        let mut seen = 0u64;
        let counted = self.counted();
        for (cell, &count) in (usize::from(counted.first)..).zip(&counted.counts) {
            seen += u64::from(count);
            if seen >= rank {
                let octave = cell >> BITS;
                let width = 1u64 << octave;
                let low = ((cell as u128 & (CELLS as u128 - 1)) << octave) as u64;
                return Some((low + (width - 1) / 2).clamp(self.min, self.max));
            }
        }
        Some(self.max)
    }

    /// Adds all observations of `other`.
    pub fn merge(&mut self, other: &Histogram) {
        let others = other.counted();
        for (cell, &count) in (others.first..).zip(&others.counts) {
            if count > 0 {
                self.add(cell, count);
            }
        }
        self.n += other.n;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_exact() {
        let mut h = Histogram::default();
        for v in 1..=100 {
            h.record(v);
        }
        assert_eq!(h.quantile(1, 2), Some(50));
        assert_eq!(h.quantile(99, 100), Some(99));
        assert_eq!(h.quantile(1, 1), Some(100));
        assert_eq!(h.mean(), Some(50.5));
    }

    #[test]
    fn a_quantile_is_within_one_percent_at_every_size() {
        for magnitude in [1_000u64, 1_000_000, 1_000_000_000, 1 << 50] {
            let mut h = Histogram::default();
            for i in 1..=10_000u64 {
                h.record(magnitude / 100 * i / 100);
            }
            let exact = (magnitude / 100 * 95) as f64;
            let got = h.quantile(95, 100).unwrap() as f64;
            assert!((got / exact - 1.0).abs() < 0.01, "{got} against {exact}");
        }
    }

    #[test]
    fn the_largest_number_is_counted() {
        let mut h = Histogram::default();
        h.record(u64::MAX);
        h.record(0);
        assert_eq!((h.quantile(1, 1), h.quantile(1, 2)), (Some(u64::MAX), Some(0)));
    }

    /// However many wait to be counted, and in whatever order they came.
    #[test]
    fn histograms_of_the_same_numbers_are_equal() {
        for n in 0..3 * WAITING as u64 {
            let (mut up, mut down) = (Histogram::default(), Histogram::default());
            (0..n).for_each(|v| up.record(v * v * 1_000));
            (0..n).rev().for_each(|v| down.record(v * v * 1_000));
            assert_eq!(up, down);
            down.settle();
            assert_eq!((&up, up.quantile(1, 2)), (&down, down.quantile(1, 2)));
            let mut merged = Histogram::default();
            merged.merge(&up);
            assert_eq!(merged, down);
            up.record(77_777);
            assert_ne!(up, down);
        }
    }

    #[test]
    fn merged_histograms_count_both() {
        let (mut a, mut b, mut both) = (Histogram::default(), Histogram::default(), Histogram::default());
        for v in [3, 70_000, 5_000_000] {
            a.record(v);
            both.record(v);
        }
        for v in [9, 71_000] {
            b.record(v);
            both.record(v);
        }
        a.merge(&b);
        assert_eq!((a.count(), a.sum(), a.quantile(1, 2)), (both.count(), both.sum(), both.quantile(1, 2)));
    }
}
