//! Which part of a run is asked for: observations about one message, one entity, one stretch of time. Knows no words.

use crate::amqp::Names;
use crate::observe::{Observation, What};
use crate::report::{Cast, Directory};
use crate::units::SimTime;

use super::Filter;
use super::life::Life;
use super::memory::Memory;
use super::subjects::View;

/// Picks the observations that a [`Filter`] lets through. It sees every observation of the run, in order.
#[derive(Clone, Debug)]
pub struct Selector {
    cast: Cast,
    memory: Memory,
    pub(super) filter: Filter,
    pub(super) life: Option<Life>,
}

impl Selector {
    /// A selector that knows the entities of the scenario.
    pub fn new(directory: Directory, filter: Filter) -> Self {
        let life = filter.message.map(Life::new);
        Selector { cast: Cast::new(directory), memory: Memory::default(), filter, life }
    }

    /// Takes in what happened next, and says whether it is asked for. `names` is the broker's table.
    pub fn wants(&mut self, names: &Names, seen: &Observation) -> bool {
        self.learn(names, seen.at, &seen.what);
        let wanted = self.is_wanted(names, seen.at, &seen.what);
        self.forget(&seen.what);
        wanted
    }

    /// Takes in an observation before it is told.
    pub(super) fn learn(&mut self, names: &Names, at: SimTime, what: &What) {
        self.cast.learn(what);
        self.memory.learn(&self.cast, names, at, what);
    }

    /// Drops what nobody can refer to after `what`.
    pub(super) fn forget(&mut self, what: &What) {
        self.memory.forget(what);
    }

    pub(super) fn view<'a>(&'a self, names: &'a Names) -> View<'a> {
        View { cast: &self.cast, names, memory: &self.memory }
    }

    /// Whether `what` is to be told. The life of a message is followed whether or not it is told.
    pub(super) fn is_wanted(&mut self, names: &Names, at: SimTime, what: &What) -> bool {
        let within =
            self.filter.from.is_none_or(|from| from <= at) && self.filter.to.is_none_or(|to| at <= to);
        let view = View { cast: &self.cast, names, memory: &self.memory };
        if let Some(life) = &mut self.life {
            if let What::FaultBegan { fault } = what {
                life.note_fault(at, *fault);
            }
            let mentioned = view.messages(what).contains(&life.message());
            let wanted = mentioned || life.is_touched(view, what);
            if mentioned {
                life.observe(view, at, what);
            }
            if !wanted {
                return false;
            }
        }
        within && self.filter.entity.as_ref().is_none_or(|entity| view.entities(what).contains(entity))
    }

    /// What `--entity` may be, as far as it is known: kinds with their names.
    pub fn entities(&self, names: &Names) -> [(&'static str, Vec<String>); 8] {
        let directory = self.cast.directory();
        [
            ("producers", directory.producers.clone()),
            ("consumers", directory.consumers.clone()),
            ("clients", directory.clients.iter().map(|(name, ..)| name.clone()).collect()),
            ("downstreams", directory.downstreams.clone()),
            ("queues", self.cast.queues(names).collect()),
            ("connections", directory.connections.clone()),
            ("policies", self.cast.policies(names).collect()),
            ("faults", directory.faults.clone()),
        ]
    }
}
