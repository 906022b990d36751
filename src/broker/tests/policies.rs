//! Policies and permissions that change while things are there.

use super::*;

impl Talk {
    fn set_policy(&mut self, name: &str, priority: i64, apply_to: ApplyTo, key: &str, value: FieldValue) {
        let (name, vhost) = (self.name(name), self.name("/"));
        let definition = [(key, value)].into_iter().collect();
        let pattern = "^[cxk]$".into();
        let policy = Policy { name, vhost, pattern, apply_to, priority, definition, operator: false };
        self.operate(Operation::SetPolicy(policy));
    }

    fn clear_policy(&mut self, name: &str) {
        let (name, vhost) = (self.name(name), self.name("/"));
        self.operate(Operation::ClearPolicy { vhost, name, operator: false });
    }
}

/// Source: rules POL-1, POL-4 and POL-5.
#[test]
fn of_the_policies_for_a_kind_the_one_with_the_highest_priority_holds_and_of_equals_the_first() {
    let mut talk = Talk::plain();
    talk.declare("c", &[]);
    talk.declare("k", &[("x-queue-type", "quorum".into())]);
    talk.declare("other", &[]);
    for queue in ["c", "k", "other"] {
        (0..9).for_each(|_| talk.publish(queue, 1));
    }
    let length = "max-length";
    talk.set_policy("z", -1, ApplyTo::Queues, length, 8.into());
    assert_eq!(talk.levels(), [("c", 8), ("k", 8), ("other", 9)]);
    talk.set_policy("a", 0, ApplyTo::All, length, 7.into());
    talk.set_policy("d", 9, ApplyTo::Exchanges, length, 1.into());
    assert_eq!(talk.levels(), [("c", 7), ("k", 7), ("other", 9)]);
    talk.set_policy("c", 1, ApplyTo::ClassicQueues, length, 4.into());
    talk.set_policy("b", 1, ApplyTo::ClassicQueues, length, 6.into());
    talk.set_policy("b", 1, ApplyTo::ClassicQueues, length, 6.into());
    talk.set_policy("k", 1, ApplyTo::QuorumQueues, length, 5.into());
    assert_eq!(talk.levels(), [("c", 4), ("k", 5), ("other", 9)], "it was alone for a moment");
    (0..5).for_each(|_| talk.publish("c", 1));
    assert_eq!(talk.levels(), [("c", 6), ("k", 5), ("other", 9)], "`b` comes before `c`");
    talk.clear_policy("b");
    assert_eq!(talk.levels(), [("c", 4), ("k", 5), ("other", 9)]);
    let operator = Policy {
        name: talk.name("o"),
        vhost: talk.name("/"),
        pattern: "^k$".into(),
        apply_to: ApplyTo::Queues,
        priority: 0,
        definition: [(length, 2.into())].into_iter().collect(),
        operator: true,
    };
    talk.operate(Operation::SetPolicy(operator));
    assert_eq!(
        talk.levels(),
        [("c", 4), ("k", 2), ("other", 9)],
        "the smaller of the user's and the operator's"
    );
}

/// Source: rules AE-1 and POL-5.
#[test]
fn a_policy_gives_an_exchange_an_alternate() {
    let mut talk = Talk::plain();
    talk.declare("q", &[]);
    let (exchange, kind, other) = (talk.name("x"), talk.name("direct"), talk.name("amq.fanout"));
    let (destination, routing_key) = (talk.name("q"), talk.name("k"));
    let declare = ExchangeDeclare { exchange, kind, ..ExchangeDeclare::default() };
    talk.method(Method::ExchangeDeclare(Box::new(declare)));
    let bind = BindArguments { source: other, destination, routing_key, arguments: FieldTable::new() };
    talk.method(Method::QueueBind(Box::new(bind)));
    let publish = || Method::BasicPublish(BasicPublish { exchange, routing_key, ..BasicPublish::default() });
    talk.method(publish());
    talk.set_policy("p", 0, ApplyTo::Exchanges, "alternate-exchange", "amq.fanout".into());
    talk.method(publish());
    assert_eq!(talk.levels(), [("q", 1)]);
    talk.clear_policy("p");
    talk.method(publish());
    assert_eq!(talk.levels(), [("q", 1)]);
}

/// Source: rules EXP-1 and POL-5.
#[test]
fn a_policy_starts_and_stops_the_clock_of_a_queue() {
    for (cleared, left) in [(false, 0), (true, 1)] {
        let mut talk = Talk::plain();
        talk.declare("c", &[]);
        talk.set_policy("p", 0, ApplyTo::Queues, "expires", 1000.into());
        talk.pass(SimDuration::from_millis(999));
        assert_eq!(talk.levels().len(), 1);
        if cleared {
            talk.clear_policy("p");
        }
        talk.pass(SimDuration::from_millis(1));
        assert_eq!(talk.levels().len(), left);
    }
}

/// Source: rule POL-5.
#[test]
fn a_time_to_live_from_a_policy_is_for_later_messages() {
    let mut talk = Talk::plain();
    talk.declare("c", &[]);
    talk.publish("c", 1);
    talk.set_policy("p", 0, ApplyTo::Queues, "message-ttl", 10.into());
    talk.publish("c", 1);
    talk.pass(SimDuration::from_millis(20));
    assert_eq!(talk.levels(), [("c", 2)], "the head has none, and the other one waits behind it");
    talk.consume("c");
    talk.heard();
    talk.publish("c", 1);
    assert_eq!(talk.heard(), ["1: deliver #3"]);
}

/// Source: rule ERR-10.
#[test]
fn permissions_that_change_hold_for_routes_that_are_remembered() {
    let mut talk = Talk::plain();
    let (user, vhost) = (talk.name("guest"), talk.name("/"));
    talk.declare("q", &[]);
    (0..2).for_each(|_| talk.publish("q", 1));
    talk.heard();
    let [configure, write, read] = [".*", "^x$", ".*"].map(Box::from);
    talk.operate(Operation::SetPermissions { user, vhost, configure, write, read });
    talk.publish("q", 1);
    let refused =
        "1: ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'guest'";
    assert_eq!(talk.heard(), [refused]);
}

/// Source: rule RT-13.
#[test]
fn a_channel_that_remembers_several_routes_knows_no_other() {
    let mut talk = Talk::plain();
    for queue in ["a", "b"] {
        talk.declare(queue, &[]);
    }
    for key in ["a", "b", "", "a", "c"] {
        talk.publish(key, 1);
    }
    assert_eq!(talk.levels(), [("a", 2), ("b", 1)]);
    talk.declare("c", &[]);
    talk.publish("c", 1);
    assert_eq!(talk.levels(), [("a", 2), ("b", 1), ("c", 1)], "a queue has come since");
}
