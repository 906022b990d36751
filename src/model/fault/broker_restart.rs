//! A clean stop and start of the broker: durable queues and persistent messages survive, the rest does not.

use crate::units::SimDuration;

/// The spec of a clean restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerRestart {
    /// From the stop until the broker accepts connections again.
    pub lasts: SimDuration,
}
