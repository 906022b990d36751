//! Conformance scripts: read, and played where they can be read. The same script is played the same way twice.
#![no_main]

use amqpsim::conform::{Script, play};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(script) = Script::parse(text) {
        assert_eq!(play(&script), play(&script));
    }
});
