//! Virtual time, lengths of time and sizes: integers with a unit, and their text forms.
//! Knows no clock. Every quantity in a scenario file carries a unit, so that a reader never has to guess one.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

use std::fmt;
use std::ops::{Add, AddAssign};

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// An instant of virtual time, in nanoseconds since the start of the replication.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of virtual time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

/// How often something happens, in thousandths an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u64);

impl Rate {
    const PER_HOUR: u64 = 1_000;

    /// So many thousandths an hour.
    pub const fn from_thousandths_per_hour(thousandths: u64) -> Self {
        Rate(thousandths)
    }

    /// In thousandths an hour.
    pub const fn thousandths_per_hour(self) -> u64 {
        self.0
    }

    /// The mean time from one to the next, to the nearest nanosecond; `None` if it never happens.
    pub fn gap(self) -> Option<SimDuration> {
        const HOUR: u64 = 3_600_000_000_000 * Rate::PER_HOUR;
        (HOUR + self.0 / 2).checked_div(self.0).map(SimDuration)
    }
}

impl SimTime {
    /// The start of every replication.
    pub const ZERO: SimTime = SimTime(0);
    /// The last instant that can be represented, about 584 years; adding to it stays there.
    pub const END: SimTime = SimTime(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimTime(nanos)
    }

    /// Nanoseconds since the start of the replication.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The length from `earlier` to this instant; zero if `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }

    /// The instant as exact seconds with nine decimals, right-aligned to 15 columns: the form of traces.
    pub fn fixed(self) -> String {
        format!("{:>5}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000)
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// The longest length that can be represented.
    pub const MAX: SimDuration = SimDuration(u64::MAX);

    /// A length of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        SimDuration(nanos)
    }

    /// A length of `micros` microseconds, at most [`SimDuration::MAX`].
    pub const fn from_micros(micros: u64) -> Self {
        SimDuration(micros.saturating_mul(1_000))
    }

    /// A length of `millis` milliseconds, at most [`SimDuration::MAX`].
    pub const fn from_millis(millis: u64) -> Self {
        SimDuration(millis.saturating_mul(1_000_000))
    }

    /// A length of `secs` seconds, at most [`SimDuration::MAX`].
    pub const fn from_secs(secs: u64) -> Self {
        SimDuration(secs.saturating_mul(1_000_000_000))
    }

    /// The length in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whether this is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    #[inline]
    fn add(self, length: SimDuration) -> SimTime {
        SimTime(self.0.saturating_add(length.0))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    #[inline]
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimDuration {
    #[inline]
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

/// Picks the largest unit that shows the length exactly, or with at most nine decimals: `1.5s`, `200ms`, `0s`.
impl fmt::Display for SimDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = match self.0 {
            0 => ("s", 1),
            1..1_000 => UNITS[0],
            1_000..1_000_000 => UNITS[1],
            1_000_000..1_000_000_000 => UNITS[2],
            _ => UNITS[3],
        };
        let (whole, rest) = (self.0 / size, self.0 % size);
        let mut text = whole.to_string();
        if rest > 0 {
            let width = (size.ilog10()) as usize;
            let decimals = format!("{rest:0width$}");
            text.push('.');
            text.push_str(decimals.trim_end_matches('0'));
        }
        text.push_str(unit);
        f.pad(&text)
    }
}

/// Why a text is not a quantity; the words are part of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// There is no number at the start.
    NoNumber,
    /// A number with nothing behind it.
    NoUnit,
    /// The letters behind the number are no known unit.
    UnknownUnit,
    /// More decimals than the smallest unit can show.
    TooPrecise,
    /// Beyond what the type can hold.
    TooLarge,
}

/// Splits `1_000.5ms` into whole digits, decimal digits and unit. Underscores between digits are for the eye alone.
fn split(text: &str) -> Result<(String, String, &str), QuantityError> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let plain: String = number.chars().filter(|&c| c != '_').collect();
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    if whole.is_empty() || decimals.contains('.') || (plain.contains('.') && decimals.is_empty()) {
        return Err(QuantityError::NoNumber);
    }
    Ok((whole.to_owned(), decimals.to_owned(), unit.trim()))
}

fn digits(text: &str) -> Result<u128, QuantityError> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| QuantityError::TooLarge)
}

fn scaled(whole: &str, decimals: &str, size: u64) -> Result<u64, QuantityError> {
    let decimals = decimals.trim_end_matches('0');
    let places = u32::try_from(decimals.len()).map_err(|_| QuantityError::TooPrecise)?;
    let divisor = 10u128.checked_pow(places).ok_or(QuantityError::TooPrecise)?;
    let fraction = digits(decimals)?.checked_mul(u128::from(size)).ok_or(QuantityError::TooPrecise)?;
    if fraction % divisor != 0 {
        return Err(QuantityError::TooPrecise);
    }
    let total = digits(whole)?
        .checked_mul(u128::from(size))
        .and_then(|w| w.checked_add(fraction / divisor))
        .ok_or(QuantityError::TooLarge)?;
    u64::try_from(total).map_err(|_| QuantityError::TooLarge)
}

