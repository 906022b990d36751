//! What is wrong with the kind of study, or with how precise it is to be.

use expect_test::expect;

use super::says;

#[test]
fn a_terminating_study_has_no_warm_up() {
    says(
        "[replication]\nwarm-up = \"10s\"\n",
        expect![[r#"
        error[superfluous-key]: `warm-up` has no meaning for a terminating study
         --> scenarios/orders.toml:2:1
          |
        2 | warm-up = "10s"
          | ^^^^^^^
          |
          = help: take out `warm-up`

        1 error in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_warm_up_ends_before_the_replication() {
    let text = "[replication]\nstudy = \"steady-state\"\nduration = \"10s\"\nwarm-up = \"10s\"\n";
    says(
        text,
        expect![[r#"
        error[start-after-end]: the warm-up takes 10s, but the replication ends at 10s
         --> scenarios/orders.toml:4:11
          |
        3 | duration = "10s"
          |            ----- the replication ends here
        4 | warm-up = "10s"
          |           ^^^^^

        1 error in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_study_is_of_one_of_two_kinds() {
    says(
        "[replication]\nstudy = \"steady\"\n",
        expect![[r#"
            error[unknown-choice]: there is no study `steady`
             --> scenarios/orders.toml:2:9
              |
            2 | study = "steady"
              |         ^^^^^^^^
              |
              = help: did you mean `steady-state`?
              = note: known are `terminating`, `steady-state`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn replications_are_given_or_added() {
    says(
        "[replication]\nreplications = 30\nprecision = 0.02\n",
        expect![[r#"
        error[conflicting-keys]: there are as many replications as `replications` says, or as `precision` takes, got both
         --> scenarios/orders.toml:2:1
          |
        2 | replications = 30
          | ^^^^^^^^^^^^
        3 | precision = 0.02
          | --------- the precision is here
          |
          = help: take out `replications`; `replications-max` bounds their number

        1 error in scenarios/orders.toml
    "#]],
    );
    says(
        "[replication]\nreplications-max = 30\n",
        expect![[r#"
        error[superfluous-key]: `replications-max` has no meaning for a fixed number of replications
         --> scenarios/orders.toml:2:1
          |
        2 | replications-max = 30
          | ^^^^^^^^^^^^^^^^
          |
          = help: take out `replications-max`

        1 error in scenarios/orders.toml
    "#]],
    );
}

#[test]
fn a_precision_is_of_a_measure() {
    says(
        "[replication]\nprecision = 0.02\nprecision-of = \"sojourn-meen\"\n",
        expect![[r#"
        error[unknown-measure]: there is no measure `sojourn-meen`
         --> scenarios/orders.toml:3:16
          |
        3 | precision-of = "sojourn-meen"
          |                ^^^^^^^^^^^^^^
          |
          = help: did you mean `sojourn-mean`?
          = note: `amqpsim list measures` shows all measures

        1 error in scenarios/orders.toml
    "#]],
    );
    says(
        "[replication]\nprecision = 2\n",
        expect![[r#"
        error[number-out-of-range]: `precision` of a replication must be between 0 and 1, got 2
         --> scenarios/orders.toml:2:13
          |
        2 | precision = 2
          |             ^

        1 error in scenarios/orders.toml
    "#]],
    );
}
