//! Consumers at work: a delivery arrives, waits, is worked on and acknowledged.

use super::books::Books;
use super::connection::Connection;
use super::consumer::{Consumer, WhenDone};
use super::event::SystemEvent;
use super::frame::Frame;
use super::held::{Held, InWork};
use super::reader_books::ReaderBooks;
use super::record::Recorder;
use super::spec::Acknowledge;
use super::system::System;
use crate::amqp::{ChannelRef, DeliveryTag, Method};
use crate::engine::{EventList, Seq};
use crate::observe::What;
use crate::units::{SimDuration, SimTime};

impl<R: Recorder> System<R> {
    /// A delivery arrives: it waits in the buffer, or is worked on at once.
    #[inline(always)]
    pub(super) fn receive(&mut self, index: usize, life: u32, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let consumer = &mut self.consumers[index];
        let place = consumer.buffered as usize;
        if consumer.life != life || place >= consumer.held.len() {
            return;
        }
        consumer.buffered += 1;
        if let Some(held) = consumer.held.get(place) {
            self.recorder.observe(now, || What::Received {
                consumer: index as u32,
                message: held.message,
                delivery_tag: held.tag,
                redelivered: held.redelivered,
                buffered: consumer.buffered,
            });
        }
        let at_once = consumer.has_a_hand_free();
        let consumer = if consumer.with_script || consumer.acknowledge == Acknowledge::BeforeProcessing {
            self.note_received(index, place, events);
            &mut self.consumers[index]
        } else {
            consumer
        };
        let mut books = self.books.reader(index);
        if at_once {
            consumer.start(index, 0, &mut books, &mut self.recorder, events);
        } else {
            books.buffered(now, 1);
        }
    }

    /// Somebody does something as a delivery arrives.
    #[inline(never)]
    fn note_received(&mut self, index: usize, place: usize, events: &mut EventList<SystemEvent>) {
        let consumer = &self.consumers[index];
        let Some(&held) = consumer.held.get(place) else { return };
        let acknowledges = consumer.acknowledge == Acknowledge::BeforeProcessing;
        if consumer.with_script {
            self.note_last(index, held.tag);
        }
        if acknowledges {
            self.acknowledge(index, held.tag, events);
        }
    }

    pub(super) fn acknowledge(&mut self, index: usize, tag: u64, events: &mut EventList<SystemEvent>) {
        let consumer = &self.consumers[index];
        if !consumer.is_plain && consumer.ack_batch.is_some() {
            self.acknowledge_later(index, tag, events);
        } else {
            consumer.acknowledge(tag, &mut self.connections, &mut self.recorder, events);
        }
    }

    /// The consumer takes the oldest message of its buffer, or is idle.
    pub(super) fn begin_service(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let consumer = &mut self.consumers[index];
        if consumer.buffered == 0 && !consumer.subscribed && consumer.stopped {
            // Nothing more will come to fill a batch.
            self.acknowledge_batch(index, events);
        } else {
            consumer.goes_on(index, &mut self.books.reader(index), &mut self.recorder, events);
        }
    }

    /// A consumer has finished a message.
    #[inline(always)]
    pub(super) fn service_done(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let System { consumers, connections, books, recorder, .. } = self;
        let consumer = &mut consumers[index];
        if !consumer.is_plain || consumer.when_done == WhenDone::Concludes || consumer.service != seq {
            self.service_ends(index, seq, events);
            return;
        }
        let Some(work) = consumer.work.take() else { return };
        let held = work.held;
        let mut reader = finish(books, recorder, events.now(), index, (&held, work.takes));
        if consumer.when_done == WhenDone::Acknowledges && work.attached {
            consumer.acknowledge(held.tag, connections, recorder, events);
        }
        consumer.goes_on(index, &mut reader, recorder, events);
    }

