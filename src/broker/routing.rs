//! Routing: which queues a message goes to, through exchanges that lead to exchanges. Source: rules RT-9 to RT-12, EX-14,
//! AE-1 to AE-3, `rabbit_exchange:route`.

use std::collections::BTreeSet;

use super::exchange::{Destination, ExchangeId};
use super::{Broker, Name};
use crate::amqp::{FieldTable, FieldValue, QueueId};
use crate::rules::{self, RuleRef};

/// The header with more routing keys, which everybody sees.
pub(super) const CC: &str = "CC";
/// The header with more routing keys, which nobody sees.
pub(super) const BCC: &str = "BCC";

/// The keys that a message is routed by: its own and those of the headers `CC` and `BCC`. Source: rule RT-9.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) first: Name,
    /// Texts, since few of them are names that anybody knows.
    pub(super) more: Vec<Box<str>>,
}

impl Keys {
    pub(super) fn of(first: Name) -> Self {
        Keys { first, more: Vec::new() }
    }
}

/// The keys in `CC`, then those in `BCC`. Values that are no strings are passed over.
pub(super) fn more_keys(headers: &FieldTable) -> Vec<Box<str>> {
    let mut keys = carbon_copies(headers);
    keys.extend(keys_in(headers, BCC));
    keys
}

/// The keys in `CC`.
pub(super) fn carbon_copies(headers: &FieldTable) -> Vec<Box<str>> {
    keys_in(headers, CC).collect()
}

fn keys_in<'a>(headers: &'a FieldTable, header: &str) -> impl Iterator<Item = Box<str>> + use<'a> {
    let values = match headers.get(header) {
        Some(FieldValue::Array(values)) => &values[..],
        _ => &[],
    };
    values.iter().filter_map(|value| value.as_str().map(Into::into))
}

/// The header of more routing keys that is no array, with its type. Source: rule RT-9.
pub(super) fn bad_keys(headers: &FieldTable) -> Option<(&'static str, &'static str)> {
    [CC, BCC].into_iter().find_map(|header| match headers.get(header) {
        None | Some(FieldValue::Array(_)) => None,
        Some(other) => Some((header, other.type_name())),
    })
}

impl Broker {
    /// The rule by which an exchange chooses the queues of a message that it can send somewhere.
    pub(super) fn rule_of_route(&self, vhost: u16, exchange: Name, headers: Option<&FieldTable>) -> RuleRef {
        if headers.is_some_and(|headers| [CC, BCC].iter().any(|header| headers.get(header).is_some())) {
            return rules::RT_9;
        }
        if exchange == Name::EMPTY {
            return rules::EX_14;
        }
        match self.find_exchange(vhost, exchange).map(|id| self.exchanges[id.0].kind) {
            Some(kind) => kind.rule(),
            None => rules::RT_10,
        }
    }

    /// All queues that a message reaches from an exchange, each once, by name. Each exchange is visited once, so cycles
    /// end. Source: rules RT-10 to RT-12.
    pub(super) fn route(&self, from: ExchangeId, keys: &Keys, headers: Option<&FieldTable>) -> Vec<QueueId> {
        let exchange = &self.exchanges[from.0];
        let mut reached: Vec<QueueId> = Vec::new();
        let texts = || std::iter::once(self.names.text(keys.first)).chain(keys.more.iter().map(|key| &**key));
        if exchange.name == Name::EMPTY {
            // Every queue is bound by its name, but only for what is published here. Source: rule EX-14.
            let named = texts().filter_map(|key| self.names.find(key));
            reached.extend(named.filter_map(|name| self.find_queue(exchange.vhost, name)));
            self.sort_queues(&mut reached);
            return reached;
        }
        let mut visited = BTreeSet::from([from]);
        let mut pending = vec![from];
        let mut found = Vec::new();
        while let Some(id) = pending.pop() {
            let exchange = &self.exchanges[id.0];
            found.clear();
            for key in texts() {
                exchange.route(&self.names, key, headers, &mut found);
            }
            if found.is_empty() {
                // Source: rules AE-1 and AE-2.
                let alternate = exchange.alternate.and_then(|name| self.find_exchange(exchange.vhost, name));
                found.extend(alternate.map(Destination::Exchange));
            }
            for destination in &found {
                match *destination {
                    Destination::Queue(queue) => reached.push(queue),
                    Destination::Exchange(next) if visited.insert(next) => pending.push(next),
                    Destination::Exchange(_) => {}
                }
            }
        }
        self.sort_queues(&mut reached);
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: rule RT-9.
    #[test]
    fn both_headers_add_keys_and_what_is_no_string_is_passed_over() {
        let array = |values: &[FieldValue]| FieldValue::Array(values.to_vec());
        let mut headers = FieldTable::new();
        headers.set(CC, array(&["a".into(), 1.into()]));
        headers.set(BCC, array(&["b".into()]));
        assert_eq!(more_keys(&headers), ["a".into(), "b".into()]);
        assert_eq!(carbon_copies(&headers), ["a".into()]);
        assert_eq!(bad_keys(&headers), None);
        headers.set(BCC, "b");
        assert_eq!(bad_keys(&headers), Some((BCC, "longstr")));
    }
}
