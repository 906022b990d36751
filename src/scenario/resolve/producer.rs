//! Producers.

use crate::model::{BackoffSpec, Declaration, MessageSpec, Pace, ProducerSpec};
use crate::random::Choice;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::{Table, shortened};
use crate::scenario::quantities::{duration, exponent};
use crate::scenario::reader::Reader;
use crate::scenario::source::Placed;
use crate::scenario::values::{choice, integer, name, routing_keys_of, short_text};
use crate::units::{SimDuration, SimTime};

use super::backoff::Backoff;
use super::class::Classes;
use super::clients::Clients;
use super::declares::{Declared, declarations};
use super::message::{self, Author, Content, value};
use super::names::Names;
use super::{client_starts_late, instant, pace, readers};

/// A producer with the places that checks across tables need.
#[derive(Debug)]
pub(super) struct Producer {
    pub(super) spec: ProducerSpec,
    pub(super) name: Placed<String>,
    pub(super) exchange: Placed<String>,
    /// In the order of the spec's messages, with the place of the key that gives them; none where requests give them.
    pub(super) routing_keys: Placed<Vec<String>>,
    /// Those in `CC` and `BCC`.
    pub(super) more_keys: Vec<String>,
    pub(super) declares: Vec<Declared>,
    /// The consumer whose work makes it publish.
    after: Option<Placed<String>>,
    /// The virtual host of its connection.
    pub(super) vhost: String,
}

impl Producer {
    /// It publishes where the messages of others say, which no file tells.
    pub(super) fn replies(&self) -> bool {
        matches!(self.spec.pace, Pace::After { replies: true, .. })
    }
}

pub(super) fn read(
    tree: &Table,
    clients: &mut Clients,
    classes: &Classes,
    end: &Placed<SimDuration>,
    problems: &mut Problems,
) -> Vec<Producer> {
    let mut producers = Vec::new();
    readers(tree, "producer", problems, |reader| {
        let name = reader.read("name", name).unwrap_or_default();
        let channel = clients.channel_of(&name, reader);
        let exchange = reader.read("exchange", short_text).unwrap_or_default();
        let (messages, routing_keys, more_keys) = messages(reader);
        let (start, stop) = interval(reader, end);
        let (pace, after) = pace::read(reader);
        let vhost = clients.vhost_of(channel);
        let declares = reader.read("declare", declarations).unwrap_or_default().value;
        let declares = Declared::of(&vhost, declares);
        let (republish, what) = republish(reader);
        let spec = ProducerSpec {
            name: name.value.clone(),
            channel,
            declares: specs(&declares),
            exchange: exchange.value.clone(),
            choice: choice_of(reader, messages.len()),
            message_sizes: classes.distributions("message-size-by-class", "message size", reader),
            messages,
            count: value(reader.read("count", integer)),
            start,
            stop,
            pace,
            mandatory: reader.flag("mandatory"),
            confirms: reader.flag("confirms"),
            max_in_flight: value(reader.read("max-in-flight", integer)).map(|count| count as u32),
            transaction_size: value(reader.read("transaction-size", integer)).map(|count| count as u32),
            republish,
            republish_unconfirmed: what.0,
            republish_returned: what.1,
        };
        exclude_each_other(reader, &spec);
        producers.push(Producer { spec, name, exchange, routing_keys, more_keys, declares, after, vhost });
    });
    producers
}

/// Gives each producer that follows a consumer the consumer's index.
pub(super) fn follow(producers: &mut [Producer], consumers: &Names, problems: &mut Problems) {
    for producer in producers {
        let Some(after) = &producer.after else { continue };
        let (name, consumer_name) = (&producer.name.value, shortened(&after.value));
        let message =
            || format!("producer `{name}` publishes after consumer `{consumer_name}`, which is not declared");
        if let (Some(index), Pace::After { consumer, .. }) =
            (consumers.find(after, message, problems), &mut producer.spec.pace)
        {
            *consumer = index;
        }
    }
}

fn exclude_each_other(reader: &mut Reader<'_>, spec: &ProducerSpec) {
    if reader.has("max-in-flight") && !spec.confirms {
        let message = format!("{} has `max-in-flight`, but not `confirms`", reader.owner());
        let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
            .at(reader.key_place("max-in-flight"))
            .help("add `confirms = true`")
            .note("only confirms tell how many publishes are unanswered");
        reader.problems.push(diagnostic);
    }
    if spec.confirms {
        conflict(reader, "transaction-size", "confirms");
    }
    conflict(reader, "after-consumer", "max-in-flight");
    if spec.republish.is_some() {
        if spec.republish_returned && !spec.mandatory {
            let message =
                format!("{} publishes again what comes back, but is not `mandatory`", reader.owner());
            let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
                .at(reader.key_place("republish"))
                .help("add `mandatory = true`")
                .note("only mandatory messages come back");
            reader.problems.push(diagnostic);
        }
        if spec.republish_unconfirmed && !spec.confirms {
            let message = format!("{} publishes again, but has no `confirms`", reader.owner());
            let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
                .at(reader.key_place("republish"))
                .help("add `confirms = true`")
                .note("only confirms tell which messages the broker has");
            reader.problems.push(diagnostic);
        }
        if reader.has("routing-key-from") {
            let message = format!("{} publishes replies, and none again", reader.owner());
            let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, message)
                .at(reader.key_place("republish"))
                .also(reader.key_place("routing-key-from"), "the address of a reply is in its request")
                .help("take out `republish`; the requester asks again if no reply comes")
                .note("a reply is made from its request, which the server has acknowledged by then and does not keep");
            reader.problems.push(diagnostic);
        }
    }
}

