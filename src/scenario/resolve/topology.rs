//! Exchanges, queues and bindings that exist at the start, and the rules of RabbitMQ for their names.

use crate::amqp::FieldValue;
use crate::broker::Profile;
use crate::model::{BindingSpec, Declaration, ExchangeSpec, QueueSpec, SystemSpec, TopologySpec, refusals};
use crate::scenario::arguments::{exchange_arguments, queue_arguments};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::{Table, shortened};
use crate::scenario::reader::Reader;
use crate::scenario::source::{Place, Placed};
use crate::scenario::suggest::nearest;
use crate::scenario::values::{arguments, choice, name, short_text};

use super::names::{Names, within};
use super::operator::Operator;
use super::readers;

/// The types of exchanges, in the order of their key's words.
const EXCHANGE_TYPES: [&str; 4] = ["direct", "fanout", "topic", "headers"];

/// Exchanges that every broker has. Source: AMQP 0-9-1, section 3.1.3; RabbitMQ's own `amq.rabbitmq.trace`.
const PREDECLARED: [&str; 6] =
    ["amq.direct", "amq.fanout", "amq.headers", "amq.match", "amq.rabbitmq.trace", "amq.topic"];

/// Where a declaration stands, for what is wrong with it.
#[derive(Debug)]
pub(super) struct Whereabouts {
    /// What it is.
    owner: String,
    place: Option<Place>,
    /// Its arguments, with the places of their values.
    arguments: Vec<(String, Option<Place>)>,
}

/// What exists at the start.
#[derive(Debug)]
pub(super) struct Topology {
    /// Exchanges, then queues, then bindings, each in the order of the file.
    pub(super) declarations: Vec<TopologySpec>,
    /// Of each declaration.
    pub(super) places: Vec<Whereabouts>,
    pub(super) exchanges: Names,
    pub(super) queues: Names,
}

impl Topology {
    pub(super) fn read(
        tree: &Table,
        profile: &Placed<Profile>,
        operator: &Operator,
        problems: &mut Problems,
    ) -> Topology {
        let mut topology = Topology {
            declarations: Vec::new(),
            places: Vec::new(),
            exchanges: Names::exchanges(),
            queues: Names::queues(),
        };
        topology.read_exchanges(tree, operator, problems);
        topology.read_queues(tree, profile, operator, problems);
        topology.read_bindings(tree, operator, problems);
        topology
    }

    fn read_exchanges(&mut self, tree: &Table, operator: &Operator, problems: &mut Problems) {
        readers(tree, "exchange", problems, |reader| {
            let name = reader.read("name", name);
            let spec = exchange(reader, name.as_ref());
            let vhost = operator.vhost_of(reader);
            if let Some(name) = name {
                refuse_reserved(&name, "exchange", reader.problems);
                self.exchanges.add(&within(&vhost, &name), reader.problems);
            }
            self.push(reader, vhost, Declaration::Exchange(spec));
        });
    }

    fn read_queues(
        &mut self,
        tree: &Table,
        profile: &Placed<Profile>,
        operator: &Operator,
        problems: &mut Problems,
    ) {
        readers(tree, "queue", problems, |reader| {
            let name = reader.read("name", name);
            let spec = queue(reader, name.as_ref());
            let vhost = operator.vhost_of(reader);
            if let Some(name) = name {
                refuse_reserved(&name, "queue", reader.problems);
                self.queues.add(&within(&vhost, &name), reader.problems);
                if spec.exclusive {
                    refuse_unowned(reader, &name.value);
                }
                if !spec.durable && !spec.exclusive && !profile.value.transient_queues {
                    refuse_transient(reader, &name.value, profile);
                }
            }
            self.push(reader, vhost, Declaration::Queue(spec));
        });
    }

    fn read_bindings(&mut self, tree: &Table, operator: &Operator, problems: &mut Problems) {
        readers(tree, "binding", problems, |reader| {
            let source = reader.read("exchange", short_text);
            let queue = reader.read("queue", short_text);
            let exchange = reader.read("to-exchange", short_text);
            let vhost = operator.vhost_of(reader);
            if reader.has("queue") == reader.has("to-exchange") {
                refuse_destinations(reader);
            }
            if let Some(source) = &source {
                let at = (vhost.as_str(), source);
                find_exchange(&self.exchanges, at, "a binding comes from", reader.problems);
            }
            if let Some(queue) = &queue {
                let queue = within(&vhost, queue);
                let message = || {
                    let name = shortened(&queue.value);
                    format!("a binding goes to queue `{name}`, which no `[[queue]]` declares")
                };
                self.queues.find(&queue, message, reader.problems);
            }
            if let Some(exchange) = &exchange {
                let at = (vhost.as_str(), exchange);
                find_exchange(&self.exchanges, at, "a binding goes to", reader.problems);
            }
            let spec = BindingSpec {
                source: source.unwrap_or_default().value,
                to_exchange: exchange.is_some(),
                destination: exchange.or(queue).unwrap_or_default().value,
                routing_key: reader.short_text("routing-key"),
                arguments: reader.read("arguments", arguments).unwrap_or_default().value,
            };
            self.push(reader, vhost, Declaration::Binding(spec));
        });
    }

