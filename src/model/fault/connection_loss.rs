//! A connection is cut: what is on its way in either direction is lost, and the client connects again.

use crate::engine::EventList;
use crate::model::event::SystemEvent;
use crate::model::parting::Parting;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::units::SimDuration;

/// The spec of a connection's loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLoss {
    /// Index of the connection.
    pub connection: usize,
    /// How long no new connection succeeds.
    pub lasts: SimDuration,
    /// Whether no end of the stream reaches the broker, as behind a cable that was pulled.
    pub silent: bool,
}

impl ConnectionLoss {
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        let connection = &mut system.connections[self.connection];
        connection.cut_until = connection.cut_until.max(events.now() + self.lasts);
        if self.silent {
            system.cut_silently(self.connection, events);
        } else {
            system.cut(self.connection, Parting::GoesOn, events);
        }
        system.connect_later(self.connection, events);
    }
}
