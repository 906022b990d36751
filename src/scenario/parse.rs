//! From TOML text to the tree with places; every syntax error in one go. Knows no table and no key.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::diagnostic::{Diagnostic, Problems};
use super::ids;
use super::node::{Entry, Node, Table, Value};
use super::source::{Place, Source};

/// Syntax errors that are shown: behind these, most are consequences of the first.
const SYNTAX_ERRORS_MAX: usize = 10;

/// Reads a whole document; `None` where the syntax is wrong, because what else it says is not certain.
pub(super) fn document(source: &Arc<Source>, problems: &mut Problems) -> Option<Table> {
    let (root, errors) = DeTable::parse_recoverable(source.text());
    let mut line_last = 0;
    let mut shown = 0;
    for error in &errors {
        let place = Place::new(source, error.span().unwrap_or(0..0));
        // The parser goes on behind a mistake; the rest of the same line rarely says anything more.
        if place.line() == line_last || shown == SYNTAX_ERRORS_MAX {
            continue;
        }
        (line_last, shown) = (place.line(), shown + 1);
        problems.push(Diagnostic::error(ids::SYNTAX, error.message()).at(Some(&place)));
    }
    if errors.is_empty() {
        Some(Reading { source, offset: 0 }.table(root.into_inner(), problems))
    } else {
        None
    }
}

/// Reads one value that is this stretch of the source's bytes; `None` if it is not TOML.
pub(super) fn value(source: &Arc<Source>, stretch: Range<usize>, problems: &mut Problems) -> Option<Node> {
    let value = DeValue::parse(&source.text()[stretch.clone()]).ok()?;
    Some(Reading { source, offset: stretch.start }.node(value, problems))
}

/// Reads a value that this program wrote itself: a default.
pub(super) fn default_value(text: &'static str) -> Node {
    let source = Source::new("", text, 0);
    let mut node = value(&source, 0..text.len(), &mut Problems::default()).expect("a default is TOML");
    node.place = None;
    node
}

/// The comment block at the head of a file, without number signs.
pub(super) fn head_comment(text: &str) -> String {
    let lines: Vec<&str> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map_while(|line| line.strip_prefix('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect();
    lines.join("\n")
}

struct Reading<'a> {
    source: &'a Arc<Source>,
    offset: usize,
}

impl Reading<'_> {
    fn place<T>(&self, spanned: &Spanned<T>) -> Place {
        let span = spanned.span();
        Place::new(self.source, span.start + self.offset..span.end + self.offset)
    }

    fn table(&self, table: DeTable<'_>, problems: &mut Problems) -> Table {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| Entry {
                key_place: Some(self.place(&key)),
                key: key.into_inner().into_owned(),
                node: self.node(value, problems),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_place.as_ref().map(Place::order));
        Table(entries)
    }

    fn node(&self, value: Spanned<DeValue<'_>>, problems: &mut Problems) -> Node {
        let place = self.place(&value);
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(digits) => integer(&digits, &place, problems),
            DeValue::Float(digits) => Value::Decimal(digits.as_str().to_owned()),
            DeValue::Boolean(truth) => Value::Boolean(truth),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(values) => {
                Value::List(values.into_iter().map(|value| self.node(value, problems)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table, problems)),
        };
        Node { place: Some(place), value }
    }
}

fn integer(digits: &DeInteger<'_>, place: &Place, problems: &mut Problems) -> Value {
    if let Ok(number) = i64::from_str_radix(digits.as_str(), digits.radix()) {
        return Value::Integer(number);
    }
    problems.push(
        Diagnostic::error(ids::INTEGER_TOO_LARGE, "an integer has at most 64 bits")
            .at(Some(place))
            .note(format!("the largest is {}", i64::MAX)),
    );
    Value::Broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_comment_ends_with_the_first_line_that_is_none() {
        assert_eq!(head_comment("# Two lines,\n#   indented.\n\n# not this\n"), "Two lines,\n  indented.");
        assert_eq!(head_comment("a = 1\n# no"), "");
    }

    #[test]
    fn entries_come_in_the_order_of_the_file() {
        let mut problems = Problems::default();
        let tree = document(&Source::new("a.toml", "b = 1\na = 2\n", 0), &mut problems).unwrap();
        let keys: Vec<&str> = tree.0.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["b", "a"]);
        assert!(!problems.has_errors());
    }
}
