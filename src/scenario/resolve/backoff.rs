//! The keys of waits between attempts, which have the same endings wherever they stand: `-delay`, `-backoff`, `-delay-max` and
//! `-attempts-max`.

use crate::model::{BackoffKind, BackoffSpec};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::ids;
use crate::scenario::quantities::duration;
use crate::scenario::reader::Reader;
use crate::scenario::values::{choice, integer};
use crate::units::SimDuration;

/// No wait that grows is longer, unless its first one is, or the file says so.
const USUAL_MAX: SimDuration = SimDuration::from_secs(30);

/// What a table says about waits, with what it leaves to others.
#[derive(Clone, Debug, Default)]
pub(super) struct Backoff {
    kind: BackoffKind,
    delay: SimDuration,
    delay_max: Option<SimDuration>,
    attempts_max: u32,
}

impl Backoff {
    /// Reads the keys that begin with `purpose`, for example `reconnect`; what is absent is that of `usual`.
    pub(super) fn read(reader: &mut Reader<'_>, purpose: &str, usual: &Backoff) -> Backoff {
        let [first, last] = ["delay", "delay-max"].map(|ending| format!("{purpose}-{ending}"));
        let kind = reader.read(&format!("{purpose}-backoff"), choice);
        let delay = reader.read(&first, duration);
        let delay_max = reader.read(&last, duration);
        let attempts_max = reader.read(&format!("{purpose}-attempts-max"), integer);
        let backoff = Backoff {
            kind: kind.map_or(usual.kind, |at| BackoffKind::ALL[at.value]),
            delay: delay.as_ref().map_or(usual.delay, |delay| delay.value),
            delay_max: delay_max.as_ref().map(|delay| delay.value).or(usual.delay_max),
            attempts_max: attempts_max.map_or(usual.attempts_max, |count| count.value as u32),
        };
        if let Some(max) = backoff.delay_max.filter(|&max| max < backoff.delay)
            && backoff.kind != BackoffKind::Fixed
        {
            let message =
                format!("`{last}` of {} is {max}, but `{first}` is {}", reader.owner(), backoff.delay);
            let (key, other) = if reader.has(&last) { (&last, &first) } else { (&first, &last) };
            let other_place = if reader.has(other) { reader.place_of(other) } else { None };
            reader.problems.push(
                Diagnostic::error(ids::REVERSED_DELAYS, message)
                    .at(reader.place_of(key))
                    .also(other_place, "the other one is here")
                    .help(format!("for example `{last} = \"{}\"`", backoff.delay)),
            );
        }
        backoff
    }

    /// What the model needs to know of it.
    pub(super) fn spec(&self) -> BackoffSpec {
        BackoffSpec {
            kind: self.kind,
            delay: self.delay,
            delay_max: self.delay_max.unwrap_or_else(|| USUAL_MAX.max(self.delay)),
            attempts_max: self.attempts_max,
        }
    }
}
