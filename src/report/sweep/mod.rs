//! A sweep: its points side by side, what differs, and where each number is best.

mod csv;
mod json;
mod picture;
mod stability;

pub use self::csv::{sweep_csv, sweep_point_csv, sweep_point_read};
pub use json::{SWEEP_FORMAT, sweep_json};
pub use picture::sweep_svg;
pub(super) use stability::unstable;

use super::numbers::{self, counted};
use super::wrap::{prose, wrap};
use super::{dispatch, emphasis, head, table, theory};
use crate::experiment::{Contrast, SweepPlan, SweepResult, SweptMeasure, contrasts, shell_word};
use crate::measure::{MeasureId, Scope, find_in};
use crate::stats::{Estimate, difference};

/// Columns of a line.
const WIDTH: usize = 110;
/// Points that a table shows; all are in the files.
const ROWS_MAX: usize = 200;

/// What is shown where nobody asks for other measures, and whether more of it is better.
const USUAL: [(Scope, &str, bool); 7] = [
    (Scope::Queue, "throughput", true),
    (Scope::Queue, "makespan", false),
    (Scope::Queue, "sojourn-p95", false),
    (Scope::Queue, "jain-busy", true),
    (Scope::Run, "lost", false),
    (Scope::Run, "confirmed-and-lost", false),
    (Scope::Run, "processed-again", false),
];

/// The measures that a report shows: those with these names, or the usual ones.
pub(super) fn shown(result: &SweepResult, names: &[String]) -> Vec<SweptMeasure> {
    let wanted = |measure: MeasureId| {
        if names.is_empty() {
            USUAL.iter().any(|(scope, name, _)| measure.scope == *scope && measure.name == *name)
        } else {
            names.iter().any(|name| measure.name == name)
        }
    };
    // A part of the long run has no end that says anything.
    let mut points = result.plan.grid.points.iter();
    let is_long_run = points.all(|point| !point.scenario.study.is_terminating());
    let wanted = |measure: MeasureId| {
        wanted(measure) && !(names.is_empty() && is_long_run && measure.name == "makespan")
    };
    let has_value = |measure: &SweptMeasure| {
        (0..result.points.len()).any(|point| result.estimate(point, measure).is_some())
    };
    let mut all: Vec<SweptMeasure> = result.measures();
    all.retain(|measure| wanted(measure.measure) && has_value(measure));
    // Entities in their order, each with all of its measures.
    let entities: Vec<(Scope, String)> =
        all.iter().map(|one| (one.measure.scope, one.entity.clone())).collect();
    let order: Vec<&str> = USUAL.iter().map(|(_, name, _)| *name).collect();
    let place = |one: &SweptMeasure| {
        let entity = (one.measure.scope, one.entity.clone());
        let rank = order.iter().position(|name| *name == one.measure.name);
        (entities.iter().position(|known| *known == entity), rank.unwrap_or(order.len()))
    };
    all.sort_by_key(place);
    all
}

/// The summary as text; `names` are the measures to show, the usual ones if there are none.
pub fn sweep_summary(result: &SweepResult, names: &[String]) -> String {
    let measures = shown(result, names);
    let contrasts = contrasts(result, 0, &measures);
    let mut text = format!("{}\n\n", emphasis::strong(&answer(result, &measures)));
    text += &what(result);
    let mut equal = Vec::new();
    for group in measures.chunk_by(|a, b| a.measure.scope == b.measure.scope && a.entity == b.entity) {
        text += &points(result, group, &contrasts, &mut equal);
    }
    text += &picture::chart_of(result, &measures);
    if !equal.is_empty() {
        let note = format!("equal at all points: {}", equal.join(", "));
        text += &format!("{}\n", wrap("note: ", 6, &note, WIDTH).join("\n"));
    }
    text + &foot(result, &contrasts)
}

/// What a table is about.
fn subject(measure: &SweptMeasure) -> String {
    let scope = measure.measure.scope.name();
    if measure.entity.is_empty() { scope.to_owned() } else { format!("{scope} `{}`", measure.entity) }
}

/// The first lines: where each number is best.
fn answer(result: &SweepResult, measures: &[SweptMeasure]) -> String {
    let mut lines = Vec::new();
    for measure in measures {
        let Some(more) = direction(measure) else { continue };
        let of = |point: usize| result.estimate(point, measure).map(|estimate| (point, estimate));
        let all: Vec<(usize, Estimate)> = (0..result.points.len()).filter_map(of).collect();
        let Some((best, estimate)) = all.iter().copied().reduce(|best, one| {
            let gain = difference(best.1.value(), one.1.value());
            let gain = if more { gain } else { -gain };
            // Of equals, the one that takes the least: the smallest levels, no limit behind all of them.
            let is_better = gain > 0.0 || gain == 0.0 && picture::is_below(result, one.0, best.0);
            if is_better { one } else { best }
        }) else {
            continue;
        };
        let others = contrasts_with(result, best, measure);
        if others.iter().all(|contrast| !contrast.differs()) {
            continue;
        }
        let alike = others.iter().filter(|contrast| !contrast.differs()).count() as u64;
        let is_exact = all.iter().all(|(_, estimate)| matches!(estimate, Estimate::Exact(_)));
        let alike = match (alike, is_exact) {
            (0, _) => String::new(),
            (1, true) => "; 1 other point has the same".to_owned(),
            (n, true) => format!("; {n} other points have the same"),
            (1, false) => "; 1 point is not told apart from it".to_owned(),
            (n, false) => format!("; {n} points are not told apart from it"),
        };
        let of = if measure.entity.is_empty() { String::new() } else { format!(" of `{}`", measure.entity) };
        lines.push(prose(
            &format!(
                "{}{of} is {} at {}: {}{alike}",
                measure.measure.name,
                if more { "highest" } else { "lowest" },
                named(result, best),
                cell(result, best, measure, &estimate),
            ),
            WIDTH,
        ));
    }
    if lines.is_empty() {
        let n = counted(result.points.len() as u64, "point");
        return format!("{n}, and no measure shown is known to differ between them");
    }
    lines.join("\n")
}

