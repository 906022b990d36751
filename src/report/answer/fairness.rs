//! How the consumers of a queue shared its work: who got how much, who finished when, and what it cost.

use super::{messages, processed};
use crate::experiment::VariantResult;
use crate::measure::{EndReason, Outcome, Scope, Unit, find_in};
use crate::report::numbers::{estimate, factor};
use crate::stats::{Estimate, mean};

/// Jain's index of the messages below which a share is called uneven: a coefficient of variation of about 10 %.
const EVEN: f64 = 0.99;
/// A consumer that finishes later than the others by more than this part of the makespan is called late.
const LATE: f64 = 0.05;
/// Makespans up to this multiple of the shortest possible one cost nothing worth saying.
const COSTLY: f64 = 1.05;
/// A consumer that works this part of the makespan is busy.
const BUSY: f64 = 0.95;

/// One clause for each queue with two consumers or more.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    (0..outcome.queues.len()).filter_map(|queue| clause(variant, queue)).collect()
}

/// The index of the consumer that the clause is about: the late one, or the one with the smallest share.
pub(super) fn subject(variant: &VariantResult, queue: usize) -> Option<usize> {
    let sharing = Sharing::of(variant, queue)?;
    Some(sharing.late.map_or(sharing.least, |(consumer, _)| consumer))
}

/// What is to be said of one queue.
struct Sharing {
    /// Indices of its consumers.
    consumers: Vec<usize>,
    /// The consumer with the smallest mean share.
    least: usize,
    /// The consumer that finished late, and how long after the others.
    late: Option<(usize, Estimate)>,
    /// Whether the messages were shared evenly.
    even: bool,
}

impl Sharing {
    fn of(variant: &VariantResult, queue: usize) -> Option<Sharing> {
        let outcome = variant.outcomes.first()?;
        let consumers = outcome.queues.get(queue)?.consumers.clone();
        let jain = value(variant, Scope::Queue, "jain-messages", queue)?;
        let mut least = *consumers.first()?;
        for &consumer in &consumers {
            if share(variant, consumer)?.value() < share(variant, least)?.value() {
                least = consumer;
            }
        }
        let late = if is_drained(variant) { late(variant, queue, &consumers) } else { None };
        Some(Sharing { consumers, least, late, even: jain.value() >= EVEN })
    }
}

fn clause(variant: &VariantResult, queue: usize) -> Option<String> {
    let sharing = Sharing::of(variant, queue)?;
    let outcome = variant.outcomes.first()?;
    let name = &outcome.queues[queue].name;
    let consumer_name = |k: usize| &outcome.consumers[k].name;
    if let Some(only) = only_worker(variant, &sharing.consumers) {
        let work = processed::work(variant, queue, only, &format!(" of `{name}`"))?;
        return Some(format!(
            "`{}` processed {work} and {} none",
            consumer_name(only),
            others(variant, &sharing.consumers, only)
        ));
    }
    let even_share = estimate(&Estimate::Exact(1.0 / sharing.consumers.len() as f64), Unit::Share);
    let of_all = of_all(variant, queue, &sharing.consumers)?;
    let mut text = if let Some((consumer, lag)) = &sharing.late {
        format!(
            "`{}` got {} of {of_all} and finished {} after {}",
            consumer_name(*consumer),
            estimate(&share(variant, *consumer)?, Unit::Share),
            estimate(lag, Unit::Nanoseconds),
            others(variant, &sharing.consumers, *consumer)
        )
    } else if sharing.even {
        let n = sharing.consumers.len();
        format!("{n} consumers shared {of_all} evenly, about {even_share} each")
    } else {
        format!(
            "`{}` got {} of {of_all} (an even share is {even_share})",
            consumer_name(sharing.least),
            estimate(&share(variant, sharing.least)?, Unit::Share),
        )
    };
    text += &cost(variant, queue, &sharing);
    Some(text)
}

