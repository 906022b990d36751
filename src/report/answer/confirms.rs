//! What producers in confirm mode know of their publishes.

use super::in_replications;
use crate::experiment::VariantResult;
use crate::measure::ProducerOutcome;
use crate::report::numbers::counted;

/// How the publishes were answered, and what was held back; nothing without confirm mode.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let confirmed = total(variant, |producer| producer.confirmed);
    let nacked = total(variant, |producer| producer.nacked);
    let unanswered = total(variant, |producer| producer.unanswered);
    let asked = confirmed + nacked + unanswered;
    let mut said = Vec::new();
    if asked == confirmed && asked > 0 {
        let publishes = if asked == 1 {
            "the only publish was".to_owned()
        } else {
            format!("all {asked} publishes were")
        };
        said.push(format!("{publishes} confirmed{}", in_replications(variant)));
    } else if asked > 0 {
        let parts = [(confirmed, "confirmed"), (nacked, "nacked"), (unanswered, "never answered")];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| format!("{count} {how}"))
            .collect();
        let publishes = if asked == 1 { "publish" } else { "publishes" };
        let parts = parts.join(", ");
        said.push(format!("{parts} of {asked} {publishes} in confirm mode{}", in_replications(variant)));
    }
    let held_back = total(variant, |producer| producer.held_back);
    if held_back > 0 {
        let messages = counted(held_back, "message");
        said.push(format!(
            "{messages} waited at the producer when the run ended{}",
            in_replications(variant)
        ));
    }
    said
}

fn total(variant: &VariantResult, count: impl Fn(&ProducerOutcome) -> u64) -> u64 {
    variant.outcomes.iter().flat_map(|outcome| &outcome.producers).map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};

    #[test]
    fn answers_are_told_where_somebody_asked() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        assert!(clauses(&result.variants[0]).is_empty());
        let result =
            run_example(&plan(false, 1), |_, _, outcome| outcome.producers[0].confirmed = 100).unwrap();
        assert_eq!(clauses(&result.variants[0]), ["all 100 publishes were confirmed"]);
    }

    /// Source: rules CF-2 and CF-8.
    #[test]
    fn what_was_not_confirmed_is_told() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            let producer = &mut outcome.producers[0];
            (producer.confirmed, producer.nacked, producer.unanswered) = (95, 3, 2);
            producer.held_back = 4;
        })
        .unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            [
                "95 confirmed, 3 nacked, 2 never answered of 100 publishes in confirm mode",
                "4 messages waited at the producer when the run ended"
            ]
        );
    }
}
