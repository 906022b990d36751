//! What is known of a number after some replications. Knows neither AMQP nor what the number measures.

use super::{ConfidenceInterval, LEVEL, difference};

/// A number with as much certainty as its replications give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimate {
    /// Nothing random is in the system: every replication gives this value.
    Exact(f64),
    /// The value of one replication of a random system: nothing is known of its spread.
    Single(f64),
    /// The mean over two or more independent replications, with its 95 % interval.
    Interval(ConfidenceInterval),
}

impl Estimate {
    /// The estimate from one value a replication, of a system that is `random` or not; `None` without a value.
    pub fn of(values: &[f64], random: bool) -> Option<Estimate> {
        let first = *values.first()?;
        if !random {
            return Some(Estimate::Exact(first));
        }
        Some(ConfidenceInterval::of_mean(values, LEVEL).map_or(Estimate::Single(first), Estimate::Interval))
    }

    /// The estimate of the mean of `others[k] − base[k]`, whose systems share seed k; `None` without a pair.
    pub fn of_difference(base: &[f64], others: &[f64], random: bool) -> Option<Estimate> {
        let first = difference(*base.first()?, *others.first()?);
        if !random {
            return Some(Estimate::Exact(first));
        }
        let interval = ConfidenceInterval::of_paired_difference(base, others, LEVEL);
        Some(interval.map_or(Estimate::Single(first), Estimate::Interval))
    }

    /// The value, or the mean of all values.
    pub fn value(&self) -> f64 {
        match self {
            Estimate::Exact(value) | Estimate::Single(value) => *value,
            Estimate::Interval(interval) => interval.mean,
        }
    }

    /// The two ends between which the number is known to lie; `None` for a single replication of a random system.
    pub fn ends(&self) -> Option<(f64, f64)> {
        match self {
            Estimate::Exact(value) => Some((*value, *value)),
            Estimate::Single(_) => None,
            Estimate::Interval(interval) => Some((interval.lower(), interval.upper())),
        }
    }

    /// The same, without what lies below 0 where the number cannot be negative: for showing it.
    pub fn possible_ends(&self) -> Option<(f64, f64)> {
        match self {
            Estimate::Interval(interval) => Some(interval.possible_ends()),
            Estimate::Exact(_) | Estimate::Single(_) => self.ends(),
        }
    }

    /// Whether 0 is outside of what the number may be; never for a single replication of a random system.
    pub fn excludes_zero(&self) -> bool {
        self.ends().is_some_and(|(lower, upper)| lower > 0.0 || upper < 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_replication_says_nothing_of_the_spread_unless_nothing_is_random() {
        assert_eq!(Estimate::of(&[3.0], true), Some(Estimate::Single(3.0)));
        assert_eq!(Estimate::of(&[3.0], false).unwrap().ends(), Some((3.0, 3.0)));
        assert_eq!(Estimate::of(&[3.0], true).unwrap().ends(), None);
        assert_eq!(Estimate::of(&[], true), None);
        assert!(matches!(Estimate::of(&[3.0, 4.0], true), Some(Estimate::Interval(_))));
    }

    #[test]
    fn zero_is_excluded_only_by_an_interval_on_one_side_of_it() {
        assert!(Estimate::of_difference(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0], true).unwrap().excludes_zero());
        assert!(!Estimate::of_difference(&[1.0, 2.0], &[2.0, 1.0], true).unwrap().excludes_zero());
        assert!(!Estimate::of_difference(&[1.0], &[2.0], true).unwrap().excludes_zero());
        assert!(Estimate::of_difference(&[1.0], &[2.0], false).unwrap().excludes_zero());
    }

    #[test]
    fn what_only_rounding_tells_apart_is_no_difference() {
        let (a, b) = (0.1 + 0.2, 0.3);
        assert_eq!(Estimate::of_difference(&[a], &[b], false), Some(Estimate::Exact(0.0)));
        assert_eq!(Estimate::of_difference(&[a, a, a], &[b, b, b], true).unwrap().ends(), Some((0.0, 0.0)));
        assert!(Estimate::of_difference(&[0.3], &[0.300_000_01], false).unwrap().excludes_zero());
    }
}
