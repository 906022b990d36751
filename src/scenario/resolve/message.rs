//! What messages are like: a producer's own keys, the entries of its `messages`, each of which may differ from them, and the
//! keys of a `basic.publish` in a script.

use std::sync::Arc;

use crate::amqp::{self, DeliveryMode, FieldTable, FieldValue, Message, Properties};
use crate::model::MessageSpec;
use crate::random::Distribution;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::distributions::size_distribution;
use crate::scenario::ids;
use crate::scenario::keys::table;
use crate::scenario::node::{Node, Value};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, Reading, not_a_table};
use crate::scenario::source::Placed;
use crate::scenario::values::{arguments, boolean, integer, short_text, short_texts, wrong_type};
use crate::units::SimDuration;

/// The `correlation-id` that stands for the number of each message.
const PER_MESSAGE: &str = "per-message";

/// What a table says about messages; `None` where it says nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    size: Option<Distribution>,
    persistent: Option<bool>,
    priority: Option<u8>,
    headers: Option<FieldTable>,
    cc: Option<Vec<String>>,
    bcc: Option<Vec<String>>,
    /// In milliseconds.
    expiration: Option<String>,
    correlation_id: Option<String>,
    reply_to: Option<String>,
    kind: Option<String>,
}

/// Who says to have published.
#[derive(Clone, Debug)]
pub(super) struct Author {
    user_id: Option<String>,
    app_id: Option<String>,
}

impl Author {
    /// Reads the keys that producers and steps share.
    pub(super) fn read(reader: &mut Reader<'_>) -> Author {
        Author {
            user_id: value(reader.read("user-id", short_text)),
            app_id: value(reader.read("app-id", short_text)),
        }
    }
}

/// An entry of `messages`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) routing_key: Option<String>,
    content: Content,
}

impl Content {
    /// Reads the keys that producers, entries of `messages` and steps share.
    pub(super) fn read(reader: &mut Reader<'_>) -> Content {
        let text = |reader: &mut Reader<'_>, key| value(reader.read(key, short_text));
        Content {
            size: message_size(reader),
            persistent: value(reader.read("persistent", boolean)),
            priority: value(reader.read("priority", integer)).map(|priority| priority as u8),
            headers: value(reader.read("headers", arguments)),
            cc: value(reader.read("cc", short_texts)),
            bcc: value(reader.read("bcc", short_texts)),
            expiration: expiration(reader),
            correlation_id: text(reader, "correlation-id"),
            reply_to: text(reader, "reply-to"),
            kind: text(reader, "message-type"),
        }
    }

    /// What it says, and for the rest what `other` says.
    fn or(self, other: &Content) -> Content {
        Content {
            size: self.size.or_else(|| other.size.clone()),
            persistent: self.persistent.or(other.persistent),
            priority: self.priority.or(other.priority),
            headers: self.headers.or_else(|| other.headers.clone()),
            cc: self.cc.or_else(|| other.cc.clone()),
            bcc: self.bcc.or_else(|| other.bcc.clone()),
            expiration: self.expiration.or_else(|| other.expiration.clone()),
            correlation_id: self.correlation_id.or_else(|| other.correlation_id.clone()),
            reply_to: self.reply_to.or_else(|| other.reply_to.clone()),
            kind: self.kind.or_else(|| other.kind.clone()),
        }
    }

    /// The routing keys in `cc` and `bcc`.
    pub(super) fn more_keys(&self) -> impl Iterator<Item = &str> {
        self.cc.iter().chain(&self.bcc).flatten().map(String::as_str)
    }

    fn numbered(&self) -> bool {
        self.correlation_id.as_deref() == Some(PER_MESSAGE)
    }

    /// All properties but the mode of delivery and the priority.
    fn properties(&self, author: &Author) -> Properties {
        let mut headers = self.headers.clone();
        for (header, keys) in [("CC", &self.cc), ("BCC", &self.bcc)] {
            if let Some(keys) = keys {
                let keys = keys.iter().map(|key| FieldValue::LongString(key.as_str().into())).collect();
                headers.get_or_insert_default().set(header, FieldValue::Array(keys));
            }
        }
        let boxed = |text: &Option<String>| text.as_deref().map(Box::from);
        Properties {
            headers,
            expiration: boxed(&self.expiration),
            correlation_id: boxed(&self.correlation_id),
            reply_to: boxed(&self.reply_to),
            kind: boxed(&self.kind),
            user_id: boxed(&author.user_id),
            app_id: boxed(&author.app_id),
            ..Properties::default()
        }
    }

