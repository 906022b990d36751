//! What a `[[client]]` is told to send, and how its steps become methods. Knows nothing of when they are sent.

use crate::amqp::{
    BasicConsume, BasicPublish, BindArguments, DeliveryTag, FieldTable, Message, Method, Names,
};
use crate::model::connection::declaration;
use crate::model::spec::{BindingSpec, Declaration};
use crate::units::{SimDuration, SimTime};

/// A client that sends the methods it is told to, one after another.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSpec {
    /// Its name.
    pub name: String,
    /// Index of its channel.
    pub channel: usize,
    /// It sends nothing before this instant.
    pub start: SimTime,
    /// In the order in which they are sent.
    pub steps: Vec<StepSpec>,
}

/// One method that a client sends.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSpec {
    /// When.
    pub when: When,
    /// What.
    pub call: Call,
}

/// When a step is due. A step waits for its channel and for the answer to the step before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this instant, or at once if it is past.
    At(SimTime),
    /// So long after the step before was answered, or sent if it has no answer; the first one after the start.
    After(SimDuration),
}

/// What a step sends. Names are texts here, because only a broker has a table of names.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// `exchange.declare`, `queue.declare`, `queue.bind` or `exchange.bind`
    Declare(Declaration),
    /// `queue.unbind` or `exchange.unbind`
    Unbind(BindingSpec),
    /// `exchange.delete`
    DeleteExchange {
        /// Which.
        exchange: String,
        /// Only if no bindings leave from it.
        if_unused: bool,
    },
    /// `queue.purge`
    Purge {
        /// Which.
        queue: String,
    },
    /// `queue.delete`
    DeleteQueue {
        /// Which.
        queue: String,
        /// Only if it has no consumers.
        if_unused: bool,
        /// Only if it has no ready messages.
        if_empty: bool,
    },
    /// `basic.consume`. With the tag of a consumer on the same channel, the deliveries are that one's.
    Consume {
        /// From which queue.
        queue: String,
        /// Under which tag; empty: the broker makes one up.
        consumer_tag: String,
        /// Automatic acknowledgement.
        no_ack: bool,
        /// Refuse other consumers.
        exclusive: bool,
        /// For example `x-priority`.
        arguments: FieldTable,
    },
    /// `basic.cancel`
    Cancel {
        /// Which consumer of the channel.
        consumer_tag: String,
    },
    /// `basic.get`
    Get {
        /// From which queue.
        queue: String,
        /// Automatic acknowledgement.
        no_ack: bool,
    },
    /// `basic.ack`, `basic.nack` or `basic.reject`, whose delivery tag is replaced.
    Settle {
        /// The tag; `None`: the last one that arrived on this channel.
        delivery_tag: Option<DeliveryTag>,
        /// The method.
        how: Method,
    },
    /// `basic.publish`
    Publish {
        /// Where to; empty: the default exchange.
        exchange: String,
        /// With this key.
        routing_key: String,
        /// Ask for the message back if no queue gets it.
        mandatory: bool,
        /// The message, but for its id and its instant.
        message: Message,
    },
    /// A method in which nothing is named.
    Plain(Method),
}

impl Call {
    /// The method; `None` where it would settle the last delivery and there is none, or for a publish.
    pub(super) fn method(&self, names: &mut Names, last: Option<DeliveryTag>) -> Option<Method> {
        Some(match self {
            Call::Publish { .. } => return None,
            Call::Declare(declared) => declaration(names, declared),
            Call::Unbind(binding) => {
                let arguments = Box::new(BindArguments {
                    source: names.intern(&binding.source),
                    destination: names.intern(&binding.destination),
                    routing_key: names.intern(&binding.routing_key),
                    arguments: binding.arguments.clone(),
                });
                if binding.to_exchange {
                    Method::ExchangeUnbind(arguments)
                } else {
                    Method::QueueUnbind(arguments)
                }
            }
            Call::DeleteExchange { exchange, if_unused } => {
                Method::ExchangeDelete { exchange: names.intern(exchange), if_unused: *if_unused }
            }
            Call::Purge { queue } => Method::QueuePurge { queue: names.intern(queue) },
            Call::DeleteQueue { queue, if_unused, if_empty } => {
                Method::QueueDelete { queue: names.intern(queue), if_unused: *if_unused, if_empty: *if_empty }
            }
            Call::Consume { queue, consumer_tag, no_ack, exclusive, arguments } => {
                Method::BasicConsume(Box::new(BasicConsume {
                    queue: names.intern(queue),
                    consumer_tag: names.intern(consumer_tag),
                    no_ack: *no_ack,
                    exclusive: *exclusive,
                    arguments: arguments.clone(),
                }))
            }
            Call::Cancel { consumer_tag } => Method::BasicCancel { consumer_tag: names.intern(consumer_tag) },
            Call::Get { queue, no_ack } => Method::BasicGet { queue: names.intern(queue), no_ack: *no_ack },
            Call::Settle { delivery_tag, how } => with_tag(how.clone(), delivery_tag.or(last)?),
            Call::Plain(method) => method.clone(),
        })
    }

    /// The publish, with this message's id and instant left at their defaults; `None` if it is another method.
    pub(super) fn publish(&self, names: &mut Names) -> Option<BasicPublish> {
        let Call::Publish { exchange, routing_key, mandatory, message } = self else { return None };
        Some(BasicPublish {
            exchange: names.intern(exchange),
            routing_key: names.intern(routing_key),
            mandatory: *mandatory,
            immediate: false,
            message: message.clone(),
        })
    }
}

fn with_tag(how: Method, delivery_tag: DeliveryTag) -> Method {
    match how {
        Method::BasicAck { multiple, .. } => Method::BasicAck { delivery_tag, multiple },
        Method::BasicNack { multiple, requeue, .. } => Method::BasicNack { delivery_tag, multiple, requeue },
        Method::BasicReject { requeue, .. } => Method::BasicReject { delivery_tag, requeue },
        other => other,
    }
}

/// Whether the broker answers the method, if it does not refuse it.
pub(super) fn is_answered(method: &Method) -> bool {
    !matches!(method, Method::BasicAck { .. } | Method::BasicNack { .. } | Method::BasicReject { .. })
}
