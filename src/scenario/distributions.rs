//! Distributions of lengths of time and of sizes, and what is wrong with them. Which laws there are, and by which
//! parameters they are given, is a table of the room `random`.

use crate::random::Distribution;
use crate::random::law::{Argument, Empirical, FAMILIES, Family, Law, Mixture, Parameter, ParameterKind};
use crate::units::SimDuration;

use super::diagnostic::Diagnostic;
use super::ids;
use super::keys::Kind;
use super::node::{Entry, Node, Table, Value, shortened};
use super::quantities::{duration, size};
use super::reader::Reading;
use super::suggest::nearest;
use super::values::wrong_type;

/// How an amount is read, and shown.
#[derive(Clone, Copy)]
struct Unit {
    read: fn(&Node, &mut Reading<'_>) -> Option<u64>,
    show: fn(u64) -> String,
    /// Two values, the smaller one first.
    examples: [&'static str; 2],
}

const LENGTHS: Unit = Unit {
    read: |node, reading| duration(node, reading).map(SimDuration::as_nanos),
    show: |nanos| SimDuration::from_nanos(nanos).to_string(),
    examples: ["1ms", "2ms"],
};

const SIZES: Unit = Unit { read: size, show: |bytes| format!("{bytes}B"), examples: ["1kB", "2kB"] };

/// A distribution of lengths of time: a duration, or a table with one key that says which.
pub(super) fn distribution(node: &Node, reading: &mut Reading<'_>) -> Option<Distribution> {
    read(node, reading, LENGTHS)
}

/// The same of sizes in bytes, for which nanoseconds stand; where the key has a single size, only that.
pub(super) fn size_distribution(node: &Node, reading: &mut Reading<'_>) -> Option<Distribution> {
    if matches!(reading.key.kind, Kind::Size) {
        return amount(node, reading, SIZES).map(Distribution::Constant);
    }
    read(node, reading, SIZES)
}

fn read(node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    match &node.value {
        Value::Text(_) | Value::Integer(_) | Value::Decimal(_) => {
            amount(node, reading, unit).map(Distribution::Constant)
        }
        Value::Table(table) => of_table(node, table, reading, unit),
        _ => {
            wrong_type(node, reading);
            None
        }
    }
}

fn amount(node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<SimDuration> {
    (unit.read)(node, reading).map(SimDuration::from_nanos)
}

fn malformed(node: &Node, reading: &mut Reading<'_>, message: String, example: &str) {
    reading.problems.push(
        Diagnostic::error(ids::MALFORMED_DISTRIBUTION, message)
            .at(node.place.as_ref())
            .help(format!("for example `{example}`")),
    );
}

fn of_table(node: &Node, table: &Table, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    let [entry] = table.0.as_slice() else {
        let message = format!("a distribution has one key, got {}", table.0.len());
        malformed(node, reading, message, &format!("{{ exponential = \"{}\" }}", unit.examples[1]));
        return None;
    };
    match entry.key.as_str() {
        "constant" => amount(&entry.node, reading, unit).map(Distribution::Constant),
        "exponential" => amount(&entry.node, reading, unit).map(Distribution::Exponential),
        "uniform" => uniform(&entry.node, reading, unit),
        Empirical::NAME => empirical(&entry.node, reading, unit),
        Mixture::NAME => mixture(&entry.node, reading, unit),
        name => {
            if let Some(family) = FAMILIES.iter().find(|family| family.name == name) {
                return of_family(family, &entry.node, reading, unit);
            }
            reading.problems.push(unknown_distribution(entry));
            None
        }
    }
}

/// The names of all distributions.
fn names() -> impl Iterator<Item = &'static str> {
    let laws = FAMILIES.iter().map(|family| family.name);
    ["constant", "uniform", "exponential"].into_iter().chain(laws).chain([Empirical::NAME, Mixture::NAME])
}

fn unknown_distribution(entry: &Entry) -> Diagnostic {
    let near = nearest(&entry.key, names()).map(|near| format!("did you mean `{near}`?"));
    let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    Diagnostic::error(
        ids::UNKNOWN_DISTRIBUTION,
        format!("there is no distribution `{}`", shortened(&entry.key)),
    )
    .at(entry.key_place.as_ref())
    .help_if(near)
    .note(format!("known are {}", known.join(", ")))
}

fn uniform(node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    let ends = if let Value::List(nodes) = &node.value { nodes.as_slice() } else { &[] };
    let [low_node, high_node] = ends else {
        let message = format!("a uniform distribution has two ends, got {}", node.shown());
        let [low, high] = unit.examples;
        malformed(node, reading, message, &format!("{{ uniform = [\"{low}\", \"{high}\"] }}"));
        return None;
    };
    let (low, high) = (amount(low_node, reading, unit), amount(high_node, reading, unit));
    let (low, high) = (low?, high?);
    if low <= high {
        return Some(Distribution::Uniform(low, high));
    }
    let (low, high) = ((unit.show)(low.as_nanos()), (unit.show)(high.as_nanos()));
    let message = format!("a uniform distribution goes from low to high, got {low} to {high}");
    reading.problems.push(
        Diagnostic::error(ids::REVERSED_UNIFORM, message)
            .at(node.place.as_ref())
            .help(format!("write [\"{high}\", \"{low}\"]")),
    );
    None
}

/// A law with a table of its parameters.
fn of_family(family: &Family, node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    let table = node.as_table();
    let has = |form: &&[Parameter], table: &Table| {
        form.len() == table.0.len() && form.iter().all(|parameter| table.get(parameter.name).is_some())
    };
    let form = table.and_then(|table| family.forms.iter().position(|form| has(form, table)));
    let (Some(table), Some(form)) = (table, form) else {
        let name = family.name;
        let message =
            format!("{} {name} distribution is given by {family}, got {}", article(name), node.shown());
        malformed(node, reading, message, family.example);
        return None;
    };
    let read = family.forms[form].iter().map(|parameter| {
        let node = table.get(parameter.name)?;
        argument(parameter, node, reading, unit)
    });
    let arguments: Option<Vec<Argument>> = read.collect::<Vec<Option<Argument>>>().into_iter().collect();
    match Law::new(family, form, arguments?) {
        Ok(law) => Some(law.into()),
        Err(impossible) => {
            let message =
                format!("{} {} distribution {}", article(family.name), family.name, impossible.what);
            reading.problems.push(
                Diagnostic::error(ids::IMPOSSIBLE_DISTRIBUTION, message)
                    .at(node.place.as_ref())
                    .help(impossible.instead),
            );
            None
        }
    }
}

fn article(name: &str) -> &'static str {
    if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

fn argument(parameter: &Parameter, node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Argument> {
    let name = parameter.name;
    match parameter.kind {
        ParameterKind::Amount => positive(name, node, reading, unit).map(Argument::Amount),
        ParameterKind::Number(low, high) => number(name, node, reading, (low, high)).map(Argument::Number),
        ParameterKind::Count(most) => {
            let count = number(name, node, reading, (1.0, f64::from(most)))?;
            if count.fract() != 0.0 {
                out_of_range(node, reading, format!("`{name}` is a whole number, got {count}"));
                return None;
            }
            Some(Argument::Number(count))
        }
        ParameterKind::Amounts => {
            let [low, high] = unit.examples;
            let nodes = several(name, node, reading, &format!("[\"{low}\", \"{high}\"]"))?;
            let read = nodes.iter().map(|node| positive(name, node, reading, unit));
            read.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Argument::Amounts)
        }
        ParameterKind::Weights => {
            let nodes = several(name, node, reading, "[9, 1]")?;
            let read = nodes.iter().map(|node| number(name, node, reading, WEIGHTS));
            read.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Argument::Numbers)
        }
    }
}

/// Between what a weight must lie.
const WEIGHTS: (f64, f64) = (1e-9, 1e9);

fn several<'a>(name: &str, node: &'a Node, reading: &mut Reading<'_>, example: &str) -> Option<&'a [Node]> {
    match &node.value {
        Value::List(nodes) if !nodes.is_empty() => Some(nodes),
        _ => {
            let message = format!("`{name}` is a list with at least one value, got {}", node.shown());
            malformed(node, reading, message, &format!("{name} = {example}"));
            None
        }
    }
}

fn out_of_range(node: &Node, reading: &mut Reading<'_>, message: String) {
    reading.problems.push(Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message).at(node.place.as_ref()));
}

