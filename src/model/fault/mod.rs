//! Faults: disturbances that a scenario plans, one file each. Each has a beginning and, where it makes sense, an end.
//! When they begin is the same for all: `trigger.rs` says it, `strikes.rs` keeps to it.

mod alarm;
mod broker_restart;
mod connection_loss;
mod consumer_crash;
mod node_crash;
mod producer_crash;
mod queue_crash;
mod strikes;
mod trigger;
mod words;

pub use alarm::{Alarm, Resource};
pub use broker_restart::BrokerRestart;
pub use connection_loss::ConnectionLoss;
pub use consumer_crash::{ConsumerCrash, CrashBy};
pub use node_crash::NodeCrash;
pub use producer_crash::{ProducerCrash, ProducerCrashBy};
pub use queue_crash::QueueCrash;
pub(super) use strikes::Strikers;
pub use trigger::{Condition, Repeats, Trigger};

use std::sync::Arc;

use super::event::SystemEvent;
use super::record::Recorder;
use super::spec::{KeptQueues, SystemSpec};
use super::system::System;
use crate::engine::EventList;
use crate::measure::Strike;
use crate::observe::What;
use crate::storage::{Crash, StorageSpec};
use crate::units::SimDuration;

/// A planned fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultSpec {
    /// Its name; the kind's name where the file gives none. It selects the random stream of its strikes.
    pub name: String,
    /// When it begins.
    pub trigger: Trigger,
    /// What it does.
    pub kind: FaultKind,
    /// From its beginning on, nobody publishes anything new.
    pub stop_producers: bool,
}

impl FaultSpec {
    /// The condition that it waits for, in a clause: "1000 messages are published"; `None` if it waits for none.
    pub fn condition(&self, system: &SystemSpec) -> Option<String> {
        match &self.trigger {
            Trigger::When(condition) => Some(condition.words(system)),
            Trigger::At(_) | Trigger::Every(_) => None,
        }
    }
}

/// Every kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A consumer dies.
    ConsumerCrash(ConsumerCrash),
    /// A producer dies.
    ProducerCrash(ProducerCrash),
    /// A connection is cut.
    ConnectionLoss(ConnectionLoss),
    /// The broker is stopped cleanly and started again.
    BrokerRestart(BrokerRestart),
    /// One node of a cluster ends and starts again.
    NodeCrash(NodeCrash),
    /// The process of a queue ends and starts again.
    QueueCrash(QueueCrash),
    /// The broker is low on a resource.
    Alarm(Alarm),
}

impl FaultKind {
    /// Whether what it finds on disk depends on what is drawn: when the operating system writes back, where a write is torn,
    /// and when a queue sleeps. `kept`: the queues that there are.
    pub fn meets_chance(&self, storage: &StorageSpec, kept: KeptQueues) -> bool {
        let sleeps =
            (kept.classic && storage.classic.hibernates) || (kept.version_2 && storage.classic_2.hibernates);
        let disk = &storage.disk;
        let crash = match self {
            FaultKind::QueueCrash(_) => return sleeps,
            FaultKind::BrokerRestart(restart) => restart.crash,
            FaultKind::NodeCrash(node) => node.crash,
            FaultKind::ConsumerCrash(_)
            | FaultKind::ProducerCrash(_)
            | FaultKind::ConnectionLoss(_)
            | FaultKind::Alarm(_) => return false,
        };
        let phase_is_drawn = disk.writeback.phase.is_none();
        match crash {
            Crash::Process | Crash::Queue(_) => sleeps,
            Crash::PowerLoss => {
                // Quorum queues leave nothing to the operating system if the disk does what a sync asks for.
                let lies = kept.quorum && !disk.honours_flush;
                sleeps || (phase_is_drawn && (kept.classic || lies)) || (disk.torn_writes && kept.classic)
            }
            Crash::CleanStop | Crash::DiskLoss => false,
        }
    }

    /// How long until it is over; `None`: it has no end.
    pub fn lasts(&self) -> Option<SimDuration> {
        match self {
            FaultKind::ConsumerCrash(crash) => crash.restart_after,
            FaultKind::ProducerCrash(crash) => crash.restart_after,
            FaultKind::ConnectionLoss(loss) => Some(loss.lasts),
            FaultKind::BrokerRestart(restart) => Some(restart.lasts),
            FaultKind::NodeCrash(crash) => Some(crash.lasts),
            FaultKind::QueueCrash(_) => Some(SimDuration::ZERO),
            FaultKind::Alarm(alarm) => Some(alarm.lasts),
        }
    }

    /// Whether it ends the broker, a node or a queue without warning, so that what is not on the disk may be gone.
    pub fn is_crash(&self) -> bool {
        match self {
            FaultKind::BrokerRestart(restart) => restart.crash != Crash::CleanStop,
            FaultKind::NodeCrash(_) | FaultKind::QueueCrash(_) => true,
            FaultKind::ConsumerCrash(_)
            | FaultKind::ProducerCrash(_)
            | FaultKind::ConnectionLoss(_)
            | FaultKind::Alarm(_) => false,
        }
    }
}

impl<R: Recorder> System<R> {
    pub(super) fn fault_begins(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let kind = &spec.faults[index].kind;
        self.faults.of[index].count += 1;
        self.faults.of[index].lasts = true;
        self.observe(events.now(), || What::FaultBegan { fault: index as u32 });
        let before = self.books.ledger.ever_lost();
        if spec.faults[index].stop_producers {
            self.stop_publishing(events);
        }
        if let Some(lasts) = kind.lasts() {
            events.at(events.now() + lasts, SystemEvent::FaultEnds(index as u32));
        }
        match kind {
            FaultKind::ConsumerCrash(crash) => crash.begin(self, events),
            FaultKind::ProducerCrash(crash) => crash.begin(self, events),
            FaultKind::ConnectionLoss(loss) => loss.begin(self, events),
            FaultKind::BrokerRestart(restart) => restart.begin(self, events),
            FaultKind::NodeCrash(crash) => crash.begin(self, events),
            FaultKind::QueueCrash(crash) => crash.begin(self, events),
            FaultKind::Alarm(alarm) => alarm.begin(self, events),
        }
        let lost = self.books.ledger.ever_lost() - before;
        self.faults.of[index].list.push(Strike { at: events.now(), lost });
    }

    pub(super) fn fault_ends(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        self.faults.of[index].lasts = false;
        self.observe(events.now(), || What::FaultEnded { fault: index as u32 });
        match &spec.faults[index].kind {
            FaultKind::ConsumerCrash(crash) => crash.end(self, events),
            FaultKind::ProducerCrash(crash) => crash.end(self, events),
            FaultKind::ConnectionLoss(_) | FaultKind::QueueCrash(_) => {}
            FaultKind::NodeCrash(crash) => crash.end(self, events),
            FaultKind::BrokerRestart(_) => BrokerRestart::end(self, events),
            FaultKind::Alarm(alarm) => alarm.end(self, events),
        }
    }
}
