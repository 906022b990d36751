//! The strikes of faults: when the next one comes, whether one lasts, and which conditions are still waited for.

use std::sync::Arc;

use super::{FaultSpec, Trigger};
use crate::engine::{EventList, is_drained};
use crate::measure::{FaultOutcome, Strike};
use crate::model::event::SystemEvent;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::random::RandomStream;
use crate::units::SimTime;

/// How far a fault is.
#[derive(Clone, Debug)]
pub(super) struct Strikes {
    /// So often it has begun.
    pub(super) count: u64,
    /// Each time that it has.
    pub(super) list: Vec<Strike>,
    /// It has begun and is not over.
    pub(super) lasts: bool,
    /// The draws of its instant, or of its gaps.
    stream: RandomStream,
}

/// How far all faults of a run are.
#[derive(Clone, Debug)]
pub(in crate::model) struct Strikers {
    /// Of each fault, by index.
    pub(super) of: Vec<Strikes>,
    /// Faults whose condition has not come true, in order; empty for most runs.
    waiting: Vec<u32>,
    /// Events handled while somebody waited.
    events: u64,
    /// When the last of them came: who strikes after it does so then, even if it was not to prolong the run.
    pub(in crate::model) last: SimTime,
}

impl Strikers {
    pub(in crate::model) fn new(faults: &[FaultSpec], seed: u64) -> Self {
        let stream = |index: usize| {
            let name = &faults[index].name;
            // Faults of one kind may go without a name, and still strike independently of each other.
            match faults[..index].iter().filter(|other| other.name == *name).count() {
                0 => RandomStream::new(seed, name, "strikes"),
                before => RandomStream::new(seed, name, &format!("strikes {}", before + 1)),
            }
        };
        let waits = |fault: &FaultSpec| matches!(fault.trigger, Trigger::When(_));
        Strikers {
            of: (0..faults.len())
                .map(|index| Strikes { count: 0, list: Vec::new(), lasts: false, stream: stream(index) })
                .collect(),
            waiting: faults
                .iter()
                .zip(0..)
                .filter(|(fault, _)| waits(fault))
                .map(|(_, index)| index)
                .collect(),
            events: 0,
            last: SimTime::ZERO,
        }
    }

    /// Whether some condition is waited for.
    #[inline]
    pub(in crate::model) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The event under way does not prolong the run.
    pub(in crate::model) fn stay(&mut self, events: &mut EventList<SystemEvent>) {
        self.last = events.now();
        events.stay();
    }
}

impl<R: Recorder> System<R> {
    /// Puts the first strikes of all faults on the list.
    pub(in crate::model) fn plan_faults(&mut self, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        for (index, fault) in spec.faults.iter().enumerate() {
            match &fault.trigger {
                Trigger::At(after) => {
                    let at = SimTime::ZERO + after.sample(self.faults.of[index].stream.draw());
                    // One that was drawn too late never comes, and a run does not wait for it.
                    if at <= spec.duration {
                        events.at(at, SystemEvent::FaultBegins(index as u32));
                    }
                }
                Trigger::Every(repeats) => self.plan_repeat(index, repeats.from, events),
                Trigger::When(_) => {}
            }
        }
    }

    /// Puts the strike that comes a gap after `last` on the list.
    fn plan_repeat(&mut self, index: usize, last: SimTime, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let Trigger::Every(repeats) = &spec.faults[index].trigger else { return };
        let at = last + repeats.gaps.sample(self.faults.of[index].stream.draw());
        if at < repeats.until && at <= spec.duration {
            events.at(at, SystemEvent::FaultBegins(index as u32));
        }
    }

    /// A strike is due.
    pub(in crate::model) fn fault_due(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        if self.repeats(index) {
            // A run does not go on for the sake of faults that find nothing to disturb.
            if is_drained(self, events) {
                self.faults.stay(events);
                return;
            }
            self.plan_repeat(index, events.now(), events);
            if self.faults.of[index].lasts {
                self.faults.stay(events);
                return;
            }
        }
        self.fault_begins(index, events);
    }

    /// Whether this fault strikes again and again.
    pub(in crate::model) fn repeats(&self, index: usize) -> bool {
        matches!(self.spec.faults[index].trigger, Trigger::Every(_))
    }

    /// An event was handled while some condition is waited for: those that have come true strike, the first in the scenario
    /// first, which may make others true.
    #[cold]
    #[inline(never)]
    pub(in crate::model) fn look_at_conditions(&mut self, events: &mut EventList<SystemEvent>) {
        self.faults.events += 1;
        let at = self.faults.last.max(events.now());
        self.faults.last = at;
        let count = self.faults.events;
        let holds = |system: &Self, index: u32| match &system.spec.faults[index as usize].trigger {
            Trigger::When(condition) => condition.holds(system, count),
            _ => false,
        };
        while let Some(place) = self.faults.waiting.iter().position(|&index| holds(self, index)) {
            let index = self.faults.waiting.remove(place);
            events.advance(at);
            self.fault_begins(index as usize, events);
        }
    }

    /// How often each fault has struck.
    pub(in crate::model) fn fault_outcomes(&self) -> Vec<FaultOutcome> {
        let faults = self.spec.faults.iter().zip(&self.faults.of);
        faults
            .map(|(fault, strikes)| FaultOutcome {
                name: fault.name.clone(),
                does: fault.deed(&self.spec),
                occasion: fault.occasion(&self.spec),
                strikes: strikes.count,
                struck: strikes.list.clone(),
                is_crash: fault.kind.is_crash(),
                waits_until: fault.condition(&self.spec),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Alarm, Condition, FaultKind, Resource};
    use crate::random::Distribution;
    use crate::units::SimDuration;

    fn fault(name: &str, trigger: Trigger) -> FaultSpec {
        let kind = FaultKind::Alarm(Alarm { resource: Resource::Disk, lasts: SimDuration::ZERO });
        FaultSpec { name: name.to_owned(), trigger, kind, stop_producers: false }
    }

    fn at(name: &str) -> FaultSpec {
        fault(name, Trigger::At(Distribution::Constant(SimDuration::ZERO)))
    }

    fn first_draws(faults: &[FaultSpec], seed: u64) -> Vec<u64> {
        Strikers::new(faults, seed).of.iter().map(|strikes| strikes.stream.draw_at(0)).collect()
    }

    #[test]
    fn each_fault_has_a_stream_of_its_own_by_name_and_by_place_among_those_of_one_name() {
        let both = first_draws(&[at("alarm"), at("cut"), at("alarm")], 1);
        assert!(both[0] != both[1] && both[1] != both[2] && both[0] != both[2], "{both:x?}");
        assert_eq!(first_draws(&[at("cut"), at("alarm")], 1), [both[1], both[0]]);
        assert_ne!(first_draws(&[at("cut")], 2)[0], both[1]);
    }

    #[test]
    fn nobody_waits_unless_a_condition_is_asked_for() {
        assert!(!Strikers::new(&[at("alarm")], 1).wait());
        let waits = Strikers::new(&[at("alarm"), fault("cut", Trigger::When(Condition::Events(1)))], 1);
        assert_eq!((waits.wait(), &waits.waiting[..]), (true, &[1][..]));
    }
}
