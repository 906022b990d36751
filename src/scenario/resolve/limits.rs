//! How many entities of a kind a run can number.

use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::ids;
use crate::scenario::source::Place;

/// The most producers, consumers, connections or faults: an event tells them apart with 23 bits.
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
}
