//! The warm-up of a steady state, found by pilot runs before anything is measured.

use super::run::caught;
use super::{Replication, SimulatorBug, in_order};
use crate::model::{ProducerSpec, SystemSpec, arrivals_end, populations};
use crate::scenario::{Horizon, Scenario};
use crate::stats::{self, PILOT, mser_5};
use crate::units::SimTime;

/// Looks at a pilot run; batches of five, so that 200 are left.
const LOOKS: u32 = 1000;

/// So many of them are left out at least. In a mean of few runs a rise of some percent drowns in what it varies by, and MSER-5 finds
/// nothing; means are too low all the same, and their intervals hold the truth less often than they say.
const LEFT_OUT_MIN: usize = 50;

/// How long the start of a run matters, and how one knows.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmUp {
    /// Measures may begin here.
    pub ends: SimTime,
    /// Up to here messages come, in every pilot run: there is no long run afterwards. The scenario's duration if they come as long
    /// as that.
    pub arrivals_end: SimTime,
    /// How one knows.
    pub how: FoundBy,
}

/// How a warm-up is known.
#[derive(Clone, Debug, PartialEq)]
pub enum FoundBy {
    /// The scenario says so.
    Given,
    /// MSER-5, by the number of messages in all queues, averaged over pilot runs.
    PilotRuns {
        /// How many runs.
        runs: usize,
        /// It settled in the first half of the run. Otherwise half of the run is taken for warm-up, and what is measured in
        /// the rest depends on the run's length.
        settled: bool,
        /// The mean number of messages in all queues at equal distances.
        populations: Vec<f64>,
        /// Into how many distances the time is divided in which messages come.
        looks: u32,
    },
}

impl WarmUp {
    /// Whether what is measured after it may be taken for the long run.
    pub fn is_over(&self) -> bool {
        !matches!(self.how, FoundBy::PilotRuns { settled: false, .. })
    }
}

/// The warm-up of a scenario whose replications are those: the first few of them are the pilot runs, whatever comes of the
/// others. `None` for a terminating study.
///
/// # Errors
/// A pilot run that panics.
pub fn warm_up(
    scenario: &Scenario,
    replications: &[Replication],
    jobs: usize,
) -> Result<Option<WarmUp>, SimulatorBug> {
    let pilots = &replications[..replications.len().min(PILOT)];
    match scenario.study.horizon {
        Horizon::Terminating => Ok(None),
        Horizon::SteadyState { warm_up: Some(length) } => Ok(Some(WarmUp {
            ends: SimTime::ZERO + length,
            arrivals_end: end_of_arrivals(&scenario.system, pilots, jobs)?,
            how: FoundBy::Given,
        })),
        Horizon::SteadyState { warm_up: None } => by_pilot_runs(&scenario.system, pilots, jobs).map(Some),
    }
}

/// The first instant at which no more messages come in one of these runs.
fn end_of_arrivals(
    system: &SystemSpec,
    pilots: &[Replication],
    jobs: usize,
) -> Result<SimTime, SimulatorBug> {
    if system.producers.is_empty() || system.producers.iter().any(ProducerSpec::is_endless) {
        return Ok(system.duration);
    }
    let ends = in_order(pilots.len(), jobs, |k| caught(&pilots[k], || arrivals_end(system, pilots[k].seed)));
    let ends = ends.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(ends.into_iter().min().unwrap_or(system.duration))
}

fn by_pilot_runs(system: &SystemSpec, pilots: &[Replication], jobs: usize) -> Result<WarmUp, SimulatorBug> {
    let until = end_of_arrivals(system, pilots, jobs)?;
    let look = |k: usize| caught(&pilots[k], || populations(system, pilots[k].seed, LOOKS, until));
    let counted = in_order(pilots.len(), jobs, look);
    let counted = counted.into_iter().collect::<Result<Vec<_>, _>>()?;
    let shortest = counted.iter().map(Vec::len).min().unwrap_or(0);
    let mean = |k: usize| {
        let values: Vec<f64> = counted.iter().map(|populations| populations[k] as f64).collect();
        stats::mean(&values).unwrap_or(0.0)
    };
    let populations: Vec<f64> = (0..shortest).map(mean).collect();
    let (looks, settled) = match mser_5(&populations) {
        stats::WarmUp::Ends(looks) => (looks.max(LEFT_OUT_MIN), true),
        stats::WarmUp::NotReached => (shortest / 2, false),
    };
    let nanos = u128::from(until.as_nanos()) * looks as u128 / u128::from(LOOKS);
    let ends = SimTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    let how = FoundBy::PilotRuns { runs: pilots.len(), settled, populations, looks: LOOKS };
    Ok(WarmUp { ends, arrivals_end: until, how })
}
