//! Same scenario, same seed, same bytes: twice here, and on every platform and in every profile by committed digests.

use std::fmt::Write;
use std::fs;

use amqpsim::experiment::{Origin, Plan, run};

use crate::golden::directory;
use crate::traces::{self, DIGESTS, fnv1a};

#[test]
fn the_digest_is_the_published_one() {
    // Source: the test vectors of draft-eastlake-fnv.
    assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
}

#[test]
fn a_trace_is_the_same_every_time() {
    for scenario in traces::all() {
        let again = traces::trace(&scenario.name);
        for ((variant, first), (_, second)) in scenario.variants.iter().zip(&again) {
            // Not `assert_eq`: it would print both traces.
            assert!(first == second, "{} {variant} differs from run to run", scenario.name);
        }
    }
}

/// The digests are the same in debug and in release, and on every platform, because they are committed.
#[test]
fn traces_have_the_digests_that_were_committed() {
    let mut digests =
        String::from("# FNV-1a 64 of each full trace with seed 1: digest, scenario, variant.\n");
    for scenario in traces::all() {
        for (variant, trace) in &scenario.variants {
            writeln!(digests, "{:016x}  {}  {variant}", fnv1a(trace.as_bytes()), scenario.name).unwrap();
        }
    }
    let path = directory().join(DIGESTS);
    if traces::updates_golden() {
        fs::write(&path, &digests).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        golden, digests,
        "if this is meant: UPDATE_GOLDEN=1 cargo test --test it, and review the difference"
    );
}

#[test]
fn an_experiment_gives_the_same_result_on_any_number_of_threads() {
    for name in traces::names() {
        let plan = |jobs| Plan {
            origin: Origin { file: format!("scenarios/{name}.toml"), overrides: Vec::new() },
            variants: traces::loaded(&name).variants,
            names_variants: true,
            seed: None,
            replications: Some(3),
            jobs,
        };
        let alone = run(&plan(1), &|_, _| {}).unwrap();
        for jobs in [2, 3] {
            assert!(run(&plan(jobs), &|_, _| {}).unwrap() == alone, "{name} differs with {jobs} threads");
        }
    }
}
