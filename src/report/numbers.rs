//! Numbers for people: value, unit and uncertainty. Files for machines give every digit; here four are enough.

use crate::measure::Unit;
use crate::stats::{ConfidenceInterval, Estimate};

/// Significant digits of a value without an interval.
const DIGITS: i32 = 4;
/// Significant digits of a half-width; the mean is shown to the same place.
const DIGITS_OF_HALF_WIDTH: i32 = 2;
/// The most decimals of a count or a ratio.
const DECIMALS_MAX: usize = 3;
/// The most decimals of a percentage.
const DECIMALS_MAX_OF_SHARE: usize = 1;
/// A half-width below this part of the mean comes from rounding: the values are equal.
const ROUNDING: f64 = 1e-12;

/// The value in its unit: `31.2s`, `0.834`, `75`, `12.4 %`.
pub(super) fn quantity(value: f64, unit: Unit) -> String {
    let scale = Scale::of(value, unit);
    let scaled = value / scale.size;
    format!("{}{}", rounded(scaled, places(scaled, DIGITS, unit)), scale.suffix)
}

/// The value with its sign, for differences: `+31.2s`, `-0.1`, `0`; differences of shares are percentage points, `-3 pp`.
pub(super) fn signed(estimate: &Estimate, unit: Unit) -> String {
    let text = self::estimate(estimate, unit).replace('%', "pp");
    if estimate.value() > 0.0 { format!("+{text}") } else { text }
}

/// The value, with the half-width of its interval if it has one: `0.834 ± 0.012`; where that would reach below 0 and the number
/// cannot, with the ends of what is left of it: `1.2 (0 to 3.4)`. Equal replications give the value alone.
pub(super) fn estimate(estimate: &Estimate, unit: Unit) -> String {
    match estimate {
        Estimate::Exact(value) | Estimate::Single(value) => quantity(*value, unit),
        Estimate::Interval(interval) => with_half_width(interval, unit),
    }
}

/// How sure the value is, in parentheses: `(n = 10, 95 % Student)`.
pub(super) fn certainty(estimate: &Estimate) -> String {
    match estimate {
        Estimate::Exact(_) => "(exact: nothing is random)".to_owned(),
        Estimate::Single(_) => "(one replication: no interval)".to_owned(),
        Estimate::Interval(interval) if are_equal(interval) => {
            format!("(equal in all of {} replications)", interval.n)
        }
        Estimate::Interval(interval) => {
            format!("(n = {}, {} % {})", interval.n, rounded(interval.level * 100.0, 1), interval.method)
        }
    }
}

/// ` (n = 3 of 10)`: only so many replications have a value, for example because a percentile takes more observations than the
/// others had; nothing where all have one.
pub(super) fn some(n: usize, all: usize) -> String {
    if n < all { format!(" (n = {n} of {all})") } else { String::new() }
}

/// A factor in a sentence: `2.45`.
pub(super) fn factor(value: f64) -> String {
    rounded(value, 2)
}

/// `1 message`, `3 messages`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What a value is divided by, and what stands behind it.
struct Scale {
    size: f64,
    suffix: &'static str,
}

impl Scale {
    fn of(value: f64, unit: Unit) -> Scale {
        let (size, suffix) = match (unit, value.abs()) {
            (Unit::Count | Unit::Ratio, _) => (1.0, ""),
            (Unit::Share, _) => (0.01, " %"),
            (Unit::PerSecond, _) => (1.0, " /s"),
            (Unit::Nanoseconds, 0.0) => (1e9, "s"),
            (Unit::Nanoseconds, length) if length < 1e3 => (1.0, "ns"),
            (Unit::Nanoseconds, length) if length < 1e6 => (1e3, "us"),
            (Unit::Nanoseconds, length) if length < 1e9 => (1e6, "ms"),
            (Unit::Nanoseconds, _) => (1e9, "s"),
        };
        Scale { size, suffix }
    }
}

/// Whether the replications had one and the same value.
fn are_equal(interval: &ConfidenceInterval) -> bool {
    interval.half_width <= interval.mean.abs() * ROUNDING
}

fn with_half_width(interval: &ConfidenceInterval, unit: Unit) -> String {
    if are_equal(interval) {
        return quantity(interval.mean, unit);
    }
    // The larger of the two chooses the unit, so that 0s ± 3ms does not read as 0s ± 0.003s.
    let scale = Scale::of(interval.mean.abs().max(interval.half_width), unit);
    let half_width = interval.half_width / scale.size;
    let places = places(half_width, DIGITS_OF_HALF_WIDTH, unit);
    let mean = fixed(interval.mean / scale.size, places);
    let mut width = fixed(half_width, places);
    if width.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        width = format!("<{:.places$}", 1.0 / libm::pow(10.0, places as f64));
    }
    // `12.4 ± 1.2 %`, but `53.1s ± 2.7s`.
    let (lower, upper) = interval.possible_ends();
    if lower > interval.lower() {
        let upper = fixed(upper / scale.size, places);
        return match unit {
            Unit::Share | Unit::PerSecond => format!("{mean} (0 to {upper}){}", scale.suffix),
            _ => format!("{mean}{0} (0 to {upper}{0})", scale.suffix),
        };
    }
    let behind_mean = if matches!(unit, Unit::Share | Unit::PerSecond) { "" } else { scale.suffix };
    format!("{mean}{behind_mean} ± {width}{}", scale.suffix)
}

