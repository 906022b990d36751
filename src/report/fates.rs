//! The table of fates: what became of every message and every copy, with the causes of losses.

use super::{numbers, table};
use crate::experiment::VariantResult;
use crate::measure::{Ledger, Unit};
use crate::observe::LossCause;
use crate::stats::Estimate;

/// A fate and how the ledger counts it.
type Fate = (&'static str, fn(&Ledger) -> u64);

/// Fates that are listed even if nothing met them, then those that are left out at zero.
const ALWAYS: [Fate; 2] =
    [("published", |books| books.published), ("copies in queues", |books| books.copies)];
const IF_ANY: [Fate; 11] = [
    ("copies that came back", |books| books.came_back - books.came_back_unprocessed),
    ("processed", |books| books.processed),
    ("dead-lettered", |books| books.dead_lettered),
    ("unroutable, dropped", |books| books.unroutable),
    ("unroutable, returned", |books| books.returned),
    ("unfinished: on the way", |books| books.on_the_way),
    ("unfinished: uncommitted", |books| books.uncommitted),
    ("unfinished: queued", |books| books.queued),
    ("unfinished: in flight", |books| books.in_flight),
    ("redelivered", |books| books.redelivered),
    ("processed again", |books| books.processed_again),
];

/// The table, with its title.
pub(super) fn fates(variant: &VariantResult) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (name, count) in ALWAYS {
        rows.push(row(variant, name, count));
    }
    for (name, count) in IF_ANY {
        if total(variant, count) > 0 {
            rows.push(row(variant, name, count));
        }
    }
    for cause in LossCause::ALL {
        let count = |books: &Ledger| books.lost_to(cause);
        if total(variant, count) > 0 {
            rows.push(row(variant, &format!("lost: {}", cause.words()), count));
        }
    }
    if rows.iter().all(|row| row[1] == "0") {
        return String::new();
    }
    let head: &[&str] = if variant.outcomes.len() > 1 {
        &["fate", "messages a run", "in all runs"]
    } else {
        &["fate", "messages"]
    };
    table::titled("fates", head, rows.into_iter())
}

fn row(variant: &VariantResult, name: &str, count: impl Fn(&Ledger) -> u64 + Copy) -> Vec<String> {
    let values: Vec<f64> = variant.outcomes.iter().map(|outcome| count(&outcome.ledger) as f64).collect();
    let mean = Estimate::of(&values, variant.is_random());
    let mut cells = vec![
        name.to_owned(),
        mean.map_or_else(|| "-".to_owned(), |mean| numbers::estimate(&mean, Unit::Count)),
    ];
    if variant.outcomes.len() > 1 {
        cells.push(total(variant, count).to_string());
    }
    cells
}

fn total(variant: &VariantResult, count: impl Fn(&Ledger) -> u64) -> u64 {
    variant.outcomes.iter().map(|outcome| count(&outcome.ledger)).sum()
}
