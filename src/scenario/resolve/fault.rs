//! Planned faults: one list of tables for each kind below `fault`.

use crate::model::{
    Alarm, BrokerRestart, ConnectionLoss, ConsumerCrash, CrashBy, FaultKind, FaultSpec, NodeCrash,
    ProducerCrash, ProducerCrashBy, QueueCrash, Resource,
};
use crate::scenario::crash_kind::NODE_ENDS;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::keys::{TableSpec, fault_kinds};
use crate::scenario::node::{Node, Table, Value, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, not_a_table};
use crate::scenario::source::{Place, Placed};
use crate::scenario::suggest::nearest;
use crate::scenario::values::{boolean, choice, integer, name};
use crate::storage::Crash;
use crate::units::SimDuration;

use super::limits;
use super::names::Names;
use super::trigger;

/// In the order of the key's words.
const CRASH_BY: [CrashBy; 4] =
    [CrashBy::TcpCut, CrashBy::ChannelClose, CrashBy::ConnectionClose, CrashBy::ProcessExit];

/// In the order of the key's words.
const PRODUCER_CRASH_BY: [ProducerCrashBy; 2] = [ProducerCrashBy::ProcessExit, ProducerCrashBy::TcpCut];

/// In the order of the key's words.
const RESOURCE: [Resource; 2] = [Resource::Memory, Resource::Disk];

/// What faults refer to.
pub(super) struct Targets<'a> {
    pub(super) consumers: &'a Names,
    pub(super) producers: &'a Names,
    pub(super) connections: &'a Names,
    pub(super) queues: &'a Names,
    /// How many nodes there are.
    pub(super) nodes: u32,
    /// When the replication ends.
    pub(super) end: &'a Placed<SimDuration>,
}

/// All faults, in the order of the file.
pub(super) fn read(tree: &Table, targets: &Targets<'_>, problems: &mut Problems) -> Vec<FaultSpec> {
    let mut names = Names::new("fault", "faults", ids::UNKNOWN_FAULT);
    let mut faults: Vec<(Option<&Place>, FaultSpec)> = Vec::new();
    for (kind, spec, node) in tables(tree, problems) {
        let Some(mut reader) = Reader::new(spec, node, problems) else { continue };
        let fault_name = reader.read("name", name);
        let trigger = trigger::read(&mut reader, spec.noun, targets);
        let kind_spec = read_kind(&mut reader, kind, targets);
        trigger::check_end(&trigger, &kind_spec, &mut reader);
        if let Some(fault_name) = &fault_name {
            names.add(fault_name, reader.problems);
        }
        let stop_producers = reader.read("stop-producers", boolean).is_some_and(|stop| stop.value);
        let name = fault_name.map_or_else(|| kind.to_owned(), |name| name.value);
        faults.push((node.place.as_ref(), FaultSpec { name, trigger, kind: kind_spec, stop_producers }));
    }
    faults.sort_by_key(|(place, _)| place.map(Place::order));
    limits::entities("faults", faults.iter().map(|(place, _)| *place), problems);
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// Every fault's table with its kind; reports kinds that are not known.
fn tables<'a>(tree: &'a Table, problems: &mut Problems) -> Vec<(&'static str, &'static TableSpec, &'a Node)> {
    let mut found = Vec::new();
    let Some(faults) = tree.get("fault") else { return found };
    let Some(kinds) = faults.as_table() else {
        problems.push(unkinded(faults));
        return found;
    };
    for entry in &kinds.0 {
        let Some((kind, spec)) = fault_kinds().find(|(kind, _)| *kind == entry.key) else {
            problems.push(unknown_kind(&entry.key, entry.key_place.as_ref()));
            continue;
        };
        match &entry.node.value {
            Value::List(nodes) => found.extend(nodes.iter().map(|node| (kind, spec, node))),
            _ => not_a_table(spec, &entry.node, problems),
        }
    }
    found
}

fn unkinded(node: &Node) -> Diagnostic {
    let place = match &node.value {
        Value::List(nodes) => nodes.first().and_then(|node| node.place.as_ref()),
        _ => node.place.as_ref(),
    };
    Diagnostic::error(ids::UNKNOWN_FAULT, "a fault needs a kind")
        .at(place)
        .help(match meant_kind(node) {
            Some(kind) => format!("write `[[fault.{kind}]]`, without the key"),
            None => "for example `[[fault.consumer-crash]]`".to_owned(),
        })
        .note(known_kinds())
}

