//! The process of one queue ends, and its supervisor starts it again at once.

use crate::broker::Operation;
use crate::engine::EventList;
use crate::model::event::SystemEvent;
use crate::model::record::Recorder;
use crate::model::system::System;

/// The spec of a queue's crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCrash {
    /// The virtual host.
    pub vhost: String,
    /// The queue.
    pub queue: String,
}

impl QueueCrash {
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        let names = system.names_mut();
        let (vhost, queue) = (names.intern(&self.vhost), names.intern(&self.queue));
        system.operate(Operation::CrashQueue { vhost, queue }, events);
    }
}
