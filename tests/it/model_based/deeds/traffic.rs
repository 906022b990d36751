//! Methods that move messages: publish, consume, fetch, settle.

use amqpsim::amqp::{
    BasicConsume, BasicPublish, DeliveryMode, FieldTable, Message, MessageId, Method, Name, ProducerId,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::super::reference::{Channel, Reference};
use super::{Draw, Words, draw, rare_of};

pub(super) fn traffic(state: &Reference, channel: Option<&Channel>) -> BoxedStrategy<Method> {
    // Queues and exchanges that are there, where there are any.
    let words = state.existing();
    let number = state.published + 1;
    let known = words.clone();
    let publish = draw().prop_map(move |draw| publish(&known, number, draw));
    let known = words.clone();
    let consume = draw().prop_map(move |draw| consume(&known, draw));
    let known = words.clone();
    let cancel = (0usize..3).prop_map(move |tag| Method::BasicCancel { consumer_tag: known.tags[tag] });
    let get = draw().prop_map(move |(queue, _, no_ack, _, _, rare)| {
        let queue = [words.queues[queue], Name::EMPTY, words.missing][rare_of(rare)];
        Method::BasicGet { queue, no_ack }
    });
    let qos = (0u16..4, any::<bool>(), 0u8..40).prop_map(|(prefetch_count, global, rare)| Method::BasicQos {
        prefetch_size: u32::from(rare == 0),
        prefetch_count,
        global,
    });
    let mut tags: Vec<u64> =
        channel.map(|c| c.unacked.iter().map(|unacked| unacked.tag).collect()).unwrap_or_default();
    let recover = prop::bool::weighted(0.97).prop_map(|requeue| Method::BasicRecover { requeue });
    if tags.is_empty() {
        tags.push(0);
        return prop_oneof![
            48 => publish, 20 => consume, 4 => cancel, 8 => get, 8 => qos, 2 => recover, 1 => settle(tags)
        ]
        .boxed();
    }
    // An unknown tag now and then.
    tags = tags.repeat(8);
    tags.extend([0, tags[0] + 1]);
    prop_oneof![20 => publish, 6 => consume, 3 => cancel, 4 => get, 6 => qos, 2 => recover, 28 => settle(tags)]
        .boxed()
}

pub(super) fn publish(words: &Words, number: u32, draw: Draw) -> Method {
    let (queue, index, mandatory, to_exchange, persistent, rare) = draw;
    let exchange = if to_exchange { words.exchanges[queue + 1] } else { Name::EMPTY };
    let system = [exchange, words.system_exchange, words.missing][rare_of(rare)];
    Method::BasicPublish(BasicPublish {
        exchange: if index % 3 == 0 { system } else { exchange },
        routing_key: if to_exchange { words.keys[index % words.keys.len()] } else { words.queues[queue] },
        mandatory,
        immediate: rare == 19 && index % 8 == 0,
        message: Message {
            id: MessageId { producer: ProducerId(0), number },
            size: 1,
            delivery_mode: if persistent { DeliveryMode::Persistent } else { DeliveryMode::Transient },
            priority: rare % 5,
            ..Message::default()
        },
    })
}

pub(super) fn consume(words: &Words, draw: Draw) -> Method {
    let (queue, index, no_ack, other, exclusive, rare) = draw;
    let mut arguments = FieldTable::new();
    if other {
        arguments.set("x-priority", (index / 3 % 3) as i64 - 1);
    }
    Method::BasicConsume(Box::new(BasicConsume {
        queue: [words.queues[queue], Name::EMPTY, words.missing][rare_of(rare)],
        consumer_tag: words.tags[index % 3],
        no_ack: no_ack && other,
        exclusive: exclusive && rare > 50,
        arguments,
    }))
}

fn settle(tags: Vec<u64>) -> impl Strategy<Value = Method> {
    (select(tags), prop::bool::weighted(0.3), any::<bool>(), 0u8..4).prop_map(
        |(delivery_tag, multiple, requeue, kind)| match kind {
            0 => Method::BasicNack { delivery_tag, multiple, requeue },
            1 => Method::BasicReject { delivery_tag, requeue },
            _ => Method::BasicAck { delivery_tag, multiple },
        },
    )
}
