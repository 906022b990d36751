//! Producers of scenario files: confirms, windows, returns, transactions, messages in turn, pipelines and replies. Each test
//! plays a small scenario and looks at what came of it.

use amqpsim::amqp::{Message, Method, ServerMethod};
use amqpsim::check::{Finding, Property};
use amqpsim::measure::{Outcome, Stopped, find_in};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::{Fact, LossCause, What};
use amqpsim::scenario::load;

fn play(text: &str) -> Outcome {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let scenario = &loaded.variants[0].scenario;
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    outcome
}

/// What was seen, with the texts of names made by `show`.
fn seen<T>(text: &str, mut show: impl FnMut(&What) -> Option<T>) -> (Vec<T>, Outcome) {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let scenario = &loaded.variants[0].scenario;
    let mut all = Vec::new();
    let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, observations| {
        all.extend(observations.iter().filter_map(|seen| show(&seen.what)));
    });
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    assert_eq!(outcome, simulate(&scenario.system, scenario.seed), "observing changes nothing");
    (all, outcome)
}

/// A queue `q`, and a producer `p` with these keys that publishes to it every 10 ms.
fn producer(keys: &str) -> String {
    format!(
        "[[queue]]\nname = \"q\"\n[[producer]]\nname = \"p\"\nrouting-key = \"q\"\ninterarrival = \"10ms\"\n{keys}\n"
    )
}

fn measure(outcome: &Outcome, name: &str) -> Option<f64> {
    find_in(amqpsim::measure::Scope::Producer, name).expect("the measure is in the catalogue").of(outcome, 0)
}

/// Source: rules CF-1, CF-2 and CF-4.
#[test]
fn every_publish_is_confirmed_after_a_round_trip() {
    let outcome = play(&producer("confirms = true\ncount = 100"));
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.confirmed, p.nacked, p.unanswered), (100, 100, 0, 0));
    assert_eq!(measure(&outcome, "confirm-latency-mean"), Some(1e6), "twice 500us");
    assert_eq!(Property::NoConfirmedMessageLost.examine(&outcome), Finding::Held);
    assert_eq!(Property::OneAnswerPerPublish.examine(&outcome), Finding::Held);
}

/// Source: rule CF-1.
#[test]
fn without_confirm_mode_nothing_is_answered() {
    let outcome = play(&producer("count = 100"));
    let p = &outcome.producers[0];
    assert_eq!((p.confirmed, p.nacked, p.unanswered), (0, 0, 0));
    assert!(matches!(Property::OneAnswerPerPublish.examine(&outcome), Finding::NotExercised(_)));
}

/// Source: rule CF-8.
#[test]
fn a_full_queue_that_refuses_publishes_nacks_them() {
    let text = producer("confirms = true\ncount = 10").replace(
        "name = \"q\"\n",
        "name = \"q\"\narguments = { x-max-length = 3, x-overflow = \"reject-publish\" }\n",
    );
    let outcome = play(&text);
    let p = &outcome.producers[0];
    assert_eq!((p.confirmed, p.nacked, p.lost_though_confirmed), (3, 7, 0));
}

/// Source: rule CF-7.
#[test]
fn what_a_full_queue_drops_from_its_head_is_lost_though_confirmed() {
    let text = producer("confirms = true\ncount = 10")
        .replace("name = \"q\"\n", "name = \"q\"\narguments = { x-max-length = 3 }\n");
    let outcome = play(&text);
    let p = &outcome.producers[0];
    assert_eq!((p.confirmed, p.nacked, p.lost_though_confirmed), (10, 0, 7));
    let found = "7 of 10 confirmed messages lost".to_owned();
    assert_eq!(Property::NoConfirmedMessageLost.examine(&outcome), Finding::Violated(found));
}

/// Two producers on one channel share its numbers; each hears of its own publishes, though only one asked. Source: rule CF-1.
#[test]
fn producers_of_one_channel_share_its_numbers() {
    let text = producer("confirms = true\ncount = 30\nchannel = \"shared\"\nconnection = \"app\"")
        + "[[producer]]\nname = \"other\"\nrouting-key = \"q\"\ninterarrival = \"7ms\"\ncount = 40\nchannel = \"shared\"\n";
    let outcome = play(&text);
    let confirmed: Vec<u64> = outcome.producers.iter().map(|p| p.confirmed).collect();
    assert_eq!((confirmed, outcome.answered_twice), (vec![30, 40], 0));
}

