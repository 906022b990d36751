//! Times and rates that the scenario's own checks are about: what its author wants to know, in numbers that no other clause has.

use crate::check::{Demand, Found};
use crate::experiment::VariantResult;
use crate::measure::Unit;
use crate::report::table::cell;

/// Numbers that are told; a scenario with more checks has a table of them.
const TOLD: usize = 2;

/// One clause for all of them; none in a steady state, whose waits are told anyway.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    if variant.warm_up.is_some() {
        return Vec::new();
    }
    let told = variant.checks.iter().filter_map(|check| match (&check.spec.demand, &check.found) {
        (Demand::Bound { measure, entity, .. }, Found::Number(Some(_)))
            if matches!(measure.unit, Unit::Nanoseconds | Unit::PerSecond) =>
        {
            let of = if check.entity.is_empty() { String::new() } else { format!(" of `{}`", check.entity) };
            Some(format!("{}{of} is {}", measure.name, cell(variant, measure, *entity)))
        }
        _ => None,
    });
    let told: Vec<String> = told.take(TOLD).collect();
    if told.is_empty() { Vec::new() } else { vec![told.join(", ")] }
}
