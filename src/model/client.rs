//! The clients at work: connect, set up channels, publish, consume, acknowledge, and what a loss does to them.

use super::connection::{ChannelPhase, DownFrame, Phase, Todo, UpFrame, declaration, subscription};
use super::consumer::{InWork, Settled};
use super::event::SystemEvent;
use super::record::Recorder;
use super::spec::Acknowledge;
use super::system::System;
use crate::amqp::{ChannelNo, ChannelRef, Method, ReplyCode, ServerMethod};
use crate::engine::{EventList, Seq};
use crate::measure::ClientError;
use crate::observe::{LossCause, What};
use crate::units::SimTime;

use super::books::Work;
use std::sync::Arc;

/// What becomes of the work of a consumer that loses its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// Its process dies, and the work with it.
    Dies,
    /// It finishes the message it works on, though nobody will take the acknowledgement.
    GoesOn,
}

impl<R: Recorder> System<R> {
    #[inline(never)]
    pub(super) fn producer_due(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        if producer.armed != seq || !producer.ready {
            return;
        }
        let now = events.now();
        let number = producer.publish(now);
        if producer.goes_on(producer.due) {
            producer.armed = events.at(producer.due, SystemEvent::ProducerDue(index as u32));
        }
        self.books.ledger.published += 1;
        self.books.producers[index].published += 1;
        let producer = &self.producers[index];
        let connection = &mut self.connections[producer.connection];
        let at = ChannelRef { connection: connection.id, channel: producer.channel };
        self.recorder.observe(now, || What::Published {
            producer: index as u32,
            message: producer.method(number, now).message.id,
            class: producer.class(number),
        });
        self.recorder.observe(now, || What::ClientSent {
            connection: producer.connection as u32,
            channel: at,
            method: Method::BasicPublish(producer.method(number, now)),
        });
        let frame = UpFrame::Publish { producer: index as u32, number, published: now };
        connection.up.send(frame, events);
    }

    #[inline(never)]
    pub(super) fn reach_client(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        match self.connections[index].down.arrive(seq) {
            None | Some(DownFrame::Nothing) => {}
            Some(DownFrame::Deliver { consumer, life }) => self.receive(consumer as usize, life, events),
            Some(DownFrame::Method(channel)) => {
                if let Some(method) = self.connections[index].down.carried() {
                    self.client_method(index, channel, method, events);
                }
            }
            Some(DownFrame::Refused) => {
                self.connections[index].phase = Phase::Down;
                self.connect_later(index, events);
            }
        }
    }

    /// A delivery arrives: it waits in the buffer, or is worked on at once.
    #[inline]
    fn receive(&mut self, index: usize, life: u32, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        if consumer.life != life {
            return;
        }
        let now = events.now();
        let Some(&held) = consumer.held.get(consumer.buffered) else { return };
        consumer.buffered += 1;
        let at_once = consumer.work.is_none();
        let buffered = consumer.buffered as u32;
        self.recorder.observe(now, || What::Received {
            consumer: index as u32,
            message: held.message,
            delivery_tag: held.tag,
            redelivered: held.redelivered,
            buffered,
        });
        self.books.buffered(now, index, 1);
        if self.consumers[index].acknowledge == Acknowledge::BeforeProcessing {
            self.acknowledge(index, held.tag, events);
        }
        if at_once {
            self.begin_service(index, events);
        }
    }

    #[inline]
    fn acknowledge(&mut self, index: usize, tag: u64, events: &mut EventList<SystemEvent>) {
        let consumer = &self.consumers[index];
        let connection = &mut self.connections[consumer.connection];
        let at = ChannelRef { connection: connection.id, channel: consumer.channel };
        self.recorder.observe(events.now(), || What::ClientSent {
            connection: consumer.connection as u32,
            channel: at,
            method: Method::BasicAck { delivery_tag: tag, multiple: false },
        });
        connection.up.send(UpFrame::Ack { channel: consumer.channel, tag }, events);
    }

