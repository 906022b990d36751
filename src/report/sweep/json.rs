//! A sweep as JSON, for programs.

use serde_json::{Map, Value, json};

use crate::experiment::{Contrast, SweepResult, SweptMeasure, contrasts};
use crate::report::compact::indented;
use crate::report::dispatch;
use crate::report::json::{estimate, unstable};

/// The format and its version.
pub const SWEEP_FORMAT: &str = "amqpsim-sweep/1";

/// The result as indented JSON with a line feed at its end, as `docs/output-formats.md` describes it. `names` are the
/// measures that are compared with those of the first point, the usual ones if there are none.
pub fn sweep_json(result: &SweepResult, names: &[String]) -> String {
    let plan = &result.plan;
    let first = plan.grid.points.first().map(|point| &point.scenario);
    let contrasts = contrasts(result, 0, &super::shown(result, names));
    let factor =
        |factor: &crate::scenario::Factor| json!({ "address": factor.address, "levels": factor.levels });
    let measures = result.measures();
    let random = (0..result.points.len()).any(|point| plan.is_random(point));
    let (equal, told): (Vec<&SweptMeasure>, Vec<&SweptMeasure>) =
        measures.iter().filter(|one| is_known(result, one)).partition(|one| is_equal(result, one));
    let root = json!({
        "format": SWEEP_FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": first.map(|scenario| scenario.name.as_str()),
        "file": plan.origin.file,
        "overrides": plan.origin.overrides,
        "question": first.and_then(|scenario| scenario.question.as_deref()),
        "seed": plan.seed,
        "replications": plan.precision.is_none().then_some(plan.replications),
        "precision": plan.precision.map(|it| json!({
            "of": it.of.name, "scope": it.of.scope.name(), "relative": it.relative, "most": it.most,
        })),
        "random": random,
        "measured_from_ns": plan.measured_from().as_nanos(),
        "warm_up": plan.warm_up.as_ref().map(|(point, it)| json!({
            "longest_of_point": point + 1, "ends_ns": it.ends.as_nanos(), "settled": it.is_over(),
        })),
        "factors": plan.grid.factors.iter().map(factor).collect::<Vec<_>>(),
        "points": (0..result.points.len()).map(|point| self::point(result, point, &told, &contrasts)).collect::<Vec<_>>(),
        "equal_at_all_points": equal.iter().map(|one| row(result, 0, one)).collect::<Vec<_>>(),
    });
    indented(&root, 4)
}

/// Whether some replication of some point has a value.
fn is_known(result: &SweepResult, measure: &SweptMeasure) -> bool {
    result.points.iter().any(|point| point.of_measure(measure).iter().any(Option::is_some))
}

/// Whether every replication of every point has the same value.
fn is_equal(result: &SweepResult, measure: &SweptMeasure) -> bool {
    let all: Vec<Option<u64>> = result
        .points
        .iter()
        .flat_map(|point| point.of_measure(measure))
        .map(|value| value.map(f64::to_bits))
        .collect();
    all.windows(2).all(|pair| pair[0] == pair[1])
        && result.points.iter().all(|point| point.measures.contains(measure) && !point.is_spoilt(measure))
}

/// A measure of a point with its estimate.
fn row(result: &SweepResult, point: usize, measure: &SweptMeasure) -> Value {
    json!({
        "scope": measure.measure.scope.name(),
        "entity": measure.entity,
        "measure": measure.measure.name,
        "unit": measure.measure.unit.name(),
        "estimate": result.estimate(point, measure).as_ref().map_or(Value::Null, estimate),
    })
}

fn point(result: &SweepResult, point: usize, told: &[&SweptMeasure], contrasts: &[Contrast]) -> Value {
    // Contrasts come in the order of their points.
    let before = contrasts.partition_point(|one| one.point < point);
    let count = contrasts[before..].partition_point(|one| one.point == point);
    let contrasts = &contrasts[before..before + count];
    let levels = result.plan.grid.levels(point);
    let levels: Map<String, Value> =
        levels.into_iter().map(|(address, level)| (address.to_owned(), level.into())).collect();
    let swept = &result.points[point];
    let ours = told.iter().filter(|measure| swept.measures.contains(measure));
    let measures = ours.map(|measure| {
        let mut row = row(result, point, measure);
        if swept.is_spoilt(measure) {
            row["unstable"] = true.into();
        }
        if let Some(contrast) = contrasts.iter().find(|one| one.measure == **measure) {
            row["difference"] = estimate(&contrast.difference);
            row["p"] = contrast.p.into();
            row["differs"] = contrast.differs().into();
        }
        row
    });
    json!({
        "point": point + 1,
        "levels": levels,
        "command": result.plan.command(point),
        "experiment": dispatch::experiment(&result.plan.grid.points[point].scenario),
        "random": result.plan.is_random(point),
        "replications": swept.values.len(),
        "precise": result.plan.is_precise(point, swept),
        "unstable": swept.unstable.iter().map(unstable).collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
    })
}
