//! What the broker answers to publishes: confirms, refusals and returned messages, and who may go on then or publishes again.

use super::confirming::{Confirming, Returned, Sent};
use super::connection::ChannelPhase;
use super::event::SystemEvent;
use super::producer::Producer;
use super::record::Recorder;
use super::republishing::Republishing;
use super::system::System;
use crate::amqp::{ChannelNo, ChannelRef, MessageId, PublishSeqNo, ServerMethod};
use crate::engine::EventList;
use crate::observe::{PublishedAgain, What};
use crate::units::SimTime;

/// How the broker answers a publish in confirm mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Confirmed,
    Nacked,
    /// Confirmed, but its message has come back and is published again.
    Returned,
}

impl<R: Recorder> System<R> {
    /// The client asks for confirms: from here on it counts the publishes on this channel, as the broker will. Source: rule
    /// CF-1.
    pub(super) fn expect_confirms(&mut self, connection: usize, number: ChannelNo) {
        let Some(channel) = self.connections[connection].channel_mut(number) else { return };
        channel.confirming.get_or_insert_default();
        for &producer in &channel.producers {
            self.producers[producer as usize].watched = true;
        }
    }

    /// The broker answers publishes on a channel. Source: rules CF-2 and CF-10.
    pub(super) fn publish_answered(
        &mut self,
        connection: usize,
        channel: ChannelNo,
        (number, multiple): (PublishSeqNo, bool),
        verdict: Verdict,
        events: &mut EventList<SystemEvent>,
    ) {
        let channel = self.connections[connection].channel_mut(channel);
        let Some(confirming) = channel.and_then(|channel| channel.confirming.as_mut()) else { return };
        let Some(answered) = confirming.answered(number, multiple) else {
            self.books.answered_twice += 1;
            return;
        };
        let mut free: Vec<usize> = Vec::new();
        for sent in answered {
            let index = self.book_answer(sent, verdict, events);
            free.extend(index.filter(|index| !free.contains(index)));
        }
        for index in free {
            self.release(index, events);
        }
    }

    /// The same for the usual answer, a `basic.ack` of one publish.
    #[inline(never)]
    pub(super) fn publish_confirmed(
        &mut self,
        connection: usize,
        at: ChannelRef,
        publish: PublishSeqNo,
        events: &mut EventList<SystemEvent>,
    ) {
        self.recorder.observe(events.now(), || What::ReachedClient {
            connection: connection as u32,
            channel: at,
            method: ServerMethod::BasicAck { delivery_tag: publish, multiple: false },
        });
        let channel = self.connections[connection].channel_mut(at.channel);
        let Some(confirming) = channel.and_then(|channel| channel.confirming.as_mut()) else { return };
        let Some(sent) = confirming.answered_alone(publish) else {
            self.books.answered_twice += 1;
            return;
        };
        if let Some(index) = self.book_answer(sent, Verdict::Confirmed, events) {
            self.release(index, events);
        }
    }

    /// Books the answer to a publish. The producer that may go on now, if it keeps to rules.
    #[inline(always)]
    fn book_answer(
        &mut self,
        sent: Sent,
        verdict: Verdict,
        events: &mut EventList<SystemEvent>,
    ) -> Option<usize> {
        let index = sent.message.producer.index();
        let goes_out_again = sent.returned == Some(Returned::GoesOutAgain);
        let verdict = if goes_out_again { Verdict::Returned } else { verdict };
        self.books.publish_answered(sent.message, events.now().since(sent.at), verdict);
        // What a script publishes has no rules to keep.
        let discipline = self.producers.get_mut(index)?.discipline.as_mut()?;
        discipline.in_flight = discipline.in_flight.saturating_sub(1);
        let goes_on =
            |again: &mut Republishing| verdict == Verdict::Returned || again.is_for(PublishedAgain::Nacked);
        let again = self.producers[index].republishing().is_some_and(goes_on);
        if verdict == Verdict::Confirmed || !again {
            self.user_thinks(index, events);
        }
        self.answer_counts(sent.message, verdict, events);
        Some(index)
    }

    /// A producer that may publish again has got the answer to a publish.
    fn answer_counts(&mut self, message: MessageId, verdict: Verdict, events: &mut EventList<SystemEvent>) {
        let (index, number) = (message.producer.index(), message.number);
        let Some(republishing) = self.producers[index].republishing() else { return };
        match verdict {
            Verdict::Confirmed => republishing.confirmed(number),
            Verdict::Nacked if republishing.is_for(PublishedAgain::Nacked) => {
                if !self.publishes_later(message, PublishedAgain::Nacked, events) {
                    self.user_thinks(index, events);
                }
            }
            Verdict::Nacked | Verdict::Returned => {}
        }
    }

    /// A publish is nacked or has come back: its message goes out again after a wait, or is given up. Whether it goes out.
    pub(super) fn publishes_later(
        &mut self,
        message: MessageId,
        why: PublishedAgain,
        events: &mut EventList<SystemEvent>,
    ) -> bool {
        let (index, number) = (message.producer.index(), message.number);
        let Some(republishing) = self.producers[index].republishing() else { return false };
        if let Some(wait) = republishing.refused(number) {
            let due = events.at(events.now() + wait, SystemEvent::ProducerDue(index as u32));
            republishing.wait_for(due, number, why);
            return true;
        }
        self.given_up(message, events.now());
        false
    }

    /// A message that no queue got has come back to its producer. Source: rule MND-1.
    #[cold]
    pub(super) fn message_returned(
        &mut self,
        connection: usize,
        number: ChannelNo,
        message: MessageId,
        events: &mut EventList<SystemEvent>,
    ) {
        let index = message.producer.index();
        let Some(book) = self.books.producers.get_mut(index) else { return };
        book.returned += 1;
        let channel = self.connections[connection].channel(number);
        // What comes back on a channel that is gone tells its producer nothing.
        let hears = channel.is_some_and(|channel| channel.phase == ChannelPhase::Open);
        let producer = self.producers.get_mut(index).filter(|producer| hears && producer.outages == 0);
        let republishes = producer.and_then(Producer::republishing);
        if !republishes.is_some_and(|again| again.is_for(PublishedAgain::Returned)) {
            return;
        }
        let goes_on = self.publishes_later(message, PublishedAgain::Returned, events);
        if let Some(channel) = self.connections[connection].channel_mut(number)
            && let Some(confirming) = &mut channel.confirming
        {
            confirming.returned(message, if goes_on { Returned::GoesOutAgain } else { Returned::GivenUp });
        }
    }

    /// The answers to these publishes never come: those of producers that publish again are to go out on the next channel.
    /// Source: rule CON-16.
    pub(super) fn never_answered(&mut self, confirming: &Confirming, why: PublishedAgain, now: SimTime) {
        // What has come back goes out again for that reason, or was given up.
        for message in confirming.uncertain() {
            let producer = self.producers.get_mut(message.producer.index());
            // One that is dead remembers nothing.
            let producer = producer.filter(|producer| producer.outages == 0);
            let Some(republishing) = producer.and_then(Producer::republishing) else { continue };
            if republishing.is_for(why) && !republishing.unconfirmed(message.number, why) {
                self.given_up(message, now);
            }
        }
    }

    pub(super) fn given_up(&mut self, message: MessageId, now: SimTime) {
        let producer = message.producer.0;
        self.books.producers[message.producer.index()].given_up += 1;
        self.observe(now, || What::MessageGivenUp { producer, message });
    }
}
