//! Texts that settings come from, and places in them. Knows no TOML and no scenario.

use std::ops::Range;
use std::sync::Arc;

/// A text that diagnostics point into: a scenario file, or one `--set` argument.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    rank: usize,
}

impl Source {
    /// The source `name` with its text; diagnostics are sorted by `rank` first.
    pub(super) fn new(name: &str, text: &str, rank: usize) -> Arc<Source> {
        Arc::new(Source { name: name.to_owned(), text: text.to_owned(), rank })
    }

    /// The path of the file, or `--set`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A stretch of a source.
///
/// Invariant: both ends lie inside the text, on boundaries of characters, the start not behind the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    source: Arc<Source>,
    start: usize,
    end: usize,
}

impl Place {
    /// The place nearest to `span` that keeps the invariant.
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Place {
        let text = &source.text;
        let boundary = |at: &usize| text.is_char_boundary(*at);
        let start = (0..=span.start.min(text.len())).rev().find(boundary).unwrap_or(0);
        let end = (span.end.clamp(start, text.len())..=text.len()).find(boundary).unwrap_or(text.len());
        Place { source: Arc::clone(source), start, end }
    }

    /// The text that it lies in.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Byte offsets in the source's text.
    pub fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The line of its first character, from 1 on.
    pub fn line(&self) -> usize {
        self.source.text[..self.start].matches('\n').count() + 1
    }

    /// The stretch of text itself.
    pub fn text(&self) -> &str {
        &self.source.text[self.start..self.end]
    }

    /// Whether `other` lies inside.
    pub(super) fn holds(&self, other: &Place) -> bool {
        self.source.rank == other.source.rank && self.start <= other.start && other.end <= self.end
    }

    /// What diagnostics are sorted by.
    pub(super) fn order(&self) -> (usize, usize, usize) {
        (self.source.rank, self.start, self.end)
    }
}

/// A value with its place; `None` for what a builder gave, and for defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) place: Option<Place>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_keeps_to_whole_characters_inside_the_text() {
        let source = Source::new("a.toml", "x\nü", 0);
        assert_eq!(Place::new(&source, 3..3).span(), 2..4);
        assert_eq!(Place::new(&source, 90..99).span(), 4..4);
        assert_eq!(Place::new(&source, 2..4).line(), 2);
    }
}