/// Whoever asks for confirms, and whoever publishes: the channel counts all. Source: rule CF-1.
#[test]
fn a_client_on_the_channel_asks_for_confirms_and_publishes_too() {
    let text = producer("count = 30\nchannel = \"shared\"\nconnection = \"app\"")
        + r#"[[client]]
name = "hand"
channel = "shared"
start = "105ms"
do = [
    { method = "confirm.select" },
    { method = "basic.publish", routing-key = "q" },
    { method = "basic.publish", routing-key = "q", after = "50ms" },
]
"#;
    let outcome = play(&text);
    let confirmed: Vec<u64> = outcome.producers.iter().map(|p| p.confirmed).collect();
    assert_eq!((confirmed, outcome.answered_twice), (vec![19, 2], 0), "11 were published before");
}

/// Source: rule CON-16.
#[test]
fn answers_lost_with_the_connection_never_come() {
    let text = producer("confirms = true\ncount = 100\n[link]\nlatency = \"40ms\"")
        + "[[fault.connection-loss]]\nname = \"cut\"\nconnection = \"p\"\nat = \"505ms\"\nlasts = \"0s\"\n";
    let outcome = play(&text);
    let p = &outcome.producers[0];
    assert_eq!(p.confirmed + p.unanswered, 100);
    assert_eq!(p.unanswered, 8, "four on the way there, four answers on the way back");
    assert_eq!(outcome.ledger.lost_to(LossCause::LostOnTheWire), 4);
    assert_eq!((p.lost_though_confirmed, outcome.answered_twice), (0, 0));
}

/// A window of 2 with a round trip of 80 ms lets two messages out every 80 ms.
#[test]
fn a_window_holds_publishes_back_until_answers_come() {
    let keys =
        "confirms = true\nmax-in-flight = 2\n[link]\nlatency = \"40ms\"\n[replication]\nduration = \"1s\"";
    let (sent, outcome) = seen(&producer(keys), |what| match what {
        What::Published { message, .. } => Some(Some(message.number)),
        What::ReachedClient { method: ServerMethod::BasicAck { .. }, .. } => Some(None),
        _ => None,
    });
    let mut open = 0;
    for step in &sent {
        open += if step.is_some() { 1 } else { -1 };
        assert!((0..=2).contains(&open), "{sent:?}");
    }
    let numbers: Vec<u32> = sent.iter().flatten().copied().collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u32), "in order: {numbers:?}");
    let p = &outcome.producers[0];
    assert!(p.held_back > 50 && p.published + p.held_back < 100, "{p:?}");
}

/// Source: rules MND-1 and CF-3.
#[test]
fn a_mandatory_message_without_a_queue_comes_back_and_is_confirmed() {
    let text = producer("confirms = true\nmandatory = true\ncount = 5")
        .replace("routing-key = \"q\"", "routing-key = \"x\"");
    let (told, outcome) = seen(&text, |what| match what {
        What::ReachedClient { method: ServerMethod::BasicReturn(_), .. } => Some("return"),
        What::ReachedClient { method: ServerMethod::BasicAck { .. }, .. } => Some("ack"),
        What::Broker(Fact::Confirmed { .. }, rule) => Some(rule.id),
        _ => None,
    });
    assert_eq!(told[..3], ["CF-3", "return", "ack"]);
    let p = &outcome.producers[0];
    assert_eq!((p.returned, p.confirmed, p.lost_though_confirmed), (5, 5, 0));
}

/// Source: rule MND-5.
#[test]
fn a_missing_exchange_stops_a_producer() {
    let text = producer("confirms = true\ncount = 100\nexchange = \"logs\"")
        + "[[exchange]]\nname = \"logs\"\ntype = \"fanout\"\nauto-delete = true\n[[binding]]\nexchange = \"logs\"\nqueue = \"gone\"\n\
           [[queue]]\nname = \"gone\"\narguments = { x-expires = 200 }\n";
    let outcome = play(&text);
    let p = &outcome.producers[0];
    assert!(p.stopped == Stopped::ByError && p.published < 100, "{p:?}");
    assert_eq!(outcome.errors[0].code, 404);
    assert!(p.unanswered >= 1, "the refused publish has no answer: {p:?}");
    assert_eq!(outcome.ledger.lost_to(LossCause::Refused), p.unanswered);
}

