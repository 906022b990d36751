//! A consumer dies with what it holds: deliveries in its buffer and the one it works on.

use crate::amqp::{ChannelNo, Method};
use crate::engine::EventList;
use crate::model::connection::{ChannelPhase, Phase};
use crate::model::event::SystemEvent;
use crate::model::parting::Parting;
use crate::model::record::Recorder;
use crate::model::system::System;
use crate::observe::What;
use crate::units::SimDuration;

/// How the broker learns that a consumer is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashBy {
    /// The client closes the consumer's channel.
    ChannelClose,
    /// The client closes its connection cleanly.
    ConnectionClose,
    /// The connection is cut; what is on its way in either direction is lost.
    TcpCut,
    /// Its process ends: its operating system sends what it was handed, acknowledgements too, and then ends the stream.
    ProcessExit,
}

/// The spec of a consumer's crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerCrash {
    /// Index of the consumer.
    pub consumer: usize,
    /// How the broker learns of it.
    pub by: CrashBy,
    /// How long until the consumer is back; `None`: it stays away.
    pub restart_after: Option<SimDuration>,
}

impl ConsumerCrash {
    pub(in crate::model) fn begin<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        let now = events.now();
        let consumer = &mut system.consumers[self.consumer];
        consumer.outages += 1;
        let (index, number) = (consumer.connection, consumer.channel);
        let held = (consumer.held.len() + consumer.all_work().count()) as u32;
        system.observe(now, || What::ConsumerCrashed { consumer: self.consumer as u32, held });
        // What it works on dies with it; others that share its channel or connection finish theirs.
        system.part_consumer(self.consumer, Parting::Dies, now);
        system.leave_downstream(self.consumer, events);
        let connection = &system.connections[index];
        let phase = connection.channel(number).map(|channel| channel.phase);
        // Whether the broker knows the channel, or will.
        let opened = matches!(phase, Some(ChannelPhase::Opening | ChannelPhase::Open))
            && !connection.is_open_unsent(number);
        let connected = connection.phase != Phase::Down;
        match self.by {
            CrashBy::ChannelClose => {
                system.part_channel(index, number, ChannelPhase::Closed, Parting::GoesOn, events);
                if opened {
                    system.send(index, number, Method::ChannelClose, events);
                }
            }
            CrashBy::ConnectionClose => {
                if connected {
                    system.send(index, ChannelNo(0), Method::ConnectionClose, events);
                }
                system.part_connection(index, Parting::GoesOn, events);
                system.connections[index].stays_away = true;
            }
            CrashBy::TcpCut => {
                system.cut(index, Parting::GoesOn, events);
                system.connections[index].stays_away = true;
            }
            CrashBy::ProcessExit => {
                system.end_stream(index, Parting::GoesOn, events);
                system.connections[index].stays_away = true;
            }
        }
    }

    pub(in crate::model) fn end<R: Recorder>(
        &self,
        system: &mut System<R>,
        events: &mut EventList<SystemEvent>,
    ) {
        system.consumer_returns(self.consumer, events);
    }
}

impl<R: Recorder> System<R> {
    /// A crash of this consumer is over.
    pub(in crate::model) fn consumer_returns(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        // Another crash of the same consumer may last longer, or for good.
        consumer.outages = consumer.outages.saturating_sub(1);
        if consumer.outages > 0 {
            return;
        }
        let place = consumer.connection;
        self.observe(events.now(), || What::ConsumerRestarted { consumer: index as u32 });
        let connection = &mut self.connections[place];
        if connection.stays_away {
            connection.begin_anew();
            connection.connect = events.at(events.now(), SystemEvent::Connect(place as u32));
        } else if connection.phase == Phase::Open {
            self.consumer_is_back(index, events);
        }
    }
}
