//! Typed access to one table: each key is looked up in its [`TableSpec`], read, or replaced by its default.
//! Knows no table of its own; reading a key that the table's spec lacks is a bug of this program and panics.

use std::borrow::Cow;

use super::diagnostic::{Diagnostic, Problems};
use super::hints::{instead_of_key, instead_of_table};
use super::ids;
use super::keys::{Absent, Form, KeySpec, METHODS, TABLES, TableSpec};
use super::node::{Node, Table, Value, shortened};
use super::parse;
use super::source::{Place, Placed};
use super::suggest::nearest;
use super::values;

/// Reads the keys of one table.
pub(super) struct Reader<'a> {
    spec: &'static TableSpec,
    table: &'a Table,
    place: Option<&'a Place>,
    /// The thing that the table describes, for messages: "queue `orders`".
    owner: String,
    /// One bit for each key of the spec that was asked for.
    asked: u64,
    /// Where mistakes go.
    pub(super) problems: &'a mut Problems,
}

/// What a converter of values needs beside the value.
pub(super) struct Reading<'a> {
    pub(super) key: &'static KeySpec,
    /// "queue `orders`".
    pub(super) owner: &'a str,
    pub(super) problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    /// Starts to read a table and reports the keys that it should not have; `None` if `node` is no table.
    pub(super) fn new(
        spec: &'static TableSpec,
        node: &'a Node,
        problems: &'a mut Problems,
    ) -> Option<Reader<'a>> {
        let Some(table) = node.as_table() else {
            not_a_table(spec, node, problems);
            return None;
        };
        Some(Reader::of_table(spec, table, node.place.as_ref(), problems))
    }

    /// Starts to read a table whose place is known from elsewhere.
    pub(super) fn of_table(
        spec: &'static TableSpec,
        table: &'a Table,
        place: Option<&'a Place>,
        problems: &'a mut Problems,
    ) -> Reader<'a> {
        let owner = match table.get("name").and_then(Node::as_text) {
            Some(name) if !name.is_empty() => format!("{} `{}`", spec.bare_noun(), shortened(name)),
            _ => spec.noun.to_owned(),
        };
        let mut reader = Reader { spec, table, place, owner, asked: 0, problems };
        // The top level holds tables too, which are not keys; whoever reads it looks after them.
        if spec.form != Form::Top {
            reader.refuse_unknown_keys();
        }
        reader
    }

    /// A step has the keys of its method only.
    fn unknown_key(&self, key: &str, place: Option<&Place>) -> Diagnostic {
        let method = self.table.get("method").and_then(Node::as_text).filter(|_| self.spec.name == "do");
        match METHODS.iter().find(|known| Some(known.name) == method) {
            Some(method) => {
                let own = method.required.iter().chain(method.optional).copied();
                let keys: Vec<&str> = ["method", "at", "after"].into_iter().chain(own).collect();
                unknown_among(&format!("a step with `{}`", method.name), &keys, key, place)
            }
            None => unknown_key(self.spec, key, place),
        }
    }

    /// The keys in the table that is the value of a key, with the places of their values.
    pub(super) fn entries(&self, key: &str) -> Vec<(String, Option<Place>)> {
        let table = self.table.get(key).and_then(Node::as_table);
        let entries = table.into_iter().flat_map(|table| &table.0);
        entries.map(|entry| (entry.key.clone(), entry.node.place.clone())).collect()
    }

    fn refuse_unknown_keys(&mut self) {
        for entry in &self.table.0 {
            if self.spec.key(&entry.key).is_some() {
                continue;
            }
            let place = entry.key_place.as_ref();
            self.problems.push(if entry.key == "node" {
                reserved_node(place)
            } else {
                self.unknown_key(&entry.key, place)
            });
        }
    }

    /// The thing that the table describes, for messages: "queue `orders`".
    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// The place of the table.
    pub(super) fn place(&self) -> Option<&'a Place> {
        self.place
    }

    /// The place of a key's value; the table's where the key is absent.
    pub(super) fn place_of(&self, key: &str) -> Option<&'a Place> {
        self.table.get(key).map_or(self.place, |node| node.place.as_ref())
    }

    /// The place of a key itself.
    pub(super) fn key_place(&self, key: &str) -> Option<&'a Place> {
        self.table.entry(key).and_then(|entry| entry.key_place.as_ref())
    }

    /// Whether the key is there, readable or not.
    pub(super) fn has(&mut self, key: &str) -> bool {
        self.ask(key);
        self.table.get(key).is_some()
    }

    /// The value of a key as `convert` reads it; `None` if it is absent without a default, or a mistake that was
    /// reported.
    pub(super) fn read<T>(
        &mut self,
        key: &str,
        convert: fn(&Node, &mut Reading<'_>) -> Option<T>,
    ) -> Option<Placed<T>> {
        let key = self.ask(key);
        let node = self.node_or_default(key)?;
        let mut reading = Reading { key, owner: &self.owner, problems: self.problems };
        let value = convert(&node, &mut reading)?;
        Some(Placed { value, place: node.place.clone() })
    }

    /// The same for a boolean; where it cannot be read, its default.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        let absent = self.ask(key).absent;
        self.read(key, values::boolean).map_or(absent == Absent::Default("true"), |flag| flag.value)
    }

    /// The same for a text, empty where it cannot be read.
    pub(super) fn short_text(&mut self, key: &str) -> String {
        self.read(key, values::short_text).unwrap_or_default().value
    }

    fn node_or_default(&mut self, key: &'static KeySpec) -> Option<Cow<'a, Node>> {
        match (self.table.get(key.name), key.absent) {
            (Some(Node { value: Value::Broken, .. }), _) | (None, Absent::Means(_)) => None,
            (Some(node), _) => Some(Cow::Borrowed(node)),
            (None, Absent::Default(text)) => Some(Cow::Owned(parse::default_value(text))),
            (None, Absent::Required) => {
                let message = format!("{} has no `{}`", self.owner, key.name);
                let help = format!("add `{} = {}`", key.name, key.example);
                self.problems.push(Diagnostic::error(ids::MISSING_KEY, message).at(self.place).help(help));
                None
            }
        }
    }

    fn ask(&mut self, key: &str) -> &'static KeySpec {
        let at = self.spec.keys.iter().position(|spec| spec.name == key);
        let at = at.expect("a reader asks only for keys of its table");
        self.asked |= 1 << at;
        &self.spec.keys[at]
    }
}

