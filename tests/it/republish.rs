//! Clients that come back and publish again: waits before they connect, what a producer publishes again, the duplicates
//! that this makes, and consumers that know them. Each test plays a small scenario and looks at what came of it.

use amqpsim::amqp::{Method, ServerMethod};
use amqpsim::check::{Finding, Property};
use amqpsim::measure::{Outcome, Stopped};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::{Fact, Observation, PublishedAgain, What};
use amqpsim::scenario::load;
use amqpsim::units::{SimDuration, SimTime};

fn play(text: &str) -> (Vec<Observation>, Outcome) {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let scenario = &loaded.variants[0].scenario;
    let mut all = Vec::new();
    let outcome =
        simulate_recorded(&scenario.system, scenario.seed, |_, observations| all.extend(observations));
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    assert_eq!(outcome, simulate(&scenario.system, scenario.seed), "observing changes nothing");
    (all, outcome)
}

/// A producer `p` in confirm mode with these keys, which publishes 100 messages to a queue `q`, one every 10 ms, and a consumer
/// `c` with those. A frame takes 40 ms.
fn pair(producer: &str, consumer: &str) -> String {
    format!(
        r#"
[link]
latency = "40ms"
[[queue]]
name = "q"
[[producer]]
name = "p"
routing-key = "q"
count = 100
interarrival = "10ms"
confirms = true
{producer}
[[consumer]]
name = "c"
queue = "q"
service-time = "1ms"
{consumer}
"#
    )
}

/// Four publishes are on their way to the broker, four answers on their way back.
const CUT: &str = "[[fault.connection-loss]]\nconnection = \"p\"\nat = \"505ms\"\nlasts = \"0s\"\n";
const AGAIN: &str = "republish = \"unconfirmed\"";

/// The numbers of messages in the order of their publishes, with why they were published again.
fn published(seen: &[Observation]) -> Vec<(u32, Option<PublishedAgain>)> {
    let publish = |seen: &Observation| match seen.what {
        What::Published { message, again, .. } => Some((message.number, again)),
        _ => None,
    };
    seen.iter().filter_map(publish).collect()
}

/// The instants, in milliseconds, at which something was seen.
fn instants(seen: &[Observation], what: impl Fn(&What) -> bool) -> Vec<u64> {
    let all = seen.iter().filter(|seen| what(&seen.what));
    all.map(|seen| seen.at.as_nanos() / 1_000_000).collect()
}

/// Source: rule CON-16.
#[test]
fn what_had_no_answer_is_lost_or_done_unless_it_is_published_again() {
    let (_, outcome) = play(&(pair("", "") + CUT));
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.unanswered, p.unconfirmed, p.messages_lost), (100, 8, 8, 4));
    assert_eq!(outcome.consumers[0].processed, 96);

    let (seen, outcome) = play(&(pair(AGAIN, "") + CUT));
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.republished, p.published_twice), (108, 8, 8));
    assert_eq!((p.confirmed, p.unanswered, p.unconfirmed, p.given_up), (100, 8, 0, 0));
    assert_eq!((p.messages_lost, p.lost_though_confirmed), (0, 0), "the second publishes made that good");
    assert_eq!(p.duplicates, 4, "the other four were there already");
    assert_eq!(outcome.consumers[0].processed, 104);
    let ledger = &outcome.ledger;
    assert_eq!((ledger.published_twice, ledger.delivered_twice, ledger.processed_twice), (8, 4, 4));
    assert_eq!((ledger.processed_again, ledger.redelivered), (4, 0), "no copy came back");
    assert_eq!((outcome.queues[0].delivered_twice, outcome.queues[0].processed_twice), (4, 4));
    assert_eq!(Property::NoConfirmedMessageLost.examine(&outcome), Finding::Held);

    let all = published(&seen);
    let first = all.iter().position(|(_, again)| again.is_some()).expect("eight are published again");
    let numbers: Vec<u32> = all[first..].iter().map(|(number, _)| *number).collect();
    let last = all[first - 1].0;
    assert_eq!(numbers, (last - 7..=100).collect::<Vec<_>>(), "in order, and before new ones");
    let why = Some(PublishedAgain::ConnectionLost);
    assert!(all[first..first + 8].iter().all(|(_, again)| *again == why));
}

