//! Clients that send what they are told to. Their queues and exchanges are not checked: errors are what they are often for.

use crate::amqp::{DeliveryTag, FieldTable, Message, Method, in_vhost};
use crate::model::{BindingSpec, Call, ClientSpec, Declaration, ExchangeSpec, QueueSpec, StepSpec, When};
use crate::scenario::arguments::{consumer_arguments, exchange_arguments, queue_arguments};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::keys::{METHODS, table};
use crate::scenario::node::{Node, Table, Value, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, Reading, not_a_table};
use crate::scenario::source::Placed;
use crate::scenario::values::{arguments, choice, integer, name, wrong_type};
use crate::units::SimDuration;

use super::clients::Clients;
use super::message::{Author, Content};
use super::names::Names;
use super::{client_starts_late, instant, readers};

/// A client with the places that checks across tables need.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) spec: ClientSpec,
    pub(super) name: Placed<String>,
    /// That of its connection.
    pub(super) vhost: String,
}

pub(super) fn read(
    tree: &Table,
    clients: &mut Clients,
    end: &Placed<SimDuration>,
    problems: &mut Problems,
) -> Vec<Script> {
    let mut scripts = Vec::new();
    readers(tree, "client", problems, |reader| {
        let name = reader.read("name", name).unwrap_or_default();
        let channel = clients.channel_of(&name, reader);
        let start = reader.read("start", duration).unwrap_or_default();
        client_starts_late(reader, &start, end);
        let steps = reader.read("do", steps).unwrap_or_default().value;
        let spec = ClientSpec { name: name.value.clone(), channel, start: instant(start.value), steps };
        scripts.push(Script { vhost: clients.vhost_of(channel), spec, name });
    });
    scripts
}

/// Reports clients that have a name twice, or that of a producer or consumer.
pub(super) fn check_names(scripts: &[Script], others: &[&Names], problems: &mut Problems) {
    let mut names = Names::new("client", "clients", ids::UNKNOWN_CONNECTION);
    for script in scripts.iter().filter(|script| !script.name.value.is_empty()) {
        names.add(&script.name, problems);
        if let Some(first) = others.iter().find_map(|others| others.get(&script.name.value)) {
            let message = format!("a client has the name of another, `{}`", shortened(&first.value));
            problems.push(
                Diagnostic::error(ids::DUPLICATE_NAME, message)
                    .at_with(script.name.place.as_ref(), "used again")
                    .also(first.place.as_ref(), "first used here"),
            );
        }
    }
}

impl Script {
    /// Adds the queues that it declares or asks for.
    pub(super) fn mention(&self, queues: &mut Names) {
        for declared in self.spec.declares() {
            if let Declaration::Queue(queue) = declared {
                queues.add_once(&self.named(&queue.name));
            }
        }
    }

    /// Adds what it creates to the names that others may use.
    pub(super) fn announce(&self, queues: &mut Names, exchanges: &mut Names) {
        for declared in self.spec.declares() {
            match declared {
                Declaration::Queue(queue) if !queue.passive => {
                    queues.add_once(&self.named(&queue.name));
                }
                Declaration::Exchange(exchange) if !exchange.passive => {
                    exchanges.add_once(&self.named(&exchange.name));
                }
                _ => {}
            }
        }
    }

    fn named(&self, name: &str) -> Placed<String> {
        Placed { value: in_vhost(&self.vhost, name), place: self.name.place.clone() }
    }
}

