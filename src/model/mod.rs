//! The simulated system around the broker: clients, connections, links and faults; the only implementor of
//! [`crate::engine::Model`]. Knows neither files nor statistics.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod fault;
mod spec;

pub use fault::{BrokerRestart, ConnectionLoss, ConsumerCrash, CrashBy, FaultKind, FaultSpec};
pub use spec::{
    Acknowledge, BindingSpec, ChannelSpec, ClassSpec, ConnectionSpec, ConsumerSpec, Declaration,
    ExchangeSpec, ProducerSpec, QueueSpec, SystemSpec,
};

use crate::measure::Outcome;

/// Runs one replication without recording and closes its books.
pub fn simulate(_spec: &SystemSpec, _seed: u64) -> Outcome {
    Outcome {
        end: crate::measure::End {
            at: crate::units::SimTime::ZERO,
            events: 0,
            why: crate::measure::EndReason::Drained,
        },
        producers: Vec::new(),
        consumers: Vec::new(),
        queues: Vec::new(),
        ledger: crate::measure::Ledger::default(),
        balanced: Ok(()),
        errors: Vec::new(),
    }
}