#[test]
fn a_message_that_is_published_again_is_the_same_message() {
    let class = "correlation-id = \"per-message\"\n[[class]]\nname = \"odd\"\nevery = 2\nfirst = 1\n";
    let (seen, _) = play(&(pair(&format!("{AGAIN}\n{class}"), "") + CUT));
    let mut first = std::collections::BTreeMap::new();
    let mut twice = 0;
    for seen in &seen {
        let What::ClientSent { method: Method::BasicPublish(publish), .. } = &seen.what else { continue };
        let message = &publish.message;
        let said = (message.class, message.properties().correlation_id, publish.routing_key);
        if let Some(before) = first.insert(message.id, said.clone()) {
            assert_eq!(before, said);
            twice += 1;
        }
    }
    assert_eq!(twice, 8);
}

#[test]
fn an_idempotent_consumer_does_nothing_twice() {
    let (seen, outcome) = play(&(pair(AGAIN, "idempotent = true") + CUT));
    let c = &outcome.consumers[0];
    assert_eq!((c.delivered, c.processed, c.duplicates_skipped), (104, 100, 4));
    assert_eq!(
        (outcome.ledger.processed, outcome.ledger.processed_twice),
        (104, 0),
        "all copies are settled"
    );
    assert_eq!((outcome.ledger.unfinished(), c.busy), (0, SimDuration::from_millis(100)));
    let skips = instants(&seen, |what| matches!(what, What::DuplicateSkipped { .. }));
    assert_eq!(skips.len(), 4);
}

/// The work is remembered, whatever becomes of its acknowledgement and of the consumer. Source: rule CON-7.
#[test]
fn an_idempotent_consumer_knows_what_comes_back_after_a_crash() {
    let crash = "[[fault.consumer-crash]]\nconsumer = \"c\"\nat = \"505ms\"\nrestart-after = \"10ms\"\n";
    let (_, outcome) = play(&(pair("", "") + crash));
    let again = outcome.ledger.processed_again;
    assert!(again > 0 && outcome.ledger.processed_twice == again && outcome.ledger.published_twice == 0);
    let (_, outcome) = play(&(pair("", "idempotent = true") + crash));
    assert_eq!(outcome.ledger.processed_twice, 0);
    assert_eq!((outcome.consumers[0].processed, outcome.consumers[0].duplicates_skipped), (100, again));
}

/// Source: rule CF-8.
#[test]
fn what_was_nacked_is_published_again_after_a_wait() {
    let full = |keys: &str| {
        let slow = "prefetch-count = 1\nspeed = 0.02";
        let text = pair(&format!("{AGAIN}\n{keys}"), slow).replace("count = 100", "count = 8");
        let arguments = "arguments = { x-max-length = 2, x-overflow = \"reject-publish\" }";
        play(&text.replace("name = \"q\"\n[[prod", &format!("name = \"q\"\n{arguments}\n[[prod")))
    };
    let (seen, outcome) = full("republish-delay = \"70ms\"");
    let p = &outcome.producers[0];
    assert!(p.nacked > 0 && p.republished == p.nacked, "{p:?}");
    assert_eq!((p.confirmed, p.unconfirmed, p.messages_lost), (8, 0, 0));
    assert_eq!((outcome.consumers[0].processed, outcome.ledger.processed_twice), (8, 0));
    let again =
        instants(&seen, |what| matches!(what, What::Published { again: Some(PublishedAgain::Nacked), .. }));
    let nacked = instants(&seen, |what| {
        matches!(what, What::ReachedClient { method: ServerMethod::BasicNack { .. }, .. })
    });
    let due: Vec<u64> = nacked.iter().map(|at| at + 70).collect();
    assert_eq!(again, due, "each waits for itself");

    let (seen, outcome) = full("republish-delay = \"1ms\"\nrepublish-attempts-max = 1");
    let p = &outcome.producers[0];
    assert!(p.given_up > 0 && p.unconfirmed == p.given_up && p.messages_lost == p.given_up, "{p:?}");
    assert!(p.republished >= p.given_up && p.confirmed + p.given_up == 8);
    let given_up = instants(&seen, |what| matches!(what, What::MessageGivenUp { .. }));
    assert_eq!(given_up.len() as u64, p.given_up);
}

