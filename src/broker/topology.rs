//! Exchanges and queues: declare, delete, purge. Source: rules EX-1 to EX-13, Q-1 to Q-13, CON-18 to CON-22.

use super::channel::ChannelState;
use super::error::{Handled, argument_difference, exchange_text, failure, queue_text};
use super::exchange::{Destination, Exchange, ExchangeId, ExchangeKind};
use super::queue::{Queue, QueueSettings};
use super::{Broker, Out, Step};
use crate::amqp::{ExchangeDeclare, FieldTable, Name, QueueDeclare, QueueId, ReplyCode, ServerMethod};
use crate::observe::{Fact, LossCause, Settlement};
use crate::rules::{self, RuleRef};

/// Exchanges of every virtual host, with their types. Source: rule EX-1.
pub(super) const PREDECLARED: [(&str, &str); 7] = [
    ("", "direct"),
    ("amq.direct", "direct"),
    ("amq.fanout", "fanout"),
    ("amq.topic", "topic"),
    ("amq.headers", "headers"),
    ("amq.match", "headers"),
    ("amq.rabbitmq.trace", "topic"),
];

/// Arguments of a queue that must stay the same when it is declared again. Source: rule Q-1, `rabbit_amqqueue`.
const COMPARED: [&str; 14] = [
    "x-expires",
    "x-message-ttl",
    "x-max-length",
    "x-max-length-bytes",
    "x-overflow",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-priority",
    "x-single-active-consumer",
    "x-queue-type",
    "x-queue-mode",
    "x-queue-version",
    "x-delivery-limit",
    "x-dead-letter-strategy",
];

impl Broker {
    pub(super) fn predeclare(&mut self, vhost: u16, exchange: &str, kind: &str) {
        let Some(known) = ExchangeKind::find(kind) else { return };
        let (name, kind_name) = (self.names.intern(exchange), self.names.intern(kind));
        let id = self.exchanges.insert(Exchange {
            name,
            vhost,
            kind: known,
            kind_name,
            durable: true,
            auto_delete: false,
            internal: exchange == "amq.rabbitmq.trace",
            arguments: FieldTable::new(),
            bindings: std::collections::BTreeMap::new(),
        });
        self.vhosts[vhost as usize].exchanges.insert(name, ExchangeId(id));
    }

    pub(super) fn find_exchange(&self, vhost: u16, name: Name) -> Option<ExchangeId> {
        self.vhosts[vhost as usize].exchanges.get(&name).copied()
    }

    pub(super) fn find_queue(&self, vhost: u16, name: Name) -> Option<QueueId> {
        self.vhosts[vhost as usize].queues.get(&name).copied()
    }

    pub(super) fn exchange_resource(&self, vhost: u16, name: Name) -> String {
        exchange_text(self.names.text(name), self.names.text(self.vhosts[vhost as usize].name))
    }

    pub(super) fn queue_resource(&self, vhost: u16, name: Name) -> String {
        queue_text(self.names.text(name), self.names.text(self.vhosts[vhost as usize].name))
    }

    /// Refuses whatever touches the default exchange. Source: rule EX-7.
    pub(super) fn not_the_default_exchange(&self, exchange: Name) -> Handled {
        if exchange == Name::EMPTY {
            let text = "operation not permitted on the default exchange";
            return Err(failure(ReplyCode::AccessRefused, rules::EX_7, text));
        }
        Ok(())
    }

    /// The exchange of this name, or 404.
    pub(super) fn existing_exchange(
        &self,
        vhost: u16,
        name: Name,
        rule: RuleRef,
    ) -> Result<ExchangeId, super::error::Failure> {
        self.find_exchange(vhost, name).ok_or_else(|| {
            failure(ReplyCode::NotFound, rule, format!("no {}", self.exchange_resource(vhost, name)))
        })
    }

    pub(super) fn declare_exchange(
        &mut self,
        place: u32,
        declare: &ExchangeDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        self.not_the_default_exchange(declare.exchange)?;
        if declare.passive {
            self.existing_exchange(vhost, declare.exchange, rules::EX_4)?;
        } else if let Some(id) = self.find_exchange(vhost, declare.exchange) {
            self.known_exchange_kind(declare.kind)?;
            self.same_exchange(id, declare)?;
        } else {
            self.create_exchange(vhost, declare, step)?;
        }
        if !declare.no_wait {
            step.out.send(at, ServerMethod::ExchangeDeclareOk);
        }
        Ok(())
    }

