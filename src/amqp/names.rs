//! Interned names: a string at the edge, a small integer inside.

use std::collections::BTreeMap;
use std::sync::Arc;

/// An interned string: the name of an exchange, queue, virtual host or user, a routing key, a consumer tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

impl Name {
    /// The empty string, interned in every table: the default exchange, "let the broker choose".
    pub const EMPTY: Name = Name(0);
}

/// The table of all names of one simulated system. Names are numbered in order of their first use and never forgotten.
#[derive(Clone, Debug)]
pub struct Names {
    texts: Vec<Arc<str>>,
    index: BTreeMap<Arc<str>, Name>,
}

impl Default for Names {
    fn default() -> Self {
        let empty: Arc<str> = Arc::from("");
        Names { texts: vec![empty.clone()], index: BTreeMap::from([(empty, Name::EMPTY)]) }
    }
}

impl Names {
    /// The name for `text`, the same one for the same text.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(&name) = self.index.get(text) {
            return name;
        }
        let name = Name(self.texts.len() as u32);
        let text: Arc<str> = Arc::from(text);
        self.texts.push(text.clone());
        self.index.insert(text, name);
        name
    }

    /// The name for `text` if it was interned before.
    pub fn find(&self, text: &str) -> Option<Name> {
        self.index.get(text).copied()
    }

    /// The text of `name`.
    pub fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }
}

/// What reports call a queue or an exchange: in the virtual host `/` by its name, in others by both: `tenant/orders`.
pub fn in_vhost(vhost: &str, name: &str) -> String {
    if vhost == "/" { name.to_owned() } else { format!("{vhost}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_has_the_same_name() {
        let mut names = Names::default();
        let a = names.intern("orders");
        assert_eq!(names.intern("orders"), a);
        assert_ne!(names.intern("Orders"), a);
        assert_eq!(names.text(a), "orders");
        assert_eq!(names.intern(""), Name::EMPTY);
    }
}
