//! The broker is low on a resource: while an alarm holds, it reads nothing from connections that publish.

use crate::broker::Operation;
use crate::engine::EventList;
use crate::model::event::SystemEvent;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::units::SimDuration;

/// What the broker is low on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Memory use is too high.
    Memory,
    /// Free disk space is too low.
    Disk,
}

/// The spec of a resource alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Of what.
    pub resource: Resource,
    /// How long it holds.
    pub lasts: SimDuration,
}

impl Alarm {
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        system.alarms[self.resource as usize] += 1;
        Alarm::tell(system, events);
    }

    pub(in crate::model) fn end<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        system.alarms[self.resource as usize] -= 1;
        Alarm::tell(system, events);
    }

    fn tell<R: Recorder>(system: &mut System<R>, events: &mut EventList<SystemEvent>) {
        let [memory, disk] = system.alarms.map(|alarms| alarms > 0);
        system.operate(Operation::SetAlarms { memory, disk }, events);
    }
}
