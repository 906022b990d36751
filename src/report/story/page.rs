//! The page of a story: time column, indented lines, rules told once, a limit. Knows sentences, not what they mean.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::rules::RuleRef;
use crate::units::{SimDuration, SimTime};

/// Columns of a story.
const WIDTH: usize = 100;
/// Columns of the instant.
const TIME: usize = 12;
/// Where a step's first line begins.
const HEAD: usize = TIME + 2;
/// Where its other lines begin.
const BODY: usize = HEAD + 2;
/// Where the statement of a rule begins.
const RULE: usize = BODY + 4;

/// A blank at which no line is broken; a plain one on the page.
const GLUE: char = '\u{a0}';

/// A queue's two counts: `ready 1, unacked 0`.
pub(super) fn levels(ready: u32, unacked: u32) -> String {
    format!("ready{GLUE}{ready}, unacked{GLUE}{unacked}")
}

/// An instant in milliseconds, cut to the microsecond: `701.000 ms`.
pub(super) fn instant(at: SimTime) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

/// A length of time in its largest unit, cut to three decimals: `1.2 s`.
pub(super) fn length(length: SimDuration) -> String {
    let nanos = length.as_nanos();
    let (unit, size) = match nanos {
        0..1_000 => return format!("{nanos} ns"),
        1_000..1_000_000 => ("us", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let decimals = format!("{:03}", nanos % size / (size / 1_000));
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals} {unit}", nanos / size)
}

/// A number with its noun: `1 queue`, `2 queues`.
pub(super) fn count(number: impl Into<u64>, noun: &str) -> String {
    match number.into() {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// Breaks `text` at blanks so that no line is longer than the page. The first line stands behind `lead`, which is as
/// wide as `indent`; the others hang two columns behind it if `hang`.
fn wrap(lead: &str, indent: usize, hang: bool, text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = lead.to_owned();
    let mut used = lead.chars().count();
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && used + 1 + length > WIDTH {
            let indent = indent + if hang { 2 } else { 0 };
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            used = indent;
            empty = true;
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
        empty = false;
    }
    lines.push(line);
    lines
}

/// The text of a story as far as it is told.
#[derive(Clone, Debug)]
pub(super) struct Page {
    text: String,
    lines: usize,
    lines_max: Option<usize>,
    /// The instant of the present step, until its first line is written.
    pending: Option<SimTime>,
    /// Invariant: the first step that did not fit, and how many there were.
    left_out: Option<(SimTime, u64)>,
    met: BTreeSet<&'static str>,
}

impl Page {
    pub(super) fn new(lines_max: Option<usize>) -> Self {
        Page { text: String::new(), lines: 0, lines_max, pending: None, left_out: None, met: BTreeSet::new() }
    }

    /// Begins a step. It leaves no trace unless something is said in it.
    pub(super) fn begin(&mut self, at: SimTime) {
        self.pending = Some(at);
    }

    /// Adds a sentence to the step, with the rule behind it.
    pub(super) fn say(&mut self, sentence: &str, rule: Option<RuleRef>) {
        let full = self.lines_max.is_some_and(|limit| self.lines >= limit);
        let head = self.pending.take();
        if let (Some(at), true) = (head, full || self.left_out.is_some()) {
            self.left_out.get_or_insert((at, 0)).1 += 1;
        }
        if self.left_out.is_some() {
            return;
        }
        let (lead, indent) = match head {
            Some(at) => (format!("{:>TIME$}  ", instant(at)), HEAD),
            None => (" ".repeat(BODY), BODY),
        };
        let Some(rule) = rule else { return self.write(&lead, indent, true, sentence) };
        if self.met.insert(rule.id) {
            self.write(&lead, indent, true, sentence);
            self.write(&" ".repeat(RULE), RULE, false, &format!("[{}] {}", rule.id, rule.statement));
        } else {
            self.write(&lead, indent, true, &format!("{sentence} [{}]", rule.id));
        }
    }

    /// Adds a paragraph behind the steps, whatever the limit.
    pub(super) fn close(&mut self, paragraph: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.write("", 0, false, paragraph);
    }

    fn write(&mut self, lead: &str, indent: usize, hang: bool, text: &str) {
        for line in wrap(lead, indent, hang, text) {
            self.text.push_str(&line.trim_end().replace(GLUE, " "));
            self.text.push('\n');
            self.lines += 1;
        }
    }

    /// Whether nothing was told.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Says what was left out, if anything was.
    pub(super) fn close_limit(&mut self) {
        let Some((at, steps)) = self.left_out else { return };
        let mut paragraph = format!("{} left out after {} lines.", count(steps, "more step"), self.lines);
        let _ = write!(
            paragraph,
            " `--lines 0` shows everything, `--from {}` goes on from here; `--message` or `--entity` shows less.",
            SimDuration::from_nanos(at.as_nanos())
        );
        self.close(&paragraph);
    }

    /// The text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short_and_instants_align() {
        let short = |nanos| length(SimDuration::from_nanos(nanos));
        assert_eq!(
            [short(7), short(1_500), short(701_000_000), short(1_200_999_999)],
            ["7 ns", "1.5 us", "701 ms", "1.2 s"]
        );
        assert_eq!(instant(SimTime::from_nanos(1_201_000_999)), "1201.000 ms");
    }

    #[test]
    fn a_long_line_hangs_behind_its_first() {
        let text = "word ".repeat(30);
        let lines = wrap("  1.000 ms  ", 12, true, text.trim());
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= WIDTH && lines[1].starts_with("              word"));
    }
}
