//! Names, and what they refer to.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

#[test]
fn empty_name() {
    says(
        r#"[[queue]]
name = ""
"#,
        expect![[r#"
            error[empty-name]: `name` of a queue is empty
             --> scenarios/orders.toml:2:8
              |
            2 | name = ""
              |        ^^
              |
              = help: for example `name = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn name_too_long() {
    says(
        &format!("[[queue]]\nname = \"{}\"\n", "a".repeat(256)),
        expect![[r#"
            error[name-too-long]: `name` of queue `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` has 256 bytes
             --> scenarios/orders.toml:2:8
              |
            2 | ... = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
              |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = note: names and routing keys of AMQP have at most 255 bytes
              = source: AMQP 0-9-1, section 4.2.5.3

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn empty_list() {
    says(
        r#"[[producer]]
name = "web"
routing-keys = []
interarrival = "1s"
"#,
        expect![[r#"
            error[empty-list]: `routing-keys` of producer `web` is empty
             --> scenarios/orders.toml:3:16
              |
            3 | routing-keys = []
              |                ^^
              |
              = help: for example `routing-keys = { pattern = "user-{key}", count = 1000 }`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn names_of_the_broker_are_reserved() {
    says(
        r#"[[queue]]
name = "amq.mine"
[[exchange]]
name = "amq.mine"
"#,
        expect![[r#"
            error[reserved-name]: queue `amq.mine` has a name that is reserved for the broker
             --> scenarios/orders.toml:2:8
              |
            2 | name = "amq.mine"
              |        ^^^^^^^^^^
              |
              = help: choose a name that does not start with `amq.`
              = note: RabbitMQ refuses such a declaration with 403 ACCESS_REFUSED
              = source: AMQP 0-9-1, section 1.7.2.1.2

            error[reserved-name]: exchange `amq.mine` has a name that is reserved for the broker
             --> scenarios/orders.toml:4:8
              |
            4 | name = "amq.mine"
              |        ^^^^^^^^^^
              |
              = help: choose a name that does not start with `amq.`
              = note: RabbitMQ refuses such a declaration with 403 ACCESS_REFUSED
              = source: AMQP 0-9-1, section 1.7.2.1.2

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn the_default_class_is_there_already() {
    says(
        r#"[[class]]
name = "default"
every = 2
"#,
        expect![[r#"
            error[reserved-name]: class `default` is there already
             --> scenarios/orders.toml:2:8
              |
            2 | name = "default"
              |        ^^^^^^^^^
              |
              = help: choose another name; `service-time` is the service time of the default class

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_queues_of_one_name() {
    says(
        r#"[[queue]]
name = "orders"
"#,
        expect![[r#"
            error[duplicate-name]: two queues are named `orders`
             --> scenarios/orders.toml:5:8
              |
            2 | name = "orders"
              |        -------- first used here
            ...
            5 | name = "orders"
              |        ^^^^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_producers_of_one_name() {
    says(
        r#"[[producer]]
name = "shop"
routing-key = "orders"
interarrival = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: two producers are named `shop`
              --> scenarios/orders.toml:10:8
               |
             2 | name = "shop"
               |        ------ first used here
            ...
            10 | name = "shop"
               |        ^^^^^^ used again
               |
               = note: the name of a client selects its random streams, so two clients with one name would draw the same numbers

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_producer_and_a_consumer_of_one_name() {
    says(
        r#"[[consumer]]
name = "shop"
queue = "orders"
service-time = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: a producer and a consumer are named `shop`
              --> scenarios/orders.toml:2:8
               |
             2 | name = "shop"
               |        ^^^^^^ used again
            ...
            10 | name = "shop"
               |        ------ first used here
               |
               = note: the name of a client selects its random streams, so two clients with one name would draw the same numbers

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn two_faults_of_one_name() {
    says(
        r#"[[fault.broker-restart]]
name = "cut"
at = "1s"
lasts = "1s"
[[fault.connection-loss]]
name = "cut"
connection = "shop"
at = "1s"
lasts = "1s"
"#,
        expect![[r#"
            error[duplicate-name]: two faults are named `cut`
             --> scenarios/orders.toml:6:8
              |
            2 | name = "cut"
              |        ----- first used here
            ...
            6 | name = "cut"
              |        ^^^^^ used again

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_exchange_type() {
    says(
        r#"[[exchange]]
name = "logs"
type = "topics"
"#,
        expect![[r#"
            error[unknown-exchange-type]: there is no exchange type `topics`
             --> scenarios/orders.toml:3:8
              |
            3 | type = "topics"
              |        ^^^^^^^^
              |
              = help: did you mean `topic`?
              = note: known are `direct`, `fanout`, `topic`, `headers`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_profile() {
    says(
        r#"[broker]
profile = "rabbitmq-4"
"#,
        expect![[r#"
            error[unknown-profile]: there is no profile `rabbitmq-4`
             --> scenarios/orders.toml:2:11
              |
            2 | profile = "rabbitmq-4"
              |           ^^^^^^^^^^^^
              |
              = help: did you mean `rabbitmq-4.0`?
              = note: known are `rabbitmq-3.10`, `rabbitmq-3.13`, `rabbitmq-4.0`, `rabbitmq-4.3`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_property() {
    says(
        r#"[[check]]
property = "nothing-losst"
"#,
        expect![[r#"
            error[unknown-property]: there is no property `nothing-losst`
             --> scenarios/orders.toml:2:12
              |
            2 | property = "nothing-losst"
              |            ^^^^^^^^^^^^^^^
              |
              = help: did you mean `nothing-lost`?
              = note: known are `nothing-lost`, `nothing-processed-twice`, `prefetch-bound`, `fifo-per-queue`, `everything-processed`, `no-confirmed-message-lost`, `one-answer-per-publish`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_choice() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
acknowledge = "auto"
"#,
        expect![[r#"
            error[unknown-choice]: there is no moment to acknowledge `auto`
             --> scenarios/orders.toml:5:15
              |
            5 | acknowledge = "auto"
              |               ^^^^^^
              |
              = note: known are `after-processing`, `before-processing`, `automatic`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_measure() {
    says(
        r#"[[check]]
measure = "colour"
at-least = 1
"#,
        expect![[r#"
            error[unknown-measure]: there is no measure `colour`
             --> scenarios/orders.toml:2:11
              |
            2 | measure = "colour"
              |           ^^^^^^^^
              |
              = note: `amqpsim list measures` shows all measures

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_queue_suggests_a_near_one() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "order"
service-time = "1s"
"#,
        expect![[r#"
            error[unknown-queue]: consumer `audit` reads from `order`, which is not declared
             --> scenarios/orders.toml:3:9
              |
            3 | queue = "order"
              |         ^^^^^^^
              |
              = help: did you mean `orders` (line 7)?
              = note: known queues: `orders`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_exchange() {
    says(
        r#"[[producer]]
name = "web"
exchange = "logs"
interarrival = "1s"
"#,
        expect![[r#"
            error[unknown-exchange]: producer `web` publishes to exchange `logs`, which is not declared
             --> scenarios/orders.toml:3:12
              |
            3 | exchange = "logs"
              |            ^^^^^^
              |
              = note: no exchange is declared

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_client_binds_what_is_not_there() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "orders"
interarrival = "1s"
declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
"#,
        expect![[r#"
            error[unknown-queue]: producer `web` binds queue `oders`, which is not declared
             --> scenarios/orders.toml:5:21
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                     ^^^^^^^
              |
              = help: did you mean `orders` (line 8)?
              = note: known queues: `orders`

            error[unknown-exchange]: producer `web` binds to exchange `logs`, which is not declared
             --> scenarios/orders.toml:5:41
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                         ^^^^^^
              |
              = note: no exchange is declared

            error[missing-key]: an entry of `declare` has none of `queue`, `exchange` and `bind`
             --> scenarios/orders.toml:5:51
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                                   ^^^^^^^^^^^^^^^^^^^^
              |
              = help: write `{ queue = "orders" }`, `{ exchange = "logs" }` or `{ bind = "orders", exchange = "logs" }`

            error[wrong-type]: a declared queue is a table in braces, got the string "orders"
             --> scenarios/orders.toml:5:73
              |
            5 | declare = [{ bind = "oders", exchange = "logs" }, { exclusive = true }, "orders"]
              |                                                                         ^^^^^^^^
              |
              = help: write `{ queue = "orders" }`

            4 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_connection() {
    says(
        r#"[[fault.connection-loss]]
connection = "shp"
at = "1s"
lasts = "1s"
"#,
        expect![[r#"
            error[unknown-connection]: a connection loss hits connection `shp`, which is not there
             --> scenarios/orders.toml:2:14
              |
            2 | connection = "shp"
              |              ^^^^^
              |
              = help: did you mean `shop` (line 10)?
              = note: known connections: `shop`, `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_consumer() {
    says(
        r#"[[fault.consumer-crash]]
consumer = "biling"
at = "1s"
"#,
        expect![[r#"
            error[unknown-consumer]: a consumer crash hits consumer `biling`, which is not there
             --> scenarios/orders.toml:2:12
              |
            2 | consumer = "biling"
              |            ^^^^^^^^
              |
              = help: did you mean `billing` (line 14)?
              = note: known consumers: `billing`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_producer() {
    says(
        r#"[[class]]
name = "heavy"
every = 10
producer = "shops"
"#,
        expect![[r#"
            error[unknown-producer]: class `heavy` is for producer `shops`, which is not declared
             --> scenarios/orders.toml:4:12
              |
            4 | producer = "shops"
              |            ^^^^^^^
              |
              = help: did you mean `shop` (line 10)?
              = note: known producers: `shop`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_class() {
    says(
        r#"[[consumer]]
name = "audit"
queue = "orders"
service-time = "1s"
service-time-by-class = { heavy = "2s" }
"#,
        expect![[r#"
            error[unknown-class]: consumer `audit` has a service time for class `heavy`, which is not declared
             --> scenarios/orders.toml:5:27
              |
            5 | service-time-by-class = { heavy = "2s" }
              |                           ^^^^^
              |
              = note: no class is declared

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn unknown_fault() {
    says(
        r#"[[fault.earthquake]]
at = "1s"
[[fault.consumer-crsh]]
at = "1s"
"#,
        expect![[r#"
            error[unknown-fault]: there is no fault `earthquake`
             --> scenarios/orders.toml:1:9
              |
            1 | [[fault.earthquake]]
              |         ^^^^^^^^^^
              |
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            error[unknown-fault]: there is no fault `consumer-crsh`
             --> scenarios/orders.toml:3:9
              |
            3 | [[fault.consumer-crsh]]
              |         ^^^^^^^^^^^^^
              |
              = help: did you mean `[[fault.consumer-crash]]`?
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_without_a_kind() {
    says(
        r#"[[fault]]
at = "1s"
"#,
        expect![[r#"
            error[unknown-fault]: a fault needs a kind
             --> scenarios/orders.toml:1:1
              |
            1 | [[fault]]
              | ^^^^^^^^^
              |
              = help: for example `[[fault.consumer-crash]]`
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            1 error in scenarios/orders.toml
        "#]],
    );
}

/// What people write who know RabbitMQ, or another simulator.
#[test]
fn natural_mistakes_are_told_what_to_write_instead() {
    says(
        r#"[scenario]
name = "orders"
[classic-store]
preset = "classic"
[[queue]]
name = "tasks"
type = "quorum"
max_length = 1000
x-message-ttl = 5000
[[producer]]
name = "web"
queue = "orders"
routing-key = "orders"
interarrival = "1s"
"#,
        expect![[r#"
            error[unknown-table]: a scenario has no table `scenario`
             --> scenarios/orders.toml:1:2
              |
            1 | [scenario]
              |  ^^^^^^^^
              |
              = help: the keys of a scenario, such as `question`, stand at the head of the file; its name is the file's
              = note: the tables of a scenario are `binding`, `broker`, `channel`, `check`, `class`, `classic-store`, `client`, `cluster`, `connection`, `consumer`, `disk`, `downstream`, `exchange`, `experiment`, `fault`, `link`, `policy`, `producer`, `queue`, `quorum-store`, `replication`, `user`, `variant`, `vhost`

            error[unknown-choice]: there is no store `classic`
             --> scenarios/orders.toml:4:10
              |
            4 | preset = "classic"
              |          ^^^^^^^^^
              |
              = help: did you mean `rabbitmq-3.10-classic`, `rabbitmq-3.10-classic-v2`, `rabbitmq-3.13-classic-v1` or `rabbitmq-4-classic`?
              = note: known are `rabbitmq-3.10-classic`, `rabbitmq-3.10-classic-v2`, `rabbitmq-3.13-classic-v1`, `rabbitmq-4-classic`, `rabbitmq-quorum`, `sync-per-message`, `never-sync`

            error[unknown-key]: a queue has no key `type`
             --> scenarios/orders.toml:7:1
              |
            7 | type = "quorum"
              | ^^^^
              |
              = help: write `arguments = { x-queue-type = "quorum" }`
              = note: the keys of a queue are `arguments`, `auto-delete`, `count`, `durable`, `exclusive`, `name`, `vhost`

            error[unknown-key]: a queue has no key `max_length`
             --> scenarios/orders.toml:8:1
              |
            8 | max_length = 1000
              | ^^^^^^^^^^
              |
              = help: write `arguments = { x-max-length = 1000 }`
              = note: the keys of a queue are `arguments`, `auto-delete`, `count`, `durable`, `exclusive`, `name`, `vhost`

            error[unknown-key]: a queue has no key `x-message-ttl`
             --> scenarios/orders.toml:9:1
              |
            9 | x-message-ttl = 5000
              | ^^^^^^^^^^^^^
              |
              = help: write `arguments = { x-message-ttl = 60000 }`
              = note: the keys of a queue are `arguments`, `auto-delete`, `count`, `durable`, `exclusive`, `name`, `vhost`

            error[unknown-key]: a producer has no key `queue`
              --> scenarios/orders.toml:12:1
               |
            12 | queue = "orders"
               | ^^^^^
               |
               = help: write `routing-key = "orders"` with the queue's name, and no `exchange`
               = note: the keys of a producer are `after-consumer`, `app-id`, `bcc`, `bursts`, `cc`, `channel`, `confirms`, `connection`, `correlation-id`, `count`, `declare`, `exchange`, `expiration`, `headers`, `instances`, `interarrival`, `mandatory`, `max-in-flight`, `message-size-by-class`, `message-size`, `message-type`, `messages`, `name`, `persistent`, `priority`, `rate-period`, `rate-shape`, `rate`, `replay`, `reply-to`, `republish-attempts-max`, `republish-backoff`, `republish-delay-max`, `republish-delay`, `republish`, `routing-key-from`, `routing-key`, `routing-keys`, `spacing`, `start`, `stop`, `think-time`, `transaction-size`, `user-id`, `zipf`

            6 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_fault_with_its_kind_as_a_key() {
    says(
        r#"[[fault]]
kind = "power-loss"
at = "1s"
"#,
        expect![[r#"
            error[unknown-fault]: a fault needs a kind
             --> scenarios/orders.toml:1:1
              |
            1 | [[fault]]
              | ^^^^^^^^^
              |
              = help: write `[[fault.power-loss]]`, without the key
              = note: known are `consumer-crash`, `producer-crash`, `connection-loss`, `broker-restart`, `process-crash`, `power-loss`, `disk-loss`, `node-crash`, `queue-crash`, `alarm`

            1 error in scenarios/orders.toml
        "#]],
    );
}