#[test]
fn what_is_published_again_goes_through_the_window() {
    let (seen, outcome) = play(&(pair(&format!("{AGAIN}\nmax-in-flight = 3"), "") + CUT));
    assert_eq!((outcome.producers[0].unconfirmed, outcome.producers[0].held_back), (0, 0));
    let mut open = 0;
    for seen in &seen {
        match seen.what {
            What::Published { .. } => open += 1,
            What::ReachedClient { method: ServerMethod::BasicAck { .. }, .. } => open -= 1,
            What::ConnectionLost { connection: 0 } => open = 0,
            _ => {}
        }
        assert!(open <= 3, "{open} are unanswered at {}", seen.at);
    }
}

/// Another client on the channel makes the broker close it. Source: rules ACK-9 and CON-16.
#[test]
fn a_channel_that_opens_again_is_as_good_as_a_connection() {
    let text = pair(&format!("{AGAIN}\nconnection = \"app\"\nchannel = \"shared\""), "")
        + r#"
[[connection]]
name = "app"
channel-reopen-delay = "100ms"
[[client]]
name = "clumsy"
channel = "shared"
do = [{ method = "basic.ack", delivery-tag = 77, at = "505ms" }]
"#;
    let (seen, outcome) = play(&text);
    assert_eq!(outcome.errors.len(), 1, "{:?}", outcome.errors);
    let p = &outcome.producers[0];
    assert_eq!((p.unconfirmed, p.messages_lost, p.stopped), (0, 0, Stopped::No), "{p:?}");
    let again: Vec<_> = published(&seen).into_iter().filter_map(|(_, again)| again).collect();
    assert!(!again.is_empty() && again.iter().all(|why| *why == PublishedAgain::ChannelClosed));
}

#[test]
fn a_producer_that_never_comes_back_has_something_to_say() {
    let forever = CUT.replace("lasts = \"0s\"", "lasts = \"2h\"");
    let (_, outcome) = play(&(pair(AGAIN, "") + "[replication]\nduration = \"10s\"\n" + &forever));
    let p = &outcome.producers[0];
    assert_eq!((p.unconfirmed, p.held_back, p.stopped), (8, 8, Stopped::WithoutChannel));
    assert_eq!(p.messages_lost, 4);
}

/// When the client tries to connect, in milliseconds, with these keys of `[link]` and a broker that is away for 10 s.
fn attempts(keys: &str) -> (Vec<u64>, Outcome) {
    let text = pair("", "").replace("latency = \"40ms\"", &format!("latency = \"0s\"\n{keys}"))
        + "[[fault.broker-restart]]\nat = \"1s\"\nlasts = \"10s\"\n";
    let (seen, outcome) = play(&text);
    let connecting = |what: &What| matches!(what, What::Connecting { connection: 0 });
    (instants(&seen, connecting), outcome)
}

