//! Exchanges: declare, delete. Source: rules EX-1 to EX-13.

use super::error::{Failure, Handled, argument_difference, failure};
use super::exchange::{Destination, Exchange, ExchangeId, ExchangeKind};
use super::users::Permission;
use super::{Broker, Out, Step};
use crate::amqp::{ExchangeDeclare, FieldTable, Name, ReplyCode, ServerMethod};
use crate::observe::Fact;
use crate::rules::{self, RuleRef};

/// The argument for the exchange of messages that find no binding.
const ALTERNATE: &str = "alternate-exchange";

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

/// Whether every virtual host has an exchange of this name.
pub(super) fn is_predeclared(name: &str) -> bool {
    PREDECLARED.iter().any(|(predeclared, _)| *predeclared == name)
}

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
            alternate: None,
            bindings: std::collections::BTreeMap::new(),
        });
        self.vhosts[vhost as usize].exchanges.insert(name, ExchangeId(id));
    }

    pub(super) fn declare_exchange(
        &mut self,
        place: u32,
        mut declare: ExchangeDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        declare.exchange = self.without_line_ends(declare.exchange);
        let declare = &declare;
        let (at, vhost) = (self.channels[place].at, self.channels[place].vhost);
        Self::not_the_default_exchange(declare.exchange)?;
        if declare.passive {
            self.check_passive_permission(place, declare.exchange, || {
                self.exchange_resource(vhost, declare.exchange)
            })?;
            self.existing_exchange(vhost, declare.exchange, rules::EX_4)?;
        } else {
            let kind = self.known_exchange_kind(declare.kind)?;
            self.check_exchange_permission(place, Permission::Configure, declare.exchange)?;
            match self.find_exchange(vhost, declare.exchange) {
                Some(id) => self.same_exchange(id, declare)?,
                None => self.create_exchange(place, kind, declare, step)?,
            }
        }
        if !declare.no_wait {
            step.out.send(at, ServerMethod::ExchangeDeclareOk);
        }
        Ok(())
    }

    fn known_exchange_kind(&self, kind: Name) -> Result<ExchangeKind, Failure> {
        let text = self.names.text(kind);
        ExchangeKind::find(text).ok_or_else(|| {
            let code = if self.profile.unknown_type_closes_connection {
                ReplyCode::CommandInvalid
            } else {
                ReplyCode::PreconditionFailed
            };
            failure(code, rules::EX_5, format!("unknown exchange type '{text}'"))
        })
    }

    fn create_exchange(
        &mut self,
        place: u32,
        kind: ExchangeKind,
        declare: &ExchangeDeclare,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        let vhost = self.channels[place].vhost;
        let text = self.names.text(declare.exchange);
        if text.starts_with("amq.") {
            let text = format!("exchange name '{text}' contains reserved prefix 'amq.*'");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_6, text));
        }
        let alternate = self.check_alternate(place, declare)?;
        let id = self.exchanges.insert(Exchange {
            name: declare.exchange,
            vhost,
            kind,
            kind_name: declare.kind,
            durable: declare.durable,
            auto_delete: declare.auto_delete,
            internal: declare.internal,
            arguments: declare.arguments.clone(),
            alternate,
            bindings: std::collections::BTreeMap::new(),
        });
        self.vhosts[vhost as usize].exchanges.insert(declare.exchange, ExchangeId(id));
        self.topology += 1;
        let fact = Fact::ExchangeDeclared { exchange: declare.exchange, kind: declare.kind };
        step.out.fact(fact, kind.rule());
        Ok(())
    }

    /// The alternate exchange of a new exchange; it need not exist. Source: rule EX-13.
    fn check_alternate(&mut self, place: u32, declare: &ExchangeDeclare) -> Result<Option<Name>, Failure> {
        let vhost = self.channels[place].vhost;
        let argument = declare.arguments.get(ALTERNATE);
        if let Some(value) = argument {
            let Some(text) = value.as_str() else {
                let resource = self.exchange_resource(vhost, declare.exchange);
                let text =
                    format!("invalid type '{}' for arg '{ALTERNATE}' in {resource}", value.type_name());
                return Err(failure(ReplyCode::PreconditionFailed, rules::EX_13, text));
            };
            let alternate = self.names.intern(text);
            self.check_exchange_permission(place, Permission::Read, declare.exchange)?;
            self.check_exchange_permission(place, Permission::Write, alternate)?;
        }
        Ok(self.alternate_of(vhost, declare.exchange, &declare.arguments))
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
        let key = ALTERNATE;
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
        Self::not_the_default_exchange(name)?;
        let resource = self.exchange_resource(vhost, name);
        if self.names.text(name).starts_with("amq.") {
            let text = format!("deletion of system {resource} not allowed");
            return Err(failure(ReplyCode::AccessRefused, rules::EX_8, text));
        }
        self.check_exchange_permission(place, Permission::Configure, name)?;
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
}
