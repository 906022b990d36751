//! Every estimate as CSV: one row for each variant, entity and measure, with its interval, how many replications and the method;
//! of a comparison, the differences too.

use super::losses::{self, Loss};
use crate::experiment::{Comparison, RunResult};
use crate::measure::{CATALOGUE, Scope};
use crate::stats::Estimate;

/// The columns, in order. `against` is the first variant for differences, and empty for a variant's own numbers.
const COLUMNS: [&str; 19] = [
    "variant",
    "against",
    "scope",
    "entity",
    "measure",
    "unit",
    "value",
    "half_width",
    "n",
    "level",
    "method",
    "p",
    "p_adjusted",
    "variance_reduction",
    "lower",
    "upper",
    "runs_with_any",
    "share_lower",
    "share_upper",
];

/// The estimates of all measures as CSV, as `docs/output-formats.md` describes it.
pub fn estimates(result: &RunResult, comparison: Option<&Comparison>) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    write(&mut writer, result, comparison).expect("writing to memory cannot fail");
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is text")
}

fn write(
    writer: &mut ::csv::Writer<Vec<u8>>,
    result: &RunResult,
    comparison: Option<&Comparison>,
) -> Result<(), ::csv::Error> {
    writer.write_record(COLUMNS)?;
    for variant in &result.variants {
        let Some(outcome) = variant.outcomes.first() else { continue };
        let losses = losses::all(variant);
        for measure in CATALOGUE {
            for entity in 0..measure.scope.len(outcome) {
                let Some(estimate) = variant.estimate(measure, entity) else { continue };
                let name = measure.scope.entity(outcome, entity);
                let head = [
                    &variant.variant.name,
                    "",
                    measure.scope.name(),
                    name,
                    measure.name,
                    measure.unit.name(),
                ];
                let loss =
                    losses.iter().find(|loss| measure.scope == Scope::Run && loss.measure == measure.name);
                row(writer, head, &estimate, [None; 3], loss)?;
            }
        }
    }
    let base = result.variants.first().map_or("", |variant| &variant.variant.name);
    for difference in comparison.iter().flat_map(|comparison| &comparison.rows) {
        let (measure, variant) = (difference.measure, &result.variants[difference.variant].variant.name);
        let head =
            [variant, base, measure.scope.name(), &difference.entity, measure.name, measure.unit.name()];
        let tests = [difference.p, difference.adjusted, difference.variance_reduction];
        row(writer, head, &difference.difference, tests, None)?;
    }
    Ok(())
}

fn row(
    writer: &mut ::csv::Writer<Vec<u8>>,
    head: [&str; 6],
    estimate: &Estimate,
    tests: [Option<f64>; 3],
    loss: Option<&Loss>,
) -> Result<(), ::csv::Error> {
    let value = estimate.value().to_string();
    let known = match estimate {
        Estimate::Exact(_) => [String::new(), String::new(), String::new(), "exact".to_owned()],
        Estimate::Single(_) => [String::new(), "1".to_owned(), String::new(), "one replication".to_owned()],
        Estimate::Interval(it) => {
            [it.half_width.to_string(), it.n.to_string(), it.level.to_string(), it.method.words().to_owned()]
        }
    };
    let tests = tests.map(|test| test.map(|test| test.to_string()).unwrap_or_default());
    let ends = match estimate {
        Estimate::Interval(it) => [it.possible_ends().0.to_string(), it.possible_ends().1.to_string()],
        Estimate::Exact(_) | Estimate::Single(_) => [String::new(), String::new()],
    };
    // A loss that was not met has a bound, not only a zero.
    let share = loss.map(|it| [it.some.to_string(), it.share.0.to_string(), it.share.1.to_string()]);
    let fields =
        head.iter().map(|field| (*field).to_owned()).chain([value]).chain(known).chain(tests).chain(ends);
    let fields = fields.chain(share.unwrap_or_default());
    writer.write_record(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};

    #[test]
    fn each_row_is_a_number_with_what_is_known_of_it() {
        let result = run_example(&plan(true, 1), |_, seed, outcome| outcome.ledger.published = seed).unwrap();
        let text = estimates(&result, None);
        assert!(text.starts_with(&COLUMNS.join(",")), "{text}");
        assert!(text.contains("base,,run,,published,count,2,2.484"), "{text}");
        assert!(text.contains(",3,0.95,Student,,,,0,4.48"), "{text}");
        assert!(
            text.contains("base,,run,,confirmed-and-lost,count,0,0,3,0.95,Student,,,,0,0,0,0,1\n"),
            "{text}"
        );
        let exact = estimates(&run_example(&plan(false, 1), |_, _, _| {}).unwrap(), None);
        assert!(exact.contains("base,,consumer,slow,share,1,0.25,,,,exact,,,,,,,,\n"), "{exact}");
    }
}
