//! Checks: properties, and bounds on measures of the catalogue.

use crate::check::{CheckSpec, Demand, Property};
use crate::measure::{CATALOGUE, Measure, MeasureId, Scope, Unit};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::node::{Node, Table, Value, shortened};
use crate::scenario::quantities::duration;
use crate::scenario::reader::{Reader, Reading};
use crate::scenario::source::{Place, Placed};
use crate::scenario::suggest::nearest;
use crate::scenario::values::{choice, name, text};

use super::names::Names;
use super::readers;

/// What measures belong to.
pub(super) struct Entities<'a> {
    pub(super) queues: &'a Names,
    pub(super) consumers: &'a Names,
    pub(super) producers: &'a Names,
    pub(super) downstreams: &'a Names,
}

impl Entities<'_> {
    /// In the order of [`ENTITY_KEYS`].
    fn all(&self) -> [&Names; 4] {
        [self.queues, self.consumers, self.producers, self.downstreams]
    }
}

/// The keys that name an entity, with what they name.
const ENTITY_KEYS: [(&str, Scope); 4] = [
    ("queue", Scope::Queue),
    ("consumer", Scope::Consumer),
    ("producer", Scope::Producer),
    ("downstream", Scope::Downstream),
];

/// The variant that is read, and the names of all.
#[derive(Clone, Copy, Debug)]
pub(in crate::scenario) struct Variants<'a> {
    pub(in crate::scenario) this: &'a str,
    pub(in crate::scenario) all: &'a [&'a str],
}

pub(super) fn read(
    tree: &Table,
    entities: &Entities<'_>,
    variants: Variants<'_>,
    problems: &mut Problems,
) -> Vec<CheckSpec> {
    let mut names = Names::new("variant", "variants", ids::UNKNOWN_VARIANT);
    for &name in variants.all {
        names.add_once(&Placed { value: name.to_owned(), place: None });
    }
    let mut checks = Vec::new();
    readers(tree, "check", problems, |reader| {
        let line = reader.place().map_or(0, Place::line);
        let demand = demand(reader, entities);
        let only = reader.read("variant", name);
        if let Some(only) = &only {
            let message =
                || format!("a check is about variant `{}`, which is not there", shortened(&only.value));
            names.find(only, message, reader.problems);
        }
        if only.is_none_or(|only| only.value == variants.this) {
            checks.extend(demand.map(|demand| CheckSpec { demand, line }));
        }
    });
    checks
}

fn demand(reader: &mut Reader<'_>, entities: &Entities<'_>) -> Option<Demand> {
    let property = reader.read("property", choice);
    let measure = reader.read("measure", text);
    let named = ENTITY_KEYS.map(|(key, _)| reader.read(key, name));
    let bounds = ["at-least", "at-most"].map(|key| reader.read(key, bound));
    match (reader.has("property"), reader.has("measure")) {
        (true, true) => {
            let diagnostic = Diagnostic::error(ids::CONFLICTING_KEYS, "a check has `property` and `measure`")
                .at(reader.key_place("measure"))
                .also(reader.key_place("property"), "the property is here")
                .help("write two checks, one for each");
            reader.problems.push(diagnostic);
            None
        }
        (true, false) => {
            refuse(
                reader,
                "a property",
                &["queue", "consumer", "producer", "downstream", "at-least", "at-most"],
            );
            property.map(|at| Demand::Property(Property::ALL[at.value]))
        }
        (false, true) => {
            let (scope, entity) = entity(reader, &named, entities)?;
            let measure = find_measure(&measure?, scope, entities, reader.problems)?;
            let [at_least, at_most] = bounds_of(reader, measure, &bounds)?;
            Some(Demand::Bound { measure, entity: entity?, at_least, at_most })
        }
        (false, false) => {
            let diagnostic =
                Diagnostic::error(ids::MISSING_KEY, "a check has neither `property` nor `measure`")
                    .at(reader.place())
                    .help("add `property = \"nothing-lost\"`");
            reader.problems.push(diagnostic);
            None
        }
    }
}

