//! Tidy CSV: one row for each variant, replication, entity and measure. Values are exact, in the unit of their row.

use crate::experiment::{RunResult, VariantResult};
use crate::measure::CATALOGUE;

/// The columns, in order. An empty value: nothing was observed.
const COLUMNS: [&str; 8] = ["variant", "replication", "seed", "scope", "entity", "measure", "unit", "value"];

/// All measures of all replications as CSV (RFC 4180, lines end with a line feed), as
/// `docs/output-formats.md` describes it.
pub fn csv(result: &RunResult) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    write(&mut writer, result).expect("writing to memory cannot fail");
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is text")
}

fn write(writer: &mut ::csv::Writer<Vec<u8>>, result: &RunResult) -> Result<(), ::csv::Error> {
    writer.write_record(COLUMNS)?;
    for variant in &result.variants {
        write_variant(writer, variant)?;
    }
    Ok(())
}

fn write_variant(writer: &mut ::csv::Writer<Vec<u8>>, variant: &VariantResult) -> Result<(), ::csv::Error> {
    for (outcome, replication) in variant.outcomes.iter().zip(&variant.replications) {
        for measure in CATALOGUE {
            for entity in 0..measure.scope.len(outcome) {
                writer.write_record([
                    variant.variant.name.as_str(),
                    &replication.index.to_string(),
                    &replication.seed.to_string(),
                    measure.scope.name(),
                    measure.scope.entity(outcome, entity),
                    measure.name,
                    measure.unit.name(),
                    &measure.of(outcome, entity).map(|value| value.to_string()).unwrap_or_default(),
                ])?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};

    #[test]
    fn each_row_is_one_number() {
        let result = run_example(&plan(true, 1), |_, _, _| {}).unwrap();
        let text = csv(&result);
        assert!(text.starts_with("variant,replication,seed,scope,entity,measure,unit,value\n"));
        assert!(text.contains("base,2,3,consumer,slow,share,1,0.25\n"), "{text}");
        assert!(text.contains("base,0,1,run,,makespan,ns,62000000000\n"), "{text}");
    }
}
