//! Scenario files: read, and run a little where they can be read. The books balance whatever happens.
#![no_main]

use amqpsim::model::simulate;
use amqpsim::scenario::load;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(loaded) = load("fuzz.toml", text, &["replication.events-max=500".to_owned()]) else { return };
    for variant in loaded.variants.iter().take(2) {
        let outcome = simulate(&variant.scenario.system, variant.scenario.seed);
        assert_eq!(outcome.balanced, Ok(()));
    }
});
