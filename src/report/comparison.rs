//! The variants of a comparison: their numbers side by side, then the differences in pairs of equal seeds.

use super::numbers::{self, counted};
use super::side_by_side::{Group, Sheet};
use super::table::cell;
use super::wrap::wrap;
use crate::experiment::{Comparison, Difference, RunResult, TOLD, VariantResult, is_told};
use crate::measure::{CATALOGUE, MeasureId, Scope, Unit};
use crate::stats::{Estimate, rule_of_three};

/// Columns of a note.
const WIDTH: usize = 110;

/// Measures that are left out where no variant has any, besides the causes of losses.
const IF_ANY: [&str; 5] =
    ["confirmed-and-lost", "messages-lost", "published-twice", "processed-twice", "duplicates-skipped"];

/// What a group of rows is about: `` consumer `slow` ``, or `run`.
fn subject(scope: Scope, entity: &str) -> String {
    if entity.is_empty() { scope.name().to_owned() } else { format!("{} `{entity}`", scope.name()) }
}

/// Every variant's numbers; those that are equal in all variants are gathered in a note.
pub(super) fn side_by_side(result: &RunResult) -> String {
    let (mut groups, mut equal) = (Vec::new(), Vec::new());
    for (scope, _) in TOLD {
        for entity in entities(result, scope) {
            let mut rows = Vec::new();
            let mut same = Vec::new();
            for measure in CATALOGUE.iter().filter(|measure| measure.scope == scope && is_told(measure)) {
                match row(result, measure, &entity) {
                    Row::Nothing => {}
                    Row::Equal(cell) => same.push(format!("{} {cell}", measure.name)),
                    Row::Cells(cells) => rows.push((measure.name.to_owned(), cells)),
                }
            }
            let title = subject(scope, &entity);
            if !same.is_empty() {
                equal.push(format!("{title}: {}", same.join(", ")));
            }
            if !rows.is_empty() {
                groups.push(Group { title, rows });
            }
        }
    }
    let columns = result.variants.iter().map(|variant| variant.variant.name.clone()).collect();
    let head = wrap("side by side: ", 2, &meaning(result), WIDTH).join("\n");
    let mut text = format!("{head}\n{}", Sheet { columns, groups }.text());
    if !equal.is_empty() {
        let note = format!("equal in all variants: {}", equal.join("; "));
        text += &format!("{}\n\n", wrap("note: ", 6, &note, WIDTH).join("\n"));
    }
    text
}

/// What a number of the sheet is.
fn meaning(result: &RunResult) -> String {
    let random = result.variants.iter().filter(|variant| variant.is_random());
    match random.map(|variant| variant.outcomes.len()).max() {
        None => "exact, nothing is random".to_owned(),
        Some(0 | 1) => "one replication, so nothing is known of the spread".to_owned(),
        Some(n) => {
            let n = n as u64;
            let none = match rule_of_three(n) {
                bound if bound < 1.0 => format!(
                    "; of what was never lost, at most {} of runs lose any (95 %, rule of three)",
                    numbers::quantity(bound, Unit::Share)
                ),
                _ => String::new(),
            };
            let runs = counted(n, "replication");
            format!(
                "mean ± half-width of the 95 % interval (n = {runs}, Student); without ±: equal in all{none}"
            )
        }
    }
}

