//! Dead letters: messages that leave a queue other than by being acknowledged are published again, to the queue's
//! dead-letter exchange. They travel after the command that killed them is done, in order of death.
//! Source: rules DLX-1 to DLX-13, `rabbit_dead_letter`.

use std::sync::Arc;

use super::death::{self, Death, Style};
use super::messages::Slot;
use super::queue::{DeadLetterExchange, Overflow};
use super::routing::{self, Keys};
use super::timers::Purpose;
use super::{Broker, Out, Step};
use crate::amqp::{Content, FieldTable, Message, Name, QueueId};
use crate::observe::{DeathReason, Fact, LossCause};
use crate::rules::{self, RuleRef};
use crate::units::SimDuration;

/// How long a queue waits before it tries again to publish the dead letters that it keeps. Source: rule DLX-10.
/// Deviation: DEV-4. The first try is at once, and all that are kept are tried together.
const RETRY_AFTER: SimDuration = SimDuration::from_secs(180);

/// A message on its way to a dead-letter exchange. It holds the copy that died.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) slot: Slot,
    /// The queue where it died; it may be gone by now.
    pub(super) source: QueueId,
    pub(super) name: Name,
    pub(super) vhost: u16,
    pub(super) to: DeadLetterExchange,
    pub(super) reason: DeathReason,
}

impl Broker {
    /// Publishes all dead letters, those included that die on the way. Deviation: DEV-7.
    pub(super) fn deliver_letters(&mut self, step: &mut Step<'_, impl Out>) {
        while let Some(letter) = self.letters.pop_front() {
            self.deliver_letter(letter, step);
        }
    }

    fn deliver_letter(&mut self, letter: Letter, step: &mut Step<'_, impl Out>) {
        let (message, keys) = self.dress(letter, step);
        let headers = message.content.as_ref().and_then(|content| content.properties.headers.as_ref());
        let mut queues = match self.find_exchange(letter.vhost, letter.to.exchange) {
            Some(exchange) => self.route(exchange, &keys, headers),
            None => Vec::new(),
        };
        let found = queues.len();
        // Source: rule DLX-8.
        if letter.reason != DeathReason::Rejected
            && let Some(headers) = headers
        {
            queues.retain(|queue| !death::is_cycle(headers, self.names.text(self.queues[queue.0].name)));
        }
        if queues.is_empty() {
            self.letter_is_unroutable(letter, found > 0, step);
            return;
        }
        let (id, copies) = (message.id, queues.len() as u32);
        let fact = Fact::DeadLettered {
            queue: letter.source,
            message: id,
            reason: letter.reason,
            exchange: letter.to.exchange,
            queues: copies,
        };
        step.out.fact(fact, self.rule_of_death(&letter));
        let slot = self.messages.keep(message, letter.to.exchange, keys.first, copies);
        self.messages.mark_dead(slot);
        for queue in queues {
            // Nobody is told whether the target took it. Source: rule DLX-9. Deviation: DEV-4, where it should be asked.
            self.enqueue_anywhere(queue, slot, id, None, step);
        }
        self.messages.release(letter.slot);
    }

    /// Why the message left its queue. A rejection was stated by itself: then it is where the letter goes.
    fn rule_of_death(&self, letter: &Letter) -> RuleRef {
        let features = self.queues.get(letter.source.0).and_then(|queue| queue.features.as_ref());
        let refuses = features.is_some_and(|f| f.rules.overflow == Overflow::RejectPublishDlx);
        match letter.reason {
            DeathReason::Rejected => rules::DLX_2,
            DeathReason::Expired => rules::TTL_2,
            DeathReason::MaxLen if refuses => rules::LEN_5,
            DeathReason::MaxLen => rules::LEN_2,
            DeathReason::DeliveryLimit => rules::QQ_3,
        }
    }

