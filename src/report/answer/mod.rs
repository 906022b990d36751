//! The answer: a sentence for each variant, made from its numbers; the first lines of every report. Each file here adds the
//! clauses of one subject, or none where it has nothing to say. A clause says only what the run shows.

mod asked;
mod confirmed;
mod confirms;
mod difference;
mod errors;
mod fairness;
mod losses;
mod outcomes;
mod processed;
mod repeats;
pub(super) mod steady;
mod unfinished;

use crate::experiment::{Comparison, RunResult, VariantResult};
use crate::report::numbers;
use crate::stats::{Estimate, LEVEL};

/// The answer of a whole result: a line for each variant, with its name if the file has variants.
pub fn answer(result: &RunResult) -> String {
    let sentence = |variant: &VariantResult| sentence(&clauses(variant), variant);
    lines(result, result.variants.iter().map(sentence))
}

/// The first variant's answer, and a line for each other one with what it changes.
pub(super) fn comparison_answer(result: &RunResult, comparison: &Comparison) -> String {
    let sentences = result.variants.iter().enumerate().map(|(k, variant)| match k {
        0 => sentence(&clauses(variant), variant),
        k => sentence(&difference::clauses(result, comparison, k), variant),
    });
    lines(result, sentences)
}

fn lines(result: &RunResult, sentences: impl Iterator<Item = String>) -> String {
    let named = result.variants.iter().zip(sentences).map(|(variant, sentence)| {
        if result.names_variants {
            format!("`{}`: {sentence}", variant.variant.name)
        } else {
            capitalised(&sentence)
        }
    });
    named.collect::<Vec<_>>().join("\n")
}

/// All clauses of one variant: what was promised and lost, what went wrong, then how the work was done.
fn clauses(variant: &VariantResult) -> Vec<String> {
    let published: u64 = variant.outcomes.iter().map(|outcome| outcome.ledger.published).sum();
    let mut all = confirmed::clauses(variant);
    all.extend(unfinished::clauses(variant));
    all.extend(errors::clauses(variant));
    all.extend(errors::stopped(variant));
    all.extend(errors::not_carried_out(variant));
    if published == 0 {
        all.push("nothing was published".to_owned());
        return all;
    }
    all.extend(steady::without_long_run(variant));
    all.extend(steady::clauses(variant));
    all.extend(asked::clauses(variant));
    all.extend(losses::losses(variant));
    // What publishing again costs stands beside what it is good for.
    let again = republished(variant);
    if again {
        all.extend(repeats::clauses(variant));
    }
    all.extend(confirms::clauses(variant));
    if steady::unmeasured(variant).is_none() {
        all.extend(outcomes::clauses(variant));
        all.extend(fairness::clauses(variant));
        all.extend(processed::clauses(variant));
    }
    if !again {
        all.extend(repeats::clauses(variant));
    }
    all.extend(losses::nothing_lost(variant));
    all
}

/// The clauses in a row, with what ± means, and with a warning where one run stands for many.
fn sentence(clauses: &[String], variant: &VariantResult) -> String {
    let mut text = clauses.join("; ");
    let n = variant.outcomes.len();
    if text.contains('±') && !text.contains("Student") {
        let level = numbers::quantity(LEVEL, crate::measure::Unit::Share);
        let n = if text.contains(" replications") { String::new() } else { format!("n = {n}, ") };
        text += &format!(" ({n}{level} Student)");
    }
    text.push('.');
    if n == 1 && variant.is_random() {
        text += " This is one replication of a random scenario; other seeds give other numbers.";
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Whether a producer published anything again.
pub(super) fn republished(variant: &VariantResult) -> bool {
    let mut producers = variant.outcomes.iter().flat_map(|outcome| &outcome.producers);
    producers.any(|producer| producer.republished > 0)
}

/// Whether a producer asked for confirms, or commits.
pub(super) fn confirms(variant: &VariantResult) -> bool {
    let mut producers = variant.outcomes.iter().flat_map(|outcome| &outcome.producers);
    producers.any(|producer| producer.promised() + producer.nacked + producer.unanswered > 0)
}

/// Whether a fault was planned that ends the broker, a node or a queue without warning.
pub(super) fn crashes(variant: &VariantResult) -> bool {
    variant.outcomes.first().is_some_and(|outcome| outcome.faults.iter().any(|fault| fault.is_crash))
}

/// ` in 10 replications`, or nothing for one run.
fn in_replications(variant: &VariantResult) -> String {
    match variant.outcomes.len() {
        0 | 1 => String::new(),
        n => format!(" in {n} replications"),
    }
}

/// `400 messages`, or `398.2 ± 1.1 messages a run` where replications differ.
fn messages(count: &Estimate) -> String {
    let number = numbers::estimate(count, crate::measure::Unit::Count);
    match (number.as_str(), number.contains('±')) {
        ("1", _) => "1 message".to_owned(),
        (_, false) => format!("{number} messages"),
        (_, true) => format!("{number} messages a run"),
    }
}