/// Source: rules TX-2 and TX-4.
#[test]
fn a_transaction_reaches_the_queue_with_its_commit() {
    let (steps, outcome) = seen(&producer("transaction-size = 4\ncount = 10"), |what| match what {
        What::ReachedBroker { method: Method::BasicPublish(_), .. } => Some('p'),
        What::ReachedBroker { method: Method::TxCommit, .. } => Some('c'),
        What::Broker(Fact::Enqueued { .. }, _) => Some('e'),
        _ => None,
    });
    assert_eq!(steps.iter().collect::<String>(), "ppppceeeeppppceeeeppcee");
    assert_eq!((outcome.ledger.uncommitted, outcome.ledger.queued), (0, 10));
}

/// Source: rule TX-6.
#[test]
fn a_transaction_is_lost_with_its_connection() {
    let text = producer("transaction-size = 100\ncount = 100")
        + "[[fault.connection-loss]]\nname = \"cut\"\nconnection = \"p\"\nat = \"505ms\"\nlasts = \"0s\"\n";
    let outcome = play(&text);
    assert_eq!(outcome.ledger.lost_to(LossCause::RolledBack), 51);
    assert_eq!(outcome.ledger.queued, 49, "the last publish commits the rest");
}

/// Source: rule TX-5.
#[test]
fn a_queue_that_refuses_a_publish_of_a_transaction_closes_the_channel() {
    let text = producer("transaction-size = 5\ncount = 20").replace(
        "name = \"q\"\n",
        "name = \"q\"\narguments = { x-max-length = 3, x-overflow = \"reject-publish\" }\n",
    );
    let outcome = play(&text);
    assert_eq!(
        (outcome.errors[0].code, outcome.errors[0].text.contains("partial tx completion")),
        (406, true)
    );
    assert_eq!((outcome.ledger.queued, outcome.producers[0].stopped), (3, Stopped::ByError), "no atomicity");
}

/// Source: rules TX-6 and CON-14.
#[test]
fn a_transaction_is_lost_when_the_broker_stops() {
    let text = producer("transaction-size = 100\ncount = 100")
        + "[[fault.broker-restart]]\nname = \"stop\"\nat = \"505ms\"\nlasts = \"0s\"\n";
    let outcome = play(&text);
    assert_eq!(outcome.ledger.lost_to(LossCause::RolledBack), 51);
    assert_eq!(outcome.ledger.queued, 49);
}

/// Source: rule TX-2.
#[test]
fn a_run_may_end_before_a_commit() {
    let outcome = play(&producer("transaction-size = 1000\n[replication]\nduration = \"105ms\""));
    assert_eq!((outcome.ledger.uncommitted, outcome.ledger.queued), (11, 0));
    assert_eq!(outcome.ledger.unfinished(), 11);
}

/// Source: rules RT-9 and TTL-1.
#[test]
fn messages_are_made_in_turn_with_their_own_content() {
    let keys = r#"count = 3
persistent = true
headers = { kind = "plain" }
messages = [{ priority = 7, cc = ["audit"], bcc = ["hidden"] }, { headers = { kind = "other" }, expiration = "5s", reply-to = "r", correlation-id = "c" }]
[[queue]]
name = "audit"
[[queue]]
name = "hidden""#;
    let (published, outcome) = seen(&producer(keys), |what| match what {
        What::ReachedBroker { method: Method::BasicPublish(publish), .. } => Some(publish.message.clone()),
        _ => None,
    });
    let header = |message: &Message| {
        let headers = message.properties().headers.unwrap_or_default();
        headers.get("kind").and_then(|value| value.as_str()).map(str::to_owned)
    };
    assert_eq!(published.iter().map(|m| m.priority).collect::<Vec<_>>(), [7, 0, 7]);
    assert_eq!(published.iter().filter_map(header).collect::<Vec<_>>(), ["plain", "other", "plain"]);
    let second = published[1].properties();
    assert_eq!(second.expiration.as_deref(), Some("5000"));
    assert_eq!((second.reply_to.as_deref(), second.correlation_id.as_deref()), (Some("r"), Some("c")));
    assert_eq!(second.delivery_mode, Some(2));
    let entered: Vec<u64> = outcome.queues.iter().map(|queue| queue.enqueued).collect();
    assert_eq!(entered, [3, 2, 2], "CC and BCC lead to more queues");
}

