//! The broker's facts in sentences: what it did and what changed. Knows no layout; the rule stands beside the sentence.

use crate::amqp::{ConsumerId, MessageId, Name, QueueId, in_vhost};
use crate::observe::{Fact, Settlement};

use super::page::{count, levels};
use super::subjects::View;

impl View<'_> {
    fn queue(&self, id: QueueId) -> String {
        format!("queue {}", self.cast.queue(self.names, id))
    }

    fn tag(&self, id: ConsumerId) -> String {
        self.cast.tag(self.names, id)
    }

    fn message(&self, id: MessageId) -> String {
        self.cast.message(id)
    }

    fn exchange(&self, name: Name) -> String {
        match self.names.text(name) {
            "" => "the default exchange".to_owned(),
            text => format!("exchange {text}"),
        }
    }

    fn within(&self, vhost: Name, name: Name) -> String {
        in_vhost(self.names.text(vhost), self.names.text(name))
    }

    fn key(&self, name: Name) -> String {
        match self.names.text(name) {
            "" => "the empty key".to_owned(),
            text => format!("key {text}"),
        }
    }
}

/// What the broker did.
pub(super) fn sentence(view: View<'_>, fact: &Fact) -> String {
    match fact {
        Fact::ConnectionOpened { connection } => {
            format!("connection {} is open", view.cast.connection_of(*connection))
        }
        Fact::ConnectionClosed { connection } => {
            format!("connection {} is gone, with its channels", view.cast.connection_of(*connection))
        }
        Fact::ChannelClosed { channel } => {
            let connection = view.cast.connection_of(channel.connection);
            format!("channel {} of {connection} is gone, with its consumers", channel.channel.0)
        }
        Fact::Error { code, text, .. } => {
            let closes = if code.closes_connection() { "connection" } else { "channel" };
            format!("broker refuses with {} `{text}` and closes the {closes}", code.number())
        }
        Fact::ExchangeDeclared { exchange, kind } => {
            format!("{} exists, of type {}", view.exchange(*exchange), view.names.text(*kind))
        }
        Fact::ExchangeDeleted { exchange } => format!("{} is gone", view.exchange(*exchange)),
        Fact::QueueDeclared { queue, durable, .. } => {
            format!("{} exists, {}", view.queue(*queue), if *durable { "durable" } else { "not durable" })
        }
        Fact::QueueDeleted { queue, messages } => {
            format!("{} is gone, with {}", view.queue(*queue), count(*messages, "message"))
        }
        Fact::Bound { source, destination, routing_key } => format!(
            "{} leads to {} by {}",
            view.exchange(*source),
            view.names.text(*destination),
            view.key(*routing_key)
        ),
        Fact::Unbound { source, destination, routing_key } => format!(
            "{} leads no more to {} by {}",
            view.exchange(*source),
            view.names.text(*destination),
            view.key(*routing_key)
        ),
        Fact::ConsumerAdded { queue, tag, .. } => {
            let (who, queue_name) = (view.names.text(*tag), view.queue(*queue));
            match view.memory.active(*queue) {
                None => format!("{who} joins the rotation of {queue_name} at the back"),
                Some(active) => {
                    let active = view.tag(active);
                    format!("{who} stands by for {queue_name}: {active} is its single active consumer")
                }
            }
        }
        Fact::ConsumerRemoved { queue, tag, .. } => {
            format!("{} leaves {}", view.names.text(*tag), view.queue(*queue))
        }
        Fact::ConsumerBlocked { consumer, unacked, .. } => format!(
            "{} is next in turn, but holds {unacked} unacked and may take no more: it steps out",
            view.tag(*consumer)
        ),
        Fact::ConsumerUnblocked { consumer, .. } => {
            format!("{} may take messages again and joins the back of the rotation", view.tag(*consumer))
        }
        Fact::ConnectionBlocked { connection } => {
            format!("broker reads no more from {}: an alarm holds", view.cast.connection_of(*connection))
        }
        Fact::ConnectionUnblocked { connection } => {
            format!("broker reads from {} again", view.cast.connection_of(*connection))
        }
        Fact::ConsumerActivated { queue, consumer } => {
            format!("{} serves {} alone from here on", view.queue(*queue), view.tag(*consumer))
        }
        Fact::PolicySet { vhost, name } => {
            format!("policy {} holds from here on", view.within(*vhost, *name))
        }
        Fact::PolicyCleared { vhost, name } => format!("policy {} holds no more", view.within(*vhost, *name)),
        Fact::BrokerStopped => "broker stops".to_owned(),
        Fact::BrokerStarted { queues, messages } => {
            format!(
                "broker runs again, with {} and {}",
                count(*queues, "queue"),
                count(*messages, "ready message")
            )
        }
        message => of_message(view, message),
    }
}

