//! Arguments that the broker would pass over in silence, and definitions of policies that it would refuse.
//! Knows no table; the words are the broker's.

use crate::amqp::FieldTable;
use crate::broker::{Demand, POLICY_SETTINGS, Takes, known_arguments};
use crate::units::parse_duration;

use super::diagnostic::Diagnostic;
use super::ids;
use super::node::{Entry, Node, Value, shortened};
use super::reader::Reading;
use super::suggest::nearest;
use super::values::arguments;

/// The arguments of a queue.
pub(super) fn queue_arguments(node: &Node, reading: &mut Reading<'_>) -> Option<FieldTable> {
    known(node, Takes::Queue, reading)
}

/// The arguments of an exchange.
pub(super) fn exchange_arguments(node: &Node, reading: &mut Reading<'_>) -> Option<FieldTable> {
    known(node, Takes::Exchange, reading)
}

/// The arguments of a consumer.
pub(super) fn consumer_arguments(node: &Node, reading: &mut Reading<'_>) -> Option<FieldTable> {
    known(node, Takes::Consumer, reading)
}

/// Doubts names that begin with `x-`, or are near to one that is known: anything else may be for another program.
fn known(node: &Node, of: Takes, reading: &mut Reading<'_>) -> Option<FieldTable> {
    let fields = arguments(node, reading)?;
    let known = known_arguments(of);
    for entry in node.as_table().into_iter().flat_map(|table| &table.0) {
        let near = nearest(&entry.key, known.iter().copied());
        if known.contains(&entry.key.as_str()) || (near.is_none() && !entry.key.starts_with("x-")) {
            continue;
        }
        let message =
            format!("{} has the argument `{}`, which means nothing", reading.owner, shortened(&entry.key));
        reading.problems.push(
            Diagnostic::warning(ids::UNKNOWN_ARGUMENT, message)
                .at(entry.key_place.as_ref())
                .help_if(near.map(|near| format!("did you mean `{near}`?")))
                .note("RabbitMQ passes over arguments that it does not know"),
        );
    }
    Some(fields)
}

/// The settings of a policy. Source: `rabbit_policies:validate_policy0`.
pub(super) fn definition(node: &Node, reading: &mut Reading<'_>) -> Option<FieldTable> {
    let fields = arguments(node, reading)?;
    for entry in node.as_table().into_iter().flat_map(|table| &table.0) {
        let problem = match POLICY_SETTINGS.iter().find(|(name, _)| *name == entry.key) {
            Some((_, demand)) => refused(entry, *demand, reading.owner),
            None => Some(unknown_setting(entry, reading.owner)),
        };
        let consequence = "RabbitMQ refuses such a policy: Validation failed";
        if let Some(problem) = problem {
            reading.problems.push(problem.note(consequence));
        }
    }
    Some(fields)
}

fn unknown_setting(entry: &Entry, owner: &str) -> Diagnostic {
    let names = || POLICY_SETTINGS.iter().map(|(name, _)| *name);
    let without_x = entry.key.strip_prefix("x-").unwrap_or(&entry.key);
    let listed: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    Diagnostic::error(
        ids::UNKNOWN_KEY,
        format!("the definition of {owner} has no setting `{}`", shortened(&entry.key)),
    )
    .at(entry.key_place.as_ref())
    .help_if(nearest(without_x, names()).map(|near| format!("did you mean `{near}`?")))
    .note(format!("the settings of a policy are {}", listed.join(", ")))
}

fn refused(entry: &Entry, demand: Demand, owner: &str) -> Option<Diagnostic> {
    let (key, value) = (&entry.key, &entry.node.value);
    let wrong = |id, expected: &str| {
        let got = entry.node.describe();
        Diagnostic::error(id, format!("`{key}` of {owner} must be {expected}, got {got}"))
            .at(entry.node.place.as_ref())
    };
    match (demand, value) {
        (Demand::Integer(least) | Demand::Milliseconds(least), Value::Integer(number)) => {
            (*number < least).then(|| wrong(ids::NUMBER_OUT_OF_RANGE, &format!("{least} or more")))
        }
        (Demand::Integer(_), _) => {
            let number = entry.node.as_text().and_then(|text| text.trim().parse::<i64>().ok());
            let help = number.map(|number| format!("write `{key} = {number}`, without quotes"));
            Some(wrong(ids::WRONG_TYPE, "an integer").help_if(help))
        }
        (Demand::Milliseconds(_), value) => {
            let length = match value {
                Value::Text(text) => parse_duration(text).ok().map(|length| length.as_nanos() / 1_000_000),
                _ => None,
            };
            let help = length.map(|ms| format!("write `{key} = {ms}`"));
            Some(wrong(ids::WRONG_TYPE, "an integer, of milliseconds").help_if(help))
        }
        (Demand::Text, Value::Text(_)) => None,
        (Demand::Text, _) => Some(wrong(ids::WRONG_TYPE, "a string")),
        (Demand::Word(words), Value::Text(word)) => (!words.contains(&word.as_str())).then(|| {
            let listed: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            wrong(ids::UNKNOWN_CHOICE, &format!("one of {}", listed.join(", ")))
                .help_if(nearest(word, words.iter().copied()).map(|near| format!("did you mean `{near}`?")))
        }),
        (Demand::Word(_), _) => Some(wrong(ids::WRONG_TYPE, "a string")),
    }
}
