//! Exchanges: what they are, and which queues a message goes to. One type a file.

mod direct;
mod fanout;
mod headers;
mod topic;

use std::collections::BTreeMap;

use crate::amqp::{FieldTable, Name, Names, QueueId};
use crate::rules::{self, RuleRef};

pub(super) use topic::matches as topic_matches;

/// The type of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExchangeKind {
    Direct,
    Fanout,
    Topic,
    Headers,
}

impl ExchangeKind {
    pub(super) fn find(name: &str) -> Option<ExchangeKind> {
        match name {
            "direct" => Some(ExchangeKind::Direct),
            "fanout" => Some(ExchangeKind::Fanout),
            "topic" => Some(ExchangeKind::Topic),
            "headers" => Some(ExchangeKind::Headers),
            _ => None,
        }
    }

    /// What its type does.
    pub(super) fn rule(self) -> RuleRef {
        match self {
            ExchangeKind::Direct | ExchangeKind::Fanout => rules::RT_1,
            ExchangeKind::Topic => rules::RT_2,
            ExchangeKind::Headers => rules::RT_5,
        }
    }
}

/// An exchange by its place in the broker's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ExchangeId(pub(super) u32);

/// Where a binding leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Destination {
    Queue(QueueId),
    Exchange(ExchangeId),
}

/// A binding of one key. Its identity is (source, destination, key, arguments). Source: rule BND-1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) destination: Destination,
    pub(super) arguments: FieldTable,
}

/// An exchange with the bindings that leave from it.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) name: Name,
    pub(super) vhost: u16,
    pub(super) kind: ExchangeKind,
    pub(super) kind_name: Name,
    pub(super) durable: bool,
    pub(super) auto_delete: bool,
    pub(super) internal: bool,
    pub(super) arguments: FieldTable,
    /// Where messages go that find no binding here. Source: rule AE-1.
    pub(super) alternate: Option<Name>,
    /// By binding key; bindings of one key in order of declaration.
    pub(super) bindings: BTreeMap<Name, Vec<Binding>>,
}

impl Exchange {
    /// Adds the destinations of a message with routing key `key` to `found`, in no particular order, some maybe twice.
    pub(super) fn route(
        &self,
        names: &Names,
        key: &str,
        headers: Option<&FieldTable>,
        found: &mut Vec<Destination>,
    ) {
        match self.kind {
            ExchangeKind::Direct => direct::route(&self.bindings, names.find(key), found),
            ExchangeKind::Fanout => fanout::route(&self.bindings, found),
            ExchangeKind::Topic => topic::route(&self.bindings, names, key, found),
            ExchangeKind::Headers => headers::route(&self.bindings, headers, found),
        }
    }

    /// Why this exchange takes no binding with these arguments, if it does not. Source: rule RT-8.
    pub(super) fn binding_refusal(&self, arguments: &FieldTable) -> Option<String> {
        match self.kind {
            ExchangeKind::Headers => headers::refusal(arguments),
            ExchangeKind::Direct | ExchangeKind::Fanout | ExchangeKind::Topic => None,
        }
    }

    /// Adds a binding unless it is there; whether it was added.
    pub(super) fn bind(&mut self, key: Name, binding: Binding) -> bool {
        let bindings = self.bindings.entry(key).or_default();
        let known = bindings
            .iter()
            .any(|b| b.destination == binding.destination && b.arguments.same_as(&binding.arguments));
        if !known {
            bindings.push(binding);
        }
        !known
    }

    /// Whether this very binding is there.
    pub(super) fn is_bound(&self, key: Name, destination: Destination, arguments: &FieldTable) -> bool {
        self.bindings.get(&key).is_some_and(|bindings| {
            bindings.iter().any(|b| b.destination == destination && b.arguments.same_as(arguments))
        })
    }

    /// Takes all bindings away for which `leaves` holds; their keys.
    pub(super) fn unbind(
        &mut self,
        mut leaves: impl FnMut(Name, &Binding) -> bool,
    ) -> Vec<(Name, Destination)> {
        let mut gone = Vec::new();
        self.bindings.retain(|&key, bindings| {
            bindings.retain(|binding| {
                let leave = leaves(key, binding);
                if leave {
                    gone.push((key, binding.destination));
                }
                !leave
            });
            !bindings.is_empty()
        });
        gone
    }
}
