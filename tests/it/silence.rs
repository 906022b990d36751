//! A connection that falls silent: the broker does not see its end, and finds it out by missed heartbeats, or never.

use crate::scripts::outcome;
use amqpsim::measure::Outcome;

/// A cable is pulled while ten messages are on their way or in hand; the client is back a second later.
fn pulled_cable(heartbeat: &str, silent: bool) -> Outcome {
    outcome(&format!(
        r#"
[link]
heartbeat = "{heartbeat}"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 100
interarrival = "1s"

[[consumer]]
name = "billing"
queue = "orders"
prefetch-count = 10
service-time = "2s"

[[fault.connection-loss]]
connection = "billing"
at = "90s"
lasts = "1s"
silent = {silent}
"#
    ))
}

fn ready_and_unacked(outcome: &Outcome) -> (u64, u64) {
    (outcome.queues[0].ready, outcome.queues[0].unacked)
}

/// Source: rule CON-11.
#[test]
fn without_heartbeats_the_broker_holds_the_deliveries_of_a_pulled_cable_for_ever() {
    assert_eq!(ready_and_unacked(&pulled_cable("0s", false)), (0, 0));
    let outcome = pulled_cable("0s", true);
    assert_eq!(ready_and_unacked(&outcome), (0, 10));
    assert_eq!(outcome.ledger.in_flight, 10);
}

/// The client is back and works on what is left; what its old connection held comes back when the broker gives up on it: it
/// looked at 120 s and found bytes, at 180 s and 240 s it found none. Source: rule CON-12.
#[test]
fn the_broker_gives_up_on_a_silent_client_after_two_looks_without_a_byte() {
    let outcome = pulled_cable("60s", true);
    assert_eq!(ready_and_unacked(&outcome), (0, 0));
    assert_eq!(outcome.ledger.processed, 100);
    // Ten messages of two seconds, after 240 s.
    assert_eq!(outcome.end.at.as_nanos() / 1_000_000_000, 260);
    // Nothing is held up where the broker sees the end of the stream.
    assert!(pulled_cable("60s", false).end.at < outcome.end.at);
}