    fn push(&mut self, reader: &Reader<'_>, vhost: String, declaration: Declaration) {
        self.declarations.push(TopologySpec { vhost, declaration });
        self.places.push(Whereabouts {
            owner: reader.owner().to_owned(),
            place: reader.place().cloned(),
            arguments: reader.entries("arguments"),
        });
    }
}

/// Reports what the broker itself refuses to declare, with its own words. It names one bad argument at a time, so it is
/// asked again without that one.
pub(super) fn refuse(system: &SystemSpec, places: &[Whereabouts], problems: &mut Problems) {
    let mut asked = system.clone();
    let mut told: Vec<usize> = Vec::new();
    let mut again = !system.topology.is_empty();
    while again {
        again = false;
        for refusal in refusals(&asked) {
            if told.contains(&refusal.declared) {
                continue;
            }
            let whereabouts = &places[refusal.declared];
            let argument = refused_argument(&refusal.reply)
                .and_then(|name| whereabouts.arguments.iter().find(|(key, _)| key == name));
            let place = argument.map_or(&whereabouts.place, |(_, place)| place);
            let declaration = &mut asked.topology[refusal.declared].declaration;
            problems.push(
                Diagnostic::error(
                    ids::REFUSED_DECLARATION,
                    if refusal.reply.contains("not simulated") {
                        format!("{} cannot be simulated", whereabouts.owner)
                    } else {
                        format!("RabbitMQ refuses to declare {}", whereabouts.owner)
                    },
                )
                .at(place.as_ref())
                .help_if(suggestion(declaration, argument.map(|(key, _)| key.as_str())))
                .note(format!("it answers with {}", refusal.reply)),
            );
            if argument.is_some_and(|(key, _)| take_out(declaration, key)) {
                again = true;
            } else {
                told.push(refusal.declared);
            }
        }
    }
}

/// The argument that a refusal is about.
fn refused_argument(reply: &str) -> Option<&str> {
    reply.split_once(" arg '")?.1.split_once('\'').map(|(name, _)| name)
}

/// What may have been meant by a type of queue.
fn suggestion(declaration: &Declaration, argument: Option<&str>) -> Option<String> {
    let Declaration::Queue(queue) = declaration else { return None };
    let argument = argument.filter(|argument| *argument == "x-queue-type")?;
    let got = queue.arguments.get(argument)?.as_str()?;
    nearest(got, ["classic", "quorum", "stream"]).map(|near| format!("did you mean `{near}`?"))
}

/// Takes a bad argument out of a queue, so that the next one comes to light; whether that makes sense: other arguments
/// depend on the type of queue.
fn take_out(declaration: &mut Declaration, argument: &str) -> bool {
    let Declaration::Queue(queue) = declaration else { return false };
    match argument {
        "x-queue-type" => false,
        // The routing key of dead letters needs one.
        "x-dead-letter-exchange" => {
            let bad = queue.arguments.get(argument).and_then(FieldValue::as_str).is_none();
            queue.arguments.set(argument, "");
            bad
        }
        _ => queue.arguments.remove(argument).is_some(),
    }
}

/// Reads an exchange, but for its name.
pub(super) fn exchange(reader: &mut Reader<'_>, name: Option<&Placed<String>>) -> ExchangeSpec {
    ExchangeSpec {
        name: name.map(|name| name.value.clone()).unwrap_or_default(),
        kind: EXCHANGE_TYPES[reader.read("type", choice).unwrap_or_default().value].to_owned(),
        durable: reader.flag("durable"),
        auto_delete: reader.flag("auto-delete"),
        internal: reader.flag("internal"),
        passive: false,
        arguments: reader.read("arguments", exchange_arguments).unwrap_or_default().value,
    }
}

