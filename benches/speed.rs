//! Wall time a message of the workloads in this directory, as a median of rounds that take turns: `cargo bench --bench speed`.
//! `benches/instructions.sh` counts instructions instead, which do not depend on what else the machine does.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark has a clock, and tells what it says"
)]

use std::time::Instant;

use amqpsim::model::simulate;
use amqpsim::scenario;

/// The workloads and their files.
const WORKLOADS: [(&str, &str); 4] = [
    ("w1", include_str!("w1.toml")),
    ("w2", include_str!("w2.toml")),
    ("w3", include_str!("w3.toml")),
    ("features", include_str!("features.toml")),
];
const ROUNDS: usize = 5;

fn main() {
    let systems = WORKLOADS.map(|(name, text)| {
        let loaded = scenario::load(&format!("benches/{name}.toml"), text, &[]).expect("it is a scenario");
        loaded.variants[0].scenario.system.clone()
    });
    let mut times = WORKLOADS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (system, times) in systems.iter().zip(&mut times) {
            let start = Instant::now();
            let outcome = simulate(system, 1);
            let nanos = start.elapsed().as_nanos();
            outcome.balanced.as_ref().expect("the books balance");
            times.push(nanos as f64 / outcome.ledger.published as f64);
        }
    }
    let medians = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    });
    for ((name, _), median) in WORKLOADS.iter().zip(medians) {
        println!("{name:10} {median:8.1} ns a message, {:5.2} x w1", median / medians[0]);
    }
}