    /// What a producer's messages of this kind are like.
    pub(super) fn spec(&self, routing_key: &str, author: &Author) -> MessageSpec {
        let mut properties = self.properties(author);
        properties.correlation_id = properties.correlation_id.filter(|_| !self.numbered());
        MessageSpec {
            routing_key: routing_key.to_owned(),
            message_size: self.size.clone().unwrap_or(Distribution::Constant(SimDuration::ZERO)),
            persistent: self.persistent.unwrap_or_default(),
            priority: self.priority.unwrap_or_default(),
            properties: (self.numbered() || properties != Properties::default())
                .then(|| Box::new(properties)),
            numbered: self.numbered(),
        }
    }

    /// The message of a step, which is one of its kind: `per-message` is a correlation id like any other.
    pub(super) fn message(&self, author: &Author) -> Message {
        let persistent = self.persistent.unwrap_or_default();
        let delivery_mode = if persistent { DeliveryMode::Persistent } else { DeliveryMode::Transient };
        let size = self.size.as_ref().map_or(0, |size| size.mean().as_nanos() as u32);
        let priority = self.priority.unwrap_or_default();
        let plain = Message { size, delivery_mode, priority, ..Message::default() };
        let own = self.properties(author);
        if own == Properties::default() {
            return plain;
        }
        let Properties { delivery_mode, priority, .. } = plain.properties();
        let properties = Properties { delivery_mode, priority, ..own };
        Message { content: Some(Arc::new(amqp::Content { properties, body: Box::default() })), ..plain }
    }
}

impl Entry {
    /// What messages of this entry are like where the producer's own keys say `content`.
    pub(super) fn over(self, content: &Content) -> Content {
        self.content.or(content)
    }
}

/// A converter for `messages`.
pub(super) fn entries(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<Entry>> {
    let Value::List(nodes) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    if nodes.is_empty() {
        let message = format!("`{}` of {} is empty", reading.key.name, reading.owner);
        let help = format!("for example `{} = {}`", reading.key.name, reading.key.example);
        reading.problems.push(Diagnostic::error(ids::EMPTY_LIST, message).at(node.place.as_ref()).help(help));
        return None;
    }
    let spec = table("message").expect("the table is in the list of tables");
    let mut entries = Vec::new();
    for node in nodes {
        if node.as_table().is_none() {
            not_a_table(spec, node, reading.problems);
        } else if let Some(mut reader) = Reader::new(spec, node, reading.problems) {
            let routing_key = value(reader.read("routing-key", short_text));
            entries.push(Entry { routing_key, content: Content::read(&mut reader) });
        }
    }
    Some(entries)
}

pub(super) fn value<T>(placed: Option<Placed<T>>) -> Option<T> {
    placed.map(|placed| placed.value)
}

/// The lengths of bodies. Longer ones that a distribution may give are the longest.
fn message_size(reader: &mut Reader<'_>) -> Option<Distribution> {
    let bytes = reader.read("message-size", size_distribution)?;
    let least = bytes.value.least().as_nanos();
    if u32::try_from(least).is_err() {
        let message = format!("a message of {} has {least} bytes", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::QUANTITY_TOO_LARGE, message)
                .at(bytes.place.as_ref())
                .note(format!("a message has at most {} bytes", u32::MAX)),
        );
    }
    Some(bytes.value)
}

/// As AMQP has it: a number of milliseconds in text. Source: rule TTL-1.
fn expiration(reader: &mut Reader<'_>) -> Option<String> {
    const MILLISECOND: u64 = SimDuration::from_millis(1).as_nanos();
    let expiration = reader.read("expiration", duration)?;
    let nanos = expiration.value.as_nanos();
    if nanos % MILLISECOND != 0 {
        let message = format!(
            "`expiration` of {} must be whole milliseconds, got {}",
            reader.owner(),
            expiration.value
        );
        reader.problems.push(
            Diagnostic::error(ids::QUANTITY_TOO_PRECISE, message)
                .at(expiration.place.as_ref())
                .note("AMQP gives the time to live of a message in milliseconds"),
        );
    }
    Some((nanos / MILLISECOND).to_string())
}
