//! `basic.publish`: check, route, enqueue, return. Source: rules ERR-11, EX-11, EX-14, RT-10 to RT-12, MND-1 to MND-5.

use std::collections::BTreeSet;

use super::channel::split;
use super::error::{Handled, failure};
use super::exchange::ExchangeId;
use super::{Broker, Out, Step};
use crate::amqp::{BasicPublish, Name, QueueId, ReplyCode, Return, ServerMethod};
use crate::observe::Fact;
use crate::rules;

impl Broker {
    #[inline]
    pub(super) fn publish(
        &mut self,
        place: u32,
        publish: BasicPublish,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (exchange, key) = (publish.exchange, publish.routing_key);
        let channel = &self.channels[place];
        if !publish.immediate
            && let Some(&[only]) = channel.remembered(exchange, key, self.topology)
        {
            self.route_to_one(only, publish, step);
            return Ok(());
        }
        self.publish_elsewhere(place, publish, step)
    }

    /// The usual publish: to one queue, by a route that is known.
    #[inline]
    fn route_to_one(&mut self, queue: QueueId, publish: BasicPublish, step: &mut Step<'_, impl Out>) {
        let BasicPublish { exchange, routing_key, message, .. } = publish;
        let id = message.id;
        step.out.fact(Fact::Routed { message: id, exchange, routing_key, queues: 1 }, rules::RT_10);
        let slot = self.messages.keep(message, exchange, routing_key, 1);
        self.enqueue(queue, slot, id, step);
    }

    #[inline(never)]
    fn publish_elsewhere(
        &mut self,
        place: u32,
        publish: BasicPublish,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let message = publish.message.id;
        let queues = match self.checked_route(place, &publish) {
            Ok(queues) => queues,
            Err(failure) => {
                step.out.fact(Fact::PublishRefused { message }, failure.rule);
                return Err(failure);
            }
        };
        let BasicPublish { exchange, routing_key, .. } = publish;
        if queues.is_empty() {
            self.unroutable(place, publish, step);
            return Ok(());
        }
        let fact = Fact::Routed { message, exchange, routing_key, queues: queues.len() as u32 };
        step.out.fact(fact, rules::RT_10);
        let slot = self.messages.keep(publish.message, exchange, routing_key, queues.len() as u32);
        for &queue in &queues {
            self.enqueue(queue, slot, message, step);
        }
        Ok(())
    }

    /// Checks in the order in which RabbitMQ does, then asks the exchanges. Source: rule ERR-11.
    fn checked_route(
        &mut self,
        place: u32,
        publish: &BasicPublish,
    ) -> Result<Vec<QueueId>, super::error::Failure> {
        if publish.immediate {
            return Err(failure(ReplyCode::NotImplemented, rules::MND_3, "immediate=true"));
        }
        let vhost = self.channels[place].vhost;
        let id = self.existing_exchange(vhost, publish.exchange, rules::MND_5)?;
        if self.exchanges[id.0].internal {
            let text =
                format!("cannot publish to internal {}", self.exchange_resource(vhost, publish.exchange));
            return Err(failure(ReplyCode::AccessRefused, rules::EX_11, text));
        }
        let (exchange, key) = (publish.exchange, publish.routing_key);
        if let Some(queues) = self.channels[place].remembered(exchange, key, self.topology) {
            return Ok(queues.to_vec());
        }
        let queues = self.route(id, key);
        self.channels[place].remember(exchange, key, self.topology, &queues);
        Ok(queues)
    }

    /// All queues that a message reaches from an exchange, each once, by name. Each exchange is visited once, so cycles
    /// end. Source: rules RT-10 to RT-12 and EX-14.
    fn route(&self, from: ExchangeId, key: Name) -> Vec<QueueId> {
        let vhost = self.exchanges[from.0].vhost;
        let mut reached: Vec<QueueId> = Vec::new();
        let mut visited = BTreeSet::from([from]);
        let mut pending = vec![from];
        while let Some(id) = pending.pop() {
            let exchange = &self.exchanges[id.0];
            if exchange.name == Name::EMPTY {
                reached.extend(self.find_queue(vhost, key));
                continue;
            }
            let mut found = Vec::new();
            exchange.route(&self.names, key, &mut found);
            let (queues, exchanges) = split(&found);
            reached.extend(queues);
            pending.extend(exchanges.into_iter().filter(|&next| visited.insert(next)));
        }
        self.sort_queues(&mut reached);
        reached
    }

    /// Source: rule MND-1.
    fn unroutable(&mut self, place: u32, publish: BasicPublish, step: &mut Step<'_, impl Out>) {
        let BasicPublish { exchange, routing_key, mandatory, message, .. } = publish;
        let fact = Fact::Unroutable { message: message.id, exchange, routing_key, returned: mandatory };
        step.out.fact(fact, rules::MND_1);
        if mandatory {
            let text = ReplyCode::NoRoute.name().into();
            let code = ReplyCode::NoRoute;
            let returned = Box::new(Return { code, text, exchange, routing_key, message });
            step.out.send(self.channels[place].at, ServerMethod::BasicReturn(returned));
        }
    }

    /// Puts a copy into a queue and hands out what it can.
    #[inline]
    fn enqueue(
        &mut self,
        id: QueueId,
        slot: super::messages::Slot,
        message: crate::amqp::MessageId,
        step: &mut Step<'_, impl Out>,
    ) {
        let queue = &mut self.queues[id.0];
        queue.push(step.now, slot);
        let (ready, unacked) = (queue.ready_count(), queue.unacked);
        step.out.fact(Fact::Enqueued { queue: id, message, ready, unacked }, rules::RT_13);
        self.dispatch(id, step);
    }
}
