//! A level over time: its time-weighted mean, its maximum and a bounded series for plots.

use crate::units::SimTime;

/// The estimator of a level that changes at instants, such as a queue's depth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeWeighted {
    level: u64,
    max: u64,
    since: SimTime,
    /// Level times nanoseconds, from `from` up to `since`.
    area: u128,
    from: SimTime,
}

impl TimeWeighted {
    /// Sets the level from `at` on. `at` never goes back.
    #[inline(always)]
    pub fn set(&mut self, at: SimTime, level: u64) {
        self.area += u128::from(self.level) * u128::from(at.since(self.since).as_nanos());
        self.since = at;
        self.level = level;
        self.max = self.max.max(level);
    }

    /// The level as it is.
    pub fn level(&self) -> u64 {
        self.level
    }

    /// The highest level so far.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Forgets the past: mean and maximum are those from `at` on. `at` never goes back.
    pub fn restart(&mut self, at: SimTime) {
        *self = TimeWeighted { level: self.level, max: self.level, since: at, area: 0, from: at };
    }

    /// The level times nanoseconds until `end`, exact.
    pub fn area(&self, end: SimTime) -> u128 {
        self.area + u128::from(self.level) * u128::from(end.since(self.since).as_nanos())
    }

    /// The mean level until `end`, from the start or the last [restart](TimeWeighted::restart) on; `None` if no time has
    /// passed.
    pub fn mean(&self, end: SimTime) -> Option<f64> {
        (end > self.from).then(|| self.area(end) as f64 / end.since(self.from).as_nanos() as f64)
    }
}

/// The course of a level in at most [`DepthSeries::POINTS`] points of equal width, each with the highest level in it.
/// When the run outgrows the points, neighbours are merged and the width doubles, so memory is bounded for any run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthSeries {
    width_log2: u32,
    points: Vec<u32>,
    level: u32,
}

impl Default for DepthSeries {
    fn default() -> Self {
        // 2^20 ns is about a millisecond: fine enough for the shortest runs that people look at.
        DepthSeries { width_log2: 20, points: Vec::new(), level: 0 }
    }
}

impl DepthSeries {
    /// The most points that are kept.
    pub const POINTS: usize = 256;

    /// Sets the level from `at` on. `at` never goes back.
    #[inline(always)]
    pub fn set(&mut self, at: SimTime, level: u32) {
        let mut place = (at.as_nanos() >> self.width_log2) as usize;
        if place >= self.points.len() {
            place = self.extend(at);
        }
        self.points[place] = self.points[place].max(level);
        self.level = level;
    }

    #[cold]
    #[inline(never)]
    fn extend(&mut self, at: SimTime) -> usize {
        while (at.as_nanos() >> self.width_log2) as usize >= Self::POINTS {
            self.width_log2 += 1;
            self.points = self.points.chunks(2).map(|two| two.iter().copied().max().unwrap_or(0)).collect();
        }
        let place = (at.as_nanos() >> self.width_log2) as usize;
        // Between two changes the level stays; the points passed over hold it.
        if place >= self.points.len() {
            self.points.resize(place + 1, self.level);
        }
        place
    }

    /// Start of each point and the highest level in it, in order of time.
    pub fn points(&self) -> impl Iterator<Item = (SimTime, u32)> + '_ {
        self.points
            .iter()
            .enumerate()
            .map(|(i, &level)| (SimTime::from_nanos((i as u64) << self.width_log2), level))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_weighs_each_level_by_its_time() {
        let mut w = TimeWeighted::default();
        w.set(SimTime::from_nanos(10), 4);
        w.set(SimTime::from_nanos(30), 1);
        assert_eq!(w.mean(SimTime::from_nanos(50)), Some(f64::from(4 * 20 + 20) / 50.0));
        assert_eq!(w.max(), 4);
        assert_eq!(w.mean(SimTime::ZERO), None);
    }

    #[test]
    fn a_restart_forgets_the_past_and_keeps_the_level() {
        let mut w = TimeWeighted::default();
        w.set(SimTime::from_nanos(10), 40);
        w.set(SimTime::from_nanos(20), 4);
        w.restart(SimTime::from_nanos(30));
        w.set(SimTime::from_nanos(40), 2);
        assert_eq!((w.mean(SimTime::from_nanos(50)), w.max()), (Some(3.0), 4));
        assert_eq!(w.area(SimTime::from_nanos(50)), 60);
    }

    #[test]
    fn the_series_stays_bounded_and_keeps_peaks() {
        let mut s = DepthSeries::default();
        for i in 0..100_000u64 {
            s.set(SimTime::from_nanos(i << 18), if i == 77_777 { 900 } else { 3 });
        }
        assert!(s.points().count() <= DepthSeries::POINTS);
        assert_eq!(s.points().map(|(_, level)| level).max(), Some(900));
        assert_eq!(s.points().filter(|(_, level)| *level == 900).count(), 1);
    }
}
