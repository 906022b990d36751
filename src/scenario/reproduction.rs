//! A scenario file that is one run with a planned crash in it: whoever has the file needs no option to see the crash.

use super::load::flattened;
use super::{PlannedCrash, Variant};

/// The text of a file that is a variant's run with this seed, all settings in it, and a crash right after the `event`-th
/// event of the run.
pub fn reproduction(
    (source_name, text, overrides): (&str, &str, &[String]),
    variant: &Variant,
    seed: u64,
    crash: &PlannedCrash,
    (event, node): (u64, Option<u32>),
) -> String {
    let flattened = flattened(source_name, text, overrides, &variant.name, seed);
    // A text that could be run has no mistakes, so there always is one.
    let text = flattened.as_deref().unwrap_or(text);
    crash.planned_in(text, &variant.scenario.system, event, node)
}
