//! How long a queue is in a part of a run, to see whether it rises.

use crate::measure::{EndReason, Outcome};
use crate::units::SimTime;

/// The mean of a queue's ready messages in the first (0), second or last (2) third of what is measured; `None` where the run
/// drained before its end, or nothing was seen.
pub(super) fn third(outcome: &Outcome, queue: usize, part: u64) -> Option<f64> {
    if outcome.end.why == EndReason::Drained {
        return None;
    }
    let (from, end) = (outcome.measured_from, outcome.end.at);
    let length = end.since(from).as_nanos() / 3;
    let begin = from.as_nanos() + length * part;
    let inside = |at: SimTime| (begin..begin + length).contains(&at.as_nanos());
    let points = outcome.queues.get(queue)?.depth_series.points();
    let levels: Vec<f64> = points.filter(|(at, _)| inside(*at)).map(|(_, level)| f64::from(level)).collect();
    crate::stats::mean(&levels)
}
