//! What a scenario's author reads when a fault's beginning, or a crash, is wrong.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

#[test]
fn a_fault_that_says_not_when() {
    says(
        r#"[[fault.broker-restart]]
lasts = "1s"
"#,
        expect![[r#"
            error[missing-key]: a broker restart has none of `at`, `every` and `when`
             --> scenarios/orders.toml:1:1
              |
            1 | [[fault.broker-restart]]
              | ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `at = "41s"`, or `every = { exponential = "10s" }`, or `when = { published = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_that_says_twice_when() {
    says(
        r#"[[fault.broker-restart]]
name = "restart"
at = "5s"
when = { queued = 10 }
lasts = "1s"
"#,
        expect![[r#"
            error[conflicting-keys]: broker restart `restart` has `at` and `when`
             --> scenarios/orders.toml:4:1
              |
            3 | at = "5s"
              | -- `at` is here
            4 | when = { queued = 10 }
              | ^^^^
              |
              = help: write two faults, one for each

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_period_beside_an_instant_or_a_condition() {
    says(
        r#"[[fault.broker-restart]]
at = "5s"
from = "1s"
lasts = "1s"
[[fault.connection-loss]]
connection = "shop"
when = { events = 5 }
until = "1s"
lasts = "1s"
"#,
        expect![[r#"
            error[superfluous-key]: `from` has no meaning for a fault with `at`
             --> scenarios/orders.toml:3:1
              |
            3 | from = "1s"
              | ^^^^
              |
              = help: take out `from`

            error[superfluous-key]: `until` has no meaning for a fault with `when`
             --> scenarios/orders.toml:8:1
              |
            8 | until = "1s"
              | ^^^^^
              |
              = help: take out `until`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_random_instant_that_is_always_after_the_end() {
    says(
        r#"[replication]
duration = "60s"
[[fault.broker-restart]]
at = { uniform = ["60s", "70s"] }
lasts = "1s"
"#,
        expect![[r#"
            error[fault-after-end]: a broker restart comes at 60s, but the replication ends at 60s
             --> scenarios/orders.toml:4:6
              |
            2 | duration = "60s"
              |            ----- the replication ends here
            3 | [[fault.broker-restart]]
            4 | at = { uniform = ["60s", "70s"] }
              |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: raise `duration` above 60s or move the fault before 60s

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_instant_without_a_unit() {
    says(
        r#"[[fault.broker-restart]]
at = 5
lasts = "1s"
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:2:6
              |
            2 | at = 5
              |      ^
              |
              = help: write "5s"; the units are ns, us, ms, s, min, h

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_that_comes_again_without_a_gap() {
    says(
        r#"[[fault.broker-restart]]
every = { constant = "0s" }
lasts = "1s"
"#,
        expect![[r#"
            error[number-out-of-range]: `every` of a broker restart must be above 0, or time would stand still
             --> scenarios/orders.toml:2:9
              |
            2 | every = { constant = "0s" }
              |         ^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `every = "10s"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_period_that_ends_before_it_begins() {
    says(
        r#"[[fault.broker-restart]]
every = "10s"
from = "30s"
until = "20s"
lasts = "1s"
[[fault.alarm]]
every = "10s"
until = "0s"
resource = "disk"
lasts = "1s"
"#,
        expect![[r#"
            error[empty-period]: a broker restart comes from 30s on until 20s, which is never
             --> scenarios/orders.toml:4:9
              |
            3 | from = "30s"
              |        ----- it begins here
            4 | until = "20s"
              |         ^^^^^
              |
              = help: raise `until` above 30s

            error[empty-period]: an alarm comes from 0s on until 0s, which is never
             --> scenarios/orders.toml:8:9
              |
            8 | until = "0s"
              |         ^^^^
              |
              = help: raise `until` above 0s

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_period_after_the_end() {
    says(
        r#"[replication]
duration = "60s"
[[fault.broker-restart]]
every = "10s"
from = "90s"
lasts = "1s"
"#,
        expect![[r#"
            error[fault-after-end]: a broker restart comes from 90s, but the replication ends at 60s
             --> scenarios/orders.toml:5:8
              |
            2 | duration = "60s"
              |            ----- the replication ends here
            ...
            5 | from = "90s"
              |        ^^^^^
              |
              = help: raise `duration` above 90s or move the fault before 60s

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_crash_that_comes_again_without_an_end() {
    says(
        r#"[[fault.consumer-crash]]
name = "killed"
consumer = "billing"
every = "10s"
"#,
        expect![[r#"
            error[missing-key]: consumer crash `killed` has `every`, but no `restart-after`: it would begin once
             --> scenarios/orders.toml:4:1
              |
            4 | every = "10s"
              | ^^^^^
              |
              = help: add `restart-after = "5s"`, or write `at` in place of `every`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_without_a_number() {
    says(
        r#"[[fault.broker-restart]]
when = { }
lasts = "1s"
"#,
        expect![[r#"
            error[missing-key]: a condition says nothing to wait for
             --> scenarios/orders.toml:2:8
              |
            2 | when = { }
              |        ^^^
              |
              = help: for example `when = { published = 1000 }`
              = note: it has one of `published`, `enqueued`, `delivered`, `confirmed`, `unconfirmed`, `acked`, `queued`, `syncing`, `events`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_with_two_numbers() {
    says(
        r#"[[fault.broker-restart]]
when = { published = 5, acked = 3 }
lasts = "1s"
"#,
        expect![[r#"
            error[conflicting-keys]: a condition has `published` and `acked`
             --> scenarios/orders.toml:2:25
              |
            2 | when = { published = 5, acked = 3 }
              |          ---------      ^^^^^
              |          |
              |          `published` is here
              |
              = help: write two faults, one for each
              = note: it has one of `published`, `enqueued`, `delivered`, `confirmed`, `unconfirmed`, `acked`, `queued`, `syncing`, `events`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_that_is_no_table() {
    says(
        r#"[[fault.broker-restart]]
when = 1000
lasts = "1s"
"#,
        expect![[r#"
            error[wrong-type]: a condition is a table in braces, got the integer 1000
             --> scenarios/orders.toml:2:8
              |
            2 | when = 1000
              |        ^^^^
              |
              = help: write `{ published = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_on_nothing() {
    says(
        r#"[[fault.broker-restart]]
when = { published = 0 }
lasts = "1s"
"#,
        expect![[r#"
            error[number-out-of-range]: `published` of a condition must be 1 or more, got 0
             --> scenarios/orders.toml:2:22
              |
            2 | when = { published = 0 }
              |                      ^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_on_something_unknown() {
    says(
        r#"[[fault.broker-restart]]
when = { publishd = 5 }
lasts = "1s"
"#,
        expect![[r#"
            error[unknown-key]: a condition has no key `publishd`
             --> scenarios/orders.toml:2:10
              |
            2 | when = { publishd = 5 }
              |          ^^^^^^^^
              |
              = help: did you mean `published`?
              = note: the keys of a condition are `acked`, `confirmed`, `delivered`, `enqueued`, `events`, `producer`, `published`, `queued`, `syncing`, `unconfirmed`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_condition_on_a_producer_that_is_not_there() {
    says(
        r#"[[fault.broker-restart]]
when = { published = 5, producer = "shopp" }
lasts = "1s"
"#,
        expect![[r#"
            error[unknown-producer]: a broker restart waits for producer `shopp`, which is not there
             --> scenarios/orders.toml:2:36
              |
            2 | when = { published = 5, producer = "shopp" }
              |                                    ^^^^^^^
              |
              = help: did you mean `shop` (line 9)?
              = note: known producers: `shop`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_beside_another_number_than_published() {
    says(
        r#"[[fault.broker-restart]]
when = { acked = 5, producer = "shop" }
lasts = "1s"
"#,
        expect![[r#"
            error[superfluous-key]: `producer` has no meaning for a condition with `acked`
             --> scenarios/orders.toml:2:21
              |
            2 | when = { acked = 5, producer = "shop" }
              |                     ^^^^^^^^
              |
              = help: take out `producer`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_crash_without_a_producer() {
    says(
        r#"[[fault.producer-crash]]
at = "5s"
"#,
        expect![[r#"
            error[missing-key]: a producer crash has no `producer`
             --> scenarios/orders.toml:1:1
              |
            1 | [[fault.producer-crash]]
              | ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: add `producer = "shop"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_crash_of_a_producer_that_is_not_there() {
    says(
        r#"[[fault.producer-crash]]
producer = "billing"
at = "5s"
"#,
        expect![[r#"
            error[unknown-producer]: a producer crash hits producer `billing`, which is not there
             --> scenarios/orders.toml:2:12
              |
            2 | producer = "billing"
              |            ^^^^^^^^^
              |
              = note: known producers: `shop`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_unknown_way_for_a_producer_to_crash() {
    says(
        r#"[[fault.producer-crash]]
producer = "shop"
at = "5s"
by = "process-exist"
"#,
        expect![[r#"
            error[unknown-choice]: there is no way to crash `process-exist`
             --> scenarios/orders.toml:4:6
              |
            4 | by = "process-exist"
              |      ^^^^^^^^^^^^^^^
              |
              = help: did you mean `process-exit`?
              = note: known are `process-exit`, `tcp-cut`

            1 error in scenarios/orders.toml
        "#]],
    );
}
