//! A log-linear histogram of whole numbers: 64 cells an octave, so that a quantile is known to within 0.8 %.

/// Cells an octave, as a power of two.
const BITS: u32 = 7;
const CELLS: usize = 1 << BITS;

/// Counts of observations by size: octave 0 holds the numbers below 128 exactly, each later one the next power of two. Needs
/// half a KiB for each octave between the smallest and the largest that were met, and none before the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    n: u64,
    min: u64,
    sum: u128,
    max: u64,
    /// Of successive octaves.
    pages: Vec<[u32; CELLS]>,
    first_octave: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram { n: 0, min: u64::MAX, sum: 0, max: 0, pages: Vec::new(), first_octave: 0 }
    }
}

impl Histogram {
    /// Counts one observation.
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        let octave = (value | (CELLS as u64 - 1)).ilog2() + 1 - BITS;
        let cell = (value >> octave) as usize & (CELLS - 1);
        let page = self.page(octave);
        page[cell] = page[cell].saturating_add(1);
        self.n += 1;
        self.sum += u128::from(value);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    #[inline(always)]
    fn page(&mut self, octave: u32) -> &mut [u32; CELLS] {
        let place = octave.wrapping_sub(self.first_octave) as usize;
        if place >= self.pages.len() {
            return self.new_page(octave);
        }
        &mut self.pages[place]
    }

    /// Has pages up to that of `octave`.
    #[cold]
    #[inline(never)]
    fn new_page(&mut self, octave: u32) -> &mut [u32; CELLS] {
        let empty = [0; CELLS];
        if self.pages.is_empty() {
            self.first_octave = octave;
        }
        let missing = self.first_octave.saturating_sub(octave) as usize;
        self.pages.splice(0..0, std::iter::repeat_n(empty, missing));
        self.first_octave = self.first_octave.min(octave);
        let place = (octave - self.first_octave) as usize;
        if place >= self.pages.len() {
            self.pages.resize(place + 1, empty);
        }
        &mut self.pages[place]
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
        for (octave, page) in (self.first_octave..).zip(&self.pages) {
            for (cell, &count) in page.iter().enumerate() {
                seen += u64::from(count);
                if seen >= rank {
                    let width = 1u64 << octave;
                    let low = ((cell as u128) << octave) as u64;
                    return Some((low + (width - 1) / 2).clamp(self.min, self.max));
                }
            }
        }
        Some(self.max)
    }

    /// Adds all observations of `other`.
    pub fn merge(&mut self, other: &Histogram) {
        for (octave, theirs) in (other.first_octave..).zip(&other.pages) {
            for (a, b) in self.page(octave).iter_mut().zip(theirs) {
                *a = a.saturating_add(*b);
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
