//! When something arrives whose gaps are not all alike: at a rate that changes over time, in bursts, or as it was recorded.
//! The next instant depends on the last one and on draws from a stream, and on nothing else.

mod bursts;
mod curve;

use std::sync::Arc;

use super::RandomStream;
use crate::units::{SimDuration, SimTime};
use bursts::BurstClock;
use curve::Curve;

pub use bursts::Bursts;
pub use curve::{RateCurve, RateShape, Spacing};

/// How arrivals come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrivalSpec {
    /// At a rate that changes over time.
    Curve(RateCurve),
    /// In bursts with pauses between them.
    Bursts(Bursts),
    /// At these instants, counted from the start, in order.
    Replay(Arc<[SimDuration]>),
}

impl ArrivalSpec {
    /// Whether there is a last instant.
    pub fn is_finite(&self) -> bool {
        matches!(self, ArrivalSpec::Replay(_))
    }

    /// Whether two seeds can give different instants.
    pub fn is_random(&self) -> bool {
        match self {
            ArrivalSpec::Curve(curve) => curve.spacing == Spacing::Random,
            ArrivalSpec::Bursts(bursts) => {
                [&bursts.gap, &bursts.on, &bursts.off].iter().any(|one| one.constant().is_none())
            }
            ArrivalSpec::Replay(_) => false,
        }
    }
}

/// Arrivals under way.
#[derive(Clone, Debug)]
pub struct Arrivals(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Curve(Curve, RandomStream),
    Bursts(BurstClock),
    Replay { instants: Arc<[SimDuration]>, start: SimTime, next: usize },
}

impl Arrivals {
    /// Those of `entity` that begin at `start`, under `seed`.
    pub fn new(spec: &ArrivalSpec, seed: u64, entity: &str, start: SimTime) -> Self {
        Arrivals(match spec {
            ArrivalSpec::Curve(curve) => {
                Kind::Curve(Curve::new(curve), RandomStream::new(seed, entity, "arrivals"))
            }
            ArrivalSpec::Bursts(bursts) => Kind::Bursts(BurstClock::new(bursts, seed, entity, start)),
            ArrivalSpec::Replay(instants) => Kind::Replay { instants: Arc::clone(instants), start, next: 0 },
        })
    }

    /// The first arrival.
    pub fn first(&mut self, start: SimTime) -> SimTime {
        match &mut self.0 {
            // The first burst begins with an arrival, as gaps alone do.
            Kind::Bursts(_) => start,
            _ => self.after(start),
        }
    }

