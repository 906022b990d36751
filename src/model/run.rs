//! A whole run of a system, and the closing of its books.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::connection::ChannelPhase;
use super::downstream::Downstream;
use super::effects::Effects;
use super::event::SystemEvent;
use super::frame::Frame;
use super::measuring::Halt;
use super::record::{Lean, Recorder, Recording};
use super::spec::SystemSpec;
use super::system::{Node, System};
use crate::amqp::{Method, in_vhost};
use crate::engine::{EventList, Limits, RunEnd, Stop, is_drained, run, step};
use crate::measure::{DetailsObserver, End, EndReason, Outcome, Stopped};
use crate::observe::Observation;
use crate::storage::Crash;
use crate::units::SimTime;

/// Runs one replication without recording and closes its books.
pub fn simulate(spec: &SystemSpec, seed: u64) -> Outcome {
    let spec = Arc::new(spec.clone());
    if spec.details {
        let consumers = spec.consumer_channels().map(|(connection, channel)| (connection, channel.0));
        return simulate_with(
            &spec,
            seed,
            DetailsObserver::new(consumers.collect(), spec.publishers().count()),
        );
    }
    simulate_with(&spec, seed, Lean)
}

fn simulate_with(spec: &Arc<SystemSpec>, seed: u64, recorder: impl Recorder) -> Outcome {
    let (mut system, mut events) = System::new(spec, seed, recorder);
    let end = system.run_to_end(&mut events);
    system.close(end, &events)
}

/// Runs one replication and shows every observation to `look`, in order. The outcome is that of [`simulate`] without details.
pub fn simulate_recorded(
    spec: &SystemSpec,
    seed: u64,
    mut look: impl FnMut(&System<Recording>, Vec<Observation>),
) -> Outcome {
    let spec = Arc::new(spec.clone());
    let (mut system, mut events) = System::new(&spec, seed, Recording::default());
    let mut count = 0;
    let mut halts = system.halts().into_iter();
    let mut next = halts.next();
    loop {
        let observed = system.recorder_mut().take();
        if !observed.is_empty() {
            look(&system, observed);
        }
        let exhausted = count >= spec.events_max;
        let until = next.map_or(spec.duration, |(at, _)| at);
        if exhausted || !step(&mut system, &mut events, until) {
            if !exhausted
                && let Some((at, halt)) = next.filter(|(_, halt)| *halt != Halt::End)
                && !is_drained(&system, &events)
            {
                system.halt(at, halt);
                next = halts.next();
                continue;
            }
            // The loop's last round: it only finds out why there is no next event.
            let limits = Limits { time: spec.duration, events: 0 };
            let mut end = if exhausted {
                run(&mut system, &mut events, limits)
            } else {
                run(&mut system, &mut events, Limits { events: 1, ..limits })
            };
            end.events = count;
            return system.close(end, &events);
        }
        count += 1;
    }
}

pub(super) fn end_reason(why: Stop) -> EndReason {
    match why {
        Stop::Drained => EndReason::Drained,
        Stop::TimeLimit => EndReason::TimeLimit,
        Stop::EventLimit => EndReason::EventLimit,
    }
}

impl<R: Recorder> System<R> {
    /// Ends the broker so. If it is down already, its machine can lose its power or its disk still.
    pub(super) fn stop_broker(&mut self, crash: Crash, events: &mut EventList<SystemEvent>) {
        self.outages += 1;
        match mem::replace(&mut self.node, Node::AtWork) {
            Node::Up(broker) => {
                let mut effects = Effects::new(self, events);
                let survivors = match crash {
                    Crash::CleanStop => broker.stop(effects.now, &mut effects),
                    _ => broker.crash(effects.now, crash, &mut effects),
                };
                self.disk_lost |= crash == Crash::DiskLoss;
                self.node = Node::Down(Box::new(survivors));
                if crash != Crash::CleanStop {
                    self.reset_connections(crash, events);
                }
            }
            Node::Down(mut survivors) => {
                let mut effects = Effects::new(self, events);
                survivors.struck(effects.now, crash, &mut effects);
                self.disk_lost |= crash == Crash::DiskLoss;
                self.node = Node::Down(survivors);
            }
            Node::AtWork => unreachable!("a broker at work is stopped by nobody"),
        }
    }

    /// Clients find that the broker is gone. Deviation: DEV-9.
    fn reset_connections(&mut self, crash: Crash, events: &mut EventList<SystemEvent>) {
        for connection in &mut self.connections {
            connection.find_dead(connection.id_at_broker, crash, events);
        }
    }

    /// Starts the broker again once no outage is left.
    pub(super) fn start_broker(&mut self, events: &mut EventList<SystemEvent>) {
        self.outages = self.outages.saturating_sub(1);
        if self.outages > 0 {
            return;
        }
        match mem::replace(&mut self.node, Node::AtWork) {
            Node::Down(survivors) => {
                let mut effects = Effects::new(self, events);
                let broker = survivors.start(effects.now, &mut effects);
                self.node = Node::Up(Box::new(broker));
            }
            other => self.node = other,
        }
        if mem::take(&mut self.disk_lost) {
            self.declare_all(events);
        }
        self.make_up_for_missed(events);
    }

