//! Message classes. Index 0 is the class of all messages that no other takes.

use crate::model::ClassSpec;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::{Table, shortened};
use crate::scenario::source::Placed;
use crate::scenario::values::{integer, name, short_text};

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
    let default =
        ClassSpec { name: DEFAULT.to_owned(), every: 0, first: 0, routing_key: None, producer: None };
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
        });
    });
    classes
}

impl Classes {
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
