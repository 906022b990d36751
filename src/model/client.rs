//! The clients at work: connect, set up channels, publish, consume, acknowledge, and what a loss does to them.

use super::answers::Verdict;
use super::connection::{
    Caller, Calling, ChannelPhase, ClientChannel, Committer, Phase, Todo, declaration, subscription,
};
use super::event::SystemEvent;
use super::frame::Frame;
use super::parting::Parting;
use super::reconnecting::DELAY_AFTER_REFUSAL;
use super::record::Recorder;
use super::spec::ChannelSpec;
use super::system::System;
use crate::amqp::{ChannelNo, ChannelRef, Method, Name, ReplyCode, ServerMethod};
use crate::engine::{EventList, Load, Seq};
use crate::measure::ClientError;
use crate::observe::What;
use crate::units::SimTime;

use std::sync::Arc;

impl<R: Recorder> System<R> {
    #[inline(always)]
    pub(super) fn reach_client(
        &mut self,
        index: usize,
        (seq, load): (Seq, Load),
        events: &mut EventList<SystemEvent>,
    ) {
        let load = self.connections[index].down.arrive(seq, load);
        if let Some((consumer, life)) = Frame::delivery_in(load) {
            self.receive(consumer as usize, life, events);
        } else if let Some((at, publish)) = Frame::confirm_in(load) {
            if self.connections[index].is_client_of(at.connection) {
                self.publish_confirmed(index, at, u64::from(publish), events);
            }
        } else {
            self.rare_frame_at_client(index, load, events);
        }
    }

    /// Any other frame reaches the client.
    #[inline(never)]
    fn rare_frame_at_client(&mut self, index: usize, load: Load, events: &mut EventList<SystemEvent>) {
        match Frame::unpack(load) {
            Frame::Answer(at) => {
                let method = self.connections[index].down.carried();
                // What was sent to a connection that the client has given up finds nobody.
                if self.connections[index].is_client_of(at.connection)
                    && let Some(method) = method
                {
                    self.client_method(index, at, method, events);
                }
            }
            Frame::Gone(id) if self.connections[index].is_client_of(id) => {
                self.part_connection(index, Parting::GoesOn, events);
                self.connect_later(index, events);
            }
            Frame::Refused(id) => {
                let connection = &mut self.connections[index];
                if connection.phase == Phase::Opening && connection.id == id {
                    connection.phase = Phase::Down;
                    connection.refused = true;
                    connection.failed += 1;
                    self.connect_later(index, events);
                }
            }
            // A cut has lost it, or the client is there under another id by now; the others are frames to the broker.
            _ => {}
        }
    }

    pub(super) fn consumer_start(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        self.rejoins(index, events.now());
        let connection = self.consumers[index].connection;
        // If the connection is not open, the consumer subscribes with the rest of its set-up.
        if self.connections[connection].phase == Phase::Open {
            self.plan_subscription(index);
            self.call_next(connection, events);
        }
    }

    /// A method of the broker arrives at its client.
    fn client_method(
        &mut self,
        index: usize,
        at: ChannelRef,
        method: ServerMethod,
        events: &mut EventList<SystemEvent>,
    ) {
        let channel = at.channel;
        self.recorder.observe(events.now(), || What::ReachedClient {
            connection: index as u32,
            channel: at,
            method: method.clone(),
        });
        match method {
            ServerMethod::ConnectionOpenOk => {
                self.connections[index].phase = Phase::Open;
                self.connections[index].failed = 0;
                for number in self.connections[index].channels.iter().map(|c| c.number).collect::<Vec<_>>() {
                    self.plan_channel(index, number, events.now());
                }
                self.call_next(index, events);
            }
            ServerMethod::ConnectionClose { code, text } => {
                self.client_error(index, None, code, &text, events.now());
                self.part_connection(index, Parting::GoesOn, events);
                self.connections[index].given_up = code != ReplyCode::ConnectionForced;
                // A broker that shuts down is worth waiting for; one that refuses will refuse again.
                if code == ReplyCode::ConnectionForced {
                    self.connect_later(index, events);
                }
            }
            ServerMethod::ChannelClose { code, text } => {
                self.client_error(index, Some(channel), code, &text, events.now());
                self.channel_closed(index, channel, events);
            }
            ServerMethod::BasicReturn(returned) => {
                self.message_returned(index, channel, returned.message.id, events);
            }
            ServerMethod::ChannelOpenOk => {
                // A channel that its client closed meanwhile stays closed.
                if let Some(channel) = self.connections[index].channel_mut(channel)
                    && channel.phase == ChannelPhase::Opening
                {
                    channel.phase = ChannelPhase::Open;
                }
                self.answered(index, channel, events);
            }
            ServerMethod::BasicConsumeOk { consumer_tag } => {
                let own = self.connections[index].channel(channel).map(|c| c.consumers.clone());
                for consumer in own.into_iter().flatten().map(|c| c as usize) {
                    // One that died since then does not hear it.
                    if self.consumers[consumer].tag == consumer_tag && self.consumers[consumer].listens {
                        self.subscribed(consumer, events.now());
                    }
                }
                self.answered(index, channel, events);
            }
            ServerMethod::BasicCancel { consumer_tag } => {
                self.cancelled(index, channel, consumer_tag, events);
            }
            ServerMethod::BasicCancelOk { consumer_tag } => {
                self.cancel_confirmed(index, channel, consumer_tag, events.now());
                self.answered(index, channel, events);
            }
            ServerMethod::BasicDeliver(delivery) => self.reached_script(index, at, delivery.delivery_tag),
            ServerMethod::BasicGetOk(got) => {
                self.reached_script(index, at, got.delivery_tag);
                self.answered(index, channel, events);
            }
            ServerMethod::BasicAck { delivery_tag, multiple } => {
                let answer = (delivery_tag, multiple);
                self.publish_answered(index, channel, answer, Verdict::Confirmed, events);
            }
            ServerMethod::BasicNack { delivery_tag, multiple } => {
                let answer = (delivery_tag, multiple);
                self.publish_answered(index, channel, answer, Verdict::Nacked, events);
            }
            ServerMethod::TxCommitOk => {
                let committer =
                    self.connections[index].channel_mut(channel).and_then(|c| c.commits.pop_front());
                match committer {
                    Some(Committer::Producer(producer)) => self.committed(producer as usize, events),
                    Some(Committer::Calling) => self.answered(index, channel, events),
                    None => {}
                }
            }
            ServerMethod::ChannelCloseOk
            | ServerMethod::ConnectionCloseOk
            | ServerMethod::ConnectionBlocked { .. }
            | ServerMethod::ConnectionUnblocked => {}
            _ => self.answered(index, channel, events),
        }
    }

