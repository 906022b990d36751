//! How often the 95 % interval of 30 replications holds the truth: a thousand experiments on M/M/1, simulated with everything that
//! a broker does. `cargo bench --bench coverage`; the result stands in `docs/statistics.md`.
#![expect(clippy::print_stdout, reason = "it prints what it found")]

use amqpsim::experiment::in_order;
use amqpsim::measure::{Scope, find_in};
use amqpsim::model::simulate;
use amqpsim::scenario::{Scenario, ScenarioBuilder};
use amqpsim::stats::{ConfidenceInterval, LEVEL, enough, looks};

const EXPERIMENTS: usize = 1000;
const REPLICATIONS: usize = 30;

/// A load of 0.8: sojourn 40 ms, 3.2 waiting.
fn scenario() -> Scenario {
    ScenarioBuilder::new("m-m-1")
        .replication()
        .with("study", "steady-state")
        .with("duration", "140s")
        .with("warm-up", "20s")
        .link()
        .with("latency", "0s")
        .queue("tasks")
        .producer("shop")
        .with("routing-key", "tasks")
        .with("interarrival", [("exponential", "10ms")])
        .consumer("billing")
        .with("queue", "tasks")
        .with("prefetch-count", 1)
        .with("service-time", [("exponential", "8ms")])
        .build()
        .expect("it is a scenario")
}

fn holds(interval: &ConfidenceInterval, truth: f64) -> bool {
    interval.lower() <= truth && truth <= interval.upper()
}

fn main() {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let scenario = scenario();
    let jobs = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let outcomes = in_order(EXPERIMENTS * REPLICATIONS, jobs, |k| {
        let outcome = simulate(&scenario.system, 1_000_000 + k as u64);
        ["sojourn-mean", "depth-mean"].map(|name| {
            let measure = find_in(Scope::Queue, name).expect("it is in the catalogue");
            measure.of(&outcome, 0).expect("messages were processed")
        })
    });
    for (k, (name, truth)) in [("sojourn-mean", 40e6), ("depth-mean", 3.2)].into_iter().enumerate() {
        let values: Vec<f64> = outcomes.iter().map(|values| values[k]).collect();
        let held = values.chunks(REPLICATIONS).filter(|values| {
            ConfidenceInterval::of_mean(values, LEVEL).is_some_and(|interval| holds(&interval, truth))
        });
        let percent = held.count() as f64 * 100.0 / EXPERIMENTS as f64;
        println!(
            "{name}: {percent} % of {EXPERIMENTS} intervals of {REPLICATIONS} replications hold {truth}"
        );
    }
    // Sequential stopping at 5 %, up to 300 replications, from the same runs.
    let values: Vec<f64> = outcomes.iter().map(|values| values[0]).collect();
    let most = 300;
    let (mut held, mut runs) = (0, 0);
    let experiments = values.chunks_exact(most);
    let count = experiments.len();
    for values in experiments {
        let n = enough(values, 0.05, most, LEVEL).unwrap_or(most);
        runs += n;
        let interval = ConfidenceInterval::of_mean(&values[..n], LEVEL);
        held += usize::from(interval.is_some_and(|interval| holds(&interval, 40e6)));
    }
    println!(
        "sequential stopping at 5 %: {held} of {count} intervals hold the truth, {} replications in the mean (looks at {:?})",
        runs / count.max(1),
        looks(most)
    );
}
