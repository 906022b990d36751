//! The same crash after every event of a run, or after some of them: what would be lost at each instant. One run of each
//! variant is cloned at its crash points; each clone goes on by itself and is dropped when its books are read.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::in_order::{in_order, in_order_with};
use super::run::{caught, checked};
use super::{Origin, Replication, SimulatorBug};
use crate::measure::End;
use crate::model::{Aftermath, CrashRun, FaultKind, SystemSpec, simulate};
use crate::scenario::{PlannedCrash, Variant};
use crate::units::SimTime;

/// Crash points that a thread takes on at once. A thread runs along the events between them, so few large portions would
/// leave threads idle at the end, and many small ones would cost more than they even out.
const PORTION: u64 = 64;

/// Which events of a run are crash points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Every so many events: the k-th, the 2k-th, …
    Every(NonZeroU64),
    /// So many, evenly spread, the last event among them; every event of a run that has fewer.
    AtMost(NonZeroU64),
}

impl Spread {
    /// How many crash points a run of so many events has.
    pub fn count(self, events: u64) -> u64 {
        match self {
            Spread::Every(k) => events / k,
            Spread::AtMost(n) => events.min(n.get()),
        }
    }

    /// The event of the crash point with this index, from 0 on; `count` is how many there are.
    fn event(self, index: u64, count: u64, events: u64) -> u64 {
        match self {
            Spread::Every(k) => (index + 1) * k.get(),
            Spread::AtMost(_) => (u128::from(index + 1) * u128::from(events) / u128::from(count)) as u64,
        }
    }
}

/// What to crash, and when.
#[derive(Clone, Debug)]
pub struct CrashPlan {
    /// Where the scenario comes from.
    pub origin: Origin,
    /// At least one, in the order of the file.
    pub variants: Vec<Variant>,
    /// Whether the file has variants, so that reports and commands name them.
    pub names_variants: bool,
    /// The seed of the run of each variant; `None`: the first variant's.
    pub seed: Option<u64>,
    /// What happens.
    pub crash: PlannedCrash,
    /// After which events.
    pub spread: Spread,
}

/// A crash and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrashPoint {
    /// After how many events of the run it struck.
    pub event: u64,
    /// At which instant.
    pub at: SimTime,
    /// What it changed.
    pub aftermath: Aftermath,
}

impl CrashPoint {
    /// How bad it was: confirmed messages lost, then messages lost for good, then any losses, then repetitions, then order, then
    /// mere danger.
    fn badness(&self) -> [u64; 6] {
        let what = &self.aftermath;
        [
            what.lost_though_confirmed,
            what.lost_for_good,
            what.lost(),
            what.processed_again + what.came_back,
            what.out_of_order,
            what.in_doubt,
        ]
    }
}

/// The crash points of one variant.
#[derive(Clone, Debug, PartialEq)]
pub struct VariantCrashes {
    /// The variant's name and scenario.
    pub variant: Variant,
    /// The run that was struck; its text form tells it.
    pub replication: Replication,
    /// How the run ends if nothing strikes it.
    pub end: End,
    /// In order of events.
    pub points: Vec<CrashPoint>,
}

impl VariantCrashes {
    /// The worst crash point, the first of equally bad ones; `None` without any.
    pub fn worst(&self) -> Option<&CrashPoint> {
        // Of several equal maxima, the iterator gives the last: here the first.
        self.points.iter().rev().max_by_key(|point| point.badness())
    }
}

/// Everything that a sweep over crash points gives. Plain data: reports are functions of it.
#[derive(Clone, Debug)]
pub struct CrashPoints {
    /// Where the scenario comes from.
    pub origin: Arc<Origin>,
    /// The scenario's name.
    pub name: String,
    /// The seed of every run.
    pub seed: u64,
    /// Whether the file has variants, so that reports and commands name them.
    pub names_variants: bool,
    /// What happened.
    pub crash: PlannedCrash,
    /// After which events.
    pub spread: Spread,
    /// In the order of the file.
    pub variants: Vec<VariantCrashes>,
}

/// Runs each variant once to its end, so that it is known which crash points there are; they are not struck yet. Results
/// do not depend on the number of threads, `jobs`.
///
/// # Errors
/// The first run whose books do not balance or that panics.
pub fn undisturbed(plan: &CrashPlan, jobs: usize) -> Result<CrashPoints, SimulatorBug> {
    let first = &plan.variants.first().expect("a plan has a variant").scenario;
    let seed = plan.seed.unwrap_or(first.seed);
    let origin = Arc::new(plan.origin.clone());
    let ends = in_order(plan.variants.len(), jobs, |k| {
        let variant = &plan.variants[k];
        let replication = Replication {
            origin: Arc::clone(&origin),
            variant: plan.names_variants.then(|| variant.name.clone()),
            index: 0,
            seed,
        };
        let outcome = checked(&replication, || simulate(&variant.scenario.system, seed))?;
        Ok(VariantCrashes { variant: variant.clone(), replication, end: outcome.end, points: Vec::new() })
    });
    Ok(CrashPoints {
        name: first.name.clone(),
        seed,
        names_variants: plan.names_variants,
        crash: plan.crash.clone(),
        spread: plan.spread,
        variants: ends.into_iter().collect::<Result<_, _>>()?,
        origin,
    })
}

