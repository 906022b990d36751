//! Losses with their causes. Messages that were still somewhere when the run ended are unfinished, never lost.

use super::{confirmed, confirms, in_replications, republished};
use crate::experiment::VariantResult;
use crate::measure::{EndReason, Ledger};
use crate::observe::LossCause;
use crate::report::numbers::counted;
use crate::stats::wilson_interval;

/// How many were lost to which causes, and what no queue took.
pub(super) fn losses(variant: &VariantResult) -> Vec<String> {
    let mut said = Vec::new();
    let lost = total(variant, Ledger::lost_total);
    if lost > 0 {
        // Who publishes again wants to know what that could not make good, before all that it could.
        said.extend(for_good(variant));
        said.push(format!(
            "{} lost{}{}: {}",
            of_all(variant, lost),
            in_replications(variant),
            how_often(variant),
            causes(variant)
        ));
    }
    let unroutable = total(variant, |books| books.unroutable);
    if unroutable > 0 {
        said.push(format!("{} no queue and were dropped{}", got(unroutable), in_replications(variant)));
    }
    let returned = total(variant, |books| books.returned);
    if returned > 0 {
        let back = "no queue and went back to their producer";
        said.push(format!("{} {back}{}", got(returned), in_replications(variant)));
    }
    said
}

/// What other copies could not make good, where anything was published again or came back after a crash.
fn for_good(variant: &VariantResult) -> Option<String> {
    let producers = || variant.outcomes.iter().flat_map(|outcome| &outcome.producers);
    let for_good: u64 = producers().map(|producer| producer.messages_lost).sum();
    let came_back = came_back(variant) > 0;
    (republished(variant) || came_back).then(|| match for_good {
        0 if came_back => "no message was lost for good: there were other copies of what was lost".to_owned(),
        0 => "no message was lost for good: what was lost was published again".to_owned(),
        1 => "1 message was lost for good".to_owned(),
        more => format!("{more} messages were lost for good"),
    })
}

/// The causes of all losses with their counts, without the count of a single cause; empty where nothing was lost.
pub(super) fn causes(variant: &VariantResult) -> String {
    let met: Vec<(LossCause, u64)> = LossCause::ALL
        .into_iter()
        .map(|cause| (cause, total(variant, |books| books.lost_to(cause))))
        .filter(|(_, count)| *count > 0)
        .collect();
    match met.as_slice() {
        [(cause, _)] => cause.words().to_owned(),
        many => {
            let each = many.iter().map(|(cause, count)| format!("{count} {}", cause.words()));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

/// `nothing was lost`, if every run drained: before that, nobody knows.
pub(super) fn nothing_lost(variant: &VariantResult) -> Vec<String> {
    let drained = variant.outcomes.iter().all(|outcome| outcome.end.why == EndReason::Drained);
    if drained && total(variant, Ledger::lost_total) == 0 && total(variant, |books| books.copies) > 0 {
        // To its reader, what was dropped is lost.
        let what = if total(variant, |books| books.unroutable) > 0 { "nothing else" } else { "nothing" };
        let bound = match variant.outcomes.len() as u64 {
            // Where nothing can be lost there is nothing to bound.
            n if n > 1 && (confirms(variant) || has_faults(variant)) => confirmed::at_most(n),
            _ => String::new(),
        };
        vec![format!("{what} was lost{}{bound}", in_replications(variant))]
    } else {
        Vec::new()
    }
}

/// `3 of 100 messages were`; copies where messages went to more than one queue.
fn of_all(variant: &VariantResult, lost: u64) -> String {
    let (routed, copies) = (total(variant, |books| books.routed), total(variant, |books| books.copies));
    let were = if lost == 1 { "was" } else { "were" };
    let copies = copies + came_back(variant);
    if copies == routed {
        let published = total(variant, |books| books.published);
        let what = if republished(variant) {
            format!("{published} publishes")
        } else {
            counted(published, "message")
        };
        format!("{lost} of {what} {were}")
    } else {
        let before = total(variant, Ledger::lost_before_queues);
        format!("{lost} of {copies} copies {were}", copies = copies + before)
    }
}

/// How many copies were there once more, after they had been done with.
pub(super) fn came_back(variant: &VariantResult) -> u64 {
    total(variant, |books| books.came_back - books.came_back_unprocessed)
}

/// In how many of several replications something was lost.
fn how_often(variant: &VariantResult) -> String {
    let n = variant.outcomes.len() as u64;
    let some = variant.outcomes.iter().filter(|outcome| outcome.ledger.lost_total() > 0).count() as u64;
    match wilson_interval(some, n) {
        Some(share) if n > 1 => format!(
            " ({some} of {n} lost something: {:.0} % to {:.0} % of such runs, 95 %, Wilson)",
            share.lower * 100.0,
            share.upper * 100.0
        ),
        _ => String::new(),
    }
}

fn has_faults(variant: &VariantResult) -> bool {
    variant.outcomes.first().is_some_and(|outcome| !outcome.faults.is_empty())
}

fn got(count: u64) -> String {
    format!("{} got", counted(count, "message"))
}

fn total(variant: &VariantResult, count: impl Fn(&Ledger) -> u64) -> u64 {
    variant.outcomes.iter().map(|outcome| count(&outcome.ledger)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::report::answer;

    #[test]
    fn a_loss_is_said_with_its_cause() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.ledger.lose(LossCause::AutoAckInBuffer, 3);
        })
        .unwrap();
        assert_eq!(
            losses(&result.variants[0]),
            ["3 of 100 messages were lost: automatic ack in the consumer's buffer"]
        );
        assert!(nothing_lost(&result.variants[0]).is_empty());
    }

    #[test]
    fn what_was_published_again_is_not_lost_for_good() {
        let said = |for_good: u64| {
            let result = run_example(&plan(false, 1), |_, _, outcome| {
                outcome.ledger.published = 104;
                outcome.ledger.lose(LossCause::LostOnTheWire, 4);
                (outcome.producers[0].republished, outcome.producers[0].messages_lost) = (4, for_good);
            });
            losses(&result.unwrap().variants[0])
        };
        let lost = "4 of 104 publishes were lost: lost on the wire";
        assert_eq!(said(0), ["no message was lost for good: what was lost was published again", lost]);
        assert_eq!(said(1), ["1 message was lost for good", lost]);
        assert_eq!(said(2), ["2 messages were lost for good", lost]);
    }

    #[test]
    fn what_was_dropped_as_unroutable_is_no_other_loss() {
        let result = run_example(&plan(false, 1), |_, _, outcome| outcome.ledger.unroutable = 3).unwrap();
        assert_eq!(losses(&result.variants[0]), ["3 messages got no queue and were dropped"]);
        assert_eq!(nothing_lost(&result.variants[0]), ["nothing else was lost"]);
    }

    #[test]
    fn a_run_that_was_cut_short_has_lost_nothing_but_finished_less() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.end.why = EndReason::TimeLimit;
            outcome.ledger.queued = 12;
        })
        .unwrap();
        let answer = answer(&result);
        assert!(
            answer.starts_with(
                "Unfinished: the run ended at the time limit of 63s with 12 messages still queued;"
            ),
            "{answer}"
        );
        assert!(!answer.contains("lost"), "{answer}");
    }
}
