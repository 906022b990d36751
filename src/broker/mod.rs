//! RabbitMQ's semantics as a state machine: commands in, effects out.
//! Knows no clock, no files, no latency, no floats, and not who is connected by what link.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod command;
mod effect;
mod profile;

pub use command::{Command, Timer};
pub use effect::Out;
pub use profile::Profile;

use crate::amqp::Names;
use crate::units::SimTime;

/// The broker.
#[derive(Clone, Debug)]
pub struct Broker {
    names: Names,
}

impl Broker {
    /// An empty broker: the virtual host `/`, the user `guest` who may do anything, and the exchanges that are always there.
    pub fn new(_profile: &Profile) -> Self {
        Broker { names: Names::default() }
    }

    /// The table of all names that the broker has met.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The table of names, to add some.
    pub fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// Carries out `command` at `now`; what it asks for and states goes to `out` in order of happening.
    pub fn apply(&mut self, _now: SimTime, _command: Command, _out: &mut impl Out) {}

    /// What is left after a clean stop and start: durable definitions, and persistent messages in durable queues.
    pub fn restart(self, _now: SimTime, _out: &mut impl Out) -> Broker {
        self
    }

    /// What is left after the broker's process was killed without warning and started again, late enough for all that
    /// had to reach the disk to have reached it. Connections may still be there; they are gone afterwards.
    pub fn kill(self, now: SimTime, out: &mut impl Out) -> Broker {
        self.restart(now, out)
    }
}
