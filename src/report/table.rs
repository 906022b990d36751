//! Tables of measures: a row for each entity, a column for each measure that has a value somewhere.

use comfy_table::{Cell, CellAlignment, LineStyle, Table, TableStyle};

use super::numbers;
use crate::experiment::VariantResult;
use crate::measure::{MeasureId, Scope, find_in};

/// What the table of a scope shows; all measures are in the CSV and JSON files.
pub(super) struct Columns {
    pub title: &'static str,
    pub scope: Scope,
    pub measures: &'static [&'static str],
}

pub(super) const CONSUMERS: Columns = Columns {
    title: "consumers",
    scope: Scope::Consumer,
    measures: &[
        "processed",
        "share",
        "utilisation",
        "idle-while-work-waits",
        "sojourn-p50",
        "sojourn-p95",
        "finished-at",
    ],
};

pub(super) const QUEUES: Columns = Columns {
    title: "queues",
    scope: Scope::Queue,
    measures: &[
        "enqueued",
        "delivered",
        "redelivered",
        "acked",
        "depth-mean",
        "depth-max",
        "ready-at-end",
        "unacked-at-end",
    ],
};

pub(super) const FAIRNESS: Columns = Columns {
    title: "fairness",
    scope: Scope::Queue,
    measures: &["jain-messages", "jain-busy", "max-min-share", "makespan", "makespan-ratio", "sojourn-p95"],
};

pub(super) const PRODUCERS: Columns = Columns {
    title: "producers",
    scope: Scope::Producer,
    measures: &["published", "returned", "confirmed", "nacked"],
};

/// The table with its title, or nothing where there is nothing to show.
pub(super) fn of_measures(columns: &Columns, variant: &VariantResult) -> String {
    let Some(outcome) = variant.outcomes.first() else { return String::new() };
    let entities = columns.scope.len(outcome);
    let measures: Vec<MeasureId> = columns
        .measures
        .iter()
        .filter_map(|name| find_in(columns.scope, name))
        .filter(|measure| (0..entities).any(|entity| variant.estimate(measure, entity).is_some()))
        .collect();
    if measures.is_empty() {
        return String::new();
    }
    let head: Vec<&str> =
        std::iter::once(columns.scope.name()).chain(measures.iter().map(|measure| measure.name)).collect();
    let rows = (0..entities).map(|entity| {
        let cells = measures.iter().map(|measure| cell(variant, measure, entity));
        std::iter::once(columns.scope.entity(outcome, entity).to_owned()).chain(cells).collect()
    });
    titled(columns.title, &head, rows)
}

/// One number; a number of fewer replications than the table's says of how many.
fn cell(variant: &VariantResult, measure: MeasureId, entity: usize) -> String {
    let Some(estimate) = variant.estimate(measure, entity) else { return "-".to_owned() };
    let text = numbers::estimate(&estimate, measure.unit);
    let n = measure.values(&variant.outcomes, entity).len();
    if n < variant.outcomes.len() { format!("{text} (n = {n})") } else { text }
}

/// A table with a title: the first column to the left, the others to the right.
pub(super) fn titled(title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule)).set_header(head.to_vec());
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(|(column, text)| {
            let side = if column == 0 { CellAlignment::Left } else { CellAlignment::Right };
            Cell::new(text).set_alignment(side)
        }));
    }
    for (column, place) in table.column_iter_mut().enumerate() {
        place.set_cell_alignment(if column == 0 { CellAlignment::Left } else { CellAlignment::Right });
        place.set_padding((1, 1));
    }
    format!("{title}\n{}\n\n", table.trim_fmt())
}
