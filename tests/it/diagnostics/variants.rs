//! Variants, settings and their addresses.

use expect_test::expect;

use super::{says, says_of_set};

#[test]
fn a_variant_names_nothing() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
"#,
        expect![[r#"
            error[address-matches-nothing]: `consumer.biling.speed` matches nothing: no consumer is named `biling`
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `billing`?
              = note: declared are `billing`

            error[address-matches-nothing]: `connection.*.latency` matches nothing: no connection is declared
             --> scenarios/orders.toml:3:38
              |
            3 | set = { "consumer.biling.speed" = 2, "connection.*.latency" = "1ms" }
              |                                      ^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: declare one with `[[connection]]`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_variant_has_malformed_addresses() {
    says(
        r#"[[variant]]
name = "fast"
set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
"#,
        expect![[r#"
            error[malformed-address]: `broker` is too short for an address
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |         ^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[malformed-address]: `consumer..speed` is not an address
             --> scenarios/orders.toml:3:23
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                       ^^^^^^^^^^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[malformed-address]: no address leads to a binding
             --> scenarios/orders.toml:3:46
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                              ^^^^^^^^^^^^^^^^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            error[unknown-table]: a scenario has no table `quue`
             --> scenarios/orders.toml:3:71
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                                                       ^^^^^^^^^^^^^^^^
              |
              = help: did you mean `queue`?
              = note: the tables of a scenario are `binding`, `broker`, `channel`, `check`, `class`, `classic-store`, `client`, `cluster`, `connection`, `consumer`, `disk`, `downstream`, `exchange`, `experiment`, `fault`, `link`, `policy`, `producer`, `queue`, `quorum-store`, `replication`, `user`, `variant`, `vhost`

            error[malformed-address]: `` is not an address
             --> scenarios/orders.toml:3:96
              |
            3 | set = { "broker" = 2, "consumer..speed" = 1, "binding.a.queue" = "x", "quue.a.durable" = true, "" = 1 }
              |                                                                                                ^^
              |
              = help: an address is TABLE.NAME.KEY, as in "consumer.slow.prefetch-count", or TABLE.KEY, as in "broker.profile"

            5 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_address_outside_of_quotes() {
    says(
        r#"[[variant]]
name = "fast"
set = { consumer.billing.speed = 2 }
"#,
        expect![[r#"
            error[malformed-address]: `consumer` is a part of an address
             --> scenarios/orders.toml:3:9
              |
            3 | set = { consumer.billing.speed = 2 }
              |         ^^^^^^^^
              |
              = help: write the whole address in quotes, as in "consumer.NAME.KEY" = 1
              = note: a dot outside of quotes begins a table of TOML

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_name_cannot_be_set() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.billing.name" = "other" }
"#,
        expect![[r#"
            error[name-cannot-be-set]: `consumer.billing.name` is a name, which cannot be set
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.billing.name" = "other" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: a name selects random streams, and references go to it

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_setting_inside_a_value() {
    says(
        r#"[[variant]]
name = "fast"
set = { "consumer.billing.queue.name" = "other" }
"#,
        expect![[r#"
            error[set-inside-value]: `consumer.billing.queue.name` goes on behind `queue`, which is the string "orders"
             --> scenarios/orders.toml:3:9
              |
            3 | set = { "consumer.billing.queue.name" = "other" }
              |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: the value is on line 15

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_variants_of_one_name() {
    says(
        r#"[[variant]]
name = "fast"
[[variant]]
name = "fast"
"#,
        expect![[r#"
            error[duplicate-name]: two variants are named `fast`
             --> scenarios/orders.toml:4:8
              |
            2 | name = "fast"
              |        ------ first used here
            3 | [[variant]]
            4 | name = "fast"
              |        ^^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_of_one_variant_says_which() {
    says(
        r#"[[fault.broker-restart]]
at = "90s"
lasts = "1s"
[[variant]]
name = "long"
[[variant]]
name = "short"
set = { "replication.duration" = "60s" }
"#,
        expect![[r#"
            error[fault-after-end]: a broker restart comes at 90s, but the replication ends at 60s
             --> scenarios/orders.toml:2:6
              |
            2 | at = "90s"
              |      ^^^^^
            ...
            8 | set = { "replication.duration" = "60s" }
              |                                  ----- the replication ends here
              |
              = help: raise `duration` above 90s or move the fault before 60s
              = note: in variant `short`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_in_the_settings_of_a_variant() {
    says(
        r#"[[variant]]
name = "long"
[[variant]]
name = "short"
set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `60`
             --> scenarios/orders.toml:5:34
              |
            5 | set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
              |                                  ^^^^
              |
              = help: write "60s"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a consumer has no key `sped`
             --> scenarios/orders.toml:5:40
              |
            5 | set = { "replication.duration" = "60", "consumer.*.sped" = 2 }
              |                                        ^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `speed`?
              = note: the keys of a consumer are `ack-batch-delay`, `ack-batch`, `acknowledge`, `arguments`, `bandwidth`, `channel`, `concurrency`, `connection`, `count`, `declare`, `downstream`, `exclusive`, `failure-probability`, `failure`, `idempotent`, `nack`, `name`, `outcome-by-class`, `outcome`, `prefetch-count`, `prefetch-global`, `queue`, `restart-after`, `resubscribe-delay`, `retry-attempts-max`, `retry-backoff`, `retry-delay-max`, `retry-delay`, `schedule`, `service-time-by-class`, `service-time`, `speed`, `start`, `stop`, `warm-up-speed`, `warm-up`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_mistake_of_all_variants_comes_once() {
    says(
        r#"[link]
latency = 5
[[variant]]
name = "a"
[[variant]]
name = "b"
"#,
        expect![[r#"
            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:2:11
              |
            2 | latency = 5
              |           ^
              |
              = help: write "5ms"; the units are ns, us, ms, s, min, h

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn several_mistakes_come_in_the_order_of_the_file() {
    says(
        r#"[replication]
seed = -1
[[consumer]]
name = "audit"
queue = "tasks"
service-time = 5
[[queue]]
name = "mail"
durabel = true
"#,
        expect![[r#"
            error[number-out-of-range]: `seed` of a replication must be 0 or more, got -1
             --> scenarios/orders.toml:2:8
              |
            2 | seed = -1
              |        ^^

            error[unknown-queue]: consumer `audit` reads from `tasks`, which is not declared
             --> scenarios/orders.toml:5:9
              |
            5 | queue = "tasks"
              |         ^^^^^^^
              |
              = note: known queues: `mail`, `orders`

            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:6:16
              |
            6 | service-time = 5
              |                ^
              |
              = help: write "5ms"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a queue has no key `durabel`
             --> scenarios/orders.toml:9:1
              |
            9 | durabel = true
              | ^^^^^^^
              |
              = help: did you mean `durable`?
              = note: the keys of a queue are `arguments`, `auto-delete`, `count`, `durable`, `exclusive`, `name`, `vhost`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn settings_of_the_command_line_have_places_of_their_own() {
    says_of_set(
        &["consumer.billing.sped=2", "replication.duration = 60", "consumer.billing", "link.latency"],
        expect![[r#"
            error[unknown-key]: a consumer has no key `sped`
             --> --set:1:1
              |
            1 | consumer.billing.sped=2
              | ^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `speed`?
              = note: the keys of a consumer are `ack-batch-delay`, `ack-batch`, `acknowledge`, `arguments`, `bandwidth`, `channel`, `concurrency`, `connection`, `count`, `declare`, `downstream`, `exclusive`, `failure-probability`, `failure`, `idempotent`, `nack`, `name`, `outcome-by-class`, `outcome`, `prefetch-count`, `prefetch-global`, `queue`, `restart-after`, `resubscribe-delay`, `retry-attempts-max`, `retry-backoff`, `retry-delay-max`, `retry-delay`, `schedule`, `service-time-by-class`, `service-time`, `speed`, `start`, `stop`, `warm-up-speed`, `warm-up`

            error[duration-without-unit]: a duration needs a unit, got `60`
             --> --set:1:24
              |
            1 | replication.duration = 60
              |                        ^^
              |
              = help: write "60s"; the units are ns, us, ms, s, min, h

            error[malformed-address]: `--set` needs ADDRESS=VALUE, got `consumer.billing`
             --> --set:1:1
              |
            1 | consumer.billing
              | ^^^^^^^^^^^^^^^^
              |
              = help: for example `--set consumer.slow.prefetch-count=1`

            error[malformed-address]: `--set` needs ADDRESS=VALUE, got `link.latency`
             --> --set:1:1
              |
            1 | link.latency
              | ^^^^^^^^^^^^
              |
              = help: for example `--set consumer.slow.prefetch-count=1`

            4 errors in scenarios/orders.toml
        "#]],
    );
}
