//! Clients that send what they are told to, step by step, and hold what they get until they settle it.

mod spec;

use std::sync::Arc;

pub use spec::{Call, ClientSpec, StepSpec, When};

use super::confirming::Sent;
use super::connection::{Caller, Calling, ChannelPhase, Committer, Phase, Todo};
use super::event::SystemEvent;
use super::frame::Frame;
use super::parting::Parting;
use super::record::Recorder;
use super::spec::{Declaration, SystemSpec};
use super::system::System;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, DeliveryTag, MessageId, Method, ProducerId, QueueId,
};
use crate::engine::{EventList, Seq};
use crate::measure::ClientOutcome;
use crate::observe::{LossCause, What};
use crate::units::SimTime;

/// How far a client is with its steps.
#[derive(Clone, Debug)]
pub(super) struct Script {
    connection: usize,
    channel: ChannelNo,
    /// Index of the step that is sent next, or waits for its answer.
    next: usize,
    /// When that step is due.
    due: SimTime,
    /// The event that counts.
    armed: Seq,
    /// Its channel is open.
    pub(super) ready: bool,
    /// It has closed its channel or connection itself: the next step opens it again.
    left: bool,
    /// The tag of the last delivery on the channel as it is open now.
    last: Option<DeliveryTag>,
    /// Steps that it has sent, and that were answered if they have an answer.
    carried_out: u64,
    /// In whose name it publishes, if it does.
    publisher: Option<u32>,
    /// Indices of the steps that are publishes, in order.
    publishes: Arc<[u32]>,
    published: u32,
}

impl Script {
    /// The scripts of a scenario, in its order.
    pub(super) fn all(spec: &SystemSpec) -> Vec<Script> {
        let mut publishers = spec.producers.len() as u32..;
        let script = |client: &ClientSpec| {
            let channel = &spec.channels[client.channel];
            let publisher = if client.publishes() { publishers.next() } else { None };
            Script {
                connection: channel.connection,
                channel: ChannelNo(channel.number),
                next: 0,
                due: client.due(0, client.start),
                armed: Seq::NONE,
                ready: false,
                left: false,
                last: None,
                carried_out: 0,
                publisher,
                publishes: client.publishes_at(),
                published: 0,
            }
        };
        spec.clients.iter().map(script).collect()
    }

    /// Indices of the scripts that publish, in the order in which they follow the producers among the publishers.
    pub(super) fn publishing(spec: &SystemSpec) -> Arc<[u32]> {
        spec.clients
            .iter()
            .zip(0..)
            .filter(|(client, _)| client.publishes())
            .map(|(_, index)| index)
            .collect()
    }
}

impl ClientSpec {
    /// Whether any of its steps is a publish.
    pub fn publishes(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.call, Call::Publish { .. }))
    }

    /// Indices of the steps that are publishes.
    fn publishes_at(&self) -> Arc<[u32]> {
        let steps = self.steps.iter().zip(0..);
        steps.filter(|(step, _)| matches!(step.call, Call::Publish { .. })).map(|(_, index)| index).collect()
    }

    /// What it declares, in order.
    pub fn declares(&self) -> impl Iterator<Item = &Declaration> {
        self.steps.iter().filter_map(|step| match &step.call {
            Call::Declare(declaration) => Some(declaration),
            _ => None,
        })
    }

    /// When step `next` is due if the one before it was done at `now`.
    fn due(&self, next: usize, now: SimTime) -> SimTime {
        match self.steps.get(next).map(|step| step.when) {
            Some(When::At(at)) => at.max(self.start),
            Some(When::After(delay)) => now + delay,
            None => now,
        }
    }
}

/// A delivery that the broker has handed to a script, until it is settled or, if that was automatic, until it arrives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handed {
    pub(super) queue: QueueId,
    pub(super) message: MessageId,
    pub(super) automatic: bool,
}

impl<R: Recorder> System<R> {
    /// The channel of a script is set up.
    pub(super) fn script_ready(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let state = &mut self.scripts[script];
        let channel = self.connections[state.connection].channel(state.channel);
        if channel.is_some_and(|channel| channel.phase == ChannelPhase::Open) {
            state.ready = true;
            state.left = false;
            self.arm_script(script, events);
        }
    }

    fn arm_script(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let state = &mut self.scripts[script];
        let more = state.next < self.spec.clients[script].steps.len();
        if more && (state.ready || state.left) {
            state.armed = events.at(state.due.max(events.now()), SystemEvent::ClientStep(script as u32));
        }
    }

