//! A producer at work: when it publishes, and what. Its messages are a function of its spec and their number.

use std::sync::Arc;

use super::content::Contents;
use super::discipline::{Discipline, Users};
use super::republishing::Republishing;
use super::spec::{Pace, ProducerSpec, SystemSpec};
use crate::amqp::{
    BasicPublish, ChannelNo, Content, Message, MessageId, Name, Names, ProducerId, Properties,
};
use crate::engine::Seq;
use crate::observe::PublishedAgain;
use crate::random::arrivals::Arrivals;
use crate::random::{Distribution, RandomStream};
use crate::units::{SimDuration, SimTime};

/// How many interarrival times are drawn together.
const AHEAD: u32 = 8;

/// A producer's state. Fields stand in the order in which a message needs them: those of the first two cache lines when it
/// comes due, the next ones when it reaches the broker.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Producer {
    /// The event that counts.
    pub(super) armed: Seq,
    /// When the next publish is due.
    pub(super) due: SimTime,
    stop: SimTime,
    /// Messages that came due so far, those that it holds back included.
    published: u32,
    count: u32,
    /// Publishes that it handed to its connection, and messages lost with it before that.
    pub(super) sent: u64,
    /// Index of its connection, and its channel there.
    pub(super) connection: usize,
    /// What it keeps to beyond its pace; `None` for most.
    pub(super) discipline: Option<Box<Discipline>>,
    /// How many of `gaps` are used.
    used: u32,
    /// Its channel is open.
    pub(super) ready: bool,
    /// Its publishes have rules to keep, or are answered: a discipline, or a channel in confirm mode.
    pub(super) watched: bool,
    mandatory: bool,
    /// The next interarrival times. They are drawn together, because a processor works on several samples at once in little
    /// more than the time of one.
    gaps: [SimDuration; AHEAD as usize],
    pub(super) id: ProducerId,
    exchange: Name,
    pub(super) channel: ChannelNo,
    contents: Contents,
    interarrival: Distribution,
    arrivals: RandomStream,
    /// What tells when messages come due where gaps are not all alike.
    process: Option<Box<Arrivals>>,
    /// Its crashes that are not over: its process is down while there is one.
    pub(super) outages: u32,
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Producer>() <= 256, "four lines of the processor's cache");

impl Producer {
    pub(super) fn new(spec: &SystemSpec, index: usize, seed: u64, names: &mut Names) -> Self {
        let producer: &ProducerSpec = &spec.producers[index];
        let channel = &spec.channels[producer.channel];
        let mut process = match &producer.pace {
            Pace::Arrivals(arrivals, _) => {
                Some(Box::new(Arrivals::new(arrivals, seed, &producer.name, producer.start)))
            }
            _ => None,
        };
        let due = process.as_mut().map_or(producer.start, |process| process.first(producer.start));
        Producer {
            id: ProducerId(index as u32),
            connection: channel.connection,
            channel: ChannelNo(channel.number),
            exchange: names.intern(&producer.exchange),
            contents: Contents::new(spec, producer, seed, names),
            mandatory: producer.mandatory,
            count: producer.count.map_or(u32::MAX, |count| u32::try_from(count).unwrap_or(u32::MAX)),
            stop: producer.stop.unwrap_or(SimTime::END),
            interarrival: match &producer.pace {
                Pace::Interarrival(interarrival) => interarrival.clone(),
                _ => Distribution::Constant(SimDuration::ZERO),
            },
            process,
            gaps: [SimDuration::ZERO; AHEAD as usize],
            used: AHEAD,
            arrivals: RandomStream::new(seed, &producer.name, "arrivals"),
            published: 0,
            sent: 0,
            due,
            armed: Seq::NONE,
            outages: 0,
            ready: false,
            watched: false,
            discipline: Discipline::of(producer, seed).map(Box::new),
        }
    }

    /// Whether a publish at `at` would still be its own.
    #[inline(always)]
    pub(super) fn goes_on(&self, at: SimTime) -> bool {
        self.published < self.count && at < self.stop
    }

    /// It publishes nothing new at or after `now`.
    pub(super) fn stop(&mut self, now: SimTime) {
        self.stop = self.stop.min(now);
        self.armed = Seq::NONE;
    }

