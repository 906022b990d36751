//! Faults: disturbances that a scenario plans, one file each. Each has a beginning and, where it makes sense, an end.

mod broker_restart;
mod connection_loss;
mod consumer_crash;

pub use broker_restart::BrokerRestart;
pub use connection_loss::ConnectionLoss;
pub use consumer_crash::{ConsumerCrash, CrashBy};

use crate::units::SimTime;

/// A planned fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSpec {
    /// Its name; the kind's name where the file gives none.
    pub name: String,
    /// When it begins.
    pub at: SimTime,
    /// What it does.
    pub kind: FaultKind,
}

/// Every kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A consumer dies.
    ConsumerCrash(ConsumerCrash),
    /// A connection is cut.
    ConnectionLoss(ConnectionLoss),
    /// The broker is stopped cleanly and started again.
    BrokerRestart(BrokerRestart),
}
