//! The simulated system as one value: broker, clients, links and books. A clone goes on independently.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::books::Books;
use super::connection::Connection;
use super::consumer::Consumer;
use super::dispatch_draws::DispatchDraws;
use super::downstream::Downstream;
use super::effects::{Directory, Effects};
use super::event::SystemEvent;
use super::fault::Strikers;
use super::frame::Frame;
use super::operator::Refusal;
use super::producer::Producer;
use super::record::Recorder;
use super::script::{Handed, Script};
use super::spec::SystemSpec;
use crate::amqp::{ChannelNo, ChannelRef, ConnectionId, DeliveryTag, Method, Names, ServerMethod};
use crate::broker::{Broker, Command, Operation, Survivors, Timer};
use crate::engine::{EventList, Load, Model, Seq};
use crate::observe::What;
use crate::random::RandomStream;
use crate::storage::Storage;
use crate::units::SimTime;

/// The broker's node: it runs, or what survived waits for it to run again.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Up(Box<Broker>),
    Down(Box<Survivors>),
    /// The broker carries out a command; what it asks for is done to the rest of the system meanwhile.
    AtWork,
}

/// Why [`Node::AtWork`] is never met between commands.
const AT_WORK: &str = "effects ask the system for nothing that only the broker knows";

/// The simulated system.
#[derive(Clone, Debug)]
pub struct System<R> {
    pub(super) spec: Arc<SystemSpec>,
    pub(super) node: Node,
    /// Restarts of the broker that are not over.
    pub(super) outages: u32,
    /// Of each node: crashes that are not over.
    pub(super) nodes_down: Vec<u32>,
    /// The broker has no disk any more, and with it no definitions.
    pub(super) disk_lost: bool,
    pub(super) connections: Vec<Connection>,
    pub(super) producers: Vec<Producer>,
    pub(super) consumers: Vec<Consumer>,
    pub(super) downstreams: Vec<Downstream>,
    pub(super) scripts: Vec<Script>,
    /// Of each publisher that is no producer, in order: its script.
    pub(super) publishing_scripts: Arc<[u32]>,
    /// What the broker has handed to scripts, by channel and delivery tag.
    pub(super) handed: BTreeMap<(ChannelRef, DeliveryTag), Handed>,
    /// Of each publisher, by index: the draws of its messages' work.
    pub(super) work: Vec<RandomStream>,
    pub(super) directory: Directory,
    pub(super) books: Books,
    pub(super) recorder: R,
    /// The events that the broker's timers wait for, by slot.
    pub(super) timers: Vec<Seq>,
    /// What the broker sent to connections that belong to no entity of the scenario.
    pub(super) by_hand: Vec<(ChannelRef, ServerMethod)>,
    pub(super) published_by_hand: u32,
    pub(super) faults: Strikers,
    /// Alarms that hold, of memory and of disk.
    pub(super) alarms: [u32; 2],
    /// What operators did while the broker was down.
    pub(super) missed: Vec<Operation>,
    /// A fault has stopped producers: nobody publishes anything new.
    pub(super) publishing_stopped: bool,
    pub(super) seed: u64,
}

impl<R: Recorder> System<R> {
    /// The system of `spec` at its start, with its first events on the list.
    pub fn new(spec: &Arc<SystemSpec>, seed: u64, recorder: R) -> (Self, EventList<SystemEvent>) {
        let (system, events, _) = System::prepared(spec, seed, recorder);
        (system, events)
    }

