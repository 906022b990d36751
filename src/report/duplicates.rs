//! What happened more than once, in one place: to messages, by whom.

use super::answer::{crashes, republished};
use super::table::{self, Columns};
use crate::experiment::VariantResult;
use crate::measure::{ConsumerOutcome, Scope, find_in};

/// Each with its measure of the run.
const KINDS: [(&str, &str); 5] = [
    ("published twice", "published-twice"),
    ("delivered twice", "delivered-twice"),
    ("processed twice", "processed-twice"),
    ("skipped as duplicates", "duplicates-skipped"),
    ("came back when done with", "came-back-after-ack"),
];

/// The same by queue.
const BY_QUEUE: Columns = Columns {
    title: "duplicates by queue",
    scope: Scope::Queue,
    measures: &["delivered-twice", "processed-twice", "duplicates-skipped"],
};

/// The tables, where something was published again or skipped, or a crash may have brought something back.
pub(super) fn duplicates(variant: &VariantResult) -> String {
    let skips = |consumer: &ConsumerOutcome| consumer.duplicates_skipped > 0;
    let skipped = variant.outcomes.iter().flat_map(|outcome| &outcome.consumers).any(skips);
    if !republished(variant) && !skipped && !crashes(variant) {
        return String::new();
    }
    let rows = KINDS.iter().filter_map(|(words, name)| {
        let measure = find_in(Scope::Run, name)?;
        Some(vec![(*words).to_owned(), table::cell(variant, measure, 0)])
    });
    let head = if variant.outcomes.len() > 1 { "messages a run" } else { "messages" };
    let text = table::titled("duplicates", &["what", head], rows);
    let queues = || variant.outcomes.iter().flat_map(|outcome| &outcome.queues);
    let any = skipped || queues().any(|queue| queue.delivered_twice + queue.processed_twice > 0);
    if any { text + &table::of_measures(&BY_QUEUE, variant) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::Outcome;

    fn table(change: impl Fn(&mut Outcome) + Sync) -> String {
        let result = run_example(&plan(false, 1), |_, _, outcome| change(outcome)).unwrap();
        duplicates(&result.variants[0])
    }

    #[test]
    fn all_kinds_of_duplicates_stand_together() {
        assert_eq!(table(|_| {}), "");
        let text = table(|outcome| {
            (outcome.producers[0].republished, outcome.ledger.published_twice) = (4, 4);
            (outcome.ledger.delivered_twice, outcome.ledger.processed_twice) = (3, 2);
            outcome.ledger.came_back = 1;
        });
        let rows = text.lines().skip(3).take_while(|line| !line.is_empty());
        let rows: Vec<String> =
            rows.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            rows,
            [
                "published twice 4",
                "delivered twice 3",
                "processed twice 2",
                "skipped as duplicates 0",
                "came back when done with 1"
            ]
        );
        assert!(!text.contains("by queue"), "no queue has any");
    }
}
