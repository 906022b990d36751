//! Advice as JSON, for programs.

use serde_json::{Value, json};

use crate::experiment::{Advice, BoundBy, ENOUGH, IsEnough};
use crate::report::compact::indented;
use crate::report::dispatch;
use crate::report::json::{estimate, unstable};
use crate::stats::Estimate;

/// The format and its version.
pub const ADVICE_FORMAT: &str = "amqpsim-advice/1";

/// The advice as indented JSON with a line feed at its end, as `docs/output-formats.md` describes it.
pub fn advice_json(advice: &Advice) -> String {
    let plan = &advice.plan;
    let maybe = |one: Option<&Estimate>| one.map_or(Value::Null, estimate);
    let root = json!({
        "format": ADVICE_FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": plan.scenario.name,
        "file": plan.origin.file,
        "overrides": plan.origin.overrides,
        "variant": plan.variant,
        "experiment": dispatch::experiment(&plan.scenario),
        "queue": plan.queue,
        "consumers": advice.consumers,
        "seed": plan.seed,
        "replications": plan.precision.is_none().then_some(plan.replications),
        "precision": plan.precision.map(|it| json!({
            "of": it.of.name, "scope": it.of.scope.name(), "relative": it.relative, "most": it.most,
        })),
        "advised": advice.counts[advice.advised],
        "best": advice.counts[advice.best],
        "enough": ENOUGH,
        "least": advice.least,
        "knee": maybe(advice.knee.as_ref()),
        "bound_by": match advice.bound_by { BoundBy::Consumers => "consumers", BoundBy::Arrivals(_) => "arrivals" },
        "arrival_rate": match &advice.bound_by { BoundBy::Consumers => Value::Null, BoundBy::Arrivals(rate) => estimate(rate) },
        "counts": (0..advice.counts.len()).map(|at| count(advice, at)).collect::<Vec<_>>(),
    });
    indented(&root, 4)
}

fn count(advice: &Advice, at: usize) -> Value {
    let point = &advice.result.points[at];
    let of_queue = point
        .measures
        .iter()
        .filter(|one| one.measure.scope == crate::measure::Scope::Queue && one.entity == advice.plan.queue);
    let measures = of_queue.map(|one| {
        json!({
            "measure": one.measure.name,
            "unit": one.measure.unit.name(),
            "estimate": advice.result.estimate(at, one).as_ref().map_or(Value::Null, estimate),
        })
    });
    let (is_enough, more) = match advice.enough[at] {
        IsEnough::Yes => (json!(true), Value::Null),
        IsEnough::No => (json!(false), Value::Null),
        IsEnough::Unknown(more) => (Value::Null, more.into()),
    };
    json!({
        "prefetch_count": advice.counts[at],
        "at_most": advice.limits[at],
        "is_enough": is_enough,
        "replications_to_tell": more,
        "replications": point.values.len(),
        "unstable": point.unstable.iter().map(unstable).collect::<Vec<_>>(),
        "measures": measures.collect::<Vec<_>>(),
    })
}