/// Strikes every crash point on so many threads. `progress` is told how many are done, of how many.
///
/// # Errors
/// The first crash point, in the order of variants and events, after which the books do not balance or something panics.
pub fn strike_all(
    mut result: CrashPoints,
    jobs: usize,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<CrashPoints, SimulatorBug> {
    let courses: Vec<Course> =
        result.variants.iter().map(|variant| Course::new(variant, &result.crash, result.spread)).collect();
    let portions: Vec<(usize, Range<u64>)> = courses.iter().enumerate().flat_map(Course::portions).collect();
    let total = courses.iter().map(|course| course.count as usize).sum();
    let done = AtomicUsize::new(0);
    let struck = in_order_with(
        portions.len(),
        jobs,
        || None,
        |runner: &mut Option<Runner>, portion| {
            let (k, range) = portions[portion].clone();
            let course = &courses[k];
            let mut here = runner.take().filter(|here| here.course == k).unwrap_or_else(|| course.runner(k));
            let points = here.strike(course, range.clone());
            *runner = points.is_ok().then_some(here);
            let n = (range.end - range.start) as usize;
            progress(done.fetch_add(n, Ordering::Relaxed) + n, total);
            points
        },
    );
    drop(courses);
    for (points, (k, _)) in struck.into_iter().zip(&portions) {
        result.variants[*k].points.extend(points?);
    }
    Ok(result)
}

/// What the crash points of one variant have in common.
struct Course {
    spec: Arc<SystemSpec>,
    replication: Replication,
    faults: Vec<FaultKind>,
    spread: Spread,
    /// How many crash points there are, in a run of so many events.
    count: u64,
    events: u64,
}

impl Course {
    fn new(variant: &VariantCrashes, crash: &PlannedCrash, spread: Spread) -> Self {
        let events = variant.end.events;
        Course {
            spec: Arc::new(variant.variant.scenario.system.clone()),
            faults: crash.faults(&variant.variant.scenario.system),
            replication: variant.replication.clone(),
            spread,
            count: spread.count(events),
            events,
        }
    }

    /// A run at its start; `place` is that of the course.
    fn runner(&self, place: usize) -> Runner {
        Runner { course: place, run: CrashRun::new(&self.spec, self.replication.seed, self.faults.clone()) }
    }

    /// Its crash points in portions for threads, each with the place of the course.
    fn portions((place, course): (usize, &Course)) -> impl Iterator<Item = (usize, Range<u64>)> {
        let (count, step) = (course.count, PORTION);
        (0..count.div_ceil(step)).map(move |k| (place, k * step..count.min((k + 1) * step)))
    }
}

/// A run that goes from crash point to crash point.
struct Runner {
    /// The place of its course.
    course: usize,
    run: CrashRun,
}

impl Runner {
    /// Strikes the crash points with these indices, of which none was passed before.
    fn strike(&mut self, course: &Course, indices: Range<u64>) -> Result<Vec<CrashPoint>, SimulatorBug> {
        indices
            .map(|index| {
                let event = course.spread.event(index, course.count, course.events);
                let struck = caught(&course.replication, || self.run.strike_after(event));
                let bug = |what: &str| SimulatorBug {
                    replication: course.replication.clone(),
                    what: format!("struck right after event {event}: {what}"),
                };
                match struck {
                    Ok(Ok((at, aftermath))) => Ok(CrashPoint { event, at, aftermath }),
                    Ok(Err(unbalanced)) => Err(bug(&unbalanced.to_string())),
                    Err(panic) => Err(bug(&panic.what)),
                }
            })
            .collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::measure::EndReason;
    use crate::model::Losses;

    /// A crash at this instant that loses so many confirmed messages.
    pub(crate) fn crash_point(at: u64, lost_though_confirmed: u64) -> CrashPoint {
        let aftermath = Aftermath {
            node: None,
            in_doubt: 0,
            losses: Losses::default(),
            lost_anyway: 0,
            lost_though_confirmed,
            lost_for_good: 0,
            republished: 0,
            duplicated: 0,
            processed_again: 0,
            came_back: 0,
            out_of_order: 0,
            unfinished: 0,
            end: EndReason::Drained,
        };
        CrashPoint { event: at, at: SimTime::from_nanos(at), aftermath }
    }

    fn events(spread: Spread, events: u64) -> Vec<u64> {
        let count = spread.count(events);
        (0..count).map(|index| spread.event(index, count, events)).collect()
    }

    #[test]
    fn crash_points_are_spread_as_asked() {
        let number = |n| NonZeroU64::new(n).unwrap();
        assert_eq!(events(Spread::Every(number(1)), 3), [1, 2, 3]);
        assert_eq!(events(Spread::Every(number(4)), 11), [4, 8]);
        assert!(events(Spread::Every(number(4)), 3).is_empty());
        assert_eq!(events(Spread::AtMost(number(4)), 10), [2, 5, 7, 10]);
        assert_eq!(events(Spread::AtMost(number(9)), 3), [1, 2, 3]);
        assert!(events(Spread::AtMost(number(9)), 0).is_empty());
    }
}
