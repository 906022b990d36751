//! Head and foot of a report: what was run, with which seeds, and the command that does it again.

use super::numbers;
use super::wrap::wrap;
use crate::experiment::{RunResult, VariantResult, shell_word};

/// Columns of a line.
const WIDTH: usize = 110;

/// What was run.
pub(super) fn head(result: &RunResult) -> String {
    let mut text = String::new();
    if let Some(question) = &result.question {
        text += &format!("{}\n", wrap("question: ", 10, question, WIDTH).join("\n"));
    }
    let profiles: Vec<&str> =
        result.variants.iter().map(|v| v.variant.scenario.system.profile.name).collect();
    let profile = profiles.first().copied().unwrap_or_default();
    let profile = if profiles.iter().all(|one| *one == profile) { profile } else { "by variant" };
    text += &format!(
        "scenario: {} ({}), profile {profile}, amqpsim {}\n",
        result.name,
        result.origin.file,
        env!("CARGO_PKG_VERSION")
    );
    if !result.origin.overrides.is_empty() {
        text += &format!("settings: {}\n", result.origin.overrides.join(", "));
    }
    text
}

/// Which replications a variant has, and what their numbers mean.
pub(super) fn replications(variant: &VariantResult, asked: u32) -> String {
    let (Some(first), Some(last)) = (variant.replications.first(), variant.replications.last()) else {
        return String::new();
    };
    let n = variant.replications.len();
    if !variant.is_random() {
        let why = if asked > 1 { format!(", so one run says as much as {asked}") } else { String::new() };
        return format!("seed {}: nothing is random{why}\n\n", first.seed);
    }
    let random = wrap("random: ", 8, &variant.random_parts.join(", "), WIDTH).join("\n");
    if n == 1 {
        return format!(
            "seed {}: one replication, so nothing is known of the spread; raise `replications` for intervals\n{random}\n\n",
            first.seed
        );
    }
    format!(
        "seeds {} to {}: mean ± half-width of the 95 % interval (n = {}, Student); without ±: equal in all\n{random}\n\n",
        first.seed,
        last.seed,
        numbers::counted(n as u64, "replication"),
    )
}

/// The command that gives the same report again.
pub(super) fn foot(result: &RunResult, command: &str) -> String {
    let variant = match result.variants.as_slice() {
        [only] => only.replications.first().and_then(|replication| replication.variant.as_deref()),
        _ => None,
    };
    let variant = variant.map(|name| format!(" --variant {}", shell_word(name))).unwrap_or_default();
    format!(
        "again: amqpsim {command} {}{variant} --seed {} --replications {}\n",
        result.origin, result.seed, result.replications
    )
}
