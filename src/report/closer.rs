//! What is known where observations are looked at: the parts of a latency, what was out of order and what was done again.

use super::table;
use super::wrap::wrap;
use crate::experiment::VariantResult;
use crate::measure::QueueOutcome;

/// Columns of a line.
const WIDTH: usize = 110;

/// The tables; where observations were not looked at, how to have it done.
pub(super) fn closer(variant: &VariantResult) -> String {
    let measured = || variant.outcomes.iter().filter(|outcome| outcome.is_measured());
    let queues = || measured().flat_map(|outcome| &outcome.queues);
    let works = queues().any(|queue| queue.makespan.is_some());
    if !variant.variant.scenario.system.details {
        let note = "latencies are not taken apart, and nobody looks for messages out of order, because it would take about \
                    twice the time; `--set replication.details=true` does both";
        return if works { said(note) } else { String::new() };
    }
    let mut text = table::of_measures(&table::LATENCY, variant);
    if variant.outcomes.iter().any(|outcome| outcome.producers.len() > 1) {
        text += &table::of_measures(&table::BY_PRODUCER, variant);
    }
    let details =
        |queue: &QueueOutcome| queue.details.as_ref().map_or((0, 0), |one| (one.processed, one.reordered));
    let again = |queue: &QueueOutcome| queue.details.as_ref().is_some_and(|one| !one.work_again.is_zero());
    if queues().any(|queue| details(queue).1 > 0 || again(queue)) {
        text += &table::of_measures(&table::ORDER, variant);
    } else if queues().any(|queue| details(queue).0 > 0) {
        text +=
            &said("no producer's messages were processed out of their order, and none was processed twice");
    }
    text
}

fn said(note: &str) -> String {
    format!("{}\n\n", wrap("note: ", 6, note, WIDTH).join("\n"))
}