    /// Counts a publish at `now`; the number of the message. The next one is due an interarrival time later.
    #[inline(always)]
    pub(super) fn publish(&mut self, now: SimTime) -> u32 {
        self.published += 1;
        if self.used == AHEAD {
            self.draw_ahead(now);
        }
        self.due = now + self.gaps[self.used as usize];
        self.used += 1;
        self.published
    }

    /// A message comes due at `now` and is not made: it has no number, and counts all the same.
    pub(super) fn pass_over(&mut self, now: SimTime) {
        self.publish(now);
        self.published -= 1;
        self.count -= 1;
    }

    #[inline(never)]
    fn draw_ahead(&mut self, now: SimTime) {
        if let Some(process) = &mut self.process {
            // The next gap depends on when this one is over.
            self.used = AHEAD - 1;
            self.gaps[self.used as usize] = process.after(now).since(now);
            return;
        }
        let draws = self.gaps.map(|_| self.arrivals.draw());
        self.gaps = draws.map(|draw| self.interarrival.sample(draw));
        self.used = 0;
    }

    /// The number of the message that is to go out next, of those to publish again, then of those held back; `None` if it must
    /// wait, or there is none.
    pub(super) fn next_held_back(&mut self) -> Option<(u32, Option<PublishedAgain>)> {
        let discipline = self.discipline.as_mut().filter(|discipline| self.ready && discipline.allows())?;
        if let Some((number, why)) = discipline.republishing.as_mut().and_then(Republishing::next) {
            return Some((number, Some(why)));
        }
        let behind = discipline.held_back.checked_sub(1)?;
        discipline.held_back = behind;
        Some((self.published - behind, None))
    }

    /// The users of a closed loop.
    pub(super) fn users(&mut self) -> Option<&mut Users> {
        self.discipline.as_mut()?.users.as_mut()
    }

    /// What it publishes again.
    pub(super) fn republishing(&mut self) -> Option<&mut Republishing> {
        self.discipline.as_mut()?.republishing.as_mut()
    }

    /// Its process ends, and nobody knows any more what it held back: the numbers of those messages.
    pub(super) fn forget(&mut self) -> impl ExactSizeIterator<Item = u32> + use<> {
        let held_back = self.discipline.as_mut().map_or(0, |discipline| discipline.forget());
        (self.published - held_back..self.published).map(|before| before + 1)
    }

    /// Whether a consumer's work makes it publish.
    pub(super) fn follows(&self) -> bool {
        self.discipline.as_ref().is_some_and(|discipline| discipline.follows)
    }

    /// Whether something depends on this event: its next message, one that was nacked, or a user who thinks.
    pub(super) fn waits_for(&self, due: Seq) -> bool {
        self.armed == due || self.discipline.as_ref().is_some_and(|own| own.waits_for(due))
    }

    /// Whether messages come due by time, whatever others do.
    pub(super) fn keeps_time(&self) -> bool {
        self.discipline.as_ref().is_none_or(|own| !own.follows && own.users.is_none())
    }

    /// Whether a publish that has just gone out at `now` was the last.
    pub(super) fn is_done(&self, now: SimTime) -> bool {
        let held_back = self.discipline.as_ref().is_some_and(|discipline| discipline.waiting() > 0);
        !held_back && !self.goes_on(self.due.max(now))
    }

    /// The class of its message with this number: the first that takes it, else 0.
    #[inline(always)]
    pub(super) fn class(&self, number: u32) -> u8 {
        self.contents.class(number)
    }

    /// The `basic.publish` of its message with this number.
    #[inline(always)]
    pub(super) fn method(&self, number: u32, published: SimTime) -> BasicPublish {
        let (template, class, size) = self.contents.of(number);
        BasicPublish {
            exchange: self.exchange,
            routing_key: template.routing_key,
            mandatory: self.mandatory,
            immediate: false,
            message: Message {
                id: MessageId { producer: self.id, number },
                published,
                size,
                delivery_mode: template.delivery_mode,
                priority: template.priority,
                class,
                content: template.content(number),
            },
        }
    }

    /// The reply with this number to a request with these properties: it goes to `address`, the name in `reply-to`.
    pub(super) fn reply(
        &self,
        number: u32,
        published: SimTime,
        request: &Properties,
        address: Name,
    ) -> BasicPublish {
        let mut publish = self.method(number, published);
        let mut properties = publish.message.properties();
        properties.correlation_id.clone_from(&request.correlation_id);
        publish.message.content = Some(Arc::new(Content { properties, body: Box::default() }));
        BasicPublish { routing_key: address, ..publish }
    }
}
