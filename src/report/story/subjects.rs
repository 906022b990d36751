//! What an observation is about: which messages, which entities. Knows nothing of how it is told.

use crate::amqp::{ChannelRef, MessageId, Method, Name, Names, ServerMethod};
use crate::observe::{Fact, What};
use crate::report::Cast;

use super::memory::Memory;

/// Everything needed to put an observation into words.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) cast: &'a Cast,
    pub(super) names: &'a Names,
    pub(super) memory: &'a Memory,
}

impl View<'_> {
    /// The messages whose deliveries a client's method settles, and the messages it carries.
    pub(super) fn messages_of(&self, channel: ChannelRef, method: &Method) -> Vec<MessageId> {
        match method {
            Method::BasicPublish(publish) => vec![publish.message.id],
            Method::BasicAck { delivery_tag, multiple }
            | Method::BasicNack { delivery_tag, multiple, .. } => self
                .memory
                .acknowledged(channel, *delivery_tag, *multiple)
                .map(|handout| handout.message)
                .collect(),
            Method::BasicReject { delivery_tag, .. } => self
                .memory
                .acknowledged(channel, *delivery_tag, false)
                .map(|handout| handout.message)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The messages that a method of the broker carries, confirms or refuses.
    pub(super) fn messages_to(&self, channel: ChannelRef, method: &ServerMethod) -> Vec<MessageId> {
        match method {
            ServerMethod::BasicDeliver(deliver) => vec![deliver.message.id],
            ServerMethod::BasicGetOk(got) => vec![got.message.id],
            ServerMethod::BasicReturn(back) => vec![back.message.id],
            ServerMethod::BasicAck { delivery_tag, multiple }
            | ServerMethod::BasicNack { delivery_tag, multiple } => {
                self.memory.confirmed(channel, *delivery_tag, *multiple).collect()
            }
            ServerMethod::TxCommitOk => self.memory.committed(channel).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The messages that `what` is about.
    pub(super) fn messages(&self, what: &What) -> Vec<MessageId> {
        match what {
            What::ClientSent { channel, method, .. } | What::ReachedBroker { channel, method, .. } => {
                self.messages_of(*channel, method)
            }
            What::BrokerSent { channel, method, .. } | What::ReachedClient { channel, method, .. } => {
                self.messages_to(*channel, method)
            }
            What::Broker(fact, _) => self.messages_in(fact),
            What::AckLost { channel, delivery_tag, .. } => self
                .memory
                .acknowledged(*channel, *delivery_tag, false)
                .map(|handout| handout.message)
                .collect(),
            What::Published { message, .. }
            | What::MessageGivenUp { message, .. }
            | What::DuplicateSkipped { message, .. }
            | What::Received { message, .. }
            | What::ServiceBegan { message, .. }
            | What::Processed { message, .. }
            | What::Concluded { message, .. }
            | What::CallWaits { message, .. }
            | What::CallBegan { message, .. }
            | What::CallFailed { message, .. }
            | What::LostOutside { message, .. } => vec![*message],
            _ => Vec::new(),
        }
    }

    /// The messages that a fact is about.
    pub(super) fn messages_in(&self, fact: &Fact) -> Vec<MessageId> {
        match fact {
            Fact::Routed { message, .. }
            | Fact::Unroutable { message, .. }
            | Fact::PublishRefused { message, .. }
            | Fact::Enqueued { message, .. }
            | Fact::Delivered { message, .. }
            | Fact::Got { message, .. }
            | Fact::Settled { message, .. }
            | Fact::Requeued { message, .. }
            | Fact::DeadLettered { message, .. }
            | Fact::Replied { message, .. }
            | Fact::Reached { message, .. }
            | Fact::CameBack { message, .. }
            | Fact::Lost { message, .. } => vec![*message],
            Fact::Confirmed { channel, publish } | Fact::Nacked { channel, publish } => {
                self.memory.confirmed(*channel, *publish, false).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The names of the producers, consumers, clients, queues, connections and faults that `what` is about.
    pub(super) fn entities(&self, what: &What) -> Vec<String> {
        match what {
            What::ClientSent { connection, channel, method }
            | What::ReachedBroker { connection, channel, method } => {
                let mut entities =
                    vec![self.cast.connection(*connection), self.sender(*connection, *channel, method)];
                entities.extend(self.cast.clients_on(*connection, channel.channel.0).cloned());
                entities
            }
            What::BrokerSent { connection, channel, method }
            | What::ReachedClient { connection, channel, method } => {
                let mut entities = vec![self.cast.connection(*connection)];
                entities.extend(self.cast.clients_on(*connection, channel.channel.0).cloned());
                match method {
                    ServerMethod::BasicDeliver(deliver) => {
                        entities.push(self.names.text(deliver.consumer_tag).to_owned());
                    }
                    ServerMethod::BasicConsumeOk { consumer_tag }
                    | ServerMethod::BasicCancelOk { consumer_tag }
                    | ServerMethod::BasicCancel { consumer_tag } => {
                        entities.extend(self.tag_text(*consumer_tag));
                    }
                    // It ends them all, or keeps them from ever beginning.
                    ServerMethod::ConnectionClose { .. } => {
                        entities.extend(self.cast.consumers_on(*connection).cloned());
                    }
                    ServerMethod::BasicReturn(back) => {
                        entities.push(self.cast.producer(back.message.id.producer.0));
                    }
                    _ => {}
                }
                entities
            }
            What::Broker(fact, _) => self.entities_in(fact),
            What::Published { producer, .. }
            | What::MessageGivenUp { producer, .. }
            | What::ProducerCrashed { producer, .. }
            | What::ProducerRestarted { producer } => vec![self.cast.producer(*producer)],
            What::Received { consumer, .. }
            | What::ServiceBegan { consumer, .. }
            | What::Processed { consumer, .. }
            | What::Concluded { consumer, .. }
            | What::DuplicateSkipped { consumer, .. }
            | What::ConsumerCrashed { consumer, .. }
            | What::ConsumerRestarted { consumer } => vec![self.cast.consumer(*consumer)],
            What::CallWaits { consumer, downstream, .. }
            | What::CallBegan { consumer, downstream, .. }
            | What::CallFailed { consumer, downstream, .. } => {
                vec![self.cast.consumer(*consumer), self.cast.downstream(*downstream)]
            }
            What::LostOutside { message, consumer, .. } => match consumer {
                Some(consumer) => vec![self.cast.consumer(*consumer)],
                None => vec![self.cast.producer(message.producer.0)],
            },
            What::ConnectionLost { connection }
            | What::Connecting { connection }
            | What::ConnectedTo { connection, .. }
            | What::ConnectingGivenUp { connection, .. } => {
                vec![self.cast.connection(*connection)]
            }
            What::AckLost { connection, channel, delivery_tag } => {
                let method = Method::BasicAck { delivery_tag: *delivery_tag, multiple: false };
                vec![self.cast.connection(*connection), self.sender(*connection, *channel, &method)]
            }
            What::NothingToSettle { client, .. } => vec![self.cast.client(*client)],
            What::FaultBegan { fault } | What::FaultEnded { fault } => vec![self.cast.fault(*fault)],
            What::Stale => Vec::new(),
        }
    }

    fn entities_in(&self, fact: &Fact) -> Vec<String> {
        let queue = |id| self.cast.queue(self.names, id);
        let name = |name| self.names.text(name).to_owned();
        match fact {
            Fact::ConnectionOpened { connection }
            | Fact::ConnectionClosed { connection }
            | Fact::ConnectionBlocked { connection }
            | Fact::ConnectionUnblocked { connection } => {
                vec![self.cast.connection_of(*connection)]
            }
            Fact::Error { channel, .. } | Fact::ChannelClosed { channel } => {
                vec![self.cast.connection_of(channel.connection)]
            }
            Fact::QueueDeclared { queue: id, .. }
            | Fact::QueueDeleted { queue: id, .. }
            | Fact::Enqueued { queue: id, .. }
            | Fact::Got { queue: id, .. }
            | Fact::Requeued { queue: id, .. }
            | Fact::DeadLettered { queue: id, .. }
            | Fact::Reached { queue: id, .. }
            | Fact::CameBack { queue: id, .. }
            | Fact::Lost { queue: id, .. } => vec![queue(*id)],
            Fact::Bound { destination, .. } | Fact::Unbound { destination, .. } => vec![name(*destination)],
            Fact::ConsumerAdded { queue: id, tag, .. } | Fact::ConsumerRemoved { queue: id, tag, .. } => {
                vec![queue(*id), name(*tag)]
            }
            Fact::ConsumerBlocked { queue: id, consumer, .. }
            | Fact::ConsumerUnblocked { queue: id, consumer }
            | Fact::ConsumerActivated { queue: id, consumer }
            | Fact::Delivered { queue: id, consumer, .. }
            | Fact::Settled { queue: id, consumer: Some(consumer), .. } => {
                vec![queue(*id), self.cast.tag(self.names, *consumer)]
            }
            Fact::Settled { queue: id, .. } => vec![queue(*id)],
            Fact::Routed { message, .. }
            | Fact::Unroutable { message, .. }
            | Fact::PublishRefused { message, .. } => vec![self.cast.producer(message.producer.0)],
            Fact::Confirmed { channel, .. } | Fact::Nacked { channel, .. } => {
                vec![self.cast.connection_of(channel.connection)]
            }
            Fact::Replied { channel, consumer_tag, .. } => {
                vec![self.cast.connection_of(channel.connection), name(*consumer_tag)]
            }
            Fact::PolicySet { name: policy, .. } | Fact::PolicyCleared { name: policy, .. } => {
                vec![name(*policy)]
            }
            Fact::LeaderLost
            | Fact::LeaderElected { .. }
            | Fact::ExchangeDeclared { .. }
            | Fact::ExchangeDeleted { .. }
            | Fact::BrokerStopped
            | Fact::BrokerStarted { .. } => Vec::new(),
        }
    }

    fn tag_text(&self, tag: Name) -> Option<String> {
        Some(self.names.text(tag).to_owned()).filter(|text| !text.is_empty())
    }

    /// Who sent a method: the producer of a publish, the consumer of a delivery that it settles, else the connection.
    pub(super) fn sender(&self, connection: u32, channel: ChannelRef, method: &Method) -> String {
        let settles = |tag, multiple| {
            let mut consumers =
                self.memory.acknowledged(channel, tag, multiple).map(|handout| handout.consumer);
            let first = consumers.next().flatten()?;
            consumers.all(|consumer| consumer == Some(first)).then(|| self.names.text(first).to_owned())
        };
        let sender = match method {
            Method::BasicPublish(publish) => {
                self.cast.directory().producers.get(publish.message.id.producer.index()).cloned()
            }
            Method::BasicAck { delivery_tag, multiple }
            | Method::BasicNack { delivery_tag, multiple, .. } => settles(*delivery_tag, *multiple),
            Method::BasicReject { delivery_tag, .. } => settles(*delivery_tag, false),
            Method::BasicConsume(consume) => self.tag_text(consume.consumer_tag),
            Method::BasicCancel { consumer_tag } => self.tag_text(*consumer_tag),
            _ => None,
        };
        sender.unwrap_or_else(|| self.cast.connection(connection))
    }
}
