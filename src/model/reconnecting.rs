//! How a client comes to be connected, at the start and after a loss. What follows on an open connection is in `client.rs`.

use super::connection::Phase;
use super::event::SystemEvent;
use super::frame::Frame;
use super::record::Recorder;
use super::system::System;
use crate::engine::{EventList, Seq};
use crate::observe::What;
use crate::units::SimDuration;

/// The least that a client waits after a refused attempt. Without it, time would stand still where neither the delay nor
/// the latency takes any.
pub(super) const DELAY_AFTER_REFUSAL: SimDuration = SimDuration::from_millis(1);

impl<R: Recorder> System<R> {
    pub(super) fn connect(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        if connection.connect != seq || connection.phase != Phase::Down || connection.stays_away {
            return;
        }
        connection.phase = Phase::Opening;
        connection.given_up = false;
        // However often an attempt is refused, it takes one id.
        if !std::mem::take(&mut connection.refused) {
            connection.id = self.directory.new_connection(index as u32);
        }
        let open = Frame::Open(connection.id);
        connection.up.send(open, events);
        self.observe(events.now(), || What::Connecting { connection: index as u32 });
    }

    pub(super) fn connect_later(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let backoff = &self.spec.connections[index].reconnect;
        let connection = &mut self.connections[index];
        if backoff.is_exhausted(connection.failed) {
            let (attempts, first) = (connection.failed, !std::mem::replace(&mut connection.exhausted, true));
            if first {
                let connection = index as u32;
                self.observe(events.now(), || What::ConnectingGivenUp { connection, attempts });
            }
            return;
        }
        let delay = backoff.wait(connection.failed, &mut connection.waits);
        let delay = if connection.refused { delay.max(DELAY_AFTER_REFUSAL) } else { delay };
        let at = (events.now() + delay).max(connection.cut_until);
        connection.connect = events.at(at, SystemEvent::Connect(index as u32));
    }
}
