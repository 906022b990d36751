//! Direct exchanges: the binding key must equal the routing key. Source: rule RT-1.

use std::collections::BTreeMap;

use super::{Binding, Destination};
use crate::amqp::Name;

/// A key that is no name yet is nobody's binding key.
pub(super) fn route(
    bindings: &BTreeMap<Name, Vec<Binding>>,
    key: Option<Name>,
    found: &mut Vec<Destination>,
) {
    let bound = key.and_then(|key| bindings.get(&key));
    found.extend(bound.into_iter().flatten().map(|binding| binding.destination));
}
