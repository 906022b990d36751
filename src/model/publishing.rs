//! Producers at work: a message comes due, waits where there are rules to keep, and goes out.

use std::sync::Arc;

use super::books::Books;
use super::confirming::Sent;
use super::connection::{ChannelPhase, Committer, Connection};
use super::event::SystemEvent;
use super::frame::Frame;
use super::held::InWork;
use super::producer::Producer;
use super::record::Recorder;
use super::spec::Pace;
use super::system::System;
use crate::amqp::{
    BasicPublish, ChannelNo, ChannelRef, ConnectionId, Content, MessageId, Method, ProducerId,
};
use crate::engine::{EventList, Seq};
use crate::observe::{PublishedAgain, What};
use crate::units::SimTime;

impl Producer {
    /// Hands a message to its connection, the first time or again.
    #[inline(always)]
    fn hand_over(
        &mut self,
        (number, again): (u32, Option<PublishedAgain>),
        connections: &mut [Connection],
        books: &mut Books,
        recorder: &mut impl Recorder,
        events: &mut EventList<SystemEvent>,
    ) {
        let now = events.now();
        let connection = &mut connections[self.connection];
        let made = |producer: &Producer| producer.method(number, now);
        self.book((again, connection.id), made, books, recorder, now);
        let frame = Frame::Publish { producer: self.id.0, number, published: now };
        connection.up.send(frame, events);
    }

    /// Counts a publish that goes out, and records it; `made` makes it anew where somebody looks.
    #[inline(always)]
    fn book(
        &mut self,
        (again, connection): (Option<PublishedAgain>, ConnectionId),
        made: impl Fn(&Producer) -> BasicPublish,
        books: &mut Books,
        recorder: &mut impl Recorder,
        now: SimTime,
    ) {
        books.ledger.published += 1;
        self.sent += 1;
        recorder.observe(now, || {
            let message = made(self).message;
            What::Published { producer: self.id.0, message: message.id, class: message.class, again }
        });
        recorder.observe(now, || What::ClientSent {
            connection: self.connection as u32,
            channel: ChannelRef { connection, channel: self.channel },
            method: Method::BasicPublish(made(self)),
        });
    }
}

impl<R: Recorder> System<R> {
    #[inline(always)]
    pub(super) fn producer_due(&mut self, index: usize, seq: Seq, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        if producer.armed != seq {
            if producer.discipline.is_some() {
                self.wait_is_over(index, seq, events);
            }
            return;
        }
        if !producer.ready {
            self.passed_over(index, events);
            return;
        }
        if producer.watched && producer.users().is_some() {
            self.users_begin(index, events);
            return;
        }
        let number = producer.publish(events.now());
        if producer.goes_on(producer.due) {
            producer.armed = events.at(producer.due, SystemEvent::ProducerDue(index as u32));
        }
        if producer.watched {
            self.due_under_rules(index, number, events);
        } else {
            producer.hand_over(
                (number, None),
                &mut self.connections,
                &mut self.books,
                &mut self.recorder,
                events,
            );
        }
    }

    /// Hands a message to the connection.
    fn publish(
        &mut self,
        index: usize,
        number: u32,
        again: Option<PublishedAgain>,
        events: &mut EventList<SystemEvent>,
    ) {
        let System { producers, connections, books, recorder, .. } = self;
        producers[index].hand_over((number, again), connections, books, recorder, events);
    }

    /// The same for a message whose content is not a function of its number: the frame carries it.
    fn publish_reply(&mut self, index: usize, publish: BasicPublish, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        let connection = &mut self.connections[producer.connection];
        let made = |_: &Producer| publish.clone();
        producer.book((None, connection.id), made, &mut self.books, &mut self.recorder, events.now());
        let frame = Frame::Method(producer.channel);
        let method = Method::BasicPublish(publish);
        connection.up.send_method(frame, method, events);
    }

    #[cold]
    fn due_under_rules(&mut self, index: usize, number: u32, events: &mut EventList<SystemEvent>) {
        if let Some(discipline) = &mut self.producers[index].discipline {
            discipline.held_back += 1;
            self.release(index, events);
        } else {
            self.publish(index, number, None, events);
            self.note_publish(index, number, events);
        }
    }

