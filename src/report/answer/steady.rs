//! What a steady state is asked for: how many messages are ready in the long run, and how long; or why there is no long run.

use crate::experiment::{Unstable, VariantResult};
use crate::measure::{Scope, Unit, find_in};
use crate::report::numbers::estimate;

/// Queues that are told one by one; where there are more, the table has them.
const LISTED: usize = 4;

/// How many runs ended before their warm-up was over; `None` if none did.
pub(in crate::report) fn unmeasured(variant: &VariantResult) -> Option<String> {
    let mut short = variant.outcomes.iter().filter(|outcome| !outcome.is_measured());
    let first = short.next()?;
    let n = variant.outcomes.len();
    let ends = match (n, short.count() + 1) {
        (1, _) => format!("the run ended at {}", first.end.at),
        (n, all) if n == all => format!("all {n} runs ended, the first at {},", first.end.at),
        (n, some) => format!("{some} of {n} runs ended, the first of them at {},", first.end.at),
    };
    Some(format!(
        "{ends} before the warm-up of {} was over, so that nothing was measured",
        first.measured_from
    ))
}

/// Why a variant has no long run, or not in all of its queues and runs.
pub(super) fn without_long_run(variant: &VariantResult) -> Vec<String> {
    let rising = |one: &Unstable| format!("`{}` does not keep up and has no long run", one.queue);
    unmeasured(variant).into_iter().chain(variant.unstable.iter().take(LISTED).map(rising)).collect()
}

/// One clause for all queues that keep up, or none where the study is terminating.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let Some(outcome) = variant.outcomes.first().filter(|_| variant.warm_up.is_some()) else {
        return Vec::new();
    };
    let told = outcome.queues.iter().enumerate().filter_map(|(index, queue)| {
        let of = |measure: &str| variant.estimate(find_in(Scope::Queue, measure)?, index);
        let (depth, wait) = (of("depth-mean")?, of("wait-mean")?);
        Some(format!(
            "`{}` held {} ready messages in the mean, each for {}",
            queue.name,
            estimate(&depth, Unit::Count),
            estimate(&wait, Unit::Nanoseconds)
        ))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() || told.len() > LISTED { Vec::new() } else { vec![told.join(", ")] }
}