#[test]
fn waits_before_a_client_connects_again_grow_if_they_are_to() {
    let (fixed, _) = attempts("reconnect-delay = \"3s\"");
    assert_eq!(fixed, [0, 4_000, 7_000, 10_000, 13_000]);
    let (doubled, _) = attempts("reconnect-delay = \"1s\"\nreconnect-backoff = \"exponential\"");
    assert_eq!(doubled, [0, 2_000, 4_000, 8_000, 16_000], "1, 2, 4 and 8 seconds");
    let keys = "reconnect-delay = \"1s\"\nreconnect-backoff = \"exponential\"\nreconnect-delay-max = \"3s\"";
    assert_eq!(attempts(keys).0, [0, 2_000, 4_000, 7_000, 10_000, 13_000], "3 seconds at most");
    let keys = "reconnect-delay = \"1s\"\nreconnect-backoff = \"full-jitter\"";
    let (jittered, _) = attempts(keys);
    let bounds = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000];
    let waits: Vec<u64> = jittered[1..].windows(2).map(|two| two[1] - two[0]).collect();
    assert!(waits.iter().zip(&bounds[1..]).all(|(wait, bound)| wait <= bound), "{jittered:?}");
    assert_eq!(attempts(keys).0, jittered, "it is drawn from the seed");
}

#[test]
fn a_client_gives_up_after_so_many_failed_attempts_in_a_row() {
    let (at, outcome) = attempts("reconnect-delay = \"2s\"\nreconnect-attempts-max = 3");
    assert_eq!(at, [0, 3_000, 5_000, 7_000]);
    assert_eq!(
        (outcome.end.at, outcome.producers[0].stopped),
        (SimTime::ZERO + SimDuration::from_secs(11), Stopped::No)
    );
    let (at, _) = attempts("reconnect-delay = \"2s\"\nreconnect-attempts-max = 6");
    assert_eq!(at.last(), Some(&11_000), "the sixth attempt succeeds");

    // The count starts again with a connection.
    let restart =
        |at: u32| format!("[[fault.broker-restart]]\nname = \"r{at}\"\nat = \"{at}s\"\nlasts = \"3s\"\n");
    let restarts = [1, 11, 21].map(restart).concat();
    let text = pair("start = \"40s\"", "").replace(
        "latency = \"40ms\"",
        "latency = \"0s\"\nreconnect-delay = \"2s\"\nreconnect-attempts-max = 2",
    );
    let (seen, outcome) = play(&(text.clone() + &restarts));
    assert_eq!(outcome.producers[0].published, 100);
    assert!(instants(&seen, |what| matches!(what, What::ConnectingGivenUp { .. })).is_empty());
    let longer = restarts.replace("lasts = \"3s\"", "lasts = \"5s\"");
    let (seen, outcome) = play(&(text + &longer));
    assert_eq!(
        instants(&seen, |what| matches!(what, What::ConnectingGivenUp { .. })).len(),
        2,
        "both clients"
    );
    assert_eq!(outcome.producers[0].stopped, Stopped::ByFailedAttempts);
}

/// Source: rule CON-18.
#[test]
fn a_client_that_is_back_declares_what_is_its_own() {
    let own = "declare = [{ queue = \"mine\", exclusive = true }]";
    let text = pair(AGAIN, own).replace("queue = \"q\"\nservice", "queue = \"mine\"\nservice");
    let text = text.replace("routing-key = \"q\"", "routing-key = \"mine\"\nstart = \"1s\"");
    let cut = "[[fault.connection-loss]]\nconnection = \"c\"\nat = \"1200ms\"\nlasts = \"0s\"\n";
    let (seen, outcome) = play(&(text + cut));
    let declared = |what: &What| matches!(what, What::Broker(Fact::QueueDeclared { durable: false, .. }, _));
    assert_eq!(instants(&seen, declared).len(), 2);
    assert!(outcome.errors.is_empty() && outcome.consumers[0].processed > 0, "{:?}", outcome.errors);
}

/// A new process knows nothing of what the one before it had published. Source: rule CON-16.
#[test]
fn a_producer_that_died_publishes_nothing_again() {
    let crash = "[[fault.producer-crash]]\nproducer = \"p\"\nat = \"505ms\"\nby = \"tcp-cut\"\nrestart-after = \"100ms\"\n";
    let (seen, outcome) = play(&(pair(AGAIN, "") + crash));
    let p = &outcome.producers[0];
    assert_eq!((p.republished, p.unconfirmed, p.messages_lost, p.held_back), (0, 8, 4, 0));
    assert!(published(&seen).iter().all(|(_, again)| again.is_none()));
}

