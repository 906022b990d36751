//! `basic.publish`: check, route, enqueue, return, confirm. Source: rules ERR-11 to ERR-14, EX-11, MND-1 to MND-5, CF-2,
//! CF-3.

use std::sync::Arc;

use super::confirms::Answer;
use super::direct_reply::Reply;
use super::dispatch::{Hands, Offer};
use super::error::{Failure, Handled, failure};
use super::expiry::own_ttl;
use super::messages::Slot;
use super::queue::time_to_live::parse_expiration;
use super::routing::{self, Keys};
use super::users::Permission;
use super::waiters::Awaited;
use super::{Broker, Out, Step};
use crate::amqp::{
    BasicPublish, Content, Message, MessageId, Properties, QueueId, ReplyCode, Return, ServerMethod,
};
use crate::observe::{Fact, LossCause};
use crate::rules::{self, RuleRef};

impl Broker {
    #[inline(always)]
    pub(super) fn publish(
        &mut self,
        place: u32,
        publish: BasicPublish,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let channel = &self.channels[place];
        let usual = publish.message.content.is_none()
            && !publish.immediate
            && channel.tx.is_none()
            && u64::from(publish.message.size) <= self.settings.message_size_max;
        if usual
            && let Some(route) = channel.remembered(publish.exchange, publish.routing_key, self.topology)
            && let Some(only) = route.only()
        {
            let rule = route.rule;
            let confirms = channel.confirms.is_some();
            if confirms {
                self.ask_for_answer();
            }
            let accepted = self.route_to_one(place, (only, rule), publish, step);
            if confirms {
                self.confirm(place, (accepted, true), step);
            }
            return Ok(());
        }
        self.publish_elsewhere(place, publish.made_anew(), step)
    }

    /// The usual publish: to one queue, by a route that is known. Whether the queue took it.
    #[inline(always)]
    fn route_to_one(
        &mut self,
        place: u32,
        (queue, rule): (QueueId, RuleRef),
        publish: BasicPublish,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        let BasicPublish { exchange, routing_key, message, .. } = publish;
        let id = message.id;
        step.out.fact(Fact::Routed { message: id, exchange, routing_key, queues: 1 }, rule);
        let slot = self.messages.keep(message, exchange, routing_key, 1);
        let Broker { queues, consumers, channels, messages, steps_out, .. } = self;
        let plain = &mut queues[queue.0];
        if plain.features.is_some() || plain.stored {
            return self.enqueue_anywhere(queue, slot, id, Some(place), step);
        }
        let entry = plain.new_entry(step.now, slot);
        let (ready, unacked) = (plain.ready.len() as u32 + 1, plain.unacked);
        let fact = Fact::Enqueued { queue, message: id, dead: false, ready, unacked };
        step.out.fact(fact, rules::RT_13);
        let mut hands = Hands { consumers, channels, messages, steps_out };
        if !plain.ready.is_empty() || plain.offer(queue, |_, _| Some(entry), &mut hands, step) != Offer::Taken
        {
            plain.ready.push_back(entry);
            if plain.rotation.next().is_some() {
                self.dispatch(queue, step);
            } else {
                plain.tell_level(queue, step);
            }
        }
        true
    }

    #[inline(never)]
    fn publish_elsewhere(
        &mut self,
        place: u32,
        mut publish: BasicPublish,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let message = publish.message.id;
        let routed =
            self.check_publish(place, &mut publish).and_then(|()| self.route_publish(place, &publish));
        let queues = match routed {
            Ok(queues) => queues,
            Err(failure) => {
                step.out.fact(Fact::PublishRefused { message, cause: LossCause::Refused }, failure.rule);
                return Err(failure);
            }
        };
        // A direct reply leaves at once, whatever becomes of the rest. Source: `rabbit_exchange:route`.
        let replied = self.reply_directly(&publish, step);
        if self.channels[place].tx.is_some() {
            self.buffer_publish(place, publish, &queues, replied);
            return Ok(());
        }
        let routed = !queues.is_empty() || replied == Reply::Delivered;
        let confirms = self.channels[place].confirms.is_some();
        if confirms {
            self.ask_for_answer();
        }
        let accepted = self.deliver_publish(place, publish, (&queues, replied), step);
        if confirms {
            self.confirm(place, (accepted, routed), step);
        }
        Ok(())
    }

    /// Puts a message that is routed into its queues; an unroutable one comes back or is dropped. Whether no queue
    /// refused it. Source: rules MND-1, RT-12 and CF-2.
    pub(super) fn deliver_publish(
        &mut self,
        place: u32,
        publish: BasicPublish,
        (queues, reply): (&[QueueId], Reply),
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        let BasicPublish { exchange, routing_key, .. } = publish;
        let message = publish.message.id;
        if queues.is_empty() {
            self.unroutable(place, publish, reply, step);
            return true;
        }
        let fact = Fact::Routed { message, exchange, routing_key, queues: queues.len() as u32 };
        let headers =
            publish.message.content.as_ref().and_then(|content| content.properties.headers.as_ref());
        step.out.fact(fact, self.rule_of_route(self.channels[place].vhost, exchange, headers));
        let slot = self.messages.keep(publish.message, exchange, routing_key, queues.len() as u32);
        let mut accepted = true;
        for &queue in queues {
            accepted &= self.enqueue_anywhere(queue, slot, message, Some(place), step);
        }
        accepted
    }

