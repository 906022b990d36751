//! What a story remembers: which message a delivery tag or a publish number stands for, and why a message came back.
//! Grows with what is unsettled, not with the run.

use std::collections::{BTreeMap, BTreeSet};

use crate::amqp::{
    ChannelRef, ConnectionId, ConsumerId, DeliveryTag, MessageId, Method, Name, Names, PublishSeqNo, QueueId,
    ReplyCode, ServerMethod,
};
use crate::observe::{Fact, What};
use crate::report::Cast;
use crate::rules::{self, RuleRef};
use crate::units::SimTime;

use super::page::instant;

/// A delivery that is not settled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handout {
    /// What was handed out.
    pub(super) message: MessageId,
    /// The tag of the consumer it went to; `None`: by `basic.get`. The broker may give the consumer's id to another
    /// while the delivery is still out.
    pub(super) consumer: Option<Name>,
    at: SimTime,
}

/// Why the broker is doing what it does at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    GivenBack(&'static str),
    AskedAgain,
    /// The broker heard nothing for too long.
    GaveUp,
    ChannelClosed,
    ConnectionClosed,
    ClosedWithError,
    Restarted,
    QueueCrashed,
    /// A fault has just begun: if it takes something back that nobody gave back, it has ended the broker.
    Fault,
}

/// The memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    handouts: BTreeMap<(ChannelRef, DeliveryTag), Handout>,
    /// Publishes that reached the broker, for each channel in confirm mode.
    counted: BTreeMap<ChannelRef, PublishSeqNo>,
    /// Publishes whose confirm has not reached the client.
    unconfirmed: BTreeMap<(ChannelRef, PublishSeqNo), MessageId>,
    /// Publishes of the open transaction of a channel that has one, and those of its last commit until it is answered.
    transactions: BTreeMap<ChannelRef, [Vec<MessageId>; 2]>,
    crashes: BTreeMap<String, SimTime>,
    /// Why a message is in its queue again.
    returns: BTreeMap<(QueueId, MessageId), String>,
    /// Deliveries whose acknowledgement is lost on its way.
    unheard: BTreeSet<(ChannelRef, DeliveryTag)>,
    cause: Option<(SimTime, Cause)>,
    open: BTreeSet<ConnectionId>,
    /// Open for the broker, but their clients have lost them, since when.
    lost: BTreeMap<ConnectionId, SimTime>,
    /// The single active consumers.
    active: BTreeMap<QueueId, ConsumerId>,
}

/// The keys that a tag stands for: itself, or with `multiple` all up to it; 0 then stands for all.
fn covered<T>(
    map: &BTreeMap<(ChannelRef, u64), T>,
    channel: ChannelRef,
    tag: u64,
    multiple: bool,
) -> impl Iterator<Item = (&(ChannelRef, u64), &T)> {
    let last = if multiple && tag == 0 { u64::MAX } else { tag };
    let first = if multiple { 0 } else { tag };
    map.range((channel, first)..=(channel, last))
}

/// Whether something happens because a connection was silent for too long. Source: rule CON-12.
pub(super) fn is_silence(rule: RuleRef) -> bool {
    rule.id == rules::CON_12.id
}

