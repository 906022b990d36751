//! What a variant changes against the first one, in one clause.

use super::fairness;
use crate::experiment::{Comparison, Difference, RunResult};
use crate::measure::{Scope, Unit};
use crate::report::numbers::{certainty, estimate, percentage};
use crate::stats::{ConfidenceInterval, Estimate};

/// `with prefetch-1, … instead of …`: losses, the share of the consumer that the first answer is about, and the time.
pub(super) fn clause(result: &RunResult, comparison: &Comparison, variant: usize) -> String {
    let name = &result.variants[variant].variant.name;
    let parts: Vec<String> =
        [losses(result, variant), share(result, comparison, variant), time(result, comparison, variant)]
            .into_iter()
            .flatten()
            .collect();
    if parts.is_empty() {
        format!("with {name}, neither losses nor times can be told from {}", result.variants[0].variant.name)
    } else {
        format!("with {name}, {}", parts.join(" and "))
    }
}

fn losses(result: &RunResult, variant: usize) -> Option<String> {
    let lost = |variant: usize| -> f64 {
        let outcomes = &result.variants[variant].outcomes;
        let all: u64 = outcomes.iter().map(|outcome| outcome.ledger.lost_total()).sum();
        all as f64 / outcomes.len().max(1) as f64
    };
    let word = |count: f64| {
        if count == 0.0 { "none".to_owned() } else { estimate(&Estimate::Exact(count), Unit::Count) }
    };
    let many = result.variants.iter().any(|variant| variant.outcomes.len() > 1);
    let a_run = if many { " a run" } else { "" };
    let (base, other) = (lost(0), lost(variant));
    (base.to_bits() != other.to_bits())
        .then(|| format!("{} of the messages{a_run} were lost instead of {}", word(other), word(base)))
}

/// The share of the consumer that the first variant's answer is about, if it changed.
fn share(result: &RunResult, comparison: &Comparison, variant: usize) -> Option<String> {
    let queue = main_queue(result)?;
    let base = &result.variants[0];
    let consumer = fairness::subject(base, queue)?;
    let outcome = base.outcomes.first()?;
    let name = &outcome.consumers[consumer].name;
    let row = comparison.find(variant, Scope::Consumer, "share", name)?;
    row.difference.excludes_zero().then(|| {
        format!("`{name}` got {} of them instead of {}", percentage(&row.other), percentage(&row.base))
    })
}

/// How much sooner or later the work of the main queue was done, or how much longer messages took.
fn time(result: &RunResult, comparison: &Comparison, variant: usize) -> Option<String> {
    let queue = &result.variants[0].outcomes.first()?.queues[main_queue(result)?].name;
    let row = |measure: &str| {
        comparison.find(variant, Scope::Queue, measure, queue).filter(|row| row.difference.excludes_zero())
    };
    if let Some(row) = row("makespan") {
        return Some(format!("everything was processed {}", sooner_or_later(row)));
    }
    let row = row("sojourn-p95")?;
    let change = sooner_or_later(row);
    Some(format!("95 % of the messages were through {change}"))
}

/// `30s ± 1s sooner (n = 10, 95 % paired Student)`.
fn sooner_or_later(row: &Difference) -> String {
    let direction = if row.difference.value() < 0.0 { "sooner" } else { "later" };
    let size = match row.difference {
        Estimate::Exact(value) => Estimate::Exact(value.abs()),
        Estimate::Single(value) => Estimate::Single(value.abs()),
        Estimate::Interval(interval) => {
            Estimate::Interval(ConfidenceInterval { mean: interval.mean.abs(), ..interval })
        }
    };
    let sure = match size {
        Estimate::Exact(_) => String::new(),
        _ => format!(" {}", certainty(&size)),
    };
    format!("{} {direction}{sure}", estimate(&size, Unit::Nanoseconds))
}

/// The queue that most messages went through in the first variant.
fn main_queue(result: &RunResult) -> Option<usize> {
    let outcome = result.variants.first()?.outcomes.first()?;
    // Of equals, the first: the keys are compared by (count, reversed index).
    (0..outcome.queues.len()).max_by_key(|&k| (outcome.queues[k].enqueued, std::cmp::Reverse(k)))
}