    /// Checks in the order in which RabbitMQ does. Source: rule ERR-11, `rabbit_channel:handle_method`.
    fn check_publish(&mut self, place: u32, publish: &mut BasicPublish) -> Result<(), Failure> {
        if publish.immediate {
            return Err(failure(ReplyCode::NotImplemented, rules::MND_3, "immediate=true"));
        }
        self.check_size(u64::from(publish.message.size))?;
        let (vhost, exchange) = (self.channels[place].vhost, publish.exchange);
        self.check_exchange_permission(place, Permission::Write, exchange)?;
        let id = self.existing_exchange(vhost, exchange, rules::MND_5)?;
        if self.exchanges[id.0].internal {
            let text = format!("cannot publish to internal {}", self.exchange_resource(vhost, exchange));
            return Err(failure(ReplyCode::AccessRefused, rules::EX_11, text));
        }
        if publish.message.content.is_some() {
            self.address_reply(place, &mut publish.message)?;
            self.check_user(place, &publish.message)?;
            if let Some(content) = &publish.message.content {
                check_properties(&content.properties)?;
            }
        }
        Ok(())
    }

    /// Source: rule ERR-12.
    fn check_size(&self, size: u64) -> Result<(), Failure> {
        let max = self.settings.message_size_max;
        if size <= max {
            return Ok(());
        }
        let configured = if max == HARD_SIZE_MAX { "" } else { "configured " };
        let text = format!("message size {size} is larger than {configured}max size {max}");
        Err(failure(ReplyCode::PreconditionFailed, rules::ERR_12, text))
    }

    /// Source: rule ERR-14.
    fn check_user(&self, place: u32, message: &Message) -> Result<(), Failure> {
        let Some(claimed) = message.content.as_ref().and_then(|c| c.properties.user_id.as_deref()) else {
            return Ok(());
        };
        let user = self.user_of(place);
        if claimed == &*user.name || user.impersonator {
            return Ok(());
        }
        let text = format!("user_id property set to '{claimed}' but authenticated user was '{}'", user.name);
        Err(failure(ReplyCode::PreconditionFailed, rules::ERR_14, text))
    }

    /// Asks the exchanges, or remembers what they said. Only messages without headers are remembered, since headers may
    /// decide.
    fn route_publish(&mut self, place: u32, publish: &BasicPublish) -> Result<Vec<QueueId>, Failure> {
        let (exchange, key) = (publish.exchange, publish.routing_key);
        let content = publish.message.content.as_deref();
        let headers = content.and_then(|content| content.properties.headers.as_ref());
        let vhost = self.channels[place].vhost;
        let id = self.existing_exchange(vhost, exchange, rules::MND_5)?;
        if let Some(headers) = headers {
            let keys = Keys { first: key, more: routing::more_keys(headers) };
            return Ok(self.route(id, &keys, Some(headers)));
        }
        if let Some(route) = self.channels[place].remembered(exchange, key, self.topology) {
            return Ok(route.queues().to_vec());
        }
        let queues = self.route(id, &Keys::of(key), None);
        let rule = self.rule_of_route(vhost, exchange, None);
        self.channels[place].remember((exchange, key), self.topology, &queues, rule);
        Ok(queues)
    }

    /// Source: rule MND-1.
    fn unroutable(&mut self, place: u32, publish: BasicPublish, reply: Reply, step: &mut Step<'_, impl Out>) {
        let BasicPublish { exchange, routing_key, mandatory, message, .. } = publish;
        let mandatory = mandatory && (reply == Reply::None || !self.profile.lost_reply_counts_as_routed);
        if reply != Reply::Delivered {
            let fact = Fact::Unroutable { message: message.id, exchange, routing_key, returned: mandatory };
            // A reply that comes too late finds nobody. Source: rule DRT-2.
            let rule = if reply == Reply::Lost { rules::DRT_2 } else { rules::MND_1 };
            step.out.fact(fact, rule);
        }
        if mandatory {
            let text = ReplyCode::NoRoute.name().into();
            let code = ReplyCode::NoRoute;
            let message = without_bcc(&message);
            let returned = Box::new(Return { code, text, exchange, routing_key, message });
            step.out.send(self.channels[place].at, ServerMethod::BasicReturn(returned));
        }
    }

