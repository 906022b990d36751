//! Errors that closed a channel or connection.

use crate::experiment::VariantResult;
use crate::measure::{ClientError, ClientOutcome, ProducerOutcome, Stopped};
use crate::report::numbers::counted;

/// The first error in words, and how many more there were.
pub(super) fn clauses(variant: &VariantResult) -> Vec<String> {
    let mut errors = variant.outcomes.iter().flat_map(|outcome| &outcome.errors);
    let Some(first) = errors.next() else { return Vec::new() };
    let closed = closed(first);
    // The reply text begins with the code's name; the number is what people search for.
    let more = match errors.clone().count() {
        0 => String::new(),
        1 => errors.map(second).collect(),
        more => format!(", and there were {more} more errors"),
    };
    vec![format!("the broker closed {closed} at {}: {} {}{more}", first.at, first.code, first.text)]
}

/// What an error closed.
fn closed(error: &ClientError) -> String {
    match error.channel {
        Some(channel) => format!("channel {channel} of connection `{}`", error.connection),
        None => format!("connection `{}`", error.connection),
    }
}

/// The only other error, shortly.
fn second(error: &ClientError) -> String {
    let name = error.text.split(' ').next().unwrap_or_default();
    format!(", and then {} at {}: {} {name}", closed(error), error.at, error.code)
}

/// Producers that had more to publish, each with its number of messages in the first run in which something stopped it.
pub(super) fn stopped(variant: &VariantResult) -> Vec<String> {
    let producers = variant.outcomes.first().map_or(0, |outcome| outcome.producers.len());
    let first = |index: usize| {
        variant
            .outcomes
            .iter()
            .map(move |outcome| &outcome.producers[index])
            .find(|producer| producer.stopped != Stopped::No)
    };
    let said = |producer: &ProducerOutcome| {
        let when = match producer.published - producer.republished {
            0 => "before its first message".to_owned(),
            published => format!("after {}", counted(published, "message")),
        };
        let name = &producer.name;
        match producer.stopped {
            Stopped::ByError => format!("an error stopped producer `{name}` {when}"),
            Stopped::ByFailedAttempts => format!("producer `{name}` gave up connecting {when}"),
            Stopped::Crashed => format!("producer `{name}` died {when} and did not come back"),
            Stopped::No | Stopped::WithoutChannel => {
                format!("producer `{name}` was left without an open channel {when}")
            }
        }
    };
    (0..producers).filter_map(first).map(said).collect()
}

/// Clients that did not carry out all of their steps, as in the first run in which that was so.
pub(super) fn not_carried_out(variant: &VariantResult) -> Vec<String> {
    let clients = variant.outcomes.first().map_or(0, |outcome| outcome.clients.len());
    let first = |index: usize| {
        let mut outcomes = variant.outcomes.iter().map(|outcome| &outcome.clients[index]);
        outcomes.find(|client| client.carried_out < client.steps)
    };
    let said = |client: &ClientOutcome| {
        let ClientOutcome { name, carried_out, steps } = client;
        format!("client `{name}` carried out {carried_out} of {}", counted(*steps, "step"))
    };
    (0..clients).filter_map(first).map(said).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::{plan, run_example};
    use crate::units::SimTime;

    fn error(connection: &str, channel: Option<u16>, code: u16, text: &str) -> ClientError {
        let at = SimTime::from_nanos(1_000_000);
        ClientError { at, connection: connection.into(), channel, code, text: text.into() }
    }

    /// Source: rules CON-2 and ERR-10.
    #[test]
    fn a_second_error_is_told_shortly_and_more_are_counted() {
        let said = |count| {
            let result = run_example(&plan(false, 1), |_, _, outcome| {
                outcome.errors.push(error("spy", None, 530, "NOT_ALLOWED - access refused"));
                let second = error("intern", Some(1), 403, "ACCESS_REFUSED - write access refused");
                outcome.errors.resize(count, second);
            });
            clauses(&result.unwrap().variants[0])
        };
        assert_eq!(
            said(2),
            [
                "the broker closed connection `spy` at 1ms: 530 NOT_ALLOWED - access refused, and then channel 1 of \
              connection `intern` at 1ms: 403 ACCESS_REFUSED"
            ]
        );
        assert!(said(3)[0].ends_with("access refused, and there were 2 more errors"), "{:?}", said(3));
    }

    /// Source: rules MND-5 and ERR-1.
    #[test]
    fn a_producer_that_an_error_stopped_is_named() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            outcome.producers[0].published = 12;
            outcome.producers[0].stopped = Stopped::ByError;
            let text = "NOT_FOUND - no exchange 'logs' in vhost '/'";
            outcome.errors.push(error("shop", Some(1), 404, text));
        })
        .unwrap();
        assert_eq!(
            clauses(&result.variants[0]),
            [
                "the broker closed channel 1 of connection `shop` at 1ms: 404 NOT_FOUND - no exchange 'logs' in vhost '/'"
            ]
        );
        assert_eq!(stopped(&result.variants[0]), ["an error stopped producer `shop` after 12 messages"]);
    }

    #[test]
    fn a_producer_that_gave_up_connecting_is_named() {
        let result = run_example(&plan(false, 1), |_, _, outcome| {
            let shop = &mut outcome.producers[0];
            (shop.published, shop.republished) = (12, 2);
            shop.stopped = Stopped::ByFailedAttempts;
        });
        assert_eq!(
            stopped(&result.unwrap().variants[0]),
            ["producer `shop` gave up connecting after 10 messages"]
        );
    }
}
