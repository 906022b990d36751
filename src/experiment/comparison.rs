//! Differences between variants under common random numbers, replication by replication.

use super::{RunResult, VariantResult};
use crate::measure::{CATALOGUE, MeasureId, Outcome, Scope};
use crate::stats::{Estimate, LEVEL, holm, variance_reduction};

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
    /// Two-sided p-value of the paired t-test that there is no difference; `None` where nothing is random, or there is one
    /// replication only.
    pub p: Option<f64>,
    /// The same, adjusted after Holm for all tests on measures that a comparison [tells](TOLD) of; `None` for other measures,
    /// and where the two are equal in every pair, which is no test.
    pub adjusted: Option<f64>,
    /// What common random numbers were worth: (Var a + Var b) / Var(b − a); `None` where there is no spread.
    pub variance_reduction: Option<f64>,
}

/// The measures that a comparison tells of, besides the causes of losses; all others are in its files only.
pub const TOLD: [(Scope, &[&str]); 4] = [
    (
        Scope::Consumer,
        &["processed", "share", "utilisation", "idle-while-work-waits", "sojourn-p50", "sojourn-p95"],
    ),
    (
        Scope::Queue,
        &[
            "jain-messages",
            "jain-busy",
            "max-min-share",
            "makespan",
            "makespan-ratio",
            "sojourn-p95",
            "depth-mean",
            "depth-max",
        ],
    ),
    (Scope::Downstream, &["calls-failed", "utilisation", "call-wait-mean"]),
    (
        Scope::Run,
        &[
            "confirmed-and-lost",
            "messages-lost",
            "published",
            "processed",
            "lost",
            "unroutable",
            "returned",
            "redelivered",
            "processed-again",
            "published-twice",
            "processed-twice",
            "duplicates-skipped",
            "dead-lettered",
            "unfinished",
        ],
    ),
];

/// Whether a comparison tells of a measure.
pub fn is_told(measure: MeasureId) -> bool {
    measure.name.starts_with("lost-")
        || TOLD.iter().any(|(scope, names)| *scope == measure.scope && names.contains(&measure.name))
}

impl Difference {
    /// Whether both variants have the same value in every pair.
    pub fn is_equal(&self) -> bool {
        self.difference.ends() == Some((0.0, 0.0))
    }

    /// Whether there is a difference, at a level of 5 % over all tests of the comparison. Without randomness, any is one.
    pub fn differs(&self) -> bool {
        match self.difference {
            Estimate::Exact(difference) => difference.abs() > 0.0,
            _ => self.adjusted.or(self.p).is_some_and(|p| p <= 1.0 - LEVEL) && !self.is_equal(),
        }
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
/// interval. Pairs in which one of the two has no value are left out. The p-values are adjusted after Holm, so that the
/// probability of calling anything different that is not is at most 5 % in the whole comparison; the intervals are not.
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
    let is_test = |row: &Difference| row.p.is_some() && is_told(row.measure) && !row.is_equal();
    let tests = || rows.iter().filter(|row| is_test(row));
    let adjusted = holm(&tests().filter_map(|row| row.p).collect::<Vec<_>>());
    let places: Vec<usize> = (0..rows.len()).filter(|&place| is_test(&rows[place])).collect();
    for (place, adjusted) in places.into_iter().zip(adjusted) {
        rows[place].adjusted = Some(adjusted);
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
        let (Some(our), Some(their)) = (measure.of(our, entity), measure.of(their, there)) else {
            continue;
        };
        ours.push(our);
        theirs.push(their);
    }
    let random = base.is_random() || other.is_random();
    let difference = Estimate::of_difference(&ours, &theirs, random)?;
    Some(Difference {
        variant,
        measure,
        entity: name.to_owned(),
        base: base.estimate(measure, entity)?,
        other: other.estimate(measure, there)?,
        p: difference.p_value(),
        adjusted: None,
        variance_reduction: variance_reduction(&ours, &theirs),
        difference,
    })
}

/// The outcome of replication `k`; a variant without randomness has the same one for every `k`.
fn nth(outcomes: &[Outcome], k: usize) -> Option<&Outcome> {
    outcomes.get(k).or_else(|| outcomes.last())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Plan;
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
        assert!(row.differs() && row.adjusted == Some(0.0) && row.variance_reduction.is_none());
        assert!(comparison.find(1, Scope::Consumer, "share", "slow").is_some());
        assert!(comparison.find(2, Scope::Run, "published", "").is_none());
    }

    /// Two measures that differ by noise, p about 0.03 each: neither is a finding where two were looked at.
    #[test]
    fn p_values_are_adjusted_for_the_number_of_tests() {
        let mut plan = Plan { replications: Some(5), ..plan(true, 1) };
        let other = plan.variants[0].clone();
        plan.variants.push(Variant { name: "other".into(), ..other });
        plan.variants[1].scenario.name = "other".into();
        let result = run_example(&plan, |scenario, seed, outcome| {
            let more = if scenario.name == "other" { [0, 3, 1, 4, 2, 3][seed as usize] } else { 0 };
            outcome.ledger.published = 100 * seed + more;
            outcome.ledger.returned = 10 * seed + more;
        })
        .unwrap();
        let comparison = compare(&result);
        let row = |name| comparison.find(1, Scope::Run, name, "").unwrap();
        let (first, second) = (row("published"), row("returned"));
        assert_eq!((first.p, first.adjusted), (second.p, second.adjusted));
        let (p, adjusted) = (first.p.unwrap(), first.adjusted.unwrap());
        assert!(p < 0.05 && (adjusted - 2.0 * p).abs() < 1e-12, "{p} {adjusted}");
        assert!(first.variance_reduction.unwrap() > second.variance_reduction.unwrap());
        assert_eq!(row("redelivered").adjusted, None);
    }
}
