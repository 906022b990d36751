//! From a value of TOML to a value of the scenario, one function a type; each reports what is wrong with the value.
//! Knows the spec of the key that is read, but no table.

use crate::amqp::{FieldTable, FieldValue};

use super::diagnostic::Diagnostic;
use super::ids;
use super::keys::{ChoiceSpec, Kind};
use super::node::{Node, Table, Value, shortened};
use super::reader::Reading;
use super::source::Placed;
use super::suggest::meant;

/// The longest short string of AMQP. Source: AMQP 0-9-1, section 4.2.5.3.
const SHORT_STRING_BYTES_MAX: usize = 255;

pub(super) fn wrong_type(node: &Node, reading: &mut Reading<'_>) {
    if matches!(node.value, Value::Broken) {
        return;
    }
    let key = reading.key;
    let message =
        format!("`{}` of {} must be {}, got {}", key.name, reading.owner, key.kind.words(), node.describe());
    reading.problems.push(
        Diagnostic::error(ids::WRONG_TYPE, message)
            .at(node.place.as_ref())
            .help(format!("for example `{} = {}`", key.name, key.example)),
    );
}

pub(super) fn boolean(node: &Node, reading: &mut Reading<'_>) -> Option<bool> {
    if let Value::Boolean(truth) = node.value {
        return Some(truth);
    }
    wrong_type(node, reading);
    None
}

pub(super) fn text(node: &Node, reading: &mut Reading<'_>) -> Option<String> {
    if let Value::Text(text) = &node.value {
        return Some(text.clone());
    }
    wrong_type(node, reading);
    None
}

/// A text that fits in a short string of AMQP.
pub(super) fn short_text(node: &Node, reading: &mut Reading<'_>) -> Option<String> {
    let text = text(node, reading)?;
    if text.len() <= SHORT_STRING_BYTES_MAX {
        return Some(text);
    }
    let message = format!("`{}` of {} has {} bytes", reading.key.name, reading.owner, text.len());
    reading.problems.push(
        Diagnostic::error(ids::NAME_TOO_LONG, message)
            .at(node.place.as_ref())
            .note("names and routing keys of AMQP have at most 255 bytes")
            .source("AMQP 0-9-1, section 4.2.5.3"),
    );
    None
}

/// A short text that is not empty.
pub(super) fn name(node: &Node, reading: &mut Reading<'_>) -> Option<String> {
    let name = short_text(node, reading)?;
    if !name.is_empty() {
        return Some(name);
    }
    let message = format!("`{}` of {} is empty", reading.key.name, reading.owner);
    let help = format!("for example `{} = {}`", reading.key.name, reading.key.example);
    reading.problems.push(Diagnostic::error(ids::EMPTY_NAME, message).at(node.place.as_ref()).help(help));
    None
}

