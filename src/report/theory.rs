//! Theory beside what was simulated, and queues that have no long run.

use super::answer::steady;
use super::numbers::{self, estimate};
use super::table;
use super::wrap::wrap;
use crate::experiment::{Instability, Unstable, VariantResult, WarmUp};
use crate::measure::{EndReason, Scope, Unit, find_in};
use crate::stats::Estimate;

/// Columns of a line.
const WIDTH: usize = 110;
const NANOS_A_SECOND: f64 = 1e9;

/// A number of theory beside its estimate.
pub(super) struct Beside {
    /// What it is, in the words of reports.
    pub what: &'static str,
    pub unit: Unit,
    pub theory: f64,
    pub simulated: Estimate,
}

impl Beside {
    /// Whether the interval holds what theory says; `None` without an interval.
    pub(super) fn holds(&self) -> Option<bool> {
        let Estimate::Interval(_) = self.simulated else { return None };
        self.simulated.ends().map(|(lower, upper)| lower <= self.theory && self.theory <= upper)
    }
}

/// The numbers of theory that the simulation has too; empty where the scenario is no queue of the textbooks, or unstable, or
/// where a run was cut short: what it has is no long run.
pub(super) fn beside(variant: &VariantResult) -> Vec<Beside> {
    let Some((theory, steady)) = variant.theory.as_ref().and_then(|theory| Some((theory, theory.steady?)))
    else {
        return Vec::new();
    };
    if variant
        .outcomes
        .iter()
        .any(|outcome| !outcome.is_measured() || outcome.end.why != EndReason::TimeLimit)
    {
        return Vec::new();
    }
    let queue = |outcome: &crate::measure::Outcome| {
        outcome.queues.iter().position(|queue| queue.name == theory.queue)
    };
    let Some(queue) = variant.outcomes.first().and_then(queue) else { return Vec::new() };
    let of_queue = |measure: &str| variant.estimate(find_in(Scope::Queue, measure)?, queue);
    let over = |value: fn(&crate::measure::Outcome) -> Option<f64>| {
        let values: Vec<f64> = variant.outcomes.iter().filter_map(value).collect();
        Estimate::of(&values, variant.is_random())
    };
    let utilisation = over(|outcome| {
        let measure = find_in(Scope::Consumer, "utilisation")?;
        let values: Vec<f64> =
            (0..outcome.consumers.len()).filter_map(|index| measure.of(outcome, index)).collect();
        crate::stats::mean(&values)
    });
    let refused = over(|outcome| {
        let ledger = &outcome.ledger;
        (ledger.published > 0).then(|| ledger.lost_total() as f64 / ledger.published as f64)
    });
    let mut rows = vec![
        ("utilisation", Unit::Share, steady.utilisation, utilisation),
        ("waiting messages", Unit::Count, steady.waiting, of_queue("depth-mean")),
        ("wait", Unit::Nanoseconds, steady.wait * NANOS_A_SECOND, of_queue("wait-mean")),
        ("sojourn", Unit::Nanoseconds, steady.sojourn * NANOS_A_SECOND, of_queue("sojourn-mean")),
    ];
    if !theory.waits_in_queue {
        rows.retain(|(what, ..)| ["utilisation", "sojourn"].contains(what));
    }
    if steady.refused > 0.0 {
        rows.push(("refused", Unit::Share, steady.refused, refused));
    }
    let row = |(what, unit, theory, simulated): (&'static str, Unit, f64, Option<Estimate>)| {
        Some(Beside { what, unit, theory, simulated: simulated? })
    };
    rows.into_iter().filter_map(row).collect()
}

/// The table of theory, or nothing.
pub(super) fn theory(variant: &VariantResult) -> String {
    let rows = beside(variant);
    let Some(theory) = variant.theory.as_ref().filter(|_| !rows.is_empty()) else { return String::new() };
    let certainty = numbers::certainty(&rows[0].simulated);
    let title = format!(
        "theory: queue `{}` is {} at a load of {}; long-run means {certainty}",
        theory.queue,
        theory.model,
        numbers::factor(theory.load),
    );
    let cells = rows.iter().map(|row| {
        let holds = match row.holds() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "-",
        };
        let theory = numbers::quantity(row.theory, row.unit);
        vec![row.what.to_owned(), theory, estimate(&row.simulated, row.unit), holds.to_owned()]
    });
    table::titled(&title, &["mean", "theory", "simulated", "interval holds theory"], cells)
}

/// Why numbers of a steady state are missing, or may mislead: runs without a long run, queues that do not keep up, a warm-up
/// without an end. `whose`: the variant, where there are several.
pub(super) fn warnings(variant: &VariantResult, whose: &str) -> String {
    let mut text = String::new();
    let of = if whose.is_empty() { String::new() } else { format!("{whose}: ") };
    if let Some(said) = steady::unmeasured(variant) {
        let said = format!(
            "{of}{said}. Measures of consumers, queues and latencies have no value there; a longer `duration` or a shorter \
             `warm-up` helps, or a producer that goes on"
        );
        text += &format!("{}\n\n", wrap("warning: ", 9, &said, WIDTH).join("\n"));
    }
    for unstable in &variant.unstable {
        let said = format!(
            "{of}queue `{}` does not keep up: {}. It has no long run; its waits and depths depend on how long one looks \
             and are not averaged",
            unstable.queue,
            reason(unstable),
        );
        text += &format!("{}\n\n", wrap("unstable: ", 10, &said, WIDTH).join("\n"));
    }
    if let Some(warm_up) = variant.warm_up.as_ref().filter(|warm_up| !warm_up.is_over()) {
        text += &format!("{}\n\n", never_settled(warm_up, whose));
    }
    text
}

/// How one knows that a queue does not keep up.
pub(super) fn reason(unstable: &Unstable) -> String {
    match unstable.why {
        Instability::Load(load) => {
            format!(
                "its load is {}: as much work comes in as its consumers can do, or more",
                numbers::factor(load)
            )
        }
        Instability::Rises { middle, last } => format!(
            "it holds {} messages in the middle third of what is measured, {} in the last",
            estimate(&middle, Unit::Count),
            estimate(&last, Unit::Count)
        ),
    }
}

/// The warning of a warm-up without an end.
pub(super) fn never_settled(warm_up: &WarmUp, whose: &str) -> String {
    let of = if whose.is_empty() { String::new() } else { format!(" of {whose}") };
    let said = format!(
        "no end of the warm-up was found in the first half of the pilot runs{of}; {} are left out, and what is measured may \
         depend on how long the run is. A longer `duration` helps, or the system never settles",
        warm_up.ends
    );
    wrap("warning: ", 9, &said, WIDTH).join("\n")
}
