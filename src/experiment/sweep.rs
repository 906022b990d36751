//! A sweep: replications of a scenario at every point of a grid, with the same seeds at each. Keeps numbers, not outcomes,
//! so that finished points can be put aside and taken up again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::run::{checked, is_known};
use super::stability::Course;
use super::{
    Origin, Replication, SimulatorBug, Unstable, WarmUp, in_order, random_parts, shell_word, theory, warm_up,
};
use crate::measure::{CATALOGUE, MeasureId, Outcome, Scope, find_in};
use crate::model::{ConsumerSpec, simulate};
use crate::scenario::{Grid, Precision};
use crate::stats::{Estimate, PILOT, looks, mean};
use crate::units::SimTime;

/// What to sweep.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// Where the scenario comes from, with the settings that hold at every point.
    pub origin: Origin,
    /// The points.
    pub grid: Grid,
    /// The seed of replication 0 at every point.
    pub seed: u64,
    /// How many replications a point has, at least 1, if no precision is asked for. A point without randomness is run once.
    pub replications: u32,
    /// Each point has as many replications as this takes.
    pub precision: Option<Precision>,
    /// What all points leave out: the longest warm-up, and the point that has it; `None` as long as nobody has looked.
    pub warm_up: Option<(usize, WarmUp)>,
}

/// One number of a replication: which measure, of which entity.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptMeasure {
    /// Which number.
    pub measure: MeasureId,
    /// The entity's name; empty for the run.
    pub entity: String,
}

/// What the replications of a point gave.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptPoint {
    /// In the order of the catalogue, then of the scenario.
    pub measures: Vec<SweptMeasure>,
    /// For each replication, a value for each of the measures; `None`: nothing was observed.
    pub values: Vec<Vec<Option<f64>>>,
    /// The queues that do not keep up in the long run.
    pub unstable: Vec<Unstable>,
}

/// The numbers of one replication, and what they are; all replications of a point have the same entities.
fn numbers(outcome: &Outcome) -> (Vec<SweptMeasure>, Vec<Option<f64>>) {
    let all = CATALOGUE.iter().flat_map(|measure| (0..measure.scope.len(outcome)).map(move |k| (measure, k)));
    let named = |(measure, k): (MeasureId, usize)| {
        let entity = measure.scope.entity(outcome, k).to_owned();
        (SweptMeasure { measure, entity }, measure.of(outcome, k))
    };
    all.map(named).unzip()
}

impl SweptPoint {
    /// A point of this plan with its numbers.
    pub fn new(
        plan: &SweepPlan,
        place: usize,
        measures: Vec<SweptMeasure>,
        values: Vec<Vec<Option<f64>>>,
    ) -> SweptPoint {
        let mut point = SweptPoint { measures, values, unstable: Vec::new() };
        point.unstable = point.find_unstable(plan, place);
        point
    }

    /// The values of one measure, one from each replication that has one.
    pub fn of_measure(&self, wanted: &SweptMeasure) -> Vec<Option<f64>> {
        let Some(at) = self.measures.iter().position(|measure| measure == wanted) else { return Vec::new() };
        self.values.iter().map(|replication| replication[at]).collect()
    }

    /// Whether this number depends on how long one looks, because its queue does not keep up.
    pub fn is_spoilt(&self, one: &SweptMeasure) -> bool {
        self.unstable.iter().any(|unstable| unstable.spoils(one.measure, &one.entity))
    }

    /// How many replications ended before the warm-up was over: no queue has a count there, nor any consumer.
    pub fn unmeasured(&self) -> usize {
        let counts = ["enqueued", "processed"];
        let is_count =
            |one: &SweptMeasure| one.measure.scope <= Scope::Queue && counts.contains(&one.measure.name);
        let places: Vec<usize> =
            (0..self.measures.len()).filter(|&at| is_count(&self.measures[at])).collect();
        let has_none = |values: &&Vec<Option<f64>>| places.iter().all(|&at| values[at].is_none());
        if places.is_empty() { 0 } else { self.values.iter().filter(has_none).count() }
    }

    /// Whether the replications say enough of the measure, for each entity that has it.
    fn is_known(&self, precision: Precision) -> bool {
        let wanted = |one: &&SweptMeasure| one.measure == precision.of;
        let values = |one| self.of_measure(one).into_iter().flatten().collect::<Vec<_>>();
        self.measures.iter().filter(wanted).all(|one| is_known(&values(one), precision))
    }

