//! Tables of measures: a row for each entity, a column for each measure that has a value somewhere.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

use super::numbers;
use super::wrap::{fold, wrap};
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

/// Shown where somebody was idle so.
pub(super) const IDLE: Columns = Columns {
    title: "idle while work waits, by where it waits: in the queue, or in a buffer only",
    scope: Scope::Consumer,
    measures: &["idle-while-work-waits", "idle-while-queued", "idle-while-buffered"],
};

/// For scenarios whose consumers do more than acknowledge.
pub(super) const REFUSALS: Columns = Columns {
    title: "what consumers did not process",
    scope: Scope::Consumer,
    measures: &["rejected", "requeued", "left-hanging", "crashes-at-work", "cancelled"],
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
    measures: &["jain-messages", "jain-work", "jain-busy", "max-min-share", "max-min-work", "max-min-busy"],
};

pub(super) const COST: Columns = Columns {
    title: "how long the work took",
    scope: Scope::Queue,
    measures: &[
        "idle-while-work-waits",
        "makespan",
        "makespan-ratio",
        "throughput",
        "sojourn-mean",
        "sojourn-p95",
    ],
};

/// A part of the long run has no end that says anything.
pub(super) const COST_OF_LONG_RUN: Columns = Columns {
    title: "how long messages took",
    scope: Scope::Queue,
    measures: &["idle-while-work-waits", "throughput", "wait-mean", "sojourn-mean", "sojourn-p95"],
};

/// Known where observations are looked at.
pub(super) const LATENCY: Columns = Columns {
    title: "where the time of a message goes: the five parts and their sum, first deliveries that were acknowledged",
    scope: Scope::Queue,
    measures: &[
        "to-broker-mean",
        "in-queue-mean",
        "in-buffer-mean",
        "in-service-mean",
        "ack-back-mean",
        "publish-to-ack-mean",
    ],
};

/// Known there too; shown where there are several.
pub(super) const BY_PRODUCER: Columns = Columns {
    title: "how long messages took, by producer",
    scope: Scope::Producer,
    measures: &["sojourn-mean", "sojourn-p50", "sojourn-p95", "sojourn-p99"],
};

/// Known there too; shown where something was out of order or done again.
pub(super) const ORDER: Columns = Columns {
    title: "out of order, and done again",
    scope: Scope::Queue,
    measures: &[
        "reordered",
        "reorder-distance-mean",
        "reorder-distance-max",
        "processed-twice",
        "work-again",
    ],
};

pub(super) const PRODUCERS: Columns = Columns {
    title: "producers",
    scope: Scope::Producer,
    measures: &["published", "returned", "confirmed", "nacked"],
};

/// Shown where consumers call something.
pub(super) const DOWNSTREAMS: Columns = Columns {
    title: "what consumers call",
    scope: Scope::Downstream,
    measures: &[
        "calls",
        "calls-failed",
        "utilisation",
        "calls-waiting-mean",
        "call-wait-mean",
        "call-wait-p95",
    ],
};

/// Shown where a queue keeps something, and something is confirmed or crashes.
pub(super) const SAFETY: Columns = Columns {
    title: "how long messages were unsafe",
    scope: Scope::Queue,
    measures: &[
        "unsafe-process-crash-p50",
        "unsafe-process-crash-max",
        "unsafe-power-loss-p50",
        "unsafe-power-loss-max",
    ],
};

/// Shown there too.
pub(super) const PROMISES: Columns = Columns {
    title: "how long messages were confirmed and unsafe, and how many never were safe",
    scope: Scope::Queue,
    measures: &[
        "confirmed-unsafe-p50",
        "confirmed-unsafe-max",
        "never-stable",
        "confirmed-never-stable",
        "gone-before-stable",
    ],
};

/// Shown where a producer asks for confirms.
pub(super) const CONFIRMS: Columns = Columns {
    title: "publisher confirms",
    scope: Scope::Producer,
    measures: &[
        "confirmed-and-lost",
        "published",
        "confirmed",
        "committed",
        "nacked",
        "unanswered",
        "confirm-latency-p50",
        "confirm-latency-p95",
        "confirm-latency-p99",
    ],
};

/// Shown where a producer published something again.
pub(super) const REPUBLISHED: Columns = Columns {
    title: "published again",
    scope: Scope::Producer,
    measures: &[
        "messages",
        "published",
        "republished",
        "published-twice",
        "unconfirmed",
        "given-up",
        "messages-lost",
    ],
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
    let has_any =
        |entity: &usize| measures.iter().any(|measure| variant.estimate(measure, *entity).is_some());
    let shown: Vec<usize> = (0..entities).filter(has_any).collect();
    let groups = alike(&shown, |entity| columns.scope.entity(outcome, entity));
    let rows = groups.iter().map(|group| {
        let name = |entity: usize| columns.scope.entity(outcome, entity);
        let (first, last) = (name(group[0]), name(group[group.len() - 1]));
        let named =
            if group.len() == 1 { first.to_owned() } else { format!("{first} to {last} ({})", group.len()) };
        let cells = measures.iter().map(|measure| cell_of(variant, measure, group));
        std::iter::once(named).chain(cells).collect()
    });
    let text = titled(columns.title, &head, rows);
    if groups.iter().all(|group| group.len() == 1) {
        return text;
    }
    let note = "a row of many alike has the lowest and the highest of their numbers; the CSV and JSON files have each";
    format!("{}\n{}\n\n", text.trim_end(), wrap("note: ", 6, note, LINE).join("\n"))
}