    /// The consumer takes the oldest message of its buffer, or is idle.
    #[inline]
    fn begin_service(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let consumer = &mut self.consumers[index];
        if consumer.buffered == 0 {
            if consumer.subscribed {
                self.books.idle(now, index);
            }
            return;
        }
        let Some(held) = consumer.held.pop() else { return };
        consumer.buffered -= 1;
        let takes = consumer.service_time(held.at_speed_one);
        consumer.work = Some(InWork { held, takes, attached: true });
        consumer.service = events.at(now + takes, SystemEvent::ServiceDone(index as u32));
        self.books.not_idle(now, index);
        self.books.buffered(now, index, -1);
        let (consumer, message) = (index as u32, held.message);
        self.recorder.observe(now, || What::ServiceBegan { consumer, message, takes });
    }

    #[inline(never)]
    pub(super) fn service_done(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        if consumer.service != seq {
            return;
        }
        let Some(work) = consumer.work.take() else { return };
        let acknowledges = consumer.acknowledge == Acknowledge::AfterProcessing && work.attached;
        let now = events.now();
        let held = work.held;
        let done = Work {
            message: held.message,
            published: held.published,
            took: work.takes,
            at_speed_one: held.at_speed_one,
        };
        let again = self.books.processed(now, index, &done);
        if held.settled != Settled::No {
            self.books.ledger.processed += 1;
        }
        self.recorder.observe(now, || What::Processed {
            consumer: index as u32,
            message: held.message,
            sojourn: now.since(held.published),
            again,
        });
        if acknowledges {
            self.acknowledge(index, held.tag, events);
        }
        self.begin_service(index, events);
    }

    pub(super) fn consumer_start(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let connection = self.consumers[index].connection;
        // If the connection is not open, the consumer subscribes with the rest of its set-up.
        if self.connections[connection].phase == Phase::Open {
            self.plan_subscription(index);
            self.call_next(connection, events);
        }
    }

    pub(super) fn connect(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        if connection.connect != seq || connection.phase != Phase::Down || connection.stays_away {
            return;
        }
        connection.phase = Phase::Opening;
        connection.id = self.directory.new_connection(index as u32);
        let open = UpFrame::Open(connection.id);
        connection.up.send(open, events);
        self.observe(events.now(), || What::Connecting { connection: index as u32 });
    }

    pub(super) fn connect_later(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let delay = self.spec.connections[index].reconnect_delay;
        let connection = &mut self.connections[index];
        let at = (events.now() + delay).max(connection.cut_until);
        connection.connect = events.at(at, SystemEvent::Connect(index as u32));
    }

    /// A method of the broker arrives at its client.
    fn client_method(
        &mut self,
        index: usize,
        channel: ChannelNo,
        method: ServerMethod,
        events: &mut EventList<SystemEvent>,
    ) {
        let at = ChannelRef { connection: self.connections[index].id, channel };
        self.recorder.observe(events.now(), || What::ReachedClient {
            connection: index as u32,
            channel: at,
            method: method.clone(),
        });
        match method {
            ServerMethod::ConnectionOpenOk => {
                self.connections[index].phase = Phase::Open;
                for number in self.connections[index].channels.iter().map(|c| c.number).collect::<Vec<_>>() {
                    self.plan_channel(index, number, events.now());
                }
                self.call_next(index, events);
            }
            ServerMethod::ConnectionClose { code, text } => {
                self.client_error(index, None, code, &text, events.now());
                self.part_connection(index, Parting::GoesOn, events);
                // A broker that shuts down is worth waiting for; one that refuses will refuse again.
                if code == ReplyCode::ConnectionForced {
                    self.connect_later(index, events);
                }
            }
            ServerMethod::ChannelClose { code, text } => {
                self.client_error(index, Some(channel), code, &text, events.now());
                self.part_channel(index, channel, ChannelPhase::Failed, Parting::GoesOn, events);
                let answer = Method::ChannelCloseOk;
                self.connections[index].up.send_method(UpFrame::Method(channel), answer, events);
                self.answered(index, events);
            }
            ServerMethod::BasicReturn(returned) => {
                let producer = returned.message.id.producer.index();
                if let Some(book) = self.books.producers.get_mut(producer) {
                    book.returned += 1;
                }
            }
            ServerMethod::ChannelOpenOk => {
                if let Some(channel) = self.connections[index].channel_mut(channel) {
                    channel.phase = ChannelPhase::Open;
                }
                self.answered(index, events);
            }
            ServerMethod::BasicConsumeOk { consumer_tag } => {
                let own = self.connections[index].channel(channel).map(|c| c.consumers.clone());
                for consumer in own.into_iter().flatten().map(|c| c as usize) {
                    if self.consumers[consumer].tag == consumer_tag {
                        self.subscribed(consumer, events.now());
                    }
                }
                self.answered(index, events);
            }
            ServerMethod::BasicCancel { consumer_tag } => {
                let own = self.connections[index].channel(channel).map(|c| c.consumers.clone());
                for consumer in own.into_iter().flatten().map(|c| c as usize) {
                    if self.consumers[consumer].tag == consumer_tag {
                        self.consumers[consumer].subscribed = false;
                        self.books.not_idle(events.now(), consumer);
                    }
                }
            }
            ServerMethod::BasicAck { .. } | ServerMethod::BasicNack { .. } => {}
            ServerMethod::ChannelCloseOk | ServerMethod::ConnectionCloseOk => {}
            _ => self.answered(index, events),
        }
    }

