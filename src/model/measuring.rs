//! Where a run is measured: from an instant on, once it has forgotten its start; and the pilot runs that find the instant.

use std::sync::Arc;

use super::books::Books;
use super::consumer::Consumer;
use super::event::SystemEvent;
use super::producer::Producer;
use super::reader_books::ConsumerBook;
use super::record::{Lean, Recorder};
use super::spec::{Acknowledge, SystemSpec};
use super::system::{Node, System};
use crate::amqp::QueueId;
use crate::engine::{EventList, Limits, RunEnd, Stop, run};
use crate::measure::{LOOKS, LedgerError, LittlesLaw, Waits};
use crate::units::{SimDuration, SimTime};

/// So many events are handled before one asks again whether arrivals have ended.
const STRIDE: u64 = 256;

/// When the last producer has published its last message in one run; the scenario's duration if that is before.
pub fn arrivals_end(spec: &SystemSpec, seed: u64) -> SimTime {
    let (mut system, mut events) = System::new(&Arc::new(spec.clone()), seed, Lean);
    let mut left = spec.events_max;
    loop {
        let end = run(&mut system, &mut events, Limits { time: spec.duration, events: left.min(STRIDE) });
        left -= end.events;
        let is_done = |producer: &Producer| producer.follows() || producer.is_done(end.at);
        if end.why != Stop::EventLimit || left == 0 || system.producers.iter().all(is_done) {
            return end.at;
        }
    }
}

/// How many messages the queues held together, ready and unacknowledged or in buffers, at `points` equal distances of one run
/// up to `until`. Shorter where the run ends before.
pub fn populations(spec: &SystemSpec, seed: u64, points: u32, until: SimTime) -> Vec<u64> {
    let spec = Arc::new(spec.clone());
    let (mut system, mut events) = System::new(&spec, seed, Lean);
    let mut left = spec.events_max;
    let mut populations = Vec::new();
    for point in 1..=points {
        let nanos = u128::from(until.as_nanos()) * u128::from(point) / u128::from(points);
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

/// Why a run makes a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The warm-up is over.
    Measure,
    /// To count the messages of its queues.
    Look,
    /// The scenario's duration is over.
    End,
}

impl<R: Recorder> System<R> {
    /// Where a run makes a halt, in order; the last one is its end. A run that is measured as a whole makes no other.
    pub(super) fn halts(&mut self) -> Vec<(SimTime, Halt)> {
        let duration = self.spec().duration;
        let end = (duration, Halt::End);
        let Some(from) = self.spec().measured_from else { return vec![end] };
        self.books.measured_from = from;
        if from >= duration {
            return vec![end];
        }
        let until = self.spec().arrivals_end.unwrap_or(duration).clamp(from, duration);
        let length = u128::from(until.since(from).as_nanos());
        // In the middle of equal parts, so that none of them counts more than another.
        let look = |part: u128| {
            let nanos = length * (2 * part + 1) / (2 * LOOKS as u128);
            (from + SimDuration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)), Halt::Look)
        };
        let measure = (from > SimTime::ZERO).then_some((from, Halt::Measure));
        measure.into_iter().chain((0..LOOKS as u128).map(look)).chain([end]).collect()
    }

    /// Runs to the end, and measures from the instant on that the scenario names.
    pub(super) fn run_to_end(&mut self, events: &mut EventList<SystemEvent>) -> RunEnd {
        let mut handled = 0;
        let most = self.spec().events_max;
        let mut last = RunEnd { at: events.now(), events: 0, why: Stop::TimeLimit };
        for (time, halt) in self.halts() {
            last = run(self, events, Limits { time, events: most - handled });
            handled += last.events;
            if last.why != Stop::TimeLimit {
                break;
            }
            self.halt(time, halt);
        }
        RunEnd { events: handled, ..last }
    }

    /// The run has come to a halt.
    pub(super) fn halt(&mut self, now: SimTime, halt: Halt) {
        match halt {
            Halt::Measure => self.measure_from(now),
            Halt::Look => self.look_at_populations(),
            Halt::End => {}
        }
    }

    /// Notes how many messages each queue holds.
    fn look_at_populations(&mut self) {
        let mut held = vec![0; self.books.queues.len()];
        let mut add =
            |(queue, messages): (QueueId, u64)| held[self.books.place_of(queue) as usize] += messages;
        match &self.node {
            Node::Up(broker) => broker.populations().for_each(&mut add),
            Node::Down(survivors) => survivors.populations().for_each(&mut add),
            Node::AtWork => {}
        }
        for (place, messages) in self.held_by_consumers() {
            held[place] += messages;
        }
        for (queue, messages) in self.books.queues.iter_mut().zip(held) {
            queue.outcome.populations.push(messages);
        }
    }

    /// Messages that wait in the buffers of consumers and are acknowledged already, so that their queues know nothing of
    /// them; with the place of the queue.
    fn held_by_consumers(&self) -> impl Iterator<Item = (usize, u64)> {
        let early =
            |(consumer, _): &(&Consumer, &ConsumerBook)| consumer.acknowledge != Acknowledge::AfterProcessing;
        let all = self.consumers.iter().zip(&self.books.consumers).filter(early);
        all.map(|(consumer, book)| (book.queue as usize, u64::from(consumer.buffered)))
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
        let in_queues = match &self.node {
            Node::Up(broker) => {
                let (ready, unacked) = broker.counts();
                ready + unacked
            }
            Node::Down(survivors) => survivors.ready(),
            Node::AtWork => 0,
        };
        in_queues + self.held_by_consumers().map(|(_, messages)| messages).sum::<u64>()
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
