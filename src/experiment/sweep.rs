//! A sweep: replications of a scenario at every point of a grid, with the same seeds at each. Keeps numbers, not outcomes,
//! so that finished points can be put aside and taken up again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::run::checked;
use super::{Origin, Replication, SimulatorBug, in_order, random_parts, shell_word, warm_up};
use crate::measure::{CATALOGUE, MeasureId, Outcome};
use crate::model::{SystemSpec, simulate};
use crate::scenario::Grid;
use crate::stats::Estimate;
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
    /// How many replications a point has, at least 1. A point without randomness is run once.
    pub replications: u32,
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
}

impl SweptPoint {
    /// All numbers of all replications; they have the same entities.
    fn of(outcomes: &[Outcome]) -> SweptPoint {
        let first = outcomes.first();
        let entities = |measure: MeasureId| first.map_or(0, |outcome| measure.scope.len(outcome));
        let all: Vec<(MeasureId, usize)> = CATALOGUE
            .iter()
            .flat_map(|measure| (0..entities(measure)).map(move |entity| (measure, entity)))
            .collect();
        let name = |(measure, entity): &(MeasureId, usize)| SweptMeasure {
            measure,
            entity: first.map_or("", |outcome| measure.scope.entity(outcome, *entity)).to_owned(),
        };
        let values = |outcome: &Outcome| {
            all.iter().map(|(measure, entity)| (measure.value)(outcome, *entity)).collect()
        };
        SweptPoint { measures: all.iter().map(name).collect(), values: outcomes.iter().map(values).collect() }
    }

    /// The values of one measure, one from each replication that has one.
    pub fn of_measure(&self, wanted: &SweptMeasure) -> Vec<Option<f64>> {
        let Some(at) = self.measures.iter().position(|measure| measure == wanted) else { return Vec::new() };
        self.values.iter().map(|replication| replication[at]).collect()
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

    /// How many replications this point has.
    pub fn replications_of(&self, point: usize) -> u32 {
        if self.is_random(point) { self.replications } else { 1 }
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

    /// What is simulated at a point, measured after its warm-up.
    fn system(&self, point: usize) -> Result<SystemSpec, SimulatorBug> {
        let scenario = &self.grid.points[point].scenario;
        let mut system = scenario.system.clone();
        let replications: Vec<Replication> =
            (0..self.replications_of(point)).map(|index| self.replication(point, index)).collect();
        if let Some(warm_up) = warm_up(scenario, &replications, 1)? {
            system.measured_from = warm_up.ends;
        }
        Ok(system)
    }

    /// Finds how long the start of a steady state matters, by pilot runs where the scenario does not say; all points are
    /// measured after the longest.
    ///
    /// # Errors
    /// A pilot run that panics.
    pub fn leave_out_warm_up(&mut self, jobs: usize) -> Result<(), SimulatorBug> {
        let mut longest = None;
        for place in 0..self.grid.points.len() {
            let runs: Vec<Replication> =
                (0..self.replications_of(place)).map(|index| self.replication(place, index)).collect();
            let found = warm_up(&self.grid.points[place].scenario, &runs, jobs)?;
            longest = longest.max(found.map(|found| found.ends));
        }
        for point in self.grid.points.iter_mut().filter(|point| !point.scenario.study.is_terminating()) {
            point.scenario.system.measured_from = longest.unwrap_or_default();
        }
        Ok(())
    }

    /// From when on all points are measured; zero: from the start.
    pub fn measured_from(&self) -> SimTime {
        self.grid.points.iter().map(|point| point.scenario.system.measured_from).max().unwrap_or_default()
    }

    /// The command that runs this point by itself.
    pub fn command(&self, point: usize) -> String {
        let replication = self.replication(point, 0);
        let variant = replication.variant.map(|name| format!(" --variant {}", shell_word(&name)));
        let (origin, variant) = (replication.origin, variant.unwrap_or_default());
        format!("amqpsim run {origin}{variant} --seed {} --replications {}", self.seed, self.replications)
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
    /// What is known of a measure at a point; `None` where no replication has a value.
    pub fn estimate(&self, point: usize, measure: &SweptMeasure) -> Option<Estimate> {
        let values: Vec<f64> = self.points[point].of_measure(measure).into_iter().flatten().collect();
        Estimate::of(&values, self.plan.is_random(point))
    }

    /// A point minus another one, in pairs of equal seeds.
    pub fn difference(&self, base: usize, other: usize, measure: &SweptMeasure) -> Option<Estimate> {
        let (ours, theirs) = self.pairs(base, other, measure);
        let random = self.plan.is_random(base) || self.plan.is_random(other);
        Estimate::of_difference(&ours, &theirs, random)
    }

    /// The values of both points in pairs of equal seeds, those without a value left out.
    fn pairs(&self, base: usize, other: usize, measure: &SweptMeasure) -> (Vec<f64>, Vec<f64>) {
        let (ours, theirs) = (self.points[base].of_measure(measure), self.points[other].of_measure(measure));
        let n = ours.len().max(theirs.len());
        // A point without randomness has the same value in every replication.
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
    /// What is simulated, once its warm-up is known.
    system: OnceLock<Result<SystemSpec, SimulatorBug>>,
    left: AtomicUsize,
    outcomes: Vec<Mutex<Option<Outcome>>>,
}

/// Runs all replications of these points on so many threads, and gives the points in their order. `keep` gets each point as
/// soon as it is finished, on any thread and in any order. `progress` is told how many runs are done, of how many.
///
/// # Errors
/// The first run, in the order of points and replications, whose books do not balance or that panics; or what `keep` says.
pub fn sweep<E: Send>(
    plan: &SweepPlan,
    points: &[usize],
    jobs: usize,
    keep: &(dyn Fn(usize, &SweptPoint) -> Result<(), E> + Sync),
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<SweptPoint>, SweepStop<E>> {
    let under_way: Vec<UnderWay> = points
        .iter()
        .map(|&point| {
            let n = plan.replications_of(point) as usize;
            let outcomes = (0..n).map(|_| Mutex::new(None)).collect();
            UnderWay { point, system: OnceLock::new(), left: AtomicUsize::new(n), outcomes }
        })
        .collect();
    let runs: Vec<(&UnderWay, usize)> =
        under_way.iter().flat_map(|one| (0..one.outcomes.len()).map(move |k| (one, k))).collect();
    let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let finished = in_order(runs.len(), jobs, |place| {
        let (one, k) = runs[place];
        if stopped.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let replication = plan.replication(one.point, k as u32);
        let system = one.system.get_or_init(|| plan.system(one.point));
        let system = system.as_ref().map_err(|bug| SweepStop::Bug(bug.clone()))?;
        let outcome = checked(&replication, || simulate(system, replication.seed)).map_err(SweepStop::Bug)?;
        *one.outcomes[k].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, runs.len());
        if one.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return Ok(None);
        }
        let taken =
            |slot: &Mutex<Option<Outcome>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let outcomes: Vec<Outcome> = one.outcomes.iter().filter_map(taken).collect();
        let point = SweptPoint::of(&outcomes);
        keep(one.point, &point).map_err(|error| {
            stopped.store(true, Ordering::Relaxed);
            SweepStop::Keeping(error)
        })?;
        Ok(Some((one.point, point)))
    });
    let mut swept = Vec::new();
    for result in finished {
        swept.extend(result?);
    }
    // The last replication of a point is not always the last to be done.
    swept.sort_by_key(|(point, _)| *point);
    Ok(swept.into_iter().map(|(_, point)| point).collect())
}
