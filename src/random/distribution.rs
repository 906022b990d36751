//! Distributions of lengths of time, sampled by inversion: one uniform draw a sample, so that variants stay in step.
//!
//! Floating point stays inside this file and `logarithm.rs` and leaves them as integer nanoseconds. `+ - * /` are rounded in
//! one way by IEEE 754 on every platform; the platform's logarithm, which may differ in its last bit, is never asked.

use std::fmt;
use std::sync::Arc;

use super::law::Law;
use super::logarithm::minus_ln;
use crate::units::SimDuration;

/// A distribution of lengths of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Always the same length.
    Constant(SimDuration),
    /// Any length from the first to the second, both included, all equally likely. Mean: (low + high) / 2.
    Uniform(SimDuration, SimDuration),
    /// Exponential with this mean: memoryless, as between independent arrivals.
    Exponential(SimDuration),
    /// Any other law.
    Law(Arc<Law>),
}

impl From<Law> for Distribution {
    fn from(law: Law) -> Self {
        Distribution::Law(Arc::new(law))
    }
}

impl Distribution {
    /// The sample that belongs to `draw`, 64 uniform bits; lengths beyond the largest are the largest.
    #[inline(always)]
    pub fn sample(&self, draw: u64) -> SimDuration {
        match *self {
            Distribution::Constant(length) => length,
            Distribution::Law(ref law) => SimDuration::from_nanos(law.sample(draw)),
            Distribution::Uniform(low, high) => {
                let span = u128::from(high.as_nanos() - low.as_nanos()) + 1;
                SimDuration::from_nanos(low.as_nanos() + ((u128::from(draw) * span) >> 64) as u64)
            }
            Distribution::Exponential(mean) => {
                let mean = mean.as_nanos();
                // A signed number is converted in one step.
                let mean = if mean >> 63 == 0 { mean as i64 as f64 } else { mean as f64 };
                SimDuration::from_nanos((mean * minus_ln(draw)) as u64)
            }
        }
    }

    /// The mean of all samples, rounded down to a nanosecond.
    pub fn mean(&self) -> SimDuration {
        match *self {
            Distribution::Constant(length) | Distribution::Exponential(length) => length,
            Distribution::Uniform(low, high) => {
                SimDuration::from_nanos(low.as_nanos().midpoint(high.as_nanos()))
            }
            Distribution::Law(ref law) => SimDuration::from_nanos(law.mean() as u64),
        }
    }

    /// The mean of all samples in nanoseconds.
    pub fn mean_exact(&self) -> f64 {
        match self {
            Distribution::Constant(length) | Distribution::Exponential(length) => length.as_nanos() as f64,
            Distribution::Uniform(low, high) => 0.5 * (low.as_nanos() as f64 + high.as_nanos() as f64),
            Distribution::Law(law) => law.mean(),
        }
    }

    /// The variance of all samples in square nanoseconds; infinite where there is none.
    pub fn variance(&self) -> f64 {
        match self {
            Distribution::Constant(_) => 0.0,
            Distribution::Exponential(mean) => mean.as_nanos() as f64 * mean.as_nanos() as f64,
            Distribution::Uniform(low, high) => {
                let span = (high.as_nanos() - low.as_nanos()) as f64 + 1.0;
                (span * span - 1.0) / 12.0
            }
            Distribution::Law(law) => law.variance(),
        }
    }

    /// No sample is shorter.
    pub fn least(&self) -> SimDuration {
        match self {
            Distribution::Constant(length) | Distribution::Uniform(length, _) => *length,
            Distribution::Exponential(_) => SimDuration::ZERO,
            Distribution::Law(law) => SimDuration::from_nanos(law.least()),
        }
    }

    /// In words, with amounts of nanoseconds, or of what they stand for, as `shown` tells them.
    pub fn describe(&self, shown: &dyn Fn(u64) -> String) -> String {
        let amount = |length: &SimDuration| shown(length.as_nanos());
        match self {
            Distribution::Constant(length) => amount(length),
            Distribution::Uniform(low, high) => format!("uniform from {} to {}", amount(low), amount(high)),
            Distribution::Exponential(mean) => format!("exponential with mean {}", amount(mean)),
            Distribution::Law(law) => law.describe(shown),
        }
    }

    /// The length that every sample has, if they are all the same.
    pub fn constant(&self) -> Option<SimDuration> {
        match *self {
            Distribution::Constant(length) => Some(length),
            Distribution::Uniform(low, high) if low == high => Some(low),
            Distribution::Exponential(mean) if mean.is_zero() => Some(mean),
            Distribution::Law(ref law) => law.constant().map(SimDuration::from_nanos),
            _ => None,
        }
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(&|nanos| SimDuration::from_nanos(nanos).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::RandomStream;

    fn moments(distribution: &Distribution, n: u32) -> (f64, f64) {
        let mut stream = RandomStream::new(1, "test", "moments");
        let samples: Vec<f64> =
            (0..n).map(|_| distribution.sample(stream.draw()).as_nanos() as f64).collect();
        let mean = samples.iter().sum::<f64>() / f64::from(n);
        let variance = samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n - 1);
        (mean, variance.sqrt())
    }

    /// Mean and standard deviation of an exponential are both its mean; 200,000 samples give 0.22 % standard error.
    #[test]
    fn exponential_has_its_mean_and_deviation() {
        let (mean, deviation) = moments(&Distribution::Exponential(SimDuration::from_millis(10)), 200_000);
        assert!((mean / 1e7 - 1.0).abs() < 0.01, "{mean}");
        assert!((deviation / 1e7 - 1.0).abs() < 0.015, "{deviation}");
    }

    #[test]
    fn uniform_has_its_mean_and_stays_inside() {
        let d = Distribution::Uniform(SimDuration::from_nanos(10), SimDuration::from_nanos(19));
        let mut stream = RandomStream::new(1, "test", "uniform");
        let mut seen = [0u32; 10];
        for _ in 0..10_000 {
            seen[(d.sample(stream.draw()).as_nanos() - 10) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(d.mean().as_nanos(), 14);
    }

    #[test]
    fn the_extreme_draws_are_finite() {
        let d = Distribution::Exponential(SimDuration::MAX);
        assert_eq!(d.sample(0), SimDuration::MAX);
        assert!(Distribution::Exponential(SimDuration::from_secs(1)).sample(u64::MAX).as_nanos() < 2);
    }

    /// These bits are part of the promise that a seed gives the same run everywhere.
    #[test]
    fn samples_are_the_same_bits_on_every_platform() {
        let mut stream = RandomStream::new(42, "shop", "arrivals");
        let d = Distribution::Exponential(SimDuration::from_secs(1));
        let samples: Vec<u64> = (0..4).map(|_| d.sample(stream.draw()).as_nanos()).collect();
        assert_eq!(samples, [223_296_272, 1_002_563_101, 485_748_350, 1_001_678_051]);
    }
}
