//! The result as JSON, for programs. The first key names the format and its version, which grows when a key changes meaning.

use serde_json::{Map, Value, json};

use super::losses::{self, Loss};
use super::theory::{Beside, beside};
use super::{answer, checks, dispatch};
use crate::check::{CheckResult, Found};
use crate::experiment::{
    Comparison, Difference, FoundBy, Instability, RunResult, Stopping, Theory, Unstable, VariantResult,
};
use crate::measure::{CATALOGUE, EndReason, FaultOutcome, Measure, Outcome, Scope, Strike};
use crate::stats::{Estimate, LEVEL, quantile_interval};

/// The format and its version.
pub const FORMAT: &str = "amqpsim-run/1";

/// The result as indented JSON with a line feed at its end, as `docs/output-formats.md` describes it. Times are in nanoseconds (keys that end with `_ns`, or by their
/// `unit`); `comparison` is there if differences were asked for.
pub fn json(result: &RunResult, comparison: Option<&Comparison>) -> String {
    let mut root = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "scenario": result.name,
        "file": result.origin.file,
        "overrides": result.origin.overrides,
        "about": result.about,
        "question": result.question,
        "answer": match comparison {
            Some(comparison) => answer::comparison_answer(result, comparison),
            None => answer(result),
        },
        "seed": result.seed,
        "replications": result.replications,
        "precision": result.stopping.as_ref().map(stopping),
        "variants": result.variants.iter().map(variant).collect::<Vec<_>>(),
    });
    if let Some(comparison) = comparison {
        root["comparison"] = comparison.rows.iter().map(|row| difference(result, row)).collect();
    }
    format!("{root:#}\n")
}

fn variant(variant: &VariantResult) -> Value {
    let changes: Map<String, Value> = variant
        .variant
        .changes
        .iter()
        .map(|(address, value)| (address.clone(), value.as_str().into()))
        .collect();
    json!({
        "name": variant.variant.name,
        "changes": changes,
        "profile": variant.variant.scenario.system.profile.name,
        "experiment": dispatch::experiment(&variant.variant.scenario),
        "random": variant.random_parts,
        "study": study(variant),
        "unstable": variant.unstable.iter().map(unstable).collect::<Vec<_>>(),
        "theory": variant.theory.as_ref().map(|theory| self::theory(variant, theory)),
        "checks": variant.checks.iter().map(|check| self::check(check, variant)).collect::<Vec<_>>(),
        "losses": losses::all(variant).iter().map(loss).collect::<Vec<_>>(),
        "measures": measures(variant),
        "replications": variant.outcomes.iter().enumerate().map(|(k, outcome)| replication(variant, k, outcome))
            .collect::<Vec<_>>(),
    })
}

fn stopping(stopping: &Stopping) -> Value {
    json!({
        "of": stopping.precision.of.name,
        "scope": stopping.precision.of.scope.name(),
        "relative": stopping.precision.relative,
        "most": stopping.precision.most,
        "reached": stopping.reached,
    })
}

pub(super) fn unstable(unstable: &Unstable) -> Value {
    let queue = &unstable.queue;
    match &unstable.why {
        Instability::Load(load) => json!({ "queue": queue, "load": load }),
        Instability::Rises { middle, last } => {
            json!({ "queue": queue, "middle": estimate(middle), "last": estimate(last) })
        }
    }
}

fn theory(variant: &VariantResult, theory: &Theory) -> Value {
    let row = |row: &Beside| {
        json!({
            "measure": row.what,
            "unit": row.unit.name(),
            "value": row.theory,
            "estimate": estimate(&row.simulated),
            "holds": row.holds(),
        })
    };
    json!({
        "model": theory.model,
        "queue": theory.queue,
        "load": theory.load,
        "means": beside(variant).iter().map(row).collect::<Vec<_>>(),
    })
}

