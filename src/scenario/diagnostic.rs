//! What is wrong with a scenario, where, and what to type instead; and how that looks on a terminal.
//! Knows no table and no key.

use std::fmt;

use annotate_snippets::{
    AnnotationKind, Element, Level as Title, Renderer, Snippet, normalize_untrusted_str,
};

use super::source::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing can be run.
    Error,
    /// It runs, but hardly as meant.
    Warning,
}

/// Whether a text may have escape sequences for colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// For files, pipes and tests.
    Plain,
    /// For terminals.
    Coloured,
}

/// A place with what is to be said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// A few words; may be empty.
    pub text: String,
}

/// One mistake, or one doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// One of [`super::ids::ALL`]; never changes its meaning.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// One sentence in lower case, without a full stop.
    pub message: String,
    /// The place of the mistake; `None` for what a builder made.
    pub primary: Option<Label>,
    /// Other places that belong to it.
    pub secondary: Vec<Label>,
    /// Something to type, if there is something.
    pub help: Option<String>,
    /// Facts, in order of reading.
    pub notes: Vec<String>,
    /// Where the rule comes from.
    pub source: Option<&'static str>,
}

impl Diagnostic {
    pub(super) fn error(id: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            id,
            level: Level::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            help: None,
            notes: Vec::new(),
            source: None,
        }
    }

    pub(super) fn warning(id: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(id, message) }
    }

    pub(super) fn at(self, place: Option<&Place>) -> Diagnostic {
        self.at_with(place, "")
    }

    pub(super) fn at_with(mut self, place: Option<&Place>, text: impl Into<String>) -> Diagnostic {
        self.primary = place.map(|place| Label { place: place.clone(), text: text.into() });
        self
    }

    /// A second place; dropped where there is no primary one, because it would look like it.
    pub(super) fn also(mut self, place: Option<&Place>, text: impl Into<String>) -> Diagnostic {
        if let (Some(place), true) = (place, self.primary.is_some()) {
            self.secondary.push(Label { place: place.clone(), text: text.into() });
        }
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    pub(super) fn help_if(self, text: Option<String>) -> Diagnostic {
        if let Some(text) = text { self.help(text) } else { self }
    }

    pub(super) fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    pub(super) fn source(mut self, text: &'static str) -> Diagnostic {
        self.source = Some(text);
        self
    }

    /// The text for people, several lines with a line break at the end.
    pub fn render(&self, paint: Paint) -> String {
        let (title, renderer) = match (self.level, paint) {
            (Level::Error, Paint::Plain) => (Title::ERROR, Renderer::plain()),
            (Level::Warning, Paint::Plain) => (Title::WARNING, Renderer::plain()),
            (Level::Error, Paint::Coloured) => (Title::ERROR, Renderer::styled()),
            (Level::Warning, Paint::Coloured) => (Title::WARNING, Renderer::styled()),
        };
        let mut elements: Vec<Element<'_>> = self.snippets();
        let line = |level: Title<'static>, text: &str| level.message(normalize_untrusted_str(text)).into();
        elements.extend(self.help.iter().map(|text| line(Title::HELP, text)));
        elements.extend(self.notes.iter().map(|text| line(Title::NOTE, text)));
        elements.extend(self.source.iter().map(|text| line(Title::NOTE.with_name("source"), text)));
        let group = title.primary_title(self.message.as_str()).id(self.id).elements(elements);
        let mut text = renderer.render(&[group]);
        text.push('\n');
        text
    }

    /// One snippet for each source that a label lies in, the primary one's first.
    fn snippets(&self) -> Vec<Element<'_>> {
        let Some(primary) = &self.primary else { return Vec::new() };
        let mut labels = vec![(AnnotationKind::Primary, primary)];
        labels.extend(self.secondary.iter().map(|label| (AnnotationKind::Context, label)));
        let mut elements = Vec::new();
        while let Some(&(_, first)) = labels.first() {
            let source = first.place.source();
            let (here, elsewhere) = labels.into_iter().partition(|(_, label)| label.place.source() == source);
            let mut snippet = Snippet::source(source.text()).path(source.name());
            for (kind, label) in here as Vec<(AnnotationKind, &Label)> {
                let text = (!label.text.is_empty()).then_some(label.text.as_str());
                snippet = snippet.annotation(kind.span(label.place.span()).label(text));
            }
            elements.push(snippet.into());
            labels = elsewhere;
        }
        elements
    }

    fn order(&self) -> (Option<(usize, usize, usize)>, Level, &'static str) {
        (self.primary.as_ref().map(|label| label.place.order()), self.level, self.id)
    }
}

/// What is wrong with a scenario that cannot be run: at least one error, and any warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    source_name: String,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(source_name: &str, list: Vec<Diagnostic>) -> Diagnostics {
        Diagnostics { source_name: source_name.to_owned(), list }
    }

    /// All of them, sorted by place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// All of them as text for people, a blank line after each, and how many there are at the end.
    pub fn render(&self, paint: Paint) -> String {
        let mut text = String::new();
        for diagnostic in &self.list {
            text.push_str(&diagnostic.render(paint));
            text.push('\n');
        }
        let errors = self.list.iter().filter(|d| d.level == Level::Error).count();
        let warnings = self.list.len() - errors;
        text.push_str(&counted(errors, "error"));
        if warnings > 0 {
            text.push_str(" and ");
            text.push_str(&counted(warnings, "warning"));
        }
        text.push_str(" in ");
        text.push_str(&normalize_untrusted_str(&self.source_name));
        text.push('\n');
        text
    }
}

fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

/// The plain text.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(Paint::Plain))
    }
}

impl std::error::Error for Diagnostics {}

/// Diagnostics as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Diagnostic>);

impl Problems {
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub(super) fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// In order of place, each once.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_key(Diagnostic::order);
        let mut list: Vec<Diagnostic> = Vec::new();
        for diagnostic in self.0 {
            if !list.iter().rev().take_while(|d| d.order() == diagnostic.order()).any(|d| *d == diagnostic) {
                list.push(diagnostic);
            }
        }
        list
    }
}
