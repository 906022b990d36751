//! The broker's facts as lines of a trace. Knows what each fact carries, not why it came about.

use crate::amqp::{Names, in_vhost};
use crate::observe::{Durability, Fact, Settlement};
use crate::report::Cast;

use super::row::Row;

fn broker(verb: &'static str, object: impl Into<String>) -> Row {
    Row::new("broker", verb, object)
}

/// The line of a fact, without its rule.
pub(super) fn row(cast: &Cast, names: &Names, fact: &Fact) -> Row {
    match fact {
        Fact::ConnectionOpened { connection } => broker("opened", cast.connection_of(*connection)),
        Fact::ConnectionClosed { connection } => broker("closed", cast.connection_of(*connection)),
        Fact::ChannelClosed { channel } => broker("closed", "channel").channel(cast, *channel),
        Fact::Error { channel, code, text } => broker("refused", code.name())
            .number("code", code.number())
            .channel(cast, *channel)
            .text("text", &**text),
        Fact::ExchangeDeclared { exchange, kind } => {
            broker("declared", names.text(*exchange)).text("type", names.text(*kind))
        }
        Fact::ExchangeDeleted { exchange } => {
            broker("deleted", names.text(*exchange)).text("kind", "exchange")
        }
        Fact::QueueDeclared { vhost, name, durable, .. } => {
            let name = in_vhost(names.text(*vhost), names.text(*name));
            broker("declared", name).text("type", "queue").flag("durable", *durable)
        }
        Fact::QueueDeleted { queue, messages } => {
            broker("deleted", cast.queue(names, *queue)).text("kind", "queue").number("messages", *messages)
        }
        Fact::Bound { source, destination, routing_key } => broker("bound", names.text(*destination))
            .text("source", names.text(*source))
            .text("routing-key", names.text(*routing_key)),
        Fact::Unbound { source, destination, routing_key } => broker("unbound", names.text(*destination))
            .text("source", names.text(*source))
            .text("routing-key", names.text(*routing_key)),
        Fact::ConsumerAdded { queue, channel, tag, .. } => broker("consumer-added", names.text(*tag))
            .text("queue", cast.queue(names, *queue))
            .channel(cast, *channel),
        Fact::ConsumerRemoved { queue, tag, .. } => {
            broker("consumer-removed", names.text(*tag)).text("queue", cast.queue(names, *queue))
        }
        Fact::ConsumerBlocked { queue, consumer, unacked } => {
            broker("consumer-blocked", cast.tag(names, *consumer))
                .text("queue", cast.queue(names, *queue))
                .number("consumer-unacked", *unacked)
        }
        Fact::ConsumerUnblocked { queue, consumer } => {
            broker("consumer-unblocked", cast.tag(names, *consumer)).text("queue", cast.queue(names, *queue))
        }
        Fact::ConnectionBlocked { connection } => broker("blocked", cast.connection_of(*connection)),
        Fact::ConnectionUnblocked { connection } => broker("unblocked", cast.connection_of(*connection)),
        Fact::ConsumerActivated { queue, consumer } => {
            broker("consumer-activated", cast.tag(names, *consumer)).text("queue", cast.queue(names, *queue))
        }
        Fact::PolicySet { vhost, name } => {
            broker("policy-set", in_vhost(names.text(*vhost), names.text(*name)))
        }
        Fact::PolicyCleared { vhost, name } => {
            broker("policy-cleared", in_vhost(names.text(*vhost), names.text(*name)))
        }
        Fact::BrokerStopped => broker("stopped", ""),
        Fact::BrokerStarted { queues, messages } => {
            broker("started", "").number("queues", *queues).number("messages", *messages)
        }
        about_message => of_message(cast, names, about_message),
    }
}