    fn subscribed(&mut self, consumer: usize, now: SimTime) {
        self.consumers[consumer].subscribed = true;
        if self.consumers[consumer].work.is_none() {
            self.books.idle(now, consumer);
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
        let Some(channel) = self.connections[index].channel(number).cloned() else { return };
        let mut calls = vec![Method::ChannelOpen];
        let declares = channel
            .producers
            .iter()
            .flat_map(|&p| &spec.producers[p as usize].declares)
            .chain(channel.consumers.iter().flat_map(|&c| &spec.consumers[c as usize].declares));
        calls.extend(declares.map(|declared| declaration(self.names_mut(), declared)));
        let todo = &mut self.connections[index].todo;
        todo.extend(calls.into_iter().map(|method| Todo::Call(number, Box::new(method))));
        for consumer in channel.consumers.iter().map(|&c| c as usize) {
            if self.consumers[consumer].start <= now {
                self.plan_subscription(consumer);
            }
        }
        self.connections[index].todo.extend(channel.producers.iter().map(|&p| Todo::ProducerReady(p)));
    }

    fn plan_subscription(&mut self, consumer: usize) {
        if self.consumers[consumer].crashed {
            return;
        }
        let spec = Arc::clone(&self.spec);
        let (connection, channel) = (self.consumers[consumer].connection, self.consumers[consumer].channel);
        let calls = subscription(self.names_mut(), &spec.consumers[consumer]);
        let todo = &mut self.connections[connection].todo;
        todo.extend(calls.into_iter().map(|method| Todo::Call(channel, Box::new(method))));
    }

    fn answered(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        self.connections[index].calling = false;
        self.call_next(index, events);
    }

    /// Sends the next method of the set-up, unless one waits for its answer.
    pub(super) fn call_next(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        while !self.connections[index].calling {
            let connection = &mut self.connections[index];
            let Some(todo) = connection.todo.pop_front() else { return };
            match todo {
                Todo::Call(number, method) => {
                    let failed = connection.channel(number).is_none_or(|c| c.phase == ChannelPhase::Failed);
                    if !failed {
                        connection.calling = true;
                        self.send(index, number, *method, events);
                    }
                }
                Todo::ProducerReady(producer) => self.producer_ready(producer as usize, events),
            }
        }
    }

    fn producer_ready(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        let channel = self.connections[producer.connection].channel(producer.channel);
        if channel.is_none_or(|channel| channel.phase != ChannelPhase::Open) {
            return;
        }
        producer.ready = true;
        producer.due = producer.due.max(events.now());
        if producer.goes_on(producer.due) {
            producer.armed = events.at(producer.due, SystemEvent::ProducerDue(index as u32));
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
        connection.up.send_method(UpFrame::Method(channel), method, events);
    }

    /// The client has no connection any more.
    pub(super) fn part_connection(
        &mut self,
        index: usize,
        parting: Parting,
        events: &mut EventList<SystemEvent>,
    ) {
        let channels = self.connections[index].channels.clone();
        for channel in channels {
            self.part_channel(index, channel.number, ChannelPhase::Closed, parting, events);
        }
        let connection = &mut self.connections[index];
        connection.phase = Phase::Down;
        connection.todo.clear();
        connection.calling = false;
        self.observe(events.now(), || What::ConnectionLost { connection: index as u32 });
    }

    /// The client has no channel of this number any more.
    pub(super) fn part_channel(
        &mut self,
        index: usize,
        number: ChannelNo,
        phase: ChannelPhase,
        parting: Parting,
        events: &mut EventList<SystemEvent>,
    ) {
        let connection = &mut self.connections[index];
        connection.todo.retain(|todo| !matches!(todo, Todo::Call(at, _) if *at == number));
        let Some(channel) = connection.channel_mut(number) else { return };
        channel.phase = phase;
        let (producers, consumers) = (channel.producers.clone(), channel.consumers.clone());
        for producer in producers {
            self.producers[producer as usize].ready = false;
            self.producers[producer as usize].armed = Seq::NONE;
        }
        for consumer in consumers {
            self.part_consumer(consumer as usize, parting, events.now());
        }
    }

    /// A consumer loses what it holds: what the broker has settled is lost, the rest the broker will requeue.
    pub(super) fn part_consumer(&mut self, index: usize, parting: Parting, now: SimTime) {
        let consumer = &mut self.consumers[index];
        consumer.life += 1;
        consumer.subscribed = false;
        let buffered = std::mem::take(&mut consumer.buffered);
        let held = consumer.held.take_all();
        let mut gone: Vec<_> =
            held.into_iter().enumerate().map(|(place, h)| (h, place >= buffered)).collect();
        let work = match (&mut consumer.work, parting) {
            (Some(work), Parting::GoesOn) => {
                work.attached = false;
                None
            }
            (work, _) => work.take(),
        };
        if parting == Parting::Dies {
            consumer.service = Seq::NONE;
        }
        gone.extend(work.map(|work| (work.held, false)));
        self.books.not_idle(now, index);
        self.books.buffered(now, index, -(buffered as i32));
        for (held, in_flight) in gone {
            match held.loss(in_flight) {
                Some(cause) => self.lost_at_consumer(index, held.message, cause, now),
                None => self.consumers[index].dropped.push(held),
            }
        }
    }

    fn lost_at_consumer(
        &mut self,
        index: usize,
        message: crate::amqp::MessageId,
        cause: LossCause,
        now: SimTime,
    ) {
        self.books.ledger.lose(cause, 1);
        let consumer = Some(index as u32);
        self.recorder.observe(now, || What::LostOutside { message, cause, consumer });
    }

    /// A frame that nobody will read. A publish in it is a message lost.
    pub(super) fn lost_frame(&mut self, frame: &UpFrame, events: &mut EventList<SystemEvent>) {
        if let UpFrame::Publish { producer, number, published } = *frame {
            let message = self.producers[producer as usize].method(number, published).message.id;
            self.books.ledger.lose(LossCause::LostOnTheWire, 1);
            let cause = LossCause::LostOnTheWire;
            self.observe(events.now(), || What::LostOutside { message, cause, consumer: None });
        }
    }

    /// Cuts a connection: what is on its way in either direction is lost, and the broker sees the end of the stream.
    pub(super) fn cut(&mut self, index: usize, parting: Parting, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        let was_down = connection.phase == Phase::Down;
        let frames = connection.up.cut(events);
        connection.down.cut(events);
        let lost = UpFrame::Lost(connection.id);
        if !was_down {
            connection.up.send(lost, events);
        }
        for frame in &frames {
            self.lost_frame(frame, events);
        }
        self.part_connection(index, parting, events);
    }
}
