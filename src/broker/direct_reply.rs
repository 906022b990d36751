//! Direct reply-to: answers that go to a channel without a queue. Source: rules DRT-1 and DRT-2,
//! `rabbit_channel`, `rabbit_exchange:route`.

use std::sync::Arc;

use super::error::{Failure, Handled, failure};
use super::publish::without_bcc;
use super::{Broker, Out, Outgoing, Step};
use crate::amqp::{BasicConsume, BasicPublish, Content, Message, Name, ReplyCode, ServerMethod};
use crate::observe::Fact;
use crate::rules;

/// The pseudo-queue that a requester consumes from.
pub const REPLY_TO: &str = "amq.rabbitmq.reply-to";
/// What the address of a requester begins with.
const ADDRESS: &str = "amq.rabbitmq.reply-to.";

/// What a publish is as a direct reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// None.
    None,
    /// Handed to the channel that it is addressed to.
    Delivered,
    /// Addressed to a channel that is gone.
    Lost,
}

/// A channel that waits for direct replies.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReplyConsumer {
    pub(super) tag: Name,
    address: Name,
}

impl Broker {
    /// `basic.consume` from the pseudo-queue. Source: rule DRT-1.
    pub(super) fn consume_replies(
        &mut self,
        place: u32,
        consume: &BasicConsume,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let refused = |text| Err(failure(ReplyCode::PreconditionFailed, rules::DRT_1, text));
        if !consume.no_ack {
            return refused("reply consumer cannot acknowledge");
        }
        if self.channels[place].replies.is_some() {
            return refused("reply consumer already set");
        }
        let tag = match consume.consumer_tag {
            Name::EMPTY => self.make_name("amq.ctag-"),
            tag => tag,
        };
        let address = self.make_name(ADDRESS);
        self.requesters.insert(address, place);
        let channel = &mut self.channels[place];
        channel.replies = Some(Box::new(ReplyConsumer { tag, address }));
        step.out.send(channel.at, ServerMethod::BasicConsumeOk { consumer_tag: tag });
        Ok(())
    }

    /// `basic.cancel` of the channel's reply consumer, if this is its tag.
    pub(super) fn cancel_replies(&mut self, place: u32, tag: Name) {
        if self.channels[place].replies.as_ref().is_some_and(|replies| replies.tag == tag) {
            self.forget_replies(place);
        }
    }

    pub(super) fn forget_replies(&mut self, place: u32) {
        if let Some(replies) = self.channels[place].replies.take() {
            self.requesters.remove(&replies.address);
        }
    }

    /// Writes the channel's own address over the name of the pseudo-queue. Source: rule DRT-1.
    pub(super) fn address_reply(&self, place: u32, message: &mut Message) -> Result<(), Failure> {
        let Some(content) = &message.content else { return Ok(()) };
        if content.properties.reply_to.as_deref() != Some(REPLY_TO) {
            return Ok(());
        }
        let Some(replies) = &self.channels[place].replies else {
            let text = "fast reply consumer does not exist";
            return Err(failure(ReplyCode::PreconditionFailed, rules::DRT_1, text));
        };
        let mut content = Content::clone(content);
        content.properties.reply_to = Some(self.names.text(replies.address).into());
        message.content = Some(Arc::new(content));
        Ok(())
    }

    /// Hands a reply to the channel that it is addressed to. Source: rule DRT-2.
    pub(super) fn reply_directly(&mut self, publish: &BasicPublish, step: &mut Step<'_, impl Out>) -> Reply {
        if publish.exchange != Name::EMPTY || !self.names.text(publish.routing_key).starts_with(ADDRESS) {
            return Reply::None;
        }
        let Some(&place) = self.requesters.get(&publish.routing_key) else { return Reply::Lost };
        let channel = &mut self.channels[place];
        let Some(replies) = &channel.replies else { return Reply::Lost };
        let consumer_tag = replies.tag;
        let delivery_tag = channel.next_tag();
        let to = channel.at;
        let message = publish.message.id;
        step.out.fact(Fact::Replied { message, channel: to, consumer_tag, delivery_tag }, rules::DRT_2);
        let delivery = Outgoing {
            consumer_tag,
            delivery_tag,
            redelivered: false,
            exchange: publish.exchange,
            routing_key: publish.routing_key,
            message: &without_bcc(&publish.message),
        };
        step.out.deliver(to, delivery);
        Reply::Delivered
    }

    /// Whether a name is the pseudo-queue or an address, and then whether anybody waits there. A declaration of it only
    /// asks. Source: rule DRT-2.
    pub(super) fn reply_queue(&self, name: Name) -> Option<bool> {
        let text = self.names.text(name);
        text.starts_with(REPLY_TO).then(|| text == REPLY_TO || self.requesters.contains_key(&name))
    }
}
