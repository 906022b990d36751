//! Consumers.

use crate::model::{AckBatchSpec, Acknowledge, ConsumerSpec, Pace};
use crate::random::Distribution;
use crate::scenario::arguments::consumer_arguments;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::node::{Node, Table, Value};
use crate::scenario::quantities::{duration, permille, size};
use crate::scenario::reader::{Reader, Reading};
use crate::scenario::source::Placed;
use crate::scenario::values::{integer, name, short_text, wrong_type};
use crate::units::{SimDuration, SimTime};

use super::check::refuse;
use super::class::Classes;
use super::clients::Clients;
use super::declares::{Declared, declarations};
use super::downstream::Downstreams;
use super::names::within;
use super::pace::pairs;
use super::producer::{Producer, conflict, interval, needs, specs};
use super::{conclusion, instant, readers};

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
    (classes, downstreams): (&Classes, &Downstreams),
    end: &Placed<SimDuration>,
    problems: &mut Problems,
) -> Vec<Consumer> {
    let mut consumers = Vec::new();
    readers(tree, "consumer", problems, |reader| {
        let name = reader.read("name", name).unwrap_or_default();
        let channel = clients.channel_of(&name, reader);
        let queue = reader.read("queue", short_text);
        let (mut start, stop) = interval(reader, end);
        let schedule = schedule(reader);
        start = schedule.first().map_or(start, |shift| shift.0);
        let vhost = clients.vhost_of(channel);
        let declares = reader.read("declare", declarations).unwrap_or_default().value;
        let declares = Declared::of(&vhost, declares);
        let call = downstreams.call(reader);
        let may_fail = call.as_ref().map(|call| downstreams.may_fail(call));
        let conclusions = conclusion::read(reader, classes, may_fail);
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
            concurrency: concurrency(reader),
            warm_up: warm_up(reader),
            failure: conclusions.failure,
            call,
            ack_batch: ack_batch(reader, conclusions.acknowledge),
            schedule,
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

/// How many messages it works on at once.
fn concurrency(reader: &mut Reader<'_>) -> u32 {
    let concurrency = reader.read("concurrency", integer).map_or(1, |count| count.value as u32);
    if concurrency > 1 && reader.has("ack-batch") {
        let message = format!("{} works on several messages at once and has an `ack-batch`", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::CONFLICTING_KEYS, message)
                .at(reader.key_place("ack-batch"))
                .also(reader.key_place("concurrency"), "it works on several here")
                .help("take out one of them")
                .note("`multiple` would acknowledge messages that are still worked on"),
        );
    }
    concurrency
}

fn warm_up(reader: &mut Reader<'_>) -> Option<(SimDuration, u32)> {
    let lasts = reader.read("warm-up", duration);
    let speed = reader.read("warm-up-speed", permille).map_or(1000, |speed| speed.value);
    needs(reader, "warm-up-speed", "warm-up", "\"30s\"");
    lasts.map(|lasts| (lasts.value, speed))
}

/// When it is subscribed, in order; empty where `start` and `stop` say so.
fn schedule(reader: &mut Reader<'_>) -> Vec<(SimTime, SimTime)> {
    let shifts = reader.read("schedule", stretches).unwrap_or_default().value;
    for key in ["start", "stop"] {
        conflict(reader, "schedule", key);
    }
    shifts
}

/// A converter for stretches of time, in order.
pub(super) fn stretches(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<(SimTime, SimTime)>> {
    let nodes = match &node.value {
        Value::List(nodes) if !nodes.is_empty() => nodes,
        _ => {
            wrong_type(node, reading);
            return None;
        }
    };
    let mut stretches: Vec<(SimTime, SimTime)> = Vec::new();
    for (from, until) in pairs(node, nodes, reading, ["from", "until"])? {
        let (begin, end) = (duration(from, reading), duration(until, reading));
        let (begin, end) = (begin?, end?);
        if instant(begin) < stretches.last().map_or(SimTime::ZERO, |last| last.1) || begin >= end {
            let (key, owner) = (reading.key.name, reading.owner);
            let message = format!("`{key}` of {owner} is in order of time, got {begin} to {end}");
            reading.problems.push(
                Diagnostic::error(ids::UNORDERED_INSTANTS, message)
                    .at(from.place.as_ref())
                    .help("each `until` comes after its `from`, and each `from` after the `until` before it"),
            );
            return None;
        }
        stretches.push((instant(begin), instant(end)));
    }
    Some(stretches)
}

/// Acknowledgements of several deliveries at once.
fn ack_batch(reader: &mut Reader<'_>, acknowledge: Acknowledge) -> Option<AckBatchSpec> {
    let size = reader.read("ack-batch", integer);
    let delay = reader.read("ack-batch-delay", duration).map(|delay| delay.value);
    needs(reader, "ack-batch-delay", "ack-batch", "10");
    let size = size?;
    if acknowledge != Acknowledge::AfterProcessing {
        refuse(reader, "a consumer that does not acknowledge after processing", &["ack-batch"]);
    }
    let prefetch = reader.read("prefetch-count", integer).map_or(0, |count| count.value);
    if delay.is_none() && (1..size.value).contains(&prefetch) {
        let message = format!(
            "{} waits for {} deliveries, but gets only {prefetch} before it acknowledges",
            reader.owner(),
            size.value
        );
        reader.problems.push(
            Diagnostic::warning(ids::BATCH_BEYOND_PREFETCH, message)
                .at(size.place.as_ref())
                .also(reader.place_of("prefetch-count"), "the prefetch count is here")
                .help("add `ack-batch-delay = \"100ms\"`, or raise `prefetch-count`"),
        );
    }
    Some(AckBatchSpec { size: size.value as u32, delay })
}

/// Reports replies to what a consumer works on several at a time: they are made in the order of the requests.
pub(super) fn in_order(producers: &[Producer], consumers: &[Consumer], problems: &mut Problems) {
    for producer in producers {
        let Pace::After { consumer, replies: true } = producer.spec.pace else { continue };
        let Some(server) = consumers.get(consumer).filter(|server| server.spec.concurrency > 1) else {
            continue;
        };
        let (name, server_name) = (&producer.name.value, &server.name.value);
        let message =
            format!("producer `{name}` replies to what `{server_name}` does, which works on several at once");
        problems.push(
            Diagnostic::error(ids::CONFLICTING_KEYS, message)
                .at(producer.name.place.as_ref())
                .also(server.name.place.as_ref(), "the consumer is here")
                .help("take several consumers instead of a `concurrency` above 1: `count = 4`"),
        );
    }
}

/// Reports consumers that acknowledge by `multiple` what others on their channel hold.
pub(super) fn alone(consumers: &[Consumer], problems: &mut Problems) {
    for (at, consumer) in consumers.iter().enumerate().filter(|(_, one)| one.spec.ack_batch.is_some()) {
        let other = consumers
            .iter()
            .enumerate()
            .find(|(other, one)| *other != at && one.spec.channel == consumer.spec.channel);
        if let Some((_, other)) = other {
            let (name, other_name) = (&consumer.name.value, &other.name.value);
            let message =
                format!("consumer `{name}` has an `ack-batch` on a channel that `{other_name}` uses too");
            problems.push(
                Diagnostic::error(ids::CONFLICTING_KEYS, message)
                    .at(consumer.name.place.as_ref())
                    .also(other.name.place.as_ref(), "the other consumer is here")
                    .help("give each a channel of its own")
                    .note("`multiple` acknowledges all deliveries of the channel"),
            );
        }
    }
}