    fn subscribed(&mut self, consumer: usize, now: SimTime) {
        self.consumers[consumer].subscribed = true;
        self.consumers[consumer].warms_up(now);
        if self.consumers[consumer].is_at_rest() {
            self.books.reader(consumer).idle(now);
        }
    }

    pub(super) fn reopen_later(
        &mut self,
        index: usize,
        number: ChannelNo,
        events: &mut EventList<SystemEvent>,
    ) {
        let Some(delay) = self.spec.connections[index].channel_reopen_delay else { return };
        let is_it = |c: &ChannelSpec| c.connection == index && c.number == number.0;
        let Some(place) = self.spec.channels.iter().position(is_it) else { return };
        if let Some(channel) = self.connections[index].channel_mut(number) {
            // Without any delay, time would stand still where the channel fails again at once.
            let at = events.now() + delay.max(DELAY_AFTER_REFUSAL);
            channel.reopen = events.at(at, SystemEvent::ChannelReopen(place as u32));
        }
    }

    /// The client opens a channel again that the broker has closed, unless it has come back another way.
    pub(super) fn reopen_channel(&mut self, place: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let ChannelSpec { connection, number, .. } = self.spec.channels[place];
        let number = ChannelNo(number);
        let state = &self.connections[connection];
        let waits = |c: &ClientChannel| c.reopen == seq && c.phase == ChannelPhase::Failed;
        if state.phase == Phase::Open && state.channel(number).is_some_and(waits) {
            self.plan_channel(connection, number, events.now());
            self.call_next(connection, events);
        }
    }

    fn client_error(
        &mut self,
        index: usize,
        channel: Option<ChannelNo>,
        code: ReplyCode,
        text: &str,
        at: SimTime,
    ) {
        if code == ReplyCode::ConnectionForced {
            return;
        }
        self.books.error(ClientError {
            at,
            connection: self.spec.connections[index].name.clone(),
            channel: channel.map(|channel| channel.0),
            code: code.number(),
            text: text.to_owned(),
        });
    }

    /// Plans the set-up of a channel: open, declare, then consumers subscribe and producers may publish.
    pub(super) fn plan_channel(&mut self, index: usize, number: ChannelNo, now: SimTime) {
        let spec = Arc::clone(&self.spec);
        let Some(channel) = self.connections[index].channel_mut(number) else { return };
        channel.phase = ChannelPhase::Opening;
        let channel = channel.clone();
        let mut calls = vec![Method::ChannelOpen];
        let producers = || channel.producers.iter().map(|&p| &spec.producers[p as usize]);
        calls.extend(producers().any(|producer| producer.confirms).then_some(Method::ConfirmSelect));
        calls.extend(producers().any(|p| p.transaction_size.is_some()).then_some(Method::TxSelect));
        let declares = producers().flat_map(|producer| &producer.declares);
        calls.extend(declares.map(|declared| declaration(self.names_mut(), declared)));
        let todo = &mut self.connections[index].todo;
        todo.extend(calls.into_iter().map(|method| Todo::Call(number, Box::new(method))));
        for consumer in channel.consumers.iter().map(|&c| c as usize) {
            if self.consumers[consumer].start <= now {
                self.plan_subscription(consumer);
            }
        }
        let ready = channel.producers.iter().map(|&p| Todo::ProducerReady(p));
        let ready = ready.chain(channel.scripts.iter().map(|&s| Todo::ScriptReady(s)));
        self.connections[index].todo.extend(ready);
    }

