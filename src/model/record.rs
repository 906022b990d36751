//! Whether a run is recorded. Observing never changes a run: both recorders see the same calls, one of them looks.

use crate::measure::{DetailsObserver, ProducerOutcome, QueueOutcome};
use crate::observe::{Observation, What};
use crate::units::SimTime;

/// Takes observations, or does not.
pub trait Recorder: Clone {
    /// Something happened. `what` is only made where somebody looks.
    fn observe(&mut self, at: SimTime, what: impl FnOnce() -> What);

    /// The warm-up is over: what was measured so far does not count.
    fn restart(&mut self) {}

    /// The run is over: hands over what was measured. `places` has the place among `queues` by the broker's id.
    fn close(&mut self, _places: &[u32], _queues: &mut [QueueOutcome], _producers: &mut [ProducerOutcome]) {}
}

/// Measures what takes a look at every observation.
impl Recorder for DetailsObserver {
    fn observe(&mut self, at: SimTime, what: impl FnOnce() -> What) {
        self.see(at, &what());
    }

    fn restart(&mut self) {
        DetailsObserver::restart(self);
    }

    fn close(&mut self, places: &[u32], queues: &mut [QueueOutcome], producers: &mut [ProducerOutcome]) {
        DetailsObserver::close(self, places, queues, producers);
    }
}

/// Nobody looks: books are kept, nothing is stored.
#[derive(Clone, Debug, Default)]
pub struct Lean;

impl Recorder for Lean {
    #[inline(always)]
    fn observe(&mut self, _at: SimTime, _what: impl FnOnce() -> What) {}
}

/// Everything is kept until it is taken out.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    observations: Vec<Observation>,
}

impl Recording {
    /// Takes out what was observed since the last call, in order.
    pub fn take(&mut self) -> Vec<Observation> {
        std::mem::take(&mut self.observations)
    }
}

impl Recorder for Recording {
    fn observe(&mut self, at: SimTime, what: impl FnOnce() -> What) {
        self.observations.push(Observation { at, what: what() });
    }
}
