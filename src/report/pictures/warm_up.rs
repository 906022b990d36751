//! How a warm-up was found: the number of messages in all queues over time in the pilot runs, and where MSER-5 cuts.

use super::of;
use crate::experiment::{FoundBy, RunResult, SweepPlan, WarmUp};
use crate::measure::Unit;
use crate::report::plot::{Axis, Content, Panel, Picture, Point, Series, Shape, svg};
use crate::units::SimTime;

/// Looks at a pilot run that make one batch, as MSER-5 has them.
const BATCH: usize = 5;
/// Batches on each side of one that the moving mean takes in (Welch).
const WINDOW: usize = 10;

pub(super) fn picture(result: &RunResult) -> Picture {
    let panels = result.variants.iter().filter_map(|variant| {
        let system = &variant.variant.scenario.system;
        let title = of(result, &variant.variant.name, None);
        panel(title, variant.warm_up.as_ref()?, system.measured_from.unwrap_or_default())
    });
    named(&result.name, panels.collect())
}

/// The longest warm-up of a sweep as the text of an SVG file, if pilot runs have found it; `called` is what a point is called.
pub fn warm_up_svg(plan: &SweepPlan, called: impl Fn(usize) -> String) -> Option<String> {
    let (point, warm_up) = plan.warm_up.as_ref()?;
    let scenario = &plan.grid.points[*point].scenario;
    let system = &scenario.system;
    let panel = panel(called(*point), warm_up, system.measured_from.unwrap_or_default())?;
    Some(svg(&named(&scenario.name, vec![panel])))
}

fn named(name: &str, panels: Vec<Panel>) -> Picture {
    Picture {
        title: format!("{name}: where the warm-up ends (MSER-5)"),
        description: "The mean number of messages in all queues, ready and unacknowledged, over the time of the pilot runs, and where \
                      measuring begins."
            .to_owned(),
        panels,
    }
}

/// The panel of one warm-up; `None` where the scenario gives it.
fn panel(title: String, warm_up: &WarmUp, measured_from: SimTime) -> Option<Panel> {
    let FoundBy::PilotRuns { runs, settled, populations, looks } = &warm_up.how else { return None };
    let batches: Vec<f64> =
        populations.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    let distance = warm_up.arrivals_end.as_nanos() as f64 / f64::from(*looks);
    let at = |batch: usize| (batch * BATCH) as f64 * distance;
    let curve = |name: String, shape, values: &[f64]| {
        let points = values.iter().enumerate().map(|(k, value)| Point::at(at(k), *value)).collect();
        Series { name, shape, points }
    };
    let highest = batches.iter().copied().fold(0.0, f64::max);
    let words = if *settled { "warm-up ends" } else { "not settled: half is left out" };
    let mut notes = vec![(warm_up.ends.as_nanos() as f64, words.to_owned())];
    if measured_from > warm_up.ends {
        notes.push((measured_from.as_nanos() as f64, "measured from here: the longest of all".to_owned()));
    }
    let series = vec![
        curve(format!("mean of {runs} pilot runs, in batches of 5"), Shape::Steps, &batches),
        curve(format!("moving mean of {} batches", 2 * WINDOW + 1), Shape::Broken, &moving_means(&batches)),
    ];
    let title = if title.is_empty() { title } else { format!("{title}: warm-up until {}", warm_up.ends) };
    Some(Panel {
        title,
        x: Axis::until(
            "virtual time",
            warm_up.arrivals_end.max(measured_from).as_nanos() as f64,
            Unit::Nanoseconds,
            8,
        ),
        content: Content::Curves {
            y: Axis::from_zero("messages in all queues", highest, Unit::Ratio, 5),
            series,
            notes,
        },
    })
}

/// The mean of each value and as many on both sides, [`WINDOW`] at most, as there are on both.
fn moving_means(values: &[f64]) -> Vec<f64> {
    let mean = |k: usize| {
        let reach = WINDOW.min(k).min(values.len() - 1 - k);
        let around = &values[k - reach..=k + reach];
        around.iter().sum::<f64>() / around.len() as f64
    };
    (0..values.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moving_mean_takes_in_as_much_on_both_sides() {
        let values: Vec<f64> = (0..30).map(f64::from).collect();
        // A straight line stays one, to its ends.
        assert!(moving_means(&values).iter().zip(&values).all(|(mean, value)| (mean - value).abs() < 1e-9));
        assert_eq!(moving_means(&[1.0, 5.0, 0.0]), [1.0, 2.0, 0.0]);
        assert!(moving_means(&[]).is_empty());
    }

    #[test]
    fn a_warm_up_that_is_given_has_no_picture_and_one_that_is_found_has_its_cut() {
        let ends = SimTime::from_nanos(20_000_000_000);
        let end = SimTime::from_nanos(100_000_000_000);
        assert!(
            panel(String::new(), &WarmUp { ends, arrivals_end: end, how: FoundBy::Given }, ends).is_none()
        );
        let populations = (0..1000).map(|k| f64::from(k.min(200)) / 40.0).collect();
        let how = FoundBy::PilotRuns { runs: 10, settled: true, populations, looks: 1000 };
        let panel = panel(String::new(), &WarmUp { ends, arrivals_end: end, how }, end).unwrap();
        let Content::Curves { series, notes, y } = panel.content else { panic!("it has curves") };
        assert_eq!((series[0].points.len(), notes.len()), (200, 2));
        assert_eq!((notes[0].0, y.high), (2e10, 5.0));
    }
}
