//! Faults: disturbances that a scenario plans, one file each. Each has a beginning and, where it makes sense, an end.

mod alarm;
mod broker_restart;
mod connection_loss;
mod consumer_crash;

pub use alarm::{Alarm, Resource};
pub use broker_restart::BrokerRestart;
pub use connection_loss::ConnectionLoss;
pub use consumer_crash::{ConsumerCrash, CrashBy};

use std::sync::Arc;

use super::event::SystemEvent;
use super::record::Recorder;
use super::system::System;
use crate::engine::EventList;
use crate::observe::What;
use crate::units::{SimDuration, SimTime};

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
    /// The broker is low on a resource.
    Alarm(Alarm),
}

impl FaultKind {
    /// How long until it is over; `None`: it has no end.
    fn lasts(&self) -> Option<SimDuration> {
        match self {
            FaultKind::ConsumerCrash(crash) => crash.restart_after,
            FaultKind::ConnectionLoss(loss) => Some(loss.lasts),
            FaultKind::BrokerRestart(restart) => Some(restart.lasts),
            FaultKind::Alarm(alarm) => Some(alarm.lasts),
        }
    }
}

impl<R: Recorder> System<R> {
    pub(super) fn fault_begins(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let kind = &spec.faults[index].kind;
        self.observe(events.now(), || What::FaultBegan { fault: index as u32 });
        if let Some(lasts) = kind.lasts() {
            events.at(events.now() + lasts, SystemEvent::FaultEnds(index as u32));
        }
        match kind {
            FaultKind::ConsumerCrash(crash) => crash.begin(self, events),
            FaultKind::ConnectionLoss(loss) => loss.begin(self, events),
            FaultKind::BrokerRestart(restart) => restart.begin(self, events),
            FaultKind::Alarm(alarm) => alarm.begin(self, events),
        }
    }

    pub(super) fn fault_ends(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        self.observe(events.now(), || What::FaultEnded { fault: index as u32 });
        match &spec.faults[index].kind {
            FaultKind::ConsumerCrash(crash) => crash.end(self, events),
            FaultKind::ConnectionLoss(_) => {}
            FaultKind::BrokerRestart(_) => BrokerRestart::end(self, events),
            FaultKind::Alarm(alarm) => alarm.end(self, events),
        }
    }
}
