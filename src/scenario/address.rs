//! Addresses of settings: `TABLE.NAME.KEY` and `TABLE.KEY`. Knows which tables have names, but no key and no value.

use super::diagnostic::Diagnostic;
use super::ids;
use super::keys::{Form, table};
use super::node::shortened;
use super::reader::unknown_table;

const FORMS: &str = "an address is TABLE.NAME.KEY, as in \"consumer.slow.prefetch-count\", or TABLE.KEY, as in \"broker.profile\"";

/// An address in its parts.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub(super) table: String,
    /// The name, or `*`, of an entry of a list; `None` for a single table.
    pub(super) name: Option<Segment>,
    /// At least one; the ones behind the first lead into tables.
    pub(super) keys: Vec<String>,
}

/// A part of an address.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) text: String,
    /// A quoted `*` is a name.
    quoted: bool,
}

impl Segment {
    /// Whether it is this name, or stands for any.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.text == name || (self.text == "*" && !self.quoted)
    }
}

impl Address {
    /// Reads an address, or says what is wrong with it, without a place.
    pub(super) fn parse(text: &str) -> Result<Address, Box<Diagnostic>> {
        let shown = shortened(text);
        let segments = segments(text).unwrap_or_default();
        let [first, rest @ ..] = segments.as_slice() else {
            return Err(malformed(format!("`{shown}` is not an address")));
        };
        let form = form_of(&first.text)?;
        let (name, keys) = match (form, rest) {
            (Form::List, [name, keys @ ..]) => (Some(name.clone()), keys),
            (_, keys) => (None, keys),
        };
        let Some(key) = keys.first() else {
            return Err(malformed(format!("`{shown}` is too short for an address")));
        };
        if key.text == "name" && form == Form::List {
            let message = format!("`{shown}` is a name, which cannot be set");
            let note = "a name selects random streams, and references go to it";
            return Err(Diagnostic::error(ids::NAME_CANNOT_BE_SET, message).note(note).into());
        }
        let keys = keys.iter().map(|key| key.text.clone()).collect();
        Ok(Address { table: first.text.clone(), name, keys })
    }
}

fn malformed(message: String) -> Box<Diagnostic> {
    Diagnostic::error(ids::MALFORMED_ADDRESS, message).help(FORMS).into()
}

/// Whether a table is there once, or has entries with names.
fn form_of(name: &str) -> Result<Form, Box<Diagnostic>> {
    if name == "fault" {
        return Ok(Form::List);
    }
    let spec = table(name).filter(|spec| spec.form != Form::Inline && !spec.name.contains('.'));
    let Some(spec) = spec else { return Err(unknown_table(name, None).into()) };
    match spec.form {
        Form::Single => Ok(Form::Single),
        Form::List if spec.key("name").is_some() && name != "variant" => Ok(Form::List),
        _ => Err(malformed(format!("no address leads to {}", spec.noun))),
    }
}

/// The byte offset of the first `wanted` outside of quotes.
pub(super) fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

/// Parts between dots; a part in double quotes may have dots itself. `None` for an empty part or an open quote.
fn segments(address: &str) -> Option<Vec<Segment>> {
    let mut segments = Vec::new();
    let mut rest = address.trim();
    loop {
        let (part, behind) = match unquoted(rest, '.') {
            Some(dot) => (&rest[..dot], Some(&rest[dot + 1..])),
            None => (rest, None),
        };
        let inner = part.strip_prefix('"').and_then(|part| part.strip_suffix('"'));
        let text = inner.unwrap_or(part);
        if text.is_empty() || text.contains('"') {
            return None;
        }
        segments.push(Segment { text: text.to_owned(), quoted: inner.is_some() });
        match behind {
            Some(behind) => rest = behind,
            None => return Some(segments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(address: &str) -> Option<Vec<String>> {
        segments(address).map(|segments| segments.into_iter().map(|segment| segment.text).collect())
    }

    #[test]
    fn a_quoted_part_keeps_its_dots() {
        assert_eq!(texts("queue.\"a.b\".durable").unwrap(), ["queue", "a.b", "durable"]);
        assert_eq!(texts("broker.profile").unwrap(), ["broker", "profile"]);
        assert_eq!(texts("queue..durable"), None);
        assert_eq!(texts("queue.\"a"), None);
        assert_eq!(texts(""), None);
    }

    #[test]
    fn a_quoted_star_is_a_name() {
        assert!(segments("queue.*.durable").unwrap()[1].matches("orders"));
        assert!(!segments("queue.\"*\".durable").unwrap()[1].matches("orders"));
    }
}
