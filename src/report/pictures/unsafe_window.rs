//! How long messages were unsafe: for each time, the share of a queue's messages that a crash could have taken for longer.

use super::latency::{curve, survival};
use super::{of, replications};
use crate::experiment::{RunResult, VariantResult};
use crate::measure::Safety;
use crate::report::plot::{Picture, Series};
use crate::stats::Histogram;

/// Panels of a picture: the queues that keep most; the CSV file has percentiles of all.
const PANELS_MAX: usize = 12;

/// What of a queue's messages is counted.
type Window = fn(&Safety) -> &Histogram;

const WINDOWS: [(&str, Window); 3] = [
    ("until safe from a process crash", |safety| &safety.until_written),
    ("until safe from a power failure", |safety| &safety.until_stable),
    ("confirmed, not safe from a power failure", |safety| &safety.confirmed_until_stable),
];

pub(super) fn picture(result: &RunResult) -> Picture {
    let mut queues: Vec<(u64, &VariantResult, usize)> = Vec::new();
    for variant in &result.variants {
        let many = variant.outcomes.first().map_or(0, |outcome| outcome.queues.len());
        let kept = |queue: usize| variant.outcomes.iter().map(|it| it.queues[queue].safety.kept).sum::<u64>();
        queues.extend((0..many).map(|queue| (kept(queue), variant, queue)).filter(|(kept, ..)| *kept > 0));
    }
    if queues.len() > PANELS_MAX {
        let mut most: Vec<u64> = queues.iter().map(|(kept, ..)| *kept).collect();
        most.sort_unstable_by(|a, b| b.cmp(a));
        queues.retain(|(kept, ..)| *kept >= most[PANELS_MAX - 1]);
        queues.truncate(PANELS_MAX);
    }
    let panels = queues.into_iter().map(|(_, variant, queue)| {
        let name = &variant.outcomes[0].queues[queue].name;
        let series = WINDOWS.iter().filter_map(|(words, window)| {
            let mut series = curve(&pooled(variant, queue, *window))?;
            // What was safe at once is in no curve: a logarithm has no 0.
            series.points.retain(|point| point.x > 0.0);
            (!series.points.is_empty()).then(|| Series { name: (*words).to_owned(), ..series })
        });
        (of(result, &variant.variant.name, Some(name)), series.collect())
    });
    Picture {
        title: format!("{}: how long messages are unsafe", result.name),
        description: format!(
            "The share of messages that are unsafe for longer, by time, all messages of {} that became safe. Those that never did \
             are counted in the CSV file.",
            replications(result)
        ),
        panels: survival(panels.collect(), "time", "share that is unsafe for longer"),
    }
}

/// The times of all replications together.
fn pooled(variant: &VariantResult, queue: usize, window: Window) -> Histogram {
    let mut all = Histogram::default();
    for outcome in &variant.outcomes {
        all.merge(window(&outcome.queues[queue].safety));
    }
    all
}
