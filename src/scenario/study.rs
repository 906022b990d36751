//! What the replications of a scenario are to tell: of a run from its start to its end, or of the long run.

use crate::measure::MeasureId;
use crate::units::SimDuration;

/// How many replications a scenario has that does not say: enough for an interval that means something.
pub const REPLICATIONS: u32 = 10;

/// What kind of study a scenario is, and how precise its result is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Study {
    /// From where to where one measures.
    pub horizon: Horizon,
    /// How precise the result is to be; `None`: the number of replications is fixed.
    pub precision: Option<Precision>,
    /// Whether latencies are taken apart and so on; `None`: where few enough messages come.
    pub details: Option<bool>,
}

/// From where to where a replication is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Horizon {
    /// From its start to its end: both belong to the question.
    #[default]
    Terminating,
    /// The long run, of which a replication is a part; what depends on its start is left out.
    SteadyState {
        /// How long that is; `None`: it is found by pilot runs.
        warm_up: Option<SimDuration>,
    },
}

/// When there are enough replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The half-width of the 95 % interval as a part of the mean, above 0.
    pub relative: f64,
    /// Of which measure, for each entity that has it.
    pub of: MeasureId,
    /// No more replications than this, precise or not.
    pub most: u32,
}

impl Study {
    /// The warm-up of a steady state, as the scenario itself names it; zero for one that is to be found.
    pub fn measured_from(&self) -> Option<SimDuration> {
        match self.horizon {
            Horizon::SteadyState { warm_up } => Some(warm_up.unwrap_or(SimDuration::ZERO)),
            Horizon::Terminating => None,
        }
    }

    /// Whether a run is measured from its start to its end.
    pub fn is_terminating(&self) -> bool {
        self.horizon == Horizon::Terminating
    }

    /// Whether pilot runs are to find the warm-up.
    pub fn finds_warm_up(&self) -> bool {
        self.horizon == Horizon::SteadyState { warm_up: None }
    }
}