/// A converter for `do`.
fn steps(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<StepSpec>> {
    let Value::List(nodes) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    if nodes.is_empty() {
        let message = format!("`{}` of {} is empty", reading.key.name, reading.owner);
        let help = format!("for example `{} = {}`", reading.key.name, reading.key.example);
        reading.problems.push(Diagnostic::error(ids::EMPTY_LIST, message).at(node.place.as_ref()).help(help));
    }
    Some(nodes.iter().filter_map(|node| step(node, reading.problems)).collect())
}

fn step(node: &Node, problems: &mut Problems) -> Option<StepSpec> {
    let spec = table("do").expect("the table is in the list of tables");
    if node.as_table().is_none() {
        not_a_table(spec, node, problems);
        return None;
    }
    let mut reader = Reader::new(spec, node, problems)?;
    let when = when(&mut reader);
    let method = reader.read("method", choice);
    let method = method.map(|method| &METHODS[method.value]);
    let mut step = Step::read(&mut reader, method.map_or("", |method| method.name));
    let method = method?;
    for key in spec.keys.iter().filter(|key| !["method", "at", "after"].contains(&key.name)) {
        let required = method.required.contains(&key.name);
        if required && !reader.has(key.name) {
            let message = format!("a step with `{}` has no `{}`", method.name, key.name);
            let help = format!("add `{} = {}`", key.name, key.example);
            let place = reader.place();
            reader.problems.push(Diagnostic::error(ids::MISSING_KEY, message).at(place).help(help));
        }
        if !required && !method.optional.contains(&key.name) && reader.has(key.name) {
            let message = format!("`{}` has no argument `{}`", method.name, key.name);
            let place = reader.key_place(key.name);
            reader.problems.push(
                Diagnostic::error(ids::SUPERFLUOUS_KEY, message)
                    .at(place)
                    .help(format!("take out `{}`", key.name)),
            );
        }
    }
    Some(StepSpec { when, call: step.call(method.name) })
}

fn when(reader: &mut Reader<'_>) -> When {
    let (at, after) = (reader.read("at", duration), reader.read("after", duration));
    if reader.has("at") && reader.has("after") {
        let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, "a step has `at` and `after`")
            .at(reader.key_place("after"))
            .also(reader.key_place("at"), "the instant is here")
            .help("take out one of them");
        reader.problems.push(diagnostic);
    }
    match at {
        Some(at) => When::At(instant(at.value)),
        None => When::After(after.unwrap_or_default().value),
    }
}

/// Every argument that a step can have; those of other methods have their defaults.
#[derive(Default)]
struct Step {
    queue: String,
    exchange: String,
    source: String,
    destination: String,
    routing_key: String,
    kind: String,
    passive: bool,
    durable: bool,
    exclusive: bool,
    auto_delete: bool,
    internal: bool,
    if_unused: bool,
    if_empty: bool,
    prefetch_count: u16,
    global: bool,
    consumer_tag: String,
    no_ack: bool,
    delivery_tag: Option<DeliveryTag>,
    multiple: bool,
    requeue: bool,
    mandatory: bool,
    message: Message,
    active: bool,
    arguments: FieldTable,
}

impl Step {
    fn read(reader: &mut Reader<'_>, method: &str) -> Step {
        let arguments = match method {
            "queue.declare" => queue_arguments,
            "exchange.declare" => exchange_arguments,
            "basic.consume" => consumer_arguments,
            _ => arguments,
        };
        Step {
            queue: reader.short_text("queue"),
            exchange: reader.short_text("exchange"),
            source: reader.short_text("source"),
            destination: reader.short_text("destination"),
            routing_key: reader.short_text("routing-key"),
            kind: reader.short_text("type"),
            passive: reader.flag("passive"),
            durable: reader.flag("durable"),
            exclusive: reader.flag("exclusive"),
            auto_delete: reader.flag("auto-delete"),
            internal: reader.flag("internal"),
            if_unused: reader.flag("if-unused"),
            if_empty: reader.flag("if-empty"),
            prefetch_count: reader.read("prefetch-count", integer).unwrap_or_default().value as u16,
            global: reader.flag("global"),
            consumer_tag: reader.short_text("consumer-tag"),
            no_ack: reader.flag("no-ack"),
            delivery_tag: reader.read("delivery-tag", delivery_tag).unwrap_or_default().value,
            multiple: reader.flag("multiple"),
            requeue: reader.flag("requeue"),
            mandatory: reader.flag("mandatory"),
            message: Content::read(reader).message(&Author::read(reader)),
            active: reader.flag("active"),
            arguments: reader.read("arguments", arguments).unwrap_or_default().value,
        }
    }