    fn find_unstable(&self, plan: &SweepPlan, place: usize) -> Vec<Unstable> {
        let scenario = &plan.grid.points[place].scenario;
        if scenario.study.is_terminating() {
            return Vec::new();
        }
        let of = |name: &str, entity: &str| {
            let measure = find_in(Scope::Queue, name);
            let one = measure.map(|measure| SweptMeasure { measure, entity: entity.to_owned() });
            one.map_or_else(Vec::new, |one| self.of_measure(&one).into_iter().flatten().collect::<Vec<f64>>())
        };
        let theory = theory(scenario);
        let thirds = self.measures.iter().filter(|one| one.measure.name == "population-last-third");
        let unstable = |one: &SweptMeasure| {
            let queue = one.entity.as_str();
            let (middles, lasts) = (of("population-middle-third", queue), of("population-last-third", queue));
            let (runs, random) = (self.values.len(), plan.is_random(place));
            let entered = mean(&of("enqueued", queue)).unwrap_or(0.0);
            let why = Course { queue, middles, lasts, entered, runs, random }.instability(theory.as_ref())?;
            let system = &scenario.system;
            let reads = |one: &&ConsumerSpec| system.queue_read_by(one) == queue;
            let consumers = system.consumers.iter().filter(reads).map(|one| one.name.clone()).collect();
            Some(Unstable { queue: queue.to_owned(), consumers, why })
        };
        thirds.filter_map(unstable).collect()
    }
}

/// All points of a sweep.
#[derive(Clone, Debug)]
pub struct SweepResult {
    /// What was swept.
    pub plan: SweepPlan,
    /// In the order of the grid.
    pub points: Vec<SweptPoint>,
}

impl SweepPlan {
    /// Whether two seeds can give two outcomes at this point.
    pub fn is_random(&self, point: usize) -> bool {
        !random_parts(&self.grid.points[point].scenario.system).is_empty()
    }

    /// After how many replications of this point one looks whether they are enough; there are no more than the last number.
    fn looks(&self, point: usize) -> Vec<usize> {
        match self.precision {
            _ if !self.is_random(point) => vec![1],
            Some(precision) => looks(precision.most as usize),
            None => vec![self.replications.max(1) as usize],
        }
    }

    /// Whether a point has all of its replications.
    pub fn is_whole(&self, place: usize, point: &SweptPoint) -> bool {
        let (looks, n) = (self.looks(place), point.values.len());
        let enough = || self.precision.is_some_and(|precision| point.is_known(precision));
        looks.last() == Some(&n) || looks.contains(&n) && enough()
    }

    /// Whether a point is as precise as was asked for; `None` where nobody asked.
    pub fn is_precise(&self, place: usize, point: &SweptPoint) -> Option<bool> {
        self.precision.map(|precision| !self.is_random(place) || point.is_known(precision))
    }

    /// The run of a point with this number; its text form replays it.
    fn replication(&self, point: usize, index: u32) -> Replication {
        let grid = &self.grid;
        let levels = grid.factors.iter().zip(grid.levels(point)).filter(|(factor, _)| !factor.is_variants);
        let settings = levels.map(|(_, (address, level))| format!("{address}={level}"));
        let origin = Origin {
            file: self.origin.file.clone(),
            overrides: self.origin.overrides.iter().cloned().chain(settings).collect(),
        };
        Replication {
            origin: Arc::new(origin),
            variant: grid.points[point].variant.clone(),
            index,
            seed: self.seed.wrapping_add(u64::from(index)),
        }
    }