/// How it publishes again, and what: what is unconfirmed, and what came back.
fn republish(reader: &mut Reader<'_>) -> (Option<BackoffSpec>, (bool, bool)) {
    let chosen = reader.read("republish", choice).map_or(0, |at| at.value);
    let (unconfirmed, returned) = (chosen & 1 != 0, chosen & 2 != 0);
    let backoff = Backoff::read(reader, "republish", &Backoff::default()).spec();
    for key in ["republish-delay", "republish-backoff", "republish-delay-max", "republish-attempts-max"] {
        needs(reader, key, "republish", "\"unconfirmed\"");
    }
    ((chosen > 0).then_some(backoff), (unconfirmed, returned))
}

/// Reports two keys that exclude each other.
pub(super) fn conflict(reader: &mut Reader<'_>, second: &str, first: &str) {
    if reader.has(first) && reader.has(second) {
        let message = format!("{} has `{first}` and `{second}`", reader.owner());
        let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, message)
            .at(reader.key_place(second))
            .also(reader.key_place(first), "the other key is here")
            .help("take out one of them");
        reader.problems.push(diagnostic);
    }
}

/// Reports a key that means nothing without another.
pub(super) fn needs(reader: &mut Reader<'_>, key: &str, other: &str, example: &str) {
    if reader.has(key) && !reader.has(other) {
        let message = format!("{} has `{key}`, but no `{other}`", reader.owner());
        let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
            .at(reader.key_place(key))
            .help(format!("add `{other} = {example}`"));
        reader.problems.push(diagnostic);
    }
}

/// The declarations without what only diagnostics need.
pub(super) fn specs(declares: &[Declared]) -> Vec<Declaration> {
    declares.iter().map(|declared| declared.declaration.clone()).collect()
}

/// What its messages are like, in turn; their routing keys, and those in `CC` and `BCC`.
fn messages(reader: &mut Reader<'_>) -> (Vec<MessageSpec>, Placed<Vec<String>>, Vec<String>) {
    let own = Content::read(reader);
    let author = Author::read(reader);
    let entries = reader.read("messages", message::entries);
    let keys = routing_keys(reader);
    conflict(reader, "messages", "routing-keys");
    for key in ["routing-key", "routing-keys"] {
        conflict(reader, "routing-key-from", key);
    }
    let contents: Vec<(String, Content)> = match entries {
        Some(Placed { value: entries, .. }) => {
            let usual = keys.value.first().cloned().unwrap_or_default();
            let each = entries
                .into_iter()
                .map(|entry| (entry.routing_key.clone().unwrap_or_else(|| usual.clone()), entry.over(&own)));
            each.collect()
        }
        // Messages that could not be read are none, rather than one that routes nowhere.
        None if reader.has("messages") => Vec::new(),
        None => keys.value.iter().map(|key| (key.clone(), own.clone())).collect(),
    };
    let specs = contents.iter().map(|(key, content)| content.spec(key, &author)).collect();
    let more = contents.iter().flat_map(|(_, content)| content.more_keys()).map(str::to_owned).collect();
    let place = if reader.has("messages") { reader.place_of("messages").cloned() } else { keys.place };
    let value = if reader.has("routing-key-from") {
        Vec::new()
    } else {
        contents.into_iter().map(|(key, _)| key).collect()
    };
    (specs, Placed { value, place }, more)
}

/// How one of `kinds` routing keys or messages is chosen; `None`: in turn.
fn choice_of(reader: &mut Reader<'_>, kinds: usize) -> Option<Choice> {
    let exponent = reader.read("zipf", exponent)?;
    if !reader.has("routing-keys") && !reader.has("messages") {
        let message = format!("{} has `zipf`, but neither `routing-keys` nor `messages`", reader.owner());
        let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
            .at(reader.key_place("zipf"))
            .help("add `routing-keys = { pattern = \"user-{key}\", count = 1000 }`");
        reader.problems.push(diagnostic);
    }
    (kinds > 1).then(|| Choice::zipf(kinds, exponent.value))
}

/// One routing key or several in turn; the empty one where there is none.
fn routing_keys(reader: &mut Reader<'_>) -> Placed<Vec<String>> {
    let one = reader.read("routing-key", short_text);
    let several = reader.read("routing-keys", routing_keys_of);
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

pub(super) fn interval(reader: &mut Reader<'_>, end: &Placed<SimDuration>) -> (SimTime, Option<SimTime>) {
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
