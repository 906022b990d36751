//! Runs that ended before their work did.

use crate::experiment::VariantResult;
use crate::measure::{EndReason, Ledger, Outcome};
use crate::report::numbers::counted;

/// Why the run ended and what was left; for several replications, of the first one that did not come to rest.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    // A part of the long run is cut off on purpose.
    let meant = |outcome: &Outcome| variant.warm_up.is_some() && outcome.end.why == EndReason::TimeLimit;
    let open: Vec<&Outcome> =
        variant.outcomes.iter().filter(|outcome| is_open(outcome) && !meant(outcome)).collect();
    let Some(first) = open.first() else { return Vec::new() };
    let limit = match first.end.why {
        EndReason::Drained => format!("came to rest at {}", first.end.at),
        EndReason::TimeLimit => format!("ended at the time limit of {}", first.end.at),
        EndReason::EventLimit => format!("ended at the limit of {} events", first.end.events),
    };
    let end = match (variant.outcomes.len(), open.len()) {
        (1, _) => format!("the run {limit}"),
        (n, open) if n == open => format!("none of {n} runs came to its end; the first {limit}"),
        (n, open) => format!("{open} of {n} runs did not come to their end; the first of them {limit}"),
    };
    // A run without an end of its own may still have done all its work.
    let unfinished = open.iter().any(|outcome| outcome.ledger.unfinished() > 0);
    let word = if unfinished { "unfinished: " } else { "" };
    vec![format!("{word}{end} {}", left(&first.ledger))]
}

/// Whether something could still have happened, or still waits.
fn is_open(outcome: &Outcome) -> bool {
    outcome.ledger.unfinished() > 0 || outcome.end.why != EndReason::Drained
}

fn left(books: &Ledger) -> String {
    let parts: Vec<String> =
        [
            (books.on_the_way, "on the way to the broker"),
            (books.uncommitted, "in transactions without a commit"),
            (books.queued, "still queued"),
            (books.in_flight, "in flight"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .enumerate()
        .map(|(k, (count, place))| {
            if k == 0 {
                format!("{} {place}", counted(*count, "message"))
            } else {
                format!("{count} {place}")
            }
        })
        .collect();
    if parts.is_empty() { "with no message left".to_owned() } else { format!("with {}", parts.join(" and ")) }
}
