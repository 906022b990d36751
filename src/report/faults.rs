//! Notes on faults that were planned and never struck.

use super::numbers::counted;
use super::wrap::wrap;
use crate::experiment::VariantResult;

/// Columns of a line.
const WIDTH: usize = 110;

/// A note for each fault that did not strike in some replication, or nothing.
pub(super) fn notes(variant: &VariantResult) -> String {
    let lines: String = never_struck(variant).iter().map(|note| line(note)).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

/// The same for several variants.
pub(super) fn by_variant(variants: &[VariantResult]) -> String {
    let of = |variant: &VariantResult| {
        let notes = never_struck(variant);
        notes.into_iter().map(|note| line(&format!("variant `{}`: {note}", variant.variant.name))).collect()
    };
    let lines: String = variants.iter().map(of).collect::<Vec<String>>().concat();
    if lines.is_empty() { lines } else { lines + "\n" }
}

fn line(note: &str) -> String {
    format!("{}\n", wrap("note: ", 6, note, WIDTH).join("\n"))
}

fn never_struck(variant: &VariantResult) -> Vec<String> {
    let faults = variant.outcomes.first().map_or(&[][..], |outcome| &outcome.faults);
    let note = |(index, fault): (usize, &crate::measure::FaultOutcome)| {
        let n = variant.outcomes.len();
        let never = variant.outcomes.iter().filter(|outcome| outcome.faults[index].strikes == 0).count();
        let waits = match &fault.waits_until {
            Some(condition) => format!("; it waits until {condition}"),
            None => String::new(),
        };
        match never {
            0 => None,
            never if never == n => Some(format!("fault `{}` never struck{waits}", fault.name)),
            never => {
                let of = counted(n as u64, "replication");
                Some(format!("fault `{}` did not strike in {never} of {of}{waits}", fault.name))
            }
        }
    };
    faults.iter().enumerate().filter_map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::FaultOutcome;

    fn said(random: bool, strikes: fn(u64) -> u64, waits_until: Option<&str>) -> String {
        let result = run_example(&plan(random, 1), |_, seed, outcome| {
            outcome.faults = vec![FaultOutcome {
                name: "cut".into(),
                does: String::new(),
                occasion: String::new(),
                strikes: strikes(seed),
                struck: Vec::new(),
                is_crash: false,
                waits_until: waits_until.map(str::to_owned),
            }];
        });
        notes(&result.unwrap().variants[0])
    }

    #[test]
    fn a_fault_that_never_struck_is_named_with_what_it_waited_for() {
        assert_eq!(said(false, |_| 1, None), "");
        assert_eq!(
            said(false, |_| 0, Some("1000 messages are published")),
            "note: fault `cut` never struck; it waits until 1000 messages are published\n\n"
        );
    }

    #[test]
    fn replications_without_a_strike_are_counted() {
        assert_eq!(
            said(true, |seed| u64::from(seed > 1), None),
            "note: fault `cut` did not strike in 1 of 3 replications\n\n"
        );
    }
}
