//! Arrivals at a rate that changes over time, by inversion: the area below the rate from one arrival to the next is
//! exponential with mean 1, or exactly 1 where arrivals are spaced evenly.

use crate::random::RandomStream;
use crate::random::logarithm::minus_ln;
use crate::units::{Rate, SimDuration, SimTime};

/// A rate over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateCurve {
    /// From which instant on which rate holds, in order of time; the first instant is 0. At least one.
    pub points: Vec<(SimDuration, Rate)>,
    /// What the rate is between them.
    pub shape: RateShape,
    /// How arrivals are spaced.
    pub spacing: Spacing,
    /// After how long, longer than the last instant, the curve begins anew; `None`: the last rate stays.
    pub period: Option<SimDuration>,
}

/// What the rate is between two points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateShape {
    /// That of the earlier one.
    #[default]
    Steps,
    /// It goes from one to the other in a line; after the last point of a period, to the first one.
    Ramps,
}

/// How arrivals at a rate are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Independently: a Poisson process.
    #[default]
    Random,
    /// Evenly.
    Even,
}

/// A stretch of the curve, in nanoseconds and arrivals a nanosecond.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    begin: f64,
    length: f64,
    from: f64,
    slope: f64,
}

/// The curve with what the last rounding to a nanosecond left over.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    stretches: Vec<Stretch>,
    period: Option<u64>,
    /// Arrivals in a period.
    whole: f64,
    spacing: Spacing,
    /// The area that the last arrival came too late by.
    late: f64,
}

impl Stretch {
    /// The area below the rate in the first part of this length.
    fn area(&self, part: f64) -> f64 {
        part * (self.from + 0.5 * self.slope * part)
    }

    /// The length behind `part` that has this area. In this form no digits are lost where the slope is small.
    fn length_of(&self, part: f64, area: f64) -> f64 {
        let rate = (self.from + self.slope * part).max(0.0);
        let square = rate * rate + 2.0 * self.slope * area;
        2.0 * area / (rate + square.max(0.0).sqrt())
    }
}

impl Curve {
    pub(super) fn new(curve: &RateCurve) -> Self {
        let period = curve.period.map(SimDuration::as_nanos);
        let rate = |rate: Rate| rate.thousandths_per_hour() as f64 / 3.6e15;
        let first = curve.points.first().map_or(0.0, |point| rate(point.1));
        let stretches: Vec<Stretch> = curve
            .points
            .iter()
            .enumerate()
            .map(|(at, &(begin, from))| {
                let (begin, from) = (begin.as_nanos() as f64, rate(from));
                let (end, to) = match (curve.points.get(at + 1), period) {
                    (Some(&(end, to)), _) => (end.as_nanos() as f64, rate(to)),
                    (None, Some(period)) => (period as f64, first),
                    (None, None) => (f64::INFINITY, from),
                };
                let length = end - begin;
                let ramps = curve.shape == RateShape::Ramps && length.is_finite();
                Stretch { begin, length, from, slope: if ramps { (to - from) / length } else { 0.0 } }
            })
            .collect();
        let whole = match period {
            Some(_) => stretches.iter().map(|stretch| stretch.area(stretch.length)).sum(),
            None => 0.0,
        };
        Curve { stretches, period, whole, spacing: curve.spacing, late: 0.0 }
    }

    /// The arrival after the one at `now`.
    pub(super) fn after(&mut self, now: SimTime, draws: &mut RandomStream) -> SimTime {
        let unit = match self.spacing {
            Spacing::Random => minus_ln(draws.draw()),
            Spacing::Even => 1.0,
        };
        let mut area = (unit - self.late).max(0.0);
        let (mut base, inside) = match self.period {
            Some(period) => (now.as_nanos() - now.as_nanos() % period, now.as_nanos() % period),
            None => (0, now.as_nanos()),
        };
        let mut inside = inside as f64;
        loop {
            for stretch in &self.stretches {
                let part = inside - stretch.begin;
                if part >= stretch.length {
                    continue;
                }
                let left = if stretch.length.is_finite() {
                    stretch.area(stretch.length) - stretch.area(part)
                } else if stretch.from > 0.0 {
                    f64::INFINITY
                } else {
                    0.0
                };
                if area <= left && left > 0.0 {
                    // `inside` is whole nanoseconds.
                    let step = stretch.length_of(part, area);
                    let nanos = (step + 0.5) as u64;
                    let rate = stretch.from + stretch.slope * (part + step);
                    self.late = (nanos as f64 - step) * rate;
                    return SimTime::from_nanos(base.saturating_add(inside as u64).saturating_add(nanos));
                }
                area -= left;
                inside = stretch.begin + stretch.length;
            }
            let (Some(period), true) = (self.period, self.whole > 0.0) else { return SimTime::END };
            // Rates may be so low that an arrival takes many periods.
            let periods = (area / self.whole) as u64;
            area = (area - periods as f64 * self.whole).max(0.0);
            base = base.saturating_add(period.saturating_mul(periods.saturating_add(1)));
            if base == u64::MAX {
                return SimTime::END;
            }
            inside = 0.0;
        }
    }
}
