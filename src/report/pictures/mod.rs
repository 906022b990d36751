//! The pictures of a run, beside its numbers. A new one is a file here and a line in [`PICTURES`].

mod depth;
mod latency;
mod shares;
mod unsafe_window;

use super::dispatch;
use super::plot::{Picture, svg};
use crate::experiment::RunResult;

/// What makes a picture.
type Maker = fn(&RunResult) -> Picture;

/// Each picture's file and what makes it.
const PICTURES: [(&str, Maker); 4] = [
    ("shares.svg", shares::picture),
    ("depth.svg", depth::picture),
    ("latency.svg", latency::picture),
    ("unsafe.svg", unsafe_window::picture),
];

/// The names of the files that [`pictures`] fills.
pub fn picture_files() -> impl Iterator<Item = &'static str> {
    PICTURES.into_iter().map(|(name, _)| name)
}

/// The pictures as SVG, in the order of [`picture_files`].
pub fn pictures(result: &RunResult) -> Vec<String> {
    PICTURES.into_iter().map(|(_, picture)| svg(&picture(result))).collect()
}

/// What a panel is of: the variant if there are several, and the queue.
fn of(result: &RunResult, variant: &str, queue: Option<&str>) -> String {
    let scenario =
        result.variants.iter().find(|one| one.variant.name == variant).map(|one| &one.variant.scenario);
    let variant = format!("variant {variant}{}", dispatch::in_title(scenario));
    let variant = (result.names_variants || scenario.is_some_and(|one| dispatch::experiment(one).is_some()))
        .then_some(variant);
    let queue = queue.map(|queue| format!("queue {queue}"));
    variant.into_iter().chain(queue).collect::<Vec<_>>().join(", ")
}

/// How many replications a picture is of: `means of 10 replications (seeds 1 to 10)`.
fn replications(result: &RunResult) -> String {
    let n = result.variants.iter().map(|variant| variant.outcomes.len()).max().unwrap_or(0) as u64;
    match n {
        0 | 1 => format!("seed {}", result.seed),
        n => format!("{n} replications, seeds {} to {}", result.seed, result.seed.wrapping_add(n - 1)),
    }
}