/// The kind that a key of a fault's table names.
fn meant_kind(node: &Node) -> Option<&'static str> {
    let table = match &node.value {
        Value::List(nodes) => nodes.first()?.as_table()?,
        _ => node.as_table()?,
    };
    let word = ["kind", "type"].iter().find_map(|key| table.get(key)?.as_text())?;
    nearest(word, fault_kinds().map(|(kind, _)| kind))
}

fn unknown_kind(kind: &str, place: Option<&Place>) -> Diagnostic {
    let near = nearest(kind, fault_kinds().map(|(kind, _)| kind));
    Diagnostic::error(ids::UNKNOWN_FAULT, format!("there is no fault `{}`", shortened(kind)))
        .at(place)
        .help_if(near.map(|near| format!("did you mean `[[fault.{near}]]`?")))
        .note(known_kinds())
}

fn known_kinds() -> String {
    let kinds: Vec<String> = fault_kinds().map(|(kind, _)| format!("`{kind}`")).collect();
    format!("known are {}", kinds.join(", "))
}

fn read_kind(reader: &mut Reader<'_>, kind: &str, targets: &Targets<'_>) -> FaultKind {
    match kind {
        "consumer-crash" => FaultKind::ConsumerCrash(ConsumerCrash {
            consumer: target(reader, "consumer", targets.consumers),
            by: CRASH_BY[reader.read("by", choice).unwrap_or_default().value],
            restart_after: reader.read("restart-after", duration).map(|after| after.value),
        }),
        "producer-crash" => FaultKind::ProducerCrash(ProducerCrash {
            producer: target(reader, "producer", targets.producers),
            by: PRODUCER_CRASH_BY[reader.read("by", choice).unwrap_or_default().value],
            restart_after: reader.read("restart-after", duration).map(|after| after.value),
        }),
        "connection-loss" => FaultKind::ConnectionLoss(ConnectionLoss {
            connection: target(reader, "connection", targets.connections),
            lasts: lasts(reader),
            silent: reader.read("silent", boolean).is_some_and(|silent| silent.value),
        }),
        "alarm" => FaultKind::Alarm(Alarm {
            resource: RESOURCE[reader.read("resource", choice).unwrap_or_default().value],
            lasts: lasts(reader),
        }),
        "broker-restart" => outage(reader, Crash::CleanStop),
        "process-crash" => outage(reader, Crash::Process),
        "power-loss" => outage(reader, Crash::PowerLoss),
        "disk-loss" => outage(reader, Crash::DiskLoss),
        "node-crash" => FaultKind::NodeCrash(NodeCrash {
            node: node(reader, targets.nodes),
            crash: NODE_ENDS[reader.read("by", choice).unwrap_or_default().value].1,
            lasts: lasts(reader),
        }),
        "queue-crash" => FaultKind::QueueCrash(QueueCrash {
            vhost: reader.read("vhost", name).unwrap_or_default().value,
            queue: queue(reader, targets.queues),
        }),
        _ => unreachable!("every kind of fault in the list of tables is read"),
    }
}

/// A node by its number, from 1 on.
pub(super) fn node(reader: &mut Reader<'_>, nodes: u32) -> u32 {
    let Some(node) = reader.read("node", integer) else { return 0 };
    if node.value > u64::from(nodes) && nodes > 0 {
        let message = format!("{} is about node {}, but there are {nodes}", reader.owner(), node.value);
        reader.problems.push(
            Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message)
                .at(node.place.as_ref())
                .help(format!("raise `nodes` of `[cluster]`, or name one from 1 to {nodes}")),
        );
    }
    node.value.clamp(1, u64::from(nodes.max(1))) as u32 - 1
}

/// The broker ends so, and is back after a while.
fn outage(reader: &mut Reader<'_>, crash: Crash) -> FaultKind {
    FaultKind::BrokerRestart(BrokerRestart { lasts: lasts(reader), crash })
}

fn lasts(reader: &mut Reader<'_>) -> SimDuration {
    reader.read("lasts", duration).unwrap_or_default().value
}

/// The name of a queue that is there.
fn queue(reader: &mut Reader<'_>, names: &Names) -> String {
    let Some(queue) = reader.read("queue", name) else { return String::new() };
    let message = format!("{} hits queue `{}`, which is not there", reader.owner(), shortened(&queue.value));
    names.find(&queue, || message, reader.problems);
    queue.value
}

fn target(reader: &mut Reader<'_>, key: &str, names: &Names) -> usize {
    let Some(target) = reader.read(key, name) else { return 0 };
    let message = format!("{} hits {key} `{}`, which is not there", reader.owner(), shortened(&target.value));
    names.find(&target, || message, reader.problems).unwrap_or(0)
}
