//! One observation as entity, verb, object and details. Knows no time and no file format.

use std::fmt;

use crate::amqp::{ChannelRef, MessageId, Names};
use crate::observe::{LossCause, What};
use crate::report::Cast;
use crate::report::wire::{self, Details, Value, Words};

use super::facts;

/// A line of a trace without its instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Who: `broker`, or a name of the scenario.
    pub(super) entity: String,
    /// Did what.
    pub(super) verb: &'static str,
    /// To which message, by which method, to which queue; empty where there is none.
    pub(super) object: String,
    /// The rest.
    pub(super) details: Details,
}

/// Fixed columns, without blanks at the end.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details: Vec<_> = self.details.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let line =
            format!(" {:<12} {:<18} {:<18} {}", self.entity, self.verb, self.object, details.join(" "));
        f.write_str(line.trim_end())
    }
}

impl Row {
    pub(super) fn new(entity: impl Into<String>, verb: &'static str, object: impl Into<String>) -> Self {
        Row { entity: entity.into(), verb, object: object.into(), details: Vec::new() }
    }

    pub(super) fn text(mut self, key: &'static str, text: impl Into<String>) -> Self {
        self.details.push((key, Value::Text(text.into())));
        self
    }

    pub(super) fn number(mut self, key: &'static str, number: impl Into<u64>) -> Self {
        self.details.push((key, Value::Number(number.into())));
        self
    }

    pub(super) fn flag(mut self, key: &'static str, flag: bool) -> Self {
        self.details.push((key, Value::Flag(flag)));
        self
    }

    pub(super) fn channel(self, cast: &Cast, channel: ChannelRef) -> Self {
        self.text("connection", cast.connection_of(channel.connection)).number("channel", channel.channel.0)
    }

    pub(super) fn counts(self, ready: u32, unacked: u32) -> Self {
        self.number("ready", ready).number("unacked", unacked)
    }

