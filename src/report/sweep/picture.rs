//! A sweep as curves: each measure over the factor that has the most numbers, a curve for each combination of the others.

use crate::experiment::{SweepResult, SweptMeasure};
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape, chart, levels, svg};
use crate::units::parse_duration;

/// Curves of a panel; the CSV file has all.
const CURVES_MAX: usize = 8;
/// Fewer levels than these are better read in the table.
const LEVELS_MIN: usize = 3;

/// The picture as the text of an SVG file.
pub fn sweep_svg(result: &SweepResult, names: &[String]) -> String {
    let measures = super::shown(result, names);
    let name = result.plan.grid.points.first().map_or("", |point| point.scenario.name.as_str());
    let intervals = match super::replications(result) {
        None | Some((_, 1)) => String::new(),
        Some((fewest, most)) if fewest == most => {
            format!(", means of {most} replications with 95 % intervals (Student)")
        }
        Some((fewest, most)) => {
            format!(", means of {fewest} to {most} replications with 95 % intervals (Student)")
        }
    };
    svg(&Picture {
        title: format!("{name}: a sweep of {} points{intervals}", result.points.len()),
        description: result
            .plan
            .grid
            .factors
            .iter()
            .map(|factor| format!("{} = {}. ", factor.address, factor.levels.join(", ")))
            .collect::<Vec<_>>()
            .concat(),
        panels: measures.iter().filter_map(|measure| panel(result, measure)).collect(),
    })
}

/// The chart of the first measure that differs between points; nothing where the table says as much.
pub(super) fn chart_of(result: &SweepResult, measures: &[SweptMeasure]) -> String {
    let along = along(result);
    if result.plan.grid.factors[along].levels.len() < LEVELS_MIN {
        return String::new();
    }
    let Some(panel) = measures.iter().find_map(|measure| panel(result, measure)) else {
        return String::new();
    };
    format!("{}\n{}", panel.title, chart(&panel))
}

/// A number for each level that has one. A prefetch count of 0 is no bound, and so is beyond all others.
fn numbers(result: &SweepResult, factor: usize) -> Vec<Option<f64>> {
    let factor = &result.plan.grid.factors[factor];
    let number = |level: &String| {
        let text = level.trim_matches('"');
        let length = || parse_duration(text).ok().map(|length| length.as_nanos() as f64);
        let number =
            text.replace('_', "").parse().ok().filter(|number: &f64| number.is_finite()).or_else(length);
        number.filter(|number| *number > 0.0 || !factor.address.ends_with("prefetch-count"))
    };
    factor.levels.iter().map(number).collect()
}

/// Whether the first level in which two points differ is the smaller one at `point`; what has no number is no smaller.
pub(super) fn is_below(result: &SweepResult, point: usize, other: usize) -> bool {
    let points = &result.plan.grid.points;
    let levels = |factor: usize| [point, other].map(|place| points[place].levels[factor]);
    let number = |factor: usize, level: usize| numbers(result, factor)[level].unwrap_or(f64::INFINITY);
    let pairs =
        (0..result.plan.grid.factors.len()).map(|factor| levels(factor).map(|level| number(factor, level)));
    pairs
        .map(|[one, other]| one.total_cmp(&other))
        .find(|order| order.is_ne())
        .is_some_and(std::cmp::Ordering::is_lt)
}

/// The factor that goes to the right: the one with the most numbers, else the last of those with the most levels.
fn along(result: &SweepResult) -> usize {
    let factors = &result.plan.grid.factors;
    let rank = |&factor: &usize| {
        let numbers = numbers(result, factor).into_iter().flatten().count();
        (numbers, factors[factor].levels.len())
    };
    (0..factors.len()).max_by_key(rank).unwrap_or(0)
}

/// The curves of one measure; `None` where it is the same at all points.
fn panel(result: &SweepResult, measure: &SweptMeasure) -> Option<Panel> {
    let grid = &result.plan.grid;
    let along = along(result);
    let named: Vec<(String, Option<f64>)> = {
        let factor = &grid.factors[along];
        let words = |(level, number): (&String, &Option<f64>)| match (level.as_str(), number) {
            ("0", None) => "no limit".to_owned(),
            _ => level.clone(),
        };
        let numbers = numbers(result, along);
        factor.levels.iter().zip(&numbers).map(|pair| (words(pair), *pair.1)).collect()
    };
    let (x, places) = levels(&grid.factors[along].address, &named);
    let mut series: Vec<Series> = Vec::new();
    let mut values = Vec::new();
    let mut unstable: Vec<f64> = Vec::new();
    for point in 0..result.points.len() {
        let place = places[grid.points[point].levels[along]];
        if result.points[point].is_spoilt(measure) {
            unstable.push(place);
        }
        let Some(estimate) = result.estimate(point, measure) else { continue };
        values.push(estimate.value());
        let others = grid.levels(point).into_iter().enumerate().filter(|(k, _)| *k != along);
        let name =
            others.map(|(_, (address, level))| format!("{address}={level}")).collect::<Vec<_>>().join(", ");
        let interval = estimate.possible_ends().filter(|(low, high)| high > low);
        let point = Point { x: place, y: estimate.value(), interval };
        match series.iter_mut().find(|one| one.name == name) {
            Some(one) => one.points.push(point),
            None => series.push(Series { name, shape: Shape::Line, points: vec![point] }),
        }
    }
    if unstable.is_empty() && values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits()) {
        return None;
    }
    let more = series.len().saturating_sub(CURVES_MAX);
    let more = if more > 0 { format!(", {more} more curves are in the CSV file") } else { String::new() };
    series.truncate(CURVES_MAX);
    for one in &mut series {
        one.points.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    let highest = series.iter().flat_map(|one| &one.points);
    let highest = highest.map(|point| point.interval.map_or(point.y, |(_, high)| high)).fold(0.0, f64::max);
    let y = Axis::from_zero(measure.measure.name, highest, measure.measure.unit, 5);
    let title = format!("{} of {}{more}", measure.measure.name, super::subject(measure).replace('`', ""));
    unstable.sort_by(f64::total_cmp);
    unstable.dedup_by(|a, b| a.to_bits() == b.to_bits());
    let notes = unstable.into_iter().map(|place| (place, "unstable: no mean".to_owned())).collect();
    Some(Panel { title, x, content: Content::Curves { y, series, notes } })
}
