//! What is there when a case begins: how queues are declared, and how much was done.

use amqpsim::amqp::{ChannelNo, ChannelRef, ConnectionId, FieldTable, FieldValue, Method};
use proptest::prelude::*;
use proptest::sample::select;

use super::topology::{bind, declare_exchange, declare_queue};
use super::traffic::{consume, publish};
use super::{Deed, Draw, TICK, Words, draw};

/// How a queue of one name is declared in a case, mostly.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Design {
    pub(super) exclusive: bool,
    pub(super) auto_delete: bool,
    /// Time to live of messages, in ticks. Only the first queue has one, since timers of several queues that are due at
    /// one instant have no order.
    pub(in super::super) ttl: Option<u8>,
    pub(in super::super) length_max: Option<u8>,
    pub(in super::super) overflow: &'static str,
    /// To which exchange.
    pub(in super::super) dead_letters: Option<usize>,
    /// With the name of which queue as their key.
    pub(in super::super) dead_letter_key: Option<usize>,
    pub(in super::super) priority_max: Option<u8>,
    pub(in super::super) single_active: bool,
}

/// One design for each queue.
pub(in super::super) fn designs() -> impl Strategy<Value = Vec<Design>> {
    use proptest::option::weighted;
    let overflow = select(vec!["drop-head", "reject-publish", "reject-publish-dlx"]);
    let flags = (prop::bool::weighted(0.1), prop::bool::weighted(0.15), prop::bool::weighted(0.15));
    let rules = (weighted(0.3, 0u8..4), overflow, weighted(0.4, 0usize..2), weighted(0.7, 0usize..3));
    let design = (flags, rules, weighted(0.2, 0u8..4)).prop_map(|(flags, rules, priority_max)| {
        let (exclusive, auto_delete, single_active) = flags;
        let (length_max, overflow, dead_letters, dead_letter_key) = rules;
        Design {
            exclusive,
            auto_delete,
            ttl: None,
            length_max,
            overflow,
            dead_letters,
            dead_letter_key,
            priority_max,
            single_active,
        }
    });
    (prop::collection::vec(design, 3), weighted(0.3, 0u8..6)).prop_map(|(mut designs, ttl)| {
        designs[0].ttl = ttl;
        designs
    })
}

pub(super) fn arguments(design: &Design) -> FieldTable {
    let text = |exchange: usize| ["", "x1"][exchange].into();
    let queue = |queue: usize| ["q0", "q1", "q2"][queue].into();
    let ttl = |ticks: u8| (i64::from(ticks) * TICK.as_nanos() as i64 / 1_000_000).into();
    let entries: [(&str, Option<FieldValue>); 7] = [
        ("x-message-ttl", design.ttl.map(ttl)),
        ("x-max-length", design.length_max.map(|max| i64::from(max).into())),
        ("x-overflow", Some(design.overflow.into())),
        ("x-dead-letter-exchange", design.dead_letters.map(text)),
        ("x-dead-letter-routing-key", design.dead_letters.and(design.dead_letter_key).map(queue)),
        ("x-max-priority", design.priority_max.map(|max| i64::from(max).into())),
        ("x-single-active-consumer", design.single_active.then_some(true.into())),
    ];
    entries.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Consumers of one channel that share a queue and the channel's limit.
#[derive(Clone, Debug)]
pub(in super::super) struct Crowd {
    prefetch: (u16, bool),
    consumers: Vec<Draw>,
    publishes: Vec<Draw>,
}

pub(in super::super) fn crowds() -> impl Strategy<Value = Crowd> {
    let (consumers, publishes) = (prop::collection::vec(draw(), 3), prop::collection::vec(draw(), 0..6));
    let prefetch = (1u16..4, prop::bool::weighted(0.8));
    (prefetch, consumers, publishes).prop_map(|(prefetch, consumers, publishes)| Crowd {
        prefetch,
        consumers,
        publishes,
    })
}

/// Connections, channels, exchanges, queues and bindings, then perhaps a crowd. A case begins with the first few or all.
pub(in super::super) fn set_up(words: &Words, designs: &[Design], crowd: Option<&Crowd>) -> Vec<Deed> {
    let at = |connection, channel| ChannelRef {
        connection: ConnectionId(connection),
        channel: ChannelNo(channel),
    };
    let mut deeds: Vec<Deed> = (0..3).map(|connection| Deed::Open(ConnectionId(connection))).collect();
    deeds.extend((0..3).map(|connection| Deed::Call(at(connection, 1), Method::ChannelOpen)));
    for place in 0..3 {
        let draw = (place, 6 - 2 * place, true, true, false, 10);
        deeds.push(Deed::Call(at(0, 1), declare_queue(words, designs, draw)));
        deeds.push(Deed::Call(at(0, 1), declare_exchange(words, draw)));
        deeds.push(Deed::Call(at(0, 1), bind(words, draw, place)));
    }
    deeds.push(Deed::Call(at(1, 2), Method::ChannelOpen));
    let Some(crowd) = crowd else { return deeds };
    let (prefetch_count, global) = crowd.prefetch;
    deeds.push(Deed::Call(at(0, 1), Method::BasicQos { prefetch_size: 0, prefetch_count, global }));
    // Each with a tag of its own, and none that ends the channel.
    for (tag, &(_, index, no_ack, other, exclusive, _)) in crowd.consumers.iter().enumerate() {
        let draw = (0, 3 * index + tag, no_ack, other, exclusive, 10);
        deeds.push(Deed::Call(at(0, 1), consume(words, draw)));
    }
    for (number, &(_, index, mandatory, _, persistent, rare)) in (1..).zip(&crowd.publishes) {
        deeds.push(Deed::Call(
            at(0, 1),
            publish(words, number, (0, index, mandatory, false, persistent, 20 + rare % 40)),
        ));
    }
    deeds
}
