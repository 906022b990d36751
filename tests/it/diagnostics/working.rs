//! How consumers work: batches, failures, schedules, several hands, calls.

use expect_test::expect;

use super::says;

#[test]
fn batches_that_never_fill_or_settle_what_others_hold() {
    says(
        r#"[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
prefetch-count = 5
ack-batch = 10
[[consumer]]
name = "b"
queue = "orders"
service-time = "1ms"
ack-batch = 10
acknowledge = "automatic"
[[consumer]]
name = "c"
queue = "orders"
service-time = "1ms"
channel = "shared"
ack-batch = 10
[[consumer]]
name = "d"
queue = "orders"
service-time = "1ms"
channel = "shared"
ack-batch-delay = "1s"
"#,
        expect![[r#"
            warning[batch-beyond-prefetch]: consumer `a` waits for 10 deliveries, but gets only 5 before it acknowledges
             --> scenarios/orders.toml:6:13
              |
            5 | prefetch-count = 5
              |                  - the prefetch count is here
            6 | ack-batch = 10
              |             ^^
              |
              = help: add `ack-batch-delay = "100ms"`, or raise `prefetch-count`

            error[superfluous-key]: `ack-batch` has no meaning for a consumer that does not acknowledge after processing
              --> scenarios/orders.toml:11:1
               |
            11 | ack-batch = 10
               | ^^^^^^^^^
               |
               = help: take out `ack-batch`

            error[conflicting-keys]: consumer `c` has an `ack-batch` on a channel that `d` uses too
              --> scenarios/orders.toml:14:8
               |
            14 | name = "c"
               |        ^^^
            ...
            20 | name = "d"
               |        --- the other consumer is here
               |
               = help: give each a channel of its own
               = note: `multiple` acknowledges all deliveries of the channel

            error[channel-on-two-connections]: channel `shared` is on connection `c` already, got `d`
              --> scenarios/orders.toml:20:8
               |
            17 | channel = "shared"
               |           -------- first used here
            ...
            20 | name = "d"
               |        ^^^
               |
               = help: give the channel another name
               = note: a channel lies on one connection

            error[missing-key]: consumer `d` has `ack-batch-delay`, but no `ack-batch`
              --> scenarios/orders.toml:24:1
               |
            24 | ack-batch-delay = "1s"
               | ^^^^^^^^^^^^^^^
               |
               = help: add `ack-batch = 10`

            4 errors and 1 warning in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn failures_and_warm_ups_that_lack_something() {
    says(
        r#"[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
failure = "reject"
warm-up-speed = 0.1
[[consumer]]
name = "b"
queue = "orders"
service-time = "1ms"
failure-probability = 0.5
acknowledge = "automatic"
"#,
        expect![[r#"
            error[missing-key]: consumer `a` has `failure`, but no `failure-probability`
             --> scenarios/orders.toml:5:1
              |
            5 | failure = "reject"
              | ^^^^^^^
              |
              = help: add `failure-probability = 0.01`

            error[missing-key]: consumer `a` has `warm-up-speed`, but no `warm-up`
             --> scenarios/orders.toml:6:1
              |
            6 | warm-up-speed = 0.1
              | ^^^^^^^^^^^^^
              |
              = help: add `warm-up = "30s"`

            error[conflicting-keys]: consumer `b` has the outcome `requeue`, but its deliveries are settled before its work is done
              --> scenarios/orders.toml:11:23
               |
            11 | failure-probability = 0.5
               |                       ^^^
            12 | acknowledge = "automatic"
               |               ----------- they are settled here
               |
               = help: take out `acknowledge`, so that it acknowledges after processing

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn schedules_out_of_order() {
    says(
        r#"[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
schedule = [{ from = "5s", until = "6s" }, { from = "2s", until = "9s" }]
[[consumer]]
name = "b"
queue = "orders"
service-time = "1ms"
start = "1s"
schedule = [{ from = "5s", until = "6s" }]
[[consumer]]
name = "c"
queue = "orders"
service-time = "1ms"
schedule = [{ from = "5s" }]
"#,
        expect![[r#"
            error[unordered-instants]: `schedule` of consumer `a` is in order of time, got 2s to 9s
             --> scenarios/orders.toml:5:53
              |
            5 | schedule = [{ from = "5s", until = "6s" }, { from = "2s", until = "9s" }]
              |                                                     ^^^^
              |
              = help: each `until` comes after its `from`, and each `from` after the `until` before it

            error[conflicting-keys]: consumer `b` has `start` and `schedule`
              --> scenarios/orders.toml:11:1
               |
            10 | start = "1s"
               | ----- the other key is here
            11 | schedule = [{ from = "5s", until = "6s" }]
               | ^^^^^^^^
               |
               = help: take out one of them

            error[missing-key]: `schedule` of consumer `c` needs tables with `from` and `until`
              --> scenarios/orders.toml:16:12
               |
            16 | schedule = [{ from = "5s" }]
               |            ^^^^^^^^^^^^^^^^^
               |
               = help: for example `schedule = [{ from = "0s", until = "10s" }, { from = "20s", until = "30s" }]`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn several_hands_with_batches_or_replies() {
    says(
        r#"[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
concurrency = 4
ack-batch = 10
[[producer]]
name = "answers"
after-consumer = "a"
routing-key-from = "reply-to"
"#,
        expect![[r#"
            error[conflicting-keys]: consumer `a` works on several messages at once and has an `ack-batch`
             --> scenarios/orders.toml:6:1
              |
            5 | concurrency = 4
              | ----------- it works on several here
            6 | ack-batch = 10
              | ^^^^^^^^^
              |
              = help: take out one of them
              = note: `multiple` would acknowledge messages that are still worked on

            error[conflicting-keys]: producer `answers` replies to what `a` does, which works on several at once
             --> scenarios/orders.toml:8:8
              |
            2 | name = "a"
              |        --- the consumer is here
            ...
            8 | name = "answers"
              |        ^^^^^^^^^
              |
              = help: take several consumers instead of a `concurrency` above 1: `count = 4`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn calls_of_what_is_not_there_or_not_understood() {
    says(
        r#"[[downstream]]
name = "database"
rate = "0/s"
[[downstream]]
name = "mail"
burst = 3
outages = [{ from = "5s", until = "4s" }]
[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
downstream = "databse"
[[consumer]]
name = "b"
queue = "orders"
service-time = "1ms"
retry-delay = "1s"
[[consumer]]
name = "c"
queue = "orders"
service-time = "1ms"
downstream = "mail"
retry-backoff = "exponential"
"#,
        expect![[r#"
            error[number-out-of-range]: `rate` of downstream `database` is above 0, got none at all
             --> scenarios/orders.toml:3:8
              |
            3 | rate = "0/s"
              |        ^^^^^
              |
              = help: write `outages` for when no call succeeds

            error[missing-key]: downstream `mail` has `burst`, but no `rate`
             --> scenarios/orders.toml:6:1
              |
            6 | burst = 3
              | ^^^^^
              |
              = help: add `rate = "100/s"`

            error[unordered-instants]: `outages` of downstream `mail` is in order of time, got 5s to 4s
             --> scenarios/orders.toml:7:21
              |
            7 | outages = [{ from = "5s", until = "4s" }]
              |                     ^^^^
              |
              = help: each `until` comes after its `from`, and each `from` after the `until` before it

            error[unknown-downstream]: consumer `a` calls `databse`, which is not declared
              --> scenarios/orders.toml:12:14
               |
            12 | downstream = "databse"
               |              ^^^^^^^^^
               |
               = help: did you mean `database` (line 2)?
               = note: known downstreams: `database`, `mail`

            error[missing-key]: consumer `b` has `retry-delay`, but no `downstream`
              --> scenarios/orders.toml:17:1
               |
            17 | retry-delay = "1s"
               | ^^^^^^^^^^^
               |
               = help: add `downstream = "database"`

            error[missing-key]: consumer `c` has `retry-backoff`, but no `retry-delay`
              --> scenarios/orders.toml:23:1
               |
            23 | retry-backoff = "exponential"
               | ^^^^^^^^^^^^^
               |
               = help: add `retry-delay = "1s"`

            6 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_call_that_fails_after_the_delivery_is_settled() {
    says(
        r#"[[downstream]]
name = "database"
failure-probability = 0.1
[[consumer]]
name = "a"
queue = "orders"
service-time = "1ms"
downstream = "database"
acknowledge = "automatic"
"#,
        expect![[r#"
            error[conflicting-keys]: consumer `a` has the outcome `requeue`, but its deliveries are settled before its work is done
             --> scenarios/orders.toml:8:14
              |
            8 | downstream = "database"
              |              ^^^^^^^^^^
            9 | acknowledge = "automatic"
              |               ----------- they are settled here
              |
              = help: take out `acknowledge`, so that it acknowledges after processing

            1 error in scenarios/orders.toml
        "#]],
    );
}