/// Reports keys that have no meaning for `what`.
pub(super) fn refuse(reader: &mut Reader<'_>, what: &str, keys: &[&str]) {
    for &key in keys {
        if reader.has(key) {
            let diagnostic =
                Diagnostic::error(ids::SUPERFLUOUS_KEY, format!("`{key}` has no meaning for {what}"))
                    .at(reader.key_place(key))
                    .help(format!("take out `{key}`"));
            reader.problems.push(diagnostic);
        }
    }
}

/// The scope of a check's measure, by the key that names an entity, and the index of that entity, if it is there;
/// `None` if there are two such keys.
fn entity(
    reader: &mut Reader<'_>,
    named: &[Option<Placed<String>>; 4],
    entities: &Entities<'_>,
) -> Option<(Scope, Option<usize>)> {
    let given: Vec<usize> = (0..ENTITY_KEYS.len()).filter(|&at| reader.has(ENTITY_KEYS[at].0)).collect();
    let [at, others @ ..] = given.as_slice() else { return Some((Scope::Run, Some(0))) };
    let (key, scope) = ENTITY_KEYS[*at];
    if let Some(&other) = others.first() {
        let other = ENTITY_KEYS[other].0;
        let diagnostic =
            Diagnostic::error(ids::CONFLICTING_KEYS, format!("a check is about one {key} or one {other}"))
                .at(reader.key_place(other))
                .also(reader.key_place(key), format!("the {key} is here"))
                .help(format!("take out `{key}` or `{other}`"));
        reader.problems.push(diagnostic);
        return None;
    }
    let candidates = entities.all()[*at];
    let index = named[*at].as_ref().and_then(|name| {
        let message =
            || format!("a check is about {key} `{}`, which is not declared", shortened(&name.value));
        candidates.find(name, message, reader.problems)
    });
    Some((scope, index))
}

/// The measure of this name in the scope; says what else there is.
fn find_measure(
    name: &Placed<String>,
    scope: Scope,
    entities: &Entities<'_>,
    problems: &mut Problems,
) -> Option<MeasureId> {
    let same_name: Vec<MeasureId> = CATALOGUE.iter().filter(|measure| measure.name == name.value).collect();
    if let Some(found) = same_name.iter().find(|measure| measure.scope == scope) {
        return Some(found);
    }
    let shown = shortened(&name.value);
    let keys: Vec<&str> = same_name.iter().filter_map(|measure| key_of(measure.scope)).collect();
    let diagnostic = if same_name.is_empty() {
        let in_scope = CATALOGUE.iter().filter(|measure| measure.scope == scope).map(|measure| measure.name);
        let near = nearest(&name.value, in_scope);
        Diagnostic::error(ids::UNKNOWN_MEASURE, format!("there is no measure `{shown}`"))
            .help_if(near.map(|near| format!("did you mean `{near}`?")))
            .note("`amqpsim list measures` shows all measures")
    } else if keys.is_empty() {
        Diagnostic::error(ids::SUPERFLUOUS_KEY, format!("measure `{shown}` belongs to the whole run"))
            .help("take out the key that names an entity")
    } else if scope == Scope::Run {
        let owners = any_of(&keys);
        Diagnostic::error(ids::MISSING_KEY, format!("measure `{shown}` is one of {owners}, got none"))
            .help_if(example(keys[0], entities))
    } else {
        let owners = any_of(&keys);
        let scope = key_of(scope).unwrap_or_default();
        Diagnostic::error(
            ids::UNKNOWN_MEASURE,
            format!("a {scope} has no measure `{shown}`, but {owners} has"),
        )
        .help(format!("write `{}` in place of `{scope}`", keys[0]))
    };
    problems.push(diagnostic.at(name.place.as_ref()));
    None
}

/// "add `consumer = "billing"`", with a name that is there.
fn example(key: &str, entities: &Entities<'_>) -> Option<String> {
    let at = ENTITY_KEYS.iter().position(|(known, _)| *known == key)?;
    let name = entities.all()[at].iter().next()?;
    Some(format!("add `{key} = \"{}\"`", shortened(&name.value)))
}

