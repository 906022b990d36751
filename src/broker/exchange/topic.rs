//! Topic exchanges: binding keys are patterns of words. Source: rules RT-2 and RT-3.

use std::collections::BTreeMap;

use super::{Binding, Destination};
use crate::amqp::{Name, Names};

pub(super) fn route(
    bindings: &BTreeMap<Name, Vec<Binding>>,
    names: &Names,
    text: &str,
    found: &mut Vec<Destination>,
) {
    for (&pattern, bindings) in bindings {
        if matches(names.text(pattern), text) {
            found.extend(bindings.iter().map(|binding| binding.destination));
        }
    }
}

/// The empty string is no word at all; a dot with nothing on one side has an empty word there.
fn words(text: &str) -> Vec<&str> {
    if text.is_empty() { Vec::new() } else { text.split('.').collect() }
}

/// Whether `key` matches `pattern`: `*` stands for exactly one word, an empty one included, `#` for any number of words,
/// and both only where they are a whole word.
///
/// A mismatch after a `#` lets that `#` take one word more; only the last `#` ever needs to, so the time is at most the
/// product of both lengths.
pub(crate) fn matches(pattern: &str, key: &str) -> bool {
    let (pattern, key) = (words(pattern), words(key));
    let (mut p, mut k) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while k < key.len() {
        if p < pattern.len() && pattern[p] == "#" {
            retry = Some((p, k));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == "*" || pattern[p] == key[k]) {
            p += 1;
            k += 1;
        } else if let Some((hash, taken)) = retry {
            retry = Some((hash, taken + 1));
            p = hash + 1;
            k = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&word| word == "#")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Source: rule RT-3, observed on RabbitMQ 3.10.8.
    #[test]
    fn words_match_as_observed() {
        let table: [(&str, &[&str], &[&str]); 12] = [
            ("#", &["", "a", "a.b", "."], &[]),
            ("", &[""], &["a", "."]),
            ("*", &["a", "*", "#"], &["", "a.b"]),
            ("*.*", &[".", "a.", ".a", "a.b"], &["a", ""]),
            ("#.a", &["a", ".a", "b.a"], &["", "b"]),
            ("a.#", &["a", "a.", "a.b.c"], &["b.a", ""]),
            ("a.#.b", &["a.b", "a..b", "a.x.y.b"], &["a", "a.b.c"]),
            ("*.#", &["a", "a.b", "."], &[""]),
            ("#.*", &["a", "a.b"], &[""]),
            ("a.*.b", &["a..b", "a.x.b"], &["a.b"]),
            ("#.#", &["", "a", "a.b"], &[]),
            ("a*", &["a*"], &["ab", "a"]),
        ];
        for (pattern, hits, misses) in table {
            for key in hits {
                assert!(matches(pattern, key), "`{pattern}` must match `{key}`");
            }
            for key in misses {
                assert!(!matches(pattern, key), "`{pattern}` must not match `{key}`");
            }
        }
    }

    /// The definition, word by word.
    fn naive(pattern: &[&str], key: &[&str]) -> bool {
        match pattern {
            [] => key.is_empty(),
            ["#", rest @ ..] => (0..=key.len()).any(|taken| naive(rest, &key[taken..])),
            [word, rest @ ..] => {
                key.first().is_some_and(|k| *word == "*" || word == k) && naive(rest, &key[1..])
            }
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(pattern in "([ab*#]?\\.){0,5}[ab*#]?", key in "([ab*#]?\\.){0,5}[ab*#]?") {
            prop_assert_eq!(matches(&pattern, &key), naive(&words(&pattern), &words(&key)), "{} {}", pattern, key);
        }
    }
}
