//! What a fault does and when it strikes, in clauses for people.

use super::{BrokerRestart, CrashBy, FaultKind, FaultSpec, NodeCrash, ProducerCrashBy, Resource, Trigger};
use crate::model::spec::SystemSpec;
use crate::storage::Crash;

/// What happens to `whom`, a broker or one of its nodes.
fn ends(whom: &str, crash: Crash) -> String {
    match crash {
        Crash::CleanStop => format!("{whom} stops cleanly"),
        Crash::Process | Crash::Queue(_) => format!("the process of {whom} is killed"),
        Crash::PowerLoss => format!("{whom} loses its power"),
        Crash::DiskLoss => format!("{whom} loses its disk"),
    }
}

impl FaultSpec {
    /// What it does and to whom, in a clause: "node 2 of 3 loses its power for 10s".
    pub fn deed(&self, system: &SystemSpec) -> String {
        let deed = self.kind.deed(system);
        match self.kind.lasts() {
            Some(lasts) if !lasts.is_zero() => format!("{deed}, for {lasts}"),
            _ => deed,
        }
    }

    /// When it strikes, in a clause: "at 5s", "as soon as 1000 messages are published".
    pub fn occasion(&self, system: &SystemSpec) -> String {
        match &self.trigger {
            Trigger::At(after) => match after.constant() {
                Some(after) => format!("at {after}"),
                None => "at an instant that is drawn".to_owned(),
            },
            Trigger::Every(repeats) => match repeats.gaps.constant() {
                Some(gap) => format!("every {gap}"),
                None => "again and again, after gaps that are drawn".to_owned(),
            },
            Trigger::When(condition) => format!("as soon as {}", condition.words(system)),
        }
    }
}

impl FaultKind {
    fn deed(&self, system: &SystemSpec) -> String {
        let nodes = system.storage.as_ref().map_or(1, |storage| storage.cluster.nodes);
        match self {
            FaultKind::ConsumerCrash(crash) => {
                let name = system.consumers.get(crash.consumer).map_or("", |one| &one.name);
                let by = match crash.by {
                    CrashBy::TcpCut => "its TCP connection is cut",
                    CrashBy::ChannelClose => "its channel is closed",
                    CrashBy::ConnectionClose => "its connection is closed",
                    CrashBy::ProcessExit => "its process exits",
                };
                format!("consumer {name} dies: {by}")
            }
            FaultKind::ProducerCrash(crash) => {
                let name = system.producers.get(crash.producer).map_or("", |one| &one.name);
                let by = match crash.by {
                    ProducerCrashBy::ProcessExit => "its process exits",
                    ProducerCrashBy::TcpCut => "its TCP connection is cut",
                };
                format!("producer {name} dies: {by}")
            }
            FaultKind::ConnectionLoss(loss) => {
                let name = system.connections.get(loss.connection).map_or("", |one| &one.name);
                let silent = if loss.silent { ", and nobody is told" } else { "" };
                format!("the connection of {name} is cut{silent}")
            }
            FaultKind::BrokerRestart(BrokerRestart { crash, .. }) => ends("the broker", *crash),
            FaultKind::NodeCrash(NodeCrash { crash, .. }) if nodes <= 1 => ends("the broker", *crash),
            FaultKind::NodeCrash(NodeCrash { node, crash, .. }) => {
                ends(&format!("node {} of {nodes}", node + 1), *crash)
            }
            FaultKind::QueueCrash(crash) => format!("the process of queue {} is killed", crash.queue),
            FaultKind::Alarm(alarm) => match alarm.resource {
                Resource::Memory => "the broker is short of memory".to_owned(),
                Resource::Disk => "the broker is short of disk space".to_owned(),
            },
        }
    }
}
