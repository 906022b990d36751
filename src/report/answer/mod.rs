//! The answer: one sentence made from the numbers, which is the first line of every report. Each file here adds the clauses
//! of one subject, or none where it has nothing to say.

mod difference;
mod errors;
mod fairness;
mod losses;
mod repeats;
mod unfinished;

use crate::experiment::{Comparison, RunResult, VariantResult};

/// The answer of a whole result: that of its only variant, or one sentence for each.
pub fn answer(result: &RunResult) -> String {
    match result.variants.as_slice() {
        [only] => variant_answer(only),
        several => several
            .iter()
            .map(|variant| format!("{}: {}", variant.variant.name, variant_answer(variant)))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// The answer of one variant: what went wrong first, then how the work was shared.
pub fn variant_answer(variant: &VariantResult) -> String {
    sentence(&clauses(variant))
}

/// The first variant's answer, and what the others change.
pub(super) fn comparison_answer(result: &RunResult, comparison: &Comparison) -> String {
    let Some(base) = result.variants.first() else { return sentence(&[]) };
    let mut all = clauses(base);
    all.extend((1..result.variants.len()).map(|variant| difference::clause(result, comparison, variant)));
    sentence(&all)
}

fn clauses(variant: &VariantResult) -> Vec<String> {
    let published: u64 = variant.outcomes.iter().map(|outcome| outcome.ledger.published).sum();
    let mut all = errors::clauses(variant);
    if published == 0 {
        all.push("nothing was published".to_owned());
        return all;
    }
    all.extend(losses::losses(variant));
    all.extend(unfinished::clauses(variant));
    all.extend(fairness::clauses(variant));
    all.extend(repeats::clauses(variant));
    all.extend(losses::nothing_lost(variant));
    all
}

fn sentence(clauses: &[String]) -> String {
    format!("{}.", clauses.join("; "))
}

/// ` in 10 replications`, or nothing for one run.
fn in_replications(variant: &VariantResult) -> String {
    match variant.outcomes.len() {
        0 | 1 => String::new(),
        n => format!(" in {n} replications"),
    }
}