/// ``the 400 messages of `tasks` ``, or only those that were processed, where that is not the same.
fn of_all(variant: &VariantResult, queue: usize, consumers: &[usize]) -> Option<String> {
    let name = &variant.outcomes.first()?.queues[queue].name;
    let done = |one: &Outcome| consumers.iter().map(|&k| one.consumers[k].processed).sum::<u64>();
    let came: Vec<f64> = variant.outcomes.iter().map(|one| one.queues[queue].enqueued as f64).collect();
    let is_part = |one: &Outcome| done(one) != one.queues[queue].enqueued;
    if variant.leaves_out_warm_up() || variant.outcomes.iter().any(is_part) {
        return Some(format!("what was processed of `{name}`"));
    }
    Some(format!("the {} of `{name}`", messages(&Estimate::of(&came, variant.is_random())?)))
}

/// The consumer that did all the work in every run, if there is one.
fn only_worker(variant: &VariantResult, consumers: &[usize]) -> Option<usize> {
    let worked = |k: usize| variant.outcomes.iter().any(|outcome| outcome.consumers[k].processed > 0);
    let mut workers = consumers.iter().copied().filter(|&k| worked(k));
    let first = workers.next()?;
    workers.next().is_none().then_some(first)
}

/// The name of the only other consumer, or `the others`.
fn others(variant: &VariantResult, consumers: &[usize], consumer: usize) -> String {
    let mut others = consumers.iter().filter(|&&other| other != consumer);
    match (others.next(), others.next()) {
        (Some(&only), None) => format!("`{}`", variant.outcomes[0].consumers[only].name),
        _ => "the others".to_owned(),
    }
}

/// What the sharing cost: time lost to a late consumer, or that an uneven share lost none. A run that was cut short has no
/// such cost yet.
fn cost(variant: &VariantResult, queue: usize, sharing: &Sharing) -> String {
    if !is_drained(variant) {
        return String::new();
    }
    let Some(ratio) = value(variant, Scope::Queue, "makespan-ratio", queue).map(|ratio| ratio.value()) else {
        return String::new();
    };
    let times = factor(ratio);
    if sharing.late.is_some() && ratio > COSTLY && is_due_to_sharing(variant, queue, ratio) {
        format!(", so that the work took {times} times as long as its consumers needed together")
    } else if sharing.late.is_some() || sharing.even || ratio > COSTLY {
        String::new()
    } else {
        match (are_busy(variant, &sharing.consumers), times == "1") {
            (true, true) => {
                ", which kept all of them busy: the work took the shortest time possible".to_owned()
            }
            (true, false) => {
                format!(
                    ", which kept all of them busy: the work took {times} times the shortest time possible"
                )
            }
            (false, true) => ", which cost no time: with these arrivals, no sharing ends sooner".to_owned(),
            (false, false) => format!(
                ", which cost little time: the work took {times} times the shortest time possible with these arrivals"
            ),
        }
    }
}

/// Whether all of them worked nearly all the time. Where messages come one by one, consumers that wait for the next one lose no
/// time either, and the work is done as soon as it can be.
fn are_busy(variant: &VariantResult, consumers: &[usize]) -> bool {
    let busy = |&consumer: &usize| value(variant, Scope::Consumer, "utilisation", consumer);
    consumers.iter().all(|consumer| busy(consumer).is_some_and(|part| part.value() >= BUSY))
}

/// Whether consumers without work while work waited account for most of what the work took beyond the shortest time. They
/// do not where the run was as long as its arrivals, or consumers were gone or refused messages.
fn is_due_to_sharing(variant: &VariantResult, queue: usize, ratio: f64) -> bool {
    let of_queue = |measure| value(variant, Scope::Queue, measure, queue).map(|estimate| estimate.value());
    let (Some(idle), Some(makespan)) = (of_queue("idle-while-work-waits"), of_queue("makespan")) else {
        return false;
    };
    idle > (makespan - makespan / ratio) / 2.0
}

fn is_drained(variant: &VariantResult) -> bool {
    variant.outcomes.iter().all(|outcome| outcome.end.why == EndReason::Drained)
}

/// The consumer that finished last, if it was later than all others by a part of the makespan worth saying.
fn late(variant: &VariantResult, queue: usize, consumers: &[usize]) -> Option<(usize, Estimate)> {
    let makespan = value(variant, Scope::Queue, "makespan", queue)?.value();
    let mut last: Option<(usize, Vec<f64>)> = None;
    for &consumer in consumers {
        let lags: Vec<f64> =
            variant.outcomes.iter().filter_map(|outcome| lag(outcome, consumer, consumers)).collect();
        let longer = last.as_ref().is_none_or(|(_, longest)| mean(&lags) > mean(longest));
        if !lags.is_empty() && longer {
            last = Some((consumer, lags));
        }
    }
    let (consumer, lags) = last?;
    let lag = Estimate::of(&lags, variant.is_random())?;
    (lag.value() > LATE * makespan).then_some((consumer, lag))
}

