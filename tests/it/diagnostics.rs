//! What a scenario's author reads when something is wrong: the whole text, for every id.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use amqpsim::scenario::{Paint, ScenarioBuilder, ids, load};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// A scenario that runs. Tests put a mistake in front of it.
const RUNS: &str = r#"
[[queue]]
name = "orders"

[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "20ms"

[[consumer]]
name = "billing"
queue = "orders"
service-time = "15ms"
"#;

/// Compares everything that is said about `text` in front of a scenario that runs.
pub(crate) fn says(text: &str, expected: Expect) {
    says_alone(&format!("{text}{RUNS}"), &[], expected);
}

/// The same for settings of the command line.
fn says_of_set(settings: &[&str], expected: Expect) {
    says_alone(RUNS, settings, expected);
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says_alone(text: &str, settings: &[&str], expected: Expect) {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    let said = match load("scenarios/orders.toml", text, &settings) {
        Ok(loaded) => loaded.warnings.iter().map(|warning| warning.render(Paint::Plain)).collect(),
        Err(diagnostics) => diagnostics.render(Paint::Plain),
    };
    expected.assert_eq(&said);
}

#[test]
fn every_id_has_a_test_here() {
    // What only a scenario of millions of tables says has its test where the limit is.
    let tests = concat!(
        include_str!("diagnostics.rs"),
        include_str!("diagnostics_faults.rs"),
        include_str!("../../src/scenario/resolve/limits.rs")
    );
    for (id, _) in ids::ALL {
        assert!(tests.contains(&format!("[{id}]: ")), "no test shows `{id}`");
    }
}

#[test]
fn a_scenario_that_runs_says_nothing() {
    says("", expect![[""]]);
}

#[test]
fn syntax_errors_come_several_at_once() {
    says(
        r#"a = 
[broker]
profile = rabbitmq
[[queue]
"#,
        expect![[r#"
            error[syntax]: string values must be quoted, expected literal string
             --> scenarios/orders.toml:1:5
              |
            1 | a = 
              |     ^

            error[syntax]: string values must be quoted, expected literal string
             --> scenarios/orders.toml:3:11
              |
            3 | profile = rabbitmq
              |           ^^^^^^^^

            error[syntax]: unclosed array table, expected `]`
             --> scenarios/orders.toml:4:9
              |
            4 | [[queue]
              |         ^

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_key_suggests_a_near_one() {
    says(
        r#"[[queue]]
name = "tasks"
durrable = true
"#,
        expect![[r#"
            error[unknown-key]: a queue has no key `durrable`
             --> scenarios/orders.toml:3:1
              |
            3 | durrable = true
              | ^^^^^^^^
              |
              = help: did you mean `durable`?
              = note: the keys of a queue are `arguments`, `auto-delete`, `durable`, `exclusive`, `name`, `vhost`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_key_at_the_head() {
    says(
        r#"questoin = "Who?"
"#,
        expect![[r#"
            error[unknown-key]: a scenario has no key `questoin`
             --> scenarios/orders.toml:1:1
              |
            1 | questoin = "Who?"
              | ^^^^^^^^
              |
              = help: did you mean `question`?
              = note: the keys of a scenario are `question`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_table() {
    says(
        r#"[[quue]]
name = "tasks"
"#,
        expect![[r#"
            error[unknown-table]: a scenario has no table `quue`
             --> scenarios/orders.toml:1:3
              |
            1 | [[quue]]
              |   ^^^^
              |
              = help: did you mean `queue`?
              = note: the tables of a scenario are `binding`, `broker`, `channel`, `check`, `class`, `classic-store`, `client`, `cluster`, `connection`, `consumer`, `disk`, `exchange`, `fault`, `link`, `policy`, `producer`, `queue`, `quorum-store`, `replication`, `user`, `variant`, `vhost`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn nodes_are_reserved() {
    says(
        r#"[[node]]
name = "rabbit@a"
[[queue]]
name = "tasks"
node = "rabbit@a"
"#,
        expect![[r#"
            error[reserved-key]: `node` is reserved for clusters of several brokers
             --> scenarios/orders.toml:1:3
              |
            1 | [[node]]
              |   ^^^^
              |
              = help: take it out; this version simulates a single broker

            error[reserved-key]: `node` is reserved for clusters of several brokers
             --> scenarios/orders.toml:5:1
              |
            5 | node = "rabbit@a"
              | ^^^^
              |
              = help: take it out; this version simulates a single broker

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn missing_key() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
"#,
        expect![[r#"
            error[missing-key]: consumer `audit` has no `service-time`
             --> scenarios/orders.toml:1:1
              |
            1 | [[consumer]]
              | ^^^^^^^^^^^^
              |
              = help: add `service-time = { exponential = "15ms" }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn missing_name() {
    says(
        r#"[[queue]]
durable = true
"#,
        expect![[r#"
            error[missing-key]: a queue has no `name`
             --> scenarios/orders.toml:1:1
              |
            1 | [[queue]]
              | ^^^^^^^^^
              |
              = help: add `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn routing_key_and_routing_keys() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
routing-keys = ["orders"]
interarrival = "1s"
"#,
        expect![[r#"
            error[conflicting-keys]: producer `web` has `routing-key` and `routing-keys`
             --> scenarios/orders.toml:4:1
              |
            3 | routing-key = "orders"
              | ----------- the single key is here
            4 | routing-keys = ["orders"]
              | ^^^^^^^^^^^^
              |
              = help: take out one of them

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn messages_and_routing_keys() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
routing-keys = ["orders"]
messages = [{ routing-key = "orders" }]
"#,
        expect![[r#"
            error[conflicting-keys]: producer `web` has `routing-keys` and `messages`
             --> scenarios/orders.toml:5:1
              |
            4 | routing-keys = ["orders"]
              | ------------ the other key is here
            5 | messages = [{ routing-key = "orders" }]
              | ^^^^^^^^
              |
              = help: take out one of them

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_entry_of_messages_with_an_unknown_key() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
messages = [{ routing-key = "orders", prio = 5 }]
"#,
        expect![[r#"
            error[unknown-key]: a message has no key `prio`
             --> scenarios/orders.toml:4:39
              |
            4 | messages = [{ routing-key = "orders", prio = 5 }]
              |                                       ^^^^
              |
              = note: the keys of a message are `bcc`, `cc`, `correlation-id`, `expiration`, `headers`, `message-size`, `message-type`, `persistent`, `priority`, `reply-to`, `routing-key`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_entry_of_messages_that_is_no_table() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
messages = ["orders"]
"#,
        expect![[r#"
            error[wrong-type]: a message is a table in braces, got the string "orders"
             --> scenarios/orders.toml:4:13
              |
            4 | messages = ["orders"]
              |             ^^^^^^^^
              |
              = help: write `{ routing-key = "orders" }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn messages_that_are_none() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
messages = []
"#,
        expect![[r#"
            error[empty-list]: `messages` of producer `web` is empty
             --> scenarios/orders.toml:4:12
              |
            4 | messages = []
              |            ^^
              |
              = help: for example `messages = [{ routing-key = "a", priority = 5 }, { routing-key = "b" }]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_expiration_of_less_than_a_millisecond() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
routing-key = "orders"
expiration = "1500us"
"#,
        expect![[r#"
            error[quantity-too-precise]: `expiration` of producer `web` must be whole milliseconds, got 1.5ms
             --> scenarios/orders.toml:5:14
              |
            5 | expiration = "1500us"
              |              ^^^^^^^^
              |
              = note: AMQP gives the time to live of a message in milliseconds

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_heartbeat_that_amqp_cannot_say() {
    says(
        r#"[link]
heartbeat = "1500ms"
[[connection]]
name = "web"
heartbeat = "19h"
[[producer]]
name = "web"
interarrival = "1s"
routing-key = "orders"
"#,
        expect![[r#"
            error[quantity-too-precise]: `heartbeat` of a link must be whole seconds, got 1.5s
             --> scenarios/orders.toml:2:13
              |
            2 | heartbeat = "1500ms"
              |             ^^^^^^^^
              |
              = help: for example `heartbeat = "2s"`
              = note: AMQP agrees on heartbeats in whole seconds, up to 65535; 0 is none

            error[quantity-too-large]: `heartbeat` of connection `web` must be at most 65535s, got 68400s
             --> scenarios/orders.toml:5:13
              |
            5 | heartbeat = "19h"
              |             ^^^^^
              |
              = help: for example `heartbeat = "65535s"`
              = note: AMQP agrees on heartbeats in whole seconds, up to 65535; 0 is none

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_window_without_confirms() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
routing-key = "orders"
max-in-flight = 5
"#,
        expect![[r#"
            error[missing-key]: producer `web` has `max-in-flight`, but not `confirms`
             --> scenarios/orders.toml:5:1
              |
            5 | max-in-flight = 5
              | ^^^^^^^^^^^^^
              |
              = help: add `confirms = true`
              = note: only confirms tell how many publishes are unanswered

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn confirms_and_transactions() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
routing-key = "orders"
confirms = true
transaction-size = 5
"#,
        expect![[r#"
            error[conflicting-keys]: producer `web` has `confirms` and `transaction-size`
             --> scenarios/orders.toml:6:1
              |
            5 | confirms = true
              | -------- the other key is here
            6 | transaction-size = 5
              | ^^^^^^^^^^^^^^^^
              |
              = help: take out one of them

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_without_a_pace() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
"#,
        expect![[r#"
            error[missing-key]: producer `web` has no `interarrival`
             --> scenarios/orders.toml:1:1
              |
            1 | [[producer]]
              | ^^^^^^^^^^^^
              |
              = help: add `interarrival = { exponential = "20ms" }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_with_two_paces() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
after-consumer = "billing"
"#,
        expect![[r#"
            error[conflicting-keys]: producer `web` has `interarrival` and `after-consumer`
             --> scenarios/orders.toml:5:1
              |
            4 | interarrival = "1s"
              | ------------ the other key is here
            5 | after-consumer = "billing"
              | ^^^^^^^^^^^^^^
              |
              = help: take out one of them

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_after_an_unknown_consumer() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
after-consumer = "biling"
"#,
        expect![[r#"
            error[unknown-consumer]: producer `web` publishes after consumer `biling`, which is not declared
             --> scenarios/orders.toml:4:18
              |
            4 | after-consumer = "biling"
              |                  ^^^^^^^^
              |
              = help: did you mean `billing` (line 15)?
              = note: known consumers: `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn replies_without_requests() {
    says(
        r#"[[producer]]
name = "web"
interarrival = "1s"
routing-key-from = "reply-to"
"#,
        expect![[r#"
            error[missing-key]: producer `web` has `routing-key-from`, but no `after-consumer`
             --> scenarios/orders.toml:4:1
              |
            4 | routing-key-from = "reply-to"
              | ^^^^^^^^^^^^^^^^
              |
              = help: add `after-consumer = "server"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn replies_with_a_routing_key() {
    says(
        r#"[[producer]]
name = "web"
after-consumer = "billing"
routing-key = "orders"
routing-key-from = "reply-to"
"#,
        expect![[r#"
            error[conflicting-keys]: producer `web` has `routing-key` and `routing-key-from`
             --> scenarios/orders.toml:5:1
              |
            4 | routing-key = "orders"
              | ----------- the other key is here
            5 | routing-key-from = "reply-to"
              | ^^^^^^^^^^^^^^^^
              |
              = help: take out one of them

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_routing_key_from_elsewhere() {
    says(
        r#"[[producer]]
name = "web"
after-consumer = "billing"
routing-key-from = "header"
"#,
        expect![[r#"
            error[unknown-choice]: there is no source of routing keys `header`
             --> scenarios/orders.toml:4:20
              |
            4 | routing-key-from = "header"
              |                    ^^^^^^^^
              |
              = note: known are `reply-to`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_to_two_destinations() {
    says(
        r#"[[exchange]]
name = "logs"
[[binding]]
exchange = "logs"
queue = "orders"
to-exchange = "logs"
"#,
        expect![[r#"
            error[conflicting-keys]: a binding goes to a queue or to an exchange, got both
             --> scenarios/orders.toml:6:1
              |
            5 | queue = "orders"
              | ----- the queue is here
            6 | to-exchange = "logs"
              | ^^^^^^^^^^^
              |
              = help: take out `queue` or `to-exchange`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_to_nothing() {
    says(
        r#"[[binding]]
exchange = "amq.topic"
"#,
        expect![[r#"
            error[missing-key]: a binding has neither `queue` nor `to-exchange`
             --> scenarios/orders.toml:1:1
              |
            1 | [[binding]]
              | ^^^^^^^^^^^
              |
              = help: add `queue = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn wrong_type() {
    says(
        r#"[[queue]]
name = "tasks"
durable = "yes"
arguments = 5
"#,
        expect![[r#"
            error[wrong-type]: `durable` of queue `tasks` must be a boolean, got the string "yes"
             --> scenarios/orders.toml:3:11
              |
            3 | durable = "yes"
              |           ^^^^^
              |
              = help: for example `durable = true`

            error[wrong-type]: `arguments` of queue `tasks` must be a table, got the integer 5
             --> scenarios/orders.toml:4:13
              |
            4 | arguments = 5
              |             ^
              |
              = help: for example `arguments = { x-max-length = 1000 }`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn list_in_place_of_a_text() {
    says(
        r#"[[queue]]
name = ["tasks"]
"#,
        expect![[r#"
            error[wrong-type]: `name` of a queue must be a string, got a list
             --> scenarios/orders.toml:2:8
              |
            2 | name = ["tasks"]
              |        ^^^^^^^^^
              |
              = help: for example `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn single_brackets() {
    says_alone(
        r#"[queue.tasks]
durable = true
"#,
        &[],
        expect![[r#"
            error[wrong-brackets]: `queue` needs double brackets, because there may be several
             --> scenarios/orders.toml:1:2
              |
            1 | [queue.tasks]
              |  ^^^^^
              |
              = help: write `[[queue]]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn double_brackets() {
    says(
        r#"[[broker]]
profile = "rabbitmq-4.0"
"#,
        expect![[r#"
            error[wrong-brackets]: `broker` needs single brackets, because there is only one
             --> scenarios/orders.toml:1:1
              |
            1 | [[broker]]
              | ^^^^^^^^^^
              |
              = help: write `[broker]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_value_in_place_of_a_table() {
    says(
        r#"link = "2ms"
"#,
        expect![[r#"
            error[wrong-type]: a link is a table, got the string "2ms"
             --> scenarios/orders.toml:1:8
              |
            1 | link = "2ms"
              |        ^^^^^
              |
              = help: write `[link]` on a line of its own, and its keys below

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn integer_too_large() {
    says(
        r#"[replication]
seed = 99999999999999999999
"#,
        expect![[r#"
            error[integer-too-large]: an integer has at most 64 bits
             --> scenarios/orders.toml:2:8
              |
            2 | seed = 99999999999999999999
              |        ^^^^^^^^^^^^^^^^^^^^
              |
              = note: the largest is 9223372036854775807

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn number_out_of_range() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
prefetch-count = 70000
speed = 1001
"#,
        expect![[r#"
            error[number-out-of-range]: `prefetch-count` of consumer `audit` must be between 0 and 65535, got 70000
             --> scenarios/orders.toml:5:18
              |
            5 | prefetch-count = 70000
              |                  ^^^^^

            error[number-out-of-range]: `speed` of consumer `audit` must be between 0.001 and 1000, got 1001
             --> scenarios/orders.toml:6:9
              |
            6 | speed = 1001
              |         ^^^^

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn count_of_zero() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
count = 0
interarrival = "1s"
"#,
        expect![[r#"
            error[number-out-of-range]: `count` of producer `web` must be between 1 and 4294967295, got 0
             --> scenarios/orders.toml:4:9
              |
            4 | count = 0
              |         ^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn duration_without_unit() {
    says(
        r#"[link]
latency = 120
reconnect-delay = "5"
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `120`
             --> scenarios/orders.toml:2:11
              |
            2 | latency = 120
              |           ^^^
              |
              = help: write "120ms"; the units are ns, us, ms, s, min, h

            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:3:19
              |
            3 | reconnect-delay = "5"
              |                   ^^^
              |
              = help: write "5s"; the units are ns, us, ms, s, min, h

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn size_without_unit() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
message-size = 1024
"#,
        expect![[r#"
            error[size-without-unit]: a size needs a unit, got `1024`
             --> scenarios/orders.toml:5:16
              |
            5 | message-size = 1024
              |                ^^^^
              |
              = help: write "1024B"; the units are B, kB, MB, GB, KiB, MiB, GiB

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_unit() {
    says(
        r#"[replication]
duration = "3 days"
[link]
latency = "3msec"
"#,
        expect![[r#"
            error[unknown-unit]: a duration has no unit `days`, got `3 days`
             --> scenarios/orders.toml:2:12
              |
            2 | duration = "3 days"
              |            ^^^^^^^^
              |
              = note: the units are ns, us, ms, s, min, h

            error[unknown-unit]: a duration has no unit `msec`, got `3msec`
             --> scenarios/orders.toml:4:11
              |
            4 | latency = "3msec"
              |           ^^^^^^^
              |
              = note: the units are ns, us, ms, s, min, h

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn malformed_quantity() {
    says(
        r#"[replication]
duration = "long"
"#,
        expect![[r#"
            error[malformed-quantity]: a duration is a number with a unit, got `long`
             --> scenarios/orders.toml:2:12
              |
            2 | duration = "long"
              |            ^^^^^^
              |
              = help: for example "200ms"; the units are ns, us, ms, s, min, h

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn negative_quantity() {
    says(
        r#"[replication]
duration = "-1s"
[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
speed = -2
"#,
        expect![[r#"
            error[negative-quantity]: a duration must be 0 or more, got `-1s`
             --> scenarios/orders.toml:2:12
              |
            2 | duration = "-1s"
              |            ^^^^^

            error[negative-quantity]: `speed` of consumer `audit` must be above 0, got -2
             --> scenarios/orders.toml:7:9
              |
            7 | speed = -2
              |         ^^

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn quantity_too_precise() {
    says(
        r#"[replication]
duration = "0.5ns"
[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
speed = 0.0005
"#,
        expect![[r#"
            error[quantity-too-precise]: `0.5ns` has too many decimals
             --> scenarios/orders.toml:2:12
              |
            2 | duration = "0.5ns"
              |            ^^^^^^^
              |
              = note: a duration is held in whole ns

            error[quantity-too-precise]: `speed` of consumer `audit` has at most three decimals, got 0.0005
             --> scenarios/orders.toml:7:9
              |
            7 | speed = 0.0005
              |         ^^^^^^

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn quantity_too_large() {
    says(
        r#"[replication]
duration = "99999999999h"
[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
message-size = "5GiB"
"#,
        expect![[r#"
            error[quantity-too-large]: `99999999999h` is more than a duration can be
             --> scenarios/orders.toml:2:12
              |
            2 | duration = "99999999999h"
              |            ^^^^^^^^^^^^^^

            error[quantity-too-large]: a message of producer `web` has 5368709120 bytes
             --> scenarios/orders.toml:7:16
              |
            7 | message-size = "5GiB"
              |                ^^^^^^
              |
              = note: a message has at most 4294967295 bytes

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn speed_is_a_plain_number() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
speed = "half"
"#,
        expect![[r#"
            error[malformed-quantity]: `speed` of consumer `audit` is a number such as 0.5, got half
             --> scenarios/orders.toml:5:9
              |
            5 | speed = "half"
              |         ^^^^^^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn distribution_without_parameters() {
    says(
        r#"[link]
latency = {}
"#,
        expect![[r#"
            error[malformed-distribution]: a distribution has one key, got 0
             --> scenarios/orders.toml:2:11
              |
            2 | latency = {}
              |           ^^
              |
              = help: for example `{ exponential = "20ms" }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn uniform_distribution_with_one_end() {
    says(
        r#"[link]
latency = { uniform = "1ms" }
"#,
        expect![[r#"
            error[malformed-distribution]: a uniform distribution has two ends, got "1ms"
             --> scenarios/orders.toml:2:23
              |
            2 | latency = { uniform = "1ms" }
              |                       ^^^^^
              |
              = help: for example `{ uniform = ["1ms", "2ms"] }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn uniform_distribution_from_high_to_low() {
    says(
        r#"[link]
latency = { uniform = ["2ms", "1ms"] }
"#,
        expect![[r#"
            error[reversed-uniform]: a uniform distribution goes from low to high, got 2ms to 1ms
             --> scenarios/orders.toml:2:23
              |
            2 | latency = { uniform = ["2ms", "1ms"] }
              |                       ^^^^^^^^^^^^^^
              |
              = help: write ["1ms", "2ms"]

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_distribution() {
    says(
        r#"[link]
latency = { exponental = "1ms" }
"#,
        expect![[r#"
            error[unknown-distribution]: there is no distribution `exponental`
             --> scenarios/orders.toml:2:13
              |
            2 | latency = { exponental = "1ms" }
              |             ^^^^^^^^^^
              |
              = help: did you mean `exponential`?
              = note: known are `constant`, `uniform`, `exponential`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn empty_name() {
    says(
        r#"[[queue]]
name = ""
"#,
        expect![[r#"
            error[empty-name]: `name` of a queue is empty
             --> scenarios/orders.toml:2:8
              |
            2 | name = ""
              |        ^^
              |
              = help: for example `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn name_too_long() {
    says(
        &format!("[[queue]]\nname = \"{}\"\n", "a".repeat(256)),
        expect![[r#"
            error[name-too-long]: `name` of queue `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 256 bytes
             --> scenarios/orders.toml:2:8
              |
            2 | ... = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
              |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: names and routing keys of AMQP have at most 255 bytes
              = source: AMQP 0-9-1, section 4.2.5.3

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn empty_list() {
    says(
        r#"[[producer]]
name = "web"
routing-keys = []
interarrival = "1s"
"#,
        expect![[r#"
            error[empty-list]: `routing-keys` of producer `web` is empty
             --> scenarios/orders.toml:3:16
              |
            3 | routing-keys = []
              |                ^^
              |
              = help: for example `routing-keys = ["a", "b"]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn names_of_the_broker_are_reserved() {
    says(
        r#"[[queue]]
name = "amq.mine"
[[exchange]]
name = "amq.mine"
"#,
        expect![[r#"
            error[reserved-name]: queue `amq.mine` has a name that is reserved for the broker
             --> scenarios/orders.toml:2:8
              |
            2 | name = "amq.mine"
              |        ^^^^^^^^^^
              |
              = help: choose a name that does not start with `amq.`
              = note: RabbitMQ refuses such a declaration with 403 ACCESS_REFUSED
              = source: AMQP 0-9-1, section 1.7.2.1.2

            error[reserved-name]: exchange `amq.mine` has a name that is reserved for the broker
             --> scenarios/orders.toml:4:8
              |
            4 | name = "amq.mine"
              |        ^^^^^^^^^^
              |
              = help: choose a name that does not start with `amq.`
              = note: RabbitMQ refuses such a declaration with 403 ACCESS_REFUSED
              = source: AMQP 0-9-1, section 1.7.2.1.2

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn the_default_class_is_there_already() {
    says(
        r#"[[class]]
name = "default"
every = 2
"#,
        expect![[r#"
            error[reserved-name]: class `default` is there already
             --> scenarios/orders.toml:2:8
              |
            2 | name = "default"
              |        ^^^^^^^^^
              |
              = help: choose another name; `service-time` is the service time of the default class

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_queues_of_one_name() {
    says(
        r#"[[queue]]
name = "orders"
"#,
        expect![[r#"
            error[duplicate-name]: two queues are named `orders`
             --> scenarios/orders.toml:5:8
              |
            2 | name = "orders"
              |        -------- first used here
            ...
            5 | name = "orders"
              |        ^^^^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_producers_of_one_name() {
    says(
        r#"[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: two producers are named `shop`
              --> scenarios/orders.toml:10:8
               |
             2 | name = "shop"
               |        ------ first used here
            ...
            10 | name = "shop"
               |        ^^^^^^ used again
               |
               = note: the name of a client selects its random streams, so two clients with one name would draw the same numbers

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_and_a_consumer_of_one_name() {
    says(
        r#"[[consumer]]
name = "shop"
queue = "orders"
service-time = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: a producer and a consumer are named `shop`
              --> scenarios/orders.toml:2:8
               |
             2 | name = "shop"
               |        ^^^^^^ used again
            ...
            10 | name = "shop"
               |        ------ first used here
               |
               = note: the name of a client selects its random streams, so two clients with one name would draw the same numbers

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_faults_of_one_name() {
    says(
        r#"[[fault.broker-restart]]
name = "cut"
at = "1s"
lasts = "1s"
[[fault.connection-loss]]
name = "cut"
connection = "shop"
at = "1s"
lasts = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: two faults are named `cut`
             --> scenarios/orders.toml:6:8
              |
            2 | name = "cut"
              |        ----- first used here
            ...
            6 | name = "cut"
              |        ^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_exchange_type() {
    says(
        r#"[[exchange]]
name = "logs"
type = "topics"
"#,
        expect![[r#"
            error[unknown-exchange-type]: there is no exchange type `topics`
             --> scenarios/orders.toml:3:8
              |
            3 | type = "topics"
              |        ^^^^^^^^
              |
              = help: did you mean `topic`?
              = note: known are `direct`, `fanout`, `topic`, `headers`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_profile() {
    says(
        r#"[broker]
profile = "rabbitmq-4"
"#,
        expect![[r#"
            error[unknown-profile]: there is no profile `rabbitmq-4`
             --> scenarios/orders.toml:2:11
              |
            2 | profile = "rabbitmq-4"
              |           ^^^^^^^^^^^^
              |
              = help: did you mean `rabbitmq-4.0`?
              = note: known are `rabbitmq-3.10`, `rabbitmq-3.13`, `rabbitmq-4.0`, `rabbitmq-4.3`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_property() {
    says(
        r#"[[check]]
property = "nothing-losst"
"#,
        expect![[r#"
            error[unknown-property]: there is no property `nothing-losst`
             --> scenarios/orders.toml:2:12
              |
            2 | property = "nothing-losst"
              |            ^^^^^^^^^^^^^^^
              |
              = help: did you mean `nothing-lost`?
              = note: known are `nothing-lost`, `nothing-processed-twice`, `prefetch-bound`, `fifo-per-queue`, `everything-processed`, `no-confirmed-message-lost`, `one-answer-per-publish`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_choice() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
acknowledge = "auto"
"#,
        expect![[r#"
            error[unknown-choice]: there is no moment to acknowledge `auto`
             --> scenarios/orders.toml:5:15
              |
            5 | acknowledge = "auto"
              |               ^^^^^^
              |
              = note: known are `after-processing`, `before-processing`, `automatic`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_measure() {
    says(
        r#"[[check]]
measure = "colour"
at-least = 1
"#,
        expect![[r#"
            error[unknown-measure]: there is no measure `colour`
             --> scenarios/orders.toml:2:11
              |
            2 | measure = "colour"
              |           ^^^^^^^^
              |
              = note: `amqpsim list measures` shows all measures

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_queue_suggests_a_near_one() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "order"
service-time = "1s"
"#,
        expect![[r#"
            error[unknown-queue]: consumer `audit` reads from `order`, which is not declared
             --> scenarios/orders.toml:3:9
              |
            3 | queue = "order"
              |         ^^^^^^^
              |
              = help: did you mean `orders` (line 7)?
              = note: known queues: `orders`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_exchange() {
    says(
        r#"[[producer]]
name = "web"
exchange = "logs"
interarrival = "1s"
"#,
        expect![[r#"
            error[unknown-exchange]: producer `web` publishes to exchange `logs`, which is not declared
             --> scenarios/orders.toml:3:12
              |
            3 | exchange = "logs"
              |            ^^^^^^
              |
              = note: no exchange is declared

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_client_binds_what_is_not_there() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
"#,
        expect![[r#"
            error[unknown-queue]: producer `web` binds queue `oders`, which is not declared
             --> scenarios/orders.toml:5:21
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                     ^^^^^^^
              |
              = help: did you mean `orders` (line 8)?
              = note: known queues: `orders`

            error[unknown-exchange]: producer `web` binds to exchange `logs`, which is not declared
             --> scenarios/orders.toml:5:41
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                         ^^^^^^
              |
              = note: no exchange is declared

            error[missing-key]: an entry of `declare` has none of `queue`, `exchange` and `bind`
             --> scenarios/orders.toml:5:51
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                                   ^^^^^^^^^^^^^^^^^^^^
              |
              = help: write `{ queue = "orders" }`, `{ exchange = "logs" }` or `{ bind = "orders", exchange = "logs" }`

            error[wrong-type]: a declared queue is a table in braces, got the string "orders"
             --> scenarios/orders.toml:5:73
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                                                         ^^^^^^^^
              |
              = help: write `{ queue = "orders" }`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_connection() {
    says(
        r#"[[fault.connection-loss]]
connection = "shp"
at = "1s"
lasts = "1s"
"#,
        expect![[r#"
            error[unknown-connection]: a connection loss hits connection `shp`, which is not there
             --> scenarios/orders.toml:2:14
              |
            2 | connection = "shp"
              |              ^^^^^
              |
              = help: did you mean `shop` (line 10)?
              = note: known connections: `shop`, `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_consumer() {
    says(
        r#"[[fault.consumer-crash]]
consumer = "biling"
at = "1s"
"#,
        expect![[r#"
            error[unknown-consumer]: a consumer crash hits consumer `biling`, which is not there
             --> scenarios/orders.toml:2:12
              |
            2 | consumer = "biling"
              |            ^^^^^^^^
              |
              = help: did you mean `billing` (line 14)?
              = note: known consumers: `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_producer() {
    says(
        r#"[[class]]
name = "heavy"
every = 10
producer = "shops"
"#,
        expect![[r#"
            error[unknown-producer]: class `heavy` is for producer `shops`, which is not declared
             --> scenarios/orders.toml:4:12
              |
            4 | producer = "shops"
              |            ^^^^^^^
              |
              = help: did you mean `shop` (line 10)?
              = note: known producers: `shop`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_class() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
service-time-by-class = { heavy = "2s" }
"#,
        expect![[r#"
            error[unknown-class]: consumer `audit` has a service time for class `heavy`, which is not declared
             --> scenarios/orders.toml:5:27
              |
            5 | service-time-by-class = { heavy = "2s" }
              |                           ^^^^^
              |
              = note: no class is declared

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_fault() {
    says(
        r#"[[fault.earthquake]]
at = "1s"
[[fault.consumer-crsh]]
at = "1s"
"#,
        expect![[r#"
            error[unknown-fault]: there is no fault `earthquake`
             --> scenarios/orders.toml:1:9
              |
            1 | [[fault.earthquake]]
              |         ^^^^^^^^^^
              |
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            error[unknown-fault]: there is no fault `consumer-crsh`
             --> scenarios/orders.toml:3:9
              |
            3 | [[fault.consumer-crsh]]
              |         ^^^^^^^^^^^^^
              |
              = help: did you mean `[[fault.consumer-crash]]`?
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_without_a_kind() {
    says(
        r#"[[fault]]
at = "1s"
"#,
        expect![[r#"
            error[unknown-fault]: a fault needs a kind
             --> scenarios/orders.toml:1:1
              |
            1 | [[fault]]
              | ^^^^^^^^^
              |
              = help: for example `[[fault.consumer-crash]]`
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn one_channel_on_two_connections() {
    says(
        r#"[[channel]]
name = "app-1"
connection = "app"
[[producer]]
name = "web"
connection = "other"
channel = "app-1"
routing-key = "orders"
interarrival = "1s"
"#,
        expect![[r#"
            error[channel-on-two-connections]: channel `app-1` is on connection `app` already, got `other`
             --> scenarios/orders.toml:6:14
              |
            2 | name = "app-1"
              |        ------- first used here
            ...
            6 | connection = "other"
              |              ^^^^^^^
              |
              = help: give the channel another name
              = note: a channel lies on one connection

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_from_the_default_exchange() {
    says(
        r#"[[binding]]
exchange = ""
queue = "orders"
"#,
        expect![[r#"
            error[default-exchange-binding]: a binding comes from the default exchange
             --> scenarios/orders.toml:2:12
              |
            2 | exchange = ""
              |            ^^
              |
              = help: name an exchange; every queue is bound to the default exchange by its own name already
              = note: RabbitMQ refuses such a binding with 403 ACCESS_REFUSED
              = source: rabbitmq.com/docs/exchanges#default-exchange

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_to_an_unknown_queue() {
    says(
        r#"[[binding]]
exchange = "amq.fanout"
queue = "tasks"
"#,
        expect![[r#"
            error[unknown-queue]: a binding goes to queue `tasks`, which no `[[queue]]` declares
             --> scenarios/orders.toml:3:9
              |
            3 | queue = "tasks"
              |         ^^^^^^^
              |
              = note: known queues: `orders`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_transient_queue_needs_an_old_profile() {
    says(
        r#"[broker]
profile = "rabbitmq-4.3"
[[queue]]
name = "tasks"
durable = false
"#,
        expect![[r#"
            error[transient-queue]: queue `tasks` is neither durable nor exclusive, which rabbitmq-4.3 does not allow
             --> scenarios/orders.toml:5:11
              |
            2 | profile = "rabbitmq-4.3"
              |           -------------- the profile is chosen here
            ...
            5 | durable = false
              |           ^^^^^
              |
              = help: write `durable = true`, or `profile = "rabbitmq-3.10"` below `[broker]`
              = note: RabbitMQ refuses such a declaration with 541 INTERNAL_ERROR

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_argument_is_no_date() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-expires = 2026-01-01 }
"#,
        expect![[r#"
            error[unsupported-argument]: an argument of queue `tasks` cannot be a date
             --> scenarios/orders.toml:3:27
              |
            3 | arguments = { x-expires = 2026-01-01 }
              |                           ^^^^^^^^^^
              |
              = help: write it as a string, "2026-01-01", or as a number
              = note: arguments are strings, integers, numbers, booleans, lists and tables

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_after_the_end() {
    says(
        r#"[replication]
duration = "60s"
[[fault.broker-restart]]
at = "90s"
lasts = "1s"
"#,
        expect![[r#"
            error[fault-after-end]: a broker restart comes at 90s, but the replication ends at 60s
             --> scenarios/orders.toml:4:6
              |
            2 | duration = "60s"
              |            ----- the replication ends here
            3 | [[fault.broker-restart]]
            4 | at = "90s"
              |      ^^^^^
              |
              = help: raise `duration` above 90s or move the fault before 60s

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_stops_before_it_starts() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
start = "5s"
stop = "2s"
"#,
        expect![[r#"
            error[stop-before-start]: producer `web` stops at 2s, but does not start before 5s
             --> scenarios/orders.toml:6:8
              |
            5 | start = "5s"
              |         ---- it starts here
            6 | stop = "2s"
              |        ^^^^
              |
              = help: raise `stop` above 5s

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_client_that_starts_after_the_end() {
    says(
        r#"[replication]
duration = "60s"
[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
start = "60s"
"#,
        expect![[r#"
            warning[start-after-end]: consumer `audit` starts at 60s, but the replication ends at 60s
             --> scenarios/orders.toml:7:9
              |
            2 | duration = "60s"
              |            ----- the replication ends here
            ...
            7 | start = "60s"
              |         ^^^^^
        "#]],
    );
}

#[test]
fn a_property_has_no_bounds() {
    says(
        r#"[[check]]
property = "nothing-lost"
at-least = 1
"#,
        expect![[r#"
            error[superfluous-key]: `at-least` has no meaning for a property
             --> scenarios/orders.toml:3:1
              |
            3 | at-least = 1
              | ^^^^^^^^
              |
              = help: take out `at-least`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_property_and_a_measure() {
    says(
        r#"[[check]]
property = "nothing-lost"
measure = "processed"
"#,
        expect![[r#"
            error[conflicting-keys]: a check has `property` and `measure`
             --> scenarios/orders.toml:3:1
              |
            2 | property = "nothing-lost"
              | -------- the property is here
            3 | measure = "processed"
              | ^^^^^^^
              |
              = help: write two checks, one for each

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_check_of_nothing() {
    says(
        r#"[[check]]
at-least = 1
"#,
        expect![[r#"
            error[missing-key]: a check has neither `property` nor `measure`
             --> scenarios/orders.toml:1:1
              |
            1 | [[check]]
              | ^^^^^^^^^
              |
              = help: add `property = "nothing-lost"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_queue_that_nothing_is_routed_to() {
    says(
        r#"[[queue]]
name = "tasks"
[[consumer]]
name = "audit"
queue = "tasks"
service-time = "1s"
"#,
        expect![[r#"
            warning[unfed-queue]: consumer `audit` reads from `tasks`, which nothing is routed to
             --> scenarios/orders.toml:5:9
              |
            5 | queue = "tasks"
              |         ^^^^^^^
              |
              = help: bind the queue to an exchange, or publish to the default exchange with its name as routing key
        "#]],
    );
}

#[test]
fn a_routing_key_of_no_queue() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "oders"
interarrival = "1s"
"#,
        expect![[r#"
            warning[unroutable-key]: producer `web` publishes to the default exchange with routing key `oders`, which is the name of no queue
             --> scenarios/orders.toml:3:15
              |
            3 | routing-key = "oders"
              |               ^^^^^^^
              |
              = help: did you mean `orders` (line 7)?
              = note: known queues: `orders`
        "#]],
    );
}

#[test]
fn nothing_happens() {
    says_alone(
        r#"question = "Why?"
"#,
        &[],
        expect![[r#"
            warning[empty-scenario]: nothing happens: there is no producer and no consumer
             |
             = help: add `[[producer]]` and `[[consumer]]`
        "#]],
    );
}

#[test]
fn a_variant_names_nothing() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
"#,
        expect![[r#"
            error[address-matches-nothing]: `consumer.biling.speed` matches nothing: no consumer is named `biling`
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `billing`?
              = note: declared are `billing`

            error[address-matches-nothing]: `connection.*.latency` matches nothing: no connection is declared
             --> scenarios/orders.toml:3:38
              |
            3 | set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
              |                                      ^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: declare one with `[[connection]]`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_variant_has_malformed_addresses() {
    says(
        r#"[[variant]]
name = "fast"
set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
"#,
        expect![[r#"
            error[malformed-address]: `broker` is too short for an address
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |         ^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[malformed-address]: `consumer..speed` is not an address
             --> scenarios/orders.toml:3:23
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                       ^^^^^^^^^^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[malformed-address]: no address leads to a binding
             --> scenarios/orders.toml:3:46
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                              ^^^^^^^^^^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[unknown-table]: a scenario has no table `quue`
             --> scenarios/orders.toml:3:71
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                                                       ^^^^^^^^^^^^^^^^
              |
              = help: did you mean `queue`?
              = note: the tables of a scenario are `binding`, `broker`, `channel`, `check`, `class`, `classic-store`, `client`, `cluster`, `connection`, `consumer`, `disk`, `exchange`, `fault`, `link`, `policy`, `producer`, `queue`, `quorum-store`, `replication`, `user`, `variant`, `vhost`

            error[malformed-address]: `` is not an address
             --> scenarios/orders.toml:3:96
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                                                                                ^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            5 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_address_outside_of_quotes() {
    says(
        r#"[[variant]]
name = "fast"
set = { consumer.billing.speed = 2 }
"#,
        expect![[r#"
            error[malformed-address]: `consumer` is a part of an address
             --> scenarios/orders.toml:3:9
              |
            3 | set = { consumer.billing.speed = 2 }
              |         ^^^^^^^^
              |
              = help: write the whole address in quotes, as in "consumer.NAME.KEY" = 1
              = note: a dot outside of quotes begins a table of TOML

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_name_cannot_be_set() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.billing.name" = "other" }
"#,
        expect![[r#"
            error[name-cannot-be-set]: `consumer.billing.name` is a name, which cannot be set
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.billing.name" = "other" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: a name selects random streams, and references go to it

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_setting_inside_a_value() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.billing.queue.name" = "other" }
"#,
        expect![[r#"
            error[set-inside-value]: `consumer.billing.queue.name` goes on behind `queue`, which is the string "orders"
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.billing.queue.name" = "other" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: the value is on line 15

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_variants_of_one_name() {
    says(
        r#"[[variant]]
name = "fast"
[[variant]]
name = "fast"
"#,
        expect![[r#"
            error[duplicate-name]: two variants are named `fast`
             --> scenarios/orders.toml:4:8
              |
            2 | name = "fast"
              |        ------ first used here
            3 | [[variant]]
            4 | name = "fast"
              |        ^^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_of_one_variant_says_which() {
    says(
        r#"[[fault.broker-restart]]
at = "90s"
lasts = "1s"
[[variant]]
name = "long"
[[variant]]
name = "short"
set = { "replication.duration" = "60s" }
"#,
        expect![[r#"
            error[fault-after-end]: a broker restart comes at 90s, but the replication ends at 60s
             --> scenarios/orders.toml:2:6
              |
            2 | at = "90s"
              |      ^^^^^
            ...
            8 | set = { "replication.duration" = "60s" }
              |                                  ----- the replication ends here
              |
              = help: raise `duration` above 90s or move the fault before 60s
              = note: in variant `short`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_in_the_settings_of_a_variant() {
    says(
        r#"[[variant]]
name = "long"
[[variant]]
name = "short"
set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `60`
             --> scenarios/orders.toml:5:34
              |
            5 | set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
              |                                  ^^^^
              |
              = help: write "60s"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a consumer has no key `sped`
             --> scenarios/orders.toml:5:40
              |
            5 | set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
              |                                        ^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `speed`?
              = note: the keys of a consumer are `acknowledge`, `arguments`, `channel`, `connection`, `declare`, `exclusive`, `idempotent`, `nack`, `name`, `outcome-by-class`, `outcome`, `prefetch-count`, `prefetch-global`, `queue`, `restart-after`, `resubscribe-delay`, `service-time-by-class`, `service-time`, `speed`, `start`, `stop`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_of_all_variants_comes_once() {
    says(
        r#"[link]
latency = 5
[[variant]]
name = "a"
[[variant]]
name = "b"
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:2:11
              |
            2 | latency = 5
              |           ^
              |
              = help: write "5ms"; the units are ns, us, ms, s, min, h

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn several_mistakes_come_in_the_order_of_the_file() {
    says(
        r#"[replication]
seed = -1
[[consumer]]
name = "audit"
queue = "tasks"
service-time = 5
[[queue]]
name = "mail"
durabel = true
"#,
        expect![[r#"
            error[number-out-of-range]: `seed` of a replication must be 0 or more, got -1
             --> scenarios/orders.toml:2:8
              |
            2 | seed = -1
              |        ^^

            error[unknown-queue]: consumer `audit` reads from `tasks`, which is not declared
             --> scenarios/orders.toml:5:9
              |
            5 | queue = "tasks"
              |         ^^^^^^^
              |
              = note: known queues: `mail`, `orders`

            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:6:16
              |
            6 | service-time = 5
              |                ^
              |
              = help: write "5ms"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a queue has no key `durabel`
             --> scenarios/orders.toml:9:1
              |
            9 | durabel = true
              | ^^^^^^^
              |
              = help: did you mean `durable`?
              = note: the keys of a queue are `arguments`, `auto-delete`, `durable`, `exclusive`, `name`, `vhost`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn settings_of_the_command_line_have_places_of_their_own() {
    says_of_set(
        &["consumer.billing.sped=2", "replication.duration = 60", "consumer.billing", "link.latency"],
        expect![[r#"
            error[unknown-key]: a consumer has no key `sped`
             --> --set:1:1
              |
            1 | consumer.billing.sped=2
              | ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `speed`?
              = note: the keys of a consumer are `acknowledge`, `arguments`, `channel`, `connection`, `declare`, `exclusive`, `idempotent`, `nack`, `name`, `outcome-by-class`, `outcome`, `prefetch-count`, `prefetch-global`, `queue`, `restart-after`, `resubscribe-delay`, `service-time-by-class`, `service-time`, `speed`, `start`, `stop`

            error[duration-without-unit]: a duration needs a unit, got `60`
             --> --set:1:24
              |
            1 | replication.duration = 60
              |                        ^^
              |
              = help: write "60s"; the units are ns, us, ms, s, min, h

            error[malformed-address]: `--set` needs ADDRESS=VALUE, got `consumer.billing`
             --> --set:1:1
              |
            1 | consumer.billing
              | ^^^^^^^^^^^^^^^^
              |
              = help: for example `--set consumer.slow.prefetch-count=1`

            error[malformed-address]: `--set` needs ADDRESS=VALUE, got `link.latency`
             --> --set:1:1
              |
            1 | link.latency
              | ^^^^^^^^^^^^
              |
              = help: for example `--set consumer.slow.prefetch-count=1`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn more_classes_than_a_message_can_tell() {
    let text: String = (0..257)
        .fold(String::new(), |text, number| text + &format!("[[class]]\nname = \"c{number}\"\nevery = 2\n"));
    says(
        &text,
        expect![[r#"
            error[too-many-classes]: there are more than 255 classes
               --> scenarios/orders.toml:767:8
                |
            767 | name = "c255"
                |        ^^^^^^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn more_messages_than_can_be_numbered() {
    says_of_set(
        &["producer.shop.count=4294967296"],
        expect![[r#"
            error[number-out-of-range]: `count` of producer `shop` must be between 1 and 4294967295, got 4294967296
             --> --set:1:21
              |
            1 | producer.shop.count=4294967296
              |                     ^^^^^^^^^^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn more_channels_than_a_connection_has() {
    let channels =
        (0..2048).map(|number| format!("[[channel]]\nname = \"c{number}\"\nconnection = \"app\"\n"));
    let text = channels.collect::<Vec<_>>().concat();
    says(
        &text,
        expect![[r#"
            error[too-many-channels]: connection `app` has more than 2047 channels
                --> scenarios/orders.toml:6143:8
                 |
            6143 | name = "c2047"
                 |        ^^^^^^^
                 |
                 = help: spread the clients over several connections
                 = source: rabbitmq.com/docs/channels

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_builder_has_no_places() {
    let built = ScenarioBuilder::new("orders")
        .queue("orders")
        .consumer("billing")
        .with("queue", "order")
        .with("service-time", 5)
        .build();
    expect![[r#"
        error[duration-without-unit]: a duration needs a unit, got `5`
         |
         = help: write "5ms"; the units are ns, us, ms, s, min, h

        error[unknown-queue]: consumer `billing` reads from `order`, which is not declared
         |
         = help: did you mean `orders`?
         = note: known queues: `orders`

        2 errors in orders
    "#]]
    .assert_eq(&built.unwrap_err().render(Paint::Plain));
}

#[test]
fn a_check_without_bounds() {
    says(
        r#"[[check]]
measure = "lost"
"#,
        expect![[r#"
            error[check-without-bounds]: a check of measure `lost` has no bound
             --> scenarios/orders.toml:1:1
              |
            1 | [[check]]
              | ^^^^^^^^^
              |
              = help: add `at-least = 1` or `at-most = 1`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_bound_in_the_unit_of_another_measure() {
    says(
        r#"[[check]]
measure = "sojourn-p95"
queue = "orders"
at-most = 200
[[check]]
measure = "lost"
at-most = "1s"
"#,
        expect![[r#"
            error[bound-with-wrong-unit]: measure `sojourn-p95` is a length of time, got the number 200
             --> scenarios/orders.toml:4:11
              |
            4 | at-most = 200
              |           ^^^
              |
              = help: write "200ms"; the units are ns, us, ms, s, min, h

            error[bound-with-wrong-unit]: measure `lost` is a number, got a duration
             --> scenarios/orders.toml:7:11
              |
            7 | at-most = "1s"
              |           ^^^^
              |
              = help: write a number without a unit and without quotes

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn bounds_in_reverse() {
    says(
        r#"[[check]]
measure = "lost"
at-least = 5
at-most = 1
"#,
        expect![[r#"
            error[reversed-bounds]: `at-least` is above `at-most`
             --> scenarios/orders.toml:3:12
              |
            3 | at-least = 5
              |            ^ the smallest value allowed
            4 | at-most = 1
              |           - the largest value allowed
              |
              = help: exchange the two values

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_negative_bound() {
    says(
        r#"[[check]]
measure = "lost"
at-least = -5
at-most = "-1s"
"#,
        expect![[r#"
            error[negative-quantity]: `at-least` must be 0 or more, got -5
             --> scenarios/orders.toml:3:12
              |
            3 | at-least = -5
              |            ^^

            error[negative-quantity]: a duration must be 0 or more, got `-1s`
             --> scenarios/orders.toml:4:11
              |
            4 | at-most = "-1s"
              |           ^^^^^

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_measure_needs_an_entity() {
    says(
        r#"[[check]]
measure = "sojourn-p95"
at-most = "1s"
[[check]]
measure = "lost"
queue = "orders"
at-most = 1
[[check]]
measure = "depth-max"
consumer = "billing"
at-most = 1
[[check]]
measure = "processed"
consumer = "billing"
queue = "orders"
at-most = 1
"#,
        expect![[r#"
            error[missing-key]: measure `sojourn-p95` is one of a consumer or a queue, got none
             --> scenarios/orders.toml:2:11
              |
            2 | measure = "sojourn-p95"
              |           ^^^^^^^^^^^^^
              |
              = help: add `consumer = "billing"`

            error[superfluous-key]: measure `lost` belongs to the whole run
             --> scenarios/orders.toml:5:11
              |
            5 | measure = "lost"
              |           ^^^^^^
              |
              = help: take out the key that names a queue, a consumer or a producer

            error[unknown-measure]: a consumer has no measure `depth-max`, but a queue has
             --> scenarios/orders.toml:9:11
              |
            9 | measure = "depth-max"
              |           ^^^^^^^^^^^
              |
              = help: write `queue` in place of `consumer`

            error[conflicting-keys]: a check is about one queue or one consumer
              --> scenarios/orders.toml:14:1
               |
            14 | consumer = "billing"
               | ^^^^^^^^
            15 | queue = "orders"
               | ----- the queue is here
               |
               = help: take out `queue` or `consumer`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn colours_are_only_for_terminals() {
    let diagnostics = load("a.toml", "colour = 1", &[]).unwrap_err();
    assert!(diagnostics.render(Paint::Coloured).contains("\u{1b}["));
    assert!(!diagnostics.render(Paint::Plain).contains('\u{1b}'));
}

/// A scenario with something of everything, as ground for mutations.
const RICH: &str = r#"# Something of everything.
question = "What breaks?"
[replication]
duration = "60s"
[broker]
profile = "rabbitmq-3.10"
[link]
latency = { uniform = ["1ms", "2ms"] }
[[exchange]]
name = "lögs"
type = "topic"
[[queue]]
name = "orders"
arguments = { x-max-length = 10, list = [1, "two", { three = 3.0 }] }
[[binding]]
exchange = "lögs"
queue = "orders"
routing-key = "a.*"
[[connection]]
name = "app"
[[channel]]
name = "app-1"
connection = "app"
[[class]]
name = "heavy"
every = 10
producer = "shop"
[[producer]]
name = "shop"
exchange = "lögs"
routing-keys = ["a.b", "c"]
interarrival = { exponential = "20ms" }
message-size = "4KiB"
declare = [{ queue = "tail" }, { bind = "tail", exchange = "lögs" }]
[[consumer]]
name = "billing"
connection = "app"
channel = "app-1"
queue = "orders"
service-time = "15ms"
service-time-by-class = { heavy = "1s" }
speed = 0.25
[[fault.consumer-crash]]
consumer = "billing"
at = "5s"
[[fault.connection-loss]]
name = "cut"
connection = "app"
at = "6s"
lasts = "1s"
[[check]]
property = "nothing-lost"
[[check]]
measure = "sojourn-p95"
queue = "orders"
at-most = "10s"
[[variant]]
name = "one"
[[variant]]
name = "two"
set = { "consumer.*.prefetch-count" = 1, "fault.cut.at" = "7s", "queue.orders.arguments.x-max-length" = 5 }
"#;

#[test]
fn the_ground_for_mutations_has_no_mistake() {
    says_alone(RICH, &["link.latency=2ms"], expect![[""]]);
}

/// One way to spoil a text; numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Mutation {
    DeleteLine(usize),
    DuplicateLine(usize),
    SwapLines(usize, usize),
    ReplaceValue(usize, String),
    InsertLine(usize, String),
    FlipByte(usize, u8),
    Truncate(usize),
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"\"".to_owned()),
        Just("-1".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("inf".to_owned()),
        Just("{ a.b = [[{}]] }".to_owned()),
        Just("\"99999999999h\"".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        "\"[0-9]{1,4}(ms|s|h|KiB|é)?\"",
        "\\PC{0,12}",
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..10_000usize;
    prop_oneof![
        at.clone().prop_map(Mutation::DeleteLine),
        at.clone().prop_map(Mutation::DuplicateLine),
        (at.clone(), at.clone()).prop_map(|(a, b)| Mutation::SwapLines(a, b)),
        (at.clone(), value()).prop_map(|(at, value)| Mutation::ReplaceValue(at, value)),
        (at.clone(), "[a-z-]{1,8}", value())
            .prop_map(|(at, key, value)| Mutation::InsertLine(at, format!("{key} = {value}"))),
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::FlipByte(at, byte)),
        at.prop_map(Mutation::Truncate),
    ]
}

fn mutated(text: &str, mutation: &Mutation) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let n = lines.len();
    match mutation {
        Mutation::DeleteLine(at) => {
            lines.remove(at % n);
        }
        Mutation::DuplicateLine(at) => lines.insert(at % n, lines[at % n].clone()),
        Mutation::SwapLines(a, b) => lines.swap(a % n, b % n),
        Mutation::ReplaceValue(at, value) => {
            let line = &mut lines[at % n];
            if let Some((key, _)) = line.split_once('=') {
                *line = format!("{key}= {value}");
            }
        }
        Mutation::InsertLine(at, line) => lines.insert(at % n, line.clone()),
        Mutation::FlipByte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] ^= byte;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        Mutation::Truncate(at) => return text.chars().take(at % (text.chars().count() + 1)).collect(),
    }
    lines.join("\n")
}

/// Loads and renders; what became of it.
fn outcome(text: &str, settings: &[String]) -> &'static str {
    match load("a.toml", text, settings) {
        Ok(loaded) => {
            for warning in &loaded.warnings {
                warning.render(Paint::Coloured);
            }
            "loaded"
        }
        Err(diagnostics) => {
            diagnostics.render(Paint::Plain);
            if diagnostics.iter().any(|d| d.id == ids::SYNTAX) { "not TOML" } else { "refused" }
        }
    }
}

/// Runs cases without panics, and demands that each outcome was met in at least one of fifty.
fn never_panics(strategy: impl Strategy<Value = (String, Vec<String>)>, outcomes: &[&str]) {
    const CASES: u32 = 1_500;
    let met = Mutex::new(BTreeMap::new());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: CASES, ..ProptestConfig::with_source_file(file!()) });
    runner
        .run(&strategy, |(text, settings)| {
            *met.lock().expect("no case panics").entry(outcome(&text, &settings)).or_insert(0) += 1;
            Ok(())
        })
        .expect("no case panics");
    let met = met.into_inner().expect("no case panics");
    for outcome in outcomes {
        assert!(met.get(outcome).is_some_and(|&n| n >= CASES / 50), "{outcome} is rare: {met:?}");
    }
}

#[test]
fn no_mutation_of_a_scenario_makes_the_reader_panic() {
    let mutations = prop::collection::vec(mutation(), 1..5);
    let texts = mutations.prop_map(|list| list.iter().fold(RICH.to_owned(), |text, one| mutated(&text, one)));
    never_panics((texts, Just(Vec::new())), &["loaded", "refused", "not TOML"]);
}

#[test]
fn no_setting_makes_the_reader_panic() {
    let setting = prop_oneof![
        "[a-z.*\"=0-9 ]{0,24}",
        "consumer[.](billing|[*])[.](speed|start|queue)=[0-9]{1,3}(s|ms)?",
        "(queue|fault)[.]\\PC{0,9}[.]\\PC{0,9}=\\PC{0,9}",
    ];
    let settings = prop::collection::vec(setting, 1..3);
    never_panics((Just(RICH.to_owned()), settings), &["loaded", "refused"]);
}

#[test]
fn no_garbage_makes_the_reader_panic() {
    let text = prop_oneof!["\\PC{0,80}", "[\\[\\]{}=\"'.\n\\\\ a-z0-9]{0,80}"];
    never_panics((text, Just(Vec::new())), &["not TOML"]);
}

#[test]
fn steps_of_a_client() {
    says(
        r#"[[client]]
name = "hand"
do = [
    { method = "basic.fetch", queue = "orders" },
    { method = "basic.get" },
    { method = "basic.ack", queue = "orders", delivery-tag = "first" },
    { method = "basic.ack", delivery-tag = -1, at = "1s", after = "1s" },
    "basic.get",
]

[[client]]
name = "billing"
do = []
"#,
        expect![[r#"
            error[unknown-method]: there is no method `basic.fetch`
             --> scenarios/orders.toml:4:16
              |
            4 |     { method = "basic.fetch", queue = "orders" },
              |                ^^^^^^^^^^^^^
              |
              = help: did you mean `basic.get`?
              = note: known are `exchange.declare`, `exchange.delete`, `exchange.bind`, `exchange.unbind`, `queue.declare`, `queue.bind`, `queue.unbind`, `queue.purge`, `queue.delete`, `basic.qos`, `basic.consume`, `basic.cancel`, `basic.get`, `basic.ack`, `basic.nack`, `basic.reject`, `basic.recover`, `basic.publish`, `confirm.select`, `tx.select`, `tx.commit`, `tx.rollback`, `channel.flow`, `channel.close`, `connection.close`

            error[missing-key]: a step with `basic.get` has no `queue`
             --> scenarios/orders.toml:5:5
              |
            5 |     { method = "basic.get" },
              |     ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `queue = "orders"`

            error[superfluous-key]: `basic.ack` has no argument `queue`
             --> scenarios/orders.toml:6:29
              |
            6 |     { method = "basic.ack", queue = "orders", delivery-tag = "first" },
              |                             ^^^^^
              |
              = help: take out `queue`

            error[unknown-choice]: there is no delivery `first`
             --> scenarios/orders.toml:6:62
              |
            6 |     { method = "basic.ack", queue = "orders", delivery-tag = "first" },
              |                                                              ^^^^^^^
              |
              = help: write a number, or "last"

            error[number-out-of-range]: `delivery-tag` of a step must be 0 or more, got -1
             --> scenarios/orders.toml:7:44
              |
            7 |     { method = "basic.ack", delivery-tag = -1, at = "1s", after = "1s" },
              |                                            ^^

            error[conflicting-keys]: a step has `at` and `after`
             --> scenarios/orders.toml:7:59
              |
            7 |     { method = "basic.ack", delivery-tag = -1, at = "1s", after = "1s" },
              |                                                --         ^^^^^
              |                                                |
              |                                                the instant is here
              |
              = help: take out one of them

            error[wrong-type]: a step is a table in braces, got the string "basic.get"
             --> scenarios/orders.toml:8:5
              |
            8 |     "basic.get",
              |     ^^^^^^^^^^^
              |
              = help: write `{ method = "basic.get" }`

            error[duplicate-name]: a client has the name of another, `billing`
              --> scenarios/orders.toml:12:8
               |
            12 | name = "billing"
               |        ^^^^^^^^^ used again
            ...
            24 | name = "billing"
               |        --------- first used here

            error[empty-list]: `do` of client `billing` is empty
              --> scenarios/orders.toml:13:6
               |
            13 | do = []
               |      ^^
               |
               = help: for example `do = [{ method = "basic.get", queue = "orders" }]`

            9 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_outcome_for_a_class_that_is_not_there() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
outcome-by-class = { poison = "reject" }
"#,
        expect![[r#"
            error[unknown-class]: consumer `audit` has an outcome for class `poison`, which is not declared
             --> scenarios/orders.toml:5:22
              |
            5 | outcome-by-class = { poison = "reject" }
              |                      ^^^^^^
              |
              = note: no class is declared

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_outcome_that_is_none() {
    says(
        r#"[[class]]
name = "poison"
every = 2
[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
outcome = "rejct"
outcome-by-class = { poison = "nack" }
"#,
        expect![[r#"
            error[unknown-choice]: there is no outcome of work `rejct`
             --> scenarios/orders.toml:8:11
              |
            8 | outcome = "rejct"
              |           ^^^^^^^
              |
              = help: did you mean `reject`?
              = note: known are `ack`, `reject`, `requeue`, `hang`, `crash`

            error[unknown-choice]: there is no outcome of work `nack`
             --> scenarios/orders.toml:9:31
              |
            9 | outcome-by-class = { poison = "nack" }
              |                               ^^^^^^
              |
              = help: did you mean `ack`?
              = note: known are `ack`, `reject`, `requeue`, `hang`, `crash`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_outcome_of_deliveries_that_are_settled_before() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
acknowledge = "automatic"
outcome = "requeue"
"#,
        expect![[r#"
            error[conflicting-keys]: consumer `audit` has the outcome `requeue`, but its deliveries are settled before its work is done
             --> scenarios/orders.toml:6:11
              |
            5 | acknowledge = "automatic"
              |               ----------- they are settled here
            6 | outcome = "requeue"
              |           ^^^^^^^^^
              |
              = help: take out `acknowledge`, so that it acknowledges after processing

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn keys_of_an_outcome_that_a_consumer_does_not_have() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
nack = true
restart-after = "1s"
"#,
        expect![[r#"
            error[superfluous-key]: `nack` has no meaning for a consumer that neither rejects nor requeues
             --> scenarios/orders.toml:5:1
              |
            5 | nack = true
              | ^^^^
              |
              = help: take out `nack`

            error[superfluous-key]: `restart-after` has no meaning for a consumer that does not crash
             --> scenarios/orders.toml:6:1
              |
            6 | restart-after = "1s"
              | ^^^^^^^^^^^^^
              |
              = help: take out `restart-after`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_consumer_stops_before_it_starts() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
start = "5s"
stop = "2s"
"#,
        expect![[r#"
            error[stop-before-start]: consumer `audit` stops at 2s, but does not start before 5s
             --> scenarios/orders.toml:6:8
              |
            5 | start = "5s"
              |         ---- it starts here
            6 | stop = "2s"
              |        ^^^^
              |
              = help: raise `stop` above 5s

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn what_operators_set_up() {
    says(
        r#"[[vhost]]
name = "/"

[[user]]
name = "app"
permissions = [{ vhost = "tenant", read = "(a" }, "all"]

[[policy]]
name = "short"
vhost = "tennant"
pattern = "x{2}"
definition = { max-length = 1 }
from = "5s"
until = "5s"
"#,
        expect![[r#"
            error[duplicate-name]: two virtual hosts are named `/`
             --> scenarios/orders.toml:2:8
              |
            2 | name = "/"
              |        ^^^ used again

            error[unknown-vhost]: user `app` has a permission in `tenant`, which is not there
             --> scenarios/orders.toml:6:26
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                          ^^^^^^^^
              |
              = note: known virtual hosts: `/`, `/`

            error[unreadable-pattern]: a pattern of user `app` cannot be read: `(a`
             --> scenarios/orders.toml:6:43
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                                           ^^^^
              |
              = help: for example `^orders\.`
              = note: patterns are made of literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^` and `$`

            error[wrong-type]: a permission is a table in braces, got the string "all"
             --> scenarios/orders.toml:6:51
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                                                   ^^^^^
              |
              = help: write `{ vhost = "tenant" }`

            error[unknown-vhost]: policy `short` lies in virtual host `tennant`, which is not there
              --> scenarios/orders.toml:10:9
               |
            10 | vhost = "tennant"
               |         ^^^^^^^^^
               |
               = note: known virtual hosts: `/`, `/`

            error[unreadable-pattern]: a pattern of policy `short` cannot be read: `x{2}`
              --> scenarios/orders.toml:11:11
               |
            11 | pattern = "x{2}"
               |           ^^^^^^
               |
               = help: for example `^orders\.`
               = note: patterns are made of literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^` and `$`

            error[stop-before-start]: policy `short` is taken away at 5s, but not set before 5s
              --> scenarios/orders.toml:14:9
               |
            13 | from = "5s"
               |        ---- it is set here
            14 | until = "5s"
               |         ^^^^
               |
               = help: raise `until` above 5s

            7 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_connection_as_nobody_to_nowhere() {
    says(
        r#"[[user]]
name = "app"

[[connection]]
name = "billing"
user = "apps"
vhost = "elsewhere"
"#,
        expect![[r#"
            warning[unknown-user]: connection `billing` uses `apps`, which is not there
             --> scenarios/orders.toml:6:8
              |
            6 | user = "apps"
              |        ^^^^^^
              |
              = help: did you mean `app` (line 2)?
              = note: known users: `app`, `guest`
              = note: RabbitMQ refuses such a connection with 530 NOT_ALLOWED

            warning[unknown-vhost]: connection `billing` uses `elsewhere`, which is not there
             --> scenarios/orders.toml:7:9
              |
            7 | vhost = "elsewhere"
              |         ^^^^^^^^^^^
              |
              = note: known virtual hosts: `/`
              = note: RabbitMQ refuses such a connection with 530 NOT_ALLOWED

            error[unknown-queue]: consumer `billing` reads from `elsewhere/orders`, which is not declared
              --> scenarios/orders.toml:19:9
               |
            19 | queue = "orders"
               |         ^^^^^^^^
               |
               = note: known queues: `orders`

            1 error and 2 warnings in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn declarations_that_the_broker_refuses() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-length = -1 }

[[queue]]
name = "votes"
auto-delete = true
arguments = { x-queue-type = "quorum" }
"#,
        expect![[r#"
            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:30
              |
            3 | arguments = { x-max-length = -1 }
              |                              ^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'tasks' in vhost '/': {value_negative,-1}

            error[refused-declaration]: RabbitMQ refuses to declare queue `votes`
             --> scenarios/orders.toml:5:1
              |
            5 | [[queue]]
              | ^^^^^^^^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid property 'auto-delete' for queue 'votes' in vhost '/'

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_exclusive_queue_without_an_owner() {
    says(
        r#"[[queue]]
name = "replies"
exclusive = true
"#,
        expect![[r#"
            error[unowned-queue]: queue `replies` is exclusive, but no client declares it
             --> scenarios/orders.toml:3:13
              |
            3 | exclusive = true
              |             ^^^^
              |
              = help: take it out, and add `declare = [{ queue = "replies", exclusive = true }]` to the client that owns it
              = note: an exclusive queue is for the connection that declares it alone, and goes with it

            1 error in scenarios/orders.toml
        "#]],
    );
}

/// RabbitMQ refuses such policies when they are set. Source: `rabbit_policies:validate_policy0`.
#[test]
fn a_definition_that_the_broker_would_refuse() {
    says(
        r#"[[policy]]
name = "limits"
pattern = "^orders"
definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exchange = 3 }
"#,
        expect![[r#"
            error[unknown-key]: the definition of policy `limits` has no setting `max-lenght`
             --> scenarios/orders.toml:4:16
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                ^^^^^^^^^^
              |
              = help: did you mean `max-length`?
              = note: the settings of a policy are `alternate-exchange`, `consumer-timeout`, `dead-letter-exchange`, `dead-letter-routing-key`, `dead-letter-strategy`, `delivery-limit`, `expires`, `max-age`, `max-in-memory-bytes`, `max-in-memory-length`, `max-length`, `max-length-bytes`, `message-ttl`, `overflow`, `queue-leader-locator`, `queue-master-locator`, `queue-mode`, `queue-version`, `stream-filter-size-bytes`, `stream-max-segment-size-bytes`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `message-ttl` of policy `limits` must be an integer, of milliseconds, got the string "5s"
             --> scenarios/orders.toml:4:46
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                              ^^^^
              |
              = help: write `message-ttl = 5000`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `max-length` of policy `limits` must be an integer, got the string "2"
             --> scenarios/orders.toml:4:65
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                 ^^^
              |
              = help: write `max-length = 2`, without quotes
              = note: RabbitMQ refuses such a policy: Validation failed

            error[unknown-choice]: `overflow` of policy `limits` must be one of `drop-head`, `reject-publish`, `reject-publish-dlx`, got the string "drop-haed"
             --> scenarios/orders.toml:4:81
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                 ^^^^^^^^^^^
              |
              = help: did you mean `drop-head`?
              = note: RabbitMQ refuses such a policy: Validation failed

            error[number-out-of-range]: `expires` of policy `limits` must be 1 or more, got the integer 0
             --> scenarios/orders.toml:4:104
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                                        ^
              |
              = note: RabbitMQ refuses such a policy: Validation failed

            error[unknown-key]: the definition of policy `limits` has no setting `colour`
             --> scenarios/orders.toml:4:107
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                                           ^^^^^^
              |
              = note: the settings of a policy are `alternate-exchange`, `consumer-timeout`, `dead-letter-exchange`, `dead-letter-routing-key`, `dead-letter-strategy`, `delivery-limit`, `expires`, `max-age`, `max-in-memory-bytes`, `max-in-memory-length`, `max-length`, `max-length-bytes`, `message-ttl`, `overflow`, `queue-leader-locator`, `queue-master-locator`, `queue-mode`, `queue-version`, `stream-filter-size-bytes`, `stream-max-segment-size-bytes`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `dead-letter-exchange` of policy `limits` must be a string, got the integer 3
             --> scenarios/orders.toml:4:142
              |
            4 | ... = "drop-haed", expires = 0, colour = 1, dead-letter-exchange = 3 }
              |                                                                    ^
              |
              = note: RabbitMQ refuses such a policy: Validation failed

            7 errors in scenarios/orders.toml
        "#]],
    );
}

/// Source: rule ARG-9, what no type of queue knows is passed over.
#[test]
fn arguments_that_mean_nothing() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }

[[exchange]]
name = "logs"
arguments = { x-alternate-exchange = "spare", alternate-exchange = "amq.fanout" }

[[consumer]]
name = "reader"
queue = "orders"
service-time = "1ms"
arguments = { x-prioritty = 1 }

[[client]]
name = "hand"
do = [{ method = "queue.declare", queue = "a", arguments = { x-mesage-ttl = 5 } }]
"#,
        expect![[r#"
            warning[unknown-argument]: queue `tasks` has the argument `x-max-lenght`, which means nothing
             --> scenarios/orders.toml:3:15
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |               ^^^^^^^^^^^^
              |
              = help: did you mean `x-max-length`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: queue `tasks` has the argument `max-length`, which means nothing
             --> scenarios/orders.toml:3:33
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |                                 ^^^^^^^^^^
              |
              = help: did you mean `x-max-length`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: queue `tasks` has the argument `x-colour`, which means nothing
             --> scenarios/orders.toml:3:49
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |                                                 ^^^^^^^^
              |
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: exchange `logs` has the argument `x-alternate-exchange`, which means nothing
             --> scenarios/orders.toml:7:15
              |
            7 | arguments = { x-alternate-exchange = "spare", alternate-exchange = "amq.fanout" }
              |               ^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `alternate-exchange`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: consumer `reader` has the argument `x-prioritty`, which means nothing
              --> scenarios/orders.toml:13:15
               |
            13 | arguments = { x-prioritty = 1 }
               |               ^^^^^^^^^^^
               |
               = help: did you mean `x-priority`?
               = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: a step has the argument `x-mesage-ttl`, which means nothing
              --> scenarios/orders.toml:17:62
               |
            17 | do = [{ method = "queue.declare", queue = "a", arguments = { x-mesage-ttl = 5 } }]
               |                                                              ^^^^^^^^^^^^
               |
               = help: did you mean `x-message-ttl`?
               = note: RabbitMQ passes over arguments that it does not know
        "#]],
    );
}

#[test]
fn what_to_type_is_what_is_usual_for_the_key() {
    says(
        r#"[broker]
acknowledgement-timeout = "never"

[[fault.consumer-crash]]
consumer = "billing"
at = 5

[[client]]
name = "hand"
do = [{ method = "basic.get", que = "orders", queue = "orders" }]
"#,
        expect![[r#"
            error[malformed-quantity]: a duration is a number with a unit, got `never`
             --> scenarios/orders.toml:2:27
              |
            2 | acknowledgement-timeout = "never"
              |                           ^^^^^^^
              |
              = help: for example "200ms"; the units are ns, us, ms, s, min, h
              = note: `acknowledgement-timeout = "off"` stands for never

            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:6:6
              |
            6 | at = 5
              |      ^
              |
              = help: write "5s"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a step with `basic.get` has no key `que`
              --> scenarios/orders.toml:10:31
               |
            10 | do = [{ method = "basic.get", que = "orders", queue = "orders" }]
               |                               ^^^
               |
               = note: the keys of a step with `basic.get` are `after`, `at`, `method`, `no-ack`, `queue`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn every_argument_that_the_broker_refuses_is_told() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }

[[queue]]
name = "votes"
arguments = { x-queue-type = "quorom", x-delivery-limit = 3 }
"#,
        expect![[r#"
            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:30
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                              ^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'tasks' in vhost '/': {value_negative,-1}

            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:47
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                                               ^^^^^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-overflow' for queue 'tasks' in vhost '/': invalid_overflow

            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:80
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                                                                                ^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue 'tasks' in vhost '/'

            error[refused-declaration]: RabbitMQ refuses to declare queue `votes`
             --> scenarios/orders.toml:7:30
              |
            7 | arguments = { x-queue-type = "quorom", x-delivery-limit = 3 }
              |                              ^^^^^^^^
              |
              = help: did you mean `quorum`?
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'votes' in vhost '/': "unsupported queue type 'quorom'"

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_check_of_a_variant_that_is_not_there() {
    says(
        r#"[[variant]]
name = "slow"

[[check]]
property = "nothing-lost"
variant = "slwo"
"#,
        expect![[r#"
            error[unknown-variant]: a check is about variant `slwo`, which is not there
             --> scenarios/orders.toml:6:11
              |
            6 | variant = "slwo"
              |           ^^^^^^
              |
              = help: did you mean `slow`?
              = note: known variants: `slow`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn publishing_again_needs_confirms_and_a_message_of_its_own() {
    says_alone(
        &RUNS.replace("interarrival", "republish = \"unconfirmed\"\ninterarrival"),
        &[],
        expect![[r#"
            error[missing-key]: producer `shop` publishes again, but has no `confirms`
             --> scenarios/orders.toml:8:1
              |
            8 | republish = "unconfirmed"
              | ^^^^^^^^^
              |
              = help: add `confirms = true`
              = note: only confirms tell which messages the broker has

            1 error in scenarios/orders.toml
        "#]],
    );
    says_alone(
        &RUNS.replace("interarrival", "confirms = true\nrepublish-attempts-max = 3\ninterarrival"),
        &[],
        expect![[r#"
            error[missing-key]: producer `shop` has `republish-attempts-max`, but no `republish`
             --> scenarios/orders.toml:9:1
              |
            9 | republish-attempts-max = 3
              | ^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `republish = "unconfirmed"`

            1 error in scenarios/orders.toml
        "#]],
    );
    says_alone(
        &RUNS.replace("interarrival", "confirms = true\nrepublish = \"always\"\ninterarrival"),
        &[],
        expect![[r#"
            error[unknown-choice]: there is no republish mode `always`
             --> scenarios/orders.toml:9:13
              |
            9 | republish = "always"
              |             ^^^^^^^^
              |
              = note: known are `never`, `unconfirmed`

            1 error in scenarios/orders.toml
        "#]],
    );
    let replies = r#"
[[producer]]
name = "server"
after-consumer = "billing"
routing-key-from = "reply-to"
confirms = true
republish = "unconfirmed"
"#;
    says(
        replies,
        expect![[r#"
        error[conflicting-keys]: producer `server` has `routing-key-from` and `republish`
         --> scenarios/orders.toml:7:1
          |
        5 | routing-key-from = "reply-to"
          | ---------------- the other key is here
        6 | confirms = true
        7 | republish = "unconfirmed"
          | ^^^^^^^^^
          |
          = help: take out one of them

        1 error in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_wait_that_grows_does_not_end_below_its_beginning() {
    let keys =
        |last: &str| format!("[link]\nreconnect-backoff = \"exponential\"\nreconnect-delay = \"5s\"\n{last}");
    says(
        &keys("reconnect-delay-max = \"2s\""),
        expect![[r#"
        error[reversed-delays]: `reconnect-delay-max` of a link is 2s, but `reconnect-delay` is 5s
         --> scenarios/orders.toml:4:23
          |
        3 | reconnect-delay = "5s"
          |                   ---- the other one is here
        4 | reconnect-delay-max = "2s"
          |                       ^^^^
          |
          = help: for example `reconnect-delay-max = "5s"`

        1 error in scenarios/orders.toml
    "#]],
    );
    says(
        &format!(
            "{}\n[[connection]]\nname = \"shop\"\nreconnect-delay = \"2min\"\n",
            keys("reconnect-delay-max = \"1min\"")
        ),
        expect![[r#"
            error[reversed-delays]: `reconnect-delay-max` of connection `shop` is 60s, but `reconnect-delay` is 120s
             --> scenarios/orders.toml:7:19
              |
            7 | reconnect-delay = "2min"
              |                   ^^^^^^
              |
              = help: for example `reconnect-delay-max = "120s"`

            1 error in scenarios/orders.toml
        "#]],
    );
    says(&keys("").replace("\"5s\"", "\"1min\""), expect![[""]]);
    says(
        "[link]\nreconnect-backoff = \"jitter\"",
        expect![[r#"
        error[unknown-choice]: there is no backoff `jitter`
         --> scenarios/orders.toml:2:21
          |
        2 | reconnect-backoff = "jitter"
          |                     ^^^^^^^^
          |
          = note: known are `fixed`, `exponential`, `full-jitter`

        1 error in scenarios/orders.toml
    "#]],
    );
}
