//! From the tree of a scenario to its specs: reads every table, resolves every reference. Knows no text and no address.
//!
//! A mistake is reported and replaced by something harmless, so that the rest is read too; whether anything was
//! reported decides if the result may be used.

mod backoff;
mod check;
mod class;
mod clients;
mod conclusion;
mod consumer;
mod declares;
mod downstream;
mod fault;
mod limits;
mod message;
mod names;
mod operator;
mod pace;
mod producer;
mod routes;
mod script;
mod settings;
mod storage;
mod storage_doubts;
mod study;
mod topology;
mod trigger;

use crate::broker::REPLY_TO;
use crate::model::{Declaration, SystemSpec};
use crate::units::{SimDuration, SimTime};

use super::Scenario;
use super::alike::key_of;
use super::diagnostic::{Diagnostic, Problems};
use super::ids;
use super::keys::{Form, TABLES, table};
use super::load::Head;
use super::node::{Node, Table, Value};
use super::reader::{Reader, not_a_table, unknown_key, unknown_table};
use super::source::Placed;
use super::values::{integer, text};

pub(super) use check::Variants;
use clients::Clients;
use consumer::Consumer;
use declares::Declared;
use names::{NAME_SELECTS_STREAMS, Names, within};
use operator::Operator;
use producer::Producer;
use script::Script;
use topology::Topology;

/// Reads a whole scenario; usable if no error was reported.
pub(super) fn scenario(
    tree: &Table,
    head: &Head<'_>,
    variants: Variants<'_>,
    problems: &mut Problems,
) -> Scenario {
    let question = top_level(tree, problems);
    let replication = settings::replication(tree, problems);
    let (profile, settings) = settings::broker(tree, problems);
    let storage = storage::read(tree, &profile.value, problems);
    let link = settings::link(tree, problems);
    let end = &replication.duration;

    let operator = Operator::read(tree, problems);
    let mut topology = Topology::read(tree, &profile, &operator, problems);
    let mut clients = Clients::read(tree, link, storage.cluster.nodes, &operator, problems);
    let classes = class::read(tree, problems);
    let downstreams = downstream::read(tree, problems);
    let mut producers = producer::read(tree, &mut clients, &classes, end, problems);
    let consumers = consumer::read(tree, &mut clients, (&classes, &downstreams), end, problems);
    let scripts = script::read(tree, &mut clients, end, problems);

    let (producer_names, consumer_names) = client_names(&producers, &consumers, &scripts, problems);
    consumer::alone(&consumers, problems);
    producer::follow(&mut producers, &consumer_names, problems);
    consumer::in_order(&producers, &consumers, problems);
    classes.check(&producer_names, problems);
    limits::classes(classes.names.iter().map(|name| name.place.as_ref()), problems);
    limits::entities("producers", producers.iter().map(|producer| producer.name.place.as_ref()), problems);
    limits::entities("consumers", consumers.iter().map(|consumer| consumer.name.place.as_ref()), problems);
    limits::entities("clients", scripts.iter().map(|script| script.name.place.as_ref()), problems);
    let connections: Vec<_> = clients.connection_names.iter().map(|name| name.place.as_ref()).collect();
    let last = connections.iter().rev().find_map(|place| *place);
    limits::entities("connections", connections.into_iter(), problems);
    limits::entities("channels", clients.channels.iter().map(|_| last), problems);
    limits::entities("policies", operator.spec.policies.iter().map(|_| None), problems);
    let queues = mentioned_queues(&topology, &producers, &consumers, &scripts);
    let (channels, links) = (clients.channels.len(), clients.connections.len());
    limits::timers(queues.iter().count(), channels, links, last, problems);
    references(&mut topology, &producers, &consumers, &scripts, problems);
    let targets = fault::Targets {
        consumers: &consumer_names,
        producers: &producer_names,
        connections: &clients.connection_names,
        queues: &queues,
        nodes: storage.cluster.nodes,
        end: &replication.duration,
    };
    let faults = fault::read(tree, &targets, problems);
    let entities = check::Entities {
        queues: &queues,
        consumers: &consumer_names,
        producers: &producer_names,
        downstreams: &downstreams.names,
    };
    let checks = check::read(tree, &entities, variants, problems);
    if producers.is_empty() && consumers.is_empty() && scripts.is_empty() && !problems.has_errors() {
        problems.push(
            Diagnostic::warning(ids::EMPTY_SCENARIO, "nothing happens: there is no producer and no consumer")
                .help("add `[[producer]]` and `[[consumer]]`"),
        );
    }

    let places = topology.places;
    let system = SystemSpec {
        settings,
        storage: Some(storage),
        operator: operator.spec,
        duration: instant(replication.duration.value),
        details: replication.study.details == Some(true),
        measured_from: replication.study.measured_from().map(instant),
        arrivals_end: None,
        events_max: replication.events_max,
        profile: profile.value,
        classes: classes.specs,
        topology: topology.declarations,
        connections: clients.connections,
        channels: clients.channels,
        downstreams: downstreams.specs,
        producers: producers.into_iter().map(|producer| producer.spec).collect(),
        consumers: consumers.into_iter().map(|consumer| consumer.spec).collect(),
        clients: scripts.into_iter().map(|script| script.spec).collect(),
        faults,
    };
    // What the file's reader has reported is not among these problems.
    if !problems.has_errors() && !tree.is_broken() {
        topology::refuse(&system, &places, problems);
        storage_doubts::check(tree, &system, problems);
    }
    Scenario {
        name: head.name.to_owned(),
        about: head.about.to_owned(),
        question,
        system,
        seed: replication.seed,
        replications: replication.replications,
        study: replication.study,
        checks,
    }
}