    fn known_exchange_kind(&self, kind: Name) -> Result<ExchangeKind, super::error::Failure> {
        let text = self.names.text(kind);
        ExchangeKind::find(text).ok_or_else(|| {
            failure(ReplyCode::CommandInvalid, rules::EX_5, format!("unknown exchange type '{text}'"))
        })
    }

    fn create_exchange(
        &mut self,
        vhost: u16,
        declare: &ExchangeDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let kind = self.known_exchange_kind(declare.kind)?;
        let text = self.names.text(declare.exchange);
        if text.starts_with("amq.") {
            let text = format!("exchange name '{text}' contains reserved prefix 'amq.*'");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_6, text));
        }
        let id = self.exchanges.insert(Exchange {
            name: declare.exchange,
            vhost,
            kind,
            kind_name: declare.kind,
            durable: declare.durable,
            auto_delete: declare.auto_delete,
            internal: declare.internal,
            arguments: declare.arguments.clone(),
            bindings: std::collections::BTreeMap::new(),
        });
        self.vhosts[vhost as usize].exchanges.insert(declare.exchange, ExchangeId(id));
        self.topology += 1;
        step.out.fact(Fact::ExchangeDeclared { exchange: declare.exchange, kind: declare.kind }, rules::EX_1);
        Ok(())
    }

    /// Source: rules EX-2 and EX-3.
    fn same_exchange(&self, id: ExchangeId, declare: &ExchangeDeclare) -> Handled {
        let exchange = &self.exchanges[id.0];
        let resource = self.exchange_resource(exchange.vhost, exchange.name);
        let kinds = (self.names.text(declare.kind), self.names.text(exchange.kind_name));
        let fields = [
            ("type", kinds.0.to_owned(), kinds.1.to_owned()),
            ("durable", declare.durable.to_string(), exchange.durable.to_string()),
            ("auto_delete", declare.auto_delete.to_string(), exchange.auto_delete.to_string()),
            ("internal", declare.internal.to_string(), exchange.internal.to_string()),
        ];
        if let Some((field, new, old)) = fields.into_iter().find(|(_, new, old)| new != old) {
            let text =
                format!("inequivalent arg '{field}' for {resource}: received '{new}' but current is '{old}'");
            return Err(failure(ReplyCode::PreconditionFailed, rules::EX_2, text));
        }
        let key = "alternate-exchange";
        match argument_difference(key, &resource, declare.arguments.get(key), exchange.arguments.get(key)) {
            Some(text) => Err(failure(ReplyCode::PreconditionFailed, rules::EX_3, text)),
            None => Ok(()),
        }
    }

    pub(super) fn delete_exchange(
        &mut self,
        place: u32,
        name: Name,
        if_unused: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        self.not_the_default_exchange(name)?;
        let resource = self.exchange_resource(vhost, name);
        if self.names.text(name).starts_with("amq.") {
            let text = format!("deletion of system {resource} not allowed");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_8, text));
        }
        if let Some(id) = self.find_exchange(vhost, name) {
            if if_unused && !self.exchanges[id.0].bindings.is_empty() {
                return Err(failure(
                    ReplyCode::PreconditionFailed,
                    rules::EX_9,
                    format!("{resource} in use"),
                ));
            }
            self.remove_exchange(id, rules::EX_10, step);
        }
        step.out.send(at, ServerMethod::ExchangeDeleteOk);
        Ok(())
    }

    /// Takes an exchange away with all bindings from it and to it; exchanges that delete themselves may follow.
    /// Source: rules EX-10 and EX-12.
    pub(super) fn remove_exchange(&mut self, id: ExchangeId, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let Some(exchange) = self.exchanges.remove(id.0) else { return };
        self.vhosts[exchange.vhost as usize].exchanges.remove(&exchange.name);
        self.topology += 1;
        step.out.fact(Fact::ExchangeDeleted { exchange: exchange.name }, rule);
        self.unbind_destination(Destination::Exchange(id), exchange.vhost, exchange.name, step);
    }

    pub(super) fn declare_queue(
        &mut self,
        place: u32,
        mut declare: QueueDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        if declare.queue == Name::EMPTY {
            if declare.passive {
                declare.queue = self.last_queue(place)?;
            } else {
                declare.queue = self.make_name("amq.gen-");
            }
        }
        let id = match self.find_queue(vhost, declare.queue) {
            Some(id) => {
                self.same_queue(place, id, &declare)?;
                id
            }
            None if declare.passive => {
                let text = format!("no {}", self.queue_resource(vhost, declare.queue));
                return Err(failure(ReplyCode::NotFound, rules::Q_5, text));
            }
            None => self.create_queue(place, &declare, step)?,
        };
        self.channels[place].last_queue = Some(declare.queue);
        if !declare.no_wait {
            let queue = &self.queues[id.0];
            let ok = ServerMethod::QueueDeclareOk {
                queue: declare.queue,
                message_count: queue.ready_count(),
                consumer_count: queue.consumers.len() as u32,
            };
            step.out.send(at, ok);
        }
        Ok(())
    }

    fn create_queue(
        &mut self,
        place: u32,
        declare: &QueueDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Result<QueueId, super::error::Failure> {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        let text = self.names.text(declare.queue);
        if text.starts_with("amq.") && !text.starts_with("amq.gen-") {
            let text = format!("queue name '{text}' contains reserved prefix 'amq.*'");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_6, text));
        }
        if !declare.durable && !declare.exclusive && !self.profile.transient_queues {
            let text = "Feature `transient_nonexcl_queues` is deprecated.\nBy default, this feature is not permitted \
                        anymore.";
            return Err(failure(ReplyCode::InternalError, rules::Q_16, text));
        }
        let id = self.queues.insert(Queue::new(QueueSettings {
            name: declare.queue,
            vhost,
            durable: declare.durable && !declare.exclusive,
            owner: declare.exclusive.then_some(at.connection),
            auto_delete: declare.auto_delete,
            arguments: declare.arguments.clone(),
        }));
        self.vhosts[vhost as usize].queues.insert(declare.queue, QueueId(id));
        self.topology += 1;
        let durable = self.queues[id].durable;
        step.out.fact(Fact::QueueDeclared { queue: QueueId(id), name: declare.queue, durable }, rules::Q_3);
        Ok(QueueId(id))
    }

    /// Whether a declaration agrees with the queue that is there. Source: rules, CON-18, CON-20, CON-21.
    fn same_queue(&self, place: u32, id: QueueId, declare: &QueueDeclare) -> Handled {
        let queue = &self.queues[id.0];
        self.not_locked(place, id)?;
        if declare.passive {
            return Ok(());
        }
        let resource = self.queue_resource(queue.vhost, queue.name);
        if declare.exclusive != queue.owner.is_some() {
            return Err(locked(&resource));
        }
        let flags = [
            ("durable", declare.durable && !declare.exclusive, queue.durable),
            ("auto_delete", declare.auto_delete, queue.auto_delete),
        ];
        if let Some((flag, new, old)) = flags.into_iter().find(|(_, new, old)| new != old) {
            let text =
                format!("inequivalent arg '{flag}' for {resource}: received '{new}' but current is '{old}'");
            return Err(failure(ReplyCode::PreconditionFailed, rules::Q_1, text));
        }
        for key in COMPARED {
            let (new, old) = (declare.arguments.get(key), queue.arguments.get(key));
            if let Some(text) = argument_difference(key, &resource, new, old) {
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_1, text));
            }
        }
        Ok(())
    }

    /// Refuses another connection's exclusive queue. Source: rule CON-18.
    pub(super) fn not_locked(&self, place: u32, id: QueueId) -> Handled {
        let queue = &self.queues[id.0];
        match queue.owner {
            Some(owner) if owner != self.channels[place].at.connection => {
                Err(locked(&self.queue_resource(queue.vhost, queue.name)))
            }
            _ => Ok(()),
        }
    }

    /// The queue declared last on this channel. Source: rule BND-3.
    pub(super) fn last_queue(&self, place: u32) -> Result<Name, super::error::Failure> {
        let none = || failure(ReplyCode::NotFound, rules::BND_3, "no previously declared queue");
        self.channels[place].last_queue.ok_or_else(none)
    }

    /// The queue that a method names, or the one declared last if it names none; it must exist and not be locked.
    pub(super) fn named_queue(
        &self,
        place: u32,
        name: Name,
        rule: RuleRef,
    ) -> Result<QueueId, super::error::Failure> {
        let vhost = self.channels[place].vhost;
        let name = if name == Name::EMPTY { self.last_queue(place)? } else { name };
        let missing =
            || failure(ReplyCode::NotFound, rule, format!("no {}", self.queue_resource(vhost, name)));
        let id = self.find_queue(vhost, name).ok_or_else(missing)?;
        self.not_locked(place, id)?;
        Ok(id)
    }

    pub(super) fn purge(&mut self, place: u32, name: Name, step: &mut Step<'_, impl Out>) -> Handled {
        let id = self.named_queue(place, name, rules::Q_13)?;
        let message_count = self.drop_ready(id, LossCause::Purged, rules::Q_13, step);
        step.out.send(self.channels[place].at, ServerMethod::QueuePurgeOk { message_count });
        Ok(())
    }

    /// Drops all ready messages of a queue; how many.
    fn drop_ready(
        &mut self,
        id: QueueId,
        cause: LossCause,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) -> u32 {
        let ready = std::mem::take(&mut self.queues[id.0].ready);
        let unacked = self.queues[id.0].unacked;
        for (left, entry) in (0..ready.len() as u32).rev().zip(&ready) {
            let message = self.messages.id(entry.slot());
            step.out.fact(Fact::Lost { queue: id, message, cause, ready: left, unacked }, rule);
            self.messages.release(entry.slot());
        }
        step.out.level(id, 0, unacked);
        ready.len() as u32
    }

    pub(super) fn delete_queue(
        &mut self,
        place: u32,
        name: Name,
        if_unused: bool,
        if_empty: bool,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        let name = if name == Name::EMPTY { self.last_queue(place)? } else { name };
        let mut message_count = 0;
        if let Some(id) = self.find_queue(vhost, name) {
            self.not_locked(place, id)?;
            let queue = &self.queues[id.0];
            let resource = self.queue_resource(vhost, name);
            if if_empty && !queue.ready.is_empty() {
                let text = format!("{resource} not empty");
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_8, text));
            }
            if if_unused && !queue.consumers.is_empty() {
                return Err(failure(ReplyCode::PreconditionFailed, rules::Q_8, format!("{resource} in use")));
            }
            message_count = queue.ready_count();
            self.remove_queue(id, rules::Q_9, step);
        }
        step.out.send(at, ServerMethod::QueueDeleteOk { message_count });
        Ok(())
    }

    /// Deletes an auto-delete queue that has just lost its last consumer; whether it did. Source: rule CON-22.
    pub(super) fn delete_if_abandoned(&mut self, id: QueueId, step: &mut Step<'_, impl Out>) -> bool {
        let abandoned = !self.stopping
            && self.queues.get(id.0).is_none_or(|queue| queue.auto_delete && queue.consumers.is_empty());
        if abandoned {
            self.remove_queue(id, rules::CON_22, step);
        }
        abandoned
    }

    /// Takes a queue away: its bindings first, then its messages and consumers. Source: rules BND-5, Q-10, Q-11.
    pub(super) fn remove_queue(&mut self, id: QueueId, rule: RuleRef, step: &mut Step<'_, impl Out>) {
        let Some(queue) = self.queues.get(id.0) else { return };
        let (name, vhost, messages) = (queue.name, queue.vhost, queue.ready_count() + queue.unacked);
        self.unbind_destination(Destination::Queue(id), vhost, name, step);
        self.drop_ready(id, LossCause::QueueDeleted, rule, step);
        self.let_go_of_deliveries(id, LossCause::QueueDeleted, rule, step);
        for consumer in self.queues[id.0].consumers.clone() {
            let (tag, channel) = (self.consumers[consumer.0].tag, self.consumers[consumer.0].channel);
            self.remove_consumer(consumer, rules::Q_11, step);
            let channel = &self.channels[channel];
            if channel.state == ChannelState::Open {
                step.out.send(channel.at, ServerMethod::BasicCancel { consumer_tag: tag });
            }
        }
        self.queues.remove(id.0);
        self.vhosts[vhost as usize].queues.remove(&name);
        self.topology += 1;
        step.out.fact(Fact::QueueDeleted { queue: id, messages }, rule);
        step.out.level(id, 0, 0);
    }

    /// Forgets what a queue has handed out; the tags stay known to their channels, and settling them does nothing.
    /// Source: rule Q-11.
    fn let_go_of_deliveries(
        &mut self,
        id: QueueId,
        cause: LossCause,
        rule: RuleRef,
        step: &mut Step<'_, impl Out>,
    ) {
        let places: Vec<u32> = self.channels.iter().map(|(place, _)| place).collect();
        for place in places {
            let at = self.channels[place].at;
            for gone in self.channels[place].unacked.forget(id) {
                self.queues[id.0].unacked -= 1;
                let fact = Fact::Settled {
                    queue: id,
                    channel: at,
                    consumer: gone.consumer,
                    delivery_tag: gone.tag,
                    message: self.messages.id(gone.entry.slot()),
                    how: Settlement::Gone(cause),
                    ready: 0,
                    unacked: self.queues[id.0].unacked,
                };
                step.out.fact(fact, rule);
                self.messages.release(gone.entry.slot());
            }
        }
    }
}

fn locked(resource: &str) -> super::error::Failure {
    let text = format!(
        "cannot obtain exclusive access to locked {resource}. It could be originally declared on another connection or \
         the exclusive property value does not match that of the original declaration."
    );
    failure(ReplyCode::ResourceLocked, rules::CON_18, text)
}
