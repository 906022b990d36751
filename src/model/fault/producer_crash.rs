//! A producer dies with what it holds back: messages that were due and that it had not handed to its connection.

use crate::amqp::{MessageId, ProducerId};
use crate::engine::{EventList, Seq};
use crate::model::connection::{ChannelPhase, Phase};
use crate::model::event::SystemEvent;
use crate::model::parting::Parting;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::observe::{LossCause, What};
use crate::units::SimDuration;

/// What becomes of the connection of a producer that dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProducerCrashBy {
    /// Its operating system sends what it was handed, and then ends the stream.
    ProcessExit,
    /// The connection is cut; what is on its way in either direction is lost.
    TcpCut,
}

/// The spec of a producer's crash. A new process remembers nothing: neither the messages that were held back, nor the
/// publishes that wait for an answer, whose fate is unknown for good. What comes due while the producer is dead is never made.
/// Source: rule CON-16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerCrash {
    /// Index of the producer.
    pub producer: usize,
    /// What becomes of its connection.
    pub by: ProducerCrashBy,
    /// How long until the producer is back; `None`: it stays away.
    pub restart_after: Option<SimDuration>,
}

impl ProducerCrash {
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        let producer = &mut system.producers[self.producer];
        producer.outages += 1;
        if producer.outages > 1 {
            return;
        }
        let index = producer.connection;
        let held = producer.forget();
        system.observe(events.now(), || What::ProducerCrashed {
            producer: self.producer as u32,
            held: held.len() as u32,
        });
        for number in held {
            system.not_sent(MessageId { producer: ProducerId(self.producer as u32), number }, events);
        }
        // Others on its connection lose the connection, and keep what they hold.
        match self.by {
            ProducerCrashBy::ProcessExit => system.end_stream(index, Parting::GoesOn, events),
            ProducerCrashBy::TcpCut => system.cut(index, Parting::GoesOn, events),
        }
        system.connections[index].stays_away = true;
        system.producers[self.producer].armed = Seq::NONE;
        if self.restart_after.is_some() {
            system.pass_over_later(self.producer, events);
        }
    }

    pub(in crate::model) fn end<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        let producer = &mut system.producers[self.producer];
        // Another crash of the same producer may last longer, or for good.
        producer.outages = producer.outages.saturating_sub(1);
        if producer.outages > 0 {
            return;
        }
        let (place, number) = (producer.connection, producer.channel);
        system.observe(events.now(), || What::ProducerRestarted { producer: self.producer as u32 });
        let connection = &mut system.connections[place];
        if connection.stays_away {
            connection.begin_anew();
            connection.connect = events.at(events.now(), SystemEvent::Connect(place as u32));
        } else if connection.phase == Phase::Open {
            // Somebody else on its connection is back already.
            match connection.channel(number).map(|channel| channel.phase) {
                Some(ChannelPhase::Open) => system.producer_ready(self.producer, events),
                Some(ChannelPhase::Opening) => {}
                _ => {
                    system.plan_channel(place, number, events.now());
                    system.call_next(place, events);
                }
            }
        }
    }
}

impl<R: Recorder> System<R> {
    /// A message was due, and its producer died before it could hand it to its connection: it counts as published and lost.
    fn not_sent(&mut self, message: MessageId, events: &EventList<SystemEvent>) {
        let cause = LossCause::NotSent;
        self.books.ledger.published += 1;
        self.producers[message.producer.index()].sent += 1;
        self.books.lost(message, cause, None);
        self.observe(events.now(), || What::LostOutside { message, cause, consumer: None });
    }

    /// A message comes due while its producer is dead: nobody makes it.
    pub(in crate::model) fn passed_over(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        if producer.outages > 0 {
            producer.pass_over(events.now());
            self.pass_over_later(index, events);
        }
    }

    /// Waits for the next message that a dead producer does not make.
    fn pass_over_later(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        let due = producer.due.max(events.now());
        if producer.keeps_time() && producer.goes_on(due) {
            producer.armed = events.at(due, SystemEvent::ProducerDue(index as u32));
        }
    }
}
