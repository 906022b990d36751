//! Head and foot of a report: what was run, with which seeds, and the command that does it again.

use super::dispatch;
use super::numbers;
use super::wrap::wrap;
use crate::experiment::{FoundBy, RunResult, VariantResult, shell_word};
use crate::units::SimTime;

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
    text +=
        &dispatch::line(result.variants.iter().map(|one| (one.variant.name.as_str(), &one.variant.scenario)));
    if let Some(study) = study(result) {
        text += &format!("{}\n", wrap("study: ", 7, &study, WIDTH).join("\n"));
    }
    text
}

/// What is left out, and when it was enough; `None` where everything is measured and the number of replications is given.
fn study(result: &RunResult) -> Option<String> {
    let measured_from = result
        .variants
        .iter()
        .map(|one| one.variant.scenario.system.measured_from.unwrap_or_default())
        .max()?;
    let warm_ups = || result.variants.iter().filter_map(|variant| variant.warm_up.as_ref());
    let found = warm_ups().find_map(|warm_up| match &warm_up.how {
        FoundBy::PilotRuns { runs, .. } => Some(*runs),
        FoundBy::Given => None,
    });
    let by = match found {
        Some(runs) => {
            let runs = numbers::counted(runs as u64, "pilot run");
            format!("found by MSER-5 in {runs}, at least a twentieth")
        }
        None => "as the scenario says".to_owned(),
    };
    let warm_up = warm_ups().next().map(|_| {
        if let Some(note) = from_the_start(measured_from) {
            return format!("steady state, {note}");
        }
        let of = if result.variants.len() > 1 { ", the longest of all variants'" } else { "" };
        format!(
            "steady state, measured from {measured_from} on: the warm-up before is left out ({by}{of}); fates, losses and \
             counts of producers are those of whole runs"
        )
    });
    let stopping = result.stopping.as_ref().map(|stopping| {
        let (of, percent) = (stopping.precision.of.name, stopping.precision.relative * 100.0);
        let most = stopping.precision.most;
        if stopping.reached {
            format!("replications were added until {of} was known to ±{percent} % (at most {most})")
        } else {
            format!("{most} replications were not enough to know {of} to ±{percent} %")
        }
    });
    let said: Vec<String> = warm_up.into_iter().chain(stopping).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// What a warm-up of nothing means, which a scenario may give; `None` where something is left out.
pub(super) fn from_the_start(measured_from: SimTime) -> Option<&'static str> {
    (measured_from == SimTime::ZERO).then_some(
        "measured from the start: the scenario gives no warm-up. Queues are empty at first, so means may be a little low (initial \
         bias)",
    )
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
    // As many as the precision takes, again.
    let replications = match result.stopping {
        Some(_) => String::new(),
        None => format!(" --replications {}", result.replications),
    };
    format!("again: amqpsim {command} {}{variant} --seed {}{replications}\n", result.origin, result.seed)
}
