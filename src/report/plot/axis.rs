//! Axes: where a value stands, and round numbers beside it.

use crate::measure::Unit;

/// A straight axis with ticks.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Axis {
    /// What it shows, with its unit.
    pub label: String,
    pub low: f64,
    pub high: f64,
    /// Where there is a tick, and what stands beside it.
    pub ticks: Vec<(f64, String)>,
}

impl Axis {
    /// From 0 to a round number that is at least `largest`, with so many ticks at most. `label` gets the unit in brackets.
    pub(in crate::report) fn from_zero(label: &str, largest: f64, unit: Unit, ticks: usize) -> Axis {
        let largest = if largest > 0.0 { largest } else { scale(0.0, unit).0 };
        let (size, name) = scale(largest, unit);
        let step = step(largest / size, ticks, unit);
        let n = libm::ceil(largest / size / step - 1e-9).max(1.0) as usize;
        let ticks = (0..=n).map(|k| k as f64 * step).map(|tick| (tick * size, number(tick, step)));
        Axis { label: labelled(label, name), low: 0.0, high: n as f64 * step * size, ticks: ticks.collect() }
    }

    /// From 0 to exactly `end`, the ticks at round numbers.
    pub(in crate::report) fn until(label: &str, end: f64, unit: Unit, ticks: usize) -> Axis {
        let mut axis = Axis::from_zero(label, end, unit, ticks);
        axis.ticks.retain(|(tick, _)| *tick <= end);
        Axis { high: if end > 0.0 { end } else { 1.0 }, ..axis }
    }

    /// Powers of ten of a value from `low` to `high`, both above 0; positions are decimal logarithms.
    pub(in crate::report) fn logarithmic(label: &str, (low, high): (f64, f64), unit: Unit) -> Axis {
        let ends = [libm::floor(libm::log10(low) + 1e-9), libm::ceil(libm::log10(high) - 1e-9)];
        let [low, high] = [ends[0], ends[1].max(ends[0] + 1.0)];
        let ticks = (low as i32..=high as i32).map(|power| {
            let value = libm::pow(10.0, f64::from(power));
            let words = match unit {
                Unit::Share => format!("{} %", number(value * 100.0, value * 100.0)),
                unit => crate::report::numbers::quantity(value, unit),
            };
            (f64::from(power), words)
        });
        Axis { label: label.to_owned(), low, high, ticks: ticks.collect() }
    }

    /// How far a value stands from the low end, as a part of the axis.
    pub(super) fn place(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.0 }
    }
}

fn labelled(label: &str, unit: &str) -> String {
    if unit.is_empty() { label.to_owned() } else { format!("{label} ({unit})") }
}

/// What values are divided by, and what the unit is called then.
fn scale(largest: f64, unit: Unit) -> (f64, &'static str) {
    match (unit, largest) {
        (Unit::Count | Unit::Ratio, _) => (1.0, ""),
        (Unit::PerSecond, _) => (1.0, "1/s"),
        (Unit::Share, _) => (0.01, "%"),
        (Unit::Nanoseconds, length) if length < 1e3 => (1.0, "ns"),
        (Unit::Nanoseconds, length) if length < 1e6 => (1e3, "us"),
        (Unit::Nanoseconds, length) if length < 1e9 => (1e6, "ms"),
        (Unit::Nanoseconds, _) => (1e9, "s"),
    }
}

/// 1, 2 or 5 times a power of ten, so that there are at most so many steps; a count has no parts.
fn step(largest: f64, ticks: usize, unit: Unit) -> f64 {
    let least = if unit == Unit::Count { 0 } else { -9 };
    let powers = (least..19).map(|power| libm::pow(10.0, f64::from(power)));
    let steps = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|n| n * power));
    let fits = |step: &f64| largest / step <= ticks as f64 + 1e-9;
    steps.into_iter().find(fits).unwrap_or(largest.max(1.0))
}

/// A multiple of a step with as many decimals as the step has.
fn number(value: f64, step: f64) -> String {
    let places = (-libm::floor(libm::log10(step) + 1e-9)).max(0.0) as usize;
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[test]
    fn ticks_stand_at_round_numbers() {
        let counts = |largest| Axis::from_zero("messages", largest, Unit::Count, 5);
        assert_eq!(ticks(&counts(0.0)), ["0", "1"]);
        assert_eq!(ticks(&counts(3.0)), ["0", "1", "2", "3"]);
        assert_eq!(ticks(&counts(7.0)), ["0", "2", "4", "6", "8"]);
        assert_eq!(ticks(&counts(4309.0)), ["0", "1000", "2000", "3000", "4000", "5000"]);
        let shares = Axis::from_zero("share", 0.37, Unit::Share, 5);
        assert_eq!((ticks(&shares), shares.label.as_str()), (vec!["0", "10", "20", "30", "40"], "share (%)"));
        assert_eq!(
            ticks(&Axis::from_zero("index", 1.0, Unit::Ratio, 5)),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
    }

    #[test]
    fn an_axis_of_time_is_in_the_unit_of_its_end() {
        let axis = Axis::until("instant", 2.5e9, Unit::Nanoseconds, 8);
        assert_eq!(
            (ticks(&axis), axis.label.as_str()),
            (vec!["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"], "instant (s)")
        );
        let short = Axis::until("instant", 999.0, Unit::Nanoseconds, 8);
        assert_eq!((ticks(&short).last().copied(), short.label.as_str()), (Some("800"), "instant (ns)"));
        assert!((short.place(499.5) - 0.5).abs() < 1e-12 && short.place(2000.0) >= 1.0);
    }

    #[test]
    fn a_logarithmic_axis_has_powers_of_ten() {
        let axis = Axis::logarithmic("latency", (2e6, 3e9), Unit::Nanoseconds);
        assert_eq!(ticks(&axis), ["1ms", "10ms", "100ms", "1s", "10s"]);
        let shares = Axis::logarithmic("take longer", (1e-4, 1.0), Unit::Share);
        assert_eq!(ticks(&shares), ["0.01 %", "0.1 %", "1 %", "10 %", "100 %"]);
    }
}
