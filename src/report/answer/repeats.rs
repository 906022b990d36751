//! What was delivered again, what was done twice, and what went on to a dead-letter exchange.

use super::in_replications;
use crate::experiment::VariantResult;

/// Consumers that are named; of more, only how many there are.
const LISTED: usize = 3;

/// How many deliveries were repeated, to whom, and how often something was dead-lettered or processed again.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let mut said: Vec<String> = published_again(variant).into_iter().chain(redelivered(variant)).collect();
    let dead: u64 = variant.outcomes.iter().map(|outcome| outcome.ledger.dead_lettered).sum();
    match dead {
        0 => {}
        1 => said.push(format!("1 message was dead-lettered{}", in_replications(variant))),
        n => said.push(format!("messages were dead-lettered {n} times{}", in_replications(variant))),
    }
    let skipped: u64 = variant
        .outcomes
        .iter()
        .flat_map(|outcome| &outcome.consumers)
        .map(|consumer| consumer.duplicates_skipped)
        .sum();
    match skipped {
        0 => {}
        1 => said.push(format!("1 duplicate was skipped{}", in_replications(variant))),
        n => said.push(format!("{n} duplicates were skipped{}", in_replications(variant))),
    }
    let again: u64 = variant.outcomes.iter().map(|outcome| outcome.ledger.processed_again).sum();
    match again {
        0 => {}
        1 => said.push(format!("1 message was processed again{}", in_replications(variant))),
        n => said.push(format!("messages were processed again {n} times{}", in_replications(variant))),
    }
    said
}

fn published_again(variant: &VariantResult) -> Option<String> {
    let producers = variant.outcomes.iter().flat_map(|outcome| &outcome.producers);
    let messages: u64 = producers.map(|producer| producer.published_twice).sum();
    let were = if messages == 1 { "message was" } else { "messages were" };
    (messages > 0).then(|| format!("{messages} {were} published again{}", in_replications(variant)))
}

fn redelivered(variant: &VariantResult) -> Option<String> {
    let first = variant.outcomes.first()?;
    let total = |k: usize| -> u64 { variant.outcomes.iter().map(|one| one.consumers[k].redelivered).sum() };
    let receivers: Vec<(&str, u64)> = (0..first.consumers.len())
        .map(|k| (first.consumers[k].name.as_str(), total(k)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let all: u64 = receivers.iter().map(|(_, count)| count).sum();
    let to = match receivers.as_slice() {
        [] => return None,
        [(name, _)] => format!("to `{name}`"),
        many if many.len() > LISTED => format!("to {} consumers", many.len()),
        some => {
            let each = some.iter().map(|(name, count)| format!("{count} to `{name}`"));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    let were = if all == 1 { "delivery was a repeat" } else { "deliveries were repeats" };
    Some(format!("{all} {were} (redelivered), {to}{}", in_replications(variant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};

    #[test]
    fn duplicates_are_told_with_what_became_of_them() {
        let said = |messages: u64, skipped: u64| {
            let result = run_example(&plan(false, 1), |_, _, outcome| {
                outcome.consumers.iter_mut().for_each(|consumer| consumer.redelivered = 0);
                outcome.producers[0].published_twice = messages;
                outcome.consumers[0].duplicates_skipped = skipped;
            });
            clauses(&result.unwrap().variants[0])
        };
        assert_eq!(said(1, 1), ["1 message was published again", "1 duplicate was skipped"]);
        assert_eq!(said(20, 10), ["20 messages were published again", "10 duplicates were skipped"]);
    }

    #[test]
    fn repeats_are_counted_for_each_receiver() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            ["2 deliveries were repeats (redelivered), 1 to `fast`, 1 to `slow`"]
        );
        let result = run_example(&plan(true, 1), |_, _, outcome| {
            outcome.consumers[0].redelivered = 0;
            outcome.ledger.processed_again = 1;
        })
        .unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            [
                "3 deliveries were repeats (redelivered), to `slow` in 3 replications",
                "messages were processed again 3 times in 3 replications"
            ]
        );
    }
}