    /// The present step is carried out.
    pub(super) fn step_done(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        self.scripts[script].carried_out += 1;
        self.next_step(script, events);
    }

    fn next_step(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let state = &mut self.scripts[script];
        state.next += 1;
        state.due = self.spec.clients[script].due(state.next, events.now());
        self.arm_script(script, events);
    }

    /// A step is due: it is sent as soon as the connection waits for no answer.
    pub(super) fn step_due(&mut self, script: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let state = &mut self.scripts[script];
        if state.armed != seq {
            return;
        }
        let index = state.connection;
        if state.ready {
            self.connections[index].todo.push_back(Todo::Step(script as u32));
            self.call_next(index, events);
        } else if std::mem::take(&mut state.left) {
            self.open_again(script, events);
        }
    }

    /// A script that closed its channel or connection has something to send.
    fn open_again(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let (index, number) = (self.scripts[script].connection, self.scripts[script].channel);
        let connection = &mut self.connections[index];
        if connection.stays_away {
            connection.begin_anew();
            let at = events.now().max(connection.cut_until);
            connection.connect = events.at(at, SystemEvent::Connect(index as u32));
        } else if connection.phase == Phase::Open
            && connection.channel(number).is_some_and(|channel| channel.phase == ChannelPhase::Closed)
        {
            self.plan_channel(index, number, events.now());
            self.call_next(index, events);
        }
    }

    /// Sends the present step.
    pub(super) fn send_step(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let spec = Arc::clone(&self.spec);
        let state = &self.scripts[script];
        let (index, number, last) = (state.connection, state.channel, state.last);
        let Some(step) = spec.clients[script].steps.get(state.next) else { return };
        match &step.call {
            Call::Publish { .. } if self.publishing_stopped => {
                self.next_step(script, events);
                return;
            }
            Call::Publish { .. } => self.publish_step(script, events),
            Call::Plain(Method::ChannelClose) => {
                self.part_channel(index, number, ChannelPhase::Closed, Parting::GoesOn, events);
                self.send(index, number, Method::ChannelClose, events);
                self.scripts[script].left = true;
            }
            Call::Plain(Method::ConnectionClose) => {
                self.send(index, ChannelNo(0), Method::ConnectionClose, events);
                self.part_connection(index, Parting::GoesOn, events);
                self.connections[index].stays_away = true;
                self.scripts[script].left = true;
            }
            call => {
                let Some(method) = call.method(self.names_mut(), last) else {
                    let (client, step) = (script as u32, self.scripts[script].next as u32 + 1);
                    self.observe(events.now(), || What::NothingToSettle { client, step });
                    self.next_step(script, events);
                    return;
                };
                if let Method::BasicConsume(consume) = &method {
                    self.listen(index, number, consume.consumer_tag);
                }
                let waits = spec::is_answered(&method);
                let commits = method == Method::TxCommit;
                self.send(index, number, method, events);
                if commits {
                    self.expect_commit(index, number, Committer::Calling);
                }
                if waits {
                    let by = Caller::Script(script as u32);
                    self.connections[index].calling = Some(Calling { channel: number, by });
                    return;
                }
            }
        }
        self.step_done(script, events);
    }

    fn publish_step(&mut self, script: usize, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let state = &mut self.scripts[script];
        state.published += 1;
        let Some(producer) = state.publisher else { return };
        let (index, number) = (state.connection, state.published);
        let channel = ChannelRef { connection: self.connections[index].id, channel: state.channel };
        self.books.ledger.published += 1;
        self.books.producers[producer as usize].published += 1;
        if let Some(publish) = self.publish_of(producer, number, now) {
            let message = publish.message.id;
            self.recorder.observe(now, || What::Published { producer, message, class: 0, again: None });
            let method = Method::BasicPublish(publish);
            self.recorder.observe(now, || What::ClientSent { connection: index as u32, channel, method });
        }
        self.connections[index].up.send(Frame::Publish { producer, number, published: now }, events);
        let message = MessageId { producer: ProducerId(producer), number };
        self.expect_answer(index, channel.channel, Sent { message, at: now, returned: None });
    }

