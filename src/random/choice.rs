//! Choosing: one of several by weight, and yes or no by probability. What is compared with a draw is an integer, made once.

use std::sync::Arc;

/// One of several, by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of each but the last: the draws below this one, and not below those before, choose it.
    below: Arc<[u64]>,
}

impl Choice {
    /// The n-th of `count`, from 1 on, has a weight of 1 / n^exponent (Zipf's law); with an exponent of 0 all have the same.
    pub fn zipf(count: usize, exponent: Exponent) -> Self {
        let exponent = f64::from(exponent.0) / 1000.0;
        let weights: Vec<f64> = (1..=count).map(|n| libm::pow(n as f64, -exponent)).collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let shares = weights.iter().take(count.saturating_sub(1)).map(|weight| {
            sum += weight / total;
            // The largest number below 2^64 is the largest share of draws.
            (sum * 18_446_744_073_709_551_616.0) as u64
        });
        Choice { below: shares.collect() }
    }

    /// The place, from 0 on, that belongs to `draw`, 64 uniform bits.
    pub fn pick(&self, draw: u64) -> usize {
        self.below.partition_point(|&below| below <= draw)
    }
}

/// The exponent of Zipf's law, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponent(pub u32);

/// A probability, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probability(u32);

impl Probability {
    /// What never happens.
    pub const ZERO: Probability = Probability(0);
    /// What always happens.
    pub const ONE: Probability = Probability(1_000_000_000);

    /// So many billionths, at most all of them.
    pub fn from_billionths(billionths: u32) -> Self {
        Probability(billionths.min(Probability::ONE.0))
    }

    /// In billionths.
    pub fn billionths(self) -> u32 {
        self.0
    }

    /// Whether it happens with `draw`, 64 uniform bits.
    #[inline]
    pub fn happens(self, draw: u64) -> bool {
        ((u128::from(draw) * u128::from(Probability::ONE.0)) >> 64) < u128::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    const N: u32 = 100_000;

    /// Shares within four standard errors of Zipf's law.
    #[test]
    fn places_are_chosen_by_their_weights() {
        for exponent in [0, 1000, 1500] {
            let choice = Choice::zipf(5, Exponent(exponent));
            let mut stream = RandomStream::new(1, "shop", "keys");
            let mut counts = [0u32; 5];
            (0..N).for_each(|_| counts[choice.pick(stream.draw())] += 1);
            let weight = |n: usize| (n as f64).powf(-f64::from(exponent) / 1000.0);
            let total: f64 = (1..=5).map(weight).sum();
            for (n, count) in (1..).zip(counts) {
                let (share, n) = (weight(n) / total, f64::from(N));
                let error = (share * (1.0 - share) / n).sqrt();
                assert!((f64::from(count) / n - share).abs() < 4.0 * error, "{exponent}: {counts:?}");
            }
        }
    }

    #[test]
    fn every_draw_has_a_place() {
        let choice = Choice::zipf(1000, Exponent(10_000));
        assert_eq!((choice.pick(0), choice.pick(u64::MAX)), (0, 999));
        assert_eq!(Choice::zipf(1, Exponent(0)).pick(u64::MAX), 0);
    }

    #[test]
    fn what_is_certain_always_happens_and_what_is_impossible_never() {
        for draw in [0, 1, u64::MAX] {
            assert!(Probability::ONE.happens(draw));
            assert!(!Probability::from_billionths(0).happens(draw));
        }
        let mut stream = RandomStream::new(1, "shop", "class");
        let tenth = Probability::from_billionths(100_000_000);
        let count = (0..N).filter(|_| tenth.happens(stream.draw())).count();
        assert!((9_621..10_379).contains(&count), "{count}");
    }
}
