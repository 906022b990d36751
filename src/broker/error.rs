//! Errors that close a channel or a connection, with RabbitMQ's reply texts.

use std::sync::Arc;

use crate::amqp::{FieldValue, ReplyCode};
use crate::rules::RuleRef;

/// Why a method failed. Whether the channel or the whole connection closes follows from the code.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) code: ReplyCode,
    pub(super) text: Arc<str>,
    pub(super) rule: RuleRef,
}

/// What a method handler gives: nothing, or the error to close with.
pub(super) type Handled = Result<(), Failure>;

/// The longest reply text in bytes, a short string; a longer one is cut and ends in `...`. Source: AMQP 0-9-1, 4.2.5.3,
/// `rabbit_binary_generator:map_exception`.
const REPLY_TEXT_MAX: usize = 255;

/// A failure whose reply text is `NAME - text`. Source: rule ERR-1.
pub(super) fn failure(code: ReplyCode, rule: RuleRef, text: impl AsRef<str>) -> Failure {
    let mut text = format!("{} - {}", code.name(), text.as_ref());
    if text.len() > REPLY_TEXT_MAX {
        let kept = (0..=REPLY_TEXT_MAX - 3).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        text.truncate(kept);
        text.push_str("...");
    }
    Failure { code, text: text.into(), rule }
}

/// `queue 'q' in vhost '/'`
pub(super) fn queue_text(queue: &str, vhost: &str) -> String {
    format!("queue '{queue}' in vhost '{vhost}'")
}

/// `exchange 'x' in vhost '/'`
pub(super) fn exchange_text(exchange: &str, vhost: &str) -> String {
    format!("exchange '{exchange}' in vhost '{vhost}'")
}

/// Compares one argument of a declaration with the one it was first declared with; the text of the difference if there
/// is one. Source: rules EX-3 and Q-2, `rabbit_misc:assert_args_equivalence1`.
pub(super) fn argument_difference(
    key: &str,
    resource: &str,
    given: Option<&FieldValue>,
    current: Option<&FieldValue>,
) -> Option<String> {
    let received = match (given, current) {
        (None, None) => return None,
        (Some(a), Some(b)) if a == b => return None,
        (Some(a), Some(b)) => format!("received '{}' but current is '{}'", shown(a), shown(b)),
        (Some(a), None) => format!("received {} but current is none", valued(a)),
        (None, Some(b)) => format!("received none but current is {}", valued(b)),
    };
    Some(format!("inequivalent arg '{key}' for {resource}: {received}"))
}

fn valued(value: &FieldValue) -> String {
    format!("the value '{}' of type '{}'", shown(value), value.type_name())
}

fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Void => "undefined".to_owned(),
        FieldValue::Boolean(b) => b.to_string(),
        FieldValue::Integer(i) => i.to_string(),
        FieldValue::Timestamp(t) => t.to_string(),
        FieldValue::Double(_) => "a floating-point number".to_owned(),
        FieldValue::LongString(s) => s.to_string(),
        FieldValue::Array(_) => "an array".to_owned(),
        FieldValue::Table(_) => "a table".to_owned(),
    }
}