fn contrasts_with(result: &SweepResult, base: usize, measure: &SweptMeasure) -> Vec<Contrast> {
    contrasts(result, base, std::slice::from_ref(measure))
}

/// Whether more of it is better; `None` where that depends on who asks.
fn direction(measure: &SweptMeasure) -> Option<bool> {
    let measure = measure.measure;
    USUAL.iter().find(|(scope, name, _)| find_in(*scope, name) == Some(measure)).map(|(_, _, more)| *more)
}

/// A point by its levels: `consumer.*.prefetch-count=1, link.latency=2ms`.
fn named(result: &SweepResult, point: usize) -> String {
    let levels = result.plan.grid.levels(point);
    levels.iter().map(|(address, level)| format!("{address}={level}")).collect::<Vec<_>>().join(", ")
}

/// What was swept.
fn what(result: &SweepResult) -> String {
    let plan = &result.plan;
    let mut text = String::new();
    let Some(first) = plan.grid.points.first() else { return text };
    if let Some(question) = &first.scenario.question {
        text += &format!("{}\n", wrap("question: ", 10, question, WIDTH).join("\n"));
    }
    text += &format!(
        "scenario: {} ({}), profile {}, amqpsim {}\n",
        first.scenario.name,
        plan.origin.file,
        first.scenario.system.profile.name,
        env!("CARGO_PKG_VERSION")
    );
    if !plan.origin.overrides.is_empty() {
        text += &format!("settings: {}\n", plan.origin.overrides.join(", "));
    }
    let names: Vec<String> = (0..result.points.len()).map(|point| named(result, point)).collect();
    let scenarios = names.iter().zip(&plan.grid.points);
    text += &dispatch::line(scenarios.map(|(name, point)| (name.as_str(), &point.scenario)));
    for factor in &plan.grid.factors {
        text += &format!(
            "{}\n",
            wrap("vary: ", 6, &format!("{} = {}", factor.address, factor.levels.join(", ")), WIDTH)
                .join("\n")
        );
    }
    let called = |point: usize| format!("point {}", point + 1);
    text += &measured_from(plan, called);
    let points = counted(result.points.len() as u64, "point");
    text += &format!("{}\n\n", prose(&format!("{points}, {}", how_often(result, "each")), WIDTH));
    text + &unstable(result, called)
}

/// How many replications of random points there are: the fewest and the most; `None` where nothing is random.
pub(super) fn replications(result: &SweepResult) -> Option<(u64, u64)> {
    let random = (0..result.points.len()).filter(|&point| result.plan.is_random(point));
    let n = random.map(|point| result.points[point].values.len() as u64);
    n.clone().min().zip(n.max())
}

/// How many replications there are of `each`, and what their numbers mean.
pub(super) fn how_often(result: &SweepResult, each: &str) -> String {
    let plan = &result.plan;
    let Some((fewest, most)) = replications(result) else {
        return format!("one run {each}, nothing is random");
    };
    if most == 1 {
        return format!("one replication {each} (seed {}), so nothing is known of the spread", plan.seed);
    }
    let n = if fewest == most { most.to_string() } else { format!("{fewest} to {most}") };
    let last = plan.seed.wrapping_add(most - 1);
    let precision = plan.precision.map(|it| {
        let (of, percent) = (it.of.name, it.relative * 100.0);
        let points = result.points.iter().enumerate();
        let vain = points.filter(|(place, point)| plan.is_precise(*place, point) == Some(false)).count();
        let vain = match vain {
            0 => String::new(),
            n => format!("; {} were not enough for {}", it.most, counted(n as u64, "point")),
        };
        format!(" (added until {of} is known to ±{percent} %, at most {}{vain})", it.most)
    });
    format!(
        "{n} replications {each}{} with the same seeds ({} to {last}); mean ± half-width of the 95 % interval (Student, n = {n}); \
         without ±: equal in all",
        precision.unwrap_or_default(),
        plan.seed,
    )
}