/// A mandatory message comes back until its queue is there. Its confirm says nothing then, and no copy is made twice.
/// Source: rules MND-1 and CF-3.
#[test]
fn what_comes_back_is_published_again_until_there_is_a_queue() {
    let late = |producer: &str| {
        let text = format!(
            "[link]\nlatency = \"10ms\"\n\
             [[producer]]\nname = \"p\"\nrouting-key = \"late\"\nmandatory = true\ncount = 10\ninterarrival = \"10ms\"\n{producer}\n\
             [[consumer]]\nname = \"c\"\nqueue = \"late\"\nstart = \"300ms\"\nservice-time = \"1ms\"\n\
             declare = [{{ queue = \"late\" }}]\n"
        );
        play(&text)
    };
    let (_, outcome) = late("confirms = true");
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.returned, p.confirmed, p.unconfirmed), (10, 10, 10, 0));

    for confirms in ["", "confirms = true", "confirms = true\nmax-in-flight = 3"] {
        let (seen, outcome) =
            late(&format!("{confirms}\nrepublish = \"returned\"\nrepublish-delay = \"100ms\""));
        let p = &outcome.producers[0];
        assert_eq!(p.published, p.returned + 10, "{confirms}");
        assert_eq!(p.republished, p.returned);
        assert_eq!((p.published_twice, p.given_up, p.unanswered, p.unconfirmed), (10, 0, 0, 0));
        assert_eq!(p.confirmed, if confirms.is_empty() { 0 } else { p.published });
        assert_eq!((p.messages_lost, p.lost_though_confirmed, p.held_back), (0, 0, 0));
        assert_eq!((outcome.ledger.processed_twice, outcome.ledger.returned), (0, p.returned));
        assert_eq!(outcome.consumers[0].processed, 10);
        // Each comes back 20 ms after it was published, and goes out 100 ms later, until about 310 ms.
        let first = published(&seen).iter().filter(|(number, _)| *number == 1).count();
        assert!((3..=4).contains(&first), "{first} times");
        assert!(
            published(&seen).iter().all(|(_, why)| why.is_none_or(|why| why == PublishedAgain::Returned))
        );
    }

    let keys = "republish-delay = \"100ms\"\nrepublish-attempts-max = 1";
    let (_, outcome) = late(&format!("confirms = true\nrepublish = \"unconfirmed-or-returned\"\n{keys}"));
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.returned, p.given_up), (20, 20, 10), "one more attempt each");
    assert_eq!((p.confirmed, p.unconfirmed, p.messages_lost), (20, 0, 0));
}

/// A publish that came back is no copy: if the next one is lost in its queue, the message is lost; a cut in between makes no
/// second attempt of it.
#[test]
fn what_came_back_does_not_make_a_later_loss_good() {
    let (_, outcome) = play(
        "[link]\nlatency = \"10ms\"\nreconnect-delay = \"10ms\"\n\
         [[queue]]\nname = \"other\"\n\
         [[producer]]\nname = \"p\"\nrouting-key = \"late\"\nmandatory = true\ncount = 5\ninterarrival = \"1ms\"\nconfirms = true\n\
         republish = \"unconfirmed-or-returned\"\nrepublish-delay = \"400ms\"\n\
         [[consumer]]\nname = \"c\"\nqueue = \"late\"\nstart = \"300ms\"\nservice-time = \"1ms\"\noutcome = \"reject\"\n\
         declare = [{ queue = \"late\" }]\n\
         [[fault.connection-loss]]\nconnection = \"p\"\nat = \"100ms\"\nlasts = \"10ms\"\n",
    );
    let p = &outcome.producers[0];
    assert_eq!((p.published, p.returned, p.republished, p.confirmed), (10, 5, 5, 10));
    assert_eq!((p.messages_lost, p.lost_though_confirmed), (5, 5), "they are rejected");
}
