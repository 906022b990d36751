//! A scenario file with a planned crash that gives the crash as it was found, whatever the file's variants set.

use super::load::{flattened, load};
use super::{PlannedCrash, Variant};
use crate::model::{Condition, Trigger};

/// A scenario file in which a crash strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproduction {
    /// Its text.
    pub text: String,
    /// It is the variant, with all settings in it: neither the variant nor the settings are to be named again.
    pub is_flattened: bool,
}

/// The file with a crash right after the `event`-th event of a variant's run. It is the text of the file and the crash at its
/// end; where the variant or the settings of the command line would change the crash, as `fault.*.at` does, it is the
/// variant alone.
pub fn reproduction(
    (source_name, text, overrides): (&str, &str, &[String]),
    variant: &Variant,
    crash: &PlannedCrash,
    (event, node): (u64, Option<u32>),
) -> Reproduction {
    let system = &variant.scenario.system;
    let planned = crash.planned_in(text, system, event, node);
    let is_meant = |found: &Variant| {
        found.name == variant.name
            && found.scenario.system.faults.split_last().is_some_and(|(last, others)| {
                let meant = last.stop_producers && last.trigger == Trigger::When(Condition::Events(event));
                meant && crash.faults(system).contains(&last.kind) && others == system.faults
            })
    };
    let loaded = load(source_name, &planned, overrides);
    if loaded.is_ok_and(|loaded| loaded.variants.iter().any(is_meant)) {
        return Reproduction { text: planned, is_flattened: false };
    }
    match flattened(source_name, text, overrides, &variant.name) {
        Some(text) => Reproduction { text: crash.planned_in(&text, system, event, node), is_flattened: true },
        None => Reproduction { text: planned, is_flattened: false },
    }
}
