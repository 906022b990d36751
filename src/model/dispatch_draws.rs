//! The chance that the broker is handed for dispatch policies that draw; RabbitMQ's own needs none.

use crate::broker::Chance;
use crate::random::RandomStream;

/// A stream of the broker's.
#[derive(Clone, Debug)]
pub(super) struct DispatchDraws(RandomStream);

impl DispatchDraws {
    /// The draws of a run with this seed.
    pub(super) fn new(seed: u64) -> Self {
        DispatchDraws(RandomStream::new(seed, "broker", "dispatch"))
    }
}

impl Chance for DispatchDraws {
    fn below(&mut self, n: u64) -> u64 {
        self.0.below(n)
    }

    fn copied(&self) -> Box<dyn Chance> {
        Box::new(self.clone())
    }
}
