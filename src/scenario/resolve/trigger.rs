//! When a fault strikes: exactly one of `at`, `every` and `when`.

use crate::model::{Condition, FaultKind, Repeats, Trigger};
use crate::random::Distribution;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::keys::table;
use crate::scenario::node::{Node, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, Reading, not_a_table};
use crate::scenario::source::Placed;
use crate::scenario::values::{integer, name};
use crate::units::SimDuration;

use super::check::refuse;
use super::fault::Targets;
use super::instant;

/// What a trigger is where it could not be read; that was reported.
const UNREAD: Trigger = Trigger::At(Distribution::Constant(SimDuration::ZERO));

/// The keys of a table that say when it strikes.
const KEYS: [&str; 3] = ["at", "every", "when"];

/// Reads when a fault strikes; `what` is the fault in words: "a broker restart".
pub(super) fn read(reader: &mut Reader<'_>, what: &str, targets: &Targets<'_>) -> Trigger {
    let at = reader.read("at", distribution);
    let every = reader.read("every", distribution);
    let [from, until] = ["from", "until"].map(|key| reader.read(key, duration));
    let when = reader.read("when", wish);
    let given: Vec<&str> = KEYS.into_iter().filter(|key| reader.has(key)).collect();
    match given.as_slice() {
        [] => {
            let message = format!("{} has none of `at`, `every` and `when`", reader.owner());
            reader.problems.push(
                Diagnostic::error(ids::MISSING_KEY, message)
                    .at(reader.place())
                    .help("add `at = \"41s\"`, or `every = { exponential = \"10s\" }`, or `when = { published = 1000 }`"),
            );
        }
        [first, second, ..] => {
            let message = format!("{} has `{first}` and `{second}`", reader.owner());
            reader.problems.push(
                Diagnostic::error(ids::CONFLICTING_KEYS, message)
                    .at(reader.key_place(second))
                    .also(reader.key_place(first), format!("`{first}` is here"))
                    .help("write two faults, one for each"),
            );
        }
        [_] => {}
    }
    match given.first() {
        Some(&"at") => {
            refuse(reader, "a fault with `at`", &["from", "until"]);
            let Some(at) = at else { return UNREAD };
            not_late(reader, &at, at.value.least(), (what, "comes at"), targets);
            Trigger::At(at.value)
        }
        Some(&"every") => {
            let Some(every) = every else { return UNREAD };
            repeats(reader, what, &every, [from.as_ref(), until.as_ref()], targets)
        }
        Some(_) => {
            refuse(reader, "a fault with `when`", &["from", "until"]);
            when.and_then(|wish| condition(&wish.value, reader, targets)).map_or(UNREAD, Trigger::When)
        }
        None => UNREAD,
    }
}

/// Reports what begins when all is over.
fn not_late<T>(
    reader: &mut Reader<'_>,
    placed: &Placed<T>,
    earliest: SimDuration,
    (what, comes): (&str, &str),
    targets: &Targets<'_>,
) {
    let end = targets.end;
    if earliest >= end.value {
        let message = format!("{what} {comes} {earliest}, but the replication ends at {}", end.value);
        reader.problems.push(
            Diagnostic::error(ids::FAULT_AFTER_END, message)
                .at(placed.place.as_ref())
                .also(end.place.as_ref(), "the replication ends here")
                .help(format!("raise `duration` above {earliest} or move the fault before {}", end.value)),
        );
    }
}

fn repeats(
    reader: &mut Reader<'_>,
    what: &str,
    every: &Placed<Distribution>,
    [from, until]: [Option<&Placed<SimDuration>>; 2],
    targets: &Targets<'_>,
) -> Trigger {
    if every.value.constant().is_some_and(SimDuration::is_zero) {
        let message = format!("`every` of {} must be above 0, or time would stand still", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message)
                .at(every.place.as_ref())
                .help("for example `every = \"10s\"`"),
        );
    }
    let begin = from.map_or(SimDuration::ZERO, |from| from.value);
    if let Some(from) = from {
        not_late(reader, from, from.value, (what, "comes from"), targets);
    }
    if let Some(until) = until.filter(|until| until.value <= begin) {
        let message =
            format!("{} comes from {begin} on until {}, which is never", reader.owner(), until.value);
        let mut diagnostic = Diagnostic::error(ids::EMPTY_PERIOD, message).at(until.place.as_ref());
        if let Some(from) = from {
            diagnostic = diagnostic.also(from.place.as_ref(), "it begins here");
        }
        reader.problems.push(diagnostic.help(format!("raise `until` above {begin}")));
    }
    Trigger::Every(Repeats {
        gaps: every.value.clone(),
        from: instant(begin),
        until: instant(until.map_or(targets.end.value, |until| until.value)),
    })
}

