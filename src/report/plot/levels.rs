//! An axis for values that somebody chose: each has a tick, whatever lies between them.

use super::Axis;

/// From this ratio of the largest to the smallest value on, an axis is logarithmic.
const WIDE: f64 = 8.0;

/// The axis and the place of each level on it. A level without a number stands behind all others.
pub(in crate::report) fn levels(label: &str, levels: &[(String, Option<f64>)]) -> (Axis, Vec<f64>) {
    let numbers: Vec<f64> = levels.iter().filter_map(|(_, number)| *number).collect();
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let is_wide = low > 0.0 && high / low >= WIDE;
    let place = |number: f64| if is_wide { libm::log2(number) } else { number };
    let span = if numbers.len() > 1 { place(high) - place(low) } else { 1.0 };
    let behind = if numbers.is_empty() { 0.0 } else { place(high) };
    let step = if is_wide { 1.0 } else { span / numbers.len().max(2) as f64 };
    let mut without = 0.0;
    let places: Vec<f64> = levels
        .iter()
        .map(|(_, number)| {
            number.map_or_else(
                || {
                    without += 1.0;
                    behind + without * step
                },
                place,
            )
        })
        .collect();
    let ends = places
        .iter()
        .copied()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
    // Points do not stand on the edges.
    let margin = ((ends.1 - ends.0) * 0.03).max(1e-3);
    let mut ticks: Vec<(f64, String)> =
        places.iter().copied().zip(levels.iter().map(|(words, _)| words.clone())).collect();
    ticks.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let axis = Axis { label: label.to_owned(), low: ends.0 - margin, high: ends.1 + margin, ticks };
    (axis, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(values: &[Option<f64>]) -> Vec<f64> {
        let named: Vec<(String, Option<f64>)> = values.iter().map(|value| (String::new(), *value)).collect();
        levels("", &named).1
    }

    #[test]
    fn a_wide_range_is_logarithmic_and_what_has_no_number_comes_last() {
        assert_eq!(places(&[Some(1.0), Some(4.0), Some(64.0), None]), [0.0, 2.0, 6.0, 7.0]);
        assert_eq!(places(&[Some(0.0), Some(10.0)]), [0.0, 10.0]);
        assert_eq!(places(&[None, None, None]), [0.5, 1.0, 1.5]);
    }

    /// A prefetch count of 0 is no limit, wherever it stands among the levels.
    #[test]
    fn ticks_go_from_left_to_right_in_whatever_order_the_levels_are_given() {
        let named = |values: &[(&str, Option<f64>)]| {
            let all: Vec<(String, Option<f64>)> =
                values.iter().map(|(it, number)| ((*it).to_owned(), *number)).collect();
            let (axis, _) = levels("", &all);
            axis.ticks.into_iter().map(|(_, words)| words).collect::<Vec<_>>()
        };
        let rising = ["1", "4", "16", "no limit"];
        assert_eq!(
            named(&[("no limit", None), ("1", Some(1.0)), ("4", Some(4.0)), ("16", Some(16.0))]),
            rising
        );
        assert_eq!(
            named(&[("16", Some(16.0)), ("1", Some(1.0)), ("no limit", None), ("4", Some(4.0))]),
            rising
        );
    }
}