/// Each request has a mark of its own, and its reply the same.
#[test]
fn a_reply_says_which_request_it_answers() {
    let text = producer(
        r#"count = 3
messages = [{ correlation-id = "per-message" }, { correlation-id = "two" }]
reply-to = "answers"
[[queue]]
name = "answers"
[[consumer]]
name = "server"
queue = "q"
service-time = "1ms"
[[producer]]
name = "replying"
connection = "server"
channel = "server"
after-consumer = "server"
routing-key-from = "reply-to""#,
    );
    let (marks, outcome) = seen(&text, |what| match what {
        What::ReachedBroker { method: Method::BasicPublish(publish), .. } => {
            Some((publish.message.id.producer.0, publish.message.properties().correlation_id))
        }
        _ => None,
    });
    for producer in [0, 1] {
        let of_one: Vec<_> =
            marks.iter().filter(|(by, _)| *by == producer).map(|(_, id)| id.as_deref()).collect();
        assert_eq!(of_one, [Some("1"), Some("two"), Some("3")], "producer {producer}");
    }
    assert_eq!(outcome.queues[1].ready, 3);
}

const REQUESTS: &str = r#"count = 3
start = "1s"
channel = "asking"
reply-to = "amq.rabbitmq.reply-to"
correlation-id = "per-message"
[[consumer]]
name = "server"
queue = "q"
prefetch-count = 1
service-time = "10ms"
[[producer]]
name = "replying"
connection = "server"
channel = "server"
after-consumer = "server"
routing-key-from = "reply-to"
[[consumer]]
name = "hearing"
connection = "app"
channel = "asking"
queue = "amq.rabbitmq.reply-to"
service-time = "1ms"
"#;

/// A consumer of the pseudo-queue gets the replies, without a queue. Source: rule DRT-1.
#[test]
fn a_direct_reply_reaches_the_consumer_on_the_channel_that_asked() {
    let text = producer(&format!("{REQUESTS}acknowledge = \"automatic\""));
    let (processed, outcome) = seen(&text, |what| match what {
        What::Processed { message, consumer: 1, .. } => Some((message.producer.0, message.number)),
        _ => None,
    });
    assert_eq!(processed, [(1, 1), (1, 2), (1, 3)]);
    assert_eq!((outcome.consumers[1].delivered, outcome.consumers[1].processed), (3, 3));
    assert_eq!((outcome.ledger.processed, outcome.ledger.lost_total()), (6, 0));
    assert!(outcome.errors.is_empty());
}

/// Replies are handed out once, so nobody may acknowledge them. Source: rule DRT-1.
#[test]
fn a_consumer_of_replies_must_not_acknowledge() {
    let (_, outcome) = seen(&producer(REQUESTS), |_| None::<()>);
    assert_eq!(outcome.errors[0].text, "PRECONDITION_FAILED - reply consumer cannot acknowledge");
}

