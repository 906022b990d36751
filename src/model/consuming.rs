//! Consumers at work: a delivery arrives, waits, is worked on and acknowledged.

use super::consumer::WhenDone;
use super::event::SystemEvent;
use super::frame::Frame;
use super::held::InWork;
use super::reader_books::Work;
use super::record::Recorder;
use super::spec::Acknowledge;
use super::system::System;
use crate::amqp::{ChannelRef, Method};
use crate::engine::{EventList, Seq};
use crate::observe::What;
use crate::units::SimDuration;

impl<R: Recorder> System<R> {
    /// A delivery arrives: it waits in the buffer, or is worked on at once.
    #[inline(always)]
    pub(super) fn receive(&mut self, index: usize, life: u32, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        if consumer.life != life {
            return;
        }
        let now = events.now();
        let Some(&held) = consumer.held.get(consumer.buffered as usize) else { return };
        consumer.buffered += 1;
        let (at_once, with_script) = (consumer.has_a_hand_free(), consumer.with_script);
        let buffered = consumer.buffered;
        self.recorder.observe(now, || What::Received {
            consumer: index as u32,
            message: held.message,
            delivery_tag: held.tag,
            redelivered: held.redelivered,
            buffered,
        });
        if with_script {
            self.note_last(index, held.tag);
        }
        if self.consumers[index].acknowledge == Acknowledge::BeforeProcessing {
            self.acknowledge(index, held.tag, events);
        }
        if at_once {
            self.start(index, 0, events);
        } else {
            self.books.reader(index).buffered(now, 1);
        }
    }

    #[inline(always)]
    pub(super) fn acknowledge(&mut self, index: usize, tag: u64, events: &mut EventList<SystemEvent>) {
        let consumer = &self.consumers[index];
        if !consumer.is_plain && consumer.ack_batch.is_some() {
            self.acknowledge_later(index, tag, events);
            return;
        }
        let connection = &mut self.connections[consumer.connection];
        let at = ChannelRef { connection: connection.id, channel: consumer.channel };
        self.recorder.observe(events.now(), || What::ClientSent {
            connection: consumer.connection as u32,
            channel: at,
            method: Method::BasicAck { delivery_tag: tag, multiple: false },
        });
        connection.up.send(Frame::Ack { channel: consumer.channel, tag }, events);
    }

    /// The consumer takes the oldest message of its buffer, or is idle.
    #[inline(always)]
    pub(super) fn begin_service(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let consumer = &self.consumers[index];
        if consumer.buffered > 0 {
            self.start(index, 1, events);
        } else if consumer.subscribed {
            if consumer.is_at_rest() {
                self.books.reader(index).idle(now);
            }
        } else if consumer.stopped {
            // Nothing more will come to fill a batch.
            self.acknowledge_batch(index, events);
        }
    }

    /// The consumer works on the oldest message that it holds, which has arrived. `waited` of them, one or none, waited in its
    /// buffer.
    #[inline(always)]
    fn start(&mut self, index: usize, waited: i32, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let consumer = &mut self.consumers[index];
        let Some(held) = consumer.held.pop() else { return };
        consumer.buffered -= 1;
        let skipped = !consumer.is_plain && consumer.remembers(held.message);
        let takes = if skipped { SimDuration::ZERO } else { consumer.service_time(held.at_speed_one, now) };
        let until = events.at(now + takes, SystemEvent::ServiceDone(index as u32));
        consumer.works_on(InWork { held, takes, attached: true, skipped }, until);
        let mut books = self.books.reader(index);
        if waited > 0 {
            books.buffered(now, -waited);
        }
        books.not_idle(now);
        let (consumer, message) = (index as u32, held.message);
        if !skipped {
            self.recorder.observe(now, || What::ServiceBegan { consumer, message, takes });
        }
    }

    #[inline(always)]
    pub(super) fn service_done(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        let Some(work) = consumer.work_done(seq) else { return };
        let is_plain = consumer.is_plain && consumer.when_done != WhenDone::Concludes;
        let (acknowledges, took) = if is_plain {
            (consumer.when_done == WhenDone::Acknowledges && work.attached, work.takes)
        } else {
            // A copy for the rare case, so that the usual one needs none in memory.
            let done = work;
            match self.ends_work(index, &done, seq, events) {
                Some(ended) => ended,
                None => return,
            }
        };
        let now = events.now();
        let held = work.held;
        let done =
            Work { message: held.message, published: held.published, took, at_speed_one: held.at_speed_one };
        let again = self.books.processed(now, index, &done);
        if held.settled.is_for_good() {
            self.books.ledger.processed += 1;
        }
        self.recorder.observe(now, || What::Processed {
            consumer: index as u32,
            message: held.message,
            sojourn: now.since(held.published),
            again,
        });
        if !is_plain && !self.consumers[index].followers.is_empty() {
            let done = work;
            self.followed(index, &done, acknowledges, events);
        } else if acknowledges {
            self.acknowledge(index, held.tag, events);
        }
        self.begin_service(index, events);
    }

    /// The end of work where more belongs to it than an acknowledgement: whether it is to be acknowledged, and how long it took;
    /// `None` if the message was not processed by it.
    #[inline(never)]
    fn ends_work(
        &mut self,
        index: usize,
        work: &InWork,
        due: Seq,
        events: &mut EventList<SystemEvent>,
    ) -> Option<(bool, SimDuration)> {
        let consumer = &self.consumers[index];
        let mut took = work.takes;
        let acknowledges = match consumer.when_done {
            _ if work.skipped => {
                self.skip(index, work, events);
                return None;
            }
            WhenDone::Acknowledges => work.attached,
            WhenDone::Rests => false,
            WhenDone::Concludes => {
                let on_time = consumer.acknowledge == Acknowledge::AfterProcessing;
                took = self.conclude(index, work, due, events)?;
                on_time && work.attached
            }
        };
        if let Some(memory) = &mut self.consumers[index].memory {
            memory.set(work.held.message);
        }
        Some((acknowledges, took))
    }
}
