//! The pictures of a run, beside its numbers. A new one is a file here and a line in [`PICTURES`].

mod depth;
mod latency;
mod shares;
mod unsafe_window;
mod warm_up;

pub use warm_up::warm_up_svg;

use super::dispatch;
use super::plot::{Picture, svg};
use crate::experiment::RunResult;
use crate::scenario::Variant;

/// What makes a picture.
type Maker = fn(&RunResult) -> Picture;

/// Each picture's file and what makes it.
const PICTURES: [(&str, Maker); 5] = [
    ("shares.svg", shares::picture),
    ("depth.svg", depth::picture),
    ("latency.svg", latency::picture),
    ("unsafe.svg", unsafe_window::picture),
    (WARM_UP, warm_up::picture),
];
/// There only where pilot runs find a warm-up.
const WARM_UP: &str = "warm-up.svg";

/// The names of the files that [`pictures`] fills for these variants.
pub fn picture_files<'a>(
    mut variants: impl Iterator<Item = &'a Variant>,
) -> impl Iterator<Item = &'static str> {
    let finds = variants.any(|variant| variant.scenario.study.finds_warm_up());
    PICTURES.into_iter().map(|(name, _)| name).filter(move |name| finds || *name != WARM_UP)
}

/// The pictures as SVG, in the order of [`picture_files`].
pub fn pictures(result: &RunResult) -> Vec<String> {
    let names: Vec<&str> = picture_files(result.variants.iter().map(|one| &one.variant)).collect();
    let wanted = PICTURES.into_iter().filter(|(name, _)| names.contains(name));
    wanted.map(|(_, picture)| svg(&picture(result))).collect()
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

/// How many replications a picture is of, in its title, with the `method` of its intervals: ` (n = 10, 95 % Student)`; nothing for one replication.
fn of_runs(result: &RunResult, method: &str) -> String {
    match result.variants.iter().map(|variant| variant.outcomes.len()).max() {
        None | Some(0 | 1) => String::new(),
        Some(n) => format!(" (n = {n}{method})"),
    }
}

/// How many replications a picture is of: `means of 10 replications (seeds 1 to 10)`.
fn replications(result: &RunResult) -> String {
    let n = result.variants.iter().map(|variant| variant.outcomes.len()).max().unwrap_or(0) as u64;
    match n {
        0 | 1 => format!("seed {}", result.seed),
        n => format!("{n} replications, seeds {} to {}", result.seed, result.seed.wrapping_add(n - 1)),
    }
}
