//! The table of `x-` arguments that queues know: which type of queue takes which, and what a value may be.
//! Knows no queue, and says what is wrong in RabbitMQ's words. Source: rules ARG-1 to ARG-12, `rabbit_amqqueue`.

use super::kind::QueueKind;
use crate::amqp::{FieldTable, FieldValue, ReplyCode};
use crate::broker::error::{Failure, failure};
use crate::broker::profile::Profile;
use crate::rules::{self, RuleRef};

/// The longest time to live and the longest expiry: ten years in milliseconds. Source: rule ARG-2.
pub(in crate::broker) const TTL_MAX: i64 = 315_360_000_000;

/// Checks a value; the reason as Erlang prints it.
type Check = fn(&FieldValue, &FieldTable, &Profile) -> Result<(), String>;

/// One argument that some queue type knows.
struct Known {
    key: &'static str,
    classic: Takes,
    quorum: Takes,
    stream: Takes,
    check: Check,
    rule: RuleRef,
}

/// Whether a type of queue takes an argument.
#[derive(Clone, Copy)]
enum Takes {
    Always,
    Never,
    /// If the profile says so.
    By(fn(&Profile) -> bool),
}
use Takes::{Always, By, Never};

impl Takes {
    fn holds(self, profile: &Profile) -> bool {
        match self {
            Always => true,
            Never => false,
            By(rule) => rule(profile),
        }
    }
}

/// All arguments that some type knows, in the order in which RabbitMQ checks them.
#[rustfmt::skip]
const KNOWN: [Known; 22] = [
    Known { key: "x-expires", classic: Always, quorum: Always, stream: Never, check: expires, rule: rules::ARG_2 },
    Known { key: "x-message-ttl", classic: Always, quorum: Always, stream: Never, check: ttl, rule: rules::ARG_2 },
    Known { key: "x-dead-letter-exchange", classic: Always, quorum: Always, stream: Never, check: text, rule: rules::ARG_7 },
    Known { key: "x-dead-letter-routing-key", classic: Always, quorum: Always, stream: Never, check: dead_letter_key, rule: rules::ARG_7 },
    Known { key: "x-dead-letter-strategy", classic: Never, quorum: Always, stream: Never, check: strategy, rule: rules::ARG_11 },
    Known { key: "x-max-length", classic: Always, quorum: Always, stream: Never, check: count, rule: rules::ARG_3 },
    Known { key: "x-max-length-bytes", classic: Always, quorum: Always, stream: Always, check: count, rule: rules::ARG_3 },
    Known { key: "x-max-in-memory-length", classic: Never, quorum: Always, stream: Never, check: count, rule: rules::ARG_3 },
    Known { key: "x-max-in-memory-bytes", classic: Never, quorum: Always, stream: Never, check: count, rule: rules::ARG_3 },
    Known { key: "x-max-priority", classic: Always, quorum: Never, stream: Never, check: max_priority, rule: rules::ARG_4 },
    Known { key: "x-overflow", classic: Always, quorum: Always, stream: Never, check: overflow, rule: rules::ARG_5 },
    Known { key: "x-queue-mode", classic: By(|p| p.queue_mode_argument), quorum: Never, stream: Never, check: mode, rule: rules::ARG_8 },
    Known { key: "x-queue-version", classic: Always, quorum: Never, stream: Never, check: version, rule: rules::ARG_8 },
    Known { key: "x-single-active-consumer", classic: Always, quorum: Always, stream: Never, check: truth, rule: rules::ARG_6 },
    Known { key: "x-queue-type", classic: Always, quorum: Always, stream: Always, check: queue_type, rule: rules::ARG_8 },
    Known { key: "x-queue-master-locator", classic: Always, quorum: Never, stream: Never, check: anything, rule: rules::ARG_12 },
    Known { key: "x-quorum-initial-group-size", classic: Never, quorum: Always, stream: Never, check: size, rule: rules::ARG_3 },
    Known { key: "x-delivery-limit", classic: Never, quorum: Always, stream: Never, check: anything, rule: rules::ARG_11 },
    Known { key: "x-max-age", classic: Never, quorum: Never, stream: Always, check: text, rule: rules::ARG_9 },
    Known { key: "x-stream-max-segment-size-bytes", classic: Never, quorum: Never, stream: Always, check: count, rule: rules::ARG_3 },
    Known { key: "x-initial-cluster-size", classic: Never, quorum: Never, stream: Always, check: size, rule: rules::ARG_3 },
    Known { key: "x-queue-leader-locator", classic: By(|p| p.classic_leader_locator), quorum: Always, stream: Always, check: locator, rule: rules::ARG_12 },
];