fn positive(name: &str, node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<u64> {
    let amount = (unit.read)(node, reading)?;
    if amount == 0 {
        out_of_range(node, reading, format!("`{name}` must be above 0"));
        return None;
    }
    Some(amount)
}

fn number(name: &str, node: &Node, reading: &mut Reading<'_>, (low, high): (f64, f64)) -> Option<f64> {
    let text = match &node.value {
        Value::Integer(number) => number.to_string(),
        Value::Decimal(text) => text.replace('_', ""),
        _ => {
            let message = format!("`{name}` is a number, got {}", node.describe());
            reading.problems.push(Diagnostic::error(ids::WRONG_TYPE, message).at(node.place.as_ref()));
            return None;
        }
    };
    let number: f64 = text.parse().unwrap_or(f64::NAN);
    if (low..=high).contains(&number) {
        return Some(number);
    }
    out_of_range(node, reading, format!("`{name}` must be between {low} and {high}, got {text}"));
    None
}

/// Measured values.
fn empirical(node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    let nodes = match &node.value {
        Value::List(nodes) if !nodes.is_empty() => nodes,
        Value::Numbers(values) => return Some(Law::from(Empirical::new(values.to_vec())?).into()),
        Value::Broken => return None,
        _ => {
            let message = format!("an empirical distribution is a list of values, got {}", node.shown());
            let [low, high] = unit.examples;
            malformed(node, reading, message, &format!("{{ empirical = [\"{low}\", \"{high}\"] }}"));
            return None;
        }
    };
    let read: Vec<Option<u64>> = nodes.iter().map(|node| (unit.read)(node, reading)).collect();
    let values: Option<Vec<u64>> = read.into_iter().collect();
    Some(Law::from(Empirical::new(values?)?).into())
}

/// Distributions with weights.
fn mixture(node: &Node, reading: &mut Reading<'_>, unit: Unit) -> Option<Distribution> {
    let nodes = match &node.value {
        Value::List(nodes) if !nodes.is_empty() => nodes.as_slice(),
        _ => &[],
    };
    let pair = |node: &Node| {
        let table = node.as_table().filter(|table| table.0.len() == 2)?;
        Some((table.get("weight")?.clone(), table.get("of")?.clone()))
    };
    let pairs: Option<Vec<(Node, Node)>> = nodes.iter().map(pair).collect();
    let Some(pairs) = pairs.filter(|pairs| !pairs.is_empty()) else {
        let message = format!(
            "a mixture is a list of distributions, each with `weight` and `of`, got {}",
            shortened(&node.shown())
        );
        let [low, high] = unit.examples;
        let example = format!(
            "{{ mixture = [{{ weight = 9, of = \"{low}\" }}, {{ weight = 1, of = {{ exponential = \"{high}\" }} }}] }}"
        );
        malformed(node, reading, message, &example);
        return None;
    };
    let read: Vec<Option<(f64, Distribution)>> = pairs
        .iter()
        .map(|(weight, of)| {
            let weight = number("weight", weight, reading, WEIGHTS);
            let of = read(of, reading, unit);
            Some((weight?, of?))
        })
        .collect();
    let parts: Option<Vec<(f64, Distribution)>> = read.into_iter().collect();
    Some(Law::from(Mixture::new(parts?)?).into())
}