    /// The message that a script publishes as its `number`-th.
    fn publish_of(&mut self, producer: u32, number: u32, published: SimTime) -> Option<BasicPublish> {
        let script = self.script_of(producer)?;
        let step = *self.scripts[script].publishes.get(number as usize - 1)?;
        let spec = Arc::clone(&self.spec);
        let step = spec.clients.get(script)?.steps.get(step as usize)?;
        let mut publish = step.call.publish(self.names_mut())?;
        publish.message.id = MessageId { producer: ProducerId(producer), number };
        publish.message.published = published;
        Some(publish)
    }

    /// The script that publishes in this name.
    fn script_of(&self, producer: u32) -> Option<usize> {
        let place = (producer as usize).checked_sub(self.producers.len())?;
        self.publishing_scripts.get(place).map(|&script| script as usize)
    }

    /// A publish of a script reaches the broker.
    #[cold]
    pub(super) fn script_publish_arrives(
        &mut self,
        index: usize,
        (producer, number): (u32, u32),
        published: SimTime,
        events: &mut EventList<SystemEvent>,
    ) {
        let Some(channel) = self.script_of(producer).map(|script| self.scripts[script].channel) else {
            return;
        };
        if let Some(publish) = self.publish_of(producer, number, published) {
            self.method(index, channel, Method::BasicPublish(publish), events);
        }
    }

    /// A message reaches the client of a channel, which no consumer of the scenario asked for.
    pub(super) fn reached_script(&mut self, index: usize, at: ChannelRef, tag: DeliveryTag) {
        self.note_delivery(index, at.channel, tag);
        if self.handed.get(&(at, tag)).is_some_and(|handed| handed.automatic) {
            self.handed.remove(&(at, tag));
            self.books.ledger.processed += 1;
        }
    }

    /// A consumer on the channel of a script gets a delivery.
    #[cold]
    pub(super) fn note_last(&mut self, consumer: usize, tag: DeliveryTag) {
        let (connection, channel) = (self.consumers[consumer].connection, self.consumers[consumer].channel);
        self.note_delivery(connection, channel, tag);
    }

    fn note_delivery(&mut self, index: usize, number: ChannelNo, tag: DeliveryTag) {
        for &script in self.connections[index].channel(number).into_iter().flat_map(|c| &c.scripts) {
            let script = &mut self.scripts[script as usize];
            if script.ready {
                script.last = Some(tag);
            }
        }
    }

    /// How far each script came.
    pub(super) fn client_outcomes(&self) -> Vec<ClientOutcome> {
        let outcome = |(script, client): (&Script, &ClientSpec)| ClientOutcome {
            name: client.name.clone(),
            carried_out: script.carried_out,
            steps: client.steps.len() as u64,
        };
        self.scripts.iter().zip(&self.spec.clients).map(outcome).collect()
    }

    /// Scripts on a channel that is gone stop, and what was on its way to them is lost if nobody else has it.
    pub(super) fn part_scripts(&mut self, index: usize, number: ChannelNo, now: SimTime) {
        let connection = &self.connections[index];
        for &script in connection.channel(number).into_iter().flat_map(|channel| &channel.scripts) {
            let script = &mut self.scripts[script as usize];
            script.ready = false;
            // One that has left by itself opens its channel again when its step is due, whatever happens meanwhile.
            if !script.left {
                script.armed = Seq::NONE;
            }
            script.last = None;
        }
        let at = ChannelRef { connection: connection.id, channel: number };
        self.lose_automatic(at, now);
    }

    fn lose_automatic(&mut self, at: ChannelRef, now: SimTime) {
        let all = (at, DeliveryTag::MIN)..=(at, DeliveryTag::MAX);
        let lost: Vec<_> = self.handed.range(all).filter(|(_, handed)| handed.automatic).collect();
        let lost: Vec<_> = lost.into_iter().map(|(&key, &handed)| (key, handed)).collect();
        for (key, Handed { message, queue, .. }) in lost {
            self.handed.remove(&key);
            let cause = LossCause::AutoAckInFlight;
            self.books.lost_at_consumer(message, cause, self.books.place_of(queue));
            self.observe(now, || What::LostOutside { message, cause, consumer: None });
        }
    }

    /// Whether a client listens on this channel, as it knows.
    pub(super) fn is_listening(&self, index: usize, at: ChannelRef) -> bool {
        let connection = &self.connections[index];
        let open = |id: ConnectionId| connection.phase == Phase::Open && connection.id == id;
        let channel = connection.channel(at.channel);
        open(at.connection) && channel.is_some_and(|channel| channel.phase == ChannelPhase::Open)
    }
}