impl Memory {
    /// Takes in an observation before it is told.
    pub(super) fn learn(&mut self, cast: &Cast, names: &Names, at: SimTime, what: &What) {
        match what {
            What::ReachedBroker { channel, method, .. } => self.learn_method(at, *channel, method),
            What::AckLost { channel, delivery_tag, .. } => {
                let key = (*channel, *delivery_tag);
                if self.handouts.contains_key(&key) {
                    self.unheard.insert(key);
                }
            }
            What::ConsumerCrashed { consumer, .. } => {
                self.crashes.insert(cast.consumer(*consumer), at);
            }
            What::Broker(Fact::ConnectionOpened { connection }, _) => {
                self.open.insert(*connection);
                // Confirms may arrive after the broker has stopped, but none after its client is back.
                let client = cast.connection_index(*connection);
                self.unconfirmed.retain(|(channel, _), _| {
                    client.is_none() || cast.connection_index(channel.connection) != client
                });
            }
            What::ConnectionLost { connection } => {
                let of_client = |id: &&ConnectionId| cast.connection_index(**id) == Some(*connection);
                self.lost.extend(self.open.iter().filter(of_client).map(|&id| (id, at)));
            }
            What::FaultBegan { .. } => self.cause = Some((at, Cause::Fault)),
            What::Broker(Fact::ConsumerRemoved { .. }, rule) if is_silence(rule) => {
                self.cause = Some((at, Cause::GaveUp));
            }
            What::Broker(Fact::ConsumerActivated { queue, consumer }, _) => {
                self.active.insert(*queue, *consumer);
            }
            What::Broker(Fact::Error { .. }, _) => self.cause = Some((at, Cause::ClosedWithError)),
            What::BrokerSent {
                method: ServerMethod::ConnectionClose { code: ReplyCode::ConnectionForced, .. },
                ..
            } => self.cause = Some((at, Cause::Restarted)),
            What::Broker(
                Fact::Delivered { channel, delivery_tag, message, consumer, automatic: false, .. },
                _,
            ) => {
                let handout = Handout { message: *message, consumer: cast.tag_of(*consumer), at };
                self.handouts.insert((*channel, *delivery_tag), handout);
            }
            What::Broker(Fact::Got { channel, delivery_tag, message, automatic: false, .. }, _) => {
                let handout = Handout { message: *message, consumer: None, at };
                self.handouts.insert((*channel, *delivery_tag), handout);
            }
            What::Broker(Fact::Requeued { queue, channel, delivery_tag, message, .. }, rule) => {
                if rule.id == rules::DUR_7.id {
                    self.cause = Some((at, Cause::QueueCrashed));
                }
                let why = self.why_requeued(names, at, (*channel, *delivery_tag));
                self.returns.insert((*queue, *message), why);
            }
            _ => {}
        }
    }

    fn learn_method(&mut self, at: SimTime, channel: ChannelRef, method: &Method) {
        let cause = match method {
            Method::BasicNack { .. } => Some(Cause::GivenBack("basic.nack")),
            Method::BasicReject { .. } => Some(Cause::GivenBack("basic.reject")),
            Method::BasicRecover { .. } => Some(Cause::AskedAgain),
            Method::ChannelClose => Some(Cause::ChannelClosed),
            Method::ConnectionClose => Some(Cause::ConnectionClosed),
            _ => None,
        };
        self.cause = cause.map(|cause| (at, cause));
        match method {
            Method::ConfirmSelect => {
                self.counted.entry(channel).or_insert(0);
            }
            Method::TxSelect => {
                self.transactions.entry(channel).or_default();
            }
            Method::TxCommit | Method::TxRollback => {
                if let Some([open, committed]) = self.transactions.get_mut(&channel) {
                    *committed = std::mem::take(open);
                }
            }
            Method::BasicPublish(publish) => {
                if let Some([open, _]) = self.transactions.get_mut(&channel) {
                    open.push(publish.message.id);
                }
                if let Some(count) = self.counted.get_mut(&channel) {
                    *count += 1;
                    self.unconfirmed.insert((channel, *count), publish.message.id);
                }
            }
            _ => {}
        }
    }

    /// Drops what nobody can refer to after `what`, once it is told.
    pub(super) fn forget(&mut self, what: &What) {
        match what {
            What::ReachedClient {
                channel,
                method:
                    ServerMethod::BasicAck { delivery_tag, multiple }
                    | ServerMethod::BasicNack { delivery_tag, multiple },
                ..
            } => {
                let keys: Vec<_> = covered(&self.unconfirmed, *channel, *delivery_tag, *multiple)
                    .map(|(&key, _)| key)
                    .collect();
                for key in keys {
                    self.unconfirmed.remove(&key);
                }
            }
            What::ReachedClient { channel, method: ServerMethod::TxCommitOk, .. } => {
                if let Some([_, committed]) = self.transactions.get_mut(channel) {
                    committed.clear();
                }
            }
            What::Broker(fact, _) => self.forget_fact(fact),
            _ => {}
        }
    }

