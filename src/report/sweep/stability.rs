//! The points of a sweep at which a queue does not keep up.

use super::WIDTH;
use crate::experiment::{SweepResult, SweptPoint};
use crate::report::numbers::counted;
use crate::report::theory::reason;
use crate::report::wrap::wrap;

/// Points that are named one by one; `sweep.json` has all.
const NAMED: usize = 6;

/// What is said of them, with what each point is called; nothing where all queues keep up.
pub(in crate::report) fn unstable(result: &SweepResult, called: impl Fn(usize) -> String) -> String {
    let all: Vec<(usize, String)> = result
        .points
        .iter()
        .enumerate()
        .flat_map(|(point, swept)| swept.unstable.iter().map(move |one| (point, one)))
        .map(|(point, one)| (point, format!("queue `{}`: {}", one.queue, reason(one))))
        .collect();
    let mut text = unmeasured(result, &called);
    let points = result.points.iter().filter(|point| !point.unstable.is_empty()).count() as u64;
    if points == 0 {
        return text;
    }
    let named = all.iter().take(NAMED).map(|(point, why)| format!("{}, {why}", called(*point)));
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; {more} more are in the JSON file") } else { String::new() };
    let said = format!(
        "at {} a queue does not keep up: {}{more}. It has no long run there; its waits and depths depend on how long one looks \
         and are not averaged",
        counted(points, "point"),
        named.collect::<Vec<_>>().join("; "),
    );
    text += &format!("{}\n\n", wrap("unstable: ", 10, &said, WIDTH).join("\n"));
    text
}

/// The points at which runs ended before the warm-up was over, or nothing.
fn unmeasured(result: &SweepResult, called: impl Fn(usize) -> String) -> String {
    let short = |(place, point): (usize, &SweptPoint)| {
        let (some, all) = (point.unmeasured(), point.values.len());
        (some > 0).then(|| format!("{} ({some} of {})", called(place), counted(all as u64, "run")))
    };
    let all: Vec<String> = result.points.iter().enumerate().filter_map(short).collect();
    if all.is_empty() {
        return String::new();
    }
    let more = all.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let said = format!(
        "runs ended before the warm-up of {} was over, so that nothing was measured: {}{more}. Measures of consumers, queues and \
         latencies have no value there; a longer `duration` or a shorter `warm-up` helps, or a producer that goes on",
        result.plan.measured_from(),
        all.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "),
    );
    format!("{}\n\n", wrap("warning: ", 9, &said, WIDTH).join("\n"))
}