/// Decimals that show `value` to its unit's usual precision.
fn places(value: f64, digits: i32, unit: Unit) -> usize {
    match unit {
        Unit::Count | Unit::Ratio | Unit::PerSecond => decimals(value, digits).min(DECIMALS_MAX),
        Unit::Share => decimals(value, digits).min(DECIMALS_MAX_OF_SHARE),
        Unit::Nanoseconds => decimals(value, digits),
    }
}

/// The value with exactly so many decimals, and no minus before a zero.
fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(zero) if zero.bytes().all(|byte| matches!(byte, b'0' | b'.')) => zero.to_owned(),
        _ => text,
    }
}

/// Decimals that show `digits` significant digits of `value`, from 0 to 12.
fn decimals(value: f64, digits: i32) -> usize {
    if value.abs() < 1e-12 {
        return 0;
    }
    let magnitude = libm::floor(libm::log10(value.abs())) as i32;
    usize::try_from((digits - 1 - magnitude).clamp(0, 12)).unwrap_or(0)
}

/// The value with at most so many decimals, without zeros at the end.
fn rounded(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::LEVEL;

    #[test]
    fn quantities_have_four_digits_and_a_unit() {
        assert_eq!(quantity(31_234_567_890.0, Unit::Nanoseconds), "31.23s");
        assert_eq!(quantity(1_500_000.0, Unit::Nanoseconds), "1.5ms");
        assert_eq!(quantity(0.0, Unit::Nanoseconds), "0s");
        assert_eq!(quantity(-2_000.0, Unit::Nanoseconds), "-2us");
        assert_eq!(quantity(123_456.0, Unit::Count), "123456");
        assert_eq!(quantity(2.0 / 3.0, Unit::Ratio), "0.667");
        assert_eq!(quantity(2.0 / 3.0, Unit::Share), "66.7 %");
        assert_eq!(quantity(19.5, Unit::PerSecond), "19.5 /s");
    }

    #[test]
    fn the_half_width_says_how_many_decimals_are_worth_showing() {
        let values = [0.82, 0.83, 0.84, 0.85];
        let interval = Estimate::of(&values, true).unwrap();
        assert_eq!(estimate(&interval, Unit::Ratio), "0.835 ± 0.021");
        assert_eq!(certainty(&interval), "(n = 4, 95 % Student)");
        assert_eq!(estimate(&interval, Unit::Share), "83.5 ± 2.1 %");
        let close = Estimate::of(&[0.1, 0.100_01], true).unwrap();
        assert_eq!(estimate(&close, Unit::Ratio), "0.100 ± <0.001");
    }

    #[test]
    fn what_cannot_be_negative_is_not_shown_so() {
        let rare = Estimate::of(&[0.0, 0.0, 0.0, 5.0], true).unwrap();
        assert_eq!(estimate(&rare, Unit::Count), "1.2 (0 to 5.2)");
        assert_eq!(estimate(&rare, Unit::Nanoseconds), "1.2ns (0 to 5.2ns)");
        let share = Estimate::of(&[0.0, 0.0, 0.05], true).unwrap();
        assert_eq!(estimate(&share, Unit::Share), "1.7 (0 to 8.8) %");
        let difference = Estimate::of_difference(&[0.0; 4], &[0.0, 0.0, 0.0, 5.0], true).unwrap();
        assert_eq!(signed(&difference, Unit::Count), "+1.2 ± 4.0");
    }

    #[test]
    fn equal_replications_have_no_half_width() {
        let equal = Estimate::Interval(ConfidenceInterval::of_mean(&[3e9, 3e9], LEVEL).unwrap());
        assert_eq!(estimate(&equal, Unit::Nanoseconds), "3s");
        assert_eq!(certainty(&equal), "(equal in all of 2 replications)");
    }

    #[test]
    fn a_difference_has_a_sign() {
        assert_eq!(signed(&Estimate::Exact(5.0), Unit::Count), "+5");
        assert_eq!(signed(&Estimate::Exact(-2e9), Unit::Nanoseconds), "-2s");
        assert_eq!(signed(&Estimate::Exact(0.0), Unit::Ratio), "0");
        assert_eq!(signed(&Estimate::Exact(-0.125), Unit::Share), "-12.5 pp");
    }
}