    /// Closes the books of a run that ended so.
    pub fn close(mut self, end: RunEnd, events: &EventList<SystemEvent>) -> Outcome {
        self.close_storage(end.at);
        self.count_waiting(end.at, |little| &mut little.left);
        self.books.close(end.at);
        self.count_what_is_left(events);
        self.close_producers(end.at);
        self.books.close_fates();
        let levels: BTreeMap<String, (u32, u32)> = self.queue_levels();
        for queue in &mut self.books.queues {
            let (ready, unacked) = levels.get(&queue.outcome.name).copied().unwrap_or_default();
            queue.outcome.ready = u64::from(ready);
            queue.outcome.unacked = u64::from(unacked);
        }
        let why = end_reason(end.why);
        let clients = self.client_outcomes();
        let faults = self.fault_outcomes();
        // Of a broker that is down, nobody knows how long what it keeps has waited.
        let is_up = matches!(self.node, Node::Up(_));
        let out_of_service = match &self.node {
            Node::Up(broker) => !broker.has_leader(),
            Node::Down(_) | Node::AtWork => true,
        };
        let waits = || if is_up { self.books.waits_agree_with_levels() } else { Ok(()) };
        let balanced = self.books.ledger.balance().and_then(|()| waits());
        let mut queues: Vec<_> = self.books.queues.into_iter().map(|queue| *queue.outcome).collect();
        // The last one stands for all that the scenario does not name.
        queues.pop();
        self.recorder.close(&self.books.place_of_queue, &mut queues, &mut self.books.producers);
        let consumers: Vec<_> = self.books.consumers.into_iter().map(|consumer| *consumer.outcome).collect();
        for (place, consumer) in consumers.iter().enumerate() {
            if let Some(queue) = queues.get_mut(consumer.queue) {
                queue.consumers.push(place);
            }
        }
        Outcome {
            clients,
            end: End { at: end.at, events: end.events, why, out_of_service },
            measured_from: self.books.measured_from,
            producers: self.books.producers,
            consumers,
            queues,
            downstreams: self.downstreams.into_iter().map(Downstream::into_outcome).collect(),
            faults,
            answered_twice: self.books.answered_twice,
            ledger: self.books.ledger,
            balanced,
            errors: self.books.errors,
        }
    }

    /// What has become safer unnoticed counts, and what is not safe is counted.
    fn close_storage(&mut self, end: SimTime) {
        let (facts, unsafe_copies) = match &mut self.node {
            Node::Up(broker) => (broker.close_storage(end), broker.unsafe_copies()),
            Node::Down(survivors) => (survivors.close_storage(end), survivors.unsafe_copies()),
            Node::AtWork => return,
        };
        for fact in &facts {
            self.books.fact(end, fact);
        }
        for (queue, copies) in unsafe_copies {
            self.books.close_safety(queue, copies);
        }
    }

    /// What producers still had to do.
    fn close_producers(&mut self, end: SimTime) {
        for (producer, book) in self.producers.iter().zip(&mut self.books.producers) {
            book.published = producer.sent;
            let connection = &self.connections[producer.connection];
            let channel = connection.channel(producer.channel);
            let phase = channel.map(|channel| channel.phase);
            book.held_back = producer.discipline.as_ref().map_or(0, |d| d.waiting());
            let more = book.held_back > 0 || producer.goes_on(producer.due.min(end));
            book.stopped = match phase {
                _ if !more => Stopped::No,
                _ if producer.outages > 0 => Stopped::Crashed,
                _ if connection.given_up => Stopped::ByError,
                _ if connection.exhausted => Stopped::ByFailedAttempts,
                Some(ChannelPhase::Failed) => Stopped::ByError,
                Some(ChannelPhase::Open) => Stopped::No,
                _ => Stopped::WithoutChannel,
            };
        }
    }

    /// Ready and unacknowledged messages of each queue, by name.
    pub(super) fn queue_levels(&self) -> BTreeMap<String, (u32, u32)> {
        let level = |((vhost, name), ready, unacked): ((&str, &str), u32, u32)| {
            (in_vhost(vhost, name), (ready, unacked))
        };
        match &self.node {
            Node::Up(broker) => broker.queue_levels().map(level).collect(),
            Node::Down(survivors) => survivors.queue_levels().map(level).collect(),
            Node::AtWork => BTreeMap::new(),
        }
    }

    /// Counts the messages that have no final fate yet.
    pub(super) fn count_what_is_left(&mut self, events: &EventList<SystemEvent>) {
        let drawn = self.connections.iter().flat_map(|connection| connection.up.drawn_frames());
        let arrives = |seq, event| matches!(event, SystemEvent::ReachBroker(index) if !self.connections[index as usize].up.is_lost(seq));
        let in_lanes = events.in_lanes().filter(|&(seq, event, _)| arrives(seq, event));
        let frames = drawn.chain(in_lanes.map(|(_, _, load)| Frame::unpack(load)));
        let carried = self.connections.iter().flat_map(|connection| connection.up.all_carried());
        let on_the_way = frames.filter(|frame| matches!(frame, Frame::Publish { .. })).count()
            + carried.filter(|method| matches!(method, Method::BasicPublish(_))).count();
        let (held, (ready, unacked), uncommitted) = match &self.node {
            Node::Up(broker) => (broker.publishes_held(), broker.counts(), broker.uncommitted()),
            Node::Down(survivors) => (0, (survivors.ready(), 0), 0),
            Node::AtWork => (0, (0, 0), 0),
        };
        let automatic = self.handed.values().filter(|handed| handed.automatic).count();
        let settled = self
            .consumers
            .iter()
            .flat_map(|c| c.held.iter().map(|held| held.settled).chain(c.all_work().map(|w| w.held.settled)))
            .filter(|settled| settled.is_for_good())
            .count();
        let ledger = &mut self.books.ledger;
        ledger.on_the_way = on_the_way as u64 + held;
        ledger.uncommitted = uncommitted;
        ledger.queued = ready;
        ledger.in_flight = unacked + (settled + automatic) as u64;
    }

    /// The instant up to which a run of this scenario goes.
    pub fn duration(&self) -> SimTime {
        self.spec.duration
    }
}
