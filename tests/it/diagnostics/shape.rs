//! Tables, keys and values that are not what they should be.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use amqpsim::scenario::{Paint, ScenarioBuilder, load};
use expect_test::expect;

use super::{says, says_alone, says_of_set};

#[test]
fn syntax_errors_come_several_at_once() {
    says(
        r#"a = 
[broker]
profile = rabbitmq
[[queue]
"#,
        expect![[r#"
            error[syntax]: string values must be quoted, expected literal string
             --> scenarios/orders.toml:1:5
              |
            1 | a = 
              |     ^

            error[syntax]: string values must be quoted, expected literal string
             --> scenarios/orders.toml:3:11
              |
            3 | profile = rabbitmq
              |           ^^^^^^^^

            error[syntax]: unclosed array table, expected `]`
             --> scenarios/orders.toml:4:9
              |
            4 | [[queue]
              |         ^

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_key_suggests_a_near_one() {
    says(
        r#"[[queue]]
name = "tasks"
durrable = true
"#,
        expect![[r#"
            error[unknown-key]: a queue has no key `durrable`
             --> scenarios/orders.toml:3:1
              |
            3 | durrable = true
              | ^^^^^^^^
              |
              = help: did you mean `durable`?
              = note: the keys of a queue are `arguments`, `auto-delete`, `count`, `durable`, `exclusive`, `name`, `vhost`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_key_at_the_head() {
    says(
        r#"questoin = "Who?"
"#,
        expect![[r#"
            error[unknown-key]: a scenario has no key `questoin`
             --> scenarios/orders.toml:1:1
              |
            1 | questoin = "Who?"
              | ^^^^^^^^
              |
              = help: did you mean `question`?
              = note: the keys of a scenario are `question`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_table() {
    says(
        r#"[[quue]]
name = "tasks"
"#,
        expect![[r#"
            error[unknown-table]: a scenario has no table `quue`
             --> scenarios/orders.toml:1:3
              |
            1 | [[quue]]
              |   ^^^^
              |
              = help: did you mean `queue`?
              = note: the tables of a scenario are `binding`, `broker`, `channel`, `check`, `class`, `classic-store`, `client`, `cluster`, `connection`, `consumer`, `disk`, `downstream`, `exchange`, `experiment`, `fault`, `link`, `policy`, `producer`, `queue`, `quorum-store`, `replication`, `user`, `variant`, `vhost`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn nodes_are_reserved() {
    says(
        r#"[[node]]
name = "rabbit@a"
[[queue]]
name = "tasks"
node = "rabbit@a"
"#,
        expect![[r#"
            error[reserved-key]: `node` is reserved for nodes that differ
             --> scenarios/orders.toml:1:3
              |
            1 | [[node]]
              |   ^^^^
              |
              = help: take it out; the nodes of a cluster are all alike, and `[cluster]` says how many there are: `nodes = 3`

            error[reserved-key]: `node` is reserved for nodes that differ
             --> scenarios/orders.toml:5:1
              |
            5 | node = "rabbit@a"
              | ^^^^
              |
              = help: take it out; the nodes of a cluster are all alike, and `[cluster]` says how many there are: `nodes = 3`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn missing_key() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
"#,
        expect![[r#"
            error[missing-key]: consumer `audit` has no `service-time`
             --> scenarios/orders.toml:1:1
              |
            1 | [[consumer]]
              | ^^^^^^^^^^^^
              |
              = help: add `service-time = { exponential = "15ms" }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn missing_name() {
    says(
        r#"[[queue]]
durable = true
"#,
        expect![[r#"
            error[missing-key]: a queue has no `name`
             --> scenarios/orders.toml:1:1
              |
            1 | [[queue]]
              | ^^^^^^^^^
              |
              = help: add `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn wrong_type() {
    says(
        r#"[[queue]]
name = "tasks"
durable = "yes"
arguments = 5
"#,
        expect![[r#"
            error[wrong-type]: `durable` of queue `tasks` must be a boolean, got the string "yes"
             --> scenarios/orders.toml:3:11
              |
            3 | durable = "yes"
              |           ^^^^^
              |
              = help: for example `durable = true`

            error[wrong-type]: `arguments` of queue `tasks` must be a table, got the integer 5
             --> scenarios/orders.toml:4:13
              |
            4 | arguments = 5
              |             ^
              |
              = help: for example `arguments = { x-max-length = 1000 }`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn list_in_place_of_a_text() {
    says(
        r#"[[queue]]
name = ["tasks"]
"#,
        expect![[r#"
            error[wrong-type]: `name` of a queue must be a string, got a list
             --> scenarios/orders.toml:2:8
              |
            2 | name = ["tasks"]
              |        ^^^^^^^^^
              |
              = help: for example `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn single_brackets() {
    says_alone(
        r#"[queue.tasks]
durable = true
"#,
        &[],
        expect![[r#"
            error[wrong-brackets]: `queue` needs double brackets, because there may be several
             --> scenarios/orders.toml:1:2
              |
            1 | [queue.tasks]
              |  ^^^^^
              |
              = help: write `[[queue]]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn double_brackets() {
    says(
        r#"[[broker]]
profile = "rabbitmq-4.0"
"#,
        expect![[r#"
            error[wrong-brackets]: `broker` needs single brackets, because there is only one
             --> scenarios/orders.toml:1:1
              |
            1 | [[broker]]
              | ^^^^^^^^^^
              |
              = help: write `[broker]`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_value_in_place_of_a_table() {
    says(
        r#"link = "2ms"
"#,
        expect![[r#"
            error[wrong-type]: a link is a table, got the string "2ms"
             --> scenarios/orders.toml:1:8
              |
            1 | link = "2ms"
              |        ^^^^^
              |
              = help: write `[link]` on a line of its own, and its keys below

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn nothing_happens() {
    says_alone(
        r#"question = "Why?"
"#,
        &[],
        expect![[r#"
            warning[empty-scenario]: nothing happens: there is no producer and no consumer
             |
             = help: add `[[producer]]` and `[[consumer]]`
        "#]],
    );
}

#[test]
fn more_classes_than_a_message_can_tell() {
    let text: String = (0..257)
        .fold(String::new(), |text, number| text + &format!("[[class]]\nname = \"c{number}\"\nevery = 2\n"));
    says(
        &text,
        expect![[r#"
            error[too-many-classes]: there are more than 255 classes
               --> scenarios/orders.toml:767:8
                |
            767 | name = "c255"
                |        ^^^^^^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn more_messages_than_can_be_numbered() {
    says_of_set(
        &["producer.shop.count=4294967296"],
        expect![[r#"
            error[number-out-of-range]: `count` of producer `shop` must be between 1 and 4294967295, got 4294967296
             --> --set:1:21
              |
            1 | producer.shop.count=4294967296
              |                     ^^^^^^^^^^

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn more_channels_than_a_connection_has() {
    let channels =
        (0..2048).map(|number| format!("[[channel]]\nname = \"c{number}\"\nconnection = \"app\"\n"));
    let text = channels.collect::<Vec<_>>().concat();
    says(
        &text,
        expect![[r#"
            error[too-many-channels]: connection `app` has more than 2047 channels
                --> scenarios/orders.toml:6143:8
                 |
            6143 | name = "c2047"
                 |        ^^^^^^^
                 |
                 = help: spread the clients over several connections
                 = source: rabbitmq.com/docs/channels

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_builder_has_no_places() {
    let built = ScenarioBuilder::new("orders")
        .queue("orders")
        .consumer("billing")
        .with("queue", "order")
        .with("service-time", 5)
        .build();
    expect![[r#"
        error[duration-without-unit]: a duration needs a unit, got `5`
         |
         = help: write "5ms"; the units are ns, us, ms, s, min, h

        error[unknown-queue]: consumer `billing` reads from `order`, which is not declared
         |
         = help: did you mean `orders`?
         = note: known queues: `orders`

        2 errors in orders
    "#]]
    .assert_eq(&built.unwrap_err().render(Paint::Plain));
}

#[test]
fn colours_are_only_for_terminals() {
    let diagnostics = load("a.toml", "colour = 1", &[]).unwrap_err();
    assert!(diagnostics.render(Paint::Coloured).contains("\u{1b}["));
    assert!(!diagnostics.render(Paint::Plain).contains('\u{1b}'));
}