impl Known {
    fn taken_by(&self, kind: QueueKind, profile: &Profile) -> bool {
        let takes = match kind {
            QueueKind::Classic => self.classic,
            QueueKind::Quorum => self.quorum,
            QueueKind::Stream => self.stream,
        };
        takes.holds(profile)
    }
}

/// The names of all arguments that some type knows.
pub(in crate::broker) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.key)
}

/// The arguments that must stay the same when a queue of this type is declared again. Source: rule Q-1.
pub(in crate::broker) fn compared(
    kind: QueueKind,
    profile: &Profile,
) -> impl Iterator<Item = &'static str> + use<'_> {
    KNOWN.iter().filter(move |known| known.taken_by(kind, profile)).map(|known| known.key)
}

/// What must still agree when a quorum queue is declared again as a classic one. Source: rule Q-18,
/// `rabbit_amqqueue:assert_args_equivalence`.
pub(in crate::broker) const COMPARED_WHEN_RELAXED: [&str; 7] = [
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-expires",
    "x-max-length",
    "x-max-length-bytes",
    "x-single-active-consumer",
    "x-message-ttl",
];

/// The type of queue that arguments ask for. Source: rules ARG-8 and Q-17.
pub(in crate::broker) fn kind(
    arguments: &FieldTable,
    resource: &str,
    profile: &Profile,
) -> Result<QueueKind, Failure> {
    let Some(value) = arguments.get("x-queue-type") else { return Ok(QueueKind::Classic) };
    queue_type(value, arguments, profile)
        .map_err(|reason| invalid("x-queue-type", resource, &reason, rules::ARG_8))?;
    Ok(value.as_str().and_then(QueueKind::find).unwrap_or(QueueKind::Classic))
}

/// Whether a new queue of this type may be declared with these arguments. Source: rules ARG-1 to ARG-12.
pub(in crate::broker) fn check(
    kind: QueueKind,
    arguments: &FieldTable,
    resource: &str,
    profile: &Profile,
) -> Result<(), Failure> {
    for known in KNOWN.iter().filter(|known| known.taken_by(kind, profile)) {
        if let Some(value) = arguments.get(known.key) {
            (known.check)(value, arguments, profile)
                .map_err(|reason| invalid(known.key, resource, &reason, known.rule))?;
        }
    }
    // What another type knows is refused; what none knows is nobody's business. Source: rule ARG-9.
    for (key, _) in arguments.iter() {
        if KNOWN.iter().any(|known| known.key == key && !known.taken_by(kind, profile)) {
            let text = format!("invalid arg '{key}' for {resource} of queue type {}", kind.module());
            return Err(failure(ReplyCode::PreconditionFailed, rules::ARG_9, text));
        }
    }
    Ok(())
}

pub(in crate::broker) fn invalid(key: &str, resource: &str, reason: &str, rule: RuleRef) -> Failure {
    failure(ReplyCode::PreconditionFailed, rule, format!("invalid arg '{key}' for {resource}: {reason}"))
}

/// Source: rule ARG-1.
pub(in crate::broker) fn integer(value: &FieldValue) -> Result<i64, String> {
    value.as_integer().ok_or_else(|| format!("\"expected integer, got {}\"", value.type_name()))
}

fn unacceptable(value: &FieldValue) -> String {
    format!("{{unacceptable_type,{}}}", value.type_name())
}