/// Neighbours whose names differ by their number only, where there are many of them; each other one by itself.
fn alike<'a>(entities: &[usize], name: impl Fn(usize) -> &'a str) -> Vec<Vec<usize>> {
    let same = |a: &usize, b: &usize| {
        let (a, b) = (without_number(name(*a)), without_number(name(*b)));
        a.is_some() && a == b
    };
    let groups = entities.chunk_by(same).flat_map(|group| {
        if group.len() > ALIKE_MAX {
            vec![group.to_vec()]
        } else {
            group.iter().map(|&one| vec![one]).collect()
        }
    });
    groups.collect()
}

/// What stands before and behind the last number in a name; `None` if it has none.
fn without_number(name: &str) -> Option<(&str, &str)> {
    let end = name.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = name[..end]
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
    Some((&name[..start], &name[end..]))
}

/// The number of one entity, or between which numbers those of several are.
fn cell_of(variant: &VariantResult, measure: MeasureId, entities: &[usize]) -> String {
    if let [only] = entities {
        return cell(variant, measure, *only);
    }
    let values = entities.iter().filter_map(|&entity| variant.estimate(measure, entity));
    let values: Vec<f64> = values.map(|estimate| estimate.value()).collect();
    let Some((low, high)) =
        values.iter().copied().map(|one| (one, one)).reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
    else {
        return cell(variant, measure, entities[0]);
    };
    let about = if measure.is_percentile() { "≈" } else { "" };
    let [low, high] = [low, high].map(|value| numbers::quantity(value, measure.unit));
    if low == high { format!("{about}{low}") } else { format!("{about}{low} to {high}") }
}

/// One number, with of how many replications it is if some have none.
pub(super) fn cell(variant: &VariantResult, measure: MeasureId, entity: usize) -> String {
    let Some(estimate) = variant.estimate(measure, entity) else {
        return if variant.is_spoilt(measure, entity) { "unstable" } else { "-" }.to_owned();
    };
    let about = if measure.is_percentile() { "≈" } else { "" };
    let n = measure.values(&variant.outcomes, entity).len();
    let some = numbers::some(n, variant.outcomes.len());
    format!("{about}{}{some}", numbers::estimate(&estimate, measure.unit))
}

/// More that are alike than these share a row.
const ALIKE_MAX: usize = 10;
/// Columns of a note.
const LINE: usize = 110;
/// The widest line of a table of words.
const WIDTH: usize = 100;
/// A column's name is not broken into lines shorter than this.
const NAME: usize = 14;

/// A table of numbers with a title: the first column to the left, the others to the right.
pub(super) fn titled(title: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.collect();
    let head =
        head.iter().enumerate().map(|(column, name)| fold(name, width(&rows, column).max(NAME)).join("\n"));
    let mut table = plain(head.collect(), rows);
    for place in table.column_iter_mut().skip(1) {
        place.set_cell_alignment(CellAlignment::Right);
    }
    format!("{title}\n{}\n\n", table.trim_fmt())
}

/// A table of words with a title, all to the left. The last column is broken into lines where the table would be too wide.
pub(super) fn of_words(title: &str, head: &[&str], mut rows: Vec<Vec<String>>) -> String {
    let last = head.len() - 1;
    let before: usize =
        (0..last).map(|column| width(&rows, column).max(head[column].chars().count()) + 2).sum();
    for row in &mut rows {
        row[last] = wrap("", 0, &row[last], WIDTH - 2 - before).join("\n");
    }
    format!("{title}\n{}\n\n", plain(head.iter().map(|name| (*name).to_owned()).collect(), rows).trim_fmt())
}

/// The longest cell of a column.
fn width(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn plain(head: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let rule = LineStyle::none().fill('─').junction('─');
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule)).set_header(head);
    table.add_rows(rows);
    for (column, place) in table.column_iter_mut().enumerate() {
        place.set_padding((u16::from(column == 0), 1));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::example::consumer;

    fn consumers(n: u64) -> String {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.consumers =
                (1..=n).map(|k| consumer(&format!("worker-{k}-eu"), 20 + k, 10 + k, 60)).collect();
            outcome.consumers.push(consumer("slow", 5, 10, 61));
        })
        .unwrap();
        of_measures(&CONSUMERS, &result.variants[0])
    }

    #[test]
    fn many_alike_share_a_row_with_the_lowest_and_the_highest() {
        let text = consumers(11);
        let row = |text: &str, begin: &str| {
            let line = text.lines().find(|line| line.starts_with(begin)).map(str::to_owned);
            line.unwrap_or_else(|| panic!("no `{begin}` in {text}"))
        };
        let together = row(&text, " worker-1-eu to worker-11-eu (11)");
        assert!(together.contains(" 21 to 31 ") && together.trim_end().ends_with(" 60s"), "{text}");
        assert!(row(&text, " slow").contains(" 5 ") && text.contains("note: a row of many alike"), "{text}");
        let few = consumers(10);
        assert!(row(&few, " worker-10-eu").contains(" 30 ") && !few.contains("note:"), "{few}");
    }

    #[test]
    fn names_are_alike_but_for_their_last_number() {
        assert_eq!(without_number("eu-2-worker-17"), Some(("eu-2-worker-", "")));
        assert_eq!(without_number("w17-eu"), Some(("w", "-eu")));
        assert_eq!(
            (without_number("ö7"), without_number("7"), without_number("worker")),
            (Some(("ö", "")), Some(("", "")), None)
        );
    }
}
