//! The curves as a picture, a panel for each variant, all on one scale.

use super::curve::{CURVES, Count, columns};
use crate::experiment::{CrashPoints, VariantCrashes};
use crate::measure::Unit;
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape, svg};

/// Columns of a curve.
const COLUMNS: usize = 760;
/// No more ticks than this, to the right and upward.
const TICKS: (usize, usize) = (8, 5);

/// The picture as the text of an SVG file.
pub fn crash_points_svg(result: &CrashPoints) -> String {
    let end = result.variants.iter().map(|one| one.end.at.as_nanos()).max().unwrap_or_default();
    let points = || result.variants.iter().flat_map(|one| &one.points);
    let highest = points().flat_map(|point| CURVES.map(|(_, value)| value(point))).max().unwrap_or(0);
    let x = Axis::until("instant of the crash, virtual time", end as f64, Unit::Nanoseconds, TICKS.0);
    let y = Axis::from_zero("messages", highest as f64, Unit::Count, TICKS.1);
    let panel = |crashes: &VariantCrashes| {
        let variant = &crashes.variant.name;
        let of = if result.names_variants { format!("variant {variant}: ") } else { String::new() };
        let series = CURVES.into_iter().map(|(name, value)| Series {
            name: name.to_owned(),
            shape: Shape::Area,
            points: course(crashes, value),
        });
        let content = Content::Curves { y: y.clone(), series: series.collect(), notes: Vec::new() };
        Panel { title: format!("{of}{}", most(crashes)), x: x.clone(), content }
    };
    svg(&Picture {
        title: format!("{}: what a {} would lose at each instant", result.name, result.crash.kind.name),
        description: description(result),
        panels: result.variants.iter().map(panel).collect(),
    })
}

/// The highest value in each column, and the end of the run.
fn course(crashes: &VariantCrashes, value: Count) -> Vec<Point> {
    let end = crashes.end.at.as_nanos() as f64;
    let levels = columns(&crashes.points, crashes.end.at, COLUMNS, value);
    let level =
        |(k, level): (usize, Option<u64>)| Some(Point::at(end * k as f64 / COLUMNS as f64, level? as f64));
    let mut points: Vec<Point> = levels.into_iter().enumerate().filter_map(level).collect();
    points.extend(points.last().map(|last| Point::at(end, last.y)));
    points
}

/// What a reader hears who does not see the picture.
fn description(result: &CrashPoints) -> String {
    let one = |crashes: &VariantCrashes| format!("{}: {}", crashes.variant.name, most(crashes));
    let variants: Vec<String> = result.variants.iter().map(one).collect();
    format!("Seed {}. {}.", result.seed, variants.join("; "))
}

/// How bad it can get: `at most 12 lost, at most 3 lost though confirmed`.
fn most(crashes: &VariantCrashes) -> String {
    let most = |value: Count| crashes.points.iter().map(value).max().unwrap_or(0);
    CURVES.map(|(name, value)| format!("at most {} {name}", most(value))).join(", ")
}
