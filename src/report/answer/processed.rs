//! How much of a queue's messages was processed, for queues with one consumer; `fairness` tells of the others.

use super::{losses, messages, republished};
use crate::experiment::VariantResult;
use crate::measure::Unit;
use crate::report::numbers::estimate;
use crate::stats::Estimate;

/// Queues that are told one by one; where there are more, only the run as a whole.
const LISTED: usize = 4;

/// One clause for all queues with a single consumer.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    let used: Vec<usize> = (0..outcome.queues.len()).filter(|&queue| was_used(variant, queue)).collect();
    let lone: Vec<(usize, usize)> =
        used.iter().filter_map(|&queue| Some((queue, only_consumer(variant, queue)?))).collect();
    if lone.is_empty() {
        return Vec::new();
    }
    if lone.len() > LISTED {
        let books = |count: fn(&crate::measure::Ledger) -> u64| {
            let values: Vec<f64> = variant.outcomes.iter().map(|one| count(&one.ledger) as f64).collect();
            Estimate::of(&values, variant.is_random()).map(|value| estimate(&value, Unit::Count))
        };
        let (Some(processed), Some(copies)) =
            (books(|it| it.processed), books(|it| it.copies - it.dead_lettered))
        else {
            return Vec::new();
        };
        return vec![format!("{processed} of {copies} copies in {} queues were processed", used.len())];
    }
    let told = lone.iter().filter_map(|&(queue, consumer)| {
        let place =
            if used.len() > 1 { format!(" of `{}`", outcome.queues[queue].name) } else { String::new() };
        let work = work(variant, queue, consumer, &place)?;
        Some(format!("`{}` processed {work}", outcome.consumers[consumer].name))
    });
    vec![told.collect::<Vec<_>>().join(", ")]
}

/// What a consumer processed of what entered its queue, with `place` behind it: `all 6 messages`, `3 of 6 messages`; `None`
/// without a run.
pub(super) fn work(variant: &VariantResult, queue: usize, consumer: usize, place: &str) -> Option<String> {
    let outcomes = &variant.outcomes;
    let done: Vec<f64> = outcomes.iter().map(|one| one.consumers[consumer].processed as f64).collect();
    if variant.leaves_out_warm_up() {
        // Some of it came before: what is processed in a time is no part of what comes in it.
        let done = Estimate::of(&done, variant.is_random())?;
        return Some(format!("{}{place} after the warm-up", messages(&done)));
    }
    let came: Vec<f64> = outcomes.iter().map(|one| one.queues[queue].enqueued as f64).collect();
    let estimates = |values: &[f64]| Estimate::of(values, variant.is_random());
    let (done, came, mut pairs) = (estimates(&done)?, estimates(&came)?, done.iter().zip(&came));
    let again = outcomes.iter().any(|one| one.ledger.processed_again > 0);
    let all_once = pairs.all(|(done, came)| done.to_bits() == came.to_bits()) && !again;
    if republished(variant) || (losses::came_back(variant) > 0 && !all_once) {
        let of = if again { "deliveries of" } else { "of" };
        let (done, came) = (estimate(&done, Unit::Count), estimate(&came, Unit::Count));
        return Some(format!("{done} {of} {came} copies{place}"));
    }
    let text = if all_once {
        let all = if came.value() > 1.0 { "all " } else { "" };
        format!("{all}{}", messages(&came))
    } else if done.value() == 0.0 {
        format!("none of {}", messages(&came))
    } else if again {
        format!("{} deliveries of {}", estimate(&done, Unit::Count), messages(&came))
    } else {
        format!("{} of {}", estimate(&done, Unit::Count), messages(&came))
    };
    Some(format!("{text}{place}"))
}

fn was_used(variant: &VariantResult, queue: usize) -> bool {
    variant.outcomes.iter().any(|outcome| outcome.queues[queue].enqueued > 0)
}

/// The index of the only consumer of this queue.
fn only_consumer(variant: &VariantResult, queue: usize) -> Option<usize> {
    let outcome = variant.outcomes.first()?;
    let mut consumers = (0..outcome.consumers.len()).filter(|&k| outcome.consumers[k].queue == queue);
    let first = consumers.next()?;
    consumers.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::Outcome;

    fn said(change: impl Fn(&mut Outcome) + Sync) -> Vec<String> {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.consumers.truncate(1);
            change(outcome);
        })
        .unwrap();
        clauses(&result.variants[0])
    }

    #[test]
    fn what_was_processed_is_counted_against_what_came() {
        assert_eq!(
            said(|outcome| outcome.consumers[0].processed = 100),
            ["`fast` processed all 100 messages"]
        );
        assert_eq!(said(|_| {}), ["`fast` processed 75 of 100 messages"]);
        assert_eq!(
            said(|outcome| outcome.consumers[0].processed = 0),
            ["`fast` processed none of 100 messages"]
        );
    }

    /// Three that had come before the warm-up was over are processed after it.
    #[test]
    fn what_was_processed_after_a_warm_up_is_no_part_of_what_came_then() {
        let after = said(|outcome| {
            outcome.measured_from = crate::units::SimTime::from_nanos(1);
            outcome.consumers[0].processed = 103;
        });
        assert_eq!(after, ["`fast` processed 103 messages after the warm-up"]);
    }

    #[test]
    fn work_that_was_done_twice_is_not_called_all() {
        let twice = said(|outcome| {
            outcome.consumers[0].processed = 101;
            outcome.ledger.processed_again = 1;
        });
        assert_eq!(twice, ["`fast` processed 101 deliveries of 100 messages"]);
    }

    #[test]
    fn consumers_that_share_a_queue_are_told_of_elsewhere() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        assert!(clauses(&result.variants[0]).is_empty());
    }
}
