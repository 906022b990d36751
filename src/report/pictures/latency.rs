//! How long messages took: for each time, the share of messages that took longer.

use super::{of, of_runs, replications};
use crate::experiment::{RunResult, VariantResult};
use crate::measure::{Scope, Unit, find_in};
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape};
use crate::report::{dispatch, numbers};
use crate::stats::Histogram;

/// Curves of a panel; the CSV file has percentiles of all.
const CURVES_MAX: usize = 8;
/// Points of a curve for each factor of ten in the share that takes longer.
const POINTS: u32 = 20;
/// Shares below this are not shown.
const DECADES: u32 = 5;
const PARTS: u64 = 1_000_000;

pub(super) fn picture(result: &RunResult) -> Picture {
    let mut panels: Vec<(String, Vec<Series>)> = Vec::new();
    if let [only] = result.variants.as_slice() {
        for (queue, name) in queues(result) {
            let mut series = of_consumers(only, queue);
            series.truncate(CURVES_MAX);
            panels.push((
                format!("{}{}", of(result, &only.variant.name, Some(&name)), p95(only, queue)),
                series,
            ));
        }
    } else {
        for (queue, name) in queues(result) {
            let series = result.variants.iter().filter_map(|variant| {
                let name = format!(
                    "{}{}",
                    variant.variant.name,
                    dispatch::in_title(Some(&variant.variant.scenario))
                );
                Some(Series { name, ..curve(&pooled(variant, queue, None))? })
            });
            panels.push((format!("queue {name}"), series.take(CURVES_MAX).collect()));
        }
    }
    Picture {
        title: format!("{}: how long messages take{}", result.name, of_runs(result, " replications")),
        description: format!(
            "The share of messages that take longer, by time, all messages of {}.",
            replications(result)
        ),
        panels: survival(panels, "time from publish to the end of processing", "share that takes longer"),
    }
}

/// Panels of curves for the share that takes longer than a time, all on the same scales; those without a curve are left out.
pub(super) fn survival(
    mut panels: Vec<(String, Vec<Series>)>,
    time: &'static str,
    share: &'static str,
) -> Vec<Panel> {
    panels.retain(|(_, series)| !series.is_empty());
    let times = || {
        panels.iter().flat_map(|(_, series)| series).flat_map(|series| &series.points).map(|point| point.x)
    };
    let (low, high) = times().fold((f64::INFINITY, 0.0f64), |(low, high), x| (low.min(x), high.max(x)));
    let deepest = panels.iter().flat_map(|(_, series)| series).flat_map(|series| &series.points);
    let deepest = deepest.map(|point| point.y).fold(-1.0, f64::min);
    let panel = |(title, series): (String, Vec<Series>)| Panel {
        title,
        x: Axis::logarithmic(time, (libm::pow(10.0, low), libm::pow(10.0, high)), Unit::Nanoseconds),
        content: Content::Curves {
            y: Axis::logarithmic(share, (libm::pow(10.0, deepest), 1.0), Unit::Share),
            series,
            notes: Vec::new(),
        },
    };
    panels.into_iter().map(panel).collect()
}

/// Queues of the first variant that have consumers.
fn queues(result: &RunResult) -> Vec<(usize, String)> {
    let Some(outcome) = result.variants.first().and_then(|variant| variant.outcomes.first()) else {
        return Vec::new();
    };
    let has_consumers = |queue: usize| outcome.consumers.iter().any(|one| one.queue == queue);
    let queues = outcome.queues.iter().enumerate().filter(|(k, _)| has_consumers(*k));
    queues.map(|(k, queue)| (k, queue.name.clone())).collect()
}

fn of_consumers(variant: &VariantResult, queue: usize) -> Vec<Series> {
    let Some(outcome) = variant.outcomes.first() else { return Vec::new() };
    let consumers = outcome.consumers.iter().enumerate().filter(|(_, one)| one.queue == queue);
    let curve = |(k, name): (usize, &String)| {
        Some(Series { name: name.clone(), ..curve(&pooled(variant, queue, Some(k)))? })
    };
    consumers.map(|(k, one)| (k, &one.name)).filter_map(curve).collect()
}

/// The times of all replications together, of one consumer or of all.
fn pooled(variant: &VariantResult, queue: usize, consumer: Option<usize>) -> Histogram {
    let mut all = Histogram::default();
    for outcome in &variant.outcomes {
        let consumers = outcome.consumers.iter().enumerate();
        for (_, one) in
            consumers.filter(|(k, one)| one.queue == queue && consumer.is_none_or(|wanted| wanted == *k))
        {
            all.merge(&one.sojourn);
        }
    }
    all
}

/// Decimal logarithms of times, and of the shares that take longer.
pub(super) fn curve(times: &Histogram) -> Option<Series> {
    let n = times.count();
    let shares = (0..=DECADES * POINTS).map(|k| libm::pow(10.0, -f64::from(k) / f64::from(POINTS)));
    let points: Vec<Point> = shares
        .take_while(|share| share * n as f64 >= 1.0)
        .filter_map(|share| {
            let below = PARTS - (share * PARTS as f64) as u64;
            let time = times.quantile(below, PARTS)?.max(1) as f64;
            Some(Point::at(libm::log10(time), libm::log10(share)))
        })
        .collect();
    (n > 0).then_some(Series { name: String::new(), shape: Shape::Steps, points })
}

/// The 95th percentile of the queue with its interval.
fn p95(variant: &VariantResult, queue: usize) -> String {
    let estimate = find_in(Scope::Queue, "sojourn-p95").and_then(|measure| variant.estimate(measure, queue));
    estimate.map_or_else(String::new, |one| {
        format!(": 95th percentile ≈{}", numbers::estimate(&one, Unit::Nanoseconds))
    })
}
