//! How many messages were ready in each queue, over the time of the first replication.

use super::of;
use crate::experiment::RunResult;
use crate::measure::{Outcome, Unit};
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape};

/// Curves of a panel; the deepest queues are shown.
const QUEUES_MAX: usize = 6;

pub(super) fn picture(result: &RunResult) -> Picture {
    let first = |k: usize| result.variants[k].outcomes.first();
    let outcomes = || (0..result.variants.len()).filter_map(first);
    let end = outcomes().map(|outcome| outcome.end.at.as_nanos()).max().unwrap_or(0);
    let deepest = outcomes().flat_map(|outcome| &outcome.queues).map(|queue| queue.depth.max()).max();
    let x = Axis::until("virtual time", end as f64, Unit::Nanoseconds, 8);
    let y = Axis::from_zero("ready messages", deepest.unwrap_or(0) as f64, Unit::Count, 5);
    let panels: Vec<Panel> = result
        .variants
        .iter()
        .filter_map(|variant| {
            let series = variant.outcomes.first().map(curves).filter(|series| !series.is_empty())?;
            let content = Content::Curves { y: y.clone(), series, notes: Vec::new() };
            Some(Panel { title: of(result, &variant.variant.name, None), x: x.clone(), content })
        })
        .collect();
    let empty = result.variants.len() - panels.len();
    let empty = if empty > 0 && !panels.is_empty() {
        format!("; {empty} of {} variants never had any", result.variants.len())
    } else {
        String::new()
    };
    Picture {
        title: format!("{}: ready messages over time, seed {}{empty}", result.name, result.seed),
        description: "The highest number of ready messages of each queue in each short period of the first replication."
            .to_owned(),
        panels,
    }
}

/// The deepest queues that held anything, in the order of the scenario.
fn curves(outcome: &Outcome) -> Vec<Series> {
    let mut order: Vec<usize> =
        (0..outcome.queues.len()).filter(|&k| outcome.queues[k].depth.max() > 0).collect();
    order.sort_by_key(|&k| std::cmp::Reverse(outcome.queues[k].depth.max()));
    order.truncate(QUEUES_MAX);
    order.sort_unstable();
    let shape = if order.len() == 1 { Shape::Area } else { Shape::Steps };
    let curve = |k: usize| {
        let queue = &outcome.queues[k];
        let end = outcome.end.at.as_nanos() as f64;
        let mut points: Vec<Point> = queue
            .depth_series
            .points()
            .map(|(at, level)| Point::at(at.as_nanos() as f64, f64::from(level)))
            .take_while(|point| point.x <= end)
            .collect();
        points.push(Point::at(end, queue.depth.level() as f64));
        Series { name: format!("queue {}", queue.name), shape, points }
    };
    order.into_iter().map(curve).collect()
}
