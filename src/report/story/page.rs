//! The page of a story: time column, indented lines, rules told once, a limit. Knows sentences, not what they mean.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::report::wrap::wrap;
use crate::rules::RuleRef;
use crate::units::{SimDuration, SimTime};

/// Columns of a story.
const WIDTH: usize = 100;
/// Columns of the instant.
const TIME: usize = 13;
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

/// An instant in milliseconds, cut to the microsecond: `701.000ms`.
pub(super) fn instant(at: SimTime) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:03}ms", micros / 1_000, micros % 1_000)
}

/// A length of time in its largest unit, cut to three decimals: `1.2s`.
pub(super) fn length(length: SimDuration) -> String {
    let nanos = length.as_nanos();
    let (unit, size) = match nanos {
        0..1_000 => return format!("{nanos}ns"),
        1_000..1_000_000 => ("us", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    let decimals = format!("{:03}", nanos % size / (size / 1_000));
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals}{unit}", nanos / size)
}

/// A number with its noun: `1 queue`, `2 queues`.
pub(super) fn count(number: impl Into<u64>, noun: &str) -> String {
    match number.into() {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// The text of a story as far as it is told.
#[derive(Clone, Debug)]
pub(super) struct Page {
    text: String,
    lines: usize,
    lines_max: Option<usize>,
    /// The instant of the present step.
    at: SimTime,
    /// What is said in the present step, with the rules; it is written when the next step begins.
    step: Vec<(String, Option<RuleRef>)>,
    /// Invariant: the first step that did not fit, and how many there were.
    left_out: Option<(SimTime, u64)>,
    met: BTreeSet<&'static str>,
}

impl Page {
    pub(super) fn new(lines_max: Option<usize>) -> Self {
        Page {
            text: String::new(),
            lines: 0,
            lines_max,
            at: SimTime::ZERO,
            step: Vec::new(),
            left_out: None,
            met: BTreeSet::new(),
        }
    }

    /// Begins a step. It leaves no trace unless something is said in it.
    pub(super) fn begin(&mut self, at: SimTime) {
        self.write_step();
        self.at = at;
    }

    /// Adds a sentence to the step, with the rule behind it.
    pub(super) fn say(&mut self, sentence: String, rule: Option<RuleRef>) {
        self.step.push((sentence, rule));
    }

    /// Whether nothing has been said in the step.
    pub(super) fn is_at_start(&self) -> bool {
        self.step.is_empty()
    }

    /// The first sentence of the step, to be amended.
    pub(super) fn first(&mut self) -> Option<&mut String> {
        self.step.first_mut().map(|(sentence, _)| sentence)
    }

    fn write_step(&mut self) {
        let step = std::mem::take(&mut self.step);
        if step.is_empty() {
            return;
        }
        let full = self.lines_max.is_some_and(|limit| self.lines >= limit);
        if full || self.left_out.is_some() {
            self.left_out.get_or_insert((self.at, 0)).1 += 1;
            return;
        }
        let mut lead = format!("{:>TIME$}  ", instant(self.at));
        for (k, (sentence, rule)) in step.into_iter().enumerate() {
            let indent = if k == 0 { HEAD } else { BODY };
            match rule {
                Some(rule) if self.met.insert(rule.id) => {
                    self.write(&lead, indent + 2, &sentence);
                    self.write(&" ".repeat(RULE), RULE, &format!("[{}] {}", rule.id, rule.statement));
                }
                Some(rule) => self.write(&lead, indent + 2, &format!("{sentence} [{}]", rule.id)),
                None => self.write(&lead, indent + 2, &sentence),
            }
            lead = " ".repeat(BODY);
        }
    }

    /// Adds a paragraph behind the steps, whatever the limit.
    pub(super) fn close(&mut self, paragraph: &str) {
        self.write_step();
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.write("", 0, paragraph);
    }

    /// The statements of rules that a closing paragraph names, those that were not told before.
    pub(super) fn close_rules(&mut self, rules: &[RuleRef]) {
        for rule in rules {
            if self.met.insert(rule.id) {
                self.write("    ", 4, &format!("[{}] {}", rule.id, rule.statement));
            }
        }
    }

    fn write(&mut self, lead: &str, indent: usize, text: &str) {
        for line in wrap(lead, indent, text, WIDTH) {
            self.text.push_str(&line.trim_end().replace(GLUE, " "));
            self.text.push('\n');
            self.lines += 1;
        }
    }

    /// Whether nothing was told.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.step.is_empty()
    }

    /// Says what was left out, if anything was.
    pub(super) fn close_limit(&mut self) {
        self.write_step();
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
    pub(super) fn into_text(mut self) -> String {
        self.write_step();
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
            ["7ns", "1.5us", "701ms", "1.2s"]
        );
        assert_eq!(instant(SimTime::from_nanos(1_201_000_999)), "1201.000ms");
    }
}