fn one_of(value: &FieldValue, allowed: &[&str], reason: impl Fn(&str) -> String) -> Result<(), String> {
    let text = value.as_str().ok_or_else(|| unacceptable(value))?;
    if allowed.contains(&text) { Ok(()) } else { Err(reason(text)) }
}

#[expect(clippy::unnecessary_wraps, reason = "it has the type of a check")]
fn anything(_: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    Ok(())
}

fn text(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    value.as_str().map(|_| ()).ok_or_else(|| unacceptable(value))
}

fn truth(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    value.as_bool().map(|_| ()).ok_or_else(|| unacceptable(value))
}

fn count(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    match integer(value)? {
        negative @ ..0 => Err(format!("{{value_negative,{negative}}}")),
        _ => Ok(()),
    }
}

fn size(value: &FieldValue, arguments: &FieldTable, profile: &Profile) -> Result<(), String> {
    count(value, arguments, profile)?;
    if integer(value)? == 0 { Err("{value_zero,0}".to_owned()) } else { Ok(()) }
}

/// A time in milliseconds; the reason why it is none. Source: rules ARG-2 and TTL-1, `rabbit_misc:check_expiry`.
pub(in crate::broker) fn check_expiry(number: i64) -> Result<(), String> {
    match number {
        ..0 => Err(format!("{{value_negative,{number}}}")),
        0..=TTL_MAX => Ok(()),
        _ => Err(format!("{{value_too_large,{number}}}")),
    }
}

fn ttl(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    check_expiry(integer(value)?)
}

fn expires(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    match integer(value)? {
        0 => Err("{value_zero,0}".to_owned()),
        number => check_expiry(number),
    }
}

fn max_priority(value: &FieldValue, arguments: &FieldTable, profile: &Profile) -> Result<(), String> {
    count(value, arguments, profile)?;
    match integer(value)? {
        number @ 256.. => Err(format!("{{max_value_exceeded,{number}}}")),
        _ => Ok(()),
    }
}

fn dead_letter_key(value: &FieldValue, arguments: &FieldTable, _: &Profile) -> Result<(), String> {
    if value.as_str().is_none() {
        return Err(unacceptable(value));
    }
    match arguments.get("x-dead-letter-exchange") {
        Some(_) => Ok(()),
        None => Err("routing_key_but_no_dlx_defined".to_owned()),
    }
}

fn strategy(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    one_of(value, &["at-most-once", "at-least-once"], |_| "invalid_dlx_strategy".to_owned())
}

fn overflow(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    one_of(value, &["drop-head", "reject-publish", "reject-publish-dlx"], |_| "invalid_overflow".to_owned())
}

fn mode(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    one_of(value, &["default", "lazy"], |text| format!("\"unsupported queue mode '{text}'\""))
}

fn queue_type(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    one_of(value, &["classic", "quorum", "stream"], |text| format!("\"unsupported queue type '{text}'\""))
}

fn version(value: &FieldValue, arguments: &FieldTable, profile: &Profile) -> Result<(), String> {
    count(value, arguments, profile)?;
    match integer(value)? {
        2 => Ok(()),
        1 if profile.queue_version_1 => Ok(()),
        number => Err(format!("\"unsupported queue version '{number}'\"")),
    }
}

