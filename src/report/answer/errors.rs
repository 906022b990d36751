//! Errors that closed a channel or connection.

use crate::experiment::VariantResult;

/// The first error in words, and how many more there were.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let mut errors = variant.outcomes.iter().flat_map(|outcome| &outcome.errors);
    let Some(first) = errors.next() else { return Vec::new() };
    let closed = match first.channel {
        Some(channel) => format!("channel {channel} of connection `{}`", first.connection),
        None => format!("connection `{}`", first.connection),
    };
    // The reply text begins with the code's name; the number is what people search for.
    let more = match errors.count() {
        0 => String::new(),
        1 => ", and there was 1 more error".to_owned(),
        more => format!(", and there were {more} more errors"),
    };
    vec![format!("the broker closed {closed} at {}: {} {}{more}", first.at, first.code, first.text)]
}