/// One or more short texts.
pub(super) fn short_texts(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<String>> {
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
    // Not short-circuiting: each text's mistake is reported.
    let texts: Vec<Option<String>> = nodes.iter().map(|node| short_text(node, reading)).collect();
    texts.into_iter().collect()
}

/// Routing keys: a list of them, or a pattern with their number.
pub(super) fn routing_keys_of(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<String>> {
    const PLACE: &str = "{key}";
    const KEYS_MAX: i64 = 1_000_000;
    let Value::Table(table) = &node.value else { return short_texts(node, reading) };
    let pattern = table.get("pattern").and_then(|node| short_text(node, reading));
    let count = match table.get("count").map(|node| &node.value) {
        Some(&Value::Integer(count)) if (1..=KEYS_MAX).contains(&count) => Some(count),
        _ => None,
    };
    match (pattern, count) {
        (Some(pattern), Some(count)) if table.0.len() == 2 && pattern.contains(PLACE) => {
            Some((1..=count).map(|n| pattern.replace(PLACE, &n.to_string())).collect())
        }
        _ => {
            let message = format!(
                "`{}` of {} is a list, or a `pattern` with `{PLACE}` in it and a `count` up to {KEYS_MAX}",
                reading.key.name, reading.owner
            );
            reading.problems.push(
                Diagnostic::error(ids::MALFORMED_KEYS, message)
                    .at(node.place.as_ref())
                    .help(format!("for example `{} = {}`", reading.key.name, reading.key.example)),
            );
            None
        }
    }
}

/// An integer in the range of the key.
pub(super) fn integer(node: &Node, reading: &mut Reading<'_>) -> Option<u64> {
    let Kind::Integer(low, high) = reading.key.kind else { panic!("the key is an integer") };
    let Value::Integer(number) = node.value else {
        wrong_type(node, reading);
        return None;
    };
    if let Some(number) = u64::try_from(number).ok().filter(|number| (low..=high).contains(number)) {
        return Some(number);
    }
    let range = if high == i64::MAX as u64 {
        format!("must be {low} or more")
    } else {
        format!("must be between {low} and {high}")
    };
    let message = format!("`{}` of {} {range}, got {number}", reading.key.name, reading.owner);
    reading.problems.push(Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message).at(node.place.as_ref()));
    None
}

/// The position of a word among those that the key takes.
pub(super) fn choice(node: &Node, reading: &mut Reading<'_>) -> Option<usize> {
    let Kind::Choice(choice) = reading.key.kind else { panic!("the key is a choice") };
    let word = text(node, reading)?;
    let words = (choice.words)();
    if let Some(at) = words.iter().position(|known| *known == word) {
        return Some(at);
    }
    reading.problems.push(unknown_word(choice, &word, &words).at(node.place.as_ref()));
    None
}

/// For each name in a table, the position of its word among those that the key takes.
pub(super) fn choices_by_name(
    node: &Node,
    reading: &mut Reading<'_>,
) -> Option<Vec<(Placed<String>, usize)>> {
    let Kind::ChoiceByClass(choice) = reading.key.kind else { panic!("the key is a table of choices") };
    let Value::Table(table) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    let words = (choice.words)();
    let mut list = Vec::new();
    for entry in &table.0 {
        let Value::Text(word) = &entry.node.value else {
            wrong_type(&entry.node, reading);
            continue;
        };
        if let Some(at) = words.iter().position(|known| known == word) {
            list.push((Placed { value: entry.key.clone(), place: entry.key_place.clone() }, at));
        } else {
            let unknown = unknown_word(choice, word, &words);
            reading.problems.push(unknown.at(entry.node.place.as_ref()));
        }
    }
    Some(list)
}

fn unknown_word(choice: &ChoiceSpec, word: &str, words: &[&str]) -> Diagnostic {
    let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    Diagnostic::error(choice.id, format!("there is no {} `{}`", choice.noun, shortened(word)))
        .help_if(meant(word, words).map(|words| format!("did you mean {words}?")))
        .note(format!("known are {}", known.join(", ")))
}

/// A field table.
pub(super) fn arguments(node: &Node, reading: &mut Reading<'_>) -> Option<FieldTable> {
    let Value::Table(table) = &node.value else {
        wrong_type(node, reading);
        return None;
    };
    field_table(table, reading)
}

fn field_table(table: &Table, reading: &mut Reading<'_>) -> Option<FieldTable> {
    let mut fields = FieldTable::new();
    let mut complete = true;
    for entry in &table.0 {
        if entry.key.len() > SHORT_STRING_BYTES_MAX {
            let message = format!("an argument of {} has a name of {} bytes", reading.owner, entry.key.len());
            reading.problems.push(
                Diagnostic::error(ids::NAME_TOO_LONG, message)
                    .at(entry.key_place.as_ref())
                    .note("names of AMQP have at most 255 bytes")
                    .source("AMQP 0-9-1, section 4.2.5.3"),
            );
        }
        match field_value(&entry.node, reading) {
            Some(value) => fields.set(&entry.key, value),
            None => complete = false,
        }
    }
    complete.then_some(fields)
}

fn field_value(node: &Node, reading: &mut Reading<'_>) -> Option<FieldValue> {
    match &node.value {
        Value::Text(text) => Some(FieldValue::LongString(text.as_str().into())),
        Value::Integer(number) => Some(FieldValue::Integer(*number)),
        Value::Boolean(truth) => Some(FieldValue::Boolean(*truth)),
        Value::Decimal(digits) => digits.parse().ok().map(|number: f64| FieldValue::Double(number.to_bits())),
        Value::List(nodes) => {
            let values: Vec<Option<FieldValue>> =
                nodes.iter().map(|node| field_value(node, reading)).collect();
            values.into_iter().collect::<Option<Vec<FieldValue>>>().map(FieldValue::Array)
        }
        Value::Table(table) => field_table(table, reading).map(FieldValue::Table),
        Value::Date(date) => {
            reading.problems.push(
                Diagnostic::error(
                    ids::UNSUPPORTED_ARGUMENT,
                    format!("an argument of {} cannot be a date", reading.owner),
                )
                .at(node.place.as_ref())
                .help(format!("write it as a string, \"{date}\", or as a number"))
                .note("arguments are strings, integers, numbers, booleans, lists and tables"),
            );
            None
        }
        Value::Broken | Value::Numbers(_) => None,
    }
}
