//! Checks and their bounds.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

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
            error[missing-key]: measure `sojourn-p95` is one of a consumer, a queue or a producer, got none
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
              = help: take out the key that names an entity

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
