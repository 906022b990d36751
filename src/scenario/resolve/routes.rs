//! Doubts about routes: consumers that nothing can reach, and publishes that can reach nothing. Errs on the side of silence.

use std::collections::BTreeSet;

use crate::amqp::{FieldValue, Message, in_vhost};
use crate::model::{Call, Declaration};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::shortened;
use crate::scenario::source::Placed;

use super::consumer::Consumer;
use super::names::Names;
use super::producer::Producer;
use super::script::Script;

/// Everybody who publishes or consumes.
pub(super) struct Clients<'a> {
    pub(super) producers: &'a [Producer],
    pub(super) consumers: &'a [Consumer],
    pub(super) scripts: &'a [Script],
}

/// Reports both kinds of doubt.
pub(super) fn check(
    declarations: &[(&str, &Declaration)],
    queues: &Names,
    clients: &Clients<'_>,
    problems: &mut Problems,
) {
    let fed = fed_queues(declarations, clients);
    for consumer in clients.consumers {
        let Some(queue) = &consumer.queue else { continue };
        if queues.index(&queue.value).is_some()
            && fed.as_ref().is_some_and(|fed| !fed.contains(&*queue.value))
        {
            problems.push(unfed(consumer, queue));
        }
    }
    for producer in clients.producers.iter().filter(|producer| producer.exchange.value.is_empty()) {
        for key in &producer.routing_keys.value {
            if queues.index(&in_vhost(&producer.vhost, key)).is_none() {
                problems.push(unroutable(producer, key, queues));
            }
        }
    }
}

/// Queues that a publish, a binding or dead-lettering may bring messages to; `None`: it may be any queue.
fn fed_queues(declarations: &[(&str, &Declaration)], clients: &Clients<'_>) -> Option<BTreeSet<String>> {
    let mut fed = BTreeSet::new();
    for producer in clients.producers.iter().filter(|producer| producer.exchange.value.is_empty()) {
        if producer.replies() {
            return None;
        }
        let keys = producer.routing_keys.value.iter().chain(&producer.more_keys);
        fed.extend(keys.map(|key| in_vhost(&producer.vhost, key)));
    }
    for script in clients.scripts {
        for step in &script.spec.steps {
            if let Call::Publish { exchange, routing_key, message, .. } = &step.call
                && exchange.is_empty()
            {
                let keys = more_keys(message).chain([routing_key.as_str()]);
                fed.extend(keys.map(|key| in_vhost(&script.vhost, key)));
            }
        }
    }
    for (vhost, declaration) in declarations {
        match declaration {
            Declaration::Binding(binding) if !binding.to_exchange => {
                fed.insert(in_vhost(vhost, &binding.destination));
            }
            Declaration::Queue(source) => {
                let argument = |key| source.arguments.get(key).and_then(|value| value.as_str());
                if argument("x-dead-letter-exchange") == Some("") {
                    // Without a key of its own, a dead letter keeps the one it was published with.
                    fed.insert(in_vhost(vhost, argument("x-dead-letter-routing-key")?));
                }
            }
            Declaration::Binding(_) | Declaration::Exchange(_) => {}
        }
    }
    Some(fed)
}

/// The keys that a step's message is routed by beside its own, whichever way they were given. Source: rule RT-9.
fn more_keys(message: &Message) -> impl Iterator<Item = &str> {
    let headers = message.content.as_deref().and_then(|content| content.properties.headers.as_ref());
    let values = headers.into_iter().flat_map(|headers| ["CC", "BCC"].map(|header| headers.get(header)));
    let keys = values.flatten().filter_map(|value| match value {
        FieldValue::Array(keys) => Some(keys),
        _ => None,
    });
    keys.flatten().filter_map(FieldValue::as_str)
}

fn unfed(consumer: &Consumer, queue: &Placed<String>) -> Diagnostic {
    let message = format!(
        "consumer `{}` reads from `{}`, which nothing is routed to",
        shortened(&consumer.name.value),
        shortened(&queue.value)
    );
    Diagnostic::warning(ids::UNFED_QUEUE, message).at(queue.place.as_ref()).help(
        "bind the queue to an exchange, or publish to the default exchange with its name as routing key",
    )
}

fn unroutable(producer: &Producer, key: &str, queues: &Names) -> Diagnostic {
    let message = format!(
        "producer `{}` publishes to the default exchange with routing key `{}`, which is the name of no queue",
        shortened(&producer.name.value),
        shortened(key)
    );
    Diagnostic::warning(ids::UNROUTABLE_KEY, message)
        .at(producer.routing_keys.place.as_ref())
        .help_if(queues.suggestion(key))
        .note(queues.known())
}