    /// Publishes what a producer has held back, as far as its rules allow.
    pub(super) fn release(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        while let Some((number, again)) = self.producers[index].next_held_back() {
            if again.is_some() {
                self.books.published_again(MessageId { producer: ProducerId(index as u32), number });
            }
            let request = self.producers[index].discipline.as_mut().and_then(|d| d.requests.pop_front());
            match request {
                Some(request) => self.reply(index, number, &request, events),
                None => self.publish(index, number, again, events),
            }
            self.note_publish(index, number, events);
            if !self.producers[index].follows() {
                self.commit_if_due(index, events);
            }
        }
    }

    fn reply(&mut self, index: usize, number: u32, request: &Content, events: &mut EventList<SystemEvent>) {
        let address = request.properties.reply_to.as_deref().unwrap_or_default();
        let address = self.names_mut().intern(address);
        let publish = self.producers[index].reply(number, events.now(), &request.properties, address);
        self.publish_reply(index, publish, events);
    }

    /// Counts a publish that has just gone out, where somebody counts: for its confirm and for its transaction.
    fn note_publish(&mut self, index: usize, number: u32, events: &mut EventList<SystemEvent>) {
        let producer = &self.producers[index];
        let (connection, channel) = (producer.connection, producer.channel);
        let sent = Sent {
            message: MessageId { producer: ProducerId(index as u32), number },
            at: events.now(),
            returned: None,
        };
        let is_answered = self.expect_answer(connection, channel, sent);
        if let Some(discipline) = &mut self.producers[index].discipline {
            discipline.in_flight += u32::from(is_answered);
            discipline.count_for_commit(number);
        }
    }

    /// Counts a publish on a channel in confirm mode; whether it is one.
    pub(super) fn expect_answer(&mut self, connection: usize, channel: ChannelNo, sent: Sent) -> bool {
        let channel = self.connections[connection].channel_mut(channel);
        let Some(confirming) = channel.and_then(|channel| channel.confirming.as_mut()) else { return false };
        confirming.sent(sent);
        self.books.asked_for_confirm(sent.message);
        true
    }

    /// Source: rule TX-4.
    fn commit_if_due(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let last = self.rests(index) || self.producers[index].is_done(events.now());
        let producer = &mut self.producers[index];
        if producer.ready && producer.discipline.as_mut().is_some_and(|discipline| discipline.commits(last)) {
            let (connection, channel) = (producer.connection, producer.channel);
            self.send(connection, channel, Method::TxCommit, events);
            self.expect_commit(connection, channel, Committer::Producer(index as u32));
        }
    }

    /// A commit has just gone out.
    pub(super) fn expect_commit(&mut self, connection: usize, number: ChannelNo, by: Committer) {
        if let Some(channel) = self.connections[connection].channel_mut(number) {
            channel.commits.push_back(by);
        }
    }

    /// Whether the producer follows a consumer that has nothing to do: perhaps no publish will follow.
    fn rests(&self, index: usize) -> bool {
        let Pace::After { consumer, .. } = self.spec.producers[index].pace else { return false };
        self.consumers[consumer].is_at_rest() && self.consumers[consumer].buffered == 0
    }

    /// The producers that follow a consumer commit, if it is time to.
    #[cold]
    pub(super) fn followers_commit(&mut self, consumer: usize, events: &mut EventList<SystemEvent>) {
        for producer in self.consumers[consumer].followers.clone() {
            self.commit_if_due(producer as usize, events);
        }
    }

    /// A producer's commit is answered: it goes on.
    pub(super) fn committed(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        if let Some(discipline) = &mut self.producers[index].discipline {
            for number in discipline.committed() {
                self.books.committed(MessageId { producer: ProducerId(index as u32), number });
            }
            self.release(index, events);
        }
    }

    /// All users of a closed loop who have nothing to wait for publish.
    #[cold]
    pub(super) fn users_begin(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        self.producers[index].armed = Seq::NONE;
        let at_rest = self.producers[index].discipline.as_ref().map_or(0, |own| own.users_at_rest());
        for _ in 0..at_rest {
            self.user_publishes(index, events);
        }
    }

