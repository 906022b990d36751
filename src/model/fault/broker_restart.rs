//! The broker ends, cleanly or not, and starts again: what its storage has kept survives, the rest does not.

use crate::engine::EventList;
use crate::model::event::SystemEvent;
use crate::model::frame::Frame;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::storage::Crash;
use crate::units::SimDuration;

/// The spec of an outage of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerRestart {
    /// From the stop until the broker accepts connections again.
    pub lasts: SimDuration,
    /// How it ends. Source: rules DUR-7 and DUR-9.
    pub crash: Crash,
}

impl BrokerRestart {
    /// The broker reads no more; what is on its way to it is lost. Then it stops. Deviation: DEV-13.
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        for index in 0..system.connections.len() {
            let (frames, carried) = system.connections[index].up.cut(events);
            system.lost_frames(index, &frames, carried, events);
            for frame in &frames {
                if let Frame::Open(id) = *frame {
                    system.connections[index].down.send(Frame::Refused(id), events);
                }
            }
        }
        system.stop_broker(self.crash, events);
    }

    pub(in crate::model) fn end<R: Recorder>(system: &mut System<R>, events: &mut EventList<SystemEvent>) {
        system.start_broker(events);
    }
}