    fn call(&mut self, method: &str) -> Call {
        let step = std::mem::take(self);
        match method {
            "exchange.declare" => Call::Declare(Declaration::Exchange(step.exchange())),
            "exchange.delete" => Call::DeleteExchange { exchange: step.exchange, if_unused: step.if_unused },
            "exchange.bind" => Call::Declare(Declaration::Binding(step.exchange_binding())),
            "exchange.unbind" => Call::Unbind(step.exchange_binding()),
            "queue.declare" => Call::Declare(Declaration::Queue(step.queue())),
            "queue.bind" => Call::Declare(Declaration::Binding(step.queue_binding())),
            "queue.unbind" => Call::Unbind(step.queue_binding()),
            "queue.purge" => Call::Purge { queue: step.queue },
            "queue.delete" => {
                Call::DeleteQueue { queue: step.queue, if_unused: step.if_unused, if_empty: step.if_empty }
            }
            "basic.consume" => Call::Consume {
                queue: step.queue,
                consumer_tag: step.consumer_tag,
                no_ack: step.no_ack,
                exclusive: step.exclusive,
                arguments: step.arguments,
            },
            "basic.cancel" => Call::Cancel { consumer_tag: step.consumer_tag },
            "basic.get" => Call::Get { queue: step.queue, no_ack: step.no_ack },
            "basic.publish" => Call::Publish {
                exchange: step.exchange,
                routing_key: step.routing_key,
                mandatory: step.mandatory,
                message: step.message,
            },
            "basic.ack" | "basic.nack" | "basic.reject" => step.settle(method),
            other => Call::Plain(step.plain(other)),
        }
    }

    fn exchange(self) -> ExchangeSpec {
        ExchangeSpec {
            name: self.exchange,
            kind: self.kind,
            durable: self.durable,
            auto_delete: self.auto_delete,
            internal: self.internal,
            passive: self.passive,
            arguments: self.arguments,
        }
    }

    fn queue(self) -> QueueSpec {
        QueueSpec {
            name: self.queue,
            durable: self.durable,
            exclusive: self.exclusive,
            auto_delete: self.auto_delete,
            passive: self.passive,
            arguments: self.arguments,
        }
    }

    fn exchange_binding(self) -> BindingSpec {
        BindingSpec {
            source: self.source,
            destination: self.destination,
            to_exchange: true,
            routing_key: self.routing_key,
            arguments: self.arguments,
        }
    }

    fn queue_binding(self) -> BindingSpec {
        BindingSpec {
            source: self.exchange,
            destination: self.queue,
            to_exchange: false,
            routing_key: self.routing_key,
            arguments: self.arguments,
        }
    }

    fn settle(&self, method: &str) -> Call {
        let (multiple, requeue) = (self.multiple, self.requeue);
        let how = match method {
            "basic.ack" => Method::BasicAck { delivery_tag: 0, multiple },
            "basic.nack" => Method::BasicNack { delivery_tag: 0, multiple, requeue },
            _ => Method::BasicReject { delivery_tag: 0, requeue },
        };
        Call::Settle { delivery_tag: self.delivery_tag, how }
    }

    /// A method in which nothing is named.
    fn plain(&self, method: &str) -> Method {
        match method {
            "basic.qos" => Method::BasicQos {
                prefetch_size: 0,
                prefetch_count: self.prefetch_count,
                global: self.global,
            },
            "basic.recover" => Method::BasicRecover { requeue: self.requeue },
            "confirm.select" => Method::ConfirmSelect,
            "tx.select" => Method::TxSelect,
            "tx.commit" => Method::TxCommit,
            "tx.rollback" => Method::TxRollback,
            "channel.flow" => Method::ChannelFlow { active: self.active },
            "channel.close" => Method::ChannelClose,
            "connection.close" => Method::ConnectionClose,
            _ => unreachable!("every method of a step is made"),
        }
    }
}

/// A converter for `delivery-tag`: a number, or `None` for `last`.
#[expect(clippy::option_option, reason = "the outer one is for a mistake, the inner one for the word")]
fn delivery_tag(node: &Node, reading: &mut Reading<'_>) -> Option<Option<DeliveryTag>> {
    match &node.value {
        Value::Integer(number) if *number >= 0 => Some(Some(number.unsigned_abs())),
        Value::Integer(number) => {
            let message =
                format!("`{}` of {} must be 0 or more, got {number}", reading.key.name, reading.owner);
            reading
                .problems
                .push(Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message).at(node.place.as_ref()));
            None
        }
        Value::Text(text) if text == "last" => Some(None),
        Value::Text(text) => {
            let message = format!("there is no delivery `{}`", shortened(text));
            reading.problems.push(
                Diagnostic::error(ids::UNKNOWN_CHOICE, message)
                    .at(node.place.as_ref())
                    .help("write a number, or \"last\""),
            );
            None
        }
        _ => {
            wrong_type(node, reading);
            None
        }
    }
}
