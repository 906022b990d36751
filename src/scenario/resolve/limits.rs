//! How many entities of a kind a run can number.

use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::source::Place;

/// The most producers, consumers, channels, policies and so on: an event tells them apart with 23 bits.
const ENTITIES_MAX: usize = 1 << 23;
/// The most declared classes: a message carries its class in 8 bits, and 0 is the default class.
const CLASSES_MAX: usize = 255;

/// Reports the first of `places` that is one too many.
pub(super) fn entities<'a>(
    plural: &str,
    places: impl Iterator<Item = Option<&'a Place>>,
    problems: &mut Problems,
) {
    at_most(ENTITIES_MAX, ids::TOO_MANY, plural, places, problems);
}

/// The broker's timers are numbered in the same way: a queue may have one for its messages' expiry, one for its own, one for its
/// letters and one for its writer; a channel one for its oldest delivery, a connection one for its heartbeat.
pub(super) fn timers(
    queues: usize,
    channels: usize,
    connections: usize,
    last: Option<&Place>,
    problems: &mut Problems,
) {
    let most = queues.saturating_mul(4).saturating_add(channels).saturating_add(connections);
    if most > ENTITIES_MAX {
        let said = format!("the broker could have {most} timers, more than {ENTITIES_MAX}");
        problems.push(
            Diagnostic::error(ids::TOO_MANY, said)
                .at(last)
                .note("each queue may have 4, each channel and connection 1")
                .help("take fewer queues, channels or connections"),
        );
    }
}

/// The same for classes.
pub(super) fn classes<'a>(places: impl Iterator<Item = Option<&'a Place>>, problems: &mut Problems) {
    at_most(CLASSES_MAX, ids::TOO_MANY_CLASSES, "classes", places, problems);
}

fn at_most<'a>(
    most: usize,
    id: &'static str,
    plural: &str,
    mut places: impl Iterator<Item = Option<&'a Place>>,
    problems: &mut Problems,
) {
    if let Some(place) = places.nth(most) {
        problems.push(Diagnostic::error(id, format!("there are more than {most} {plural}")).at(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Paint;

    #[test]
    fn one_too_many_is_reported() {
        let said = |count| {
            let mut problems = Problems::default();
            at_most(3, ids::TOO_MANY, "faults", (0..count).map(|_| None), &mut problems);
            problems.into_sorted().iter().map(|problem| problem.render(Paint::Plain)).collect::<String>()
        };
        assert_eq!(said(3), "");
        assert!(said(5).starts_with("error[too-many]: there are more than 3 faults"), "{}", said(5));
    }

    #[test]
    fn more_timers_than_can_be_numbered_are_reported() {
        let said = |queues| {
            let mut problems = Problems::default();
            timers(queues, 3, 1, None, &mut problems);
            problems.into_sorted().iter().map(|problem| problem.render(Paint::Plain)).collect::<String>()
        };
        assert_eq!(said(2_097_151), "");
        assert!(said(2_097_152).starts_with("error[too-many]: the broker could have 8388612 timers"));
    }
}
