//! Many alike from one table: `count = 100` makes a hundred of it in the tree, so that whoever reads the tree sees single
//! ones. Each has a name of its own, which selects its random streams. Knows no other key.

use super::node::{Entry, Node, Table, Value};

/// The tables that may be there many times, and the key that says how often.
pub(super) const COUNTED: [(&str, &str); 8] = [
    ("exchange", "count"),
    ("queue", "count"),
    ("binding", "count"),
    ("connection", "count"),
    ("channel", "count"),
    // Its `count` is that of its messages.
    ("producer", "instances"),
    ("consumer", "count"),
    ("client", "count"),
];

/// What stands for the number in the texts of such a table.
const NUMBER: &str = "{n}";
/// The most of one table.
pub(super) const COUNT_MAX: u64 = 100_000;

/// The key that says how often a table is there; `None` for one that is there once.
pub(super) fn key_of(table: &str) -> Option<&'static str> {
    COUNTED.iter().find(|(name, _)| *name == table).map(|(_, key)| *key)
}

/// Puts as many tables into the tree as each one says. A count that cannot be read stays for the reader to report. Whether
/// anything was changed.
pub(super) fn expand(tree: &mut Table) -> bool {
    let mut expanded = false;
    for (table, key) in COUNTED {
        let Some(Node { value: Value::List(nodes), .. }) = tree.get_mut(table) else { continue };
        if nodes.iter().all(|node| count_of(node, key).is_none()) {
            continue;
        }
        expanded = true;
        *nodes = std::mem::take(nodes)
            .into_iter()
            .flat_map(|node| match count_of(&node, key) {
                Some(count) => (1..=count).map(|number| numbered(&node, key, number)).collect(),
                None => vec![node],
            })
            .collect();
    }
    expanded
}

fn count_of(node: &Node, key: &str) -> Option<u64> {
    match node.as_table()?.get(key)?.value {
        Value::Integer(count) => u64::try_from(count).ok().filter(|count| (1..=COUNT_MAX).contains(count)),
        _ => None,
    }
}

/// The one with this number.
fn numbered(node: &Node, key: &str, number: u64) -> Node {
    let mut node = node.clone();
    if let Some(table) = node.as_table_mut() {
        table.0.retain(|entry| entry.key != key);
        if let Some(Node { value: Value::Text(name), .. }) = table.get_mut("name")
            && !name.contains(NUMBER)
        {
            name.push_str("-{n}");
        }
    }
    fill(&mut node, &number.to_string());
    node
}

fn fill(node: &mut Node, number: &str) {
    match &mut node.value {
        Value::Text(text) if text.contains(NUMBER) => *text = text.replace(NUMBER, number),
        Value::List(nodes) => nodes.iter_mut().for_each(|node| fill(node, number)),
        Value::Table(Table(entries)) => {
            for Entry { node, .. } in entries {
                fill(node, number);
            }
        }
        _ => {}
    }
}