/// Reads a length of time such as `200ms`, `1.5s`, `2 min`; the units are ns, us, ms, s, min and h.
pub fn parse_duration(text: &str) -> Result<SimDuration, QuantityError> {
    let (whole, decimals, unit) = split(text)?;
    if unit.is_empty() {
        return Err(QuantityError::NoUnit);
    }
    let size = UNITS.iter().find(|(name, _)| *name == unit).ok_or(QuantityError::UnknownUnit)?.1;
    scaled(&whole, &decimals, size).map(SimDuration)
}

/// Reads a rate such as `50/s`, `0.5/ms`, `3/min`; the units are those of lengths of time, of which there is one.
pub fn parse_rate(text: &str) -> Result<Rate, QuantityError> {
    let Some((number, unit)) = text.split_once('/') else {
        return match split(text) {
            Ok((_, _, "")) => Err(QuantityError::NoUnit),
            Ok(_) => Err(QuantityError::UnknownUnit),
            Err(error) => Err(error),
        };
    };
    let (whole, decimals, rest) = split(number)?;
    let unit = unit.trim();
    if !rest.is_empty() || unit.is_empty() {
        return Err(QuantityError::UnknownUnit);
    }
    let length = UNITS.iter().find(|(name, _)| *name == unit).ok_or(QuantityError::UnknownUnit)?.1;
    scaled(&whole, &decimals, 3_600_000_000_000 / length * Rate::PER_HOUR).map(Rate)
}

/// Reads a size such as `512B`, `4KiB`, `1.5MB`; the units are B, kB, KB, MB, GB, KiB, MiB and GiB.
pub fn parse_bytes(text: &str) -> Result<u64, QuantityError> {
    let (whole, decimals, unit) = split(text)?;
    let size = match unit {
        "" => return Err(QuantityError::NoUnit),
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(QuantityError::UnknownUnit),
    };
    scaled(&whole, &decimals, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly() {
        assert_eq!(parse_duration("1.5ms"), Ok(SimDuration(1_500_000)));
        assert_eq!(parse_duration(" 2 min "), Ok(SimDuration::from_secs(120)));
        assert_eq!(parse_duration("0s"), Ok(SimDuration::ZERO));
        assert_eq!(parse_duration("1_000us"), Ok(SimDuration::from_millis(1)));
    }

    #[test]
    fn a_duration_says_what_is_wrong_with_it() {
        assert_eq!(parse_duration("120"), Err(QuantityError::NoUnit));
        assert_eq!(parse_duration("ms"), Err(QuantityError::NoNumber));
        assert_eq!(parse_duration("1.s"), Err(QuantityError::NoNumber));
        assert_eq!(parse_duration("3 days"), Err(QuantityError::UnknownUnit));
        assert_eq!(parse_duration("0.5ns"), Err(QuantityError::TooPrecise));
        assert_eq!(parse_duration("99999999999h"), Err(QuantityError::TooLarge));
        assert_eq!(parse_duration("-1s"), Err(QuantityError::NoNumber));
    }

    #[test]
    fn a_duration_is_shown_exactly() {
        for text in ["1.5ms", "200ms", "0s", "41.205s", "999ns", "12.000000001s", "60s"] {
            assert_eq!(parse_duration(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn underscores_count_for_nothing() {
        assert_eq!(parse_duration("1.500_000s"), Ok(SimDuration::from_millis(1_500)));
        assert_eq!(parse_duration("0.000_5s"), Ok(SimDuration::from_micros(500)));
        assert_eq!(parse_duration("1.5_0_s"), Ok(SimDuration::from_millis(1_500)));
        assert_eq!(parse_bytes("1_0.2_5kB"), Ok(10_250));
        assert_eq!(parse_duration("_ms"), Err(QuantityError::NoNumber));
        assert_eq!(parse_duration("_.5s"), Err(QuantityError::NoNumber));
        assert_eq!(parse_duration("1._s"), Err(QuantityError::NoNumber));
    }

    #[test]
    fn sizes_are_read_without_floats() {
        assert_eq!(parse_bytes("1.5MB"), Ok(1_500_000));
        assert_eq!(parse_bytes("4 KiB"), Ok(4096));
        assert_eq!(parse_bytes("12"), Err(QuantityError::NoUnit));
    }

    #[test]
    fn rates_are_read_exactly() {
        let rate = |thousandths| Ok(Rate::from_thousandths_per_hour(thousandths));
        assert_eq!(parse_rate("50/s"), rate(180_000_000));
        assert_eq!(parse_rate(" 0.5 / ms"), rate(1_800_000_000));
        assert_eq!(parse_rate("3/h"), rate(3_000));
        assert_eq!(parse_rate("50"), Err(QuantityError::NoUnit));
        assert_eq!(parse_rate("50/day"), Err(QuantityError::UnknownUnit));
        assert_eq!(parse_rate("50ms/s"), Err(QuantityError::UnknownUnit));
        assert_eq!(parse_rate("/s"), Err(QuantityError::NoNumber));
        assert_eq!(parse_rate("0.0001/h"), Err(QuantityError::TooPrecise));
        assert_eq!(parse_rate("3/s").map(Rate::gap), Ok(Some(SimDuration(333_333_333))));
        assert_eq!(Rate::default().gap(), None);
    }

    #[test]
    fn time_saturates_instead_of_wrapping() {
        assert_eq!(SimTime::END + SimDuration::from_secs(1), SimTime::END);
        assert_eq!(SimTime::ZERO.since(SimTime::from_nanos(5)), SimDuration::ZERO);
    }
}
