//! Workloads of scenario files: what is drawn about messages, when they come, and who works on them how. Each test plays a small
//! scenario and looks at what came of it.

use amqpsim::amqp::Method;
use amqpsim::measure::{Outcome, find};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::What;
use amqpsim::scenario::{Scenario, load};

fn scenario(text: &str) -> Scenario {
    let loaded = load("test.toml", text, &[]).unwrap_or_else(|error| panic!("{error}"));
    loaded.variants[0].scenario.clone()
}

fn play(text: &str) -> Outcome {
    let scenario = scenario(text);
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    outcome
}

/// What was seen, and when, in milliseconds.
fn seen<T>(text: &str, show: impl Fn(&What) -> Option<T>) -> Vec<(f64, T)> {
    let scenario = scenario(text);
    let mut all = Vec::new();
    let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, observations| {
        for seen in observations {
            all.extend(show(&seen.what).map(|shown| (seen.at.as_nanos() as f64 / 1e6, shown)));
        }
    });
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    assert_eq!(outcome, simulate(&scenario.system, scenario.seed), "observing changes nothing");
    all
}

/// Size, class and routing key (as its number) of each publish, with its instant.
fn publishes(text: &str) -> Vec<(f64, (u32, u8, String))> {
    let scenario = scenario(text);
    let keys: Vec<String> =
        scenario.system.producers[0].messages.iter().map(|message| message.routing_key.clone()).collect();
    let mut names: Vec<amqpsim::amqp::Name> = Vec::new();
    let seen = seen(text, |what| match what {
        What::ClientSent { method: Method::BasicPublish(publish), .. } => {
            Some((publish.message.size, publish.message.class, publish.routing_key))
        }
        _ => None,
    });
    for (_, (_, _, name)) in &seen {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names.sort();
    let key = |name| {
        let at = names.iter().position(|known| *known == name).unwrap_or_default();
        keys.get(at).cloned().unwrap_or_default()
    };
    seen.into_iter().map(|(at, (size, class, name))| (at, (size, class, key(name)))).collect()
}

/// A queue `q`, and a producer `p` with these keys that publishes 1000 messages to it.
fn producer(keys: &str) -> String {
    format!(
        "[[queue]]\nname = \"q\"\n[[producer]]\nname = \"p\"\nrouting-key = \"q\"\ncount = 1000\n{keys}\n"
    )
}

/// The mean of 1000 exponential samples is within 4 of their standard errors, 3.2 % each.
#[test]
fn sizes_are_drawn_from_their_distribution() {
    let sent = publishes(&producer("interarrival = \"1ms\"\nmessage-size = { exponential = \"1kB\" }"));
    let mean = sent.iter().map(|(_, (size, ..))| f64::from(*size)).sum::<f64>() / 1000.0;
    assert!((mean / 1000.0 - 1.0).abs() < 0.13, "{mean}");
    assert_ne!(sent[0].1.0, sent[1].1.0);
}

#[test]
fn a_class_has_sizes_of_its_own() {
    let text = producer("interarrival = \"1ms\"\nmessage-size-by-class = { big = \"1MB\" }");
    let sent = publishes(&format!("[[class]]\nname = \"big\"\nevery = 3\n{text}"));
    let sizes: Vec<u32> = sent.iter().take(6).map(|(_, (size, ..))| *size).collect();
    assert_eq!(sizes, [256, 256, 1_000_000, 256, 256, 1_000_000]);
}

/// Of 1000 messages 100 are expected, with a standard deviation of 9.5.
#[test]
fn a_class_takes_messages_by_probability() {
    let text = producer("interarrival = \"1ms\"");
    let sent = publishes(&format!("[[class]]\nname = \"rare\"\nprobability = 0.1\n{text}"));
    let rare = sent.iter().filter(|(_, (_, class, _))| *class == 1).count();
    assert!((62..=138).contains(&rare), "{rare}");
    let never = publishes(&format!("[[class]]\nname = \"rare\"\nprobability = 0\n{text}"));
    assert!(never.iter().all(|(_, (_, class, _))| *class == 0));
}

#[test]
fn a_class_takes_messages_by_their_headers() {
    let text = producer(
        "interarrival = \"1ms\"\nheaders = { format = \"txt\" }\nmessages = [{ headers = { format = \"pdf\", pages = 3 } }, { priority = 1 }]",
    );
    let sent = publishes(&format!("[[class]]\nname = \"pdf\"\nheaders = {{ format = \"pdf\" }}\n{text}"));
    let classes: Vec<u8> = sent.iter().take(4).map(|(_, (_, class, _))| *class).collect();
    assert_eq!(classes, [1, 0, 1, 0]);
}

/// Zipf's law with exponent 1 over three keys: shares of 6/11, 3/11 and 2/11, each with a standard error below 1.6 %.
#[test]
fn heavy_keys_are_drawn_by_their_rank() {
    let queues = "[[queue]]\nname = \"k1\"\n[[queue]]\nname = \"k2\"\n[[queue]]\nname = \"k3\"\n";
    let keys =
        "routing-keys = { pattern = \"k{key}\", count = 3 }\nzipf = 1\ncount = 1000\ninterarrival = \"1ms\"";
    let outcome = play(&format!("{queues}[[producer]]\nname = \"p\"\n{keys}\n"));
    for (queue, share) in outcome.queues.iter().zip([6.0, 3.0, 2.0]) {
        let own = queue.enqueued as f64 / 1000.0;
        assert!((own - share / 11.0).abs() < 0.064, "{}: {own}", queue.name);
    }
    let in_turn = play(&format!("{queues}[[producer]]\nname = \"p\"\n{}\n", keys.replace("zipf = 1\n", "")));
    assert_eq!(in_turn.queues.iter().map(|queue| queue.enqueued).collect::<Vec<_>>(), [334, 333, 333]);
}

#[test]
fn work_on_a_large_message_takes_longer() {
    let text = producer(
        "interarrival = \"1s\"\nmessages = [{ message-size = \"1kB\" }, { message-size = \"3kB\" }]",
    );
    let text = format!(
        "{text}[[consumer]]\nname = \"c\"\nqueue = \"q\"\nservice-time = \"5ms\"\nbandwidth = \"1MB\"\nspeed = 0.5\n"
    );
    let takes = seen(&text, |what| match what {
        What::ServiceBegan { takes, .. } => Some(takes.as_nanos() / 1_000_000),
        _ => None,
    });
    assert_eq!(takes.iter().take(3).map(|(_, takes)| *takes).collect::<Vec<_>>(), [12, 16, 12]);
}

const ALIKE: &str = r#"
[[queue]]
name = "q"
count = 3

[[producer]]
name = "shop"
instances = 3
routing-key = "q-{n}"
count = 10
interarrival = { exponential = "10ms" }

[[consumer]]
name = "worker"
count = 6
queue = "q-1"
prefetch-count = 2
service-time = "1ms"

[[consumer]]
name = "reader-{n}-of-3"
count = 3
queue = "q-{n}"
service-time = "1ms"

[[variant]]
name = "all"
set = { "consumer.*.prefetch-count" = 5, "consumer.worker-2.prefetch-count" = 7 }

[[variant]]
name = "more"
set = { "consumer.worker.count" = 8, "consumer.worker.speed" = 2, "consumer.worker-1.speed" = 3 }
"#;

#[test]
fn one_table_makes_many_alike() {
    let loaded = load("test.toml", ALIKE, &[]).unwrap_or_else(|error| panic!("{error}"));
    let all = &loaded.variants[0].scenario.system;
    let names: Vec<&str> = all.consumers.iter().map(|consumer| consumer.name.as_str()).collect();
    assert_eq!(names[..2], ["worker-1", "worker-2"]);
    assert_eq!(names[5..], ["worker-6", "reader-1-of-3", "reader-2-of-3", "reader-3-of-3"]);
    assert_eq!(all.consumers[8].queue, "q-3");
    assert_eq!(all.producers[1].messages[0].routing_key, "q-2");
    let prefetch: Vec<u16> = all.consumers.iter().map(|consumer| consumer.prefetch_count).collect();
    assert_eq!(prefetch, [5, 7, 5, 5, 5, 5, 5, 5, 5]);
    let more = &loaded.variants[1].scenario.system.consumers;
    assert_eq!(
        more.iter().map(|consumer| consumer.speed_permille).take(3).collect::<Vec<_>>(),
        [3000, 2000, 2000]
    );
    assert_eq!(more.len(), 11);
}

/// Each of many alike has draws of its own, and they stay as they are when there are more.
#[test]
fn many_alike_draw_independently() {
    let instants = |text: &str, who: u32| -> Vec<f64> {
        let seen = seen(text, |what| match what {
            What::Published { producer, .. } => Some(*producer),
            _ => None,
        });
        seen.into_iter().filter(|(_, producer)| *producer == who).map(|(at, _)| at).collect()
    };
    let text = ALIKE.split("[[variant]]").next().unwrap_or_default().replace("count = 6", "count = 2");
    let (first, second) = (instants(&text, 0), instants(&text, 1));
    assert_ne!(first, second);
    assert_eq!(first.len(), 10);
    let more = text
        .replace("name = \"q\"\ncount = 3", "name = \"q\"\ncount = 9")
        .replace("instances = 3", "instances = 9");
    assert_eq!((first, second), (instants(&more, 0), instants(&more, 1)));
}

#[test]
fn a_builder_makes_many_alike() {
    let builder = amqpsim::scenario::ScenarioBuilder::new("many")
        .queue("q")
        .consumer("worker")
        .with("count", 2)
        .with("queue", "q")
        .with("service-time", "1ms");
    assert_eq!(builder.names("consumer"), ["worker-1", "worker-2"]);
    assert_eq!(builder.connections(), ["worker-1", "worker-2"]);
    let loaded = load("many.toml", &builder.to_toml(), &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.variants[0].scenario, builder.build().unwrap_or_else(|error| panic!("{error}")));
}

/// The instants of all publishes in milliseconds, rounded to microseconds.
fn instants(text: &str) -> Vec<f64> {
    let seen = seen(text, |what| matches!(what, What::Published { .. }).then_some(()));
    seen.into_iter().map(|(at, ())| (at * 1000.0).round() / 1000.0).collect()
}

const STARTED: &str = "[link]\nlatency = \"0s\"\n";

#[test]
fn a_constant_rate_is_a_gap() {
    let text = format!("{STARTED}{}", producer("rate = \"50/s\"\nspacing = \"even\""));
    assert_eq!(instants(&text)[..4], [0.0, 20.0, 40.0, 60.0]);
    let poisson = scenario(&producer("rate = \"50/s\""));
    let gaps = scenario(&producer("interarrival = { exponential = \"20ms\" }"));
    assert_eq!(poisson.system, gaps.system);
}

#[test]
fn a_rate_changes_at_its_points() {
    let keys = "spacing = \"even\"\nrate = [{ at = \"0s\", rate = \"0/s\" }, { at = \"1s\", rate = \"10/s\" }, { at = \"2s\", rate = \"100/s\" }]";
    let text = format!("{STARTED}{}", producer(keys));
    let all = instants(&text);
    assert_eq!((all[0], all[9], all[10], all.len()), (1100.0, 2000.0, 2010.0, 1000));
    let daily = format!("{text}rate-shape = \"ramps\"\nrate-period = \"4s\"\n");
    assert!((instants(&daily)[0] - (2.0f64 / 10.0).sqrt() * 1e3).abs() < 0.001);
}

#[test]
fn a_curve_counts_from_the_beginning_of_the_replication_and_starts_with_its_producer() {
    let keys = "start = \"1500ms\"\nspacing = \"even\"\nrate = [{ at = \"0s\", rate = \"1/s\" }, { at = \"2s\", rate = \"10/s\" }]";
    let all = instants(&format!("{STARTED}{}", producer(keys)));
    assert_eq!(all[..2], [2050.0, 2150.0]);
}

#[test]
fn bursts_have_pauses_between_them() {
    let keys = "interarrival = \"100ms\"\nbursts = { on = \"1s\", off = \"9s\" }";
    let all = instants(&format!("{STARTED}{}", producer(keys)));
    assert_eq!((all[9], all[10], all[999]), (900.0, 10_000.0, 990_900.0));
}

/// Three users with a think time of 10 ms and confirms that take 2 ms publish three messages every 12 ms.
#[test]
fn a_closed_loop_waits_for_answers_and_thinks() {
    let keys = "think-time = \"10ms\"\nconfirms = true\nmax-in-flight = 3\nstop = \"100ms\"";
    let text = format!("[link]\nlatency = \"1ms\"\n{}", producer(keys));
    let all = instants(&text);
    // The first three wait for the channel.
    let first = all[0];
    let expected: Vec<f64> = (0..all.len()).map(|n| first + 12.0 * (n / 3) as f64).collect();
    assert_eq!(all, expected);
    let outcome = play(&text);
    assert_eq!(outcome.producers[0].confirmed as usize, all.len());
}

/// A user whose answer was lost with the connection begins anew; there are never more than three under way.
#[test]
fn a_closed_loop_goes_on_after_a_cut_and_a_crash() {
    for fault in [
        "[[fault.connection-loss]]\nconnection = \"p\"\nat = \"30500us\"\nlasts = \"5ms\"\n",
        "[[fault.producer-crash]]\nproducer = \"p\"\nat = \"30500us\"\nrestart-after = \"5ms\"\n",
        "[[fault.broker-restart]]\nat = \"30500us\"\nlasts = \"5ms\"\n",
    ] {
        for extra in ["", "republish = \"unconfirmed\"\n"] {
            let keys = "think-time = \"1ms\"\nconfirms = true\nmax-in-flight = 3\ncount = 300\n";
            let text = producer(keys).replace("count = 1000\n", "");
            let text = format!("[link]\nlatency = \"1ms\"\nreconnect-delay = \"3ms\"\n{text}{extra}{fault}");
            let outcome = play(&text);
            let p = &outcome.producers[0];
            assert_eq!(p.published - p.republished, 300, "{fault}{extra}");
            assert!(p.confirmed >= 296, "{fault}{extra}: {p:?}");
        }
    }
}

#[test]
fn what_was_recorded_is_replayed_with_its_sizes() {
    let keys = "replay = [{ at = \"5ms\", size = \"1kB\" }, { at = \"5ms\", size = \"2kB\" }, { at = \"50ms\", size = \"3kB\" }]";
    let text = format!("{STARTED}{}", producer(keys));
    assert_eq!(instants(&text), [5.0, 5.0, 50.0]);
    let sizes: Vec<u32> = publishes(&text).iter().map(|(_, (size, ..))| *size).collect();
    assert_eq!(sizes, [1000, 2000, 3000]);
}

#[test]
fn files_give_recorded_arrivals_and_measured_times() {
    let text = r#"
        [[queue]]
        name = "q"
        [[producer]]
        name = "p"
        routing-key = "q"
        replay = { file = "trace.csv", at = "time", unit = "s", size = "bytes", size-unit = "B" }
        [[consumer]]
        name = "c"
        queue = "q"
        service-time = { empirical = { file = "data/times.csv", column = "took" } }
    "#;
    let files = |name: &str| match name {
        "trace.csv" => Ok("time,who,bytes\n0.5,a,1000\n1.25,b,2e3\n".to_owned()),
        "data/times.csv" => Ok("n,took\n1,3ms\n2,5 ms\n".to_owned()),
        _ => Err("nothing there".to_owned()),
    };
    let loaded = amqpsim::scenario::load_with_files("test.toml", text, &[], &files).unwrap();
    assert_eq!(loaded.files, ["data/times.csv", "trace.csv"]);
    let system = &loaded.variants[0].scenario.system;
    let inline = load(
        "test.toml",
        &text
            .replace(
                "{ file = \"trace.csv\", at = \"time\", unit = \"s\", size = \"bytes\", size-unit = \"B\" }",
                "[{ at = \"500ms\", size = \"1kB\" }, { at = \"1250ms\", size = \"2kB\" }]",
            )
            .replace("{ file = \"data/times.csv\", column = \"took\" }", "[\"3ms\", \"5ms\"]"),
        &[],
    );
    assert_eq!(*system, inline.unwrap().variants[0].scenario.system);
    let builder = amqpsim::scenario::ScenarioBuilder::from_toml("test.toml", text).unwrap();
    let again = builder.file("trace.csv", &files("trace.csv").unwrap());
    let again = again.file("data/times.csv", &files("data/times.csv").unwrap());
    assert_eq!(again.clone().build().unwrap().system, *system);
    assert!(again.to_toml().contains("file = \"trace.csv\""));
}

/// 100 messages at once for the consumer `c` with these keys, whose work takes 10 ms.
fn consumer(keys: &str) -> String {
    format!(
        "{STARTED}[[queue]]\nname = \"q\"\n[[producer]]\nname = \"p\"\nrouting-key = \"q\"\ncount = 100\ninterarrival = \"1us\"\n\
         [[consumer]]\nname = \"c\"\nqueue = \"q\"\nservice-time = \"10ms\"\n{keys}\n"
    )
}

/// Tag and instant in milliseconds of each `basic.ack` that `c` sends, if it acknowledges all before too.
fn batches(text: &str) -> Vec<(u64, f64)> {
    let seen = seen(text, |what| match what {
        What::ClientSent { method: Method::BasicAck { delivery_tag, multiple: true }, .. } => {
            Some(*delivery_tag)
        }
        _ => None,
    });
    seen.into_iter().map(|(at, tag)| (tag, at.round())).collect()
}

#[test]
fn several_deliveries_are_acknowledged_at_once() {
    let text = consumer("ack-batch = 8\nprefetch-count = 10");
    assert_eq!(batches(&text)[..2], [(8, 80.0), (16, 160.0)]);
    let outcome = play(&text);
    assert_eq!(
        (outcome.consumers[0].processed, outcome.queues[0].acked, outcome.queues[0].unacked),
        (100, 96, 4)
    );
    let flushed = consumer("ack-batch = 8\nack-batch-delay = \"35ms\"\nprefetch-count = 10");
    // Four are done within 35 ms of the first.
    assert_eq!(batches(&flushed)[..2], [(4, 45.0), (8, 85.0)]);
    assert_eq!(play(&flushed).queues[0].acked, 100);
}

/// What was processed and not acknowledged comes again: here all but the full batches before the cut.
#[test]
fn a_batch_that_is_cut_is_delivered_again() {
    let fault = "[[fault.connection-loss]]\nconnection = \"c\"\nat = \"125ms\"\nlasts = \"5ms\"\n";
    let outcome =
        play(&format!("{}{fault}", consumer("ack-batch = 8\nack-batch-delay = \"1s\"\nprefetch-count = 20")));
    assert_eq!(outcome.queues[0].acked, 100);
    // Eight of twelve were acknowledged; the thirteenth is in work as the connection is lost.
    assert_eq!((outcome.consumers[0].processed, outcome.queues[0].processed_twice), (105, 5));
}

#[test]
fn a_consumer_that_warms_up_is_slow_at_first() {
    let text = consumer("warm-up = \"100ms\"\nwarm-up-speed = 0.25");
    let takes: Vec<u64> = seen(&text, |what| match what {
        What::ServiceBegan { takes, .. } => Some(takes.as_nanos() / 1_000_000),
        _ => None,
    })
    .into_iter()
    .map(|(_, takes)| takes)
    .collect();
    assert_eq!(takes[..4], [40, 40, 40, 10]);
}

/// Of 100 deliveries 30 are expected to fail, with a standard deviation of 4.6; those that come again may succeed.
#[test]
fn work_fails_by_chance() {
    let outcome = play(&consumer("failure-probability = 0.3\nfailure = \"reject\""));
    let c = &outcome.consumers[0];
    assert_eq!(c.processed + c.rejected, 100);
    assert!((12..=48).contains(&c.rejected), "{}", c.rejected);
    let again = play(&consumer("failure-probability = 0.3\nprefetch-count = 1"));
    let c = &again.consumers[0];
    assert_eq!(c.processed, 100);
    assert!((20..=80).contains(&c.requeued), "{}", c.requeued);
    let dies = play(&consumer("failure-probability = 0.05\nfailure = \"crash\"\nrestart-after = \"20ms\""));
    assert!(dies.consumers[0].crashes_at_work > 0);
    assert_eq!(dies.queues[0].acked, 100);
}

#[test]
fn a_consumer_joins_and_leaves_by_its_schedule() {
    let keys = "prefetch-count = 1\nschedule = [{ from = \"100ms\", until = \"200ms\" }, { from = \"300ms\", until = \"325ms\" }, { from = \"400ms\", until = \"10s\" }]";
    let began: Vec<f64> =
        seen(&consumer(keys), |what| matches!(what, What::ServiceBegan { .. }).then_some(()))
            .into_iter()
            .map(|(at, ())| at.round())
            .collect();
    assert_eq!(began[..2], [100.0, 110.0]);
    let between = |from: f64, until: f64| began.iter().filter(|at| (from..until).contains(*at)).count();
    assert_eq!(
        (between(100.0, 200.0), between(211.0, 300.0), between(300.0, 340.0), between(341.0, 400.0)),
        (10, 0, 3, 0)
    );
    assert_eq!(began.len(), 100);
    let outcome = play(&consumer(keys));
    assert_eq!((outcome.consumers[0].processed, outcome.queues[0].acked), (100, 100));
    // A cut in a pause does not bring it back early.
    let fault = "[[fault.connection-loss]]\nconnection = \"c\"\nat = \"230ms\"\nlasts = \"5ms\"\n[link]\nreconnect-delay = \"5ms\"\n";
    let cut = format!("{}{fault}", consumer(keys).replace(STARTED, ""));
    let early = seen(&cut, |what| matches!(what, What::ServiceBegan { .. }).then_some(()));
    assert!(early.iter().all(|(at, ())| !(230.0..300.0).contains(at)), "{early:?}");
}

/// Four at a time: 100 messages of 10 ms each take 250 ms, and a message that takes longer is passed by others.
#[test]
fn a_consumer_works_on_several_messages_at_once() {
    let text = consumer("concurrency = 4\nprefetch-count = 8");
    let began: Vec<f64> = seen(&text, |what| matches!(what, What::ServiceBegan { .. }).then_some(()))
        .into_iter()
        .map(|(at, ())| at.round())
        .collect();
    assert_eq!(began[..9], [0.0, 0.0, 0.0, 0.0, 10.0, 10.0, 10.0, 10.0, 20.0]);
    let outcome = play(&text);
    assert_eq!(
        (outcome.consumers[0].processed, outcome.queues[0].acked, outcome.consumers[0].busy.as_nanos()),
        (100, 100, 1_000_000_000)
    );
    assert!(outcome.end.at.as_nanos() < 252_000_000, "{}", outcome.end.at);
    let utilisation = find("utilisation").expect("the measure is in the catalogue");
    let share = utilisation.of(&outcome, 0).unwrap_or_default();
    assert!((0.99..=1.0).contains(&share), "{share}");
    let bound = outcome.queues[0].makespan_bound.expect("there was work").as_nanos();
    assert_eq!(bound, 250_000_000);
}

/// What several hands hold is given back, finished or lost as with one, whatever strikes.
#[test]
fn several_hands_survive_cuts_crashes_and_refusals() {
    let class = "[[class]]\nname = \"odd\"\nevery = 2\n";
    for (keys, processed) in [
        ("", 100),
        ("outcome-by-class = { odd = \"reject\" }", 50),
        ("failure-probability = 0.2\nfailure = \"crash\"\nrestart-after = \"3ms\"", 100),
        ("failure-probability = 0.2", 100),
        ("idempotent = true", 100),
    ] {
        for fault in [
            "[[fault.connection-loss]]\nconnection = \"c\"\nat = \"45ms\"\nlasts = \"5ms\"\n",
            "[[fault.consumer-crash]]\nconsumer = \"c\"\nat = \"45ms\"\nrestart-after = \"5ms\"\n",
            "[[fault.broker-restart]]\nat = \"45ms\"\nlasts = \"5ms\"\n",
            "[[fault.consumer-crash]]\nconsumer = \"c\"\nby = \"channel-close\"\nat = \"45ms\"\nrestart-after = \"5ms\"\n",
        ] {
            let link = "[link]\nreconnect-delay = \"5ms\"\n";
            let service = "service-time-by-class = { odd = \"33ms\" }\nconcurrency = 3\nprefetch-count = 5\n";
            let text = consumer(&format!("{service}{keys}")).replace(STARTED, "");
            let text = text.replace("count = 100", "count = 100\npersistent = true");
            let outcome = play(&format!("{class}{link}{text}{fault}"));
            let (consumer, queue) = (&outcome.consumers[0], &outcome.queues[0]);
            assert!(consumer.processed >= processed, "{keys}: {fault}: {consumer:?}");
            assert_eq!((queue.ready, queue.unacked), (0, 0), "{keys}: {fault}");
        }
    }
}

/// A consumer that leaves before the broker has answered to its leaving before comes back once, not twice with one tag.
#[test]
fn a_consumer_that_leaves_twice_in_a_row_comes_back_once() {
    let shifts = "schedule = [{ from = \"0s\", until = \"9ms\" }, { from = \"9ms\", until = \"11ms\" }, { from = \"13ms\", until = \"9h\" }]";
    for latency in ["0s", "1ms", "2ms", "5ms"] {
        let link = format!("[link]\nlatency = \"{latency}\"\n");
        let outcome = play(&format!("{link}{}", consumer(shifts).replace(STARTED, "")));
        assert_eq!((outcome.consumers[0].processed, outcome.errors.len()), (100, 0), "{latency}");
    }
}