fn of_message(view: View<'_>, fact: &Fact) -> String {
    match fact {
        Fact::Routed { message, exchange, routing_key, queues } => format!(
            "{} routes {} to {} by {}",
            view.exchange(*exchange),
            view.message(*message),
            count(*queues, "queue"),
            view.key(*routing_key)
        ),
        Fact::Unroutable { message, exchange, routing_key, returned } => format!(
            "{} finds no queue for {} by {}: it is {}",
            view.exchange(*exchange),
            view.message(*message),
            view.key(*routing_key),
            if *returned { "returned" } else { "dropped" }
        ),
        Fact::Enqueued { queue, message, ready, unacked, .. } => {
            format!("{} takes {}: {}", view.queue(*queue), view.message(*message), levels(*ready, *unacked))
        }
        Fact::LeaderLost => "quorum queues have no leader: nothing goes in or out".to_owned(),
        Fact::LeaderElected { node } => format!("quorum queues are led by node {node}"),
        Fact::DeadLettered { queue, message, reason, exchange, queues } => format!(
            "{} dead-letters {}, reason {}: {} hands it to {}",
            view.queue(*queue),
            view.message(*message),
            reason.name(),
            view.exchange(*exchange),
            count(*queues, "queue")
        ),
        Fact::Replied { message, consumer_tag, .. } => format!(
            "broker hands {} straight to {}, without a queue",
            view.message(*message),
            view.names.text(*consumer_tag)
        ),
        Fact::Confirmed { channel, publish } => confirm(view, fact, channel.channel.0, *publish, "accepted"),
        Fact::Nacked { channel, publish } => confirm(view, fact, channel.channel.0, *publish, "refused"),
        delivery => of_delivery(view, delivery),
    }
}

fn confirm(view: View<'_>, fact: &Fact, channel: u16, publish: u64, verdict: &str) -> String {
    let messages = view.messages_in(fact);
    let message = messages.first().map_or_else(String::new, |&id| format!(", {},", view.message(id)));
    format!("publish {publish} of channel {channel}{message} is {verdict}")
}

fn of_delivery(view: View<'_>, fact: &Fact) -> String {
    match fact {
        Fact::Delivered {
            queue,
            consumer,
            message,
            redelivered,
            automatic,
            ready,
            unacked,
            consumer_unacked,
            prefetch,
            next,
            ..
        } => {
            let again = match (redelivered, view.memory.why_back(*queue, *message)) {
                (false, _) => String::new(),
                (true, Some(why)) => format!(", again because {why}"),
                (true, None) => ", again".to_owned(),
            };
            let holds = match (automatic, prefetch) {
                (true, _) => "settled at once (automatic ack)".to_owned(),
                (false, 0) => format!("{} holds {consumer_unacked}, no limit", view.tag(*consumer)),
                (false, limit) => format!("{} holds {consumer_unacked} of {limit}", view.tag(*consumer)),
            };
            let next = next.map_or_else(|| "nobody".to_owned(), |next| view.tag(next));
            format!(
                "{} delivers {} to {}{again}: {}; {holds}; next in turn: {next}",
                view.queue(*queue),
                view.message(*message),
                view.tag(*consumer),
                levels(*ready, *unacked)
            )
        }
        Fact::Got { queue, message, automatic, ready, unacked, .. } => format!(
            "{} hands out {} by basic.get{}: {}",
            view.queue(*queue),
            view.message(*message),
            if *automatic { ", settled at once" } else { "" },
            levels(*ready, *unacked)
        ),
        Fact::Settled {
            queue, delivery_tag, message, how: Settlement::Gone(cause), ready, unacked, ..
        } => {
            format!(
                "{} loses {} (tag {delivery_tag}), which was unacked: {}; {}",
                view.queue(*queue),
                view.message(*message),
                cause.words(),
                levels(*ready, *unacked)
            )
        }
        Fact::Settled { queue, delivery_tag, message, how, ready, unacked, .. } => format!(
            "{} settles {} (tag {delivery_tag}), {}: {}",
            view.queue(*queue),
            view.message(*message),
            match how {
                Settlement::Acked => "acknowledged",
                Settlement::DeadLettered => "to be dead-lettered",
                _ => "rejected for good",
            },
            levels(*ready, *unacked)
        ),
        Fact::Requeued { queue, delivery_tag, message, ready, unacked, .. } => {
            let why = view.memory.why_back(*queue, *message).unwrap_or("it was not settled");
            format!(
                "{} takes back {} (tag {delivery_tag}) because {why}: {}",
                view.queue(*queue),
                view.message(*message),
                levels(*ready, *unacked)
            )
        }
        _ => unreachable!("the other facts are not about a delivery, or are told in groups"),
    }
}
