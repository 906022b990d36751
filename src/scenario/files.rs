//! Data files that a scenario names: tables with a `file` become columns of numbers in the tree, before anything is read. Whoever
//! loads the scenario says how a file is opened; this room opens none.

use std::sync::Arc;

use crate::units::{SimDuration, parse_bytes, parse_duration};

use super::diagnostic::{Diagnostic, Problems};
use super::ids;
use super::node::{Entry, Node, Table, Value, shortened};

/// How a file is opened: from its name as the scenario has it to its text, or why that cannot be had.
pub type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// The keys whose table may name a file, with the columns that they take from it: the key that names the column, its name
/// where that is absent, and whether it must be there.
const DATA: [(&str, &[Column]); 2] = [
    (
        "empirical",
        &[Column { key: "column", usual: None, unit: "unit", holds: Amounts::Either, required: true }],
    ),
    (
        "replay",
        &[
            Column { key: "at", usual: Some("at"), unit: "unit", holds: Amounts::Lengths, required: true },
            Column {
                key: "size",
                usual: Some("size"),
                unit: "size-unit",
                holds: Amounts::Sizes,
                required: false,
            },
        ],
    ),
];

/// A column of a data file.
struct Column {
    key: &'static str,
    /// `None`: the first one of the file.
    usual: Option<&'static str>,
    /// The key that says what its bare numbers are.
    unit: &'static str,
    holds: Amounts,
    required: bool,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Amounts {
    Lengths,
    Sizes,
    /// Whatever the key is about.
    Either,
}

/// The data files of a scenario.
pub(super) struct Data<'a> {
    files: Files<'a>,
    /// The names of those that were read.
    read: Vec<String>,
}

impl<'a> Data<'a> {
    pub(super) fn of(files: Files<'a>) -> Self {
        Data { files, read: Vec::new() }
    }

    /// Puts the contents of files into a tree.
    pub(super) fn attach(&mut self, table: &mut Table, problems: &mut Problems) {
        for Entry { key, node, .. } in &mut table.0 {
            attach_node(Some(key), node, self.files, problems, &mut self.read);
        }
    }

    /// The names of the files that were read, each once.
    pub(super) fn read(mut self) -> Vec<String> {
        self.read.sort();
        self.read.dedup();
        self.read
    }
}

fn attach_node(
    key: Option<&str>,
    node: &mut Node,
    files: Files<'_>,
    problems: &mut Problems,
    read: &mut Vec<String>,
) {
    let columns = DATA.iter().find(|(known, _)| Some(*known) == key).map(|(_, columns)| *columns);
    match &mut node.value {
        Value::Table(table) => match (columns, table.get("file").and_then(Node::as_text)) {
            (Some(columns), Some(file)) => {
                let file = file.to_owned();
                match data(&file, table, columns, files) {
                    Ok(value) => {
                        node.value = value;
                        read.push(file);
                    }
                    Err(diagnostic) => {
                        problems.push(diagnostic.at(node.place.as_ref()));
                        node.value = Value::Broken;
                    }
                }
            }
            _ => {
                for Entry { key, node, .. } in &mut table.0 {
                    attach_node(Some(key), node, files, problems, read);
                }
            }
        },
        Value::List(nodes) => {
            for node in nodes {
                attach_node(None, node, files, problems, read);
            }
        }
        _ => {}
    }
}

fn unreadable(file: &str, why: impl std::fmt::Display) -> Box<Diagnostic> {
    noted(file, why, None, None)
}

fn noted(
    file: &str,
    why: impl std::fmt::Display,
    help: Option<String>,
    note: Option<String>,
) -> Box<Diagnostic> {
    let message = format!("cannot read {}: {why}", shortened(file));
    let diagnostic = Diagnostic::error(ids::UNREADABLE_DATA, message).help_if(help);
    Box::new(match note {
        Some(note) => diagnostic.note(note),
        None => diagnostic,
    })
}

