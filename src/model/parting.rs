//! What the loss of a channel, a connection or a consumer does to the clients: who stops, and what is lost with them.

use std::collections::VecDeque;

use super::connection::{ChannelPhase, Phase, Todo};
use super::event::SystemEvent;
use super::frame::Frame;
use super::held::{Held, Settled};
use super::record::Recorder;
use super::system::System;
use crate::amqp::{ChannelNo, ChannelRef, MessageId, Method, ProducerId};
use crate::broker::Command;
use crate::engine::EventList;
use crate::observe::{LossCause, PublishedAgain, What};
use crate::units::SimTime;

/// What becomes of the work of a consumer that loses its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// Its process dies, and the work with it.
    Dies,
    /// It finishes the message it works on, though nobody will take the acknowledgement. Deviation: DEV-14.
    GoesOn,
}

impl<R: Recorder> System<R> {
    /// The client has no connection any more.
    pub(super) fn part_connection(
        &mut self,
        index: usize,
        parting: Parting,
        events: &mut EventList<SystemEvent>,
    ) {
        let connection = &mut self.connections[index];
        // An attempt that is cut has failed.
        connection.failed += u32::from(connection.phase == Phase::Opening);
        connection.phase = Phase::Down;
        let numbers: Vec<ChannelNo> = connection.channels.iter().map(|c| c.number).collect();
        for number in numbers {
            self.part_channel(index, number, ChannelPhase::Closed, parting, events);
        }
        let connection = &mut self.connections[index];
        connection.todo.clear();
        connection.calling = None;
        connection.channels.iter_mut().for_each(|channel| channel.commits.clear());
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
        let Some(channel) = connection.channel_mut(number) else { return };
        channel.phase = phase;
        // What was not answered is uncertain for good. Source: rule CON-16.
        let unanswered = channel.confirming.take();
        let (producers, consumers) = (channel.producers.clone(), channel.consumers.clone());
        let scripts = channel.scripts.clone();
        connection.todo.retain(|todo| match todo {
            Todo::Call(at, _) => *at != number,
            Todo::ProducerReady(producer) => !producers.contains(producer),
            Todo::ScriptReady(script) | Todo::Step(script) => !scripts.contains(script),
        });
        for producer in producers {
            self.part_producer(producer as usize);
        }
        for consumer in consumers {
            self.part_consumer(consumer as usize, parting, events.now());
        }
        if let Some(unanswered) = unanswered {
            let down = self.connections[index].phase == Phase::Down;
            let why = if down { PublishedAgain::ConnectionLost } else { PublishedAgain::ChannelClosed };
            self.never_answered(&unanswered, why, events.now());
        }
        self.part_scripts(index, number, events.now());
    }

    /// The broker has closed a channel with an error.
    pub(super) fn channel_closed(
        &mut self,
        index: usize,
        channel: ChannelNo,
        events: &mut EventList<SystemEvent>,
    ) {
        // A channel that is opening cannot fail: this is for the one before it, which the client has closed.
        let connection = &self.connections[index];
        let reopens = connection.channel(channel).is_some_and(|c| c.phase == ChannelPhase::Opening);
        let asked = reopens && !connection.is_open_unsent(channel);
        // The broker has discarded the commits that it had not answered.
        if let Some(channel) = self.connections[index].channel_mut(channel) {
            channel.commits.clear();
        }
        if !reopens {
            self.part_channel(index, channel, ChannelPhase::Failed, Parting::GoesOn, events);
            self.reopen_later(index, channel, events);
        }
        let answer = Method::ChannelCloseOk;
        self.connections[index].up.send_method(Frame::Method(channel), answer, events);
        if asked {
            // Until this answer, the broker discards all on the channel, `channel.open` too.
            self.send(index, channel, Method::ChannelOpen, events);
        } else {
            self.answered(index, channel, events);
        }
    }

    /// A consumer loses what it holds: what the broker has settled is lost, the rest the broker will requeue.
    pub(super) fn part_consumer(&mut self, index: usize, parting: Parting, now: SimTime) {
        let consumer = &mut self.consumers[index];
        consumer.life += 1;
        consumer.planned = false;
        consumer.listens = false;
        consumer.subscribed = false;
        consumer.cancels = false;
        let buffered = std::mem::take(&mut consumer.buffered);
        let held = consumer.held.take_all();
        let mut gone: Vec<_> =
            held.into_iter().enumerate().map(|(place, h)| (h, place >= buffered as usize)).collect();
        consumer.part_requests();
        if let Some(batch) = &mut consumer.ack_batch {
            batch.part();
        }
        let work = consumer.part_work(parting == Parting::Dies);
        gone.extend(work.into_iter().map(|work| (work.held, false)));
        self.books.reader(index).not_idle(now);
        self.books.reader(index).buffered(now, -(buffered as i32));
        for (held, in_flight) in gone {
            self.give_up(index, held, in_flight, now);
        }
    }

