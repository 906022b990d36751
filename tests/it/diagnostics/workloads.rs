//! What is drawn about messages, when they come, and who works on them how.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

#[test]
fn keys_without_a_place_for_their_number() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-keys = { pattern = "q", count = 3 }
"#,
        expect![[r#"
            error[malformed-keys]: `routing-keys` of producer `books` is a list, or a `pattern` with `{key}` in it and a `count` up to 1000000
             --> scenarios/orders.toml:4:16
              |
            4 | routing-keys = { pattern = "q", count = 3 }
              |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `routing-keys = { pattern = "user-{key}", count = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn heavy_keys_without_keys() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-key = "orders"
zipf = 1.1
"#,
        expect![[r#"
            error[missing-key]: producer `books` has `zipf`, but neither `routing-keys` nor `messages`
             --> scenarios/orders.toml:5:1
              |
            5 | zipf = 1.1
              | ^^^^
              |
              = help: add `routing-keys = { pattern = "user-{key}", count = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn probabilities_and_exponents_that_are_none() {
    says(
        r#"[[class]]
name = "rare"
probability = 1.5
[[class]]
name = "rarer"
probability = 0.0000000001
[[producer]]
name = "books"
interarrival = "1s"
routing-keys = ["orders", "orders"]
zipf = -1
"#,
        expect![[r#"
            error[number-out-of-range]: `probability` of class `rare` must be between 0 and 1, got 1.5
             --> scenarios/orders.toml:3:15
              |
            3 | probability = 1.5
              |               ^^^

            error[quantity-too-precise]: `probability` of class `rarer` has at most nine decimals, got 0.0000000001
             --> scenarios/orders.toml:6:15
              |
            6 | probability = 0.0000000001
              |               ^^^^^^^^^^^^

            error[negative-quantity]: `zipf` of producer `books` must be 0 or more, got -1
              --> scenarios/orders.toml:11:8
               |
            11 | zipf = -1
               |        ^^

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_size_for_a_class_that_is_not_declared() {
    says(
        r#"[[producer]]
name = "books"
interarrival = "1s"
routing-key = "orders"
message-size-by-class = { big = "5B" }
message-size = { uniform = ["5GiB", "6GiB"] }
"#,
        expect![[r#"
            error[unknown-class]: producer `books` has a message size for class `big`, which is not declared
             --> scenarios/orders.toml:5:27
              |
            5 | message-size-by-class = { big = "5B" }
              |                           ^^^
              |
              = note: no class is declared

            error[quantity-too-large]: a message of producer `books` has 5368709120 bytes
             --> scenarios/orders.toml:6:16
              |
            6 | message-size = { uniform = ["5GiB", "6GiB"] }
              |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: a message has at most 4294967295 bytes

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn counts_that_are_none() {
    says(
        r#"[[queue]]
name = "q"
count = 0
[[consumer]]
name = "worker"
count = "many"
queue = "orders"
service-time = "1ms"
"#,
        expect![[r#"
            error[number-out-of-range]: `count` of queue `q` must be between 1 and 100000, got 0
             --> scenarios/orders.toml:3:9
              |
            3 | count = 0
              |         ^

            error[wrong-type]: `count` of consumer `worker` must be an integer, got the string "many"
             --> scenarios/orders.toml:6:9
              |
            6 | count = "many"
              |         ^^^^^^
              |
              = help: for example `count = 100`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_in_a_table_for_many_is_said_once() {
    says(
        r#"[[consumer]]
name = "worker"
count = 100
queue = "order"
service-time = "1"
prefetch = 5
"#,
        expect![[r#"
            error[unknown-queue]: consumer `worker-1` reads from `order`, which is not declared
             --> scenarios/orders.toml:4:9
              |
            4 | queue = "order"
              |         ^^^^^^^
              |
              = help: did you mean `orders` (line 9)?
              = note: known queues: `orders`

            error[duration-without-unit]: a duration needs a unit, got `1`
             --> scenarios/orders.toml:5:16
              |
            5 | service-time = "1"
              |                ^^^
              |
              = help: write "1ms"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a consumer has no key `prefetch`
             --> scenarios/orders.toml:6:1
              |
            6 | prefetch = 5
              | ^^^^^^^^
              |
              = help: write `prefetch-count = 10`
              = note: the keys of a consumer are `ack-batch-delay`, `ack-batch`, `acknowledge`, `arguments`, `bandwidth`, `channel`, `concurrency`, `connection`, `count`, `declare`, `downstream`, `exclusive`, `failure-probability`, `failure`, `idempotent`, `nack`, `name`, `outcome-by-class`, `outcome`, `prefetch-count`, `prefetch-global`, `queue`, `restart-after`, `resubscribe-delay`, `retry-attempts-max`, `retry-backoff`, `retry-delay-max`, `retry-delay`, `schedule`, `service-time-by-class`, `service-time`, `speed`, `start`, `stop`, `warm-up-speed`, `warm-up`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_setting_for_one_of_many_that_is_not_there() {
    says(
        r#"[[consumer]]
name = "worker"
count = 2
queue = "orders"
service-time = "1ms"
[[variant]]
name = "three"
set = { "consumer.worker-3.speed" = 2 }
"#,
        expect![[r#"
            error[address-matches-nothing]: `consumer.worker-3.speed` matches nothing: no consumer is named `worker-3`
             --> scenarios/orders.toml:8:9
              |
            8 | set = { "consumer.worker-3.speed" = 2 }
              |         ^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `worker-1`?
              = note: declared are `worker-1`, `worker-2`, `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn rates_that_are_none() {
    says(
        r#"[[producer]]
name = "a"
routing-key = "orders"
rate = 50
[[producer]]
name = "b"
routing-key = "orders"
rate = "0/s"
[[producer]]
name = "c"
routing-key = "orders"
rate = [{ at = "1s", rate = "5/s" }]
[[producer]]
name = "d"
routing-key = "orders"
rate = [{ at = "0s", rate = "5/day" }, { from = "5s", rate = "1/s" }]
[[producer]]
name = "e"
routing-key = "orders"
rate = [{ at = "0s", rate = "5/s" }, { at = "5s", rate = "1/s" }]
rate-period = "5s"
[[producer]]
name = "f"
routing-key = "orders"
rate = "5/dya"
"#,
        expect![[r#"
            error[rate-without-unit]: a rate needs a unit, got `50`
             --> scenarios/orders.toml:4:8
              |
            4 | rate = 50
              |        ^^
              |
              = help: write "50/s"; the units are /ns, /us, /ms, /s, /min, /h

            error[number-out-of-range]: the rate of producer `b` is 0, so that nothing is ever published
             --> scenarios/orders.toml:8:8
              |
            8 | rate = "0/s"
              |        ^^^^^

            error[unordered-instants]: the points of a rate are in order of time: the first one is at 0s, got 1s
              --> scenarios/orders.toml:12:16
               |
            12 | rate = [{ at = "1s", rate = "5/s" }]
               |                ^^^^
               |
               = help: for example `rate = [{ at = "0s", rate = "10/s" }, { at = "1min", rate = "50/s" }]`

            error[missing-key]: `rate` of producer `d` needs tables with `at` and `rate`
              --> scenarios/orders.toml:16:8
               |
            16 | rate = [{ at = "0s", rate = "5/day" }, { from = "5s", rate = "1/s" }]
               |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
               |
               = help: for example `rate = [{ at = "0s", rate = "10/s" }, { at = "1min", rate = "50/s" }]`

            error[empty-period]: the rate of producer `e` begins anew after 5s, but its last point is at 5s
              --> scenarios/orders.toml:21:15
               |
            20 | rate = [{ at = "0s", rate = "5/s" }, { at = "5s", rate = "1/s" }]
               |        ---------------------------------------------------------- the points are here
            21 | rate-period = "5s"
               |               ^^^^
               |
               = help: raise `rate-period` above 5s

            error[unknown-unit]: a rate has no unit `/dya`, got `5/dya`
              --> scenarios/orders.toml:25:8
               |
            25 | rate = "5/dya"
               |        ^^^^^^^
               |
               = note: the units are /ns, /us, /ms, /s, /min, /h

            6 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn bursts_that_are_none() {
    says(
        r#"[[producer]]
name = "a"
routing-key = "orders"
rate = "50/s"
bursts = { on = "0s", off = "1s" }
[[producer]]
name = "b"
routing-key = "orders"
rate = [{ at = "0s", rate = "5/s" }, { at = "5s", rate = "1/s" }]
bursts = { on = "1s", off = "1s" }
[[producer]]
name = "c"
routing-key = "orders"
interarrival = "1s"
bursts = { on = "1s" }
"#,
        expect![[r#"
            error[number-out-of-range]: bursts of producer `a` last no time, so that nothing is ever published
             --> scenarios/orders.toml:5:10
              |
            5 | bursts = { on = "0s", off = "1s" }
              |          ^^^^^^^^^^^^^^^^^^^^^^^^^

            error[conflicting-keys]: producer `b` has `bursts` of a rate that changes
              --> scenarios/orders.toml:10:1
               |
             9 | rate = [{ at = "0s", rate = "5/s" }, { at = "5s", rate = "1/s" }]
               | ---- the rate is here
            10 | bursts = { on = "1s", off = "1s" }
               | ^^^^^^
               |
               = help: take a single rate, or make the pauses points of the rate

            error[missing-key]: `bursts` of producer `c` needs tables with `on` and `off`
              --> scenarios/orders.toml:15:10
               |
            15 | bursts = { on = "1s" }
               |          ^^^^^^^^^^^^^
               |
               = help: for example `bursts = { on = "1s", off = { exponential = "9s" } }`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn paces_that_exclude_each_other_and_lack_something() {
    says(
        r#"[[producer]]
name = "a"
routing-key = "orders"
rate = "50/s"
interarrival = "1s"
[[producer]]
name = "b"
routing-key = "orders"
think-time = "1s"
spacing = "even"
"#,
        expect![[r#"
            error[conflicting-keys]: producer `a` has `interarrival` and `rate`
             --> scenarios/orders.toml:4:1
              |
            4 | rate = "50/s"
              | ^^^^
            5 | interarrival = "1s"
              | ------------ the other key is here
              |
              = help: take out one of them

            error[missing-key]: producer `b` has `think-time`, but no `confirms`
             --> scenarios/orders.toml:9:1
              |
            9 | think-time = "1s"
              | ^^^^^^^^^^
              |
              = help: add `confirms = true`

            error[missing-key]: producer `b` has `think-time`, but no `max-in-flight`
             --> scenarios/orders.toml:9:1
              |
            9 | think-time = "1s"
              | ^^^^^^^^^^
              |
              = help: add `max-in-flight = 10`

            error[missing-key]: producer `b` has `spacing`, but no `rate`
              --> scenarios/orders.toml:10:1
               |
            10 | spacing = "even"
               | ^^^^^^^
               |
               = help: add `rate = "50/s"`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn recorded_arrivals_out_of_order() {
    says(
        r#"[[producer]]
name = "a"
routing-key = "orders"
replay = [{ at = "2s" }, { at = "1s" }]
[[producer]]
name = "b"
routing-key = "orders"
replay = [{ at = "2s", size = "1kB" }, { at = "3s" }]
"#,
        expect![[r#"
            error[unordered-instants]: recorded arrivals are in order of time, got 1s after 2s
             --> scenarios/orders.toml:4:10
              |
            4 | replay = [{ at = "2s" }, { at = "1s" }]
              |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: sort the rows by their instants

            error[missing-key]: `replay` of producer `b` needs tables with `at` and `size`
             --> scenarios/orders.toml:8:10
              |
            8 | replay = [{ at = "2s", size = "1kB" }, { at = "3s" }]
              |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `replay = { file = "trace.csv", at = "time", unit = "ms" }`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn data_files_that_cannot_be_read() {
    let files = |name: &str| match name {
        "empty.csv" => Ok("time\n".to_owned()),
        "wrong.csv" => Ok("time,size\n5ms,4\n6,5\nsoon,6\n".to_owned()),
        _ => Err("there is none".to_owned()),
    };
    let mut said = String::new();
    for replay in [
        r#"{ file = "none.csv" }"#,
        r#"{ file = "empty.csv", at = "time" }"#,
        r#"{ file = "wrong.csv" }"#,
        r#"{ file = "wrong.csv", at = "time", sise = "size" }"#,
        r#"{ file = "wrong.csv", at = "time" }"#,
        r#"{ file = "wrong.csv", at = "time", unit = "ms", size-unit = "B" }"#,
        r#"{ file = "wrong.csv", at = "time", unit = "days", size-unit = "B" }"#,
    ] {
        let text = format!(
            "[[queue]]\nname = \"q\"\n[[producer]]\nname = \"p\"\nrouting-key = \"q\"\nreplay = {replay}\n"
        );
        let wrong = amqpsim::scenario::load_with_files("a.toml", &text, &[], &files).unwrap_err();
        said.push_str(&wrong.render(amqpsim::scenario::Paint::Plain));
        said.push('\n');
    }
    expect![[r#"
        error[unreadable-data]: cannot read none.csv: there is none
         --> a.toml:6:10
          |
        6 | replay = { file = "none.csv" }
          |          ^^^^^^^^^^^^^^^^^^^^^

        1 error in a.toml

        error[unreadable-data]: cannot read empty.csv: there is nothing behind its first line
         --> a.toml:6:10
          |
        6 | replay = { file = "empty.csv", at = "time" }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        1 error in a.toml

        error[unreadable-data]: cannot read wrong.csv: it has no column `at`
         --> a.toml:6:10
          |
        6 | replay = { file = "wrong.csv" }
          |          ^^^^^^^^^^^^^^^^^^^^^^
          |
          = note: its first line names `time`, `size`

        1 error in a.toml

        error[unreadable-data]: cannot read wrong.csv: there is no setting `sise`
         --> a.toml:6:10
          |
        6 | replay = { file = "wrong.csv", at = "time", sise = "size" }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = note: known are `at`, `unit`, `size`, `size-unit`, `file`

        1 error in a.toml

        error[unreadable-data]: cannot read wrong.csv: line 2 has `4`, which is a number without a unit
         --> a.toml:6:10
          |
        6 | replay = { file = "wrong.csv", at = "time" }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: say what the numbers are: `size-unit = "B"`

        1 error in a.toml

        error[unreadable-data]: cannot read wrong.csv: line 4 has `soon`, which is no amount
         --> a.toml:6:10
          |
        6 | replay = { file = "wrong.csv", at = "time", unit = "ms", size-unit = "B" }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        1 error in a.toml

        error[unreadable-data]: cannot read wrong.csv: line 3 has `6`, which is in a unit that is not known
         --> a.toml:6:10
          |
        6 | replay = { file = "wrong.csv", at = "time", unit = "days", size-unit = "B" }
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: say what the numbers are: `unit = "ms"`

        1 error in a.toml

    "#]]
    .assert_eq(&said);
}

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

#[test]
fn what_never_comes_back_is_not_published_again() {
    says(
        r#"[[producer]]
name = "books"
routing-key = "orders"
interarrival = "1s"
republish = "unconfirmed-or-returned"
"#,
        expect![[r#"
            error[missing-key]: producer `books` publishes again what comes back, but is not `mandatory`
             --> scenarios/orders.toml:5:1
              |
            5 | republish = "unconfirmed-or-returned"
              | ^^^^^^^^^
              |
              = help: add `mandatory = true`
              = note: only mandatory messages come back

            error[missing-key]: producer `books` publishes again, but has no `confirms`
             --> scenarios/orders.toml:5:1
              |
            5 | republish = "unconfirmed-or-returned"
              | ^^^^^^^^^
              |
              = help: add `confirms = true`
              = note: only confirms tell which messages the broker has

            2 errors in scenarios/orders.toml
        "#]],
    );
}
