//! Work that was done twice.

use super::in_replications;
use crate::experiment::VariantResult;

/// How often something was processed again.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let again: u64 = variant.outcomes.iter().map(|outcome| outcome.ledger.processed_again).sum();
    match again {
        0 => Vec::new(),
        1 => vec![format!("1 message was processed again{}", in_replications(variant))],
        n => vec![format!("messages were processed again {n} times{}", in_replications(variant))],
    }
}
