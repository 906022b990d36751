//! Regular expressions of permissions and policies: a name matches if the pattern is found anywhere in it. A subset of
//! what RabbitMQ takes (Deviation: DEV-8): literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^`, `$` and `\` before any character.
//! Matching takes at most the product of both lengths. Source: rules ERR-10 and POL-1.

use std::collections::BTreeSet;

/// A pattern, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The program of a machine that is in several places at once.
    program: Vec<Step>,
}

/// One place of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    One(Class),
    Split(usize, usize),
    Jump(usize),
    Begin,
    End,
    Found,
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Class {
    Any,
    Among { negated: bool, ranges: Vec<(char, char)> },
}

impl Class {
    fn holds(&self, c: char) -> bool {
        match self {
            Class::Any => true,
            Class::Among { negated, ranges } => ranges.iter().any(|&(a, b)| a <= c && c <= b) != *negated,
        }
    }
}

/// How deep groups may lie in each other.
const DEPTH_MAX: usize = 64;

impl Pattern {
    /// Reads a pattern; `None` if it is none, or uses what is not in the subset.
    pub(super) fn parse(text: &str) -> Option<Pattern> {
        let mut parser = Parser { rest: text.chars().collect(), at: 0, depth: 0 };
        let mut program = parser.alternatives()?;
        if parser.at != parser.rest.len() {
            return None;
        }
        program.push(Step::Found);
        Some(Pattern { program })
    }

    /// Whether the pattern is found in `text`.
    pub(super) fn is_found_in(&self, text: &str) -> bool {
        let mut places: BTreeSet<usize> = BTreeSet::new();
        let length = text.chars().count();
        let mut chars = text.chars();
        for at in 0..=length {
            // It may begin anywhere.
            if self.enter(0, at == 0, at == length, &mut places) {
                return true;
            }
            let Some(c) = chars.next() else { break };
            let mut next = BTreeSet::new();
            for &place in &places {
                if let Step::One(class) = &self.program[place]
                    && class.holds(c)
                    && self.enter(place + 1, false, at + 1 == length, &mut next)
                {
                    return true;
                }
            }
            places = next;
        }
        false
    }

    /// Goes to a place and on from there without reading; whether that is the end of the pattern.
    fn enter(&self, from: usize, begin: bool, end: bool, places: &mut BTreeSet<usize>) -> bool {
        let mut pending = vec![from];
        while let Some(place) = pending.pop() {
            if !places.insert(place) {
                continue;
            }
            match self.program[place] {
                Step::Found => return true,
                Step::Jump(to) => pending.push(to),
                Step::Split(a, b) => pending.extend([a, b]),
                Step::Begin if begin => pending.push(place + 1),
                Step::End if end => pending.push(place + 1),
                Step::Begin | Step::End | Step::One(_) => {}
            }
        }
        false
    }
}

struct Parser {
    rest: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn alternatives(&mut self) -> Option<Vec<Step>> {
        let mut program = self.sequence()?;
        while self.peek() == Some('|') {
            self.at += 1;
            let other = self.sequence()?;
            let mut both = vec![Step::Split(1, program.len() + 2)];
            append(&mut both, program);
            both.push(Step::Jump(both.len() + 1 + other.len()));
            append(&mut both, other);
            program = both;
        }
        Some(program)
    }

    fn sequence(&mut self) -> Option<Vec<Step>> {
        let mut program = Vec::new();
        while let Some(c) = self.peek() {
            if c == '|' || c == ')' {
                break;
            }
            let item = self.item()?;
            let item = self.repeated(item);
            append(&mut program, item);
        }
        Some(program)
    }

    fn repeated(&mut self, item: Vec<Step>) -> Vec<Step> {
        let length = item.len();
        let mut program = Vec::new();
        match self.peek() {
            Some('*') => {
                program.push(Step::Split(1, length + 2));
                append(&mut program, item);
                program.push(Step::Jump(0));
            }
            Some('+') => {
                append(&mut program, item);
                program.push(Step::Split(0, length + 1));
            }
            Some('?') => {
                program.push(Step::Split(1, length + 1));
                append(&mut program, item);
            }
            _ => return item,
        }
        self.at += 1;
        program
    }

    fn item(&mut self) -> Option<Vec<Step>> {
        let one = |c: char| vec![Step::One(Class::Among { negated: false, ranges: vec![(c, c)] })];
        Some(match self.next()? {
            '.' => vec![Step::One(Class::Any)],
            '^' => vec![Step::Begin],
            '$' => vec![Step::End],
            '\\' => one(self.escaped()?),
            '[' => vec![Step::One(self.class()?)],
            '(' => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return None;
                }
                let inner = self.alternatives()?;
                self.depth -= 1;
                (self.next()? == ')').then_some(inner)?
            }
            '*' | '+' | '?' | '{' => return None,
            c => one(c),
        })
    }

    /// A letter or digit after `\` has a meaning that is not in the subset.
    fn escaped(&mut self) -> Option<char> {
        self.next().filter(|c| !c.is_alphanumeric())
    }

    fn class(&mut self) -> Option<Class> {
        let negated = self.peek() == Some('^');
        if negated {
            self.at += 1;
        }
        let mut ranges = Vec::new();
        loop {
            let from = match self.next()? {
                ']' if !ranges.is_empty() => return Some(Class::Among { negated, ranges }),
                '\\' => self.escaped()?,
                c => c,
            };
            let is_range = self.peek() == Some('-') && self.rest.get(self.at + 1).is_some_and(|&c| c != ']');
            let to = if is_range {
                self.at += 1;
                match self.next()? {
                    '\\' => self.escaped()?,
                    c => c,
                }
            } else {
                from
            };
            ranges.push((from, to));
        }
    }
}

/// Adds a program behind another one; its places move.
fn append(program: &mut Vec<Step>, other: Vec<Step>) {
    let by = program.len();
    program.extend(other.into_iter().map(|step| match step {
        Step::Split(a, b) => Step::Split(a + by, b + by),
        Step::Jump(to) => Step::Jump(to + by),
        step => step,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_anywhere_unless_they_are_bound() {
        for (pattern, hits, misses) in [
            ("", &["", "a"][..], &[][..]),
            (".*", &["", "anything"], &[]),
            ("^$", &[""], &["a"]),
            ("^amq\\.", &["amq.gen-1"], &["xamq.", "amqx"]),
            ("b", &["abc"], &["ac"]),
            ("^(a|bc)+$", &["a", "bc", "abca"], &["", "ab"]),
            ("^[a-c_]?x$", &["x", "bx", "_x"], &["dx", "abx"]),
            ("^[^a]$", &["b", "^"], &["a", ""]),
            ("^a*b+c$", &["bc", "aabbc"], &["ac"]),
            ("^(a|)$", &["a", ""], &["b"]),
            ("^(a*)*$", &["", "aaa"], &["b"]),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            for hit in hits {
                assert!(pattern.is_found_in(hit), "{pattern:?} {hit}");
            }
            for miss in misses {
                assert!(!pattern.is_found_in(miss), "{pattern:?} {miss}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_or_not_in_the_subset_is_refused() {
        for text in ["(", ")", "[a", "*", "a**b)", "\\d", "a{2}", "[]", "\\"] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
        assert_eq!(Pattern::parse(&"(".repeat(10_000)), None);
        let nested = |depth| "(".repeat(depth) + "a" + &")".repeat(depth);
        assert!(Pattern::parse(&nested(DEPTH_MAX)).is_some_and(|pattern| pattern.is_found_in("a")));
        assert_eq!(Pattern::parse(&nested(DEPTH_MAX + 1)), None);
    }
}
