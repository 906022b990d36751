//! Exchanges, queues, bindings, arguments, and what operators set up.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use expect_test::expect;

use super::says;

#[test]
fn binding_to_two_destinations() {
    says(
        r#"[[exchange]]
name = "logs"
[[binding]]
exchange = "logs"
queue = "orders"
to-exchange = "logs"
"#,
        expect![[r#"
            error[conflicting-keys]: a binding goes to a queue or to an exchange, got both
             --> scenarios/orders.toml:6:1
              |
            5 | queue = "orders"
              | ----- the queue is here
            6 | to-exchange = "logs"
              | ^^^^^^^^^^^
              |
              = help: take out `queue` or `to-exchange`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_to_nothing() {
    says(
        r#"[[binding]]
exchange = "amq.topic"
"#,
        expect![[r#"
            error[missing-key]: a binding has neither `queue` nor `to-exchange`
             --> scenarios/orders.toml:1:1
              |
            1 | [[binding]]
              | ^^^^^^^^^^^
              |
              = help: add `queue = "orders"`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn one_channel_on_two_connections() {
    says(
        r#"[[channel]]
name = "app-1"
connection = "app"
[[producer]]
name = "web"
connection = "other"
channel = "app-1"
routing-key = "orders"
interarrival = "1s"
"#,
        expect![[r#"
            error[channel-on-two-connections]: channel `app-1` is on connection `app` already, got `other`
             --> scenarios/orders.toml:6:14
              |
            2 | name = "app-1"
              |        ------- first used here
            ...
            6 | connection = "other"
              |              ^^^^^^^
              |
              = help: give the channel another name
              = note: a channel lies on one connection

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_from_the_default_exchange() {
    says(
        r#"[[binding]]
exchange = ""
queue = "orders"
"#,
        expect![[r#"
            error[default-exchange-binding]: a binding comes from the default exchange
             --> scenarios/orders.toml:2:12
              |
            2 | exchange = ""
              |            ^^
              |
              = help: name an exchange; every queue is bound to the default exchange by its own name already
              = note: RabbitMQ refuses such a binding with 403 ACCESS_REFUSED
              = source: rabbitmq.com/docs/exchanges#default-exchange

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn binding_to_an_unknown_queue() {
    says(
        r#"[[binding]]
exchange = "amq.fanout"
queue = "tasks"
"#,
        expect![[r#"
            error[unknown-queue]: a binding goes to queue `tasks`, which no `[[queue]]` declares
             --> scenarios/orders.toml:3:9
              |
            3 | queue = "tasks"
              |         ^^^^^^^
              |
              = note: known queues: `orders`

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_transient_queue_needs_an_old_profile() {
    says(
        r#"[broker]
profile = "rabbitmq-4.3"
[[queue]]
name = "tasks"
durable = false
"#,
        expect![[r#"
            error[transient-queue]: queue `tasks` is neither durable nor exclusive, which rabbitmq-4.3 does not allow
             --> scenarios/orders.toml:5:11
              |
            2 | profile = "rabbitmq-4.3"
              |           -------------- the profile is chosen here
            ...
            5 | durable = false
              |           ^^^^^
              |
              = help: write `durable = true`, or `profile = "rabbitmq-3.10"` below `[broker]`
              = note: RabbitMQ refuses such a declaration with 541 INTERNAL_ERROR

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_argument_is_no_date() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-expires = 2026-01-01 }
"#,
        expect![[r#"
            error[unsupported-argument]: an argument of queue `tasks` cannot be a date
             --> scenarios/orders.toml:3:27
              |
            3 | arguments = { x-expires = 2026-01-01 }
              |                           ^^^^^^^^^^
              |
              = help: write it as a string, "2026-01-01", or as a number
              = note: arguments are strings, integers, numbers, booleans, lists and tables

            1 error in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_queue_that_nothing_is_routed_to() {
    says(
        r#"[[queue]]
name = "tasks"
[[consumer]]
name = "audit"
queue = "tasks"
service-time = "1s"
"#,
        expect![[r#"
            warning[unfed-queue]: consumer `audit` reads from `tasks`, which nothing is routed to
             --> scenarios/orders.toml:5:9
              |
            5 | queue = "tasks"
              |         ^^^^^^^
              |
              = help: bind the queue to an exchange, or publish to the default exchange with its name as routing key
        "#]],
    );
}

#[test]
fn a_routing_key_of_no_queue() {
    says(
        r#"[[producer]]
name = "web"
routing-key = "oders"
interarrival = "1s"
"#,
        expect![[r#"
            warning[unroutable-key]: producer `web` publishes to the default exchange with routing key `oders`, which is the name of no queue
             --> scenarios/orders.toml:3:15
              |
            3 | routing-key = "oders"
              |               ^^^^^^^
              |
              = help: did you mean `orders` (line 7)?
              = note: known queues: `orders`
        "#]],
    );
}

#[test]
fn what_operators_set_up() {
    says(
        r#"[[vhost]]
name = "/"

[[user]]
name = "app"
permissions = [{ vhost = "tenant", read = "(a" }, "all"]

[[policy]]
name = "short"
vhost = "tennant"
pattern = "x{2}"
definition = { max-length = 1 }
from = "5s"
until = "5s"
"#,
        expect![[r#"
            error[duplicate-name]: two virtual hosts are named `/`
             --> scenarios/orders.toml:2:8
              |
            2 | name = "/"
              |        ^^^ used again

            error[unknown-vhost]: user `app` has a permission in `tenant`, which is not there
             --> scenarios/orders.toml:6:26
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                          ^^^^^^^^
              |
              = note: known virtual hosts: `/`, `/`

            error[unreadable-pattern]: a pattern of user `app` cannot be read: `(a`
             --> scenarios/orders.toml:6:43
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                                           ^^^^
              |
              = help: for example `^orders\.`
              = note: patterns are made of literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^` and `$`

            error[wrong-type]: a permission is a table in braces, got the string "all"
             --> scenarios/orders.toml:6:51
              |
            6 | permissions = [{ vhost = "tenant", read = "(a" }, "all"]
              |                                                   ^^^^^
              |
              = help: write `{ vhost = "tenant" }`

            error[unknown-vhost]: policy `short` lies in virtual host `tennant`, which is not there
              --> scenarios/orders.toml:10:9
               |
            10 | vhost = "tennant"
               |         ^^^^^^^^^
               |
               = note: known virtual hosts: `/`, `/`

            error[unreadable-pattern]: a pattern of policy `short` cannot be read: `x{2}`
              --> scenarios/orders.toml:11:11
               |
            11 | pattern = "x{2}"
               |           ^^^^^^
               |
               = help: for example `^orders\.`
               = note: patterns are made of literals, `.`, `[…]`, `(…)`, `|`, `*`, `+`, `?`, `^` and `$`

            error[stop-before-start]: policy `short` is taken away at 5s, but not set before 5s
              --> scenarios/orders.toml:14:9
               |
            13 | from = "5s"
               |        ---- it is set here
            14 | until = "5s"
               |         ^^^^
               |
               = help: raise `until` above 5s

            7 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn a_connection_as_nobody_to_nowhere() {
    says(
        r#"[[user]]
name = "app"

[[connection]]
name = "billing"
user = "apps"
vhost = "elsewhere"
"#,
        expect![[r#"
            warning[unknown-user]: connection `billing` uses `apps`, which is not there
             --> scenarios/orders.toml:6:8
              |
            6 | user = "apps"
              |        ^^^^^^
              |
              = help: did you mean `app` (line 2)?
              = note: known users: `app`, `guest`
              = note: RabbitMQ refuses such a connection with 530 NOT_ALLOWED

            warning[unknown-vhost]: connection `billing` uses `elsewhere`, which is not there
             --> scenarios/orders.toml:7:9
              |
            7 | vhost = "elsewhere"
              |         ^^^^^^^^^^^
              |
              = note: known virtual hosts: `/`
              = note: RabbitMQ refuses such a connection with 530 NOT_ALLOWED

            error[unknown-queue]: consumer `billing` reads from `elsewhere/orders`, which is not declared
              --> scenarios/orders.toml:19:9
               |
            19 | queue = "orders"
               |         ^^^^^^^^
               |
               = note: known queues: `orders`

            1 error and 2 warnings in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn declarations_that_the_broker_refuses() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-length = -1 }

[[queue]]
name = "votes"
auto-delete = true
arguments = { x-queue-type = "quorum" }
"#,
        expect![[r#"
            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:30
              |
            3 | arguments = { x-max-length = -1 }
              |                              ^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'tasks' in vhost '/': {value_negative,-1}

            error[refused-declaration]: RabbitMQ refuses to declare queue `votes`
             --> scenarios/orders.toml:5:1
              |
            5 | [[queue]]
              | ^^^^^^^^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid property 'auto-delete' for queue 'votes' in vhost '/'

            2 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn an_exclusive_queue_without_an_owner() {
    says(
        r#"[[queue]]
name = "replies"
exclusive = true
"#,
        expect![[r#"
            error[unowned-queue]: queue `replies` is exclusive, but no client declares it
             --> scenarios/orders.toml:3:13
              |
            3 | exclusive = true
              |             ^^^^
              |
              = help: take it out, and add `declare = [{ queue = "replies", exclusive = true }]` to the client that owns it
              = note: an exclusive queue is for the connection that declares it alone, and goes with it

            1 error in scenarios/orders.toml
        "#]],
    );
}

/// RabbitMQ refuses such policies when they are set. Source: `rabbit_policies:validate_policy0`.
#[test]
fn a_definition_that_the_broker_would_refuse() {
    says(
        r#"[[policy]]
name = "limits"
pattern = "^orders"
definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exchange = 3 }
"#,
        expect![[r#"
            error[unknown-key]: the definition of policy `limits` has no setting `max-lenght`
             --> scenarios/orders.toml:4:16
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                ^^^^^^^^^^
              |
              = help: did you mean `max-length`?
              = note: the settings of a policy are `alternate-exchange`, `consumer-timeout`, `dead-letter-exchange`, `dead-letter-routing-key`, `dead-letter-strategy`, `delivery-limit`, `expires`, `max-age`, `max-in-memory-bytes`, `max-in-memory-length`, `max-length`, `max-length-bytes`, `message-ttl`, `overflow`, `queue-leader-locator`, `queue-master-locator`, `queue-mode`, `queue-version`, `stream-filter-size-bytes`, `stream-max-segment-size-bytes`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `message-ttl` of policy `limits` must be an integer, of milliseconds, got the string "5s"
             --> scenarios/orders.toml:4:46
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                              ^^^^
              |
              = help: write `message-ttl = 5000`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `max-length` of policy `limits` must be an integer, got the string "2"
             --> scenarios/orders.toml:4:65
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                 ^^^
              |
              = help: write `max-length = 2`, without quotes
              = note: RabbitMQ refuses such a policy: Validation failed

            error[unknown-choice]: `overflow` of policy `limits` must be one of `drop-head`, `reject-publish`, `reject-publish-dlx`, got the string "drop-haed"
             --> scenarios/orders.toml:4:81
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                 ^^^^^^^^^^^
              |
              = help: did you mean `drop-head`?
              = note: RabbitMQ refuses such a policy: Validation failed

            error[number-out-of-range]: `expires` of policy `limits` must be 1 or more, got the integer 0
             --> scenarios/orders.toml:4:104
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                                        ^
              |
              = note: RabbitMQ refuses such a policy: Validation failed

            error[unknown-key]: the definition of policy `limits` has no setting `colour`
             --> scenarios/orders.toml:4:107
              |
            4 | definition = { max-lenght = 5, message-ttl = "5s", max-length = "2", overflow = "drop-haed", expires = 0, colour = 1, dead-letter-exc...
              |                                                                                                           ^^^^^^
              |
              = note: the settings of a policy are `alternate-exchange`, `consumer-timeout`, `dead-letter-exchange`, `dead-letter-routing-key`, `dead-letter-strategy`, `delivery-limit`, `expires`, `max-age`, `max-in-memory-bytes`, `max-in-memory-length`, `max-length`, `max-length-bytes`, `message-ttl`, `overflow`, `queue-leader-locator`, `queue-master-locator`, `queue-mode`, `queue-version`, `stream-filter-size-bytes`, `stream-max-segment-size-bytes`
              = note: RabbitMQ refuses such a policy: Validation failed

            error[wrong-type]: `dead-letter-exchange` of policy `limits` must be a string, got the integer 3
             --> scenarios/orders.toml:4:142
              |
            4 | ... = "drop-haed", expires = 0, colour = 1, dead-letter-exchange = 3 }
              |                                                                    ^
              |
              = note: RabbitMQ refuses such a policy: Validation failed

            7 errors in scenarios/orders.toml
        "#]],
    );
}

/// Source: rule ARG-9, what no type of queue knows is passed over.
#[test]
fn arguments_that_mean_nothing() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }

[[exchange]]
name = "logs"
arguments = { x-alternate-exchange = "spare", alternate-exchange = "amq.fanout" }

[[consumer]]
name = "reader"
queue = "orders"
service-time = "1ms"
arguments = { x-prioritty = 1 }

[[client]]
name = "hand"
do = [{ method = "queue.declare", queue = "a", arguments = { x-mesage-ttl = 5 } }]
"#,
        expect![[r#"
            warning[unknown-argument]: queue `tasks` has the argument `x-max-lenght`, which means nothing
             --> scenarios/orders.toml:3:15
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |               ^^^^^^^^^^^^
              |
              = help: did you mean `x-max-length`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: queue `tasks` has the argument `max-length`, which means nothing
             --> scenarios/orders.toml:3:33
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |                                 ^^^^^^^^^^
              |
              = help: did you mean `x-max-length`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: queue `tasks` has the argument `x-colour`, which means nothing
             --> scenarios/orders.toml:3:49
              |
            3 | arguments = { x-max-lenght = 5, max-length = 5, x-colour = "red", owner = "me", x-max-priority = 3 }
              |                                                 ^^^^^^^^
              |
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: exchange `logs` has the argument `x-alternate-exchange`, which means nothing
             --> scenarios/orders.toml:7:15
              |
            7 | arguments = { x-alternate-exchange = "spare", alternate-exchange = "amq.fanout" }
              |               ^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `alternate-exchange`?
              = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: consumer `reader` has the argument `x-prioritty`, which means nothing
              --> scenarios/orders.toml:13:15
               |
            13 | arguments = { x-prioritty = 1 }
               |               ^^^^^^^^^^^
               |
               = help: did you mean `x-priority`?
               = note: RabbitMQ passes over arguments that it does not know
            warning[unknown-argument]: a step has the argument `x-mesage-ttl`, which means nothing
              --> scenarios/orders.toml:17:62
               |
            17 | do = [{ method = "queue.declare", queue = "a", arguments = { x-mesage-ttl = 5 } }]
               |                                                              ^^^^^^^^^^^^
               |
               = help: did you mean `x-message-ttl`?
               = note: RabbitMQ passes over arguments that it does not know
        "#]],
    );
}

#[test]
fn what_to_type_is_what_is_usual_for_the_key() {
    says(
        r#"[broker]
acknowledgement-timeout = "never"

[[fault.consumer-crash]]
consumer = "billing"
at = 5

[[client]]
name = "hand"
do = [{ method = "basic.get", que = "orders", queue = "orders" }]
"#,
        expect![[r#"
            error[malformed-quantity]: a duration is a number with a unit, got `never`
             --> scenarios/orders.toml:2:27
              |
            2 | acknowledgement-timeout = "never"
              |                           ^^^^^^^
              |
              = help: for example "200ms"; the units are ns, us, ms, s, min, h
              = note: `acknowledgement-timeout = "off"` stands for never

            error[duration-without-unit]: a duration needs a unit, got `5`
             --> scenarios/orders.toml:6:6
              |
            6 | at = 5
              |      ^
              |
              = help: write "5s"; the units are ns, us, ms, s, min, h

            error[unknown-key]: a step with `basic.get` has no key `que`
              --> scenarios/orders.toml:10:31
               |
            10 | do = [{ method = "basic.get", que = "orders", queue = "orders" }]
               |                               ^^^
               |
               = note: the keys of a step with `basic.get` are `after`, `at`, `method`, `no-ack`, `queue`

            3 errors in scenarios/orders.toml
        "#]],
    );
}

#[test]
fn every_argument_that_the_broker_refuses_is_told() {
    says(
        r#"[[queue]]
name = "tasks"
arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }

[[queue]]
name = "votes"
arguments = { x-queue-type = "quorom", x-delivery-limit = 3 }
"#,
        expect![[r#"
            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:30
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                              ^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-max-length' for queue 'tasks' in vhost '/': {value_negative,-1}

            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:47
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                                               ^^^^^^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-overflow' for queue 'tasks' in vhost '/': invalid_overflow

            error[refused-declaration]: RabbitMQ refuses to declare queue `tasks`
             --> scenarios/orders.toml:3:80
              |
            3 | arguments = { x-max-length = -1, x-overflow = "drop", x-dead-letter-exchange = 3, x-dead-letter-routing-key = "k" }
              |                                                                                ^
              |
              = note: it answers with 406 PRECONDITION_FAILED - invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue 'tasks' in vhost '/'

            error[refused-declaration]: RabbitMQ refuses to declare queue `votes`
             --> scenarios/orders.toml:7:30
              |
            7 | arguments = { x-queue-type = "quorom", x-delivery-limit = 3 }
              |                              ^^^^^^^^
              |
              = help: did you mean `quorum`?
              = note: it answers with 406 PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue 'votes' in vhost '/': "unsupported queue type 'quorom'"

            4 errors in scenarios/orders.toml
        "#]],
    );
}