/// The key that names an entity of this scope; `None` for the run.
fn key_of(scope: Scope) -> Option<&'static str> {
    ENTITY_KEYS.iter().find(|(_, of)| *of == scope).map(|(key, _)| *key)
}

/// A bound as it is written, before the measure's unit is known.
enum Bound {
    /// A bare number.
    Number(f64),
    /// A length of time, in nanoseconds.
    Nanoseconds(f64),
}

/// A converter for bounds.
fn bound(node: &Node, reading: &mut Reading<'_>) -> Option<Bound> {
    let number = match &node.value {
        Value::Integer(number) => *number as f64,
        Value::Decimal(digits) => digits.parse().unwrap_or(f64::NAN),
        _ => return duration(node, reading).map(|length| Bound::Nanoseconds(length.as_nanos() as f64)),
    };
    if number.is_finite() && number >= 0.0 {
        return Some(Bound::Number(number));
    }
    let message = format!("`{}` must be 0 or more, got {}", reading.key.name, node.shown());
    reading.problems.push(Diagnostic::error(ids::NEGATIVE_QUANTITY, message).at(node.place.as_ref()));
    None
}

/// The bounds in the measure's unit; `None` if there is a mistake in them.
fn bounds_of(
    reader: &mut Reader<'_>,
    measure: &Measure,
    bounds: &[Option<Placed<Bound>>; 2],
) -> Option<[Option<f64>; 2]> {
    if !reader.has("at-least") && !reader.has("at-most") {
        let example = if measure.unit == Unit::Nanoseconds { "\"200ms\"" } else { "1" };
        let diagnostic = Diagnostic::error(
            ids::CHECK_WITHOUT_BOUNDS,
            format!("a check of measure `{}` has no bound", measure.name),
        )
        .at(reader.place())
        .help(format!("add `at-least = {example}` or `at-most = {example}`"));
        reader.problems.push(diagnostic);
        return None;
    }
    let mut values = [None; 2];
    for (value, bound) in values.iter_mut().zip(bounds) {
        if let Some(bound) = bound {
            *value = Some(in_unit(measure, bound, reader.problems)?);
        }
    }
    if let [Some(least), Some(most)] = values
        && least > most
    {
        let diagnostic = Diagnostic::error(ids::REVERSED_BOUNDS, "`at-least` is above `at-most`")
            .at_with(reader.place_of("at-least"), "the smallest value allowed")
            .also(reader.place_of("at-most"), "the largest value allowed")
            .help("exchange the two values");
        reader.problems.push(diagnostic);
        return None;
    }
    Some(values)
}

fn in_unit(measure: &Measure, bound: &Placed<Bound>, problems: &mut Problems) -> Option<f64> {
    let (message, help) = match (&bound.value, measure.unit) {
        (Bound::Nanoseconds(value), Unit::Nanoseconds)
        | (Bound::Number(value), Unit::Count | Unit::Share | Unit::Ratio | Unit::PerSecond) => {
            return Some(*value);
        }
        (Bound::Number(number), Unit::Nanoseconds) => (
            format!("measure `{}` is a length of time, got the number {number}", measure.name),
            format!("write \"{number}ms\"; the units are ns, us, ms, s, min, h"),
        ),
        (Bound::Nanoseconds(_), Unit::Count | Unit::Share | Unit::Ratio | Unit::PerSecond) => (
            format!("measure `{}` is a number, got a duration", measure.name),
            "write a number without a unit and without quotes".to_owned(),
        ),
    };
    problems.push(Diagnostic::error(ids::BOUND_WITH_WRONG_UNIT, message).at(bound.place.as_ref()).help(help));
    None
}

/// `a consumer, a queue or a producer`.
fn any_of(keys: &[&str]) -> String {
    match keys {
        [] => String::new(),
        [one] => format!("a {one}"),
        [others @ .., last] => format!("a {} or a {last}", others.join(", a ")),
    }
}
