//! Producers.

use crate::model::{Declaration, ProducerSpec};
use crate::random::Distribution;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::Table;
use crate::scenario::quantities::{distribution, duration, size};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::{integer, name, short_text, short_texts};
use crate::units::{SimDuration, SimTime};

use super::clients::Clients;
use super::declares::{Declared, declarations};
use super::{client_starts_late, instant, readers};

/// A producer with the places that checks across tables need.
#[derive(Debug)]
pub(super) struct Producer {
    pub(super) spec: ProducerSpec,
    pub(super) name: Placed<String>,
    pub(super) exchange: Placed<String>,
    /// In the order of the spec's routing keys, with the place of the key that gives them.
    pub(super) routing_keys: Placed<Vec<String>>,
    pub(super) declares: Vec<Declared>,
    /// That of its connection.
    pub(super) vhost: String,
}

pub(super) fn read(
    tree: &Table,
    clients: &mut Clients,
    end: &Placed<SimDuration>,
    problems: &mut Problems,
) -> Vec<Producer> {
    let mut producers = Vec::new();
    readers(tree, "producer", problems, |reader| {
        let name = reader.read("name", name).unwrap_or_default();
        let channel = clients.channel_of(&name, reader);
        let exchange = reader.read("exchange", short_text).unwrap_or_default();
        let routing_keys = routing_keys(reader);
        let (start, stop) = interval(reader, end);
        let vhost = clients.vhost_of(channel);
        let declares = reader.read("declare", declarations).unwrap_or_default().value;
        let declares = Declared::of(&vhost, declares);
        let spec = ProducerSpec {
            name: name.value.clone(),
            channel,
            declares: specs(&declares),
            exchange: exchange.value.clone(),
            routing_keys: routing_keys.value.clone(),
            count: reader.read("count", integer).map(|count| count.value),
            start,
            stop,
            interarrival: reader
                .read("interarrival", distribution)
                .map_or(Distribution::Constant(SimDuration::ZERO), |interarrival| interarrival.value),
            message_size: message_size(reader),
            persistent: reader.flag("persistent"),
            priority: reader.read("priority", integer).unwrap_or_default().value as u8,
            mandatory: reader.flag("mandatory"),
        };
        producers.push(Producer { spec, name, exchange, routing_keys, declares, vhost });
    });
    producers
}

/// The declarations without what only diagnostics need.
pub(super) fn specs(declares: &[Declared]) -> Vec<Declaration> {
    declares.iter().map(|declared| declared.declaration.clone()).collect()
}

/// One routing key or several in turn; the empty one where there is none.
fn routing_keys(reader: &mut Reader<'_>) -> Placed<Vec<String>> {
    let one = reader.read("routing-key", short_text);
    let several = reader.read("routing-keys", short_texts);
    if reader.has("routing-key") && reader.has("routing-keys") {
        let message = format!("{} has `routing-key` and `routing-keys`", reader.owner());
        let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, message)
            .at(reader.key_place("routing-keys"))
            .also(reader.key_place("routing-key"), "the single key is here")
            .help("take out one of them");
        reader.problems.push(diagnostic);
    }
    // Keys that could not be read are none, rather than an empty one that routes nowhere.
    let unreadable = reader.has("routing-key") || reader.has("routing-keys");
    let absent = if unreadable { Vec::new() } else { vec![String::new()] };
    several
        .or(one.map(|key| Placed { value: vec![key.value], place: key.place }))
        .unwrap_or_else(|| Placed { value: absent, place: reader.place().cloned() })
}

fn interval(reader: &mut Reader<'_>, end: &Placed<SimDuration>) -> (SimTime, Option<SimTime>) {
    let start = reader.read("start", duration).unwrap_or_default();
    let stop = reader.read("stop", duration);
    client_starts_late(reader, &start, end);
    if let Some(stop) = &stop
        && stop.value <= start.value
    {
        let message =
            format!("{} stops at {}, but does not start before {}", reader.owner(), stop.value, start.value);
        reader.problems.push(
            Diagnostic::error(ids::STOP_BEFORE_START, message)
                .at(stop.place.as_ref())
                .also(start.place.as_ref(), "it starts here")
                .help(format!("raise `stop` above {}", start.value)),
        );
    }
    (instant(start.value), stop.map(|stop| instant(stop.value)))
}

pub(super) fn message_size(reader: &mut Reader<'_>) -> u32 {
    let Some(bytes) = reader.read("message-size", size) else { return 0 };
    u32::try_from(bytes.value).unwrap_or_else(|_| {
        let message = format!("a message of {} has {} bytes", reader.owner(), bytes.value);
        reader.problems.push(
            Diagnostic::error(ids::QUANTITY_TOO_LARGE, message)
                .at(bytes.place.as_ref())
                .note(format!("a message has at most {} bytes", u32::MAX)),
        );
        0
    })
}