/// A reply on its way to a channel that is lost is lost with it. Source: rule DRT-2.
#[test]
fn a_direct_reply_is_lost_with_the_connection_that_it_is_on() {
    let rest = "acknowledge = \"automatic\"\n[link]\nlatency = \"5ms\"\n[[fault.connection-loss]]\nname = \"cut\"\n\
                connection = \"app\"\nat = \"1027ms\"\nlasts = \"1s\"\n";
    let (lost, outcome) = seen(&producer(&format!("{REQUESTS}{rest}")), |what| match what {
        What::LostOutside { cause, consumer: Some(1), .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(lost, [LossCause::AutoAckInFlight]);
    assert_eq!((outcome.consumers[1].delivered, outcome.consumers[1].processed), (1, 0));
}

/// A pipeline: what is processed goes on to the next queue before it is acknowledged.
#[test]
fn a_producer_follows_a_consumer() {
    let text = producer("count = 20")
        + r#"[[queue]]
name = "next"
[[consumer]]
name = "worker"
queue = "q"
service-time = "1ms"
connection = "app"
channel = "work"
[[producer]]
name = "forward"
channel = "work"
routing-key = "next"
after-consumer = "worker"
"#;
    let (sent, outcome) = seen(&text, |what| match what {
        What::Published { producer: 1, .. } => Some('p'),
        What::ClientSent { method: Method::BasicAck { .. }, .. } => Some('a'),
        _ => None,
    });
    assert_eq!(sent.iter().collect::<String>(), "pa".repeat(20));
    assert_eq!((outcome.queues[1].ready, outcome.producers[1].published), (20, 20));
}

/// The acknowledgement is in the transaction of its message. Source: rules TX-3 and TX-4.
#[test]
fn a_pipeline_commits_message_and_acknowledgement_together() {
    let text = producer("count = 20")
        + r#"[[queue]]
name = "next"
[[consumer]]
name = "worker"
queue = "q"
service-time = "1ms"
connection = "app"
channel = "work"
[[producer]]
name = "forward"
channel = "work"
routing-key = "next"
after-consumer = "worker"
transaction-size = 1
"#;
    let outcome = play(&text);
    assert_eq!((outcome.queues[0].acked, outcome.queues[1].ready, outcome.ledger.uncommitted), (20, 20, 0));
}

/// A remote procedure call: the reply goes where the request says, with its correlation id.
#[test]
fn a_server_replies_to_each_request() {
    let text = r#"
[[queue]]
name = "requests"
[[queue]]
name = "replies-1"
[[queue]]
name = "replies-2"
[[producer]]
name = "client"
routing-key = "requests"
interarrival = "10ms"
count = 30
messages = [{ reply-to = "replies-1", correlation-id = "one" }, { reply-to = "replies-2", correlation-id = "two" }, {}]
[[consumer]]
name = "server"
queue = "requests"
service-time = "1ms"
connection = "app"
[[producer]]
name = "answers"
connection = "app"
after-consumer = "server"
routing-key-from = "reply-to"
[[fault.connection-loss]]
name = "cut"
connection = "app"
at = "152ms"
lasts = "0s"
[link]
reconnect-delay = "20ms"
"#;
    let (replies, outcome) = seen(text, |what| match what {
        What::ReachedBroker { method: Method::BasicPublish(publish), .. }
            if publish.message.id.producer.0 == 1 =>
        {
            publish.message.properties().correlation_id
        }
        _ => None,
    });
    assert_eq!(replies[..2], ["one".into(), "two".into()]);
    assert_eq!((outcome.queues[1].enqueued, outcome.queues[2].enqueued), (10, 10), "{:?}", outcome.ledger);
    assert_eq!(outcome.producers[1].published, 20, "requests without `reply-to` get no reply");
}

/// A server whose connection is lost twice: at work on a message that it rejects, and with it on its hands. Its replies go on.
/// Source: rule CON-15.
#[test]
fn a_server_replies_after_a_lost_connection_whatever_it_was_working_on() {
    let outcome = play(
        r#"
[[class]]
name = "bad"
every = 2
first = 2

[[queue]]
name = "q"

[[queue]]
name = "replies"

[[producer]]
name = "client"
routing-key = "q"
reply-to = "replies"
interarrival = "100ms"
count = 20

[[consumer]]
name = "server"
queue = "q"
service-time = "50ms"

[consumer.outcome-by-class]
bad = "reject"

[[producer]]
name = "replier"
after-consumer = "server"
routing-key-from = "reply-to"

[[fault.connection-loss]]
connection = "server"
at = "120ms"
lasts = "1ms"

[[fault.connection-loss]]
connection = "server"
at = "125ms"
lasts = "1ms"
"#,
    );
    assert_eq!(outcome.producers[1].published, 10, "every second request is bad");
}

/// Its consumer rests after each message but the last two of a burst, or its last one is rejected. Source: rule TX-4.
#[test]
fn a_pipeline_commits_when_its_consumer_has_nothing_to_do() {
    for (interarrival, last, arrived) in [("10ms", "ack", 15), ("1ms", "ack", 15), ("1ms", "reject", 14)] {
        let outcome = play(&format!(
            r#"
[[class]]
name = "last"
every = 100
first = 15

[[queue]]
name = "q"

[[queue]]
name = "next"

[[producer]]
name = "p"
routing-key = "q"
interarrival = "{interarrival}"
count = 15

[[consumer]]
name = "worker"
connection = "worker"
channel = "work"
queue = "q"
service-time = "5ms"

[consumer.outcome-by-class]
last = "{last}"

[[producer]]
name = "forward"
connection = "worker"
channel = "work"
after-consumer = "worker"
routing-key = "next"
transaction-size = 10
"#
        ));
        assert_eq!(
            (outcome.ledger.uncommitted, outcome.queues[1].ready),
            (0, arrived),
            "{interarrival} {last}"
        );
    }
}