/// Reads the keys before the first table, and reports tables that a scenario does not have.
fn top_level(tree: &Table, problems: &mut Problems) -> Option<String> {
    let spec = table("scenario").expect("the table is in the list of tables");
    let named = |name: &str| TABLES.iter().any(|table| table.name == name && table.form != Form::Top);
    for entry in &tree.0 {
        if spec.key(&entry.key).is_some() || named(&entry.key) || entry.key == "fault" {
            continue;
        }
        let place = entry.key_place.as_ref();
        problems.push(match entry.node.value {
            Value::Table(_) | Value::List(_) => unknown_table(&entry.key, place),
            _ if entry.key == "node" => unknown_table(&entry.key, place),
            _ => unknown_key(spec, &entry.key, place),
        });
    }
    Reader::of_table(spec, tree, None, problems).read("question", text).map(|question| question.value)
}

/// Reads each table of a list; reports a single table in its place.
fn readers(tree: &Table, name: &str, problems: &mut Problems, mut read: impl FnMut(&mut Reader<'_>)) {
    let spec = table(name).expect("the table is in the list of tables");
    let nodes: &[Node] = match tree.get(name) {
        None => &[],
        Some(Node { value: Value::List(nodes), .. }) => nodes,
        Some(node) => return not_a_table(spec, node, problems),
    };
    for node in nodes {
        if let Some(mut reader) = Reader::new(spec, node, problems) {
            // One that is still there could not be read.
            if let Some(count) = key_of(name) {
                reader.read(count, integer);
            }
            read(&mut reader);
        }
    }
}

/// The instant at this length after the start.
fn instant(length: SimDuration) -> SimTime {
    SimTime::ZERO + length
}

/// Reports a client that starts when all is over.
fn client_starts_late(reader: &mut Reader<'_>, start: &Placed<SimDuration>, end: &Placed<SimDuration>) {
    if start.value >= end.value {
        let message = format!(
            "{} starts at {}, but the replication ends at {}",
            reader.owner(),
            start.value,
            end.value
        );
        reader.problems.push(
            Diagnostic::warning(ids::START_AFTER_END, message)
                .at(start.place.as_ref())
                .also(end.place.as_ref(), "the replication ends here"),
        );
    }
}

/// The names of producers and of consumers, each once. A client has neither's name.
fn client_names(
    producers: &[Producer],
    consumers: &[Consumer],
    scripts: &[Script],
    problems: &mut Problems,
) -> (Names, Names) {
    let mut producer_names = Names::new("producer", "producers", ids::UNKNOWN_PRODUCER);
    let mut consumer_names = Names::new("consumer", "consumers", ids::UNKNOWN_CONSUMER);
    // A name that could not be read is empty, and has been reported.
    for producer in producers.iter().filter(|producer| !producer.name.value.is_empty()) {
        producer_names.add(&producer.name, problems);
    }
    for consumer in consumers.iter().filter(|consumer| !consumer.name.value.is_empty()) {
        consumer_names.add(&consumer.name, problems);
        if let Some(first) = producer_names.get(&consumer.name.value) {
            let message = format!("a producer and a consumer are named `{}`", first.value);
            problems.push(
                Diagnostic::error(ids::DUPLICATE_NAME, message)
                    .at_with(consumer.name.place.as_ref(), "used again")
                    .also(first.place.as_ref(), "first used here")
                    .note(NAME_SELECTS_STREAMS),
            );
        }
    }
    script::check_names(scripts, &[&producer_names, &consumer_names], problems);
    (producer_names, consumer_names)
}

/// All queues in order of first mention, which is the order of a run's results.
fn mentioned_queues(
    topology: &Topology,
    producers: &[Producer],
    consumers: &[Consumer],
    scripts: &[Script],
) -> Names {
    let mut queues = Names::queues();
    for name in topology.queues.iter() {
        queues.add_once(name);
    }
    let of_producers = producers.iter().flat_map(|producer| &producer.declares);
    for declared in of_producers.chain(consumers.iter().flat_map(|consumer| &consumer.declares)) {
        declared.mention(&mut queues);
    }
    for script in scripts {
        script.mention(&mut queues);
    }
    for queue in consumers.iter().filter_map(|consumer| consumer.queue.as_ref()) {
        queues.add_once(queue);
    }
    queues
}

/// Reports queues and exchanges that clients use, but nobody declares; adds those that clients declare to the names.
fn references(
    topology: &mut Topology,
    producers: &[Producer],
    consumers: &[Consumer],
    scripts: &[Script],
    problems: &mut Problems,
) {
    let declares = || {
        let of_producers = producers.iter().map(|producer| ("producer", &producer.name, &producer.declares));
        let of_consumers = consumers.iter().map(|consumer| ("consumer", &consumer.name, &consumer.declares));
        of_producers.chain(of_consumers)
    };
    for declared in declares().flat_map(|(_, _, declares)| declares) {
        declared.announce(&mut topology.queues, &mut topology.exchanges);
    }
    for script in scripts {
        script.announce(&mut topology.queues, &mut topology.exchanges);
    }
    for (noun, name, declares) in declares() {
        let client = format!("{noun} `{}`", name.value);
        for declared in declares {
            declared.check(&client, &topology.queues, &topology.exchanges, problems);
        }
    }
    for producer in producers.iter().filter(|producer| !topology::is_predeclared(&producer.exchange.value)) {
        let exchange = within(&producer.vhost, &producer.exchange);
        let (name, shown) = (&producer.name.value, &exchange.value);
        let message = || format!("producer `{name}` publishes to exchange `{shown}`, which is not declared");
        topology.exchanges.find(&exchange, message, problems);
    }
    for consumer in consumers {
        if let Some(queue) = consumer.queue.as_ref().filter(|_| consumer.spec.queue != REPLY_TO) {
            let (name, queue_name) = (&consumer.name.value, &queue.value);
            let message = || format!("consumer `{name}` reads from `{queue_name}`, which is not declared");
            topology.queues.find(queue, message, problems);
        }
    }
    let of_scripts =
        scripts.iter().flat_map(|script| script.spec.declares().map(|one| (script.vhost.as_str(), one)));
    let declarations: Vec<(&str, &Declaration)> = topology
        .declarations
        .iter()
        .map(|one| (one.vhost.as_str(), &one.declaration))
        .chain(declares().flat_map(|(_, _, declares)| declares).map(Declared::within_vhost))
        .chain(of_scripts)
        .collect();
    let clients = routes::Clients { producers, consumers, scripts };
    routes::check(&declarations, &topology.queues, &clients, problems);
}
