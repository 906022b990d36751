//! What is wrong with what a sweep varies.
#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use amqpsim::scenario::{Paint, grid};
use expect_test::{Expect, expect};

use super::RUNS;

fn says(set: &[&str], vary: &[&str], variant: Option<&str>, expected: Expect) {
    says_of(RUNS, set, vary, variant, expected);
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says_of(text: &str, set: &[&str], vary: &[&str], variant: Option<&str>, expected: Expect) {
    let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let said = match grid("scenarios/orders.toml", text, &owned(set), &owned(vary), variant, &|_| {
        Err("no files".to_owned())
    }) {
        Ok(grid) => grid.warnings.iter().map(|warning| warning.render(Paint::Plain)).collect(),
        Err(diagnostics) => diagnostics.render(Paint::Plain),
    };
    expected.assert_eq(&said);
}

#[test]
fn all_mistakes_are_told_at_once() {
    says(
        &["consumer.billing.speed=2"],
        &[
            "consumer.billing.prefetch-count=1,two,,1,70000",
            "consumer.biling.service-time=1ms,2ms",
            "consumer.billing.speed=1,2",
            "link.latncy=1ms,{ exponential = \"1ms\" }",
            "link.latency",
            "link.heartbeat=",
        ],
        Some("fast"),
        expect![[r#"
            error[unknown-variant]: there is no variant `fast`
             |
             = help: there are none; leave out `--variant`

            error[wrong-type]: `prefetch-count` of consumer `billing` must be an integer, got the string "two"
             --> --vary:1:35
              |
            1 | consumer.billing.prefetch-count=1,two,,1,70000
              |                                   ^^^
              |
              = help: for example `prefetch-count = 10`

            error[malformed-levels]: a value is missing
             --> --vary:1:39
              |
            1 | consumer.billing.prefetch-count=1,two,,1,70000
              |                                       ^
              |
              = help: write the values with commas between them, as in `1,10,100`

            error[malformed-levels]: the value `1` stands twice
             --> --vary:1:40
              |
            1 | consumer.billing.prefetch-count=1,two,,1,70000
              |                                        ^
              |
              = help: write the values with commas between them, as in `1,10,100`

            error[number-out-of-range]: `prefetch-count` of consumer `billing` must be between 0 and 65535, got 70000
             --> --vary:1:42
              |
            1 | consumer.billing.prefetch-count=1,two,,1,70000
              |                                          ^^^^^

            error[address-matches-nothing]: `consumer.biling.service-time` matches nothing: no consumer is named `biling`
             --> --vary:1:1
              |
            1 | consumer.biling.service-time=1ms,2ms
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `billing`?
              = note: declared are `billing`

            error[varied-twice]: `consumer.billing.speed` is set and varied
             --> --vary:1:1
              |
            1 | consumer.billing.speed=1,2
              | ^^^^^^^^^^^^^^^^^^^^^^
              |
             ::: --set:1:1
              |
            1 | consumer.billing.speed=2
              | ---------------------- here first
              |
              = help: leave out one of the two

            error[unknown-key]: a link has no key `latncy`
             --> --vary:1:1
              |
            1 | link.latncy=1ms,{ exponential = "1ms" }
              | ^^^^^^^^^^^
              |
              = help: did you mean `latency`?
              = note: the keys of a link are `heartbeat`, `latency`, `reconnect-attempts-max`, `reconnect-backoff`, `reconnect-delay-max`, `reconnect-delay`

            error[malformed-address]: `--vary` needs ADDRESS=VALUE,VALUE,…, got `link.latency`
             --> --vary:1:1
              |
            1 | link.latency
              | ^^^^^^^^^^^^
              |
              = help: for example `--vary consumer.*.prefetch-count=1,10,100`

            error[malformed-levels]: a value is missing
             --> --vary:1:16
              |
            1 | link.heartbeat=
              |                ^
              |
              = help: write the values with commas between them, as in `1,10,100`

            10 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_address_is_varied_once_and_not_in_vain() {
    says(
        &[],
        &["link.latency=1ms", "link.latency=2ms"],
        None,
        expect![[r#"
        error[varied-twice]: `link.latency` is varied twice
         --> --vary:1:1
          |
        1 | link.latency=2ms
          | ^^^^^^^^^^^^
          |
         ::: --vary:1:1
          |
        1 | link.latency=1ms
          | ------------ here first
          |
          = help: write all of its values in one `--vary`

        1 error in scenarios/orders.toml
    "#]],
    );
    says(
        &[],
        &["replication.seed=1,2", "link.latency=1ms,1000us"],
        None,
        expect![[r#"
        error[varied-in-vain]: varying `replication.seed` changes nothing that is simulated
         --> --vary:1:1
          |
        1 | replication.seed=1,2
          | ^^^^^^^^^^^^^^^^
          |
          = help: every point has the same seeds; `--seed` and `--replications` choose them

        error[varied-in-vain]: varying `link.latency` changes nothing that is simulated
         --> --vary:1:1
          |
        1 | link.latency=1ms,1000us
          | ^^^^^^^^^^^^
          |
          = help: leave it out

        2 errors in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_mistake_of_some_points_says_which() {
    let text = format!("[[fault.broker-restart]]\nat = \"30s\"\nlasts = \"1s\"\n{RUNS}");
    let vary = ["replication.duration=1s,1min", "consumer.billing.speed=1,2,3,4,5"];
    says_of(
        &text,
        &[],
        &vary,
        None,
        expect![[r#"
        error[fault-after-end]: a broker restart comes at 30s, but the replication ends at 1s
         --> scenarios/orders.toml:2:6
          |
        2 | at = "30s"
          |      ^^^^^
          |
         ::: --vary:1:22
          |
        1 | replication.duration=1s,1min
          |                      -- the replication ends here
          |
          = help: raise `duration` above 30s or move the fault before 1s
          = note: in points `replication.duration=1s, consumer.billing.speed=1`, `replication.duration=1s, consumer.billing.speed=2`, `replication.duration=1s, consumer.billing.speed=3`, `replication.duration=1s, consumer.billing.speed=4`, 1 more

        1 error in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_sweep_has_an_end() {
    let many: Vec<String> = (1..=101).map(|n| n.to_string()).collect();
    let [prefetch, latency] = ["consumer.*.prefetch-count=", "consumer.*.speed="]
        .map(|address| format!("{address}{}", many.join(",")));
    says(
        &[],
        &[&prefetch, &latency],
        None,
        expect![[r#"
        error[too-many-points]: 10201 points are more than 10000
         --> --vary:1:1
          |
        1 | consumer.*.speed=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42...
          | ^^^^^^^^^^^^^^^^
          |
          = help: vary fewer values at once

        1 error in scenarios/orders.toml
    "#]],
    );
}
