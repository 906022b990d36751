//! What newer versions of RabbitMQ do otherwise: each difference as one conversation, played as both versions would answer.
//!
//! No recorded script has the newer side: only 3.10.8 was there to be asked. Source: the rules that each test names.
#![expect(clippy::unwrap_used, reason = "a test that cannot play its conversation has failed")]

use amqpsim::conform::{Script, play};
use serde_json::{Value, json};

const V3_10: &str = "rabbitmq 3.10.8";
const V3_13: &str = "rabbitmq 3.13.0";
const V4_0: &str = "rabbitmq 4.0.0";
const V4_3: &str = "rabbitmq 4.3.0";

/// What the last of these steps is answered by a broker of this version, in short. Connection `A` with channel `a1` and
/// connection `B` with channel `b1` are open.
fn said(version: &str, steps: &[Value]) -> String {
    let open = [("A", "a1"), ("B", "b1")].map(|(conn, ch)| {
        [
            json!({"do": "connection.open", "conn": conn}),
            json!({"do": "channel.open", "conn": conn, "ch": ch}),
        ]
    });
    let steps = [&open.concat()[..], steps].concat();
    let script = Script::parse(&json!({"broker": version, "steps": steps}).to_string()).unwrap();
    let played = play(&script).unwrap();
    played.steps.last().unwrap().iter().map(short).collect::<Vec<_>>().join(", ")
}

fn short(answer: &Value) -> String {
    let text = |key: &str| answer[key].as_str().unwrap_or_default();
    match text("got") {
        "channel.close" | "connection.close" => format!("{} {}", text("got"), text("reply_text")),
        "basic.deliver" | "basic.get-ok" => {
            let headers = &answer["properties"]["headers"];
            let headers = if headers.is_null() { String::new() } else { format!(" {headers}") };
            format!("{} {}{headers}", if text("ch") == "a1" { "a1" } else { "b1" }, text("body"))
        }
        "queue.declare-ok" => {
            format!("ready {}, consumers {}", answer["message_count"], answer["consumer_count"])
        }
        "confirm" => format!("acked {}, nacked {}", answer["acked"], answer["nacked"]),
        other => other.to_owned(),
    }
}

fn declare(queue: &str, arguments: &Value) -> Value {
    json!({"do": "queue.declare", "ch": "a1", "queue": queue, "durable": true, "arguments": arguments})
}

fn quorum(more: &Value) -> Value {
    let mut arguments = json!({"x-queue-type": "quorum"});
    arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    declare("q", &arguments)
}

fn publish(body: &str, properties: &Value) -> Value {
    json!({"do": "basic.publish", "ch": "a1", "routing_key": "q", "body": body, "properties": properties})
}

fn get(queue: &str) -> Value {
    json!({"do": "basic.get", "ch": "a1", "queue": queue})
}

fn nack(tag: u64) -> Value {
    json!({"do": "basic.nack", "ch": "a1", "delivery_tag": tag})
}

fn reject(tag: u64, requeue: bool) -> Value {
    json!({"do": "basic.reject", "ch": "a1", "delivery_tag": tag, "requeue": requeue})
}

fn consume(ch: &str, tag: &str, priority: i64) -> Value {
    json!({"do": "basic.consume", "ch": ch, "queue": "q", "consumer_tag": tag, "arguments": {"x-priority": priority}})
}

/// Source: rule Q-16, VER-15. `Profile::transient_queues`
#[test]
fn the_newest_refuse_queues_that_are_neither_durable_nor_exclusive() {
    let steps = [json!({"do": "queue.declare", "ch": "a1", "queue": "q"})];
    assert_eq!(said(V4_0, &steps), "ready 0, consumers 0");
    assert!(
        said(V4_3, &steps)
            .starts_with("connection.close INTERNAL_ERROR - Feature `transient_nonexcl_queues`")
    );
    let exclusive = [json!({"do": "queue.declare", "ch": "a1", "queue": "q", "exclusive": true})];
    assert_eq!(said(V4_3, &exclusive), "ready 0, consumers 0");
}

