//! Verdicts: what all replications together say about a check, with the evidence.

use super::property::{Finding, Property};
use super::{CheckSpec, Demand};
use crate::measure::Outcome;
use crate::stats::Estimate;

/// What all replications together say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It held wherever it could have been broken.
    Held,
    /// It was broken; the evidence names a replication.
    Violated,
    /// A bound lies inside the confidence interval, or there is no interval; for a property, a run ended before it was settled.
    Undecided,
    /// Nothing happened that could have broken it. A check that saw nothing must not look green.
    NotExercised,
}

impl Verdict {
    /// The verdict as it stands in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Verdict::Held => "held",
            Verdict::Violated => "violated",
            Verdict::Undecided => "undecided",
            Verdict::NotExercised => "not exercised",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// For a property: in how many replications what was found.
    Property {
        /// Replications that were examined.
        n: u64,
        /// Replications in which something could have broken it.
        exercised: u64,
        /// Replications in which it was broken.
        violated: u64,
        /// The numbers of the first replication that broke it, or what was missing; empty where it held.
        text: String,
    },
    /// For a bound: the number, or `None` where no replication had one.
    Number(Option<Estimate>),
}

/// The answer to one check of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckResult {
    /// What was demanded.
    pub spec: CheckSpec,
    /// The name of the entity that a bound belongs to; empty for the run and for properties.
    pub entity: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The evidence.
    pub found: Found,
    /// Index of the replication that shows a violation best: the first one for a property, the furthest outside for a bound.
    pub replication: Option<usize>,
}

impl CheckResult {
    /// Its name in reports: that of the property or of the measure.
    pub fn name(&self) -> &'static str {
        match &self.spec.demand {
            Demand::Property(property) => property.name(),
            Demand::Bound { measure, .. } => measure.name,
        }
    }
}

/// A property must hold in every replication, and must have been exercised in one.
pub(super) fn of_property(spec: &CheckSpec, property: Property, outcomes: &[Outcome]) -> CheckResult {
    let (mut exercised, mut violated, mut text, mut replication) = (0, 0, String::new(), None);
    let mut open = None;
    for (index, outcome) in outcomes.iter().enumerate() {
        match property.examine(outcome) {
            Finding::Held => exercised += 1,
            Finding::NotExercised(missing) if text.is_empty() => missing.clone_into(&mut text),
            Finding::NotExercised(_) => {}
            Finding::Open(why) => open = open.or(Some((index, why))),
            Finding::Violated(found) => {
                exercised += 1;
                violated += 1;
                if replication.is_none() {
                    replication = Some(index);
                    text = found;
                }
            }
        }
    }
    let verdict = match (violated, open, exercised) {
        (0, Some((index, why)), _) => {
            (replication, text) = (Some(index), why.to_owned());
            Verdict::Undecided
        }
        (0, None, 0) => Verdict::NotExercised,
        (0, None, _) => Verdict::Held,
        _ => Verdict::Violated,
    };
    if verdict == Verdict::Held {
        text.clear();
    }
    let found = Found::Property { n: outcomes.len() as u64, exercised, violated, text };
    CheckResult { spec: spec.clone(), entity: String::new(), verdict, found, replication }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Ledger;
    use crate::measure::example::outcome;
    use crate::observe::LossCause;

    fn verdict(outcomes: &[Outcome]) -> CheckResult {
        let spec = CheckSpec { demand: Demand::Property(Property::NothingLost), line: 0 };
        super::super::evaluate(&spec, outcomes, true)
    }

    #[test]
    fn one_bad_replication_is_enough_and_is_named() {
        let mut bad = outcome();
        bad.ledger.lose(LossCause::Expired, 1);
        let result = verdict(&[outcome(), bad.clone(), outcome(), bad]);
        assert_eq!((result.verdict, result.replication), (Verdict::Violated, Some(1)));
        assert!(matches!(result.found, Found::Property { n: 4, exercised: 4, violated: 2, .. }));
    }

    #[test]
    fn what_nobody_can_reach_when_the_run_ends_is_undecided() {
        let mut down = outcome();
        down.end.out_of_service = true;
        assert_eq!(verdict(&[outcome(), down.clone()]).verdict, Verdict::Held, "nothing is left");
        down.ledger.queued = 1;
        let result = verdict(&[outcome(), down.clone()]);
        assert_eq!((result.verdict, result.replication), (Verdict::Undecided, Some(1)));
        down.ledger.lose(LossCause::Expired, 1);
        assert_eq!(verdict(&[down]).verdict, Verdict::Violated);
    }

    #[test]
    fn a_property_holds_if_one_replication_exercised_it() {
        let idle = Outcome { ledger: Ledger::default(), ..outcome() };
        assert_eq!(verdict(&[idle.clone(), outcome()]).verdict, Verdict::Held);
        assert_eq!(verdict(&[idle.clone(), idle]).verdict, Verdict::NotExercised);
        assert_eq!(verdict(&[]).verdict, Verdict::NotExercised);
    }
}
