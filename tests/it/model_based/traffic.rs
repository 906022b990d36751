//! The reference's methods of a channel; publishing and consuming among them. Source: rules ERR-11, MND-1 to MND-5, LEN-4,
//! LEN-5, CF-1 to CF-12, TX-1 to TX-6, DSP-12, DSP-14, DSP-15.

use amqpsim::amqp::{
    BasicConsume, BasicPublish, ChannelRef, FieldValue, Message, Method, Name, ReplyCode, Return,
    ServerMethod,
};

use super::reference::{Consumer, Copy, Done, Letter, Reference, Settling};
use super::time::ticks_long;
use super::topology::refuse;

impl Reference {
    pub(super) fn method(&mut self, at: ChannelRef, method: &Method) -> Done {
        let settling = |requeue| if requeue { Settling::Requeue } else { Settling::Reject };
        match method {
            Method::ConnectionClose | Method::ChannelOpen | Method::ChannelClose | Method::ChannelCloseOk => {
                Ok(())
            }
            Method::ChannelFlow { active: true } => {
                self.say(at, ServerMethod::ChannelFlowOk { active: true });
                Ok(())
            }
            Method::ChannelFlow { active: false } => {
                refuse(ReplyCode::NotImplemented, "active=false".to_owned())
            }
            Method::ExchangeDeclare(declare) => self.declare_exchange(at, declare),
            Method::ExchangeDelete { exchange, if_unused } => self.delete_exchange(at, *exchange, *if_unused),
            Method::ExchangeBind(bind) => self.bind(at, bind, false, true),
            Method::ExchangeUnbind(bind) => self.bind(at, bind, false, false),
            Method::QueueDeclare(declare) => self.declare_queue(at, declare),
            Method::QueueBind(bind) => self.bind(at, bind, true, true),
            Method::QueueUnbind(bind) => self.bind(at, bind, true, false),
            Method::QueuePurge { queue } => self.purge(at, *queue),
            Method::QueueDelete { queue, if_unused, if_empty } => {
                self.delete_queue(at, *queue, *if_unused, *if_empty)
            }
            Method::BasicQos { prefetch_size, prefetch_count, global } => {
                self.qos(at, *prefetch_size, *prefetch_count, *global)
            }
            Method::BasicConsume(consume) => self.consume(at, consume),
            Method::BasicCancel { consumer_tag } => {
                self.cancel(at, *consumer_tag);
                Ok(())
            }
            Method::BasicPublish(publish) => self.publish(at, publish),
            Method::BasicGet { queue, no_ack } => self.get(at, *queue, *no_ack),
            Method::BasicAck { delivery_tag, multiple } => {
                self.settle(at, *delivery_tag, *multiple, Settling::Acknowledge)
            }
            Method::BasicNack { delivery_tag, multiple, requeue } => {
                self.settle(at, *delivery_tag, *multiple, settling(*requeue))
            }
            Method::BasicReject { delivery_tag, requeue } => {
                self.settle(at, *delivery_tag, false, settling(*requeue))
            }
            Method::BasicRecover { requeue } => self.recover(at, *requeue),
            Method::ConfirmSelect => self.select_confirms(at),
            Method::TxSelect => self.select_transactions(at),
            Method::TxCommit => self.commit(at),
            Method::TxRollback => self.roll_back(at),
        }
    }

    fn publish(&mut self, at: ChannelRef, publish: &BasicPublish) -> Done {
        if publish.immediate {
            return refuse(ReplyCode::NotImplemented, "immediate=true".to_owned());
        }
        if self.existing_exchange(publish.exchange)?.internal {
            let name = self.text(publish.exchange);
            let text = format!("cannot publish to internal exchange '{name}' in vhost '/'");
            return refuse(ReplyCode::AccessRefused, text);
        }
        let queues = self.route(publish.exchange, publish.routing_key);
        if let Some(transaction) = &mut self.channel(at).transaction {
            transaction.publishes.push((publish.clone(), queues));
            return Ok(());
        }
        let accepted = self.publish_to(at, publish, &queues);
        if let Some(last) = &mut self.channel(at).confirms {
            *last += 1;
            let delivery_tag = *last;
            // Nothing waits below it; a single negative answer says "multiple" then. Source: rule CF-10.
            self.say(
                at,
                if accepted {
                    ServerMethod::BasicAck { delivery_tag, multiple: false }
                } else {
                    ServerMethod::BasicNack { delivery_tag, multiple: true }
                },
            );
        }
        Ok(())
    }

