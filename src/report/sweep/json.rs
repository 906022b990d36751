//! A sweep as JSON, for programs.

use serde_json::{Map, Value, json};

use crate::experiment::{Contrast, SweepResult, contrasts};
use crate::report::dispatch;
use crate::report::json::estimate;

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
    let root = json!({
        "format": SWEEP_FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": first.map(|scenario| scenario.name.as_str()),
        "file": plan.origin.file,
        "overrides": plan.origin.overrides,
        "question": first.and_then(|scenario| scenario.question.as_deref()),
        "seed": plan.seed,
        "replications": plan.replications,
        "factors": plan.grid.factors.iter().map(factor).collect::<Vec<_>>(),
        "points": (0..result.points.len()).map(|point| self::point(result, point, &contrasts)).collect::<Vec<_>>(),
    });
    format!("{root:#}\n")
}

fn point(result: &SweepResult, point: usize, contrasts: &[Contrast]) -> Value {
    // Contrasts come in the order of their points.
    let before = contrasts.partition_point(|one| one.point < point);
    let count = contrasts[before..].partition_point(|one| one.point == point);
    let contrasts = &contrasts[before..before + count];
    let levels = result.plan.grid.levels(point);
    let levels: Map<String, Value> =
        levels.into_iter().map(|(address, level)| (address.to_owned(), level.into())).collect();
    let measures = result.points[point].measures.iter().map(|measure| {
        let contrast = contrasts.iter().find(|one| one.measure == *measure);
        json!({
            "scope": measure.measure.scope.name(),
            "entity": measure.entity,
            "measure": measure.measure.name,
            "unit": measure.measure.unit.name(),
            "estimate": result.estimate(point, measure).as_ref().map_or(Value::Null, estimate),
            "difference": contrast.map_or(Value::Null, |one| estimate(&one.difference)),
            "p": contrast.and_then(|one| one.p),
            "differs": contrast.map(Contrast::differs),
        })
    });
    json!({
        "point": point + 1,
        "levels": levels,
        "command": result.plan.command(point),
        "experiment": dispatch::experiment(&result.plan.grid.points[point].scenario),
        "random": result.plan.is_random(point),
        "measures": measures.collect::<Vec<_>>(),
    })
}
