//! One node of a cluster ends and starts again. Its clients connect to another node; the quorum queues go on while a majority
//! is left.

use super::broker_restart::BrokerRestart;
use crate::amqp::ConnectionId;
use crate::broker::{Command, Operation};
use crate::engine::EventList;
use crate::model::event::SystemEvent;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::storage::Crash;
use crate::units::SimDuration;

/// The spec of a node's crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeCrash {
    /// Which node, from 0 on.
    pub node: u32,
    /// How it ends.
    pub crash: Crash,
    /// How long until it is back.
    pub lasts: SimDuration,
}

impl NodeCrash {
    /// The end of the only node is that of the broker.
    fn of_all<R: Recorder>(&self, system: &System<R>) -> Option<BrokerRestart> {
        (system.nodes_down.len() == 1).then_some(BrokerRestart { lasts: self.lasts, crash: self.crash })
    }

    /// What is on the way to the node and from it is lost, and its clients find that it is gone.
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        if let Some(outage) = self.of_all(system) {
            outage.begin(system, events);
            return;
        }
        let node = self.node as usize;
        system.nodes_down[node] += 1;
        let clients: Vec<usize> =
            (0..system.connections.len()).filter(|&index| system.connections[index].node == node).collect();
        for &index in &clients {
            let (frames, carried) = system.connections[index].up.cut(events);
            system.lost_frames(index, &frames, carried, events);
        }
        system.operate(Operation::StopNode { node, crash: self.crash }, events);
        for index in clients {
            let connection = &mut system.connections[index];
            let id: ConnectionId = connection.id_at_broker;
            let known = !connection.broken;
            connection.broken = true;
            connection.find_dead(id, self.crash, events);
            if known {
                system.apply(Command::ConnectionLost(id), events);
            }
        }
    }

    pub(in crate::model) fn end<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        if self.of_all(system).is_some() {
            BrokerRestart::end(system, events);
            return;
        }
        let node = self.node as usize;
        system.nodes_down[node] -= 1;
        if system.nodes_down[node] == 0 {
            system.operate(Operation::StartNode { node }, events);
        }
    }
}

impl<R: Recorder> System<R> {
    /// The node that a connection is made to: its own, or the first that runs.
    pub(in crate::model) fn node_for(&self, index: usize) -> Option<usize> {
        let runs = |node: &usize| self.nodes_down.get(*node) == Some(&0);
        let own = Some(self.spec.connections[index].node as usize).filter(runs);
        own.or_else(|| (0..self.nodes_down.len()).find(runs))
    }
}