    /// Finds how long the start of a steady state matters, by pilot runs where the scenario does not say; all points are
    /// measured after the longest. To be called before points are run. `progress` is told how many points are done, of how
    /// many.
    ///
    /// # Errors
    /// A pilot run that panics.
    pub fn leave_out_warm_up(
        &mut self,
        jobs: usize,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(), SimulatorBug> {
        let points = self.grid.points.len();
        for place in 0..points {
            let pilots = self.looks(place)[0].min(PILOT) as u32;
            let runs: Vec<Replication> = (0..pilots).map(|index| self.replication(place, index)).collect();
            let scenario = &mut self.grid.points[place].scenario;
            if let Some(found) = warm_up(scenario, &runs, jobs)? {
                scenario.system.arrivals_end = Some(found.arrivals_end);
                // Of those that are as long, one that never settled is told of.
                let rank = |one: &WarmUp| (one.ends, !one.is_over());
                if self.warm_up.as_ref().is_none_or(|(_, longest)| rank(&found) > rank(longest)) {
                    self.warm_up = Some((place, found));
                }
                if scenario.study.finds_warm_up() {
                    progress(place + 1, points);
                }
            }
        }
        let longest = self.warm_up.as_ref().map(|(_, found)| found.ends);
        for point in self.grid.points.iter_mut().filter(|point| !point.scenario.study.is_terminating()) {
            point.scenario.system.measured_from = longest;
        }
        Ok(())
    }

    /// From when on all points are measured; zero: from the start.
    pub fn measured_from(&self) -> SimTime {
        self.grid
            .points
            .iter()
            .filter_map(|point| point.scenario.system.measured_from)
            .max()
            .unwrap_or_default()
    }

    /// The command that runs this point by itself.
    pub fn command(&self, point: usize) -> String {
        let mut replication = self.replication(point, 0);
        if let Some((_, longest)) = &self.warm_up {
            let mut origin = (*replication.origin).clone();
            origin.overrides.push(format!("replication.warm-up={}ns", longest.ends.as_nanos()));
            replication.origin = Arc::new(origin);
        }
        let variant = replication.variant.map(|name| format!(" --variant {}", shell_word(&name)));
        let (origin, variant) = (replication.origin, variant.unwrap_or_default());
        format!("amqpsim run {origin}{variant} --seed {}{}", self.seed, self.replications_option())
    }

    /// What a command line says of the number of replications; nothing where they are as many as a precision takes.
    pub fn replications_option(&self) -> String {
        match self.precision {
            Some(_) => String::new(),
            None => format!(" --replications {}", self.replications),
        }
    }

    /// A number that differs between sweeps whose points simulate something else (FNV-1a, 64 bits).
    pub fn digest(&self) -> u64 {
        let mut digest = 0xcbf2_9ce4_8422_2325u64;
        for point in &self.grid.points {
            for byte in format!("{:?}{:?}", point.scenario.system, point.scenario.study.horizon).bytes() {
                digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        digest
    }
}

impl SweepResult {
    /// What is known of a measure at a point; `None` where no replication has a value, or where it depends on how long one
    /// looks, because its queue does not keep up.
    pub fn estimate(&self, point: usize, measure: &SweptMeasure) -> Option<Estimate> {
        if self.points[point].is_spoilt(measure) {
            return None;
        }
        let values: Vec<f64> = self.points[point].of_measure(measure).into_iter().flatten().collect();
        Estimate::of(&values, self.plan.is_random(point))
    }

    /// A point minus another one, in pairs of equal seeds.
    pub fn difference(&self, base: usize, other: usize, measure: &SweptMeasure) -> Option<Estimate> {
        if [base, other].iter().any(|&point| self.points[point].is_spoilt(measure)) {
            return None;
        }
        let (ours, theirs) = self.pairs(base, other, measure);
        let random = self.plan.is_random(base) || self.plan.is_random(other);
        Estimate::of_difference(&ours, &theirs, random)
    }

    /// The values of both points in pairs of equal seeds, those without a value left out.
    fn pairs(&self, base: usize, other: usize, measure: &SweptMeasure) -> (Vec<f64>, Vec<f64>) {
        let of = |point: usize| {
            let values = self.points[point].of_measure(measure);
            // A point without randomness has the same value in every replication.
            let n = if self.plan.is_random(point) { values.len() } else { usize::MAX };
            (values, n)
        };
        let ((ours, ours_n), (theirs, theirs_n)) = (of(base), of(other));
        let n = ours_n.min(theirs_n).min(ours.len().max(theirs.len()));
        let nth = |values: &[Option<f64>], k: usize| values.get(k).or(values.last()).copied().flatten();
        (0..n).filter_map(|k| nth(&ours, k).zip(nth(&theirs, k))).unzip()
    }

    /// The measures of all points, in the order of the catalogue; each once.
    pub fn measures(&self) -> Vec<SweptMeasure> {
        let mut all: Vec<SweptMeasure> = Vec::new();
        for measure in self.points.iter().flat_map(|point| &point.measures) {
            if !all.contains(measure) {
                all.push(measure.clone());
            }
        }
        let place = |measure: &SweptMeasure| CATALOGUE.iter().position(|row| row == measure.measure);
        all.sort_by_key(place);
        all
    }
}

/// Why a sweep stopped.
#[derive(Debug)]
pub enum SweepStop<E> {
    /// The simulator has a bug.
    Bug(SimulatorBug),
    /// Whoever was to keep a finished point could not.
    Keeping(E),
}

/// A point whose replications are under way.
struct UnderWay {
    point: usize,
    /// What it has from earlier rounds.
    so_far: SweptPoint,
    left: AtomicUsize,
    /// The replications of this round.
    numbers: Vec<Mutex<Option<Numbers>>>,
}

/// The numbers of a replication.
type Numbers = (Vec<SweptMeasure>, Vec<Option<f64>>);

impl UnderWay {
    fn new(plan: &SweepPlan, point: usize, so_far: SweptPoint) -> UnderWay {
        let had = so_far.values.len();
        let n = plan.looks(point).into_iter().find(|look| *look > had).unwrap_or(had) - had;
        let numbers = (0..n).map(|_| Mutex::new(None)).collect();
        UnderWay { point, so_far, left: AtomicUsize::new(n), numbers }
    }

    /// The point with the replications of this round, which are all done.
    fn close(&self, plan: &SweepPlan) -> SweptPoint {
        let taken =
            |slot: &Mutex<Option<Numbers>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut measures = self.so_far.measures.clone();
        let mut values = self.so_far.values.clone();
        for (named, numbers) in self.numbers.iter().filter_map(taken) {
            if measures.is_empty() {
                measures = named;
            }
            values.push(numbers);
        }
        SweptPoint::new(plan, self.point, measures, values)
    }
}

/// Runs all replications of these points on so many threads, and gives the points in their order. `keep` gets each point as
/// soon as it is finished, on any thread and in any order. `progress` is told how many runs are done, of how many, as far as
/// is known.
///
/// # Errors
/// The first run, in the order of rounds, points and replications, whose books do not balance or that panics; or what `keep`
/// says.
pub fn sweep<E: Send>(
    plan: &SweepPlan,
    points: &[usize],
    jobs: usize,
    keep: &(dyn Fn(usize, &SweptPoint) -> Result<(), E> + Sync),
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<SweptPoint>, SweepStop<E>> {
    let nothing = || SweptPoint { measures: Vec::new(), values: Vec::new(), unstable: Vec::new() };
    let mut open: Vec<UnderWay> = points.iter().map(|&point| UnderWay::new(plan, point, nothing())).collect();
    let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut swept = Vec::new();
    while !open.is_empty() {
        let runs: Vec<(&UnderWay, usize)> =
            open.iter().flat_map(|one| (0..one.numbers.len()).map(move |k| (one, k))).collect();
        let total = done.load(Ordering::Relaxed) + runs.len();
        let finished = in_order(runs.len(), jobs, |place| {
            let (one, k) = runs[place];
            if stopped.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let replication = plan.replication(one.point, (one.so_far.values.len() + k) as u32);
            let system = &plan.grid.points[one.point].scenario.system;
            let outcome =
                checked(&replication, || simulate(system, replication.seed)).map_err(SweepStop::Bug)?;
            *one.numbers[k].lock().unwrap_or_else(PoisonError::into_inner) = Some(numbers(&outcome));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            if one.left.fetch_sub(1, Ordering::AcqRel) > 1 {
                return Ok(None);
            }
            let point = one.close(plan);
            if plan.is_whole(one.point, &point) {
                keep(one.point, &point).map_err(|error| {
                    stopped.store(true, Ordering::Relaxed);
                    SweepStop::Keeping(error)
                })?;
            }
            Ok(Some((one.point, point)))
        });
        let mut next = Vec::new();
        for result in finished {
            let Some((place, point)) = result? else { continue };
            if plan.is_whole(place, &point) {
                swept.push((place, point));
            } else {
                next.push(UnderWay::new(plan, place, point));
            }
        }
        // The last replication of a point is not always the last to be done.
        next.sort_by_key(|one| one.point);
        open = next;
    }
    swept.sort_by_key(|(point, _)| *point);
    Ok(swept.into_iter().map(|(_, point)| point).collect())
}