    /// Plans the set-up of a consumer that is back, on a channel that others have opened meanwhile.
    fn plan_consumer(&mut self, consumer: usize, now: SimTime) {
        let spec = Arc::clone(&self.spec);
        let (connection, number) = (self.consumers[consumer].connection, self.consumers[consumer].channel);
        for declared in &spec.consumers[consumer].declares {
            let method = Box::new(declaration(self.names_mut(), declared));
            self.connections[connection].todo.push_back(Todo::Call(number, method));
        }
        if self.consumers[consumer].start <= now {
            self.plan_subscription(consumer);
        }
    }

    /// A consumer that crashed is back, and its connection is open.
    pub(super) fn consumer_is_back(&mut self, consumer: usize, events: &mut EventList<SystemEvent>) {
        let (index, number) = (self.consumers[consumer].connection, self.consumers[consumer].channel);
        match self.connections[index].channel(number).map(|channel| channel.phase) {
            Some(ChannelPhase::Opening | ChannelPhase::Open) => self.plan_consumer(consumer, events.now()),
            _ => self.plan_channel(index, number, events.now()),
        }
        self.call_next(index, events);
    }

    /// Plans the subscription of a consumer once in each of its lives.
    pub(super) fn plan_subscription(&mut self, consumer: usize) {
        let state = &mut self.consumers[consumer];
        if state.outages > 0 || state.planned || state.stopped {
            return;
        }
        let (connection, channel) = (state.connection, state.channel);
        let phase = self.connections[connection].channel(channel).map(|channel| channel.phase);
        if !matches!(phase, Some(ChannelPhase::Opening | ChannelPhase::Open)) {
            return;
        }
        state.planned = true;
        let spec = Arc::clone(&self.spec);
        let spec = &spec.consumers[consumer];
        let mut calls: Vec<Method> =
            spec.declares.iter().map(|declared| declaration(self.names_mut(), declared)).collect();
        calls.extend(subscription(self.names_mut(), spec));
        let todo = &mut self.connections[connection].todo;
        todo.extend(calls.into_iter().map(|method| Todo::Call(channel, Box::new(method))));
    }

    /// If a call on this channel waited for an answer, the set-up goes on.
    pub(super) fn answered(&mut self, index: usize, channel: ChannelNo, events: &mut EventList<SystemEvent>) {
        let Some(calling) = self.connections[index].calling else { return };
        if calling.channel == channel {
            self.connections[index].calling = None;
            if let Caller::Script(script) = calling.by {
                self.step_done(script as usize, events);
            }
            self.call_next(index, events);
        }
    }

    /// Sends the next method of the set-up, unless one waits for its answer.
    pub(super) fn call_next(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        while self.connections[index].calling.is_none() {
            let connection = &mut self.connections[index];
            let Some(todo) = connection.todo.pop_front() else { return };
            match todo {
                Todo::Call(number, method) => {
                    connection.calling = Some(Calling { channel: number, by: Caller::SetUp });
                    if let Method::BasicConsume(consume) = &*method {
                        self.listen(index, number, consume.consumer_tag);
                    }
                    self.send(index, number, *method, events);
                }
                Todo::ProducerReady(producer) => self.producer_ready(producer as usize, events),
                Todo::ScriptReady(script) => self.script_ready(script as usize, events),
                Todo::Step(script) => self.send_step(script as usize, events),
            }
        }
    }

    /// From here on, deliveries on this channel under this tag belong to the consumer's present life.
    pub(super) fn listen(&mut self, index: usize, number: ChannelNo, tag: Name) {
        let Some(channel) = self.connections[index].channel(number) else { return };
        for &consumer in &channel.consumers {
            let consumer = &mut self.consumers[consumer as usize];
            consumer.listens |= consumer.tag == tag;
        }
    }

    pub(super) fn send(
        &mut self,
        index: usize,
        channel: ChannelNo,
        method: Method,
        events: &mut EventList<SystemEvent>,
    ) {
        let connection = &mut self.connections[index];
        let at = ChannelRef { connection: connection.id, channel };
        self.recorder.observe(events.now(), || What::ClientSent {
            connection: index as u32,
            channel: at,
            method: method.clone(),
        });
        let asks_for_confirms = method == Method::ConfirmSelect;
        connection.up.send_method(Frame::Method(channel), method, events);
        if asks_for_confirms {
            self.expect_confirms(index, channel);
        }
    }
}
