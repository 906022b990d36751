//! The tree of a scenario before it is read: tables, lists and values, each with its place.
//! Knows no key; the reader gives the tree its meaning.

use std::sync::Arc;

use super::source::Place;

/// A value with its place; no place for a builder's values and for defaults.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Option<Place>,
    pub(super) value: Value,
}

/// A value of TOML.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    /// A number with a point or an exponent, as it is written.
    Decimal(String),
    Boolean(bool),
    Date(String),
    List(Vec<Node>),
    /// A column of a data file, in nanoseconds or bytes; shared, because there may be many.
    Numbers(Arc<[u64]>),
    Table(Table),
    /// Something whose mistake has been reported; nothing more is said about it.
    Broken,
}

/// Keys with values, in order of place, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table(pub(super) Vec<Entry>);

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_place: Option<Place>,
    pub(super) node: Node,
}

impl Value {
    /// Whether a mistake in it has been reported.
    fn is_broken(&self) -> bool {
        match self {
            Value::Broken => true,
            Value::List(nodes) => nodes.iter().any(|node| node.value.is_broken()),
            Value::Table(table) => table.is_broken(),
            _ => false,
        }
    }
}

impl Table {
    /// Whether a mistake in one of its values has been reported.
    pub(super) fn is_broken(&self) -> bool {
        self.0.iter().any(|entry| entry.node.value.is_broken())
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Replaces the value of a key, or adds the key at the end.
    pub(super) fn set(&mut self, entry: Entry) {
        match self.0.iter_mut().find(|present| present.key == entry.key) {
            Some(present) => *present = entry,
            None => self.0.push(entry),
        }
    }

    /// The value of a key, which becomes an empty table at `place` if there is none.
    pub(super) fn get_or_table(&mut self, key: &str, place: Option<&Place>) -> &mut Node {
        if let Some(at) = self.0.iter().position(|entry| entry.key == key) {
            return &mut self.0[at].node;
        }
        let node = Node { place: place.cloned(), value: Value::Table(Table::default()) };
        self.0.push(Entry { key: key.to_owned(), key_place: place.cloned(), node });
        &mut self.0.last_mut().expect("an entry was pushed").node
    }
}

impl Node {
    pub(super) fn new(value: Value) -> Node {
        Node { place: None, value }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn as_table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    pub(super) fn as_table_mut(&mut self) -> Option<&mut Table> {
        if let Value::Table(table) = &mut self.value { Some(table) } else { None }
    }

    /// What it is, for a message: `the string "yes"`, `the integer 5`, `a table`.
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::Text(_) => format!("the string {}", self.shown()),
            Value::Integer(_) => format!("the integer {}", self.shown()),
            Value::Decimal(_) => format!("the number {}", self.shown()),
            Value::Boolean(truth) => format!("the boolean {truth}"),
            Value::Date(_) => format!("the date {}", self.shown()),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Numbers(_) => "a column of a file".to_owned(),
            Value::Broken => "nothing".to_owned(),
        }
    }

    /// The value as it would stand in a file, on one line and not too long.
    pub(super) fn shown(&self) -> String {
        match &self.value {
            Value::Text(text) => format!("\"{}\"", shortened(text)),
            Value::Integer(number) => number.to_string(),
            Value::Decimal(text) | Value::Date(text) => shortened(text),
            Value::Boolean(truth) => truth.to_string(),
            Value::List(nodes) => {
                let shown: Vec<String> = nodes.iter().map(Node::shown).collect();
                format!("[{}]", shown.join(", "))
            }
            Value::Table(table) => {
                let shown: Vec<String> =
                    table.0.iter().map(|entry| format!("{} = {}", entry.key, entry.node.shown())).collect();
                format!("{{ {} }}", shown.join(", "))
            }
            Value::Numbers(numbers) => format!("{} rows of a file", numbers.len()),
            Value::Broken => "?".to_owned(),
        }
    }
}

/// The text, or its beginning.
pub(super) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect();
    if text.chars().nth(CHARS_MAX).is_some() { format!("{line}…") } else { line }
}
