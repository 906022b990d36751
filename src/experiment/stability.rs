//! Whether a queue keeps up in the long run. One that does not has no long run, and its waits are not averaged.

use super::VariantResult;
use super::model_of_theory::Theory;
use crate::measure::{EndReason, Outcome, Scope};
use crate::stats::{DepthSeries, Estimate, mean};
use crate::units::SimTime;

/// A queue rises if it is longer than before by this factor: at a load of 1, where it rises the slowest, by a third.
const RISE: f64 = 1.15;
/// With one run, nothing is known of chance: only what is far beyond it counts.
const RISE_OF_ONE_RUN: f64 = 1.5;
/// Fewer messages are no backlog.
const BACKLOG: f64 = 10.0;

/// A queue that does not keep up.
#[derive(Clone, Debug, PartialEq)]
pub struct Unstable {
    /// Its index.
    pub queue: usize,
    /// How one knows.
    pub why: Instability,
}

/// How one knows that a queue does not keep up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instability {
    /// More work comes in than its consumers can do: this many times as much, 1 or more.
    Load(f64),
    /// It is longer in the last third of what is measured than in the middle one, in ready messages.
    Rises {
        /// In the middle third.
        middle: Estimate,
        /// In the last one.
        last: Estimate,
    },
}

/// The queues of a steady-state study that do not keep up; none of a terminating one, which asks what happens until it ends.
pub(super) fn unstable(variant: &VariantResult, theory: Option<&Theory>) -> Vec<Unstable> {
    let Some(outcome) = variant.outcomes.first().filter(|_| variant.warm_up.is_some()) else {
        return Vec::new();
    };
    let of_theory = theory.filter(|theory| theory.load >= 1.0 && theory.steady.is_none());
    let load = |queue: usize| {
        let theory = of_theory.filter(|theory| theory.queue == outcome.queues[queue].name)?;
        Some(Instability::Load(theory.load))
    };
    (0..Scope::Queue.len(outcome))
        .filter_map(|queue| Some(Unstable { queue, why: load(queue).or_else(|| rises(variant, queue))? }))
        .collect()
}

fn rises(variant: &VariantResult, queue: usize) -> Option<Instability> {
    if variant.outcomes.iter().any(|outcome| outcome.end.why == EndReason::Drained) {
        return None;
    }
    let part = |part: u64| -> Vec<f64> {
        variant.outcomes.iter().filter_map(|outcome| third(outcome, queue, part)).collect()
    };
    let (middles, lasts) = (part(1), part(2));
    let (before, after) = (mean(&middles)?, mean(&lasts)?);
    let random = variant.is_random();
    let more = Estimate::of_difference(&middles, &lasts, random)?;
    let sure = match more {
        Estimate::Single(_) => after > before * RISE_OF_ONE_RUN,
        _ => after > before * RISE && more.excludes_zero(),
    };
    let (middle, last) = (Estimate::of(&middles, random)?, Estimate::of(&lasts, random)?);
    (sure && after >= BACKLOG).then_some(Instability::Rises { middle, last })
}

/// The mean of the points in the first, second or last third of what is measured.
fn third(outcome: &Outcome, queue: usize, part: u64) -> Option<f64> {
    let (from, end) = (outcome.measured_from, outcome.end.at);
    let length = end.since(from).as_nanos() / 3;
    let begin = from.as_nanos() + length * part;
    mean_between(&outcome.queues[queue].depth_series, begin, begin + length)
}

fn mean_between(series: &DepthSeries, begin: u64, end: u64) -> Option<f64> {
    let inside = |at: SimTime| (begin..end).contains(&at.as_nanos());
    let levels: Vec<f64> =
        series.points().filter(|(at, _)| inside(*at)).map(|(_, level)| f64::from(level)).collect();
    mean(&levels)
}
