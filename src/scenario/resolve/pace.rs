//! What makes a producer publish: time, in one of several ways, the answers to what it has published, or a consumer's work.

use std::sync::Arc;

use crate::model::Pace;
use crate::random::Distribution;
use crate::random::arrivals::{ArrivalSpec, Bursts, RateCurve, RateShape, Spacing};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::node::{Node, Value};
use crate::scenario::quantities::{duration, rate, size};
use crate::scenario::reader::{Reader, Reading};
use crate::scenario::source::Placed;
use crate::scenario::values::{choice, name, wrong_type};
use crate::units::{Rate, SimDuration};

use super::producer::{conflict, needs};

/// What may make a producer publish; each excludes the others.
const PACES: [&str; 5] = ["interarrival", "rate", "replay", "think-time", "after-consumer"];

/// A pace that was not readable, which has been reported.
const UNREAD: Pace = Pace::Interarrival(Distribution::Constant(SimDuration::ZERO));

/// Reads what makes it publish; a consumer is by name, until all are known.
pub(super) fn read(reader: &mut Reader<'_>) -> (Pace, Option<Placed<String>>) {
    let interarrival = reader.read("interarrival", distribution);
    let after = reader.read("after-consumer", name);
    let replies = reader.read("routing-key-from", choice).is_some();
    let rate = rate_of(reader);
    let bursts = reader.read("bursts", bursts);
    let think_time = reader.read("think-time", distribution);
    let replay = reader.read("replay", recorded);
    for (at, second) in PACES.iter().enumerate() {
        for first in &PACES[..at] {
            conflict(reader, second, first);
        }
    }
    needs(reader, "routing-key-from", "after-consumer", "\"server\"");
    for needed in ["confirms", "max-in-flight"] {
        needs(reader, "think-time", needed, if needed == "confirms" { "true" } else { "10" });
    }
    for other in ["replay", "think-time", "after-consumer"] {
        conflict(reader, "bursts", other);
    }
    if !PACES.iter().any(|pace| reader.has(pace)) {
        let message = format!("{} has no `interarrival`", reader.owner());
        let diagnostic = Diagnostic::error(ids::MISSING_KEY, message)
            .at(reader.place())
            .help("add `interarrival = { exponential = \"20ms\" }`");
        reader.problems.push(diagnostic);
    }
    let timed = match (after, think_time, replay) {
        (Some(after), ..) => return (Pace::After { consumer: 0, replies }, Some(after)),
        (_, Some(think_time), _) => return (Pace::Closed(think_time.value), None),
        (_, _, Some(replay)) => return (replay.value, None),
        _ => interarrival.map(|gap| Pace::Interarrival(gap.value)).or(rate).unwrap_or(UNREAD),
    };
    (in_bursts(reader, timed, bursts), None)
}

/// A pace that goes on while bursts last.
fn in_bursts(
    reader: &mut Reader<'_>,
    pace: Pace,
    bursts: Option<Placed<(Distribution, Distribution)>>,
) -> Pace {
    let Some(Placed { value: (on, off), place }) = bursts else { return pace };
    let Pace::Interarrival(gap) = pace else {
        let message = format!("{} has `bursts` of a rate that changes", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::CONFLICTING_KEYS, message)
                .at(reader.key_place("bursts"))
                .also(reader.key_place("rate"), "the rate is here")
                .help("take a single rate, or make the pauses points of the rate"),
        );
        return pace;
    };
    if on.constant().is_some_and(SimDuration::is_zero) {
        let message = format!("bursts of {} last no time, so that nothing is ever published", reader.owner());
        reader.problems.push(Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message).at(place.as_ref()));
    }
    Pace::Arrivals(ArrivalSpec::Bursts(Bursts { gap, on, off }), None)
}

/// A rate: what it is between its points, how arrivals are spaced, and when it begins anew.
fn rate_of(reader: &mut Reader<'_>) -> Option<Pace> {
    let points = reader.read("rate", rates);
    let shape = reader.read("rate-shape", choice).map_or(0, |shape| shape.value);
    let spacing = reader.read("spacing", choice).map_or(0, |spacing| spacing.value);
    let period = reader.read("rate-period", duration);
    for key in ["rate-shape", "rate-period", "spacing"] {
        needs(reader, key, "rate", "\"50/s\"");
    }
    let Placed { value: points, place } = points?;
    let spacing = if spacing == 0 { Spacing::Random } else { Spacing::Even };
    if let [(SimDuration::ZERO, only)] = points[..] {
        let Some(gap) = only.gap() else {
            let message = format!("the rate of {} is 0, so that nothing is ever published", reader.owner());
            let diagnostic = Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message).at(place.as_ref());
            reader.problems.push(diagnostic);
            return None;
        };
        return Some(Pace::Interarrival(match spacing {
            Spacing::Random => Distribution::Exponential(gap),
            Spacing::Even => Distribution::Constant(gap),
        }));
    }
    let last = points.last().map_or(SimDuration::ZERO, |point| point.0);
    if let Some(period) = period.as_ref().filter(|period| period.value <= last) {
        let message = format!(
            "the rate of {} begins anew after {}, but its last point is at {last}",
            reader.owner(),
            period.value
        );
        reader.problems.push(
            Diagnostic::error(ids::EMPTY_PERIOD, message)
                .at(period.place.as_ref())
                .also(place.as_ref(), "the points are here")
                .help(format!("raise `rate-period` above {last}")),
        );
    }
    let shape = if shape == 0 { RateShape::Steps } else { RateShape::Ramps };
    let period = period.map(|period| period.value);
    Some(Pace::Arrivals(ArrivalSpec::Curve(RateCurve { points, shape, spacing, period }), None))
}

