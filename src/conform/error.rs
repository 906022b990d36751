//! What can be wrong with a script, in words that name the step, the key and what was expected.
//! Knows nothing of the broker.

use std::fmt;

/// Something that stops a script: a mistake in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Number of the step, from 1 on; `None` if the script as a whole is meant.
    pub step: Option<usize>,
    /// What the step does, as far as it says so.
    pub action: Option<Box<str>>,
    /// The key that is meant; inside of a table with the keys that lead there: `properties.headers.x`.
    pub key: Option<Box<str>>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is not JSON.
    NotJson {
        /// What the JSON reader says, with line and column.
        why: Box<str>,
    },
    /// `broker` names a version that there is no profile for.
    UnknownBroker {
        /// The text there.
        got: Box<str>,
        /// The profiles that there are, oldest first.
        known: Vec<&'static str>,
    },
    /// `do` names no action.
    UnknownAction {
        /// The text there.
        got: Box<str>,
        /// The action whose name comes closest.
        nearest: Option<&'static str>,
        /// All actions.
        known: &'static [&'static str],
    },
    /// `saw` has an answer of a name that no answer has.
    UnknownAnswer {
        /// The text there.
        got: Box<str>,
        /// The answer whose name comes closest.
        nearest: Option<&'static str>,
        /// All answers.
        known: &'static [&'static str],
    },
    /// The key is not one that may stand here.
    UnknownKey {
        /// The key that comes closest.
        nearest: Option<&'static str>,
        /// The keys that may stand here.
        known: Vec<&'static str>,
    },
    /// The key has no default value and is not there.
    Missing,
    /// The value is not of the type or range that the key demands.
    WrongValue {
        /// What was expected.
        expected: &'static str,
        /// The value as JSON.
        got: Box<str>,
    },
    /// `$NAME`, but nothing was made for that name before.
    NotMade {
        /// The name with its `$`.
        name: Box<str>,
    },
    /// The step is about a connection or a channel that no step opens: it records nothing, as one that is closed.
    NeverOpened {
        /// The name there.
        got: Box<str>,
        /// The name, of those that are opened, that comes closest.
        nearest: Option<Box<str>>,
    },
    /// `connection.open` for a connection that is open.
    OpenAlready {
        /// The connection's name.
        connection: Box<str>,
    },
}

impl ScriptError {
    /// An error of the script as a whole.
    pub(super) fn of_script(key: Option<&str>, problem: Problem) -> Self {
        ScriptError { step: None, action: None, key: key.map(Into::into), problem }
    }

    /// An error in step number `step`.
    pub(super) fn of_step(step: usize, action: &str, key: Option<&str>, problem: Problem) -> Self {
        let action = (!action.is_empty()).then(|| action.into());
        ScriptError { step: Some(step), action, key: key.map(Into::into), problem }
    }
}

impl std::error::Error for ScriptError {}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(step) = self.step {
            write!(f, "step {step}")?;
            if let Some(action) = &self.action {
                write!(f, " ({action})")?;
            }
            f.write_str(": ")?;
        }
        let key = self.key.as_deref().unwrap_or_default();
        match &self.problem {
            Problem::NotJson { why } => write!(f, "not JSON: {why}"),
            Problem::UnknownBroker { got, known } => {
                write!(f, "there is no profile for the broker `{got}`; the profiles are {}", listed(known))
            }
            Problem::UnknownAction { got, nearest: None, known } => {
                write!(f, "there is no action `{got}`; the actions are {}", listed(known))
            }
            Problem::UnknownAction { got, nearest, .. } => {
                write!(f, "there is no action `{got}`")?;
                hint(f, *nearest)
            }
            Problem::UnknownAnswer { got, nearest: None, known } => {
                write!(f, "there is no answer `{got}`; the answers are {}", listed(known))
            }
            Problem::UnknownAnswer { got, nearest, .. } => {
                write!(f, "there is no answer `{got}`")?;
                hint(f, *nearest)
            }
            Problem::UnknownKey { nearest: None, known } => {
                write!(f, "there is no key `{key}` here; the keys are {}", listed(known))
            }
            Problem::UnknownKey { nearest, .. } => {
                write!(f, "there is no key `{key}` here")?;
                hint(f, *nearest)
            }
            Problem::Missing => write!(f, "the key `{key}` is missing"),
            Problem::WrongValue { expected, got } if key.is_empty() => {
                write!(f, "expected {expected}, got {got}")
            }
            Problem::WrongValue { expected, got } => write!(f, "`{key}` must be {expected}, got {got}"),
            Problem::NotMade { name } => write!(f, "no earlier step made `{name}`"),
            Problem::NeverOpened { got, nearest } => {
                let kind = if key == "conn" { "connection" } else { "channel" };
                write!(f, "no step opens the {kind} `{got}`")?;
                hint(f, nearest.as_deref())
            }
            Problem::OpenAlready { connection } => write!(f, "connection `{connection}` is open already"),
        }
    }
}

fn hint(f: &mut fmt::Formatter<'_>, nearest: Option<&str>) -> fmt::Result {
    nearest.map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
}

fn listed(known: &[&str]) -> String {
    known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// The one of `known` that `got` was probably meant to be: the closest, if a third of its letters or less differ.
pub(super) fn nearest<'a>(got: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, best) = known.iter().map(|&name| (distance(got, name), name)).min_by_key(|&(d, _)| d)?;
    (distance <= (best.chars().count() / 3).max(1)).then_some(best)
}

/// How many letters have to be put in, taken out or replaced to turn `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("durabel", &["queue", "durable"]), Some("durable"));
        assert_eq!(nearest("quue", &["queue", "durable"]), Some("queue"));
        assert_eq!(nearest("colour", &["queue", "durable"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
