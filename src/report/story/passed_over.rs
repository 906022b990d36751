//! Why a consumer got what it got: each delivery of its queue went to it, or past it for one reason. Knows facts alone.

use std::collections::BTreeMap;

use crate::amqp::{ChannelRef, ConsumerId, FieldValue, Method, Name, QueueId};
use crate::observe::{Fact, What};
use crate::rules::{self, RuleRef};
use crate::units::SimTime;

use super::page::{count, instant};
use super::subjects::View;

/// Why a delivery went past a consumer, or the next one will.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// It had no subscription.
    Unsubscribed,
    /// Another consumer of the queue was the active one.
    Standby(String),
    /// Its prefetch count was used up.
    Full(u16),
    /// It held more than a global prefetch count allows, or was blocked by its channel.
    Blocked,
    /// Another consumer has a higher priority.
    Outranked(String, i64, i64),
    /// It was another one's turn.
    Turn,
}

impl Reason {
    fn rule(&self) -> Option<RuleRef> {
        match self {
            Reason::Unsubscribed => None,
            Reason::Standby(_) => Some(rules::SAC_1),
            Reason::Full(_) => Some(rules::QOS_3),
            Reason::Blocked => Some(rules::QOS_8),
            Reason::Outranked(..) => Some(rules::DSP_9),
            Reason::Turn => Some(rules::DSP_2),
        }
    }

    /// Fit to follow a count of deliveries.
    fn words(&self) -> String {
        let why = match self {
            Reason::Unsubscribed => "while it had no subscription".to_owned(),
            Reason::Standby(active) => format!("because {active} is the single active consumer"),
            Reason::Full(limit) => format!("while its prefetch count of {limit} was used up"),
            Reason::Blocked => "while its channel's prefetch count was used up".to_owned(),
            Reason::Outranked(other, theirs, own) => {
                format!("because {other} has x-priority {theirs}, above its own {own}")
            }
            Reason::Turn => "when it was the turn of another".to_owned(),
        };
        self.rule().map_or_else(|| why.clone(), |rule| format!("{why} [{}]", rule.id))
    }
}

/// A consumer as the broker knows it.
#[derive(Clone, Debug)]
struct Subscribed {
    channel: ChannelRef,
    tag: Name,
    queue: QueueId,
    priority: i64,
    prefetch: u16,
    unacked: u32,
    blocked: bool,
}

/// What one queue did.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    ready: u32,
    delivered: u64,
    active: Option<ConsumerId>,
}

/// The account of one consumer.
#[derive(Clone, Debug)]
pub(super) struct PassedOver {
    name: String,
    consumers: BTreeMap<ConsumerId, Subscribed>,
    queues: BTreeMap<QueueId, Level>,
    priorities: BTreeMap<(ChannelRef, Name), i64>,
    /// Its channel, once it asked for deliveries there.
    channel: Option<ChannelRef>,
    /// Its queue, once it has subscribed.
    queue: Option<QueueId>,
    got: u64,
    passed: BTreeMap<Reason, u64>,
    /// Since when its prefetch count is used up.
    full_since: Option<SimTime>,
    /// How its last subscription, or the attempt to make one, ended.
    ended: Option<(String, Option<RuleRef>)>,
}

impl PassedOver {
    pub(super) fn new(name: &str) -> Self {
        PassedOver {
            name: name.to_owned(),
            consumers: BTreeMap::new(),
            queues: BTreeMap::new(),
            priorities: BTreeMap::new(),
            channel: None,
            queue: None,
            got: 0,
            passed: BTreeMap::new(),
            full_since: None,
            ended: None,
        }
    }

    /// Takes in an observation.
    pub(super) fn observe(&mut self, view: View<'_>, at: SimTime, what: &What) {
        match what {
            What::ReachedBroker { channel, method: Method::BasicConsume(consume), .. } => {
                if let Some(FieldValue::Integer(priority)) = consume.arguments.get("x-priority") {
                    self.priorities.insert((*channel, consume.consumer_tag), *priority);
                }
                if self.is_own(view, *channel, consume.consumer_tag) {
                    self.channel = Some(*channel);
                }
            }
            What::ConsumerCrashed { consumer, .. } if view.cast.consumer(*consumer) == self.name => {
                self.ended = Some((format!("it crashed at {}", instant(at)), None));
            }
            What::Broker(fact, rule) => self.learn(view, at, fact, rule),
            _ => {}
        }
    }