/// A converter for a rate, or for rates from instants on.
fn rates(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<(SimDuration, Rate)>> {
    let nodes = match &node.value {
        Value::Text(_) | Value::Integer(_) | Value::Decimal(_) => {
            return rate(node, reading).map(|rate| vec![(SimDuration::ZERO, rate)]);
        }
        Value::List(nodes) if !nodes.is_empty() => nodes,
        _ => {
            wrong_type(node, reading);
            return None;
        }
    };
    let rows = pairs(node, nodes, reading, ["at", "rate"])?;
    let mut points: Vec<(SimDuration, Rate)> = Vec::new();
    for (at, of) in rows {
        let (instant, rate) = (duration(at, reading), rate(of, reading));
        let (instant, rate) = (instant?, rate?);
        let least = points.last().map(|point| point.0);
        if least.is_some_and(|least| instant <= least) || (least.is_none() && !instant.is_zero()) {
            let expected =
                least.map_or("the first one is at 0s".to_owned(), |least| format!("after {least}"));
            let message = format!("the points of a rate are in order of time: {expected}, got {instant}");
            reading
                .problems
                .push(Diagnostic::error(ids::UNORDERED_INSTANTS, message).at(at.place.as_ref()).help(
                "for example `rate = [{ at = \"0s\", rate = \"10/s\" }, { at = \"1min\", rate = \"50/s\" }]`",
            ));
            return None;
        }
        points.push((instant, rate));
    }
    Some(points)
}

/// The values of two keys in each table of a list; reports what is no such list.
pub(super) fn pairs<'a>(
    node: &Node,
    nodes: &'a [Node],
    reading: &mut Reading<'_>,
    keys: [&str; 2],
) -> Option<Vec<(&'a Node, &'a Node)>> {
    let pair = |node: &'a Node| {
        let table = node.as_table().filter(|table| table.0.len() == 2)?;
        Some((table.get(keys[0])?, table.get(keys[1])?))
    };
    let pairs: Option<Vec<_>> = nodes.iter().map(pair).collect();
    if pairs.is_none() {
        wrong_keys(node, reading, &keys);
    }
    pairs
}

fn wrong_keys(node: &Node, reading: &mut Reading<'_>, keys: &[&str]) {
    let shown: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let message =
        format!("`{}` of {} needs tables with {}", reading.key.name, reading.owner, shown.join(" and "));
    reading.problems.push(
        Diagnostic::error(ids::MISSING_KEY, message)
            .at(node.place.as_ref())
            .help(format!("for example `{} = {}`", reading.key.name, reading.key.example)),
    );
}

/// A converter for the lengths of bursts and of the pauses between them.
fn bursts(node: &Node, reading: &mut Reading<'_>) -> Option<(Distribution, Distribution)> {
    let nodes = std::slice::from_ref(node);
    if node.as_table().is_none() {
        wrong_type(node, reading);
        return None;
    }
    let (on, off) = *pairs(node, nodes, reading, ["on", "off"])?.first()?;
    let (on, off) = (distribution(on, reading), distribution(off, reading));
    Some((on?, off?))
}

/// A converter for arrivals that were recorded: tables with `at` and perhaps `size`, or columns of a file.
fn recorded(node: &Node, reading: &mut Reading<'_>) -> Option<Pace> {
    let (instants, sizes) = match &node.value {
        Value::Table(table) => {
            let column = |key| match table.get(key).map(|node| &node.value) {
                Some(Value::Numbers(numbers)) => Some(numbers.to_vec()),
                _ => None,
            };
            let Some(instants) = column("at") else {
                wrong_keys(node, reading, &["file"]);
                return None;
            };
            (instants, column("size"))
        }
        Value::List(nodes) if !nodes.is_empty() => listed(node, nodes, reading)?,
        _ => {
            wrong_type(node, reading);
            return None;
        }
    };
    if let Some(place) = instants.windows(2).position(|two| two[0] > two[1]) {
        let at = |place: usize| SimDuration::from_nanos(instants[place]);
        let message =
            format!("recorded arrivals are in order of time, got {} after {}", at(place + 1), at(place));
        reading.problems.push(
            Diagnostic::error(ids::UNORDERED_INSTANTS, message)
                .at(node.place.as_ref())
                .help("sort the rows by their instants"),
        );
        return None;
    }
    let instants: Arc<[SimDuration]> = instants.into_iter().map(SimDuration::from_nanos).collect();
    let bytes = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX);
    let sizes = sizes.map(|sizes| sizes.into_iter().map(bytes).collect());
    Some(Pace::Arrivals(ArrivalSpec::Replay(instants), sizes))
}

/// Instants, and sizes where all rows have one.
type Rows = (Vec<u64>, Option<Vec<u64>>);

fn listed(node: &Node, nodes: &[Node], reading: &mut Reading<'_>) -> Option<Rows> {
    let (mut instants, mut sizes) = (Vec::new(), Vec::new());
    for row in nodes {
        let table = row.as_table();
        let cells = table.map_or(0, |table| table.0.len());
        let (at, of) = (table.and_then(|table| table.get("at")), table.and_then(|table| table.get("size")));
        let (Some(at), true) = (at, cells == 1 + usize::from(of.is_some())) else {
            wrong_keys(node, reading, &["at"]);
            return None;
        };
        instants.push(duration(at, reading)?.as_nanos());
        if let Some(of) = of {
            sizes.push(size(of, reading)?);
        }
    }
    if !sizes.is_empty() && sizes.len() != instants.len() {
        wrong_keys(node, reading, &["at", "size"]);
        return None;
    }
    Some((instants, (!sizes.is_empty()).then_some(sizes)))
}
