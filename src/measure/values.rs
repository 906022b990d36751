//! Values of measures that take more than a field of an outcome.

use crate::measure::fairness::max_min_ratio;
use crate::measure::{
    ConsumerOutcome, Details, DownstreamOutcome, EndReason, LOOKS, Outcome, ProducerOutcome, QueueOutcome,
    Safety,
};
use crate::observe::LossCause;
use crate::stats::Histogram;
use crate::units::SimTime;

pub(super) fn consumer_of(outcome: &Outcome, index: usize) -> Option<&ConsumerOutcome> {
    outcome.consumers.get(index)
}

pub(super) fn queue_of(outcome: &Outcome, index: usize) -> Option<&QueueOutcome> {
    outcome.queues.get(index)
}

/// Of a queue that keeps something.
pub(super) fn safety_of(outcome: &Outcome, index: usize) -> Option<&Safety> {
    Some(&queue_of(outcome, index)?.safety).filter(|safety| safety.kept > 0)
}

pub(super) fn details_of(outcome: &Outcome, index: usize) -> Option<&Details> {
    queue_of(outcome, index)?.details.as_deref()
}

/// What a consumer has done, in nanoseconds at speed 1.
pub(super) fn work(consumer: &ConsumerOutcome) -> f64 {
    let permille = if consumer.speed_permille == 0 { 1000 } else { consumer.speed_permille };
    consumer.busy.as_nanos() as f64 * f64::from(permille) / 1000.0
}

pub(super) fn downstream_of(outcome: &Outcome, index: usize) -> Option<&DownstreamOutcome> {
    outcome.downstreams.get(index)
}

/// A length of time is no multiple of none.
pub(super) fn max_min_ratio_of_all(times: &[u64]) -> Option<f64> {
    max_min_ratio(times).filter(|_| times.iter().all(|&time| time > 0))
}

pub(super) fn producer_of(outcome: &Outcome, index: usize) -> Option<&ProducerOutcome> {
    outcome.producers.get(index)
}

/// The consumers of the queue with this index, in order of the scenario; `None` where it has none.
pub(super) fn consumers_of(
    outcome: &Outcome,
    queue: usize,
) -> Option<impl Iterator<Item = &ConsumerOutcome>> {
    let places = outcome.queues.get(queue).map(|queue| &queue.consumers).filter(|all| !all.is_empty())?;
    Some(places.iter().filter_map(|&place| outcome.consumers.get(place)))
}

pub(super) fn share(outcome: &Outcome, index: usize) -> Option<f64> {
    let consumer = consumer_of(outcome, index)?;
    let all: u64 = consumers_of(outcome, consumer.queue)?.map(|one| one.processed).sum();
    (all > 0).then(|| consumer.processed as f64 / all as f64)
}

pub(super) fn utilisation(outcome: &Outcome, index: usize) -> Option<f64> {
    let consumer = consumer_of(outcome, index)?;
    let whole = || queue_of(outcome, consumer.queue)?.makespan;
    let window = || Some(outcome.end.at.since(outcome.measured_from));
    let makespan = if outcome.measured_from > SimTime::ZERO { window() } else { whole() };
    let makespan = makespan.filter(|makespan| !makespan.is_zero())?;
    let hands = f64::from(consumer.concurrency.max(1));
    Some((consumer.busy.as_nanos() as f64 / (makespan.as_nanos() as f64 * hands)).min(1.0))
}

pub(super) fn service_mean(outcome: &Outcome, index: usize) -> Option<f64> {
    let one = consumer_of(outcome, index)?;
    let ends = [one.processed, one.rejected, one.requeued, one.left_hanging, one.crashes_at_work];
    let n: u64 = ends.iter().sum();
    (n > 0).then(|| one.busy.as_nanos() as f64 / n as f64)
}

pub(super) fn entry_rate(outcome: &Outcome, index: usize) -> Option<f64> {
    let measured = outcome.end.at.since(outcome.measured_from).as_nanos();
    let entered = queue_of(outcome, index)?.enqueued as f64;
    (measured > 0).then(|| entered / (measured as f64 / 1e9))
}

pub(super) fn makespan_ratio(outcome: &Outcome, index: usize) -> Option<f64> {
    let queue = queue_of(outcome, index)?;
    let bound = queue.makespan_bound.filter(|bound| !bound.is_zero())?;
    Some(queue.makespan?.as_nanos() as f64 / bound.as_nanos() as f64)
}

pub(super) fn run_makespan(outcome: &Outcome, _: usize) -> Option<f64> {
    outcome.queues.iter().filter_map(|queue| queue.makespan).max().map(|makespan| makespan.as_nanos() as f64)
}

/// All sojourn times of a queue's consumers together.
pub(super) fn sojourns(outcome: &Outcome, queue: usize) -> Option<Histogram> {
    let mut all = Histogram::default();
    for consumer in consumers_of(outcome, queue)? {
        all.merge(&consumer.sojourn);
    }
    Some(all)
}

/// `None` where no observation lies beyond it: that would be the maximum under another name.
pub(super) fn percentile(histogram: &Histogram, percent: u64) -> Option<f64> {
    let enough = histogram.count().saturating_mul(100 - percent) >= 100;
    histogram.quantile(percent, 100).filter(|_| enough).map(|value| value as f64)
}

#[expect(clippy::unnecessary_wraps, reason = "it has the form of a measure's value")]
pub(super) fn lost_to(outcome: &Outcome, cause: LossCause) -> Option<f64> {
    Some(outcome.ledger.lost_to(cause) as f64)
}

/// The mean of the messages that a queue held in the first (0), second or last (2) third of what is measured, or of the part of it
/// in which messages come; `None` where the run drained before its end, or nobody looked.
pub(super) fn third(outcome: &Outcome, queue: usize, part: usize) -> Option<f64> {
    let looks = &outcome.queues.get(queue)?.populations;
    if outcome.end.why == EndReason::Drained && looks.len() < LOOKS {
        return None;
    }
    let length = looks.len() / 3;
    let held: Vec<f64> = looks.iter().skip(length * part).take(length).map(|&held| held as f64).collect();
    crate::stats::mean(&held)
}
