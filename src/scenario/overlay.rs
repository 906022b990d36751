//! Settings by address: variants and `--set` change the tree before anything is read, so that every diagnostic still
//! has the place of the value. Knows no key.

use std::ops::Range;
use std::sync::Arc;

use super::address::{Address, Segment, unquoted};
use super::diagnostic::{Diagnostic, Problems};
use super::ids;
use super::node::{Entry, Node, Table, Value, shortened};
use super::parse;
use super::source::{Place, Source};
use super::suggest::nearest;

/// An address with the value that it gets.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    /// As it is written.
    pub(super) address: String,
    pub(super) address_place: Option<Place>,
    pub(super) value: Node,
    path: Address,
}

impl Setting {
    /// Reads an address; reports what is wrong with it.
    pub(super) fn new(
        address: &str,
        place: Option<&Place>,
        value: Node,
        problems: &mut Problems,
    ) -> Option<Setting> {
        let parsed = match &value.value {
            Value::Table(_) if !address.contains('.') => Err(Box::new(outside_of_quotes(address))),
            _ => Address::parse(address),
        };
        match parsed {
            Ok(path) => {
                Some(Setting { address: address.to_owned(), address_place: place.cloned(), value, path })
            }
            Err(diagnostic) => {
                problems.push(diagnostic.at(place));
                None
            }
        }
    }

    /// Reads an argument of `--set`: `ADDRESS=VALUE`. A value that is no TOML is a string.
    pub(super) fn from_argument(argument: &str, rank: usize, problems: &mut Problems) -> Option<Setting> {
        let argument = argument.trim_end();
        let source = Source::new("--set", argument, rank);
        let Some(equals) = unquoted(argument, '=') else {
            problems.push(
                Diagnostic::error(
                    ids::MALFORMED_ADDRESS,
                    format!("`--set` needs ADDRESS=VALUE, got `{}`", shortened(argument)),
                )
                .at(Some(&Place::new(&source, 0..argument.len())))
                .help("for example `--set consumer.slow.prefetch-count=1`"),
            );
            return None;
        };
        let place = Place::new(&source, 0..argument[..equals].trim_end().len());
        let value = value_of_argument(&source, equals + 1..argument.len(), problems);
        Setting::new(argument[..equals].trim(), Some(&place), value, problems)
    }

    /// Whether there is something for it: a table with the name, or one that needs no name.
    pub(super) fn reaches(&self, tree: &mut Table) -> bool {
        let Some(name) = &self.path.name else { return true };
        entries(tree, &self.path.table).iter().any(|entry| name.matches(&entry.name()))
    }

    /// Gives the value to everything that the address names.
    pub(super) fn apply(&self, tree: &mut Table, problems: &mut Problems) {
        let reported = if let Some(name) = &self.path.name {
            let mut reached = 0;
            let mut names = Vec::new();
            let mut reported = None;
            for entry in entries(tree, &self.path.table) {
                let entry_name = entry.name();
                if name.matches(&entry_name) {
                    reached += 1;
                    reported = reported.or(self.set_in(entry.table, &self.path.keys));
                }
                names.push(entry_name);
            }
            if reached == 0 { Some(self.matches_nothing(name, &names)) } else { reported }
        } else {
            let node = tree.get_or_table(&self.path.table, self.address_place.as_ref());
            match node.as_table_mut() {
                Some(table) => self.set_in(table, &self.path.keys),
                // Whoever reads the table reports that it is none.
                None => None,
            }
        };
        if let Some(diagnostic) = reported {
            problems.push(diagnostic.at(self.address_place.as_ref()));
        }
    }

    /// Sets the value below a table; says what is in the way.
    fn set_in(&self, table: &mut Table, keys: &[String]) -> Option<Diagnostic> {
        let (key, deeper) = keys.split_first().expect("an address has a key");
        if deeper.is_empty() {
            table.set(Entry {
                key: key.clone(),
                key_place: self.address_place.clone(),
                node: self.value.clone(),
            });
            return None;
        }
        let node = table.get_or_table(key, self.address_place.as_ref());
        let (what, place) = (node.describe(), node.place.clone());
        match &mut node.value {
            Value::Table(inner) => self.set_in(inner, deeper),
            Value::Broken => None,
            _ => Some(
                Diagnostic::error(
                    ids::SET_INSIDE_VALUE,
                    format!(
                        "`{}` goes on behind `{}`, which is {what}",
                        shortened(&self.address),
                        shortened(key)
                    ),
                )
                .at(self.address_place.as_ref())
                .note(match place {
                    Some(place) => format!("the value is on line {}", place.line()),
                    None => "only tables have something inside".to_owned(),
                }),
            ),
        }
    }

