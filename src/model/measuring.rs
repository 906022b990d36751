//! Where a run is measured: from an instant on, once it has forgotten its start; and the pilot runs that find the instant.

use std::sync::Arc;

use super::books::Books;
use super::event::SystemEvent;
use super::record::{Lean, Recorder};
use super::spec::SystemSpec;
use super::system::{Node, System};
use crate::engine::{EventList, Limits, RunEnd, Stop, run};
use crate::measure::{LedgerError, LittlesLaw, Waits};
use crate::units::SimTime;

/// How many messages the queues held together, ready and unacknowledged, at `points` equal distances of one run of the
/// scenario's duration. Shorter where the run ends before.
pub fn populations(spec: &SystemSpec, seed: u64, points: u32) -> Vec<u64> {
    let spec = Arc::new(spec.clone());
    let (mut system, mut events) = System::new(&spec, seed, Lean);
    let mut left = spec.events_max;
    let mut populations = Vec::new();
    for point in 1..=points {
        let nanos = u128::from(spec.duration.as_nanos()) * u128::from(point) / u128::from(points);
        let time = SimTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let end = run(&mut system, &mut events, Limits { time, events: left });
        left -= end.events;
        if end.why != Stop::TimeLimit {
            break;
        }
        populations.push(system.population());
    }
    populations
}

impl<R: Recorder> System<R> {
    /// Runs to the end, and measures from the instant on that the scenario names.
    pub(super) fn run_to_end(&mut self, events: &mut EventList<SystemEvent>) -> RunEnd {
        let limits = Limits { time: self.spec().duration, events: self.spec().events_max };
        let from = self.spec().measured_from;
        if from == SimTime::ZERO {
            return run(self, events, limits);
        }
        let before = run(self, events, Limits { time: from, ..limits });
        if before.why != Stop::TimeLimit {
            return before;
        }
        self.measure_from(from);
        let after = run(self, events, Limits { events: limits.events - before.events, ..limits });
        RunEnd { events: before.events + after.events, ..after }
    }

    /// Forgets what was measured so far.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.books.measure_from(now);
        self.downstreams.iter_mut().for_each(|downstream| downstream.measure_from(now));
        self.recorder.restart();
        self.count_waiting(now, |little| &mut little.before);
    }

    /// Notes how long what is ready has waited.
    pub(super) fn count_waiting(&mut self, now: SimTime, part: impl Fn(&mut LittlesLaw) -> &mut Waits) {
        let Node::Up(broker) = &self.node else { return };
        for (name, n, nanos) in broker.waiting(now) {
            let place = self.books.place_of_name(name) as usize;
            *part(&mut self.books.queues[place].outcome.little) = Waits { n, nanos };
        }
    }

    fn population(&self) -> u64 {
        match &self.node {
            Node::Up(broker) => {
                let (ready, unacked) = broker.counts();
                ready + unacked
            }
            Node::Down(survivors) => survivors.ready(),
            Node::AtWork => 0,
        }
    }
}

impl Books {
    /// Whether Little's law holds in each queue in which every wait is known: what came back, was lost or survived a
    /// restart is not. The last one stands for all that the scenario does not name.
    pub(super) fn waits_agree_with_levels(&self) -> Result<(), LedgerError> {
        let named = self.queues.len() - 1;
        for queue in self.queues[..named].iter().filter(|queue| !queue.waits_unknown) {
            let (outcome, little) = (&*queue.outcome, queue.outcome.little);
            if outcome.redelivered == 0 && little.holds() == Some(false) {
                let waits = (little.handed_out.nanos + little.left.nanos).saturating_sub(little.before.nanos);
                return Err(LedgerError {
                    balance: format!(
                        "Little's law does not hold in queue `{}`: its level over time is {} ns, but its messages waited \
                         {waits} ns",
                        outcome.name, little.level
                    ),
                });
            }
        }
        Ok(())
    }

    /// Forgets what was measured; the ledger, the counts of producers and what a property is about go on.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.measured_from = now;
        for queue in &mut self.queues {
            queue.measure_from(now);
        }
        for book in &mut self.consumers {
            book.restart(self.queues[book.queue as usize].waited);
        }
        for producer in &mut self.producers {
            producer.restart();
        }
    }
}
