//! Bounds: a measure must stay within limits, and the whole 95 % interval must show it.
//!
//! The rule: where nothing is random, the value itself decides. Otherwise an interval needs two replications or more; with
//! one the check is undecided. An interval inside the limits holds, one outside violates, one across a limit is undecided.
//! Replications in which the measure has no value are left out; if none has one, the check was not exercised.

use super::CheckSpec;
use super::verdict::{CheckResult, Found, Verdict};
use crate::measure::{MeasureId, Outcome};
use crate::stats::Estimate;

/// Whose number is bounded.
#[derive(Clone, Copy)]
pub(super) struct Subject {
    pub measure: MeasureId,
    pub entity: usize,
}

/// The limits, both included, in the measure's unit.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

impl Limits {
    fn verdict(self, estimate: &Estimate) -> Verdict {
        let Some((lower, upper)) = estimate.ends() else { return Verdict::Undecided };
        let below = self.at_least.is_some_and(|least| upper < least);
        let above = self.at_most.is_some_and(|most| lower > most);
        let inside =
            self.at_least.is_none_or(|least| lower >= least) && self.at_most.is_none_or(|most| upper <= most);
        if below || above {
            Verdict::Violated
        } else if inside {
            Verdict::Held
        } else {
            Verdict::Undecided
        }
    }

    /// How far outside the limits a value is; 0 inside.
    fn excess(self, value: f64) -> f64 {
        let below = self.at_least.map_or(0.0, |least| least - value);
        let above = self.at_most.map_or(0.0, |most| value - most);
        below.max(above).max(0.0)
    }
}

pub(super) fn evaluate(
    spec: &CheckSpec,
    subject: Subject,
    limits: Limits,
    outcomes: &[Outcome],
    random: bool,
) -> CheckResult {
    let Subject { measure, entity } = subject;
    let estimate = Estimate::of(&measure.values(outcomes, entity), random);
    let verdict = estimate.as_ref().map_or(Verdict::NotExercised, |estimate| limits.verdict(estimate));
    let replication = (verdict == Verdict::Violated).then(|| furthest_outside(subject, limits, outcomes));
    CheckResult {
        spec: spec.clone(),
        entity: outcomes
            .first()
            .map_or_else(String::new, |outcome| measure.scope.entity(outcome, entity).to_owned()),
        verdict,
        found: Found::Number(estimate),
        replication,
    }
}

/// The index of the outcome whose value is furthest outside the limits; the first of equals.
fn furthest_outside(subject: Subject, limits: Limits, outcomes: &[Outcome]) -> usize {
    let mut furthest = (0, 0.0);
    for (index, outcome) in outcomes.iter().enumerate() {
        let excess = subject.measure.of(outcome, subject.entity).map_or(0.0, |value| limits.excess(value));
        if excess > furthest.1 {
            furthest = (index, excess);
        }
    }
    furthest.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Demand;
    use crate::measure::example::outcome;
    use crate::measure::{Scope, find_in};

    fn with_published(counts: &[u64]) -> Vec<Outcome> {
        counts
            .iter()
            .map(|&published| {
                let mut outcome = outcome();
                outcome.ledger.published = published;
                outcome
            })
            .collect()
    }

    fn check(counts: &[u64], at_least: Option<f64>, at_most: Option<f64>, random: bool) -> CheckResult {
        let measure = find_in(Scope::Run, "published").unwrap();
        let spec = CheckSpec { demand: Demand::Bound { measure, entity: 0, at_least, at_most }, line: 0 };
        crate::check::evaluate(&spec, &with_published(counts), random)
    }

    #[test]
    fn the_whole_interval_must_be_inside() {
        // Mean 10, half-width 2.48.
        let counts = [8, 9, 10, 11, 12];
        assert_eq!(check(&counts, Some(7.0), Some(13.0), true).verdict, Verdict::Held);
        assert_eq!(check(&counts, Some(9.0), None, true).verdict, Verdict::Undecided);
        let violated = check(&counts, None, Some(5.0), true);
        assert_eq!((violated.verdict, violated.replication), (Verdict::Violated, Some(4)));
        assert_eq!(check(&counts, Some(15.0), None, true).replication, Some(0));
    }

    #[test]
    fn one_replication_decides_only_where_nothing_is_random() {
        assert_eq!(check(&[100], None, Some(100.0), false).verdict, Verdict::Held);
        assert_eq!(check(&[100], None, Some(99.0), false).verdict, Verdict::Violated);
        assert_eq!(check(&[100], None, Some(1000.0), true).verdict, Verdict::Undecided);
    }

    #[test]
    fn a_number_that_never_was_shows_nothing() {
        let measure = find_in(Scope::Queue, "makespan-ratio").unwrap();
        let spec = CheckSpec {
            demand: Demand::Bound { measure, entity: 0, at_least: None, at_most: Some(2.0) },
            line: 0,
        };
        let mut outcome = outcome();
        outcome.queues[0].makespan_bound = None;
        let result = crate::check::evaluate(&spec, &[outcome], false);
        assert_eq!((result.verdict, result.found), (Verdict::NotExercised, Found::Number(None)));
    }
}
