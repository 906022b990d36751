//! Who got how much: a bar for each consumer, with its interval.

use super::{of, of_runs, replications};
use crate::experiment::{RunResult, VariantResult};
use crate::measure::{Scope, Unit, find_in};
use crate::report::numbers;
use crate::report::plot::{Axis, Content, Panel, Picture, Row};

/// Bars of a panel; all are in the CSV file.
const ROWS_MAX: usize = 40;

pub(super) fn picture(result: &RunResult) -> Picture {
    let all: Vec<(String, Vec<Row>)> =
        result.variants.iter().flat_map(|variant| queues(result, variant)).collect();
    let rows = || all.iter().flat_map(|(_, rows)| rows);
    let largest = rows().map(|row| row.interval.map_or(row.value, |(_, high)| high)).fold(0.0, f64::max);
    let x = Axis::from_zero("share of the queue's messages", largest.min(1.0), Unit::Share, 10);
    let panels =
        all.into_iter().map(|(title, rows)| Panel { title, x: x.clone(), content: Content::Rows(rows) });
    Picture {
        title: format!("{}: who processed how much{}", result.name, of_runs(result, ", 95 % Student")),
        description: format!(
            "Shares of the consumers of each queue; {}, 95 % intervals.",
            replications(result)
        ),
        panels: panels.collect(),
    }
}

/// The queues of a variant that have several consumers, with a bar for each.
fn queues(result: &RunResult, variant: &VariantResult) -> Vec<(String, Vec<Row>)> {
    let (Some(share), Some(jain)) =
        (find_in(Scope::Consumer, "share"), find_in(Scope::Queue, "jain-messages"))
    else {
        return Vec::new();
    };
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    let mut panels = Vec::new();
    for (queue, name) in outcome.queues.iter().enumerate().map(|(k, queue)| (k, &queue.name)) {
        let consumers = outcome.consumers.iter().enumerate().filter(|(_, one)| one.queue == queue);
        let mut rows: Vec<Row> = consumers
            .filter_map(|(at, one)| {
                let estimate = variant.estimate(share, at)?;
                let words = numbers::estimate(&estimate, Unit::Share);
                let interval = estimate.possible_ends().filter(|(low, high)| high > low);
                Some(Row { name: one.name.clone(), value: estimate.value(), interval, words })
            })
            .collect();
        if rows.len() < 2 {
            continue;
        }
        let jain = variant
            .estimate(jain, queue)
            .map(|jain| format!(": Jain's index {}", numbers::estimate(&jain, Unit::Ratio)));
        let more = rows.len().saturating_sub(ROWS_MAX);
        let more =
            if more > 0 { format!(", {more} more consumers are in the CSV file") } else { String::new() };
        rows.truncate(ROWS_MAX);
        panels.push((
            format!("{}{}{more}", of(result, &variant.variant.name, Some(name)), jain.unwrap_or_default()),
            rows,
        ));
    }
    panels
}