    fn matches_nothing(&self, name: &Segment, names: &[String]) -> Diagnostic {
        let (address, list) = (shortened(&self.address), &self.path.table);
        let known: Vec<String> = names.iter().take(8).map(|name| format!("`{}`", shortened(name))).collect();
        if known.is_empty() {
            return Diagnostic::error(
                ids::ADDRESS_MATCHES_NOTHING,
                format!("`{address}` matches nothing: no {list} is declared"),
            )
            .help_if((list != "fault").then(|| format!("declare one with `[[{list}]]`")));
        }
        let near = nearest(&name.text, names.iter().map(String::as_str));
        Diagnostic::error(
            ids::ADDRESS_MATCHES_NOTHING,
            format!("`{address}` matches nothing: no {list} is named `{}`", shortened(&name.text)),
        )
        .help_if(near.map(|near| format!("did you mean `{near}`?")))
        .note(format!("declared are {}", known.join(", ")))
    }
}

/// The diagnostic for an address whose dots TOML has taken for its own.
fn outside_of_quotes(part: &str) -> Diagnostic {
    let part = shortened(part);
    Diagnostic::error(ids::MALFORMED_ADDRESS, format!("`{part}` is a part of an address"))
        .help(format!("write the whole address in quotes, as in \"{part}.NAME.KEY\" = 1"))
        .note("a dot outside of quotes begins a table of TOML")
}

/// The value that this stretch of an argument is; what is no TOML is a string.
pub(super) fn value_of_argument(
    source: &Arc<Source>,
    stretch: Range<usize>,
    problems: &mut Problems,
) -> Node {
    let text = &source.text()[stretch.clone()];
    let start = stretch.end - text.trim_start().len();
    let stretch = start..start + text.trim().len();
    parse::value(source, stretch.clone(), problems).unwrap_or_else(|| {
        let place = Place::new(source, stretch.clone());
        Node { place: Some(place), value: Value::Text(source.text()[stretch].to_owned()) }
    })
}

/// An entry of a list of tables, with the name that it has without a name of its own.
struct ListEntry<'a> {
    table: &'a mut Table,
    name_implied: Option<String>,
}

impl ListEntry<'_> {
    fn name(&self) -> String {
        let own = self.table.get("name").and_then(Node::as_text);
        own.map(str::to_owned).or_else(|| self.name_implied.clone()).unwrap_or_default()
    }
}

fn entries<'a>(tree: &'a mut Table, list: &str) -> Vec<ListEntry<'a>> {
    let Some(node) = tree.get_mut(list) else { return Vec::new() };
    if list != "fault" {
        return list_entries(node, None);
    }
    let Some(kinds) = node.as_table_mut() else { return Vec::new() };
    kinds.0.iter_mut().flat_map(|kind| list_entries(&mut kind.node, Some(&kind.key))).collect()
}

fn list_entries<'a>(node: &'a mut Node, name_implied: Option<&str>) -> Vec<ListEntry<'a>> {
    let Value::List(nodes) = &mut node.value else { return Vec::new() };
    let name_implied = name_implied.map(str::to_owned);
    nodes
        .iter_mut()
        .filter_map(Node::as_table_mut)
        .map(|table| ListEntry { table, name_implied: name_implied.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_equals_sign_of_an_argument_is_the_first_outside_of_quotes() {
        let mut problems = Problems::default();
        let setting = Setting::from_argument("queue.\"a=b\".durable = false", 1, &mut problems).unwrap();
        assert_eq!(setting.address, "queue.\"a=b\".durable");
        assert_eq!(setting.value.value, Value::Boolean(false));
        let text = Setting::from_argument("link.latency=2ms", 1, &mut problems).unwrap().value;
        assert_eq!(text.as_text(), Some("2ms"));
        assert_eq!(text.place.unwrap().span(), 13..16);
    }
}