/// Reports a fault that is to come again and again, but never ends.
pub(super) fn check_end(trigger: &Trigger, kind: &FaultKind, reader: &mut Reader<'_>) {
    if matches!(trigger, Trigger::Every(_)) && kind.lasts().is_none() {
        let message = format!("{} has `every`, but no `restart-after`: it would begin once", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::MISSING_KEY, message)
                .at(reader.key_place("every"))
                .help("add `restart-after = \"5s\"`, or write `at` in place of `every`"),
        );
    }
}

/// The numbers that a run can reach, in the order of the documentation.
const COUNTS: [&str; 9] = [
    "published",
    "enqueued",
    "delivered",
    "confirmed",
    "unconfirmed",
    "acked",
    "queued",
    "syncing",
    "events",
];

/// A condition as it is written, before the producers are known.
struct Wish {
    /// One of [`COUNTS`].
    key: &'static str,
    count: u64,
    producer: Option<Placed<String>>,
}

/// A converter for `when`.
fn wish(node: &Node, reading: &mut Reading<'_>) -> Option<Wish> {
    let spec = table("when").expect("the table is in the list of tables");
    let Some(entries) = node.as_table() else {
        not_a_table(spec, node, reading.problems);
        return None;
    };
    let all_known = entries.0.iter().all(|entry| spec.key(&entry.key).is_some());
    let mut reader = Reader::new(spec, node, reading.problems)?;
    let counts = COUNTS.map(|key| reader.read(key, integer));
    let producer = reader.read("producer", name);
    let given: Vec<usize> = (0..COUNTS.len()).filter(|&at| reader.has(COUNTS[at])).collect();
    let known: Vec<String> = COUNTS.iter().map(|key| format!("`{key}`")).collect();
    let diagnostic = match given.as_slice() {
        [_] => None,
        [first, second, ..] => {
            let (first, second) = (COUNTS[*first], COUNTS[*second]);
            let message = format!("a condition has `{first}` and `{second}`");
            let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, message).at(reader.key_place(second));
            let here = format!("`{first}` is here");
            Some(diagnostic.also(reader.key_place(first), here).help("write two faults, one for each"))
        }
        // A mistyped one was reported.
        [] => all_known.then(|| {
            Diagnostic::error(ids::MISSING_KEY, "a condition says nothing to wait for")
                .at(node.place.as_ref())
                .help("for example `when = { published = 1000 }`")
        }),
    };
    if let Some(diagnostic) = diagnostic {
        reader.problems.push(diagnostic.note(format!("it has one of {}", known.join(", "))));
    }
    let &[at] = given.as_slice() else { return None };
    if COUNTS[at] != "published" {
        refuse(&mut reader, &format!("a condition with `{}`", COUNTS[at]), &["producer"]);
    }
    let count = counts[at].as_ref()?.value;
    Some(Wish { key: COUNTS[at], count, producer })
}

fn condition(wish: &Wish, reader: &mut Reader<'_>, targets: &Targets<'_>) -> Option<Condition> {
    let count = wish.count;
    Some(match wish.key {
        "published" => {
            let producer = match &wish.producer {
                None => None,
                Some(producer) => {
                    let who = shortened(&producer.value);
                    let message =
                        format!("{} waits for producer `{who}`, which is not there", reader.owner());
                    Some(targets.producers.find(producer, || message, reader.problems)?)
                }
            };
            Condition::Published { producer, count }
        }
        "enqueued" => Condition::Enqueued(count),
        "delivered" => Condition::Delivered(count),
        "confirmed" => Condition::Confirmed(count),
        "unconfirmed" => Condition::Unconfirmed(count),
        "acked" => Condition::Acked(count),
        "queued" => Condition::Queued(count),
        "syncing" => Condition::Syncing(count),
        "events" => Condition::Events(count),
        _ => unreachable!("every count in the list is a condition"),
    })
}