    fn forget_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Settled { queue, channel, delivery_tag, message, .. } => {
                self.handouts.remove(&(*channel, *delivery_tag));
                self.returns.remove(&(*queue, *message));
            }
            Fact::Requeued { channel, delivery_tag, .. } => {
                self.unheard.remove(&(*channel, *delivery_tag));
                self.handouts.remove(&(*channel, *delivery_tag));
            }
            Fact::Delivered { queue, message, automatic: true, .. }
            | Fact::Got { queue, message, automatic: true, .. }
            | Fact::Lost { queue, message, .. } => {
                self.returns.remove(&(*queue, *message));
            }
            Fact::ConsumerRemoved { consumer, .. } => self.active.retain(|_, active| active != consumer),
            Fact::ChannelClosed { channel } => {
                self.transactions.remove(channel);
                self.counted.remove(channel);
            }
            Fact::ConnectionClosed { connection } => self.forget_connection(*connection),
            _ => {}
        }
    }

    fn forget_connection(&mut self, connection: ConnectionId) {
        self.open.remove(&connection);
        self.lost.remove(&connection);
        self.counted.retain(|channel, _| channel.connection != connection);
        self.transactions.retain(|channel, _| channel.connection != connection);
    }

    fn why_requeued(&self, names: &Names, at: SimTime, key: (ChannelRef, DeliveryTag)) -> String {
        let handout = self.handouts.get(&key);
        let holder = handout
            .and_then(|handout| handout.consumer)
            .map_or_else(|| "its client".to_owned(), |tag| names.text(tag).to_owned());
        if self.unheard.contains(&key) {
            return format!("the acknowledgement of {holder} was lost on its way");
        }
        if self.crashes.get(&holder).is_some_and(|&crash| handout.is_some_and(|handout| handout.at <= crash))
        {
            return format!("{holder} crashed while it held the message");
        }
        match self.cause {
            Some((since, cause)) if since == at => match cause {
                Cause::GivenBack(method) => format!("{holder} gave it back by {method}"),
                Cause::AskedAgain => format!("{holder} asked for it again by basic.recover"),
                Cause::GaveUp => {
                    let since = self.lost.get(&key.0.connection);
                    let since = since.map_or_else(String::new, |&since| format!(" since {}", instant(since)));
                    format!(
                        "the broker gave up at {} on the connection of {holder}, which held it and was \
                         silent{since} [{}]",
                        instant(at),
                        rules::CON_12.id
                    )
                }
                Cause::ChannelClosed => format!("the channel of {holder} was closed"),
                Cause::ConnectionClosed => format!("the connection of {holder} was closed"),
                Cause::ClosedWithError => format!("the channel of {holder} was closed with an error"),
                Cause::Restarted => "the broker was restarted".to_owned(),
                Cause::QueueCrashed => "the process of its queue was killed".to_owned(),
                Cause::Fault if self.lost.contains_key(&key.0.connection) => {
                    format!("the connection of {holder} was lost")
                }
                Cause::Fault => "the broker stopped without warning".to_owned(),
            },
            _ if self.lost.contains_key(&key.0.connection) => format!("the connection of {holder} was lost"),
            // Nobody did anything, so it was time that passed. Source: rule ACK-12.
            _ => format!("{holder} did not acknowledge it in time"),
        }
    }

    /// Why the message is in the queue again, or was.
    pub(super) fn why_back(&self, queue: QueueId, message: MessageId) -> Option<&str> {
        self.returns.get(&(queue, message)).map(String::as_str)
    }

    /// The deliveries that an acknowledgement stands for, in order of their tags.
    pub(super) fn acknowledged(
        &self,
        channel: ChannelRef,
        tag: DeliveryTag,
        multiple: bool,
    ) -> impl Iterator<Item = Handout> {
        covered(&self.handouts, channel, tag, multiple).map(|(_, &handout)| handout)
    }

    /// The messages that a confirm stands for, in order of their publishing.
    pub(super) fn confirmed(
        &self,
        channel: ChannelRef,
        publish: PublishSeqNo,
        multiple: bool,
    ) -> impl Iterator<Item = MessageId> {
        covered(&self.unconfirmed, channel, publish, multiple).map(|(_, &message)| message)
    }

    /// The messages of the commit that is being answered on a channel, in order of their publishing.
    pub(super) fn committed(&self, channel: ChannelRef) -> &[MessageId] {
        self.transactions.get(&channel).map_or(&[], |[_, committed]| committed)
    }

    /// The single active consumer of a queue, if it has one.
    pub(super) fn active(&self, queue: QueueId) -> Option<ConsumerId> {
        self.active.get(&queue).copied()
    }

    /// Whether the message is out with a consumer of this tag.
    pub(super) fn is_out_with(&self, message: MessageId, tag: Name) -> bool {
        self.handouts.values().any(|handout| handout.message == message && handout.consumer == Some(tag))
    }

    /// The connections on which the message is out.
    pub(super) fn out_on(&self, message: MessageId) -> impl Iterator<Item = ConnectionId> {
        self.handouts
            .iter()
            .filter(move |(_, handout)| handout.message == message)
            .map(|((channel, _), _)| channel.connection)
    }
}
