//! The course of a number over the instants of crashes, in columns of equal width.

use crate::experiment::CrashPoint;
use crate::units::SimTime;

/// A number of a crash point.
pub(super) type Count = fn(&CrashPoint) -> u64;

/// Numbers that curves show, with their names.
pub(super) const CURVES: [(&str, Count); 2] = [
    ("lost", |point| point.aftermath.lost()),
    ("lost though confirmed", |point| point.aftermath.lost_though_confirmed),
];

/// The highest value in each of `n` columns from the start until `end`. Between two events nothing changes, so that a value
/// holds until the next crash point; before the first one there is none.
pub(super) fn columns(points: &[CrashPoint], end: SimTime, n: usize, value: Count) -> Vec<Option<u64>> {
    let span = u128::from(end.as_nanos().max(1));
    let mut points = points.iter().peekable();
    let mut level = None;
    let mut columns = Vec::with_capacity(n);
    for column in 0..n {
        let until = (span * (column as u128 + 1) / n as u128) as u64;
        let last = column + 1 == n;
        let mut highest = level;
        while let Some(point) = points.next_if(|point| point.at.as_nanos() < until || last) {
            level = Some(value(point));
            highest = highest.max(level);
        }
        columns.push(highest);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::crash_point_tests::crash_point;

    #[test]
    fn a_value_holds_until_the_next_crash_point() {
        let points = [(10, 3), (25, 0), (27, 5), (28, 1), (60, 2)].map(|(at, lost)| crash_point(at, lost));
        let levels = columns(&points, SimTime::from_nanos(60), 6, CURVES[1].1);
        assert_eq!(levels, [None, Some(3), Some(5), Some(1), Some(1), Some(2)]);
    }

    #[test]
    fn a_run_at_one_instant_has_one_value() {
        let points = [(0, 3), (0, 1)].map(|(at, lost)| crash_point(at, lost));
        assert_eq!(columns(&points, SimTime::ZERO, 2, CURVES[1].1), [None, Some(3)]);
        assert_eq!(columns(&[], SimTime::ZERO, 2, CURVES[1].1), [None, None]);
    }
}