    /// Puts a copy into a queue of any kind and hands out what it can. `from` is the channel that published it; dead
    /// letters come from none. Whether the queue took it.
    pub(super) fn enqueue_anywhere(
        &mut self,
        id: QueueId,
        slot: Slot,
        message: MessageId,
        from: Option<u32>,
        step: &mut Step<'_, impl Out>,
    ) -> bool {
        if own_ttl(self.messages.get(slot)).is_some() {
            self.make_features(id);
        }
        match &self.queues[id.0].features {
            Some(features) if features.is_quorum() => self.enqueue_in_quorum(id, slot, message, from, step),
            Some(_) => self.enqueue_with_features(id, slot, message, step),
            None => {
                self.add_ready(id, slot, message, step);
                self.arrives(id);
                self.dispatch(id, step);
                self.keep_arrived(id, slot, step);
                true
            }
        }
    }

    /// Answers a publish in confirm mode, now or when its copies are safe; one that a queue refused at once. Source: rules
    /// CF-2, CF-4, CF-5 and CF-8.
    #[inline]
    fn confirm(&mut self, place: u32, (accepted, routed): (bool, bool), step: &mut Step<'_, impl Out>) {
        if self.persistence.is_some() && self.confirm_later(place, accepted) {
            return;
        }
        self.confirm_at_once(place, (accepted, routed), step);
    }

    fn confirm_later(&mut self, place: u32, accepted: bool) -> bool {
        if !accepted {
            self.stop_asking();
            return false;
        }
        let next = self.channels[place].confirms.as_ref().map_or(0, |confirms| confirms.next());
        let waits = self.await_storage(place, Awaited::Publish(next));
        if waits && let Some(confirms) = &mut self.channels[place].confirms {
            confirms.wait_next();
        }
        waits
    }

    /// Answers a publish in confirm mode. Source: rules CF-2 and CF-10.
    #[inline]
    fn confirm_at_once(
        &mut self,
        place: u32,
        (accepted, routed): (bool, bool),
        step: &mut Step<'_, impl Out>,
    ) {
        let channel = &mut self.channels[place];
        let Some(confirms) = &mut channel.confirms else { return };
        let at = channel.at;
        let (publish, answer) = confirms.answer_next(accepted);
        let (fact, rule) = match (accepted, routed) {
            (true, true) => (Fact::Confirmed { channel: at, publish }, rules::CF_2),
            (true, false) => (Fact::Confirmed { channel: at, publish }, rules::CF_3),
            (false, _) => (Fact::Nacked { channel: at, publish }, rules::CF_8),
        };
        step.out.fact(fact, rule);
        if accepted {
            self.publish_is_confirmed(step.now);
        }
        match answer {
            Answer::Ack => step.out.confirm(at, publish),
            Answer::Nack { multiple } => {
                step.out.send(at, ServerMethod::BasicNack { delivery_tag: publish, multiple });
            }
            Answer::WithOthers => {}
        }
    }
}

impl BasicPublish {
    /// The same, elsewhere in memory: for the rare cases, so that the usual publish needs no place there.
    #[inline(always)]
    pub(super) fn made_anew(self) -> Self {
        let BasicPublish { exchange, routing_key, mandatory, immediate, message } = self;
        let Message { id, published, size, delivery_mode, priority, class, content } = message;
        let message = Message { id, published, size, delivery_mode, priority, class, content };
        BasicPublish { exchange, routing_key, mandatory, immediate, message }
    }
}

/// The largest body that any settings allow. Source: rule ERR-12.
const HARD_SIZE_MAX: u64 = 536_870_912;

/// Source: rules TTL-1, RT-9 and ERR-13.
fn check_properties(properties: &Properties) -> Result<(), Failure> {
    if let Some(expiration) = properties.expiration.as_deref()
        && let Err(reason) = parse_expiration(expiration)
    {
        let text = format!("invalid expiration '{expiration}': {reason}");
        return Err(failure(ReplyCode::PreconditionFailed, rules::TTL_1, text));
    }
    if let Some((header, kind)) = properties.headers.as_ref().and_then(routing::bad_keys) {
        let text = format!("invalid message: {{unacceptable_type_in_header,\"{header}\",{kind}}}");
        return Err(failure(ReplyCode::PreconditionFailed, rules::RT_9, text));
    }
    match properties.delivery_mode {
        None | Some(1 | 2) => Ok(()),
        Some(mode) => {
            let text = format!("invalid message: {{delivery_mode_unknown,{mode}}}");
            Err(failure(ReplyCode::PreconditionFailed, rules::ERR_13, text))
        }
    }
}

/// The message as others see it. Source: rule RT-9.
#[inline]
pub(super) fn without_bcc(message: &Message) -> Message {
    match &message.content {
        Some(content) if has_bcc(&content.properties) => strip_bcc(message, content),
        _ => message.clone(),
    }
}

fn has_bcc(properties: &Properties) -> bool {
    properties.headers.as_ref().is_some_and(|headers| headers.get(routing::BCC).is_some())
}

fn strip_bcc(message: &Message, content: &Content) -> Message {
    let mut content = content.clone();
    if let Some(headers) = &mut content.properties.headers {
        headers.remove(routing::BCC);
    }
    Message { content: Some(Arc::new(content)), ..message.clone() }
}