    /// The same, with what the broker refused to declare.
    pub(super) fn prepared(
        spec: &Arc<SystemSpec>,
        seed: u64,
        recorder: R,
    ) -> (Self, EventList<SystemEvent>, Vec<Refusal>) {
        let mut events = EventList::default();
        let mut broker = Broker::with_settings(&spec.profile, spec.settings.clone());
        if spec.settings.dispatch.is_experiment() {
            broker.hand_in(Box::new(DispatchDraws::new(seed)));
        }
        if let Some(storage) = &spec.storage {
            broker.attach(Storage::new(storage, seed));
        }
        let names = broker.names_mut();
        let books = Books::new(spec, names);
        let producers = (0..spec.producers.len()).map(|i| Producer::new(spec, i, seed, names)).collect();
        let consumers = Consumer::all(spec, seed, names);
        let work = spec.publishers().map(|name| RandomStream::new(seed, name, "work")).collect();
        let connections = Connection::all(spec, seed, &mut events);
        let tags = consumers.iter().map(|consumer| consumer.tag).zip(0..).collect();
        let directory = Directory { tags, ..Directory::default() };
        let mut system = System {
            spec: Arc::clone(spec),
            node: Node::Up(Box::new(broker)),
            outages: 0,
            nodes_down: vec![0; spec.storage.as_ref().map_or(1, |storage| storage.cluster.nodes as usize)],
            disk_lost: false,
            connections,
            producers,
            consumers,
            downstreams: Downstream::all(spec, seed),
            scripts: Script::all(spec),
            publishing_scripts: Script::publishing(spec),
            handed: BTreeMap::new(),
            work,
            directory,
            books,
            recorder,
            timers: Vec::new(),
            by_hand: Vec::new(),
            published_by_hand: 0,
            faults: Strikers::new(&spec.faults, seed),
            alarms: [0; 2],
            missed: Vec::new(),
            publishing_stopped: false,
            seed,
        };
        let refusals = system.prepare(&mut events);
        system.plan_faults(&mut events);
        for index in 0..spec.connections.len() {
            system.connections[index].connect = events.at(SimTime::ZERO, SystemEvent::Connect(index as u32));
        }
        for (index, consumer) in spec.consumers.iter().enumerate().filter(|(_, c)| c.start > SimTime::ZERO) {
            events.at(consumer.start, SystemEvent::ConsumerStart(index as u32));
        }
        for (index, consumer) in spec.consumers.iter().enumerate() {
            for (at, &(from, until)) in consumer.schedule.iter().enumerate() {
                if at > 0 {
                    events.at(from, SystemEvent::ConsumerStart(index as u32));
                }
                if until < SimTime::END {
                    events.at(until, SystemEvent::ConsumerStop(index as u32));
                }
            }
            if let Some(stop) = consumer.stop {
                events.at(stop, SystemEvent::ConsumerStop(index as u32));
            }
        }
        (system, events, refusals)
    }

    /// The table of names; those of a stopped broker are kept with what survived.
    pub fn names(&self) -> &Names {
        match &self.node {
            Node::Up(broker) => broker.names(),
            Node::Down(survivors) => survivors.names(),
            Node::AtWork => unreachable!("{AT_WORK}"),
        }
    }

    pub(super) fn names_mut(&mut self) -> &mut Names {
        match &mut self.node {
            Node::Up(broker) => broker.names_mut(),
            Node::Down(survivors) => survivors.names_mut(),
            Node::AtWork => unreachable!("{AT_WORK}"),
        }
    }

    /// What the run is made of.
    pub fn spec(&self) -> &Arc<SystemSpec> {
        &self.spec
    }

    /// The recorder, to take observations out.
    pub fn recorder_mut(&mut self) -> &mut R {
        &mut self.recorder
    }

    /// Gives the broker a command. A broker that is down does not hear it.
    #[inline(never)]
    pub(super) fn apply(&mut self, command: Command, events: &mut EventList<SystemEvent>) {
        let Some(mut broker) = self.take_broker() else { return };
        let mut effects = Effects::new(self, events);
        broker.apply(effects.now, command, &mut effects);
        self.put_broker(broker);
    }

    /// Takes a broker that is up out, so that it can work: what it asks for is done to the rest of the system.
    #[inline(always)]
    fn take_broker(&mut self) -> Option<Box<Broker>> {
        match mem::replace(&mut self.node, Node::AtWork) {
            Node::Up(broker) => Some(broker),
            other => {
                self.node = other;
                None
            }
        }
    }

    /// Puts it back.
    #[inline(always)]
    fn put_broker(&mut self, broker: Box<Broker>) {
        // What it replaces has nothing to drop, which the compiler cannot know.
        mem::forget(mem::replace(&mut self.node, Node::Up(broker)));
    }

