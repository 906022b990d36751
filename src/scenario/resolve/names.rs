//! Names in order of declaration: who has which index, who is there twice, and what a mistyped name may have meant.

use std::collections::BTreeMap;

use crate::amqp::in_vhost;
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::shortened;
use crate::scenario::source::Placed;
use crate::scenario::suggest::nearest;

/// The names of one kind of thing.
#[derive(Debug)]
pub(super) struct Names {
    noun: &'static str,
    plural: &'static str,
    /// The id of the diagnostic for a name that is not here.
    id_unknown: &'static str,
    list: Vec<Placed<String>>,
    index: BTreeMap<String, usize>,
}

impl Names {
    pub(super) fn new(noun: &'static str, plural: &'static str, id_unknown: &'static str) -> Names {
        Names { noun, plural, id_unknown, list: Vec::new(), index: BTreeMap::new() }
    }

    pub(super) fn queues() -> Names {
        Names::new("queue", "queues", ids::UNKNOWN_QUEUE)
    }

    pub(super) fn exchanges() -> Names {
        Names::new("exchange", "exchanges", ids::UNKNOWN_EXCHANGE)
    }

    /// Adds a name at the next index, even if it is there already, which is reported.
    pub(super) fn add(&mut self, name: &Placed<String>, problems: &mut Problems) {
        if let Some(first) = self.get(&name.value) {
            let message = format!("two {} are named `{}`", self.plural, shortened(&name.value));
            let mut diagnostic = Diagnostic::error(ids::DUPLICATE_NAME, message)
                .at_with(name.place.as_ref(), "used again")
                .also(first.place.as_ref(), "first used here");
            if matches!(self.noun, "producer" | "consumer" | "downstream") {
                diagnostic = diagnostic.note(NAME_SELECTS_STREAMS);
            }
            problems.push(diagnostic);
        }
        self.index.entry(name.value.clone()).or_insert(self.list.len());
        self.list.push(name.clone());
    }

    /// The index of a name, which is added if it is not there.
    pub(super) fn add_once(&mut self, name: &Placed<String>) -> usize {
        if let Some(at) = self.index(&name.value) {
            return at;
        }
        self.index.insert(name.value.clone(), self.list.len());
        self.list.push(name.clone());
        self.list.len() - 1
    }

    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Placed<String>> {
        self.index(name).map(|at| &self.list[at])
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Placed<String>> {
        self.list.iter()
    }

    /// The index of a name; where it is unknown, reports `message` at its place and says which names there are.
    pub(super) fn find(
        &self,
        name: &Placed<String>,
        message: impl FnOnce() -> String,
        problems: &mut Problems,
    ) -> Option<usize> {
        let found = self.index(&name.value);
        if found.is_none() {
            problems.push(
                Diagnostic::error(self.id_unknown, message())
                    .at(name.place.as_ref())
                    .help_if(self.suggestion(&name.value))
                    .note(self.known()),
            );
        }
        found
    }

    /// "did you mean `orders` (line 12)?"
    pub(super) fn suggestion(&self, name: &str) -> Option<String> {
        let near = nearest(name, self.list.iter().map(|known| known.value.as_str()))?;
        let place = self.get(near).and_then(|known| known.place.as_ref());
        let line = place.map(|place| format!(" (line {})", place.line())).unwrap_or_default();
        Some(format!("did you mean `{near}`{line}?"))
    }

    /// "known queues: `orders`, `orders.dead`"
    pub(super) fn known(&self) -> String {
        const SHOWN_MAX: usize = 8;
        if self.list.is_empty() {
            return format!("no {} is declared", self.noun);
        }
        let shown: Vec<String> =
            self.list.iter().take(SHOWN_MAX).map(|name| format!("`{}`", shortened(&name.value))).collect();
        let more = self.list.len().saturating_sub(SHOWN_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("known {}: {}{more}", self.plural, shown.join(", "))
    }
}

/// A name with its virtual host, as reports tell it.
pub(super) fn within(vhost: &str, name: &Placed<String>) -> Placed<String> {
    Placed { value: in_vhost(vhost, &name.value), place: name.place.clone() }
}

/// Why two clients must not share a name.
pub(super) const NAME_SELECTS_STREAMS: &str = "the name of a client selects its random streams, so two clients with one name would draw the same numbers";