/// What is measured, and how the warm-up was found.
fn study(variant: &VariantResult) -> Value {
    let Some(warm_up) = &variant.warm_up else { return json!({ "horizon": "terminating" }) };
    let mut study = json!({
        "horizon": "steady-state",
        "measured_from_ns": variant.variant.scenario.system.measured_from.unwrap_or_default().as_nanos(),
        "warm_up_ns": warm_up.ends.as_nanos(),
    });
    match &warm_up.how {
        FoundBy::Given => study["method"] = "given".into(),
        FoundBy::PilotRuns { runs, settled, populations, .. } => {
            study["method"] = "MSER-5".into();
            study["runs"] = json!(runs);
            study["settled"] = json!(settled);
            study["populations"] = json!(populations);
        }
    }
    study
}

fn check(check: &CheckResult, variant: &VariantResult) -> Value {
    let replay = check.replication.and_then(|index| variant.replications.get(index)).map(ToString::to_string);
    let found = match &check.found {
        Found::Property { n, exercised, violated, text } => {
            json!({ "n": n, "exercised": exercised, "violated": violated, "text": text })
        }
        Found::Number(number) => number.as_ref().map_or(Value::Null, estimate),
    };
    json!({
        "name": check.name(),
        "demand": checks::demand(check),
        "line": check.spec.line,
        "verdict": check.verdict.words(),
        "found": found,
        "replay": replay,
    })
}

/// How many a run, and in how many runs any.
fn loss(loss: &Loss) -> Value {
    json!({
        "measure": loss.measure,
        "estimate": loss.mean.as_ref().map_or(Value::Null, estimate),
        "runs_with_any": loss.some,
        "runs": loss.n,
        "lower": loss.share.0,
        "upper": loss.share.1,
        "method": loss.method,
    })
}

/// Every measure with its estimate over the replications.
fn measures(variant: &VariantResult) -> Vec<Value> {
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    let losses = losses::all(variant);
    let mut rows = Vec::new();
    for measure in CATALOGUE {
        for entity in 0..measure.scope.len(outcome) {
            let mut row = json!({
                "scope": measure.scope.name(),
                "entity": measure.scope.entity(outcome, entity),
                "measure": measure.name,
                "unit": measure.unit.name(),
            });
            if let Some(quantiles) = over_runs(variant, measure, entity) {
                row["over_runs"] = quantiles;
            }
            row["estimate"] = variant.estimate(measure, entity).as_ref().map_or(Value::Null, estimate);
            // A loss that was not met has a bound, not only a zero.
            let met = losses.iter().find(|loss| measure.scope == Scope::Run && loss.measure == measure.name);
            if let Some(loss) = met {
                row["share_of_runs_with_any"] =
                    json!({ "lower": loss.share.0, "upper": loss.share.1, "method": loss.method });
            }
            rows.push(row);
        }
    }
    rows
}

/// Between which values half of the runs, and 95 % of them, stay; `None` where one run says all or nothing.
fn over_runs(variant: &VariantResult, measure: &Measure, entity: usize) -> Option<Value> {
    const SHARES: [f64; 2] = [0.5, 0.95];
    variant.estimate(measure, entity)?;
    let values = measure.values(&variant.outcomes, entity);
    let row = |share: f64| match quantile_interval(&values, share, LEVEL) {
        Ok(it) => json!({
            "share": share, "value": it.value, "lower": it.lower, "upper": it.upper, "n": it.n, "level": it.level,
            "method": "order statistics",
        }),
        Err(few) => json!({ "share": share, "n": few.n, "needed": few.needed }),
    };
    (variant.is_random() && values.len() > 1).then(|| SHARES.map(row).into_iter().collect())
}

pub(super) fn estimate(estimate: &Estimate) -> Value {
    match estimate {
        Estimate::Exact(value) => json!({ "value": value, "method": "exact: nothing is random" }),
        Estimate::Single(value) => {
            json!({ "value": value, "n": 1, "method": "one replication: no interval" })
        }
        Estimate::Interval(interval) => json!({
            "value": interval.mean,
            "half_width": interval.half_width,
            "lower": interval.possible_ends().0,
            "upper": interval.possible_ends().1,
            "n": interval.n,
            "level": interval.level,
            "method": interval.method.words(),
        }),
    }
}

