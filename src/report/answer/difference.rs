//! What a variant changes against the first one.

use super::{confirmed, errors, fairness, losses, messages, repeats, republished, steady, unfinished};
use crate::experiment::{Comparison, Difference, RunResult, VariantResult};
use crate::measure::{EndReason, Ledger, Outcome, Scope, Unit};
use crate::report::numbers::{certainty, estimate};
use crate::stats::{ConfidenceInterval, Estimate};

/// What went wrong in the variant, then its losses, the share of the consumer that the first answer is about, and the time.
pub(super) fn clauses(result: &RunResult, comparison: &Comparison, variant: usize) -> Vec<String> {
    let other = &result.variants[variant];
    let mut all = confirmed::clauses(other);
    let unfinished = unfinished::clauses(other);
    if !unfinished.is_empty() && unfinished == unfinished::clauses(&result.variants[0]) {
        all.push("unfinished as well".to_owned());
    } else {
        all.extend(unfinished);
    }
    all.extend(errors::clauses(other));
    all.extend(steady::without_long_run(other));
    let before = all.len();
    all.extend(lost(result, comparison, variant));
    let share = share(result, comparison, variant);
    let mut changes: Vec<Change> = share.into_iter().chain(times(result, comparison, variant)).collect();
    // What has changed the most first; of equals, in this order.
    changes.sort_by(|a, b| b.size.total_cmp(&a.size));
    all.extend(changes.into_iter().map(|change| change.clause));
    if republished(other) {
        // What it costs.
        all.extend(repeats::clauses(other));
    }
    let is_long_run = |variant: &VariantResult| steady::without_long_run(variant).is_empty();
    if all.len() == before && is_long_run(other) {
        all.push(if is_long_run(&result.variants[0]) {
            same(result, comparison, variant)
        } else {
            format!("there is no long run of `{}` to compare it with", result.variants[0].variant.name)
        });
    }
    all
}

/// A change that is worth a clause.
struct Change {
    /// How many times as much it is, or as little, as a logarithm.
    size: f64,
    clause: String,
}

impl Change {
    fn of(row: &Difference, clause: String) -> Change {
        let ratio = row.other.value() / row.base.value();
        let size = libm::log(ratio).abs();
        Change { size: if size.is_nan() { 0.0 } else { size }, clause }
    }
}

/// What is said where nothing changed that is worth a clause.
fn same(result: &RunResult, comparison: &Comparison, variant: usize) -> String {
    let base = &result.variants[0].variant.name;
    let told = ["lost", "share", "makespan", "sojourn-p95"];
    let rows: Vec<&Difference> = comparison
        .rows
        .iter()
        .filter(|row| row.variant == variant && told.contains(&row.measure.name))
        .collect();
    if rows.iter().all(|row| row.is_equal()) {
        format!("losses, shares and times are those of `{base}`")
    } else if rows.iter().any(|row| row.differs()) {
        format!("less or other work was done than with `{base}`, so that times say nothing")
    } else if rows.iter().any(|row| !row.is_equal() && row.difference.ends().is_none()) {
        format!(
            "whether losses, shares and times differ from those of `{base}` takes more than one replication"
        )
    } else {
        format!("losses, shares and times are not told apart from those of `{base}`")
    }
}

/// How many more or fewer were lost, and to what.
fn lost(result: &RunResult, comparison: &Comparison, variant: usize) -> Option<String> {
    // Of who publishes again, what counts is what is lost for good.
    let again = republished(&result.variants[0]) || republished(&result.variants[variant]);
    let measure = if again { "messages-lost" } else { "lost" };
    let row = comparison.find(variant, Scope::Run, measure, "").filter(|row| row.differs())?;
    let word = |count: &Estimate| {
        if count.value() == 0.0 { "none".to_owned() } else { estimate(count, Unit::Count) }
    };
    let many = if row.other.value() == 0.0 { "no messages".to_owned() } else { messages(&row.other) };
    let were = if many == "1 message" { "was" } else { "were" };
    let sure = sureness(&row.difference);
    if again {
        return Some(format!("{many} {were} lost for good instead of {}{sure}", word(&row.base)));
    }
    let causes = losses::causes(&result.variants[variant]);
    let causes = if causes.is_empty() { causes } else { format!(": {causes}") };
    Some(format!("{many} {were} lost instead of {}{sure}{causes}", word(&row.base)))
}

/// The share of the consumer that the first variant's answer is about, if it changed.
fn share(result: &RunResult, comparison: &Comparison, variant: usize) -> Option<Change> {
    let queue = main_queue(result)?;
    let base = &result.variants[0];
    let consumer = fairness::subject(base, queue)?;
    let outcome = base.outcomes.first()?;
    let name = &outcome.consumers[consumer].name;
    let row = comparison.find(variant, Scope::Consumer, "share", name)?;
    row.differs().then(|| {
        let clause = format!(
            "`{name}` got {} of the messages of `{}` instead of {}",
            estimate(&row.other, Unit::Share),
            outcome.queues[queue].name,
            estimate(&row.base, Unit::Share)
        );
        Change::of(row, clause)
    })
}

