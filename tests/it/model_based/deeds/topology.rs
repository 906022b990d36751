//! Methods that change exchanges, queues and bindings.

use amqpsim::amqp::{BindArguments, ExchangeDeclare, FieldTable, Method, Name, QueueDeclare};
use proptest::prelude::*;

use super::super::reference::Reference;
use super::set_up::{Design, arguments};
use super::{Draw, Words, draw, rare_of};

pub(super) fn topology(state: &Reference) -> BoxedStrategy<Method> {
    let (words, designs) = (state.words.clone(), state.designs.clone());
    let declare_queue = draw().prop_map(move |draw| declare_queue(&words, &designs, draw));
    let words = state.words.clone();
    let declare_exchange = draw().prop_map(move |draw| declare_exchange(&words, draw));
    let words = state.words.clone();
    let bind = (draw(), 0usize..3).prop_map(move |(draw, other)| bind(&words, draw, other));
    let words = state.words.clone();
    let remove = draw().prop_map(move |(place, index, if_unused, if_empty, _, rare)| {
        let queue = [words.queues[place], Name::EMPTY, words.missing][rare_of(rare)];
        let exchange = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
        match index % 4 {
            0 => Method::ExchangeDelete { exchange, if_unused },
            1 => Method::QueueDelete { queue, if_unused, if_empty },
            _ => Method::QueuePurge { queue },
        }
    });
    prop_oneof![5 => declare_queue, 3 => declare_exchange, 6 => bind, 2 => remove].boxed()
}

pub(super) fn declare_queue(words: &Words, designs: &[Design], draw: Draw) -> Method {
    let (queue, index, _, _, no_wait, rare) = draw;
    let design = &designs[queue];
    let passive = index % 5 == 0;
    let last = if passive { Name::EMPTY } else { words.queues[queue] };
    let name = [words.queues[queue], last, if passive { words.missing } else { words.system_exchange }];
    Method::QueueDeclare(Box::new(QueueDeclare {
        queue: name[rare_of(rare)],
        passive,
        durable: rare != 19,
        exclusive: design.exclusive != (rare == 18),
        auto_delete: design.auto_delete != (rare == 17),
        no_wait: no_wait && rare > 40,
        arguments: arguments(design),
    }))
}

pub(super) fn declare_exchange(words: &Words, draw: Draw) -> Method {
    let (place, index, _, _, no_wait, rare) = draw;
    let exchange = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
    let mut arguments = FieldTable::new();
    if place == 0 {
        arguments.set("alternate-exchange", "x2");
    }
    let unknown = rare == 4 && index % 3 == 0;
    Method::ExchangeDeclare(Box::new(ExchangeDeclare {
        exchange,
        kind: if unknown { words.missing } else { words.kinds[if rare == 5 { 0 } else { place }] },
        passive: index % 7 == 0,
        durable: rare != 19,
        auto_delete: place == 1,
        internal: rare == 18,
        no_wait: no_wait && rare > 40,
        arguments,
    }))
}

pub(super) fn bind(words: &Words, draw: Draw, other: usize) -> Method {
    let (place, index, to_queue, adds, more, rare) = draw;
    let adds = adds || more;
    let source = [words.exchanges[place + 1], words.system_exchange, Name::EMPTY][rare_of(rare)];
    let destination = if to_queue {
        [words.queues[other], words.missing, Name::EMPTY][rare_of(59 - rare)]
    } else {
        [words.exchanges[other + 1], words.missing, Name::EMPTY][rare_of(59 - rare)]
    };
    let routing_key = words.keys[index % words.keys.len()];
    let arguments =
        Box::new(BindArguments { source, destination, routing_key, arguments: FieldTable::new() });
    match (to_queue, adds) {
        (true, true) => Method::QueueBind(arguments),
        (true, false) => Method::QueueUnbind(arguments),
        (false, true) => Method::ExchangeBind(arguments),
        (false, false) => Method::ExchangeUnbind(arguments),
    }
}
