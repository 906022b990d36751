//! The variants of a scenario: which settings each one changes. Knows no scenario behind them.

use super::diagnostic::{Diagnostic, Problems};
use super::ids;
use super::keys::table;
use super::node::{Node, Table, Value, shortened};
use super::overlay::Setting;
use super::reader::{Reader, Reading, not_a_table};
use super::source::Place;
use super::values::{name, wrong_type};

/// A variant before its settings are applied.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) name: String,
    /// Where its settings stand.
    pub(super) place: Option<Place>,
    pub(super) settings: Vec<Setting>,
}

/// The variants of a file, in its order; `base` without settings where it has none.
pub(super) fn plans(tree: &Table, problems: &mut Problems) -> Vec<Plan> {
    let spec = table("variant").expect("the table is in the list of tables");
    let mut plans: Vec<Plan> = Vec::new();
    let mut places: Vec<Option<Place>> = Vec::new();
    let nodes: &[Node] = match tree.get("variant") {
        None => &[],
        Some(Node { value: Value::List(nodes), .. }) => nodes,
        Some(node) => {
            not_a_table(spec, node, problems);
            &[]
        }
    };
    for node in nodes {
        let Some(mut reader) = Reader::new(spec, node, problems) else { continue };
        let name = reader.read("name", name).unwrap_or_default();
        let set = reader.read("set", settings).unwrap_or_default();
        let first = plans.iter().position(|plan| plan.name == name.value && !name.value.is_empty());
        if let Some(first) = first {
            let message = format!("two variants are named `{}`", shortened(&name.value));
            reader.problems.push(
                Diagnostic::error(ids::DUPLICATE_NAME, message)
                    .at_with(name.place.as_ref(), "used again")
                    .also(places[first].as_ref(), "first used here"),
            );
        }
        plans.push(Plan { name: name.value, place: set.place, settings: set.value });
        places.push(name.place);
    }
    if plans.is_empty() {
        plans.push(Plan { name: "base".to_owned(), place: None, settings: Vec::new() });
    }
    plans
}

/// A converter for `set`.
fn settings(node: &Node, reading: &mut Reading<'_>) -> Option<Vec<Setting>> {
    let Some(table) = node.as_table() else {
        wrong_type(node, reading);
        return None;
    };
    let mut settings = Vec::new();
    for entry in &table.0 {
        let place = entry.key_place.as_ref();
        settings.extend(Setting::new(&entry.key, place, entry.node.clone(), reading.problems));
    }
    Some(settings)
}