    /// A method on its way; `peer` is the connection where the entity is the broker.
    fn method(
        cast: &Cast,
        ends: (String, &'static str),
        channel: ChannelRef,
        peer: Option<u32>,
        words: Words,
    ) -> Row {
        let mut row = Row::new(ends.0, ends.1, words.method);
        if let Some(index) = peer {
            row = row.text("connection", cast.connection(index));
        }
        row = row.number("channel", channel.channel.0);
        if let Some(message) = words.message {
            row = row.text("message", cast.message(message));
        }
        row.details.extend(words.arguments);
        row
    }

    /// The line of `what`, whose names `cast` has learnt.
    pub(super) fn of(cast: &Cast, names: &Names, what: &What) -> Row {
        let broker = || "broker".to_owned();
        match what {
            What::ClientSent { connection, channel, method } => {
                let ends = (cast.connection(*connection), "sent");
                Row::method(cast, ends, *channel, None, wire::client(names, method))
            }
            What::ReachedBroker { connection, channel, method } => {
                let ends = (broker(), "received");
                Row::method(cast, ends, *channel, Some(*connection), wire::client(names, method))
            }
            What::BrokerSent { connection, channel, method } => {
                let ends = (broker(), "sent");
                Row::method(cast, ends, *channel, Some(*connection), wire::server(names, method))
            }
            What::ReachedClient { connection, channel, method } => {
                let ends = (cast.connection(*connection), "received");
                Row::method(cast, ends, *channel, None, wire::server(names, method))
            }
            What::Broker(fact, rule) => facts::row(cast, names, fact).text("rule", rule.id),
            What::AckLost { connection, channel, delivery_tag } => {
                Row::new(cast.connection(*connection), "lost", "basic.ack")
                    .number("channel", channel.channel.0)
                    .number("delivery-tag", *delivery_tag)
            }
            What::ConnectionLost { connection } => Row::new(cast.connection(*connection), "lost", ""),
            What::Connecting { connection } => Row::new(cast.connection(*connection), "connecting", ""),
            What::ConnectedTo { connection, node, .. } => {
                Row::new(cast.connection(*connection), "connected", "").number("node", *node)
            }
            What::ConnectingGivenUp { connection, attempts } => {
                Row::new(cast.connection(*connection), "gave-up", "").number("attempts", *attempts)
            }
            What::FaultBegan { fault } => Row::new(cast.fault(*fault), "began", ""),
            What::FaultEnded { fault } => Row::new(cast.fault(*fault), "ended", ""),
            What::Stale => Row::new("nobody", "stale", ""),
            clients => Row::of_client(cast, clients),
        }
    }

    fn of_client(cast: &Cast, what: &What) -> Row {
        let by = |consumer: u32, verb, message: MessageId| {
            Row::new(cast.consumer(consumer), verb, cast.message(message))
        };
        match what {
            What::Published { producer, message, class, again } => {
                let row = Row::new(cast.producer(*producer), "published", cast.message(*message))
                    .text("class", cast.class(*class));
                match again {
                    Some(why) => row.text("again", why.name()),
                    None => row,
                }
            }
            What::MessageGivenUp { producer, message } => {
                Row::new(cast.producer(*producer), "gave-up", cast.message(*message))
            }
            What::DuplicateSkipped { consumer, message } => by(*consumer, "skipped", *message),
            What::Received { consumer, message, delivery_tag, redelivered, buffered } => {
                by(*consumer, "received", *message)
                    .number("delivery-tag", *delivery_tag)
                    .flag("redelivered", *redelivered)
                    .number("buffered", *buffered)
            }
            What::ServiceBegan { consumer, message, takes } => {
                by(*consumer, "began", *message).number("takes-ns", takes.as_nanos())
            }
            What::Processed { consumer, message, sojourn, again } => by(*consumer, "processed", *message)
                .number("sojourn-ns", sojourn.as_nanos())
                .flag("again", *again),
            What::Concluded { consumer, message, how } => {
                by(*consumer, "concluded", *message).text("how", how.name())
            }
            What::CallWaits { consumer, message, downstream, ahead } => {
                by(*consumer, "waits-to-call", *message)
                    .text("downstream", cast.downstream(*downstream))
                    .number("ahead", *ahead)
            }
            What::CallBegan { consumer, message, downstream, waited, takes } => {
                by(*consumer, "calls", *message)
                    .text("downstream", cast.downstream(*downstream))
                    .number("waited-ns", waited.as_nanos())
                    .number("takes-ns", takes.as_nanos())
            }
            What::CallFailed { consumer, message, downstream, outage, retry_after } => {
                let row = by(*consumer, "call-failed", *message)
                    .text("downstream", cast.downstream(*downstream))
                    .flag("outage", *outage);
                match retry_after {
                    Some(wait) => row.number("retry-after-ns", wait.as_nanos()),
                    None => row,
                }
            }
            What::LostOutside { message, cause, consumer } => {
                let holder = match (consumer, cause) {
                    (Some(consumer), _) => cast.consumer(*consumer),
                    (None, LossCause::NotSent) => cast.producer(message.producer.0),
                    (None, _) => "wire".to_owned(),
                };
                Row::new(holder, "lost", cast.message(*message)).text("cause", cause.words())
            }
            What::ConsumerCrashed { consumer, held } => {
                Row::new(cast.consumer(*consumer), "crashed", "").number("held", *held)
            }
            What::ConsumerRestarted { consumer } => Row::new(cast.consumer(*consumer), "restarted", ""),
            What::ProducerCrashed { producer, held } => {
                Row::new(cast.producer(*producer), "crashed", "").number("held", *held)
            }
            What::ProducerRestarted { producer } => Row::new(cast.producer(*producer), "restarted", ""),
            What::NothingToSettle { client, step } => {
                Row::new(cast.client(*client), "skipped", "").number("step", *step)
            }
            _ => unreachable!("the others are not of a client"),
        }
    }
}