/// Source: rule QQ-3, VER-1. `Profile::quorum_delivery_limit`
#[test]
fn from_4_0_on_a_quorum_queue_has_a_delivery_limit_of_20() {
    let mut steps = vec![quorum(&json!({})), publish("m", &json!({}))];
    for tag in 1..=21 {
        steps.extend([get("q"), reject(tag, true)]);
    }
    steps.push(get("q"));
    assert_eq!(said(V3_13, &steps), r#"a1 m {"x-delivery-count":21}"#);
    assert_eq!(said(V4_0, &steps), "basic.get-empty");
}

/// Source: rule RDL-3, VER-2. `Profile::quorum_requeue`
#[test]
fn a_quorum_queue_without_a_limit_requeues_to_the_back_before_4_0() {
    let limit = quorum(&json!({"x-delivery-limit": -1}));
    let steps = [limit, publish("a", &json!({})), publish("b", &json!({})), get("q"), nack(1), get("q")];
    let [before, after] = [V3_13, V4_0].map(|version| said(version, &steps));
    assert!(after.starts_with("a1 a "), "{after}");
    let without = [&[quorum(&json!({}))], &steps[1..]].concat();
    assert!(said(V3_13, &without).starts_with("a1 b"), "{before}");
}

/// Source: rule RDL-8, VER-3. `Profile::every_return_counts`
#[test]
fn from_4_3_on_a_negative_acknowledgement_does_not_count_against_the_limit() {
    let limit = quorum(&json!({"x-delivery-limit": 1}));
    let nacks = [limit.clone(), publish("m", &json!({})), get("q"), nack(1), get("q"), nack(2), get("q")];
    assert_eq!(said(V4_0, &nacks), "basic.get-empty");
    assert_eq!(said(V4_3, &nacks), "a1 m");
    let m = publish("m", &json!({}));
    let rejects = [limit, m, get("q"), reject(1, true), get("q"), reject(2, true), get("q")];
    assert_eq!(said(V4_3, &rejects), "basic.get-empty");
}

/// Source: rule RDL-7, VER-4. `Profile::delivery_count_zero_on_get`
#[test]
fn only_3_10_shows_a_delivery_count_of_0() {
    let steps = [quorum(&json!({})), publish("m", &json!({})), get("q")];
    assert_eq!(said(V3_10, &steps), r#"a1 m {"x-delivery-count":0}"#);
    assert_eq!(said(V3_13, &steps), "a1 m");
}

/// Source: rule Q-4. `Profile::get_counts_as_consumer`
#[test]
fn before_4_3_a_fetched_message_counts_as_a_consumer_of_a_quorum_queue() {
    let steps = [quorum(&json!({})), publish("m", &json!({})), get("q"), quorum(&json!({}))];
    assert_eq!(said(V4_0, &steps), "ready 0, consumers 1");
    assert_eq!(said(V4_3, &steps), "ready 0, consumers 0");
}

/// Source: rule PRI-6, VER-5. `Profile::quorum_priorities`
#[test]
fn quorum_queues_learned_priorities_in_two_steps() {
    let mut steps = vec![quorum(&json!({}))];
    for (body, priority) in
        [("none", Value::Null), ("0", json!(0)), ("9", json!(9)), ("8", json!(8)), ("31", json!(31))]
    {
        steps.push(publish(body, &json!({"priority": priority})));
    }
    let order = |version| {
        let fetched = (1..=5).map(|n| said(version, &[&steps[..], &vec![get("q"); n]].concat()));
        fetched.map(|said| said.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(order(V3_13), "none 0 9 8 31");
    assert_eq!(order(V4_0), "9 8 none 31 0");
    assert_eq!(order(V4_3), "31 9 8 none 0");
}

/// Source: rule SAC-6, VER-6. `Profile::quorum_successor_by_priority`
#[test]
fn from_4_0_on_a_higher_priority_takes_over_once_nothing_is_unacknowledged() {
    let single = quorum(&json!({"x-single-active-consumer": true}));
    let low_and_high = [single, consume("a1", "low", 0), publish("1", &json!({})), consume("b1", "high", 5)];
    let steps = [&low_and_high[..], &[publish("2", &json!({}))]].concat();
    assert_eq!(said(V3_13, &steps), "a1 2");
    assert_eq!(said(V4_0, &steps), "", "the active one is on its way out");
    let ack = json!({"do": "basic.ack", "ch": "a1", "delivery_tag": 1});
    assert_eq!(said(V4_0, &[&steps[..], &[ack]].concat()), "b1 2");
}

fn deaths() -> Vec<Value> {
    let to = |key: &str| json!({"x-dead-letter-exchange": "", "x-dead-letter-routing-key": key});
    vec![declare("q", &to("r")), declare("r", &to("s")), declare("s", &to("q"))]
}

/// Source: rule DLX-7, VER-8. `Profile::published_deaths_count`
#[test]
fn before_4_0_a_history_that_the_client_sends_goes_on() {
    let history =
        json!([{"queue": "q", "reason": "rejected", "count": 7, "exchange": "", "routing-keys": ["q"]}]);
    let with_history = publish("m", &json!({"headers": {"x-death": history}}));
    let steps = [&deaths()[..], &[with_history, get("q"), reject(1, false), get("r")]].concat();
    assert!(said(V3_13, &steps).contains(r#""count":8"#), "{}", said(V3_13, &steps));
    assert!(said(V4_0, &steps).contains(r#""count":1"#), "{}", said(V4_0, &steps));
}

/// Source: rule DLX-6, VER-9. `Profile::last_death_headers`
#[test]
fn from_3_13_on_a_dead_letter_says_where_it_died_last() {
    let twice = [publish("m", &json!({})), get("q"), reject(1, false), get("r"), reject(2, false), get("s")];
    let steps = [&deaths()[..], &twice].concat();
    assert!(!said(V3_10, &steps).contains("x-last-death"));
    let newer = said(V3_13, &steps);
    assert!(newer.contains(r#""x-last-death-queue":"r""#), "{newer}");
    assert!(newer.contains(r#""x-first-death-queue":"q""#), "{newer}");
}

/// Source: rule DLX-5. `Profile::deaths_turn_round`
#[test]
fn only_3_10_turns_earlier_deaths_round() {
    let [once, again] = [("q", "r"), ("r", "s")].map(|(from, _)| from);
    let mut steps = [&deaths()[..], &[publish("m", &json!({})), get(once), reject(1, false)]].concat();
    steps.extend([
        get(again),
        reject(2, false),
        get("s"),
        reject(3, false),
        get("q"),
        reject(4, false),
        get("r"),
    ]);
    let queues = |version| {
        let said = said(version, &steps);
        let deaths =
            said.split(r#""queue":""#).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        deaths.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(queues(V3_13), "q s r");
    assert_ne!(queues(V3_10), queues(V3_13));
}

/// Source: rule ERR-12, VER-10. `Profile::message_size_max`
#[test]
fn from_4_0_on_16_mebibytes_are_the_largest_body() {
    let body = |bytes: usize| {
        [declare("q", &json!({})), publish(&"x".repeat(bytes), &json!({})), declare("q", &json!({}))]
    };
    assert_eq!(said(V3_13, &body((16 << 20) + 1)), "ready 1, consumers 0");
    assert_eq!(said(V4_0, &body(16 << 20)), "ready 1, consumers 0");
    let refused = "channel.close PRECONDITION_FAILED - message size 16777217 is larger than configured max size 16777216";
    assert_eq!(said(V4_0, &body((16 << 20) + 1)[..2]), refused);
}

/// Source: rule ARG-8, VER-13. `Profile::queue_mode_argument` and `Profile::queue_version_1`
#[test]
fn from_4_3_on_there_are_no_lazy_queues_and_no_version_1() {
    for arguments in [json!({"x-queue-mode": "lazy"}), json!({"x-queue-version": 1})] {
        let steps = [declare("q", &arguments)];
        assert_eq!(said(V4_0, &steps), "ready 0, consumers 0");
        assert!(
            said(V4_3, &steps).starts_with("channel.close PRECONDITION_FAILED - invalid arg"),
            "{}",
            said(V4_3, &steps)
        );
    }
}

/// Source: rule QOS-12, VER-14. `Profile::channel_prefetch`
#[test]
fn from_4_3_on_a_global_prefetch_is_one_for_each_consumer() {
    let global = json!({"do": "basic.qos", "ch": "a1", "prefetch_count": 1, "global": true});
    let many = json!({"do": "basic.publish", "ch": "b1", "routing_key": "q", "body": "m", "count": 3});
    let steps = [declare("q", &json!({})), global, consume("a1", "one", 0), consume("a1", "two", 0), many];
    assert_eq!(said(V4_0, &steps), "a1 m1");
    assert_eq!(said(V4_3, &steps), "a1 m1, a1 m2");
}

/// Source: rule EX-5, VER-16. `Profile::unknown_type_closes_connection`
#[test]
fn from_4_3_on_an_unknown_exchange_type_closes_the_channel_only() {
    let steps = [json!({"do": "exchange.declare", "ch": "a1", "exchange": "x", "type": "odd"})];
    assert_eq!(said(V4_0, &steps), "connection.close COMMAND_INVALID - unknown exchange type 'odd'");
    assert_eq!(said(V4_3, &steps), "channel.close PRECONDITION_FAILED - unknown exchange type 'odd'");
}

/// Source: rule DUR-2, VER-18. `Profile::transient_exchanges_survive`
#[test]
fn from_4_3_on_an_exchange_survives_a_restart_without_being_durable() {
    let declared = json!({"do": "exchange.declare", "ch": "a1", "exchange": "x", "type": "fanout"});
    let restart = json!({"do": "broker.restart"});
    let open = json!({"do": "connection.open", "conn": "A"});
    let channel = json!({"do": "channel.open", "conn": "A", "ch": "a1"});
    let passive = json!({"do": "exchange.declare", "ch": "a1", "exchange": "x", "passive": true});
    let steps = [declared, restart, open, channel, passive];
    assert_eq!(said(V4_0, &steps), "channel.close NOT_FOUND - no exchange 'x' in vhost '/'");
    assert_eq!(said(V4_3, &steps), "exchange.declare-ok");
}

/// Source: rule ARG-9, VER-19. `Profile::classic_leader_locator`
#[test]
fn from_4_0_on_a_classic_queue_takes_a_leader_locator() {
    let steps = [declare("q", &json!({"x-queue-leader-locator": "balanced"}))];
    let refused = "channel.close PRECONDITION_FAILED - invalid arg 'x-queue-leader-locator' for queue 'q' in vhost '/' \
                   of queue type rabbit_classic_queue";
    assert_eq!(said(V3_13, &steps), refused);
    assert_eq!(said(V4_0, &steps), "ready 0, consumers 0");
}

/// Source: rule RT-4, VER-22. `Profile::topic_hashes_max`
#[test]
fn from_4_3_on_a_binding_key_has_two_hashes_at_most() {
    let bind = |key: &str| json!({"do": "queue.bind", "ch": "a1", "queue": "q", "exchange": "amq.topic", "routing_key": key});
    let steps = |key: &str| [declare("q", &json!({})), bind(key)];
    assert_eq!(said(V4_0, &steps("#.a.#.b.#")), "queue.bind-ok");
    assert_eq!(said(V4_3, &steps("#.a.#")), "queue.bind-ok");
    let refused = "channel.close PRECONDITION_FAILED - Topic binding key '#.a.#.b.#' uses 3 '#' wildcards, at most 2 are \
                   allowed";
    assert_eq!(said(V4_3, &steps("#.a.#.b.#")), refused);
}

/// Source: rule DRT-2, VER-25. `Profile::lost_reply_counts_as_routed`
#[test]
fn from_4_3_on_a_reply_to_somebody_who_is_gone_counts_as_routed() {
    let ask = json!({"do": "basic.consume", "ch": "b1", "queue": "amq.rabbitmq.reply-to", "consumer_tag": "r", "no_ack": true});
    let question = json!({"do": "basic.publish", "ch": "b1", "routing_key": "q",
        "properties": {"reply_to": "amq.rabbitmq.reply-to"}});
    let gone = json!({"do": "channel.close", "ch": "b1"});
    let reply = json!({"do": "basic.publish", "ch": "a1", "routing_key": "$reply_to", "mandatory": true});
    let steps = [declare("q", &json!({})), ask, question, get("q"), gone, reply];
    assert_eq!(said(V4_0, &steps), "basic.return");
    assert_eq!(said(V4_3, &steps), "");
}

/// Source: rules SAC-2 and SAC-3; DEV-2. `Profile::successor_waits`
#[test]
fn from_3_13_on_the_successor_of_a_cancelled_consumer_is_served_at_once() {
    let single = declare("q", &json!({"x-single-active-consumer": true}));
    let one = json!({"do": "basic.qos", "ch": "a1", "prefetch_count": 1});
    let m = publish("1", &json!({}));
    let cancel = json!({"do": "basic.cancel", "ch": "a1", "consumer_tag": "one"});
    let next = publish("2", &json!({}));
    let steps = [single, one, consume("a1", "one", 0), consume("b1", "two", 0), m, next, cancel, nack(1)];
    assert_eq!(said(V3_10, &steps[..7]), "basic.cancel-ok");
    assert_eq!(said(V3_13, &steps[..7]), "basic.cancel-ok, b1 2");
    assert_eq!(
        said(V3_13, &steps),
        "b1 1",
        "what the cancelled one held comes back later than what was behind it"
    );
}

/// Source: `rabbit_fifo`, rule QQ-3. `Profile::buried_message_gives_credit_twice`
#[test]
fn in_3_10_a_message_that_dies_of_the_limit_gives_its_consumer_credit_twice() {
    let limit = quorum(&json!({"x-delivery-limit": 0}));
    let one = json!({"do": "basic.qos", "ch": "a1", "prefetch_count": 1});
    let many = json!({"do": "basic.publish", "ch": "b1", "routing_key": "q", "body": "m", "count": 5});
    let steps = [limit, one, consume("a1", "one", 0), many, reject(1, true)];
    assert_eq!(said(V3_10, &steps), "a1 m2, a1 m3");
    assert_eq!(said(V3_13, &steps), "a1 m2");
}