    #[inline]
    pub(super) fn observe(&mut self, now: SimTime, what: impl FnOnce() -> What) {
        self.recorder.observe(now, what);
    }

    /// A method reaches the broker on a connection.
    #[inline(never)]
    pub(super) fn method(
        &mut self,
        index: usize,
        channel: ChannelNo,
        method: Method,
        events: &mut EventList<SystemEvent>,
    ) {
        let at = ChannelRef { connection: self.connections[index].id_at_broker, channel };
        self.reaches_broker(index, at, events.now(), || method.clone());
        self.apply(Command::Method(at, method), events);
    }

    /// Records that a method reaches the broker.
    #[inline(always)]
    fn reaches_broker(
        &mut self,
        index: usize,
        channel: ChannelRef,
        now: SimTime,
        method: impl FnOnce() -> Method,
    ) {
        self.recorder.observe(now, || What::ReachedBroker {
            connection: index as u32,
            channel,
            method: method(),
        });
    }

    #[inline(always)]
    fn reach_broker(&mut self, index: usize, (seq, load): (Seq, Load), events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        let load = connection.up.arrive(seq, load);
        let (id, hears) = (connection.id_at_broker, !connection.broken);
        if let Some((producer, number, published)) = Frame::publish_in(load)
            && hears
            && (producer as usize) < self.producers.len()
            && let Some(mut broker) = self.take_broker()
        {
            let producer = &self.producers[producer as usize];
            let at = ChannelRef { connection: id, channel: producer.channel };
            let publish = producer.method(number, published);
            self.reaches_broker(index, at, events.now(), || Method::BasicPublish(publish.clone()));
            let mut effects = Effects::new(self, events);
            broker.publish_arrives(effects.now, at, publish, &mut effects);
            self.put_broker(broker);
        } else if let Some((channel, tag)) = Frame::ack_in(load)
            && hears
            && let Some(mut broker) = self.take_broker()
        {
            let at = ChannelRef { connection: id, channel };
            self.reaches_broker(index, at, events.now(), || ack_of(tag));
            let mut effects = Effects::new(self, events);
            broker.ack_arrives(effects.now, at, (tag, false), &mut effects);
            self.put_broker(broker);
        } else {
            self.rare_frame(index, load, events);
        }
    }

    /// Any other frame reaches the broker, or one reaches a broker that does not hear it.
    #[inline(never)]
    fn rare_frame(&mut self, index: usize, load: Load, events: &mut EventList<SystemEvent>) {
        let frame = Frame::unpack(load);
        let deaf = self.connections[index].broken || matches!(self.node, Node::Down(_));
        match frame {
            Frame::Open(id) => self.reach_broker_open(index, id, events),
            // A cut has lost it; the others are frames to the client.
            Frame::Nothing
            | Frame::Deliver { .. }
            | Frame::Confirm { .. }
            | Frame::Answer(_)
            | Frame::Gone(_)
            | Frame::Refused(_) => {}
            frame if deaf => {
                let is_method = matches!(frame, Frame::Method(_));
                let carried = if is_method { self.connections[index].up.carried() } else { None };
                self.lost_frame(index, (&frame, carried.as_ref()), events);
            }
            Frame::Publish { producer, number, published } => {
                self.script_publish_arrives(index, (producer, number), published, events);
            }
            Frame::Ack { channel, tag } => self.method(index, channel, ack_of(tag), events),
            Frame::Method(channel) => {
                if let Some(method) = self.connections[index].up.carried() {
                    self.method(index, channel, method, events);
                }
            }
            Frame::Lost(id) => {
                self.connections[index].broken = true;
                self.apply(Command::ConnectionLost(id), events);
            }
        }
    }

    /// A timer of the broker comes due. One that changes nothing must not make the run longer.
    #[inline(never)]
    fn timer_due(&mut self, slot: u32, seq: Seq, events: &mut EventList<SystemEvent>) {
        let matters = self.timer_matters(slot, seq, events.now());
        if self.timers.get(slot as usize) == Some(&seq) {
            self.apply(Command::Timer(Timer { slot }), events);
        }
        if !matters {
            self.faults.stay(events);
        }
    }

