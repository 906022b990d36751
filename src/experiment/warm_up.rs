//! The warm-up of a steady state, found by pilot runs before anything is measured.

use super::run::caught;
use super::{Replication, SimulatorBug, in_order};
use crate::model::{SystemSpec, populations};
use crate::scenario::{Horizon, Scenario};
use crate::stats::{self, PILOT, mser_5};
use crate::units::SimTime;

/// Looks at a pilot run; batches of five, so that 200 are left.
const LOOKS: u32 = 1000;

/// How long the start of a run matters, and how one knows.
#[derive(Clone, Debug, PartialEq)]
pub struct WarmUp {
    /// Measures may begin here.
    pub ends: SimTime,
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
        /// Into how many distances a whole run is divided.
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
    match scenario.study.horizon {
        Horizon::Terminating => Ok(None),
        Horizon::SteadyState { warm_up: Some(length) } => {
            Ok(Some(WarmUp { ends: SimTime::ZERO + length, how: FoundBy::Given }))
        }
        Horizon::SteadyState { warm_up: None } => {
            by_pilot_runs(&scenario.system, replications, jobs).map(Some)
        }
    }
}

fn by_pilot_runs(
    system: &SystemSpec,
    replications: &[Replication],
    jobs: usize,
) -> Result<WarmUp, SimulatorBug> {
    let pilots = &replications[..replications.len().min(PILOT)];
    let counted =
        in_order(pilots.len(), jobs, |k| caught(&pilots[k], || populations(system, pilots[k].seed, LOOKS)));
    let counted = counted.into_iter().collect::<Result<Vec<_>, _>>()?;
    let shortest = counted.iter().map(Vec::len).min().unwrap_or(0);
    let mean = |k: usize| {
        let values: Vec<f64> = counted.iter().map(|populations| populations[k] as f64).collect();
        stats::mean(&values).unwrap_or(0.0)
    };
    let populations: Vec<f64> = (0..shortest).map(mean).collect();
    let (looks, settled) = match mser_5(&populations) {
        stats::WarmUp::Ends(looks) => (looks, true),
        stats::WarmUp::NotReached => (shortest / 2, false),
    };
    let nanos = u128::from(system.duration.as_nanos()) * looks as u128 / u128::from(LOOKS);
    let ends = SimTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    Ok(WarmUp { ends, how: FoundBy::PilotRuns { runs: pilots.len(), settled, populations, looks: LOOKS } })
}
