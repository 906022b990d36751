//! A producer at work: when it publishes, and what. Its messages are a function of its spec and their number.

use super::spec::{ClassSpec, ProducerSpec, SystemSpec};
use crate::amqp::{BasicPublish, ChannelNo, DeliveryMode, Message, MessageId, Name, Names, ProducerId};
use crate::engine::Seq;
use crate::random::{Distribution, RandomStream};
use crate::units::{SimDuration, SimTime};

/// How many interarrival times are drawn together.
const AHEAD: usize = 8;

/// A producer's state.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    pub(super) id: ProducerId,
    /// Index of its connection, and its channel there.
    pub(super) connection: usize,
    pub(super) channel: ChannelNo,
    exchange: Name,
    routing_keys: Vec<Name>,
    size: u32,
    delivery_mode: DeliveryMode,
    priority: u8,
    mandatory: bool,
    /// Classes that its messages may belong to, in order, with their indices.
    classes: Vec<(u8, ClassSpec, Option<Name>)>,
    count: u32,
    stop: SimTime,
    interarrival: Distribution,
    /// The next interarrival times. They are drawn together, because a processor works on several samples at once in little
    /// more than the time of one.
    gaps: [SimDuration; AHEAD],
    /// How many of `gaps` are used.
    used: usize,
    arrivals: RandomStream,
    /// Messages published so far.
    pub(super) published: u32,
    /// When the next publish is due.
    pub(super) due: SimTime,
    /// The event that counts.
    pub(super) armed: Seq,
    /// Its channel is open.
    pub(super) ready: bool,
}

impl Producer {
    pub(super) fn new(spec: &SystemSpec, index: usize, seed: u64, names: &mut Names) -> Self {
        let producer: &ProducerSpec = &spec.producers[index];
        let channel = &spec.channels[producer.channel];
        let classes = spec
            .classes
            .iter()
            .enumerate()
            .skip(1)
            .filter(|(_, class)| class.producer.as_ref().is_none_or(|name| *name == producer.name))
            .map(|(i, class)| {
                let key = class.routing_key.as_ref().map(|key| names.intern(key));
                (i as u8, class.clone(), key)
            })
            .collect();
        Producer {
            id: ProducerId(index as u32),
            connection: channel.connection,
            channel: ChannelNo(channel.number),
            exchange: names.intern(&producer.exchange),
            routing_keys: producer.routing_keys.iter().map(|key| names.intern(key)).collect(),
            size: producer.message_size,
            delivery_mode: if producer.persistent {
                DeliveryMode::Persistent
            } else {
                DeliveryMode::Transient
            },
            priority: producer.priority,
            mandatory: producer.mandatory,
            classes,
            count: producer.count.map_or(u32::MAX, |count| u32::try_from(count).unwrap_or(u32::MAX)),
            stop: producer.stop.unwrap_or(SimTime::END),
            interarrival: producer.interarrival.clone(),
            gaps: [SimDuration::ZERO; AHEAD],
            used: AHEAD,
            arrivals: RandomStream::new(seed, &producer.name, "arrivals"),
            published: 0,
            due: producer.start,
            armed: Seq::NONE,
            ready: false,
        }
    }

    /// Whether a publish at `at` would still be its own.
    #[inline]
    pub(super) fn goes_on(&self, at: SimTime) -> bool {
        self.published < self.count && at < self.stop
    }

    /// Counts a publish at `now`; the number of the message. The next one is due an interarrival time later.
    #[inline]
    pub(super) fn publish(&mut self, now: SimTime) -> u32 {
        self.published += 1;
        if self.used == AHEAD {
            self.draw_ahead();
        }
        self.due = now + self.gaps[self.used];
        self.used += 1;
        self.published
    }

    #[inline(never)]
    fn draw_ahead(&mut self) {
        let draws = self.gaps.map(|_| self.arrivals.draw());
        self.gaps = draws.map(|draw| self.interarrival.sample(draw));
        self.used = 0;
    }

    fn routing_key(&self, number: u32) -> Name {
        match self.routing_keys[..] {
            [only] => only,
            ref keys => keys[(number - 1) as usize % keys.len()],
        }
    }

    /// The class of its message with this number: the first that takes it, else 0.
    #[inline]
    pub(super) fn class(&self, number: u32) -> u8 {
        if self.classes.is_empty() { 0 } else { self.find_class(number) }
    }

    fn find_class(&self, number: u32) -> u8 {
        let (number, key) = (u64::from(number), self.routing_key(number));
        self.classes
            .iter()
            .find(|(_, class, of_key)| {
                number >= class.first
                    && (number - class.first) % class.every.max(1) == 0
                    && of_key.is_none_or(|of_key| of_key == key)
            })
            .map_or(0, |(index, ..)| *index)
    }

    /// The `basic.publish` of its message with this number.
    #[inline]
    pub(super) fn method(&self, number: u32, published: SimTime) -> BasicPublish {
        BasicPublish {
            exchange: self.exchange,
            routing_key: self.routing_key(number),
            mandatory: self.mandatory,
            immediate: false,
            message: Message {
                id: MessageId { producer: self.id, number },
                published,
                size: self.size,
                delivery_mode: self.delivery_mode,
                priority: self.priority,
                class: self.class(number),
                content: None,
            },
        }
    }
}