/// The columns of a file: the only one, or a table of them.
fn data(file: &str, table: &Table, columns: &[Column], files: Files<'_>) -> Result<Value, Box<Diagnostic>> {
    let keys: Vec<&str> =
        columns.iter().flat_map(|column| [column.key, column.unit]).chain(["file"]).collect();
    if let Some(entry) = table.0.iter().find(|entry| !keys.contains(&entry.key.as_str())) {
        let known: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
        let why = format!("there is no setting `{}`", shortened(&entry.key));
        return Err(noted(file, why, None, Some(format!("known are {}", known.join(", ")))));
    }
    let text = files(file).map_err(|why| unreadable(file, why))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads: Vec<String> = match reader.headers() {
        Ok(heads) => heads.iter().map(str::to_owned).collect(),
        Err(error) => return Err(unreadable(file, error)),
    };
    let mut wanted = Vec::new();
    for column in columns {
        let named = table.get(column.key).and_then(Node::as_text);
        let place = match named.or(column.usual) {
            Some(name) => heads.iter().position(|head| head == name),
            None => (!heads.is_empty()).then_some(0),
        };
        match place {
            Some(place) => wanted.push((column, place, Vec::new())),
            None if column.required || named.is_some() => {
                let name = shortened(named.or(column.usual).unwrap_or_default());
                let known: Vec<String> = heads.iter().map(|head| format!("`{}`", shortened(head))).collect();
                let note = format!("its first line names {}", known.join(", "));
                return Err(noted(file, format!("it has no column `{name}`"), None, Some(note)));
            }
            None => {}
        }
    }
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(file, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        for (column, place, values) in &mut wanted {
            let unit = table.get(column.unit).and_then(Node::as_text);
            let cell = record.get(*place).unwrap_or_default();
            values.push(amount(cell, unit, column.holds).map_err(|wrong| {
                let why = format!("line {line} has `{}`, which is {}", shortened(cell), wrong.what());
                noted(file, why, wrong.help(column.unit), None)
            })?);
        }
    }
    if wanted.iter().any(|(_, _, values)| values.is_empty()) {
        return Err(unreadable(file, "there is nothing behind its first line"));
    }
    let only = columns.len() == 1;
    let entries = wanted.into_iter().map(|(column, _, values)| {
        let node = Node::new(Value::Numbers(Arc::from(values)));
        Entry { key: column.key.to_owned(), key_place: None, node }
    });
    let mut entries: Vec<Entry> = entries.collect();
    Ok(match entries.pop() {
        Some(entry) if only => entry.node.value,
        last => {
            entries.extend(last);
            Value::Table(Table(entries))
        }
    })
}

/// What is wrong with a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrong {
    NoAmount,
    NoUnit,
    UnknownUnit,
}

impl Wrong {
    fn what(self) -> &'static str {
        match self {
            Wrong::NoAmount => "no amount",
            Wrong::NoUnit => "a number without a unit",
            Wrong::UnknownUnit => "in a unit that is not known",
        }
    }

    fn help(self, key: &str) -> Option<String> {
        let usual = if key == "size-unit" { "B" } else { "ms" };
        (self != Wrong::NoAmount).then(|| format!("say what the numbers are: `{key} = \"{usual}\"`"))
    }
}

/// The nanoseconds or bytes in a cell, which has a unit itself, or is a number of `unit`, to the nearest one.
fn amount(cell: &str, unit: Option<&str>, holds: Amounts) -> Result<u64, Wrong> {
    let read = |text: &str| {
        let length = parse_duration(text).ok().filter(|_| holds != Amounts::Sizes).map(SimDuration::as_nanos);
        length.or_else(|| parse_bytes(text).ok().filter(|_| holds != Amounts::Lengths))
    };
    if let Some(amount) = read(cell) {
        return Ok(amount);
    }
    let number: f64 = cell.parse().map_err(|_| Wrong::NoAmount)?;
    let unit = unit.ok_or(Wrong::NoUnit)?;
    let size = read(&format!("1{unit}")).ok_or(Wrong::UnknownUnit)?;
    let amount = number * size as f64 + 0.5;
    if (0.0..1.8e19).contains(&amount) { Ok(amount as u64) } else { Err(Wrong::NoAmount) }
}