    /// The message as it is published again, and by which keys. Source: rules DLX-2 and DLX-3.
    fn dress(&self, letter: Letter, step: &Step<'_, impl Out>) -> (Message, Keys) {
        let stored = self.messages.get(letter.slot);
        let mut properties = stored.message.properties();
        let mut headers = properties.headers.take().unwrap_or_default();
        let more = routing::more_keys(&headers);
        // The keys of BCC stay secret. Source: rule DLX-4.
        let told = routing::carbon_copies(&headers);
        let first = self.names.text(stored.routing_key);
        if !stored.dead && !self.profile.published_deaths_count {
            death::forget(&mut headers);
        }
        let death = Death {
            reason: letter.reason.name(),
            queue: self.names.text(letter.name),
            time: step.now.as_nanos() / 1_000_000_000,
            exchange: self.names.text(stored.exchange),
            routing_keys: std::iter::once(first).chain(told.iter().map(|key| &**key)).collect(),
            original_expiration: properties.expiration.as_deref(),
        };
        let style =
            Style { last_death: self.profile.last_death_headers, turn_round: self.profile.deaths_turn_round };
        death::record(&mut headers, &death, style);
        let keys = match letter.to.routing_key {
            Some(key) => {
                remove_copies(&mut headers);
                Keys::of(key)
            }
            None => Keys { first: stored.routing_key, more },
        };
        properties.headers = Some(headers);
        properties.expiration = None;
        let body = stored.message.content.as_ref().map(|content| content.body.clone()).unwrap_or_default();
        let content = Some(Arc::new(Content { properties, body }));
        (Message { content, ..stored.message.clone() }, keys)
    }

    /// No queue gets the dead letter, or none that it may enter again: it is lost, unless its queue keeps it until one does.
    /// Source: rules DLX-2, DLX-8, DLX-10.
    fn letter_is_unroutable(&mut self, letter: Letter, is_cycle: bool, step: &mut Step<'_, impl Out>) {
        let size = u64::from(self.messages.get(letter.slot).message.size);
        let source = self.queues.get(letter.source.0).filter(|queue| queue.name == letter.name);
        if letter.to.at_least_once && source.is_some() {
            let features = self.queues[letter.source.0].features.as_mut();
            if let Some(quorum) = features.and_then(|features| features.quorum.as_mut()) {
                quorum.kept.push_back(letter);
                quorum.kept_bytes += size;
                let slot = quorum.retry_timer;
                if !self.timer_runs(slot) {
                    let purpose = Purpose::DeadLetters(letter.source);
                    let slot = self.ask_timer(slot, purpose, step.now + RETRY_AFTER, step);
                    let features = self.queues[letter.source.0].features.as_mut();
                    if let Some(quorum) = features.and_then(|features| features.quorum.as_mut()) {
                        quorum.retry_timer = Some(slot);
                    }
                }
                return;
            }
        }
        let (cause, rule) = if is_cycle {
            (LossCause::DeadLetterCycle, rules::DLX_8)
        } else {
            (LossCause::DeadLetterTargetMissing, rules::DLX_2)
        };
        self.lose(letter.source, letter.slot, cause, rule, step);
    }

    /// A letter that is kept is a copy of its queue again; whether there was one.
    pub(super) fn drop_kept_letter(&mut self, id: QueueId, slot: Slot) -> bool {
        let size = u64::from(self.messages.get(slot).message.size);
        let Some(quorum) = self.quorum_mut(id) else { return false };
        let Some(place) = quorum.kept.iter().position(|letter| letter.slot == slot) else { return false };
        quorum.kept.remove(place);
        quorum.kept_bytes = quorum.kept_bytes.saturating_sub(size);
        self.messages.release(slot);
        true
    }

    /// Source: rule DLX-10.
    pub(super) fn retry_dead_letters(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) {
        let features = self.queues[id.0].features.as_mut();
        if let Some(quorum) = features.and_then(|features| features.quorum.as_mut()) {
            let kept = std::mem::take(&mut quorum.kept);
            quorum.kept_bytes = 0;
            self.letters.extend(kept);
            self.deliver_letters(step);
            self.checkout(id, step);
            self.tell_level(id, step);
        }
    }
}

fn remove_copies(headers: &mut FieldTable) {
    headers.remove(routing::CC);
    headers.remove(routing::BCC);
}
