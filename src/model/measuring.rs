//! Where a run is measured: from an instant on, once it has forgotten its start; and the pilot runs that find the instant.

use std::sync::Arc;

use super::books::Books;
use super::event::SystemEvent;
use super::record::{Lean, Recorder};
use super::spec::SystemSpec;
use super::system::{Node, System};
use crate::engine::{EventList, Limits, RunEnd, Stop, run};
use crate::measure::ConsumerOutcome;
use crate::stats::Histogram;
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
        self.books.measure_from(from);
        let after = run(self, events, Limits { events: limits.events - before.events, ..limits });
        RunEnd { events: before.events + after.events, ..after }
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
    /// Forgets what was measured; the ledger, the counts of producers and what a property is about go on.
    pub(super) fn measure_from(&mut self, now: SimTime) {
        self.measured_from = now;
        for queue in &mut self.queues {
            queue.measure_from(now);
        }
        for book in &mut self.consumers {
            let outcome = &mut book.outcome;
            *outcome = ConsumerOutcome {
                name: std::mem::take(&mut outcome.name),
                queue: outcome.queue,
                prefetch: outcome.prefetch,
                unacked_max: outcome.unacked_max,
                ..ConsumerOutcome::default()
            };
            if let Some(since) = &mut book.idle_since {
                *since = self.queues[book.outcome.queue].waited;
            }
        }
        for producer in &mut self.producers {
            producer.confirm_latency = Histogram::default();
        }
    }
}
