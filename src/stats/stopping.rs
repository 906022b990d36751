//! When there are enough replications: sequential stopping at a relative half-width.
//! Knows nothing of what is estimated.

use super::ConfidenceInterval;

/// Replications before the first look: fewer say too little of the spread to trust an interval of theirs.
pub const PILOT: usize = 10;

/// After how many replications one looks whether they are enough: 10, 15, 22, 33, … up to `most`.
///
/// Each look is half as far again, so that there are few: every look is a chance to stop by luck.
pub fn looks(most: usize) -> Vec<usize> {
    let mut looks = Vec::new();
    let mut next = PILOT;
    while next < most {
        looks.push(next);
        next += next / 2;
    }
    looks.push(most);
    looks
}

/// Whether the interval's half-width is at most `precision` of its mean, for example 0.05.
///
/// A mean of 0 is precise only without any spread: nothing is a small part of it.
pub fn is_precise(interval: &ConfidenceInterval, precision: f64) -> bool {
    interval.half_width <= precision * interval.mean.abs()
}

/// After how many of these values to stop: at the second of two looks in a row at which the mean is [precise](is_precise),
/// or at the last look. `None`: none of the looks that the values reach says so.
///
/// Two looks in a row, because a single one stops too often just when the spread looks small by luck, and its interval then
/// holds the truth less often than it says.
/// Source: Law, "Simulation Modeling and Analysis", 5th edition, section 9.4.1; the second look is a common safeguard.
pub fn enough(values: &[f64], precision: f64, most: usize, level: f64) -> Option<usize> {
    let mut in_a_row = 0;
    for look in looks(most).into_iter().take_while(|look| *look <= values.len()) {
        let precise = ConfidenceInterval::of_mean(&values[..look], level)
            .is_some_and(|interval| is_precise(&interval, precision));
        in_a_row = if precise { in_a_row + 1 } else { 0 };
        if in_a_row == 2 || look == most {
            return Some(look);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::LEVEL;

    #[test]
    fn looks_are_half_as_far_again_and_end_at_the_most() {
        assert_eq!(looks(100), [10, 15, 22, 33, 49, 73, 100]);
        assert_eq!(looks(10), [10]);
        assert_eq!(looks(4), [4]);
    }

    #[test]
    fn two_precise_looks_in_a_row_are_enough_and_one_is_not() {
        let even = [10.0, 10.1].repeat(50);
        assert_eq!(enough(&even, 0.05, 100, LEVEL), Some(15));
        assert_eq!(enough(&even[..14], 0.05, 100, LEVEL), None);
        // Precise at 10, spoilt at 15, precise again at 73 and 100.
        let mut spoilt = even.clone();
        spoilt[12] = 20.0;
        assert_eq!(enough(&spoilt, 0.05, 1000, LEVEL), Some(73));
        assert_eq!(enough(&spoilt, 0.0001, 100, LEVEL), Some(100));
    }

    #[test]
    fn a_mean_of_zero_is_precise_only_without_spread() {
        assert_eq!(enough(&[0.0; 20], 0.05, 100, LEVEL), Some(15));
        assert_eq!(enough(&[-1.0, 1.0].repeat(10), 0.05, 100, LEVEL), None);
    }
}