/// The names of the entities of all variants, those of the first one first.
fn entities(result: &RunResult, scope: Scope) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for outcome in result.variants.iter().filter_map(|variant| variant.outcomes.first()) {
        for index in 0..scope.len(outcome) {
            let name = scope.entity(outcome, index);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// What the variants have of one measure.
enum Row {
    /// No variant has a value, or none of something that is told of only where it was met.
    Nothing,
    /// All have the same.
    Equal(String),
    /// One cell for each variant.
    Cells(Vec<String>),
}

fn row(result: &RunResult, measure: MeasureId, entity: &str) -> Row {
    let index = |variant: &VariantResult| {
        let outcome = variant.outcomes.first()?;
        (0..measure.scope.len(outcome)).find(|&index| measure.scope.entity(outcome, index) == entity)
    };
    let found: Vec<(&VariantResult, Option<usize>)> =
        result.variants.iter().map(|variant| (variant, index(variant))).collect();
    let values: Vec<Option<Estimate>> =
        found.iter().map(|(variant, index)| variant.estimate(measure, (*index)?)).collect();
    // One run has a value and no interval; what it has none of is as little worth a line.
    let nothing =
        |value: Estimate| value.value() == 0.0 && value.ends().is_none_or(|ends| ends == (0.0, 0.0));
    let none = |value: &Option<Estimate>| value.is_none_or(nothing);
    let if_any = measure.name.starts_with("lost-") || IF_ANY.contains(&measure.name);
    if values.iter().all(Option::is_none) || (if_any && values.iter().all(none)) {
        return Row::Nothing;
    }
    let mut cells: Vec<String> = found
        .iter()
        .map(|(variant, index)| index.map_or_else(|| "-".to_owned(), |index| cell(variant, measure, index)))
        .collect();
    // What differs by less than is shown is equal to a reader.
    if cells.windows(2).all(|pair| pair[0] == pair[1]) {
        return Row::Equal(cells.swap_remove(0));
    }
    Row::Cells(cells)
}

/// The differences from the first variant, with what their intervals are.
pub(super) fn differences(result: &RunResult, comparison: &Comparison) -> String {
    let Some((base, others)) = result.variants.split_first() else { return String::new() };
    let mut groups: Vec<Group> = Vec::new();
    let mut unsure = false;
    let pairs_of = |row: &Difference| base.outcomes.len().max(result.variants[row.variant].outcomes.len());
    // Rows of one measure and entity stand together, one for each variant that has it.
    let shown: Vec<&Difference> = comparison.rows.iter().filter(|row| is_told(row.measure)).collect();
    for rows in shown.chunk_by(|a, b| a.measure == b.measure && a.entity == b.entity) {
        let cells = (1..=others.len()).map(|variant| rows.iter().find(|row| row.variant == variant));
        let cells: Vec<String> = cells
            .map(|row| row.map_or_else(|| "-".to_owned(), |row| difference(row, pairs_of(row))))
            .collect();
        if cells.iter().all(|cell| matches!(cell.as_str(), "=" | "-")) {
            continue;
        }
        unsure |= rows.iter().any(|row| is_unsure(row));
        let title = subject(rows[0].measure.scope, &rows[0].entity);
        let row = (rows[0].measure.name.to_owned(), cells);
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { title, rows: vec![row] }),
        }
    }
    let title = format!("differences from `{}`", base.variant.name);
    if groups.is_empty() {
        return format!("{title}: none\n\n");
    }
    groups.sort_by_key(|group| TOLD.iter().position(|(scope, _)| group.title.starts_with(scope.name())));
    let columns = others.iter().map(|variant| variant.variant.name.clone()).collect();
    let mut text = format!("{title}: {}\n", pairs(comparison));
    text += &Sheet { columns, groups }.text();
    for note in notes(unsure, comparison) {
        text += &format!("{}\n", wrap("note: ", 6, &note, WIDTH).join("\n"));
    }
    text.push('\n');
    text
}

fn notes(unsure: bool, comparison: &Comparison) -> impl Iterator<Item = String> {
    let legend =
        "`=`: equal in every pair of runs, or by less than is shown; pp are percentage points".to_owned();
    let tests = comparison.rows.iter().filter(|row| row.adjusted.is_some()).count();
    let tested = match tests {
        0 => None,
        1 => Some("by a paired t-test at 5 %".to_owned()),
        _ => Some(format!(
            "by paired t-tests with Holm's correction for all {tests} of them at 5 %; the intervals are not corrected"
        )),
    };
    let doubt = match tested {
        Some(tested) => format!("`~` is not told apart from no difference {tested}"),
        None => "`~` is not told apart from no difference".to_owned(),
    };
    [Some(legend), unsure.then_some(doubt), worth(comparison)].into_iter().flatten()
}

/// What common random numbers were worth, in the median and at the worst.
fn worth(comparison: &Comparison) -> Option<String> {
    let told = comparison.rows.iter().filter(|row| is_told(row.measure));
    let mut reductions: Vec<(f64, &Difference)> =
        told.filter_map(|row| Some((row.variance_reduction?, row))).collect();
    reductions.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, row) = reductions.first()?;
    let median = reductions[reductions.len() / 2].0;
    let of = format!("{} of {}", row.measure.name, subject(row.measure.scope, &row.entity));
    let worse = if *least < 1.0 { "; below 1, pairs are worse than independent runs" } else { "" };
    Some(format!(
        "common random numbers divide the variance of a difference by {} in the median, and at least by {} ({of}){worse}",
        numbers::factor(median),
        numbers::factor(*least),
    ))
}

/// How the differences were taken.
fn pairs(comparison: &Comparison) -> String {
    let differences = || comparison.rows.iter().map(|row| row.difference);
    if differences().all(|difference| matches!(difference, Estimate::Exact(_))) {
        return "exact, nothing is random".to_owned();
    }
    let widest = differences().find(|one| matches!(one, Estimate::Interval(it) if it.half_width > 0.0));
    match widest.or_else(|| differences().find(|one| !matches!(one, Estimate::Exact(_)))) {
        Some(one) => format!("common random numbers, in pairs of equal seeds {}", numbers::certainty(&one)),
        None => String::new(),
    }
}

fn is_unsure(row: &Difference) -> bool {
    !row.is_equal() && !row.differs()
}

/// A difference; `pairs` is how many there could be.
fn difference(row: &Difference, pairs: usize) -> String {
    if row.is_equal() {
        return "=".to_owned();
    }
    let doubt = if is_unsure(row) { " ~" } else { "" };
    let text = numbers::signed(&row.difference, row.measure.unit);
    let some = match row.difference {
        Estimate::Interval(interval) => numbers::some(interval.n, pairs),
        Estimate::Single(_) => numbers::some(1, pairs),
        Estimate::Exact(_) => String::new(),
    };
    // Less than is shown, as `+0 pp`.
    if text.contains(|c| matches!(c, '1'..='9')) { format!("{text}{doubt}{some}") } else { "=".to_owned() }
}
