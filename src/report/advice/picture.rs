//! The prefetch curve, and what it costs in latency and fairness.

use super::{count, estimate};
use crate::experiment::Advice;
use crate::measure::{Scope, Unit, find_in};
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape, levels, svg};
use crate::report::{dispatch, numbers};
use crate::stats::Estimate;

/// The picture as the text of an SVG file.
pub fn advice_svg(advice: &Advice) -> String {
    let mut panels = vec![throughput(advice)];
    // A single consumer shares with nobody.
    let has_values = |name: &&str| (0..advice.counts.len()).any(|at| estimate(advice, at, name).is_some());
    let others = ["sojourn-p95", "jain-busy"].into_iter().filter(has_values);
    panels.extend(others.map(|name| measured(advice, name)));
    svg(&Picture {
        title: format!(
            "{}: queue {} by prefetch count{}",
            advice.plan.scenario.name,
            advice.plan.queue,
            dispatch::in_title(Some(&advice.plan.scenario))
        ),
        description: format!(
            "Advised is a prefetch count of {}; the best throughput is at {}.",
            count(advice, advice.advised),
            count(advice, advice.best)
        ),
        panels,
    })
}

/// Places of the counts on their axis.
fn counts(advice: &Advice) -> (Axis, Vec<f64>) {
    let named: Vec<(String, Option<f64>)> =
        (0..advice.counts.len()).map(|at| (count(advice, at), advice.counts[at].map(f64::from))).collect();
    levels("prefetch count", &named)
}

/// The throughput, and what it cannot exceed.
pub(super) fn throughput(advice: &Advice) -> Panel {
    let mut panel = measured(advice, "throughput");
    let (_, places) = counts(advice);
    let limits = advice.limits.iter().zip(&places).filter_map(|(limit, &x)| Some(Point::at(x, (*limit)?)));
    let limits: Vec<Point> = limits.collect();
    if let Content::Curves { y, series, notes } = &mut panel.content {
        let highest = limits.iter().map(|point| point.y).fold(y.high, f64::max);
        *y = Axis::from_zero("throughput", highest, Unit::PerSecond, 5);
        series.push(Series { name: "at most".to_owned(), shape: Shape::Broken, points: limits });
        notes.push((places[advice.advised], format!("advised: {}", count(advice, advice.advised))));
        let knee = advice.knee.as_ref().map(Estimate::value).filter(|knee| *knee > 1.0);
        let is_numbered = advice.counts.iter().flatten().count() > 1;
        if let Some(knee) = knee.filter(|_| is_numbered) {
            let last = advice.counts.iter().flatten().max().copied().unwrap_or(1);
            // The axis is that of the counts, which is logarithmic from a ratio of 8 on.
            let at = if last >= 8 { libm::log2(knee) } else { knee };
            notes.push((at, format!("knee: {}", numbers::quantity(knee, Unit::Ratio))));
        }
    }
    panel
}

/// A measure of the queue at each count, with its intervals.
fn measured(advice: &Advice, name: &str) -> Panel {
    let (x, places) = counts(advice);
    let point = |(at, &x): (usize, &f64)| {
        let estimate = estimate(advice, at, name)?;
        let interval = estimate.possible_ends().filter(|(low, high)| high > low);
        Some(Point { x, y: estimate.value(), interval })
    };
    let points: Vec<Point> = places.iter().enumerate().filter_map(point).collect();
    let highest =
        points.iter().map(|point| point.interval.map_or(point.y, |(_, high)| high)).fold(0.0, f64::max);
    let unit = find_in(Scope::Queue, name).map_or(Unit::Ratio, |measure| measure.unit);
    let y = Axis::from_zero(name, highest, unit, 5);
    let has_intervals = points.iter().any(|point| point.interval.is_some());
    let n = match crate::report::sweep::replications(&advice.result) {
        Some((fewest, most)) if fewest < most => format!("{fewest} to {most}"),
        Some((n, _)) => n.to_string(),
        None => String::new(),
    };
    let legend = if has_intervals {
        format!("measured, with 95 % intervals (Student, n = {n})")
    } else {
        "measured".to_owned()
    };
    let series = vec![Series { name: legend, shape: Shape::Line, points }];
    let words = match name {
        "throughput" => "messages finished a second",
        "sojourn-p95" => "95th percentile of the time from publish to the end of processing",
        _ => "Jain's index of the consumers' busy times",
    };
    let spoilt = |at: &usize| {
        super::measure(advice, name).is_some_and(|one| advice.result.points[*at].is_spoilt(&one))
    };
    let unstable = (0..advice.counts.len()).filter(spoilt);
    let notes = unstable.map(|at| (places[at], "unstable: no mean".to_owned())).collect();
    Panel { title: words.to_owned(), x, content: Content::Curves { y, series, notes } }
}