/// How much sooner or later the work of the main queue was done, and how much longer its messages took, where that is not told
/// by the former or has changed more. The time of less work says nothing, so a makespan is compared only if both variants
/// processed everything, and the time that a message took only if neither lost any.
fn times(result: &RunResult, comparison: &Comparison, variant: usize) -> Vec<Change> {
    let base = &result.variants[0];
    let both = [base, &result.variants[variant]];
    let Some(queue) =
        base.outcomes.first().zip(main_queue(result)).map(|(one, queue)| &one.queues[queue].name)
    else {
        return Vec::new();
    };
    let row =
        |measure: &str| comparison.find(variant, Scope::Queue, measure, queue).filter(|row| row.differs());
    let name = &base.variant.name;
    let makespan = row("makespan").filter(|_| both.iter().all(|variant| processed_all(variant))).map(|row| {
        Change::of(row, format!("everything was processed {}", by(row, name, ["sooner", "later"])))
    });
    let latency = row("sojourn-p95").filter(|_| both.iter().all(|variant| lost_none(variant))).map(|row| {
        let change = by(row, name, ["shorter", "longer"]);
        let clause = format!(
            "the time that 95 % of the processed messages stayed below was {change}: {} instead of {}",
            estimate(&row.other, Unit::Nanoseconds),
            estimate(&row.base, Unit::Nanoseconds)
        );
        Change::of(row, clause)
    });
    let told = makespan.as_ref().map_or(f64::NEG_INFINITY, |change| change.size);
    latency.filter(|change| change.size > told).into_iter().chain(makespan).collect()
}

fn lost_none(variant: &VariantResult) -> bool {
    variant.outcomes.iter().all(|outcome| outcome.ledger.lost_total() == 0)
}

fn processed_all(variant: &VariantResult) -> bool {
    let done = |books: &Ledger| books.unfinished() == 0 && books.unroutable == 0 && books.returned == 0;
    let drained = |outcome: &Outcome| outcome.end.why == EndReason::Drained;
    lost_none(variant) && variant.outcomes.iter().all(|outcome| drained(outcome) && done(&outcome.ledger))
}

/// ``30s ± 1s sooner than with `base` (n = 10, 95 % paired Student)``; `words` are for less and for more.
fn by(row: &Difference, base: &str, words: [&str; 2]) -> String {
    let word = words[usize::from(row.difference.value() > 0.0)];
    let size = match row.difference {
        Estimate::Exact(value) => Estimate::Exact(value.abs()),
        Estimate::Single(value) => Estimate::Single(value.abs()),
        Estimate::Interval(interval) => {
            Estimate::Interval(ConfidenceInterval { mean: interval.mean.abs(), ..interval })
        }
    };
    format!("{} {word} than with `{base}`{}", estimate(&size, Unit::Nanoseconds), sureness(&size))
}

/// How sure a difference is; nothing where there is no doubt.
fn sureness(difference: &Estimate) -> String {
    match difference {
        Estimate::Exact(_) => String::new(),
        _ => format!(" {}", certainty(difference)),
    }
}

/// The queue that most messages went through in the first variant.
fn main_queue(result: &RunResult) -> Option<usize> {
    let outcome = result.variants.first()?.outcomes.first()?;
    // Of equals, the first: the keys are compared by (count, reversed index).
    (0..outcome.queues.len()).max_by_key(|&k| (outcome.queues[k].enqueued, std::cmp::Reverse(k)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::compare;
    use crate::experiment::tests::{plan, run_example};
    use crate::stats::Histogram;
    use crate::units::SimDuration;

    /// A second later in 62, and latencies that are twenty times as long.
    #[test]
    fn what_changed_the_most_is_told_first() {
        let mut plan = plan(false, 1);
        plan.names_variants = true;
        let mut other = plan.variants[0].clone();
        (other.name, other.scenario.name) = ("held".into(), "held".into());
        plan.variants.push(other);
        let result = run_example(&plan, |scenario, _, outcome| {
            if scenario.name == "held" {
                outcome.queues[0].makespan = Some(SimDuration::from_secs(63));
                for consumer in &mut outcome.consumers {
                    let mut longer = Histogram::default();
                    (0..consumer.processed).for_each(|k| longer.record((k + 1) * 200_000_000));
                    consumer.sojourn = longer;
                }
            }
        })
        .unwrap();
        let said = clauses(&result, &compare(&result), 1);
        assert!(
            said[0].starts_with("the time that 95 % of the processed messages stayed below was 13"),
            "{said:?}"
        );
        assert!(said[0].ends_with("instead of 700.4ms"), "{said:?}");
        assert_eq!(said[1], "everything was processed 1s later than with `base`");
    }
}