/// A key that nobody asks for would be accepted and do nothing.
impl Drop for Reader<'_> {
    fn drop(&mut self) {
        debug_assert!(
            std::thread::panicking() || self.asked.count_ones() as usize == self.spec.keys.len(),
            "all keys of {} are read",
            self.spec.name
        );
    }
}

/// The diagnostic for a table in place of a list, a value in place of a table, and the reverse.
pub(super) fn not_a_table(spec: &TableSpec, node: &Node, problems: &mut Problems) {
    if matches!(node.value, Value::Broken) {
        return;
    }
    let diagnostic = match (&node.value, spec.form) {
        (Value::Table(_) | Value::List(_), Form::Single | Form::List) => {
            let name = spec.name;
            let message = if spec.form == Form::List {
                format!("`{name}` needs double brackets, because there may be several")
            } else {
                format!("`{name}` needs single brackets, because there is only one")
            };
            Diagnostic::error(ids::WRONG_BRACKETS, message).help(format!("write `{}`", spec.header()))
        }
        (_, Form::Single | Form::List) => {
            Diagnostic::error(ids::WRONG_TYPE, format!("{} is a table, got {}", spec.noun, node.describe()))
                .help(format!("write `{}` on a line of its own, and its keys below", spec.header()))
        }
        (_, Form::Top | Form::Inline) => Diagnostic::error(
            ids::WRONG_TYPE,
            format!("{} is a table in braces, got {}", spec.noun, node.describe()),
        )
        .help(format!("write `{{ {} = {} }}`", spec.keys[0].name, spec.keys[0].example)),
    };
    problems.push(diagnostic.at(node.place.as_ref()));
}

/// The diagnostic for a key that a table does not have.
pub(super) fn unknown_key(spec: &TableSpec, key: &str, place: Option<&Place>) -> Diagnostic {
    let known: Vec<&str> = spec.keys.iter().map(|key| key.name).collect();
    unknown_among(spec.noun, &known, key, place).help_if(instead_of_key(spec.name, key))
}

fn unknown_among(noun: &str, known: &[&str], key: &str, place: Option<&Place>) -> Diagnostic {
    let mut sorted: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    sorted.sort();
    Diagnostic::error(ids::UNKNOWN_KEY, format!("{noun} has no key `{}`", shortened(key)))
        .at(place)
        .help_if(nearest(key, known.iter().copied()).map(|near| format!("did you mean `{near}`?")))
        .note(format!("the keys of {noun} are {}", sorted.join(", ")))
}

/// The diagnostic for a table that a scenario does not have.
pub(super) fn unknown_table(name: &str, place: Option<&Place>) -> Diagnostic {
    if name == "node" {
        return reserved_node(place);
    }
    let known = || {
        let tables = TABLES.iter().filter(|table| matches!(table.form, Form::Single | Form::List));
        tables.map(|table| table.name).filter(|name| !name.contains('.')).chain(["fault"])
    };
    let mut sorted: Vec<String> = known().map(|name| format!("`{name}`")).collect();
    sorted.sort();
    Diagnostic::error(ids::UNKNOWN_TABLE, format!("a scenario has no table `{}`", shortened(name)))
        .at(place)
        .help_if(
            instead_of_table(name)
                .map(str::to_owned)
                .or_else(|| nearest(name, known()).map(|near| format!("did you mean `{near}`?"))),
        )
        .note(format!("the tables of a scenario are {}", sorted.join(", ")))
}

fn reserved_node(place: Option<&Place>) -> Diagnostic {
    Diagnostic::error(ids::RESERVED_KEY, "`node` is reserved for nodes that differ")
        .at(place)
        .help("take it out; the nodes of a cluster are all alike, and `[cluster]` says how many there are: `nodes = 3`")
}
