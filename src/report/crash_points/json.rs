//! Crash points as JSON, for programs: the summary of each variant, then every crash point.

use serde_json::{Map, Value, json};

use super::csv::end;
use crate::experiment::{CrashPoint, CrashPoints, VariantCrashes};
use crate::measure::loss_measure;

/// The format and its version.
const FORMAT: &str = "amqpsim-crash-points/1";

/// All crash points as indented JSON with a line feed at its end, as `docs/output-formats.md` describes it.
pub fn crash_points_json(result: &CrashPoints) -> String {
    let root = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": result.name,
        "file": result.origin.file,
        "overrides": result.origin.overrides,
        "seed": result.seed,
        "crash": crash(result),
        "variants": result.variants.iter().map(variant).collect::<Vec<_>>(),
    });
    format!("{root:#}\n")
}

/// The options that name it, without their dashes.
fn crash(result: &CrashPoints) -> Map<String, Value> {
    let options = result.crash.options().into_iter();
    options.map(|(option, value)| (option.trim_start_matches('-').to_owned(), value.into())).collect()
}

fn variant(crashes: &VariantCrashes) -> Value {
    let points = &crashes.points;
    let with = |value: fn(&CrashPoint) -> u64| points.iter().filter(|point| value(point) > 0).count();
    let most = |value: fn(&CrashPoint) -> u64| points.iter().map(value).max();
    json!({
        "name": crashes.variant.name,
        "end": { "at_ns": crashes.end.at.as_nanos(), "events": crashes.end.events, "why": end(crashes.end.why) },
        "crash_points": points.len(),
        "lost_most": most(|point| point.aftermath.lost()),
        "confirmed_and_lost_most": most(|point| point.aftermath.lost_though_confirmed),
        "lost_for_good_most": most(|point| point.aftermath.lost_for_good),
        "crash_points_with_losses": with(|point| point.aftermath.lost()),
        "crash_points_with_confirmed_losses": with(|point| point.aftermath.lost_though_confirmed),
        "worst": crashes.worst().map_or(Value::Null, point),
        "points": points.iter().map(point).collect::<Vec<_>>(),
    })
}

fn point(point: &CrashPoint) -> Value {
    let what = &point.aftermath;
    let causes: Map<String, Value> =
        what.losses.met().map(|(cause, count)| (loss_measure(cause).to_owned(), count.into())).collect();
    json!({
        "event": point.event,
        "at_ns": point.at.as_nanos(),
        "node": what.node.map(|node| node + 1),
        "in_doubt": what.in_doubt,
        "lost": what.lost(),
        "causes": causes,
        "lost_anyway": what.lost_anyway,
        "confirmed_and_lost": what.lost_though_confirmed,
        "lost_for_good": what.lost_for_good,
        "republished": what.republished,
        "duplicated": what.duplicated,
        "processed_again": what.processed_again,
        "came_back": what.came_back,
        "out_of_order": what.out_of_order,
        "unfinished": what.unfinished,
        "end": end(what.end),
    })
}
