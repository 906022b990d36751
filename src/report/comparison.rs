//! The table of differences between variants, in pairs of equal seeds.

use super::numbers::{self, counted};
use super::table;
use crate::experiment::{Comparison, Difference, RunResult};
use crate::measure::Scope;

/// Measures that the table shows for every entity; all are in the CSV and JSON files.
const SHOWN: [(Scope, &[&str]); 3] = [
    (Scope::Consumer, &["share", "utilisation", "sojourn-p95"]),
    (
        Scope::Queue,
        &["depth-mean", "jain-messages", "jain-busy", "makespan", "makespan-ratio", "sojourn-p95"],
    ),
    (Scope::Run, &["processed", "lost", "redelivered", "processed-again", "unfinished"]),
];

/// The table with its title and what its intervals are.
pub(super) fn table(result: &RunResult, comparison: &Comparison) -> String {
    let Some(base) = result.variants.first() else { return String::new() };
    let (equal, shown): (Vec<&Difference>, Vec<&Difference>) =
        comparison.rows.iter().filter(|row| is_shown(row)).partition(|row| is_equal(row));
    let rows = shown.into_iter().map(|row| cells(result, row));
    let base_name = base.variant.name.as_str();
    let head = ["measure", "variant", base_name, "variant's value", "difference", ""];
    let note = comparison.rows.first().map(|row| numbers::certainty(&row.difference)).unwrap_or_default();
    let title = format!("differences from {base_name}: common random numbers {note}");
    let mut text = table::titled(&title, &head, rows);
    if !equal.is_empty() {
        text += &format!("note: {} left out, equal in every pair\n\n", counted(equal.len() as u64, "row"));
    }
    if result.variants.len() > 2 {
        text += "note: the intervals are not adjusted for the number of comparisons\n\n";
    }
    text
}

fn is_shown(row: &Difference) -> bool {
    SHOWN.iter().any(|(scope, names)| *scope == row.measure.scope && names.contains(&row.measure.name))
        && (row.measure.scope != Scope::Run || row.base.value() != 0.0 || row.other.value() != 0.0)
}

fn is_equal(row: &Difference) -> bool {
    row.difference.ends() == Some((0.0, 0.0))
}

fn cells(result: &RunResult, row: &Difference) -> Vec<String> {
    let unit = row.measure.unit;
    let subject = if row.entity.is_empty() {
        row.measure.name.to_owned()
    } else {
        format!("{} of {} `{}`", row.measure.name, row.measure.scope.name(), row.entity)
    };
    let verdict = match row.difference.ends() {
        None => "one replication: no interval",
        Some(_) if row.difference.excludes_zero() => "differs",
        Some(_) => "not told apart",
    };
    vec![
        subject,
        result.variants[row.variant].variant.name.clone(),
        numbers::estimate(&row.base, unit),
        numbers::estimate(&row.other, unit),
        numbers::signed(&row.difference, unit),
        verdict.to_owned(),
    ]
}
