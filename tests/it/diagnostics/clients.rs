//! Clients: what they publish, do and wait for.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::{RUNS, says, says_alone};

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
              = note: known are `never`, `unconfirmed`, `returned`, `unconfirmed-or-returned`

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
            error[conflicting-keys]: producer `server` publishes replies, and none again
             --> scenarios/orders.toml:7:1
              |
            5 | routing-key-from = "reply-to"
              | ---------------- the address of a reply is in its request
            6 | confirms = true
            7 | republish = "unconfirmed"
              | ^^^^^^^^^
              |
              = help: take out `republish`; the requester asks again if no reply comes
              = note: a reply is made from its request, which the server has acknowledged by then and does not keep

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
              = help: did you mean `full-jitter`?
              = note: known are `fixed`, `exponential`, `full-jitter`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_server_that_would_reply_again() {
    says(
        r#"[[consumer]]
name = "server"
queue = "orders"
service-time = "1ms"

[[producer]]
name = "replies"
after-consumer = "server"
routing-key-from = "reply-to"
confirms = true
republish = "unconfirmed"
"#,
        expect![[r#"
            error[conflicting-keys]: producer `replies` publishes replies, and none again
              --> scenarios/orders.toml:11:1
               |
             9 | routing-key-from = "reply-to"
               | ---------------- the address of a reply is in its request
            10 | confirms = true
            11 | republish = "unconfirmed"
               | ^^^^^^^^^
               |
               = help: take out `republish`; the requester asks again if no reply comes
               = note: a reply is made from its request, which the server has acknowledged by then and does not keep

            1 error in scenarios/orders.toml
        "#]],
    );
}