    /// A user publishes, or holds back what is due until the channel is open.
    pub(super) fn user_publishes(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let now = events.now();
        let producer = &mut self.producers[index];
        if producer.outages > 0 || !producer.goes_on(now) {
            return;
        }
        producer.publish(now);
        if let Some(discipline) = &mut producer.discipline {
            discipline.held_back += 1;
        }
        self.release(index, events);
    }

    /// The user who waited for this answer thinks.
    pub(super) fn user_thinks(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let Some(users) = self.producers[index].users() else { return };
        let due = events.at(events.now() + users.think(), SystemEvent::ProducerDue(index as u32));
        users.thinks_until(due);
    }

    /// A nacked message has waited long enough, or a user has thought enough.
    #[cold]
    fn wait_is_over(&mut self, index: usize, due: Seq, events: &mut EventList<SystemEvent>) {
        if self.producers[index].users().is_some_and(|users| users.is_due(due)) {
            self.user_publishes(index, events);
            return;
        }
        if self.producers[index].republishing().is_some_and(|republishing| republishing.is_due(due)) {
            self.release(index, events);
        }
    }

    pub(super) fn producer_ready(&mut self, index: usize, events: &mut EventList<SystemEvent>) {
        let producer = &mut self.producers[index];
        if producer.outages > 0 {
            return;
        }
        let channel = self.connections[producer.connection].channel(producer.channel);
        let Some(channel) = channel.filter(|channel| channel.phase == ChannelPhase::Open) else { return };
        producer.ready = true;
        producer.watched = producer.discipline.is_some() || channel.confirming.is_some();
        producer.due = producer.due.max(events.now());
        if !producer.follows() && producer.goes_on(producer.due) {
            producer.armed = events.at(producer.due, SystemEvent::ProducerDue(index as u32));
        }
        self.release(index, events);
        self.commit_if_due(index, events);
    }

    /// From now on nobody publishes anything new. What producers hold back already goes out still, and a transaction that is
    /// open had its last publish.
    pub(super) fn stop_publishing(&mut self, events: &mut EventList<SystemEvent>) {
        self.publishing_stopped = true;
        for index in 0..self.producers.len() {
            self.producers[index].stop(events.now());
            self.commit_if_due(index, events);
        }
    }

    /// A producer has no channel any more. Source: rule CF-13.
    pub(super) fn part_producer(&mut self, index: usize) {
        let producer = &mut self.producers[index];
        producer.ready = false;
        if producer.outages == 0 {
            producer.armed = Seq::NONE;
        }
        if let Some(discipline) = &mut producer.discipline {
            discipline.part();
        }
    }

    /// A consumer has processed a delivery: the producers that follow it publish, then it acknowledges, if it does so now,
    /// and then transactions are committed, so that the acknowledgement is in the one of its message.
    #[cold]
    pub(super) fn followed(
        &mut self,
        consumer: usize,
        work: &InWork,
        acknowledges: bool,
        events: &mut EventList<SystemEvent>,
    ) {
        let request = self.consumers[consumer].take_request(work);
        // What was given back comes again, and is published for then.
        if work.attached || work.held.settled.is_for_good() {
            for producer in self.consumers[consumer].followers.clone() {
                self.follow(producer as usize, request.as_ref(), events);
            }
        }
        if acknowledges {
            self.acknowledge(consumer, work.held.tag, events);
        }
        self.followers_commit(consumer, events);
    }

    /// A producer publishes one message because of a consumer's work, or holds it back until its channel is open. A request
    /// that says nowhere to reply to gets no reply.
    fn follow(&mut self, index: usize, request: Option<&Arc<Content>>, events: &mut EventList<SystemEvent>) {
        let spec = &self.spec.producers[index];
        let replies = matches!(spec.pace, Pace::After { replies: true, .. });
        let now = events.now();
        if now < spec.start || !self.producers[index].goes_on(now) {
            return;
        }
        let request = request.filter(|request| replies && request.properties.reply_to.is_some());
        if replies && request.is_none() {
            return;
        }
        let producer = &mut self.producers[index];
        if producer.outages > 0 {
            producer.pass_over(now);
            return;
        }
        producer.publish(now);
        if let Some(discipline) = &mut producer.discipline {
            discipline.held_back += 1;
            discipline.requests.extend(request.cloned());
        }
        self.release(index, events);
    }
}
