//! What operators set up and change: virtual hosts, users, policies, alarms and settings, as scenario files say it.

use crate::scripts::{errors, outcome};
use amqpsim::measure::EndReason;

/// Source: rules CON-1 and CON-2.
#[test]
fn queues_of_one_name_in_two_virtual_hosts_have_nothing_in_common() {
    let outcome = outcome(
        r#"
[[vhost]]
name = "tenant"

[[queue]]
name = "orders"

[[queue]]
name = "orders"
vhost = "tenant"

[[connection]]
name = "shop"
vhost = "tenant"

[[connection]]
name = "stray"
vhost = "tenants"

[[producer]]
name = "shop"
routing-key = "orders"
count = 3
interarrival = "1ms"

[[client]]
name = "stray"
do = [{ method = "basic.get", queue = "orders" }]
"#,
    );
    let ready: Vec<_> = outcome.queues.iter().map(|queue| (queue.name.as_str(), queue.ready)).collect();
    assert_eq!(ready, [("orders", 0), ("tenant/orders", 3)]);
    assert_eq!(errors(&outcome), ["530 NOT_ALLOWED - vhost tenants not found"]);
}

/// Source: rule ERR-10.
#[test]
fn a_user_is_refused_what_no_pattern_allows() {
    let outcome = outcome(
        r#"
[[user]]
name = "app"
permissions = [{ configure = "^app\\.", write = "^app\\.", read = "" }]

[[queue]]
name = "app.orders"

[[connection]]
name = "hand"
user = "app"
channel-reopen-delay = "100ms"

[[client]]
name = "hand"
do = [
    { method = "queue.declare", queue = "app.more" },
    { method = "queue.declare", queue = "other" },
    { method = "basic.get", queue = "app.orders" },
]
"#,
    );
    let said = errors(&outcome);
    assert!(said[0].starts_with("403 ACCESS_REFUSED - configure access to queue 'other'"), "{said:?}");
    assert!(said[1].starts_with("403 ACCESS_REFUSED - read access to queue 'app.orders'"), "{said:?}");
    assert_eq!(said.len(), 2);
}

/// Source: rules POL-5 and LEN-2.
#[test]
fn a_policy_holds_between_its_instants_and_what_it_asks_is_done_at_once() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 30
interarrival = "100ms"

[[policy]]
name = "short"
pattern = "^orders$"
apply-to = "queues"
definition = { max-length = 5 }
from = "950ms"
until = "1950ms"
"#,
    );
    // Ten, cut to five; ten more while five are kept; then ten more.
    assert_eq!((outcome.queues[0].ready, outcome.ledger.lost_total()), (15, 15));
}

/// An operator's change waits for the broker. Source: rules POL-5 and DUR-1.
#[test]
fn a_policy_that_is_set_while_the_broker_is_down_holds_when_it_runs_again() {
    let outcome = outcome(
        r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
persistent = true
count = 10
interarrival = "100ms"

[[policy]]
name = "short"
pattern = "orders"
definition = { max-length = 5 }
from = "2500ms"

[[fault.broker-restart]]
at = "2s"
lasts = "1s"
"#,
    );
    assert_eq!(outcome.queues[0].ready, 5);
}

/// Source: rules FLW-2, FLW-3 and FLW-4.
#[test]
fn under_an_alarm_publishes_wait_and_consumers_go_on() {
    let with = |duration: &str| {
        outcome(&format!(
            r#"
[replication]
duration = "{duration}"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 100
interarrival = "10ms"

[[consumer]]
name = "billing"
queue = "orders"
prefetch-count = 10
service-time = "1ms"

[[fault.alarm]]
resource = "memory"
at = "500ms"
lasts = "10s"
"#
        ))
    };
    let during = with("5s");
    assert_eq!((during.ledger.processed, during.ledger.on_the_way), (50, 50), "{:?}", during.ledger);
    assert_eq!(with("20s").ledger.processed, 100);
}

/// Source: rules CON-4 and ERR-12.
#[test]
fn the_broker_takes_no_more_channels_and_no_larger_messages_than_it_is_set_up_for() {
    let outcome = outcome(
        r#"
[broker]
channel-max = 1
message-size-max = "1kB"

[[queue]]
name = "orders"

[[client]]
name = "large"
do = [{ method = "basic.publish", routing-key = "orders", message-size = "2kB" }]

[[client]]
name = "first"
connection = "crowd"
do = [{ method = "basic.get", queue = "orders" }]

[[client]]
name = "second"
connection = "crowd"
do = [{ method = "basic.get", queue = "orders" }]
"#,
    );
    let said = errors(&outcome);
    assert!(
        said.iter().any(|text| text.starts_with("406 PRECONDITION_FAILED - message size 2000")),
        "{said:?}"
    );
    assert!(said.iter().any(|text| text.starts_with("530 NOT_ALLOWED - number of channels")), "{said:?}");
}

/// Source: rules CON-23 and Q-18.
#[test]
fn the_broker_bounds_consumers_and_relaxes_checks_as_set() {
    let with = |settings: &str| {
        errors(&outcome(&format!(
            r#"
[broker]
{settings}

[[queue]]
name = "orders"
arguments = {{ x-queue-type = "quorum" }}

[[client]]
name = "operator"
do = [
  {{ method = "queue.declare", queue = "orders", durable = true, arguments = {{ x-queue-type = "classic" }} }},
  {{ method = "basic.consume", queue = "orders", consumer-tag = "one" }},
  {{ method = "basic.consume", queue = "orders", consumer-tag = "two" }},
]
"#
        )))
    };
    assert!(with("")[0].starts_with("406 PRECONDITION_FAILED - inequivalent arg 'x-queue-type'"));
    assert_eq!(with("relaxed-quorum-checks = true"), [""; 0]);
    let bounded = with("relaxed-quorum-checks = true\nconsumers-per-channel-max = 1");
    assert!(bounded[0].contains("NOT_ALLOWED - reached maximum (1) of consumers per channel"), "{bounded:?}");
}

/// The broker's timer for a delivery that was acknowledged in time, and its look at one that was not late yet, leave the end
/// of the run where it was, whether they come before the time limit or after it. Source: rule ACK-11.
#[test]
fn a_timeout_that_strikes_nobody_does_not_make_a_run_longer() {
    let with = |timeout: &str, duration: &str| {
        let outcome = outcome(&format!(
            r#"
[replication]
duration = "{duration}"

[broker]
profile = "rabbitmq-3.13"
acknowledgement-timeout = "{timeout}"

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
service-time = "1s"
"#
        ));
        assert_eq!(outcome.end.why, EndReason::Drained);
        outcome.end.at
    };
    let end = with("off", "1h");
    assert_eq!([with("30s", "1h"), with("30min", "1h"), with("30min", "2min")], [end; 3]);
}

/// Source: rule ACK-11.
#[test]
fn a_delivery_that_stays_unacknowledged_too_long_closes_the_channel() {
    let with = |timeout: &str| {
        outcome(&format!(
            r#"
[broker]
profile = "rabbitmq-3.13"
acknowledgement-timeout = "{timeout}"

[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
count = 1
interarrival = "1ms"

[[consumer]]
name = "billing"
queue = "orders"
service-time = "10min"
"#
        ))
    };
    let said = errors(&with("1min"));
    assert!(
        said[0].starts_with("406 PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out"),
        "{said:?}"
    );
    assert_eq!(errors(&with("off")), [""; 0]);
}
