//! Exchanges and queues by their names. Source: rules CON-18, BND-3, EX-7.

use super::Broker;
use super::error::{Failure, Handled, exchange_text, failure, queue_text};
use super::exchange::ExchangeId;
use crate::amqp::{Name, QueueId, ReplyCode};
use crate::rules::{self, RuleRef};

impl Broker {
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
    pub(super) fn not_the_default_exchange(exchange: Name) -> Handled {
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
    ) -> Result<ExchangeId, Failure> {
        self.find_exchange(vhost, name).ok_or_else(|| {
            failure(ReplyCode::NotFound, rule, format!("no {}", self.exchange_resource(vhost, name)))
        })
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

    /// The name without line ends, as declarations take it. Source: rule CON-26.
    pub(super) fn without_line_ends(&mut self, name: Name) -> Name {
        let text = self.names.text(name);
        if !text.contains(['\r', '\n']) {
            return name;
        }
        let text = text.replace(['\r', '\n'], "");
        self.names.intern(&text)
    }

    /// The queue declared last on this channel. Source: rule BND-3.
    pub(super) fn last_queue(&self, place: u32) -> Result<Name, Failure> {
        let none = || failure(ReplyCode::NotFound, rules::BND_3, "no previously declared queue");
        self.channels[place].last_queue.ok_or_else(none)
    }

    /// The queue that a method names, or the one declared last if it names none; it must exist and not be locked.
    /// Source: rules ERR-1 and CON-18.
    pub(super) fn named_queue(&self, place: u32, name: Name) -> Result<QueueId, Failure> {
        let vhost = self.channels[place].vhost;
        let name = self.queue_name(place, name)?;
        let missing =
            || failure(ReplyCode::NotFound, rules::ERR_1, format!("no {}", self.queue_resource(vhost, name)));
        let id = self.find_queue(vhost, name).ok_or_else(missing)?;
        self.not_locked(place, id)?;
        Ok(id)
    }

    /// The name that a method means: the one declared last if it names none. Source: rule BND-3.
    pub(super) fn queue_name(&self, place: u32, name: Name) -> Result<Name, Failure> {
        if name == Name::EMPTY { self.last_queue(place) } else { Ok(name) }
    }
}

pub(super) fn locked(resource: &str) -> Failure {
    let text = format!(
        "cannot obtain exclusive access to locked {resource}. It could be originally declared on another connection or \
         the exclusive property value does not match that of the original declaration."
    );
    failure(ReplyCode::ResourceLocked, rules::CON_18, text)
}