/// How long after the last of the others this consumer finished, in nanoseconds; negative if it finished before.
fn lag(outcome: &Outcome, consumer: usize, consumers: &[usize]) -> Option<f64> {
    let finished = |k: usize| outcome.consumers[k].last_finished.map(|at| at.as_nanos() as f64);
    let others = consumers.iter().filter(|&&other| other != consumer).filter_map(|&other| finished(other));
    Some(finished(consumer)? - others.reduce(f64::max)?)
}

fn share(variant: &VariantResult, consumer: usize) -> Option<Estimate> {
    value(variant, Scope::Consumer, "share", consumer)
}

fn value(variant: &VariantResult, scope: Scope, measure: &str, entity: usize) -> Option<Estimate> {
    variant.estimate(find_in(scope, measure)?, entity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::example::consumer;
    use crate::units::SimDuration;

    fn said(change: impl Fn(&mut Outcome) + Sync) -> Vec<String> {
        let result = run_example(&plan(false, 1), |_, _, outcome| change(outcome)).unwrap();
        clauses(&result.variants[0])
    }

    #[test]
    fn a_late_consumer_is_named_with_its_share_its_delay_and_its_cost() {
        assert_eq!(
            said(|_| {}),
            [
                "`slow` got 25 % of the 100 messages of `tasks` and finished 31s after `fast`, so that the work took 2 times \
              as long as its consumers needed together"
            ]
        );
    }

    #[test]
    fn a_run_that_took_as_long_as_its_arrivals_cost_nothing() {
        let busy = said(|outcome| outcome.consumers[0].idle_while_buffered = SimDuration::from_secs(1));
        assert_eq!(busy, ["`slow` got 25 % of the 100 messages of `tasks` and finished 31s after `fast`"]);
    }

    #[test]
    fn an_even_share_is_called_even() {
        let even =
            said(|outcome| outcome.consumers = vec![consumer("a", 50, 10, 60), consumer("b", 50, 10, 60)]);
        assert_eq!(even, ["2 consumers shared the 100 messages of `tasks` evenly, about 50 % each"]);
    }

    #[test]
    fn an_uneven_share_without_a_late_consumer_names_the_smallest() {
        let uneven = said(|outcome| outcome.consumers[1].last_finished = outcome.consumers[0].last_finished);
        assert_eq!(uneven, ["`slow` got 25 % of the 100 messages of `tasks` (an even share is 50 %)"]);
    }

    /// The shortest time is that of the arrivals, or that of the work: only then are they busy.
    #[test]
    fn only_consumers_that_worked_all_the_time_were_kept_busy() {
        let even_work = |busy: u64| {
            said(move |outcome| {
                outcome.consumers = vec![consumer("a", 75, busy, 60), consumer("b", 25, busy, 62)];
                outcome.queues[0].makespan_bound = outcome.queues[0].makespan;
            })
        };
        let share = "`b` got 25 % of the 100 messages of `tasks` (an even share is 50 %)";
        assert_eq!(
            even_work(31),
            [format!("{share}, which cost no time: with these arrivals, no sharing ends sooner")]
        );
        let busy = "which kept all of them busy: the work took the shortest time possible";
        assert_eq!(even_work(61), [format!("{share}, {busy}")]);
    }

    #[test]
    fn one_that_did_all_the_work_is_named_first() {
        let alone =
            said(|outcome| outcome.consumers = vec![consumer("a", 0, 0, 0), consumer("b", 100, 10, 60)]);
        assert_eq!(alone, ["`b` processed all 100 messages of `tasks` and `a` none"]);
    }

    #[test]
    fn shares_of_a_part_are_not_called_shares_of_all() {
        let part = said(|outcome| outcome.queues[0].enqueued = 120);
        assert!(part[0].starts_with("`slow` got 25 % of what was processed of `tasks` and"), "{part:?}");
    }

    #[test]
    fn one_consumer_shares_with_nobody() {
        assert!(said(|outcome| outcome.consumers.truncate(1)).is_empty());
    }
}
