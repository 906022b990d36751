//! What consumers did with messages instead of processing them, and what the broker did to consumers.

use super::in_replications;
use crate::experiment::VariantResult;
use crate::measure::ConsumerOutcome;

/// A clause for each consumer and each thing that it did instead, then that the broker cancelled it.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let Some(first) = variant.outcomes.first() else { return Vec::new() };
    first.consumers.iter().enumerate().flat_map(|(k, consumer)| of(variant, k, &consumer.name)).collect()
}

fn of(variant: &VariantResult, consumer: usize, name: &str) -> Vec<String> {
    let total = |count: fn(&ConsumerOutcome) -> u64| -> u64 {
        variant.outcomes.iter().map(|outcome| count(&outcome.consumers[consumer])).sum()
    };
    let (rejected, requeued) = (total(|it| it.rejected), total(|it| it.requeued));
    let (hanging, crashes) = (total(|it| it.left_hanging), total(|it| it.crashes_at_work));
    let cancelled = total(|it| it.cancelled);
    [
        (rejected, format!("`{name}` rejected {}", deliveries(rejected))),
        (requeued, format!("`{name}` gave back {}", deliveries(requeued))),
        (hanging, format!("`{name}` never settled {}", deliveries(hanging))),
        (crashes, format!("`{name}` died of a message {}", times(crashes))),
        (cancelled, format!("the broker cancelled `{name}` {}", times(cancelled))),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(_, words)| words + &in_replications(variant))
    .collect()
}

fn deliveries(n: u64) -> String {
    if n == 1 { "1 delivery".to_owned() } else { format!("{n} deliveries") }
}

fn times(n: u64) -> String {
    if n == 1 { "once".to_owned() } else { format!("{n} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};

    /// Source: rules ACK-7 and ACK-12.
    #[test]
    fn what_was_not_processed_is_told_for_each_consumer() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        assert!(clauses(&result.variants[0]).is_empty());
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            let [fast, slow, ..] = outcome.consumers.as_mut_slice() else { return };
            (fast.rejected, fast.crashes_at_work) = (14, 1);
            (slow.requeued, slow.left_hanging, slow.cancelled) = (2, 1, 1);
        })
        .unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            [
                "`fast` rejected 14 deliveries",
                "`fast` died of a message once",
                "`slow` gave back 2 deliveries",
                "`slow` never settled 1 delivery",
                "the broker cancelled `slow` once",
            ]
        );
    }
}