    /// Whether all queues took it. Where there is none it is returned or dropped.
    fn publish_to(&mut self, at: ChannelRef, publish: &BasicPublish, queues: &[Name]) -> bool {
        if queues.is_empty() && publish.mandatory {
            let returned = Return {
                code: ReplyCode::NoRoute,
                text: "NO_ROUTE".into(),
                exchange: publish.exchange,
                routing_key: publish.routing_key,
                message: publish.message.clone(),
            };
            self.say(at, ServerMethod::BasicReturn(Box::new(returned)));
        }
        let mut accepted = true;
        for &queue in queues {
            accepted &= self.enqueue(queue, publish.exchange, publish.routing_key, &publish.message);
        }
        accepted
    }

    /// Whether the queue took it. Source: rules LEN-2, LEN-4 and LEN-5.
    pub(super) fn enqueue(&mut self, queue: Name, exchange: Name, key: Name, message: &Message) -> bool {
        let number = self.queue_named(queue).expect("the message was routed to it").number;
        let arrival = self.next_number();
        let now = self.now;
        let queue = self.queue(number);
        let design = queue.design;
        let copy = Copy {
            arrival,
            expires: design.ttl.map(|ticks| now + ticks_long(ticks)),
            redelivered: false,
            exchange,
            routing_key: key,
            message: message.clone(),
        };
        let full = design.length_max.is_some_and(|max| queue.ready.len() >= usize::from(max));
        if full && design.overflow != "drop-head" {
            if design.overflow == "reject-publish-dlx" && design.dead_letters.is_some() {
                let queue = queue.name;
                self.letters.push(Letter { copy, queue, design, reason: "maxlen" });
            }
            return false;
        }
        queue.add(copy);
        self.dispatch(number);
        // Where the head stays what it was nobody looks whether it has expired. Source: rule TTL-8.
        if self.drop_head(number) || self.queue(number).ready.len() == 1 {
            self.drop_expired(number);
        }
        true
    }

    fn consume(&mut self, at: ChannelRef, consume: &BasicConsume) -> Done {
        let tag = consume.consumer_tag;
        if self.consumers.iter().any(|other| other.channel == at && other.tag == tag) {
            let text = format!("attempt to reuse consumer tag '{}'", self.text(tag));
            return refuse(ReplyCode::NotAllowed, text);
        }
        let queue = self.usable_queue(at, consume.queue)?;
        let mut others = self.consumers.iter().filter(|other| other.queue == queue).peekable();
        let single_active = self.find_queue(queue).is_some_and(|queue| queue.design.single_active);
        let alone = others.peek().is_none() && !single_active;
        if others.any(|other| other.exclusive) || (consume.exclusive && !alone) {
            let name = self.find_queue(queue).map_or(Name::EMPTY, |queue| queue.name);
            let text = format!("queue '{}' in vhost '/' in exclusive use", self.text(name));
            return refuse(ReplyCode::AccessRefused, text);
        }
        let number = self.next_number();
        let prefetch = self.channel(at).prefetch;
        self.consumers.push(Consumer {
            number,
            channel: at,
            tag,
            queue,
            no_ack: consume.no_ack,
            exclusive: consume.exclusive,
            priority: consume.arguments.get("x-priority").and_then(FieldValue::as_integer).unwrap_or(0),
            prefetch,
            held: 0,
            blocked: None,
        });
        self.say(at, ServerMethod::BasicConsumeOk { consumer_tag: tag });
        self.queue(queue).line.push(number);
        self.choose_active(queue);
        self.dispatch(queue);
        Ok(())
    }