fn replication(variant: &VariantResult, index: usize, outcome: &Outcome) -> Value {
    let identity = &variant.replications[index];
    let why = match outcome.end.why {
        EndReason::Drained => "drained",
        EndReason::TimeLimit => "time-limit",
        EndReason::EventLimit => "event-limit",
    };
    let errors: Vec<Value> = outcome
        .errors
        .iter()
        .map(|error| {
            json!({
                "at_ns": error.at.as_nanos(),
                "connection": error.connection,
                "channel": error.channel,
                "code": error.code,
                "text": error.text,
            })
        })
        .collect();
    json!({
        "index": identity.index,
        "seed": identity.seed,
        "replay": identity.to_string(),
        "measured": outcome.is_measured(),
        "end": { "at_ns": outcome.end.at.as_nanos(), "events": outcome.end.events, "why": why },
        "ledger": ledger(outcome),
        "errors": errors,
        "faults": outcome.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// What struck, when and why, and what it took at once.
fn fault(fault: &FaultOutcome) -> Value {
    let strike = |strike: &Strike| json!({ "at_ns": strike.at.as_nanos(), "lost": strike.lost });
    json!({
        "name": fault.name,
        "does": fault.does,
        "trigger": fault.occasion,
        "strikes": fault.struck.iter().map(strike).collect::<Vec<_>>(),
    })
}

/// The books; losses by the names of their measures.
fn ledger(outcome: &Outcome) -> Value {
    let books = &outcome.ledger;
    let lost: Map<String, Value> = CATALOGUE
        .iter()
        .filter_map(|measure| Some((measure.name.strip_prefix("lost-")?, measure.of(outcome, 0)?)))
        .filter(|(_, count)| *count > 0.0)
        .map(|(cause, count)| (cause.to_owned(), (count as u64).into()))
        .collect();
    json!({
        "published": books.published,
        "on_the_way": books.on_the_way,
        "uncommitted": books.uncommitted,
        "routed": books.routed,
        "unroutable": books.unroutable,
        "returned": books.returned,
        "copies": books.copies,
        "came_back": books.came_back,
        "came_back_unprocessed": books.came_back_unprocessed,
        "processed": books.processed,
        "queued": books.queued,
        "dead_lettered": books.dead_lettered,
        "in_flight": books.in_flight,
        "lost": lost,
        "processed_again": books.processed_again,
        "redelivered": books.redelivered,
    })
}

fn difference(result: &RunResult, row: &Difference) -> Value {
    json!({
        "variant": result.variants[row.variant].variant.name,
        "scope": row.measure.scope.name(),
        "entity": row.entity,
        "measure": row.measure.name,
        "unit": row.measure.unit.name(),
        "base": estimate(&row.base),
        "other": estimate(&row.other),
        "difference": estimate(&row.difference),
        "p": row.p,
        "p_adjusted": row.adjusted,
        "variance_reduction": row.variance_reduction,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::observe::LossCause;

    #[test]
    fn the_format_comes_first_and_the_books_are_there() {
        let result = run_example(&plan(false, 1), |_, _, _| {}).unwrap();
        let text = json(&result, None);
        assert!(text.starts_with("{\n  \"format\": \"amqpsim-run/1\""), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["variants"][0]["replications"][0]["ledger"]["processed"], 100);
        assert_eq!(value["variants"][0]["checks"][0]["verdict"], "held");
        assert!(value.get("comparison").is_none());
    }

    #[test]
    fn losses_have_the_names_of_their_measures() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.ledger.lose(LossCause::AutoAckInBuffer, 3);
        })
        .unwrap();
        let value: Value = serde_json::from_str(&json(&result, None)).unwrap();
        let lost = &value["variants"][0]["replications"][0]["ledger"]["lost"];
        assert_eq!(*lost, json!({ "auto-ack-in-buffer": 3 }));
    }
}
