//! Errors that closed a channel or connection.

use crate::experiment::VariantResult;
use crate::measure::ProducerOutcome;
use crate::report::numbers::counted;

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
    let mut said =
        vec![format!("the broker closed {closed} at {}: {} {}{more}", first.at, first.code, first.text)];
    said.extend(stopped(variant));
    said
}

/// Producers that had more to publish, each with its number of messages in the first run in which an error stopped it.
fn stopped(variant: &VariantResult) -> Vec<String> {
    let producers = variant.outcomes.first().map_or(0, |outcome| outcome.producers.len());
    let first = |index: usize| {
        variant
            .outcomes
            .iter()
            .map(move |outcome| &outcome.producers[index])
            .find(|producer| producer.stopped)
    };
    let said = |producer: &ProducerOutcome| {
        let when = match producer.published {
            0 => "before its first message".to_owned(),
            published => format!("after {}", counted(published, "message")),
        };
        format!("an error stopped producer `{}` {when}", producer.name)
    };
    (0..producers).filter_map(first).map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::measure::ClientError;
    use crate::units::SimTime;

    /// Source: rules MND-5 and ERR-1.
    #[test]
    fn a_producer_that_an_error_stopped_is_named() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.producers[0].published = 12;
            outcome.producers[0].stopped = true;
            outcome.errors.push(ClientError {
                at: SimTime::from_nanos(1_000_000),
                connection: "shop".into(),
                channel: Some(1),
                code: 404,
                text: "NOT_FOUND - no exchange 'logs' in vhost '/'".into(),
            });
        })
        .unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            [
                "the broker closed channel 1 of connection `shop` at 1ms: 404 NOT_FOUND - no exchange 'logs' in vhost '/'",
                "an error stopped producer `shop` after 12 messages"
            ]
        );
    }
}
