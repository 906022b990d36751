//! Message classes. Index 0 is the class of all messages that no other takes.

use crate::amqp::FieldTable;
use crate::model::ClassSpec;
use crate::random::{Distribution, Probability};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::distributions::{distribution, size_distribution};
use crate::scenario::ids;
use crate::scenario::keys::Kind;
use crate::scenario::node::{Node, Table, shortened};
use crate::scenario::quantities::probability;
use crate::scenario::reader::{Reader, Reading};
use crate::scenario::source::Placed;
use crate::scenario::values::{arguments, integer, name, short_text, wrong_type};

use super::names::Names;
use super::readers;

const DEFAULT: &str = "default";

/// The classes, with names for references to them.
#[derive(Debug)]
pub(super) struct Classes {
    /// The default class and the declared ones.
    pub(super) specs: Vec<ClassSpec>,
    /// The declared ones: class i has index i - 1.
    pub(super) names: Names,
    /// Producers that the classes name, with the class.
    producers: Vec<(String, Placed<String>)>,
}

pub(super) fn read(tree: &Table, problems: &mut Problems) -> Classes {
    let default = ClassSpec {
        name: DEFAULT.to_owned(),
        every: 0,
        first: 0,
        routing_key: None,
        producer: None,
        headers: FieldTable::default(),
        probability: Probability::ONE,
    };
    let mut classes = Classes {
        specs: vec![default],
        names: Names::new("class", "classes", ids::UNKNOWN_CLASS),
        producers: Vec::new(),
    };
    readers(tree, "class", problems, |reader| {
        let class = reader.read("name", name);
        let every = reader.read("every", integer).map_or(1, |every| every.value);
        let first = reader.read("first", integer).map_or(every, |first| first.value);
        let routing_key = reader.read("routing-key", short_text).map(|key| key.value);
        let producer = reader.read("producer", name);
        let headers = reader.read("headers", arguments).unwrap_or_default().value;
        let probability = reader.read("probability", probability).map_or(Probability::ONE, |p| p.value);
        let Some(class) = class else { return };
        if class.value == DEFAULT {
            reader.problems.push(
                Diagnostic::error(ids::RESERVED_NAME, "class `default` is there already")
                    .at(class.place.as_ref())
                    .help("choose another name; `service-time` is the service time of the default class"),
            );
        }
        classes.names.add(&class, reader.problems);
        classes.producers.extend(producer.iter().map(|name| (class.value.clone(), name.clone())));
        classes.specs.push(ClassSpec {
            name: class.value,
            every,
            first,
            routing_key,
            producer: producer.map(|producer| producer.value),
            headers,
            probability,
        });
    });
    classes
}

impl Classes {
    /// Reads a table with a distribution for some of the classes.
    pub(super) fn distributions(
        &self,
        key: &str,
        what: &str,
        reader: &mut Reader<'_>,
    ) -> Vec<Option<Distribution>> {
        let mut all = vec![None; self.specs.len()];
        for (class, distribution) in reader.read(key, distributions).unwrap_or_default().value {
            let shown = shortened(&class.value);
            let message =
                format!("{} has a {what} for class `{shown}`, which is not declared", reader.owner());
            if let Some(at) = self.names.find(&class, || message, reader.problems) {
                all[at + 1] = Some(distribution);
            }
        }
        all
    }

    /// Reports producers that classes name, but nobody declares.
    pub(super) fn check(&self, producers: &Names, problems: &mut Problems) {
        for (class, producer) in &self.producers {
            let message = || {
                let (class, producer) = (shortened(class), shortened(&producer.value));
                format!("class `{class}` is for producer `{producer}`, which is not declared")
            };
            producers.find(producer, message, problems);
        }
    }
}

type DistributionOfName = (Placed<String>, Distribution);

/// A converter for a table of distributions.
fn distributions(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<DistributionOfName>> {
    let Some(table) = node.as_table() else {
        wrong_type(node, reading);
        return None;
    };
    let of_sizes = matches!(reading.key.kind, Kind::SizeDistributionByClass);
    let read = if of_sizes { size_distribution } else { distribution };
    let mut list = Vec::new();
    for entry in &table.0 {
        if let Some(distribution) = read(&entry.node, reading) {
            list.push((Placed { value: entry.key.clone(), place: entry.key_place.clone() }, distribution));
        }
    }
    Some(list)
}
