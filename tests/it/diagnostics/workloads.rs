//! Messages that differ, and many producers or consumers in one table.

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