    /// The arrival after the one at `now`; [`SimTime::END`] if there is none.
    pub fn after(&mut self, now: SimTime) -> SimTime {
        match &mut self.0 {
            Kind::Curve(curve, draws) => curve.after(now, draws),
            Kind::Bursts(clock) => clock.after(now),
            Kind::Replay { instants, start, next } => {
                *next += 1;
                instants.get(*next - 1).map_or(SimTime::END, |&at| (*start + at).max(now))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Distribution;
    use crate::units::Rate;

    const MS: u64 = 1_000_000;

    fn instants(spec: &ArrivalSpec, most: usize) -> Vec<f64> {
        let mut arrivals = Arrivals::new(spec, 7, "shop", SimTime::ZERO);
        let mut at = arrivals.first(SimTime::ZERO);
        let mut all = Vec::new();
        while all.len() < most && at < SimTime::END {
            all.push(at.as_nanos() as f64 / MS as f64);
            at = arrivals.after(at);
        }
        all
    }

    fn curve(points: &[(u64, u64)], shape: RateShape, spacing: Spacing, period: Option<u64>) -> ArrivalSpec {
        let points = points.iter().map(|&(secs, per_second)| {
            (SimDuration::from_secs(secs), Rate::from_thousandths_per_hour(per_second * 3_600_000))
        });
        ArrivalSpec::Curve(RateCurve {
            points: points.collect(),
            shape,
            spacing,
            period: period.map(SimDuration::from_secs),
        })
    }

    #[test]
    fn even_arrivals_follow_the_steps_of_the_rate_exactly() {
        let spec = curve(&[(0, 10), (1, 0), (2, 4)], RateShape::Steps, Spacing::Even, None);
        let all = instants(&spec, 14);
        assert_eq!(all[..3], [100.0, 200.0, 300.0]);
        // The tenth comes as the rate ends; the next one needs a quarter of a second at 4 a second.
        assert_eq!(all[9..12], [1000.0, 2250.0, 2500.0]);
    }

    /// From 0 to 8 a second within 4 s: the n-th comes when t² = n, and the curve begins anew with 16 arrivals a time.
    #[test]
    fn even_arrivals_follow_a_ramp_and_begin_anew_after_a_period() {
        let spec = curve(&[(0, 0), (4, 8)], RateShape::Ramps, Spacing::Even, Some(4));
        let all = instants(&spec, 40);
        for (n, at) in (1..=40u32).zip(&all) {
            let (cycle, left) = (f64::from((n - 1) / 16), f64::from((n - 1) % 16 + 1));
            let expected = (4.0 * cycle + left.sqrt()) * 1000.0;
            assert!((at - expected).abs() < 1e-4, "{n}: {at}, not {expected}");
        }
    }

    /// In each second of a cycle the count is a Poisson number: within four of its standard deviations.
    #[test]
    fn random_arrivals_have_the_rate_of_their_time() {
        let spec = curve(&[(0, 100), (1, 500), (2, 100)], RateShape::Ramps, Spacing::Random, Some(3));
        let all = instants(&spec, 100_000);
        let cycles = all[all.len() - 1] / 3000.0;
        let mut counts = [0f64; 3];
        for at in &all {
            counts[(at % 3000.0 / 1000.0) as usize] += 1.0;
        }
        for (count, rate) in counts.iter().zip([300.0, 300.0, 100.0]) {
            let expected = rate * cycles;
            assert!((count - expected).abs() < 4.0 * expected.sqrt() + rate, "{counts:?}");
        }
    }

    /// A thousand even gaps of 1/3000 s take a third of a second, not a thousand roundings more.
    #[test]
    fn rounding_to_nanoseconds_does_not_add_up() {
        let spec = curve(&[(0, 3000)], RateShape::Steps, Spacing::Even, None);
        let all = instants(&spec, 3_000_000);
        assert!((all[2_999_999] - 1_000_000.0).abs() < 1e-5, "{}", all[2_999_999]);
    }

    #[test]
    fn a_rate_that_ends_has_a_last_arrival() {
        let spec = curve(&[(0, 10), (1, 0)], RateShape::Steps, Spacing::Random, None);
        assert!(instants(&spec, 1000).len() < 40);
        let never = curve(&[(0, 0)], RateShape::Ramps, Spacing::Even, Some(5));
        assert_eq!(instants(&never, 10), [] as [f64; 0]);
    }

    #[test]
    fn bursts_are_gaps_with_pauses() {
        let constant = |millis| Distribution::Constant(SimDuration::from_millis(millis));
        let spec =
            ArrivalSpec::Bursts(Bursts { gap: constant(400), on: constant(1000), off: constant(9000) });
        assert_eq!(instants(&spec, 6), [0.0, 400.0, 800.0, 10_200.0, 10_600.0, 20_000.0]);
    }

    /// A share of 1/10 of the time is on, so there is a tenth of the arrivals; means of 1000 bursts have 4.5 % standard error.
    #[test]
    fn random_bursts_have_their_share() {
        let exponential = |millis| Distribution::Exponential(SimDuration::from_millis(millis));
        let spec = ArrivalSpec::Bursts(Bursts {
            gap: exponential(10),
            on: exponential(1000),
            off: exponential(9000),
        });
        let all = instants(&spec, 100_000);
        let rate = all.len() as f64 / all[all.len() - 1];
        assert!((rate / 0.01 - 1.0).abs() < 0.2, "{rate}");
    }

    /// What was silent for a while goes on where it would be by then.
    #[test]
    fn arrivals_go_on_after_a_gap_from_outside() {
        let constant = |millis| Distribution::Constant(SimDuration::from_millis(millis));
        let spec = Bursts { gap: constant(400), on: constant(1000), off: constant(9000) };
        let mut arrivals = Arrivals::new(&ArrivalSpec::Bursts(spec), 7, "shop", SimTime::ZERO);
        let at = |millis| SimTime::from_nanos(millis * MS);
        assert_eq!(arrivals.after(at(25_000)), at(30_400));
        assert_eq!(arrivals.after(at(30_900)), at(40_300));
    }

    #[test]
    fn a_replay_gives_its_instants_and_ends() {
        let millis = [5, 5, 30].map(SimDuration::from_millis);
        let spec = ArrivalSpec::Replay(millis.into());
        assert_eq!(instants(&spec, 10), [5.0, 5.0, 30.0]);
        let mut arrivals = Arrivals::new(&spec, 7, "shop", SimTime::from_nanos(MS));
        assert_eq!(arrivals.first(SimTime::from_nanos(MS)), SimTime::from_nanos(6 * MS));
    }
}