    /// The same where more belongs to it than an acknowledgement.
    #[inline(never)]
    fn service_ends(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let Some(work) = self.consumers[index].work_done(seq) else { return };
        let Some((acknowledges, took)) = self.ends_work(index, &work, seq, events) else { return };
        finish(&mut self.books, &mut self.recorder, events.now(), index, (&work.held, took));
        if !self.consumers[index].followers.is_empty() {
            self.followed(index, &work, acknowledges, events);
        } else if acknowledges {
            self.acknowledge(index, work.held.tag, events);
        }
        self.begin_service(index, events);
    }

    /// Ends work: whether it is to be acknowledged, and how long it took; `None` if the message was not processed by it.
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

/// A consumer has processed a delivery, which took it so long: books and records it.
#[inline(always)]
fn finish<'b>(
    books: &'b mut Books,
    recorder: &mut impl Recorder,
    now: SimTime,
    consumer: usize,
    (held, took): (&Held, SimDuration),
) -> ReaderBooks<'b> {
    let (books, again) = books.processed(now, consumer, held, took);
    recorder.observe(now, || What::Processed {
        consumer: consumer as u32,
        message: held.message,
        sojourn: now.since(held.published),
        again,
    });
    books
}

/// What every message needs of its consumer, who is looked up once for it.
impl Consumer {
    /// Acknowledges one delivery at once.
    #[inline(always)]
    fn acknowledge(
        &self,
        tag: DeliveryTag,
        connections: &mut [Connection],
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
    ) {
        let connection = &mut connections[self.connection];
        let at = ChannelRef { connection: connection.id, channel: self.channel };
        recorder.observe(events.now(), || What::ClientSent {
            connection: self.connection as u32,
            channel: at,
            method: Method::BasicAck { delivery_tag: tag, multiple: false },
        });
        connection.up.send(Frame::Ack { channel: self.channel, tag }, events);
    }

    /// Takes the oldest message of its buffer, or is idle.
    #[inline(always)]
    fn goes_on(
        &mut self,
        index: usize,
        books: &mut ReaderBooks<'_>,
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
    ) {
        if self.buffered > 0 {
            self.start(index, 1, books, recorder, events);
        } else if self.subscribed && self.is_at_rest() {
            books.idle(events.now());
        }
    }

    /// Works on the oldest message that it holds, which has arrived. `waited` of them, one or none, waited in its buffer.
    #[inline(always)]
    fn start(
        &mut self,
        index: usize,
        waited: i32,
        books: &mut ReaderBooks<'_>,
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
    ) {
        if self.work.is_some() {
            let books = ReaderBooks { book: &mut *books.book, queue: &mut *books.queue };
            self.start_with_another_hand(index, waited, books, recorder, events);
            return;
        }
        self.begin((index, waited), books, recorder, events, |consumer, work, until| {
            consumer.work = Some(work);
            consumer.service = until;
        });
    }

    /// The same where it works on another message already.
    #[inline(never)]
    fn start_with_another_hand(
        &mut self,
        index: usize,
        waited: i32,
        mut books: ReaderBooks<'_>,
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
    ) {
        self.begin((index, waited), &mut books, recorder, events, Consumer::works_on_more);
    }

    #[inline(always)]
    fn begin(
        &mut self,
        (index, waited): (usize, i32),
        books: &mut ReaderBooks<'_>,
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
        take_in_hand: impl FnOnce(&mut Consumer, InWork, Seq),
    ) {
        let now = events.now();
        let Some(held) = self.held.pop() else { return };
        self.buffered -= 1;
        let skipped = !self.is_plain && self.remembers(held.message);
        let takes = if skipped { SimDuration::ZERO } else { self.service_time(held.at_speed_one, now) };
        let until = events.reserve();
        take_in_hand(self, InWork { held, takes, attached: true, skipped }, until);
        events.at_reserved(now + takes, until, SystemEvent::ServiceDone(index as u32));
        if waited > 0 {
            books.buffered(now, -waited);
        }
        books.not_idle(now);
        if !skipped {
            let (consumer, message) = (index as u32, held.message);
            recorder.observe(now, || What::ServiceBegan { consumer, message, takes });
        }
    }
}
