//! When producers publish: rates, bursts, recorded arrivals, and what is published again.

use expect_test::expect;

use super::says;

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