    fn learn(&mut self, view: View<'_>, at: SimTime, fact: &Fact, rule: RuleRef) {
        match *fact {
            Fact::ConsumerAdded { queue, consumer, channel, tag } => {
                let priority = self.priorities.get(&(channel, tag)).copied().unwrap_or(0);
                let added =
                    Subscribed { channel, tag, queue, priority, prefetch: 0, unacked: 0, blocked: false };
                self.consumers.insert(consumer, added);
                if self.is_own(view, channel, tag) {
                    let before = self.level(queue).delivered;
                    if self.queue.is_none() && before > 0 {
                        self.passed.insert(Reason::Unsubscribed, before);
                    }
                    (self.queue, self.ended, self.full_since) = (Some(queue), None, None);
                }
            }
            Fact::ConsumerRemoved { consumer, tag, .. } => {
                let removed = self.consumers.remove(&consumer);
                if removed.is_some_and(|removed| self.is_own(view, removed.channel, tag)) {
                    let left = format!("its subscription ended at {}", instant(at));
                    self.ended.get_or_insert((left, Some(rule)));
                    self.full_since = None;
                }
            }
            Fact::Error { channel, code, ref text } if self.is_closed_by(channel, code) => {
                let closed = if code.closes_connection() { "connection" } else { "channel" };
                let why =
                    format!("its {closed} was closed at {} with {} `{text}`", instant(at), code.number());
                self.ended = Some((why, Some(rule)));
            }
            Fact::ConsumerActivated { queue, consumer } => self.level(queue).active = Some(consumer),
            Fact::ConsumerBlocked { consumer, .. } => self.set_blocked(consumer, true),
            Fact::ConsumerUnblocked { consumer, .. } => self.set_blocked(consumer, false),
            Fact::Delivered { queue, consumer, prefetch, consumer_unacked, ready, .. } => {
                self.delivered(view, queue, consumer);
                if let Some(taker) = self.consumers.get_mut(&consumer) {
                    (taker.prefetch, taker.unacked) = (prefetch, consumer_unacked);
                }
                self.level(queue).ready = ready;
                self.note_room(view, at);
            }
            Fact::Settled { queue, consumer, ready, .. } => {
                self.give_back(consumer);
                self.level(queue).ready = ready;
                self.note_room(view, at);
            }
            Fact::Requeued { queue, channel, consumer_tag, ready, .. } => {
                let holder = self
                    .consumers
                    .iter()
                    .find(|(_, holder)| holder.channel == channel && Some(holder.tag) == consumer_tag);
                self.give_back(holder.map(|(&id, _)| id));
                self.level(queue).ready = ready;
                self.note_room(view, at);
            }
            Fact::Enqueued { queue, ready, .. }
            | Fact::Got { queue, ready, .. }
            | Fact::Lost { queue, ready, .. } => self.level(queue).ready = ready,
            _ => {}
        }
    }

    fn is_closed_by(&self, channel: ChannelRef, code: crate::amqp::ReplyCode) -> bool {
        self.channel.is_some_and(|own| {
            own == channel || (code.closes_connection() && own.connection == channel.connection)
        })
    }

    fn level(&mut self, queue: QueueId) -> &mut Level {
        self.queues.entry(queue).or_default()
    }

    fn set_blocked(&mut self, consumer: ConsumerId, blocked: bool) {
        if let Some(consumer) = self.consumers.get_mut(&consumer) {
            consumer.blocked = blocked;
        }
    }

    fn give_back(&mut self, consumer: Option<ConsumerId>) {
        if let Some(consumer) = consumer.and_then(|id| self.consumers.get_mut(&id)) {
            consumer.unacked = consumer.unacked.saturating_sub(1);
        }
    }

    fn delivered(&mut self, view: View<'_>, queue: QueueId, taker: ConsumerId) {
        self.level(queue).delivered += 1;
        if self.own(view).is_some_and(|(own, _)| own == taker) {
            self.got += 1;
        } else if self.queue.is_none_or(|own| own == queue) && self.queue.is_some() {
            let reason = self.reason(view, queue, Some(taker)).unwrap_or(Reason::Turn);
            *self.passed.entry(reason).or_default() += 1;
        }
    }

    fn own(&self, view: View<'_>) -> Option<(ConsumerId, &Subscribed)> {
        let mut all = self.consumers.iter();
        all.find(|(_, other)| self.is_own(view, other.channel, other.tag)).map(|(&id, own)| (id, own))
    }

