//! Consumers.

use crate::model::ConsumerSpec;
use crate::random::Distribution;
use crate::scenario::arguments::consumer_arguments;
use crate::scenario::diagnostic::Problems;
use crate::scenario::distributions::distribution;
use crate::scenario::node::Table;
use crate::scenario::quantities::{duration, permille, size};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::{integer, name, short_text};
use crate::units::SimDuration;

use super::class::Classes;
use super::clients::Clients;
use super::declares::{Declared, declarations};
use super::names::within;
use super::producer::{interval, specs};
use super::{conclusion, readers};

/// A consumer with the places that checks across tables need.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) spec: ConsumerSpec,
    pub(super) name: Placed<String>,
    /// As reports tell it. `None` where it could not be read, which has been reported.
    pub(super) queue: Option<Placed<String>>,
    pub(super) declares: Vec<Declared>,
}

pub(super) fn read(
    tree: &Table,
    clients: &mut Clients,
    classes: &Classes,
    end: &Placed<SimDuration>,
    problems: &mut Problems,
) -> Vec<Consumer> {
    let mut consumers = Vec::new();
    readers(tree, "consumer", problems, |reader| {
        let name = reader.read("name", name).unwrap_or_default();
        let channel = clients.channel_of(&name, reader);
        let queue = reader.read("queue", short_text);
        let (start, stop) = interval(reader, end);
        let vhost = clients.vhost_of(channel);
        let declares = reader.read("declare", declarations).unwrap_or_default().value;
        let declares = Declared::of(&vhost, declares);
        let conclusions = conclusion::read(reader, classes);
        let spec = ConsumerSpec {
            name: name.value.clone(),
            channel,
            declares: specs(&declares),
            queue: queue.as_ref().map(|queue| queue.value.clone()).unwrap_or_default(),
            prefetch_count: reader.read("prefetch-count", integer).unwrap_or_default().value as u16,
            prefetch_global: reader.flag("prefetch-global"),
            acknowledge: conclusions.acknowledge,
            exclusive: reader.flag("exclusive"),
            arguments: reader.read("arguments", consumer_arguments).unwrap_or_default().value,
            start,
            stop,
            service_times: service_times(reader, classes),
            bandwidth: reader.read("bandwidth", size).unwrap_or_default().value,
            speed_permille: reader.read("speed", permille).map_or(1000, |speed| speed.value),
            refuse_by: conclusions.refuse_by,
            restart_after: conclusions.restart_after,
            conclusions: conclusions.by_class,
            idempotent: reader.flag("idempotent"),
            resubscribe_delay: reader.read("resubscribe-delay", duration).map(|delay| delay.value),
        };
        let queue = queue.map(|queue| within(&vhost, &queue));
        consumers.push(Consumer { spec, name, queue, declares });
    });
    consumers
}

/// One distribution for each class: its own one, or that of all messages.
fn service_times(reader: &mut Reader<'_>, classes: &Classes) -> Vec<Distribution> {
    let general = reader
        .read("service-time", distribution)
        .map_or(Distribution::Constant(SimDuration::ZERO), |time| time.value);
    let by_class = classes.distributions("service-time-by-class", "service time", reader);
    by_class.into_iter().map(|own| own.unwrap_or_else(|| general.clone())).collect()
}
