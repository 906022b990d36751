//! Differences between variants under common random numbers, replication by replication.

use super::{RunResult, VariantResult};
use crate::measure::{CATALOGUE, MeasureId, Outcome, Scope};
use crate::stats::Estimate;

/// What one measure of one entity is in the first variant and in another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Index of the other variant, from 1 on.
    pub variant: usize,
    /// Which number.
    pub measure: MeasureId,
    /// The entity's name; empty for the run.
    pub entity: String,
    /// In the first variant.
    pub base: Estimate,
    /// In the other variant.
    pub other: Estimate,
    /// The other minus the first, in pairs of equal seeds.
    pub difference: Estimate,
}

impl Difference {
    /// Whether both variants have the same value in every pair.
    pub fn is_equal(&self) -> bool {
        self.difference.ends() == Some((0.0, 0.0))
    }
}

/// All differences of an experiment, in the order of measures, entities and variants.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// One row for each measure and entity that both variants have.
    pub rows: Vec<Difference>,
}

impl Comparison {
    /// The row of this measure, entity and variant.
    pub fn find(&self, variant: usize, scope: Scope, measure: &str, entity: &str) -> Option<&Difference> {
        self.rows.iter().find(|row| {
            row.variant == variant
                && row.measure.scope == scope
                && row.measure.name == measure
                && row.entity == entity
        })
    }
}

/// Compares every variant with the first one.
///
/// Replication k of both has the same seed, so their difference is one observation; its interval is a paired Student
/// interval. Pairs in which one of the two has no value are left out. No adjustment is made for many comparisons.
pub fn compare(result: &RunResult) -> Comparison {
    let Some((base, others)) = result.variants.split_first() else { return Comparison::default() };
    let mut rows = Vec::new();
    for measure in CATALOGUE {
        for (entity, name) in entities(measure.scope, base) {
            for (k, other) in others.iter().enumerate() {
                rows.extend(difference(measure, (entity, &name), base, (k + 1, other)));
            }
        }
    }
    Comparison { rows }
}

/// Index and name of each entity of this scope.
fn entities(scope: Scope, variant: &VariantResult) -> Vec<(usize, String)> {
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    (0..scope.len(outcome)).map(|index| (index, scope.entity(outcome, index).to_owned())).collect()
}

fn difference(
    measure: MeasureId,
    (entity, name): (usize, &str),
    base: &VariantResult,
    (variant, other): (usize, &VariantResult),
) -> Option<Difference> {
    let there = entities(measure.scope, other).into_iter().find(|(_, other)| other == name)?.0;
    let n = base.outcomes.len().max(other.outcomes.len());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for k in 0..n {
        let (Some(our), Some(their)) = (nth(&base.outcomes, k), nth(&other.outcomes, k)) else { continue };
        let (Some(our), Some(their)) = ((measure.value)(our, entity), (measure.value)(their, there)) else {
            continue;
        };
        ours.push(our);
        theirs.push(their);
    }
    let random = base.is_random() || other.is_random();
    Some(Difference {
        variant,
        measure,
        entity: name.to_owned(),
        base: base.estimate(measure, entity)?,
        other: other.estimate(measure, there)?,
        difference: Estimate::of_difference(&ours, &theirs, random)?,
    })
}

/// The outcome of replication `k`; a variant without randomness has the same one for every `k`.
fn nth(outcomes: &[Outcome], k: usize) -> Option<&Outcome> {
    outcomes.get(k).or_else(|| outcomes.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::run::tests::{plan, run_example};
    use crate::scenario::Variant;

    /// A noisy count whose variant is always 5 more: the pairs show it exactly.
    #[test]
    fn equal_seeds_are_compared_in_pairs() {
        let mut plan = plan(true, 1);
        let mut faster = plan.variants[0].clone();
        faster.scenario.name = "faster".into();
        plan.variants.push(Variant { name: "faster".into(), ..faster });
        let result = run_example(&plan, |scenario, seed, outcome| {
            let more = if scenario.name == "faster" { 5 } else { 0 };
            outcome.ledger.published = seed * seed * 100 + more;
        })
        .unwrap();
        let comparison = compare(&result);
        let row = comparison.find(1, Scope::Run, "published", "").unwrap();
        assert_eq!(row.difference.ends(), Some((5.0, 5.0)));
        assert!(row.difference.excludes_zero() && !row.base.ends().unwrap().0.is_nan());
        assert!(comparison.find(1, Scope::Consumer, "share", "slow").is_some());
        assert!(comparison.find(2, Scope::Run, "published", "").is_none());
    }
}