/// What is left out of a steady state; nothing where runs are measured as a whole.
pub(super) fn measured_from(plan: &SweepPlan, called: impl Fn(usize) -> String) -> String {
    let from = plan.measured_from();
    let Some((point, warm_up)) = &plan.warm_up else { return String::new() };
    let study = match head::from_the_start(from) {
        Some(note) => format!("steady state, {note}"),
        None => format!(
            "steady state, measured from {from} on at every point: the longest warm-up is left out; fates, losses and counts \
             of producers are those of whole runs"
        ),
    };
    let mut text = format!("{}\n", wrap("study: ", 7, &study, WIDTH).join("\n"));
    if !warm_up.is_over() {
        text += &format!("{}\n", theory::never_settled(warm_up, &called(*point)));
    }
    text
}

/// The table of one entity: a row for each point. What is equal at all points goes to `equal`.
fn points(
    result: &SweepResult,
    measures: &[SweptMeasure],
    contrasts: &[Contrast],
    equal: &mut Vec<String>,
) -> String {
    let mark = |point: usize, measure: &SweptMeasure| {
        let differs = |one: &&Contrast| one.point == point && one.measure == *measure && one.differs();
        if contrasts.iter().find(differs).is_some() { " *" } else { "" }
    };
    let column = |measure: &SweptMeasure| -> Vec<String> {
        let text = |point: usize| match result.estimate(point, measure) {
            Some(one) => cell(result, point, measure, &one),
            None if result.points[point].is_spoilt(measure) => "unstable".to_owned(),
            None => "-".to_owned(),
        };
        (0..result.points.len()).map(text).collect()
    };
    let mut columns: Vec<(&SweptMeasure, Vec<String>)> = Vec::new();
    for measure in measures {
        let cells = column(measure);
        if cells.len() > 1 && cells.windows(2).all(|pair| pair[0] == pair[1]) {
            let of =
                if measure.entity.is_empty() { String::new() } else { format!(" of `{}`", measure.entity) };
            equal.push(format!("{}{of} {}", measure.measure.name, cells[0]));
        } else {
            columns.push((measure, cells));
        }
    }
    let Some((first, _)) = columns.first() else { return String::new() };
    let factors = &result.plan.grid.factors;
    let names = factors.iter().map(|factor| factor.address.as_str());
    let differ = replications(result).is_some_and(|(fewest, most)| fewest < most);
    let head: Vec<&str> = std::iter::once("point")
        .chain(names)
        .chain(differ.then_some("n"))
        .chain(columns.iter().map(|(measure, _)| measure.measure.name))
        .collect();
    let rows = (0..result.points.len().min(ROWS_MAX)).map(|point| {
        let levels = result.plan.grid.levels(point).into_iter().map(|(_, level)| level.to_owned());
        let cells =
            columns.iter().map(|(measure, cells)| format!("{}{}", cells[point], mark(point, measure)));
        let n = differ.then(|| result.points[point].values.len().to_string());
        std::iter::once((point + 1).to_string()).chain(levels).chain(n).chain(cells).collect()
    });
    table::titled(&subject(first), &head, rows)
}

/// One number, with of how many replications it is if some have none.
pub(super) fn cell(result: &SweepResult, point: usize, one: &SweptMeasure, estimate: &Estimate) -> String {
    let about = if one.measure.is_percentile() { "≈" } else { "" };
    let values = result.points[point].of_measure(one);
    let some = numbers::some(values.iter().flatten().count(), values.len());
    format!("{about}{}{some}", numbers::estimate(estimate, one.measure.unit))
}

/// What the marks mean, and the command that gives the same report again.
fn foot(result: &SweepResult, contrasts: &[Contrast]) -> String {
    let plan = &result.plan;
    let mut text = String::new();
    let tests = contrasts.iter().filter(|contrast| contrast.p.is_some()).count() as u64;
    let note = if tests > 0 {
        format!(
            "`*` differs from point 1: paired t-tests under common random numbers, Holm's correction for {}, 5 % in all",
            counted(tests, "comparison")
        )
    } else if contrasts.iter().any(Contrast::differs) {
        "`*` differs from point 1".to_owned()
    } else {
        String::new()
    };
    let more = result.points.len().saturating_sub(ROWS_MAX);
    let left_out = format!("{more} more points are in the CSV and JSON files");
    for note in [(more > 0).then_some(left_out), (!note.is_empty()).then_some(note)].into_iter().flatten() {
        text += &format!("{}\n", wrap("note: ", 6, &note, WIDTH).join("\n"));
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text += &format!("point 1: {}\n", plan.command(0));
    let varied = plan.grid.factors.iter().filter(|factor| !factor.is_variants);
    let mut command = format!("again: amqpsim sweep {}", plan.origin);
    let chosen = plan.grid.points.first().and_then(|point| point.variant.as_deref());
    if let (Some(name), false) = (chosen, plan.grid.factors.iter().any(|factor| factor.is_variants)) {
        command += &format!(" --variant {}", shell_word(name));
    }
    for factor in varied {
        let setting = format!("{}={}", factor.address, factor.levels.join(","));
        command += &format!(" --vary {}", shell_word(&setting));
    }
    text + &format!("{command} --seed {}{}\n", plan.seed, plan.replications_option())
}