fn of_message(cast: &Cast, names: &Names, fact: &Fact) -> Row {
    match fact {
        Fact::Routed { message, exchange, routing_key, queues } => broker("routed", cast.message(*message))
            .text("exchange", names.text(*exchange))
            .text("routing-key", names.text(*routing_key))
            .number("queues", *queues),
        Fact::Unroutable { message, exchange, routing_key, returned } => {
            broker("unroutable", cast.message(*message))
                .text("exchange", names.text(*exchange))
                .text("routing-key", names.text(*routing_key))
                .flag("returned", *returned)
        }
        Fact::PublishRefused { message, cause } => {
            broker("publish-refused", cast.message(*message)).text("cause", cause.words())
        }
        Fact::Enqueued { queue, message, ready, unacked, .. } => broker("enqueued", cast.message(*message))
            .text("queue", cast.queue(names, *queue))
            .counts(*ready, *unacked),
        Fact::DeadLettered { queue, message, reason, exchange, queues } => {
            broker("dead-lettered", cast.message(*message))
                .text("queue", cast.queue(names, *queue))
                .text("reason", reason.name())
                .text("exchange", names.text(*exchange))
                .number("queues", *queues)
        }
        Fact::Replied { message, channel, consumer_tag, delivery_tag } => {
            broker("replied", cast.message(*message))
                .channel(cast, *channel)
                .text("consumer", names.text(*consumer_tag))
                .number("delivery-tag", *delivery_tag)
        }
        Fact::Reached { queue, message, level, at, .. } => {
            let verb = match level {
                Durability::Written => "written",
                Durability::Stable => "stable",
            };
            broker(verb, cast.message(*message))
                .text("queue", cast.queue(names, *queue))
                .number("since-ns", at.as_nanos())
        }
        Fact::LeaderLost => broker("leader-lost", "quorum queues"),
        Fact::LeaderElected { node } => broker("leader-elected", "quorum queues").number("node", *node),
        Fact::CameBack { queue, message, ready, .. } => broker("came-back", cast.message(*message))
            .text("queue", cast.queue(names, *queue))
            .number("ready", *ready),
        Fact::Lost { queue, message, cause, ready, unacked, .. } => broker("lost", cast.message(*message))
            .text("queue", cast.queue(names, *queue))
            .text("cause", cause.words())
            .counts(*ready, *unacked),
        Fact::Confirmed { channel, publish } => {
            broker("confirmed", "publish").number("publish", *publish).channel(cast, *channel)
        }
        Fact::Nacked { channel, publish } => {
            broker("nacked", "publish").number("publish", *publish).channel(cast, *channel)
        }
        about_delivery => of_delivery(cast, names, about_delivery),
    }
}

fn of_delivery(cast: &Cast, names: &Names, fact: &Fact) -> Row {
    match fact {
        Fact::Delivered {
            queue,
            consumer,
            channel,
            delivery_tag,
            message,
            arrival,
            arrived: _,
            redelivered,
            automatic,
            ready,
            unacked,
            consumer_unacked,
            prefetch,
            next,
        } => broker("delivered", cast.message(*message))
            .text("queue", cast.queue(names, *queue))
            .counts(*ready, *unacked)
            .text("consumer", cast.tag(names, *consumer))
            .channel(cast, *channel)
            .number("delivery-tag", *delivery_tag)
            .number("arrival", *arrival)
            .flag("redelivered", *redelivered)
            .flag("automatic", *automatic)
            .number("consumer-unacked", *consumer_unacked)
            .number("prefetch", *prefetch)
            .text("next", next.map_or_else(|| "-".to_owned(), |next| cast.tag(names, next))),
        Fact::Got { queue, channel, delivery_tag, message, redelivered, automatic, ready, unacked } => {
            broker("got", cast.message(*message))
                .text("queue", cast.queue(names, *queue))
                .counts(*ready, *unacked)
                .channel(cast, *channel)
                .number("delivery-tag", *delivery_tag)
                .flag("redelivered", *redelivered)
                .flag("automatic", *automatic)
        }
        Fact::Settled { queue, channel, consumer, delivery_tag, message, how, ready, unacked } => {
            let row = match how {
                Settlement::Acked => broker("acked", cast.message(*message)),
                Settlement::Rejected => broker("rejected", cast.message(*message)),
                Settlement::DeadLettered => broker("dying", cast.message(*message)),
                Settlement::Gone(cause) => {
                    broker("gone", cast.message(*message)).text("cause", cause.words())
                }
            };
            row.text("queue", cast.queue(names, *queue))
                .counts(*ready, *unacked)
                .text("consumer", consumer.map_or_else(|| "-".to_owned(), |id| cast.tag(names, id)))
                .channel(cast, *channel)
                .number("delivery-tag", *delivery_tag)
        }
        Fact::Requeued { queue, channel, delivery_tag, message, ready, unacked, .. } => {
            broker("requeued", cast.message(*message))
                .text("queue", cast.queue(names, *queue))
                .counts(*ready, *unacked)
                .channel(cast, *channel)
                .number("delivery-tag", *delivery_tag)
        }
        _ => unreachable!("the other facts are not about a delivery"),
    }
}