    /// A consumer will not process a delivery: if the broker has settled it, it is lost.
    pub(super) fn give_up(&mut self, index: usize, held: Held, in_flight: bool, now: SimTime) {
        match held.loss(in_flight) {
            Some(cause) => self.lost_at_consumer(index, held.message, cause, now),
            None if held.settled == Settled::Requeued => {}
            None => self.consumers[index].drop_held(held),
        }
    }

    fn lost_at_consumer(&mut self, index: usize, message: MessageId, cause: LossCause, now: SimTime) {
        self.books.lost_at_consumer(message, cause, self.books.consumers[index].queue);
        let consumer = Some(index as u32);
        self.recorder.observe(now, || What::LostOutside { message, cause, consumer });
    }

    /// A frame that nobody will read, with the method that it carries. A publish in it is a message lost. Source: rule
    /// CON-7.
    pub(super) fn lost_frame(
        &mut self,
        index: usize,
        (frame, carried): (&Frame, Option<&Method>),
        events: &mut EventList<SystemEvent>,
    ) {
        let message = match (frame, carried) {
            (&Frame::Publish { producer, number, .. }, _) => {
                MessageId { producer: ProducerId(producer), number }
            }
            (&Frame::Ack { channel, tag: delivery_tag }, _) => {
                let channel = ChannelRef { connection: self.connections[index].id_at_broker, channel };
                let connection = index as u32;
                self.observe(events.now(), || What::AckLost { connection, channel, delivery_tag });
                return;
            }
            (Frame::Method(_), Some(Method::BasicPublish(publish))) => publish.message.id,
            _ => return,
        };
        let cause = LossCause::LostOnTheWire;
        self.books.lost(message, cause, None);
        self.observe(events.now(), || What::LostOutside { message, cause, consumer: None });
    }

    /// Frames that a cut has lost, with the methods that they carried, both in order.
    pub(super) fn lost_frames(
        &mut self,
        index: usize,
        frames: &[Frame],
        carried: VecDeque<Method>,
        events: &mut EventList<SystemEvent>,
    ) {
        let mut carried = carried.into_iter();
        for frame in frames {
            let method = if matches!(frame, Frame::Method(_)) { carried.next() } else { None };
            self.lost_frame(index, (frame, method.as_ref()), events);
        }
    }

    /// Cuts a connection: what is on its way in either direction is lost, and the broker sees the end of the stream.
    pub(super) fn cut(&mut self, index: usize, parting: Parting, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        let (frames, carried) = connection.up.cut(events);
        connection.down.cut(events);
        // A client that has said goodbye is down already; if the cut loses its goodbye, the broker must hear the end.
        // What is sent on channel 0 is nothing else.
        let goodbye = |frame: &Frame| matches!(frame, Frame::Lost(_) | Frame::Method(ChannelNo(0)));
        if connection.phase != Phase::Down || frames.iter().any(goodbye) {
            connection.up.send(Frame::Lost(connection.id), events);
        }
        self.lost_frames(index, &frames, carried, events);
        self.part_connection(index, parting, events);
    }

    /// Ends a connection with its process: what the client has sent still arrives, and then the end of the stream; what is
    /// on its way to the client finds nobody. Source: rules CON-8 and CON-11.
    pub(super) fn end_stream(&mut self, index: usize, parting: Parting, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        connection.down.cut(events);
        if connection.phase != Phase::Down {
            connection.up.send(Frame::Lost(connection.id), events);
        }
        self.part_connection(index, parting, events);
    }

    /// The same as a cut, but the broker sees no end of the stream: it goes on sending until it misses heartbeats.
    pub(super) fn cut_silently(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let connection = &mut self.connections[index];
        let (frames, carried) = connection.up.cut(events);
        connection.down.cut(events);
        let (id, known) = (connection.id_at_broker, !connection.broken);
        self.lost_frames(index, &frames, carried, events);
        self.part_connection(index, Parting::GoesOn, events);
        if known {
            let heartbeat = self.spec.connections[index].heartbeat;
            self.apply(Command::Silence { connection: id, heartbeat }, events);
        }
    }
}