    /// Whether a timer changes anything if it comes due at `at`.
    fn timer_matters(&self, slot: u32, seq: Seq, at: SimTime) -> bool {
        let awaited = self.timers.get(slot as usize) == Some(&seq);
        awaited && matches!(&self.node, Node::Up(broker) if broker.timer_matters(Timer { slot }, at))
    }

    fn reach_broker_open(&mut self, index: usize, id: ConnectionId, events: &mut EventList<SystemEvent>) {
        let node = self.node_for(index);
        let refused = matches!(self.node, Node::Down(_)) || events.now() < self.connections[index].cut_until;
        let Some(node) = node.filter(|_| !refused) else {
            self.connections[index].down.send(Frame::Refused(id), events);
            return;
        };
        self.connections[index].node = node;
        self.connections[index].id_at_broker = id;
        self.connections[index].broken = false;
        let spec = Arc::clone(&self.spec);
        if self.nodes_down.len() > 1 {
            let own = node == spec.connections[index].node as usize;
            let (connection, node) = (index as u32, node as u32 + 1);
            self.observe(events.now(), || What::ConnectedTo { connection, node, own });
        }
        let vhost = self.names_mut().intern(&spec.connections[index].vhost);
        let user = self.names_mut().intern(&spec.connections[index].user);
        self.apply(Command::Open { connection: id, vhost, user }, events);
    }
}

/// The `basic.ack` of one delivery.
pub(super) fn ack_of(delivery_tag: DeliveryTag) -> Method {
    Method::BasicAck { delivery_tag, multiple: false }
}

impl<R: Recorder> Model for System<R> {
    type Event = SystemEvent;

    #[inline(always)]
    fn handle(&mut self, seq: Seq, event: SystemEvent, load: Load, events: &mut EventList<SystemEvent>) {
        match event {
            SystemEvent::ProducerDue(index) => self.producer_due(index as usize, seq, events),
            SystemEvent::ReachBroker(index) => self.reach_broker(index as usize, (seq, load), events),
            SystemEvent::ReachClient(index) => self.reach_client(index as usize, (seq, load), events),
            SystemEvent::ServiceDone(index) => self.service_done(index as usize, seq, events),
            SystemEvent::Connect(index) => self.connect(index as usize, seq, events),
            SystemEvent::ConsumerStart(index) => self.consumer_start(index as usize, events),
            SystemEvent::ConsumerBack(index) => self.consumer_returns(index as usize, events),
            SystemEvent::ConsumerStop(index) => self.consumer_stop(index as usize, events),
            SystemEvent::FaultBegins(index) => self.fault_due(index as usize, events),
            SystemEvent::FaultEnds(index) => self.fault_ends(index as usize, events),
            SystemEvent::ChannelReopen(index) => self.reopen_channel(index as usize, seq, events),
            SystemEvent::AckDue(index) => self.ack_due(index as usize, seq, events),
            SystemEvent::CallDue(index) => self.call_due(index as usize, seq, events),
            SystemEvent::PolicySet(index) => self.set_policy(index as usize, events),
            SystemEvent::PolicyCleared(index) => self.clear_policy(index as usize, events),
            SystemEvent::ClientStep(index) => self.step_due(index as usize, seq, events),
            SystemEvent::BrokerTimer(slot) => self.timer_due(slot, seq, events),
        }
        if self.faults.wait() {
            self.look_at_conditions(events);
        }
    }

    fn is_idle(&self, seq: Seq, event: SystemEvent) -> bool {
        match event {
            // Whatever still waits is late at the end of time.
            SystemEvent::BrokerTimer(slot) => !self.timer_matters(slot, seq, SimTime::END),
            // It lost its channel, or was stopped, before it was to publish.
            SystemEvent::ProducerDue(index) => !self.producers[index as usize].waits_for(seq),
            SystemEvent::AckDue(index) => !self.consumers[index as usize].waits_to_acknowledge(seq),
            SystemEvent::CallDue(index) => !self.downstreams[index as usize].is_awaited(seq),
            // Where nothing else is left to happen, it finds nothing to disturb.
            SystemEvent::FaultBegins(index) => self.repeats(index as usize),
            _ => false,
        }
    }
}
