//! Headers exchanges: the binding's arguments are compared with the message's headers. Source: rules RT-5 to RT-8.

use std::collections::BTreeMap;

use super::{Binding, Destination};
use crate::amqp::{FieldTable, FieldValue, Name};

const X_MATCH: &str = "x-match";

pub(super) fn route(
    bindings: &BTreeMap<Name, Vec<Binding>>,
    headers: Option<&FieldTable>,
    found: &mut Vec<Destination>,
) {
    let none = FieldTable::new();
    let headers = headers.unwrap_or(&none);
    let hit = |binding: &&Binding| matches(&binding.arguments, headers);
    found.extend(bindings.values().flatten().filter(hit).map(|binding| binding.destination));
}

/// Whether a message with these headers matches. Source: rules RT-5 to RT-7.
fn matches(arguments: &FieldTable, headers: &FieldTable) -> bool {
    let (all, with_x) = match arguments.get(X_MATCH).and_then(FieldValue::as_str) {
        Some("any") => (false, false),
        Some("all-with-x") => (true, true),
        Some("any-with-x") => (false, true),
        _ => (true, false),
    };
    let hits = |(key, expected): (&str, &FieldValue)| {
        headers.get(key).is_some_and(|value| *expected == FieldValue::Void || same(expected, value))
    };
    let mut asked =
        arguments.iter().filter(|(key, _)| if with_x { *key != X_MATCH } else { !key.starts_with("x-") });
    if all { asked.all(hits) } else { asked.any(hits) }
}

/// Values are equal only if their types are; the order of a table's keys means nothing. Source: rule RT-6.
fn same(a: &FieldValue, b: &FieldValue) -> bool {
    match (a, b) {
        (FieldValue::Table(a), FieldValue::Table(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        (FieldValue::Array(a), FieldValue::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// Why a binding cannot be made, if it cannot. Source: rule RT-8.
pub(super) fn refusal(arguments: &FieldTable) -> Option<String> {
    match arguments.get(X_MATCH) {
        None => None,
        Some(FieldValue::LongString(text)) => match &**text {
            "all" | "any" | "all-with-x" | "any-with-x" => None,
            other => Some(format!(
                "Invalid x-match field value <<\"{other}\">>; expected all, any, all-with-x, or any-with-x"
            )),
        },
        Some(other) => Some(format!(
            "Invalid x-match field type {} (value {}); expected longstr",
            other.type_name(),
            other.as_erlang()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, FieldValue)]) -> FieldTable {
        entries.iter().map(|(key, value)| (*key, value.clone())).collect()
    }

    /// Source: rules RT-5 and RT-7.
    #[test]
    fn all_and_any_and_what_begins_with_x() {
        let headers = table(&[("a", 1.into()), ("x-b", 2.into())]);
        let of = |mode: &str, arguments: &[(&str, FieldValue)]| {
            let mut arguments = table(arguments);
            if !mode.is_empty() {
                arguments.set(X_MATCH, mode);
            }
            matches(&arguments, &headers)
        };
        let (hit, miss, x) = (("a", 1.into()), ("c", 1.into()), ("x-b", 3.into()));
        assert!(of("", std::slice::from_ref(&hit)) && !of("", &[hit.clone(), miss.clone()]));
        assert!(of("any", &[hit.clone(), miss.clone()]) && !of("any", &[miss]));
        assert!(of("all", &[hit.clone(), x.clone()]) && !of("all-with-x", &[hit.clone(), x.clone()]));
        assert!(!of("any", std::slice::from_ref(&x)) && !of("any-with-x", &[x]));
        assert!(of("all", &[]) && !of("any", &[]) && of("all-with-x", &[]) && !of("any-with-x", &[]));
    }

    /// Source: rule RT-6.
    #[test]
    fn values_are_compared_without_conversion() {
        let one = |value: FieldValue| table(&[("k", value)]);
        let hit = |asked: FieldValue, given: FieldValue| matches(&one(asked), &one(given));
        assert!(hit(1.into(), 1.into()) && !hit(1.into(), "1".into()) && !hit(true.into(), 1.into()));
        assert!(hit(FieldValue::Void, "anything".into()) && hit(FieldValue::Void, FieldValue::Void));
        assert!(!hit(1.into(), FieldValue::Void));
        let nested = |pairs: &[(&str, FieldValue)]| FieldValue::Table(table(pairs));
        let (a, b) = (("a", FieldValue::from(1)), ("b", FieldValue::from(2)));
        assert!(hit(nested(&[a.clone(), b.clone()]), nested(&[b, a])));
    }

    /// Source: rule RT-8.
    #[test]
    fn an_unknown_way_to_match_is_refused() {
        assert_eq!(refusal(&table(&[(X_MATCH, "any".into())])), None);
        assert_eq!(
            refusal(&table(&[(X_MATCH, "foo".into())])).as_deref(),
            Some("Invalid x-match field value <<\"foo\">>; expected all, any, all-with-x, or any-with-x")
        );
        assert_eq!(
            refusal(&table(&[(X_MATCH, 3.into())])).as_deref(),
            Some("Invalid x-match field type signedint (value 3); expected longstr")
        );
    }
}
