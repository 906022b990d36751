//! The traces of all scenarios in `scenarios/`, for golden files and digests.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]
#![expect(
    clippy::disallowed_methods,
    reason = "people say by an environment variable that files be rewritten"
)]

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use amqpsim::model::simulate_recorded;
use amqpsim::report::Directory;
use amqpsim::report::trace::{Format, Head, Trace};
use amqpsim::scenario::{Loaded, Variant, load};

/// The seed of everything golden.
pub(crate) const SEED: u64 = 1;

/// The file of digests, among the golden ones.
pub(crate) const DIGESTS: &str = "digests.txt";

/// A scenario with its variants' whole traces.
pub(crate) struct Traced {
    pub(crate) name: String,
    pub(crate) variants: Vec<(String, String)>,
}

/// Whether golden files are to be written anew.
pub(crate) fn updates_golden() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1")
}

/// The names of all scenarios, sorted.
pub(crate) fn names() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        files.filter_map(|file| file.strip_suffix(".toml").map(str::to_owned)).collect();
    names.sort();
    assert!(!names.is_empty(), "there are scenarios");
    names
}

pub(crate) fn loaded(name: &str) -> Loaded {
    let file = format!("scenarios/{name}.toml");
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
    load(&file, &text, &[]).unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
}

/// The traces of all scenarios with [`SEED`], made once.
pub(crate) fn all() -> &'static [Traced] {
    static TRACES: OnceLock<Vec<Traced>> = OnceLock::new();
    TRACES.get_or_init(|| names().into_iter().map(|name| Traced { variants: trace(&name), name }).collect())
}

/// The traces of a scenario's variants with [`SEED`].
pub(crate) fn trace(name: &str) -> Vec<(String, String)> {
    loaded(name).variants.iter().map(|variant| (variant.name.clone(), trace_of(variant))).collect()
}

fn trace_of(variant: &Variant) -> String {
    let system = &variant.scenario.system;
    let mut trace = Trace::new(Format::Text, Directory::of(&variant.scenario));
    let head = Head {
        scenario: variant.scenario.name.clone(),
        variant: Some(variant.name.clone()),
        seed: SEED,
        replication: 0,
    };
    let mut text = String::new();
    trace.begin(&head, &mut text).unwrap();
    let outcome = simulate_recorded(system, SEED, |system, seen| {
        for observation in &seen {
            trace.observe(system.names(), observation, &mut text).unwrap();
        }
    });
    assert_eq!(outcome.balanced, Ok(()), "{} {}", variant.scenario.name, variant.name);
    text
}

/// FNV-1a with 64 bits: enough to see that bytes differ, and the same everywhere.
/// Source: Fowler, Noll, Vo, Eastlake, "The FNV Non-Cryptographic Hash Algorithm".
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