    /// Whether this tag on this channel is the consumer's: another channel may have the same tag for another consumer.
    fn is_own(&self, view: View<'_>, channel: ChannelRef, tag: Name) -> bool {
        view.names.text(tag) == self.name && view.cast.has_consumer(channel, &self.name)
    }

    /// What keeps the consumer from the next message of the queue; `None` if nothing does. `taker` has it instead.
    fn reason(&self, view: View<'_>, queue: QueueId, taker: Option<ConsumerId>) -> Option<Reason> {
        let Some((id, own)) = self.own(view).filter(|(_, own)| own.queue == queue) else {
            return Some(Reason::Unsubscribed);
        };
        let tag = |id: ConsumerId| view.cast.tag(view.names, id);
        if let Some(active) = self.queues.get(&queue).and_then(|level| level.active)
            && active != id
        {
            return Some(Reason::Standby(tag(active)));
        }
        if own.prefetch > 0 && own.unacked >= u32::from(own.prefetch) {
            return Some(Reason::Full(own.prefetch));
        }
        if own.blocked {
            return Some(Reason::Blocked);
        }
        let taker = taker.and_then(|taker| Some((taker, self.consumers.get(&taker)?)));
        taker
            .filter(|(_, taker)| taker.priority > own.priority)
            .map(|(taker, state)| Reason::Outranked(tag(taker), state.priority, own.priority))
    }

    fn note_room(&mut self, view: View<'_>, at: SimTime) {
        let full =
            self.own(view).is_some_and(|(_, own)| own.prefetch > 0 && own.unacked >= u32::from(own.prefetch));
        if !full {
            self.full_since = None;
        } else if self.full_since.is_none() {
            self.full_since = Some(at);
        }
    }

    /// The account in words, with the rules that it names.
    pub(super) fn account(&self, view: View<'_>) -> (String, Vec<RuleRef>) {
        let name = &self.name;
        let mut named: Vec<RuleRef> = self.passed.keys().filter_map(Reason::rule).collect();
        let Some(queue) = self.queue else {
            let why = self.ended.as_ref().map_or_else(
                || "it never asked for any".to_owned(),
                |(why, rule)| {
                    named.extend(*rule);
                    format!("{why}{}", rule.map_or_else(String::new, |rule| format!(" [{}]", rule.id)))
                },
            );
            return (format!("Why {name} got nothing: it never had a subscription; {why}."), named);
        };
        let level = self.queues.get(&queue).copied().unwrap_or_default();
        let shown = format!("queue {}", view.cast.queue(view.names, queue));
        let mut text = match (self.got, level.delivered) {
            (_, 0) => format!("Why {name} got nothing: {shown} had nothing to deliver."),
            (got, all) => {
                format!("What {name} got in this run: {got} of {} of {shown}.", count_deliveries(all))
            }
        };
        let past: Vec<String> =
            self.passed.iter().map(|(reason, times)| format!("{times} {}", reason.words())).collect();
        if !past.is_empty() {
            text += &format!(" Past it went {}.", past.join(", "));
        }
        if let Some((why, rule)) = &self.ended {
            named.extend(*rule);
            let rule = rule.map_or_else(String::new, |rule| format!(" [{}]", rule.id));
            text += &format!(" At the end it has no subscription: {why}{rule}.");
        } else {
            text += &self.at_the_end(view, queue, level);
            named.extend(self.reason(view, queue, None).and_then(|reason| reason.rule()));
        }
        (text, named)
    }

    /// What keeps it waiting when all is told.
    fn at_the_end(&self, view: View<'_>, queue: QueueId, level: Level) -> String {
        let ready = match level.ready {
            0 => "the queue is empty".to_owned(),
            ready => format!("{} ready", are(ready)),
        };
        match (self.reason(view, queue, None), self.full_since) {
            (Some(Reason::Full(limit)), Some(since)) => format!(
                " At the end {ready}, and its prefetch count of {limit} is used up since {} [QOS-3].",
                instant(since)
            ),
            (Some(Reason::Standby(active)), _) => {
                format!(" At the end {ready}, and {active} is the single active consumer [SAC-1].")
            }
            _ => format!(" At the end {ready}."),
        }
    }
}

fn count_deliveries(all: u64) -> String {
    if all == 1 { "the only delivery".to_owned() } else { format!("the {all} deliveries") }
}

fn are(ready: u32) -> String {
    if ready == 1 { "1 message is".to_owned() } else { format!("{} are", count(ready, "message")) }
}
