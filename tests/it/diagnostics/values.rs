//! Quantities and numbers.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

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
              = help: for example `{ exponential = "2ms" }`

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
              = note: known are `constant`, `uniform`, `exponential`, `erlang`, `gamma`, `hyperexponential`, `lognormal`, `normal`, `pareto`, `weibull`, `empirical`, `mixture`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn distribution_with_parameters_of_no_form() {
    says(
        r#"[link]
latency = { lognormal = { mean = "1ms", sigma = 2 } }
"#,
        expect![[r#"
            error[malformed-distribution]: a lognormal distribution is given by `mean` and `cv`, or by `median` and `sigma`, got { mean = "1ms", sigma = 2 }
             --> scenarios/orders.toml:2:25
              |
            2 | latency = { lognormal = { mean = "1ms", sigma = 2 } }
              |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `{ lognormal = { mean = "20ms", cv = 0.5 } }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn distribution_that_cannot_be() {
    says(
        r#"[disk]
write-time = { hyperexponential = { mean = "1ms", cv = 0.5 } }
sync-time = { normal = { mean = "1ms", cv = 2 } }
"#,
        expect![[r#"
            error[impossible-distribution]: a hyperexponential distribution has a cv of 1 or more, got 0.5
             --> scenarios/orders.toml:2:35
              |
            2 | write-time = { hyperexponential = { mean = "1ms", cv = 0.5 } }
              |                                   ^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: take `gamma`, `lognormal` or `erlang` for a cv below 1

            error[impossible-distribution]: a normal distribution that is cut off at 0 has a cv below 1, got 2
             --> scenarios/orders.toml:3:24
              |
            3 | sync-time = { normal = { mean = "1ms", cv = 2 } }
              |                        ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: take `lognormal` or `gamma`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn distribution_with_a_parameter_out_of_its_range() {
    says(
        r#"[disk]
write-time = { gamma = { mean = "0ms", cv = -1 } }
sync-time = { erlang = { mean = "1ms", stages = 2.5 } }
"#,
        expect![[r#"
            error[number-out-of-range]: `mean` must be above 0
             --> scenarios/orders.toml:2:33
              |
            2 | write-time = { gamma = { mean = "0ms", cv = -1 } }
              |                                 ^^^^^

            error[number-out-of-range]: `cv` must be between 0.001 and 1000, got -1
             --> scenarios/orders.toml:2:45
              |
            2 | write-time = { gamma = { mean = "0ms", cv = -1 } }
              |                                             ^^

            error[number-out-of-range]: `stages` is a whole number, got 2.5
             --> scenarios/orders.toml:3:49
              |
            3 | sync-time = { erlang = { mean = "1ms", stages = 2.5 } }
              |                                                 ^^^

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn distribution_with_parameters_of_wrong_types() {
    says(
        r#"[disk]
write-time = { weibull = { mean = "1ms", cv = "much" } }
sync-time = { hyperexponential = { means = [], weights = 3 } }
"#,
        expect![[r#"
            error[wrong-type]: `cv` is a number, got the string "much"
             --> scenarios/orders.toml:2:47
              |
            2 | write-time = { weibull = { mean = "1ms", cv = "much" } }
              |                                               ^^^^^^

            error[malformed-distribution]: `means` is a list with at least one value, got []
             --> scenarios/orders.toml:3:44
              |
            3 | sync-time = { hyperexponential = { means = [], weights = 3 } }
              |                                            ^^
              |
              = help: for example `means = ["1ms", "2ms"]`

            error[malformed-distribution]: `weights` is a list with at least one value, got 3
             --> scenarios/orders.toml:3:58
              |
            3 | sync-time = { hyperexponential = { means = [], weights = 3 } }
              |                                                          ^
              |
              = help: for example `weights = [9, 1]`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn empirical_distribution_and_mixture_without_values() {
    says(
        r#"[disk]
write-time = { empirical = [] }
sync-time = { mixture = [{ weight = 1, law = "1ms" }] }
"#,
        expect![[r#"
            error[malformed-distribution]: an empirical distribution is a list of values, got []
             --> scenarios/orders.toml:2:28
              |
            2 | write-time = { empirical = [] }
              |                            ^^
              |
              = help: for example `{ empirical = ["1ms", "2ms"] }`

            error[malformed-distribution]: a mixture is a list of distributions, each with `weight` and `of`, got [{ weight = 1, law = "1ms" }]
             --> scenarios/orders.toml:3:25
              |
            3 | sync-time = { mixture = [{ weight = 1, law = "1ms" }] }
              |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: for example `{ mixture = [{ weight = 9, of = "1ms" }, { weight = 1, of = { exponential = "2ms" } }] }`

            2 errors in scenarios/orders.toml
        "#]],
    );
}