/// Reads a queue, but for its name and whether it is passive.
pub(super) fn queue(reader: &mut Reader<'_>, name: Option<&Placed<String>>) -> QueueSpec {
    QueueSpec {
        name: name.map(|name| name.value.clone()).unwrap_or_default(),
        durable: reader.flag("durable"),
        exclusive: reader.flag("exclusive"),
        auto_delete: reader.flag("auto-delete"),
        passive: false,
        arguments: reader.read("arguments", queue_arguments).unwrap_or_default().value,
    }
}

/// Reports an exchange of a binding that is not known, or is the default one.
pub(super) fn find_exchange(
    exchanges: &Names,
    (vhost, name): (&str, &Placed<String>),
    relation: &str,
    problems: &mut Problems,
) {
    if name.value.is_empty() {
        problems.push(
            Diagnostic::error(ids::DEFAULT_EXCHANGE_BINDING, format!("{relation} the default exchange"))
                .at(name.place.as_ref())
                .help(
                    "name an exchange; every queue is bound to the default exchange by its own name already",
                )
                .note("RabbitMQ refuses such a binding with 403 ACCESS_REFUSED")
                .source("rabbitmq.com/docs/exchanges#default-exchange"),
        );
    } else if !is_predeclared(&name.value) {
        let name = within(vhost, name);
        let shown = shortened(&name.value);
        exchanges.find(&name, || format!("{relation} exchange `{shown}`, which is not declared"), problems);
    }
}

/// Whether every broker has this exchange, the default one included.
pub(super) fn is_predeclared(exchange: &str) -> bool {
    exchange.is_empty() || PREDECLARED.contains(&exchange)
}

fn refuse_reserved(name: &Placed<String>, noun: &str, problems: &mut Problems) {
    if name.value.starts_with("amq.") {
        let message =
            format!("{noun} `{}` has a name that is reserved for the broker", shortened(&name.value));
        problems.push(
            Diagnostic::error(ids::RESERVED_NAME, message)
                .at(name.place.as_ref())
                .help("choose a name that does not start with `amq.`")
                .note("RabbitMQ refuses such a declaration with 403 ACCESS_REFUSED")
                .source("AMQP 0-9-1, section 1.7.2.1.2"),
        );
    }
}

fn refuse_unowned(reader: &mut Reader<'_>, queue: &str) {
    let message = format!("queue `{}` is exclusive, but no client declares it", shortened(queue));
    let diagnostic = Diagnostic::error(ids::UNOWNED_QUEUE, message)
        .at(reader.place_of("exclusive"))
        .help(format!(
            "take it out, and add `declare = [{{ queue = \"{queue}\", exclusive = true }}]` to the client that owns it"
        ))
        .note("an exclusive queue is for the connection that declares it alone, and goes with it");
    reader.problems.push(diagnostic);
}

fn refuse_transient(reader: &mut Reader<'_>, queue: &str, profile: &Placed<Profile>) {
    let message = format!(
        "queue `{}` is neither durable nor exclusive, which {} does not allow",
        shortened(queue),
        profile.value.name
    );
    let diagnostic = Diagnostic::error(ids::TRANSIENT_QUEUE, message)
        .at(reader.place_of("durable"))
        .also(profile.place.as_ref(), "the profile is chosen here")
        .help("write `durable = true`, or `profile = \"rabbitmq-3.10\"` below `[broker]`")
        .note("RabbitMQ refuses such a declaration with 541 INTERNAL_ERROR");
    reader.problems.push(diagnostic);
}

fn refuse_destinations(reader: &mut Reader<'_>) {
    let diagnostic = if reader.has("queue") {
        Diagnostic::error(ids::CONFLICTING_KEYS, "a binding goes to a queue or to an exchange, got both")
            .at(reader.key_place("to-exchange"))
            .also(reader.key_place("queue"), "the queue is here")
            .help("take out `queue` or `to-exchange`")
    } else {
        Diagnostic::error(ids::MISSING_KEY, "a binding has neither `queue` nor `to-exchange`")
            .at(reader.place())
            .help("add `queue = \"orders\"`")
    };
    reader.problems.push(diagnostic);
}

#[cfg(test)]
mod tests {
    use super::EXCHANGE_TYPES;
    use crate::scenario::keys::{Kind, table};

    #[test]
    fn the_types_are_the_words_of_the_key() {
        let Kind::Choice(choice) = table("exchange").unwrap().key("type").unwrap().kind else { panic!() };
        assert_eq!((choice.words)(), EXCHANGE_TYPES);
    }
}