    /// The successor of a single active consumer is served with what happens next. Source: rules DSP-15, SAC-2.
    fn cancel(&mut self, at: ChannelRef, consumer_tag: Name) {
        self.say(at, ServerMethod::BasicCancelOk { consumer_tag });
        let own = |consumer: &&Consumer| consumer.channel == at && consumer.tag == consumer_tag;
        if let Some(number) = self.consumers.iter().find(own).map(|consumer| consumer.number) {
            let queue = self.remove_consumer(number);
            if !self.delete_if_abandoned(queue) {
                self.choose_active(queue);
            }
        }
    }

    /// Takes a consumer out; its queue.
    pub(super) fn remove_consumer(&mut self, number: u64) -> u64 {
        let number_of_queue = self.consumer(number).queue;
        self.consumers.retain(|consumer| consumer.number != number);
        let queue = self.queue(number_of_queue);
        queue.line.retain(|&other| other != number);
        queue.active = queue.active.filter(|&active| active != number);
        number_of_queue
    }

    /// Source: rule ACK-9.
    fn recover(&mut self, at: ChannelRef, requeue: bool) -> Done {
        if !requeue {
            return refuse(ReplyCode::NotImplemented, "requeue=false".to_owned());
        }
        let taken = std::mem::take(&mut self.channel(at).unacked);
        self.say(at, ServerMethod::BasicRecoverOk);
        self.settle_now(at, Settling::Requeue, &taken);
        Ok(())
    }

    fn select_confirms(&mut self, at: ChannelRef) -> Done {
        let channel = self.channel(at);
        if channel.transaction.is_some() {
            let text = "cannot switch from tx to confirm mode";
            return refuse(ReplyCode::PreconditionFailed, text.to_owned());
        }
        channel.confirms.get_or_insert(0);
        self.say(at, ServerMethod::ConfirmSelectOk);
        Ok(())
    }

    fn select_transactions(&mut self, at: ChannelRef) -> Done {
        let channel = self.channel(at);
        if channel.confirms.is_some() {
            let text = "cannot switch from confirm to tx mode";
            return refuse(ReplyCode::PreconditionFailed, text.to_owned());
        }
        channel.transaction.get_or_insert_default();
        self.say(at, ServerMethod::TxSelectOk);
        Ok(())
    }

    /// It is answered last only where a publish waits for a queue. Source: rules TX-4 and TX-5.
    fn commit(&mut self, at: ChannelRef) -> Done {
        let Some(transaction) = self.channel(at).transaction.as_mut().map(std::mem::take) else {
            return refuse(ReplyCode::PreconditionFailed, "channel is not transactional".to_owned());
        };
        let (mut accepted, mut waits) = (true, false);
        for (publish, mut queues) in transaction.publishes {
            queues.retain(|&queue| self.queue_named(queue).is_some());
            waits |= !queues.is_empty();
            accepted &= self.publish_to(at, &publish, &queues);
        }
        if !waits {
            self.say(at, ServerMethod::TxCommitOk);
        }
        for (how, taken) in transaction.settled {
            self.settle_now(at, how, &taken);
        }
        if !accepted {
            return refuse(ReplyCode::PreconditionFailed, "partial tx completion".to_owned());
        }
        if waits {
            self.say(at, ServerMethod::TxCommitOk);
        }
        Ok(())
    }

    fn roll_back(&mut self, at: ChannelRef) -> Done {
        let channel = self.channel(at);
        let Some(transaction) = channel.transaction.as_mut().map(std::mem::take) else {
            return refuse(ReplyCode::PreconditionFailed, "channel is not transactional".to_owned());
        };
        channel.unacked.extend(transaction.settled.into_iter().flat_map(|(_, taken)| taken));
        channel.unacked.sort_by_key(|unacked| unacked.tag);
        self.say(at, ServerMethod::TxRollbackOk);
        Ok(())
    }
}
