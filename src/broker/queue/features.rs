//! What a queue has beyond a list of messages and consumers in turn. A plain classic queue has none of it.

use std::collections::VecDeque;

use super::entry::Entry;
use super::kind::QueueKind;
use super::lanes::Lanes;
use super::quorum::Quorum;
use super::rules::QueueRules;
use super::time_to_live::TimeToLive;
use crate::amqp::ConsumerId;
use crate::broker::messages::Messages;
use crate::broker::profile::Profile;

/// The features of a queue: what is in force, and the state that it needs.
#[derive(Clone, Debug)]
pub(in crate::broker) struct Features {
    pub(in crate::broker) kind: QueueKind,
    pub(in crate::broker) rules: QueueRules,
    /// Bodies of ready messages. Source: rule LEN-1.
    pub(in crate::broker) ready_bytes: u64,
    pub(in crate::broker) lanes: Option<Lanes>,
    pub(in crate::broker) ttl: TimeToLive,
    /// The timer of `x-expires`.
    pub(in crate::broker) expiry_timer: Option<u32>,
    /// The one consumer that is served, where only one is. Source: rule SAC-1.
    pub(in crate::broker) active: Option<ConsumerId>,
    pub(in crate::broker) quorum: Option<Box<Quorum>>,
    /// An experiment says who gets its messages.
    pub(in crate::broker) is_dealt: bool,
}

impl Features {
    /// For a queue of this type with these rules; `None` if it is a plain one.
    pub(in crate::broker) fn needed(
        kind: QueueKind,
        rules: QueueRules,
        profile: &Profile,
    ) -> Option<Box<Features>> {
        let plain = kind == QueueKind::Classic && rules == QueueRules::default();
        (!plain).then(|| Box::new(Features::new(kind, rules, profile)))
    }

    pub(in crate::broker) fn new(kind: QueueKind, rules: QueueRules, profile: &Profile) -> Features {
        let lanes = match (kind, rules.max_priority) {
            (QueueKind::Quorum, _) => Some(Lanes::quorum(profile.quorum_priorities)),
            (_, 0) => None,
            (_, max) => Some(Lanes::classic(max)),
        };
        let mut ttl = TimeToLive::default();
        ttl.change(0, rules.message_ttl);
        Features {
            kind,
            rules,
            ready_bytes: 0,
            lanes,
            ttl,
            expiry_timer: None,
            active: None,
            quorum: (kind == QueueKind::Quorum).then(Box::default),
            is_dealt: false,
        }
    }

    /// Whoever is next takes what is next, as usual: nobody else decides, and nobody waits for one consumer to end.
    #[inline(always)]
    pub(in crate::broker) fn deals_in_turn(&self) -> bool {
        !self.is_dealt && !self.rules.single_active && !self.is_quorum()
    }

    #[inline(always)]
    pub(in crate::broker) fn is_quorum(&self) -> bool {
        self.kind == QueueKind::Quorum
    }

    pub(in crate::broker) fn head(&self, own: &VecDeque<Entry>) -> Option<Entry> {
        match &self.lanes {
            Some(lanes) => lanes.head(own),
            None => own.front().copied(),
        }
    }

    /// Takes the message that is served next.
    #[inline(never)]
    pub(in crate::broker) fn pop(&mut self, own: &mut VecDeque<Entry>, messages: &Messages) -> Option<Entry> {
        let entry = match &mut self.lanes {
            Some(lanes) => lanes.pop(own),
            None => own.pop_front(),
        }?;
        let size = messages.get(entry.slot()).message.size;
        self.ready_bytes = self.ready_bytes.saturating_sub(u64::from(size));
        Some(entry)
    }

    /// Ready messages that are not in the queue's own list.
    pub(in crate::broker) fn ahead(&self) -> usize {
        self.lanes.as_ref().map_or(0, Lanes::len)
    }
}