fn locator(value: &FieldValue, _: &FieldTable, _: &Profile) -> Result<(), String> {
    let known = ["client-local", "balanced", "random", "least-leaders"];
    one_of(value, &known, |_| "invalid_queue_locator_arg".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: QueueKind, arguments: &[(&str, FieldValue)]) -> String {
        let arguments = arguments.iter().map(|(k, v)| (*k, v.clone())).collect();
        let refused = check(kind, &arguments, "queue 'q' in vhost '/'", &Profile::RABBITMQ_3_10).unwrap_err();
        let text = refused.text.strip_prefix("PRECONDITION_FAILED - invalid arg ").unwrap().to_owned();
        text.replace(" for queue 'q' in vhost '/'", "")
    }

    /// Source: rules ARG-1 to ARG-11, observed on RabbitMQ 3.10.8.
    #[test]
    fn bad_values_are_refused_in_rabbitmqs_words() {
        use QueueKind::{Classic, Quorum, Stream};
        let long = || FieldValue::from("3");
        for (kind, key, value, expected) in [
            (Classic, "x-max-length", long(), "'x-max-length': \"expected integer, got longstr\""),
            (Classic, "x-max-length", (-1).into(), "'x-max-length': {value_negative,-1}"),
            (Classic, "x-expires", 0.into(), "'x-expires': {value_zero,0}"),
            (
                Classic,
                "x-message-ttl",
                315_360_000_001.into(),
                "'x-message-ttl': {value_too_large,315360000001}",
            ),
            (Classic, "x-message-ttl", true.into(), "'x-message-ttl': \"expected integer, got bool\""),
            (Classic, "x-max-priority", 256.into(), "'x-max-priority': {max_value_exceeded,256}"),
            (Classic, "x-overflow", "no".into(), "'x-overflow': invalid_overflow"),
            (Classic, "x-overflow", 1.into(), "'x-overflow': {unacceptable_type,signedint}"),
            (
                Classic,
                "x-single-active-consumer",
                long(),
                "'x-single-active-consumer': {unacceptable_type,longstr}",
            ),
            (
                Classic,
                "x-dead-letter-routing-key",
                long(),
                "'x-dead-letter-routing-key': routing_key_but_no_dlx_defined",
            ),
            (Classic, "x-queue-mode", long(), "'x-queue-mode': \"unsupported queue mode '3'\""),
            (Classic, "x-queue-version", 3.into(), "'x-queue-version': \"unsupported queue version '3'\""),
            (Classic, "x-delivery-limit", 3.into(), "'x-delivery-limit' of queue type rabbit_classic_queue"),
            (Quorum, "x-max-priority", 3.into(), "'x-max-priority' of queue type rabbit_quorum_queue"),
            (Quorum, "x-dead-letter-strategy", long(), "'x-dead-letter-strategy': invalid_dlx_strategy"),
            (Stream, "x-message-ttl", 3.into(), "'x-message-ttl' of queue type rabbit_stream_queue"),
        ] {
            assert_eq!(refusal(kind, &[(key, value)]), expected);
        }
    }

    #[test]
    fn what_no_type_knows_is_accepted() {
        let arguments = [("x-foo", FieldValue::Void), ("x-max-length", 0.into())].into_iter().collect();
        assert_eq!(check(QueueKind::Classic, &arguments, "", &Profile::RABBITMQ_3_10), Ok(()));
        assert!(!compared(QueueKind::Classic, &Profile::RABBITMQ_3_10).any(|key| key == "x-foo"));
    }

    #[test]
    fn profiles_differ_in_what_a_classic_queue_takes() {
        let of = |key: &str, value: FieldValue, profile: &Profile| {
            check(QueueKind::Classic, &[(key, value)].into_iter().collect(), "", profile).is_ok()
        };
        let locator = || FieldValue::from("balanced");
        assert!(!of("x-queue-leader-locator", locator(), &Profile::RABBITMQ_3_10));
        assert!(of("x-queue-leader-locator", locator(), &Profile::RABBITMQ_4_0));
        assert!(of("x-queue-mode", "lazy".into(), &Profile::RABBITMQ_3_13));
        assert!(!of("x-queue-mode", "lazy".into(), &Profile::RABBITMQ_4_3));
        assert!(!of("x-queue-version", 1.into(), &Profile::RABBITMQ_4_3));
    }

    #[test]
    fn the_type_is_checked_before_anything_else() {
        let arguments = [("x-queue-type", "foo".into())].into_iter().collect();
        let refused = kind(&arguments, "queue 'q' in vhost '/'", &Profile::RABBITMQ_3_10).unwrap_err();
        assert_eq!(
            &*refused.text,
            "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'q' in vhost '/': \"unsupported queue type 'foo'\""
        );
    }
}
