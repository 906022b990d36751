//! What a client declares itself: the entries of its `declare` key.

use crate::model::{BindingSpec, Declaration};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::keys::table;
use crate::scenario::node::{Node, Value, shortened};
use crate::scenario::reader::{Reader, Reading, not_a_table};
use crate::scenario::source::Placed;
use crate::scenario::values::{arguments, name, short_text, wrong_type};

use super::names::{Names, within};
use super::topology;

/// A declaration with the names that its diagnostics need.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) declaration: Declaration,
    /// The queue, or the exchange, that it creates or binds.
    subject: Placed<String>,
    /// The exchange of a binding.
    source: Placed<String>,
    /// That of the client.
    vhost: String,
}

/// A converter for `declare`.
pub(super) fn declarations(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<Declared>> {
    let Value::List(nodes) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    Some(nodes.iter().filter_map(|node| declaration(node, reading.problems)).collect())
}

/// Which method an entry stands for is told by its keys.
fn declaration(node: &Node, problems: &mut Problems) -> Option<Declared> {
    let kind = match node.as_table() {
        Some(entry) if entry.get("bind").is_some() => "declare binding",
        Some(entry) if entry.get("queue").is_some() => "declare queue",
        Some(entry) if entry.get("exchange").is_some() => "declare exchange",
        Some(_) => {
            let message = "an entry of `declare` has none of `queue`, `exchange` and `bind`";
            problems.push(
                Diagnostic::error(ids::MISSING_KEY, message)
                    .at(node.place.as_ref())
                    .help("write `{ queue = \"orders\" }`, `{ exchange = \"logs\" }` or `{ bind = \"orders\", exchange = \"logs\" }`"),
            );
            return None;
        }
        None => "declare queue",
    };
    let spec = table(kind).expect("the table is in the list of tables");
    if node.as_table().is_none() {
        not_a_table(spec, node, problems);
        return None;
    }
    let mut reader = Reader::new(spec, node, problems)?;
    match kind {
        "declare binding" => binding(&mut reader),
        "declare queue" => queue(&mut reader),
        _ => exchange(&mut reader),
    }
}

fn queue(reader: &mut Reader<'_>) -> Option<Declared> {
    let name = reader.read("queue", name);
    let mut spec = topology::queue(reader, name.as_ref());
    spec.passive = reader.flag("passive");
    Some(Declared {
        declaration: Declaration::Queue(spec),
        subject: name?,
        source: Placed::default(),
        vhost: String::new(),
    })
}

fn exchange(reader: &mut Reader<'_>) -> Option<Declared> {
    let name = reader.read("exchange", name);
    let spec = topology::exchange(reader, name.as_ref());
    Some(Declared {
        declaration: Declaration::Exchange(spec),
        subject: name?,
        source: Placed::default(),
        vhost: String::new(),
    })
}

fn binding(reader: &mut Reader<'_>) -> Option<Declared> {
    let queue = reader.read("bind", name);
    let source = reader.read("exchange", short_text);
    let routing_key = reader.short_text("routing-key");
    let arguments = reader.read("arguments", arguments).unwrap_or_default().value;
    let (queue, source) = (queue?, source?);
    let spec = BindingSpec {
        source: source.value.clone(),
        destination: queue.value.clone(),
        to_exchange: false,
        routing_key,
        arguments,
    };
    Some(Declared { declaration: Declaration::Binding(spec), subject: queue, source, vhost: String::new() })
}

impl Declared {
    /// For a client of this virtual host.
    pub(super) fn of(vhost: &str, declares: Vec<Declared>) -> Vec<Declared> {
        declares.into_iter().map(|one| Declared { vhost: vhost.to_owned(), ..one }).collect()
    }

    /// The declaration with its virtual host.
    pub(super) fn within_vhost(&self) -> (&str, &Declaration) {
        (&self.vhost, &self.declaration)
    }

    /// Adds a queue that it creates or asks for.
    pub(super) fn mention(&self, queues: &mut Names) {
        if let Declaration::Queue(_) = self.declaration {
            queues.add_once(&within(&self.vhost, &self.subject));
        }
    }

    /// Adds what it creates to the names that other entries may use.
    pub(super) fn announce(&self, queues: &mut Names, exchanges: &mut Names) {
        match &self.declaration {
            Declaration::Queue(queue) if !queue.passive => {
                queues.add_once(&within(&self.vhost, &self.subject));
            }
            Declaration::Exchange(_) => {
                exchanges.add_once(&within(&self.vhost, &self.subject));
            }
            Declaration::Queue(_) | Declaration::Binding(_) => {}
        }
    }

    /// Reports what a binding names, but nobody declares.
    pub(super) fn check(&self, client: &str, queues: &Names, exchanges: &Names, problems: &mut Problems) {
        if let Declaration::Binding(_) = self.declaration {
            let subject = within(&self.vhost, &self.subject);
            let queue = shortened(&subject.value);
            let message = || format!("{client} binds queue `{queue}`, which is not declared");
            queues.find(&subject, message, problems);
            let at = (self.vhost.as_str(), &self.source);
            topology::find_exchange(exchanges, at, &format!("{client} binds to"), problems);
        }
    }
}
