//! What a steady state is asked for: how many messages wait in the long run, and how long.

use crate::experiment::VariantResult;
use crate::measure::{Scope, Unit, find_in};
use crate::report::numbers::estimate;

/// Queues that are told one by one; where there are more, the table has them.
const LISTED: usize = 4;

/// One clause for all queues that keep up, or none where the study is terminating.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let Some(outcome) = variant.outcomes.first().filter(|_| variant.warm_up.is_some()) else {
        return Vec::new();
    };
    let told = outcome.queues.iter().enumerate().filter_map(|(index, queue)| {
        let of = |measure: &str| variant.estimate(find_in(Scope::Queue, measure)?, index);
        let (depth, wait) = (of("depth-mean")?, of("wait-mean")?);
        Some(format!(
            "`{}` held {} waiting messages in the mean, each for {}",
            queue.name,
            estimate(&depth, Unit::Count),
            estimate(&wait, Unit::Nanoseconds)
        ))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() || told.len() > LISTED { Vec::new() } else { vec![told.join(", ")] }
}
