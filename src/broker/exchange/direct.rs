//! Direct exchanges: the binding key must equal the routing key. Source: rule RT-1.

use std::collections::BTreeMap;

use super::{Binding, Destination};
use crate::amqp::Name;

pub(super) fn route(bindings: &BTreeMap<Name, Vec<Binding>>, key: Name, found: &mut Vec<Destination>) {
    found.extend(bindings.get(&key).into_iter().flatten().map(|binding| binding.destination));
}
