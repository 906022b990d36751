//! Fanout exchanges: every binding matches, whatever the keys. Source: rule RT-1.

use std::collections::BTreeMap;

use super::{Binding, Destination};
use crate::amqp::Name;

pub(super) fn route(bindings: &BTreeMap<Name, Vec<Binding>>, found: &mut Vec<Destination>) {
    found.extend(bindings.values().flatten().map(|binding| binding.destination));
}
