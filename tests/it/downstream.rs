//! What consumers call: how many calls there are in a time, who waits, and what becomes of failures.

#![expect(clippy::needless_raw_string_hashes, reason = "the expected texts are written by a tool")]

use amqpsim::measure::{Outcome, Scope, find_in};
use amqpsim::model::{simulate, simulate_recorded};
use amqpsim::observe::What;
use amqpsim::report::Directory;
use amqpsim::report::story::{Filter, Narrator};
use amqpsim::scenario::{Scenario, load};
use amqpsim::units::SimTime;
use expect_test::expect;

fn scenario(downstream: &str, consumer: &str, rest: &str) -> Scenario {
    let text = format!(
        "[replication]\nseed = 7\nduration = \"100s\"\n[link]\nlatency = \"0s\"\n[[queue]]\nname = \"q\"\n\
         [[downstream]]\nname = \"db\"\n{downstream}\n\
         [[producer]]\nname = \"p\"\nrouting-key = \"q\"\ncount = 1000\ninterarrival = \"1us\"\n\
         [[consumer]]\nname = \"c\"\nqueue = \"q\"\ndownstream = \"db\"\n{consumer}\n{rest}"
    );
    let loaded = load("test.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    loaded.variants[0].scenario.clone()
}

fn play(scenario: &Scenario) -> Outcome {
    let outcome = simulate(&scenario.system, scenario.seed);
    assert_eq!(outcome.balanced, Ok(()), "the books balance");
    outcome
}

fn measure(outcome: &Outcome, name: &str) -> f64 {
    let measure = find_in(Scope::Downstream, name).expect("the measure is in the catalogue");
    measure.of(outcome, 0).expect("it has a value")
}

/// Throughput is the least of what the hands, the room and the rate allow.
#[test]
fn the_narrowest_place_decides() {
    for (downstream, hands, millis) in [
        // 1000 calls of 10 ms, four at a time.
        ("concurrency = 4\nlatency = \"10ms\"", 16, 2_500.0),
        // One a millisecond; the first needs no wait.
        ("rate = \"1000/s\"\nlatency = \"10ms\"", 64, 1_009.0),
        // Both; the rate is the narrower one.
        ("concurrency = 4\nrate = \"200/s\"\nlatency = \"10ms\"", 16, 5_005.0),
        // Twenty of them at once.
        ("rate = \"200/s\"\nburst = 20\nlatency = \"10ms\"", 64, 4_910.0),
        // Two hands, 1 ms of own work and 10 ms of the call.
        ("latency = \"10ms\"", 2, 5_500.0),
    ] {
        let own = if hands == 2 { "1ms" } else { "0ms" };
        let consumer = format!("service-time = \"{own}\"\nconcurrency = {hands}");
        let outcome = play(&scenario(downstream, &consumer, ""));
        assert_eq!(outcome.consumers[0].processed, 1000);
        let took = outcome.end.at.as_nanos() as f64 / 1e6;
        assert!((millis..millis + 0.1).contains(&took), "{downstream}: {took} ms");
    }
}

/// Four hands at two places of 10 ms: half of each hand's time is in line, and the places are always taken.
#[test]
fn the_line_and_the_room_are_measured() {
    let outcome =
        play(&scenario("concurrency = 2\nlatency = \"10ms\"", "service-time = \"0s\"\nconcurrency = 4", ""));
    assert_eq!(outcome.downstreams[0].calls, 1000);
    assert_eq!(outcome.downstreams[0].waiting.max(), 2);
    assert!(measure(&outcome, "utilisation") > 0.999);
    let wait = measure(&outcome, "call-wait-mean") / 1e6;
    assert!((9.9..10.0).contains(&wait), "{wait} ms");
    // Little's law for the line.
    let line = measure(&outcome, "calls-waiting-mean");
    let seconds = outcome.end.at.as_nanos() as f64 / 1e9;
    assert!((line - 1000.0 / seconds * wait / 1e3).abs() < 1e-9, "{line}");
}

/// Two consumers of one queue share it: what one takes, the other has not.
#[test]
fn consumers_share_it_in_order() {
    let other = "[[consumer]]\nname = \"d\"\nqueue = \"q\"\ndownstream = \"db\"\nservice-time = \"0s\"\nprefetch-count = 1\n";
    let outcome = play(&scenario(
        "concurrency = 1\nlatency = \"1ms\"",
        "service-time = \"0s\"\nprefetch-count = 1",
        other,
    ));
    let processed: Vec<u64> = outcome.consumers.iter().map(|one| one.processed).collect();
    assert_eq!(processed, [500, 500]);
    assert_eq!(outcome.end.at.as_nanos() / 1_000_000, 1000);
}

/// What fails is given back, rejected, left or deadly, or tried again; nothing is lost on the way.
#[test]
fn failures_end_as_the_consumer_says() {
    let play = |consumer: &str| {
        let consumer = format!("service-time = \"1ms\"\nprefetch-count = 5\n{consumer}");
        let scenario = scenario("failure-probability = 0.25\nlatency = \"1ms\"", &consumer, "");
        let outcome = play(&scenario);
        assert_eq!(outcome, simulate_recorded(&scenario.system, scenario.seed, |_, _| {}));
        outcome
    };
    let failed = |outcome: &Outcome| outcome.downstreams[0].failed;
    let calls = |outcome: &Outcome| outcome.downstreams[0].calls;

    let requeued = play("");
    let consumer = &requeued.consumers[0];
    assert_eq!((consumer.processed, consumer.requeued), (1000, failed(&requeued)));
    let rejected = play("failure = \"reject\"");
    let consumer = &rejected.consumers[0];
    assert_eq!((consumer.processed + consumer.rejected, consumer.rejected), (1000, failed(&rejected)));
    assert!((200..300).contains(&failed(&rejected)), "{}", failed(&rejected));
    let died = play("failure = \"crash\"\nrestart-after = \"1ms\"");
    let consumer = &died.consumers[0];
    assert_eq!((consumer.processed, consumer.crashes_at_work), (1000, failed(&died)));
    let retried = play("retry-delay = \"2ms\"");
    let consumer = &retried.consumers[0];
    assert_eq!((consumer.processed, consumer.requeued, consumer.redelivered), (1000, 0, 0));
    assert_eq!(calls(&retried), 1000 + failed(&retried));
    // A message takes 2 ms, and 3 ms more for each failure: the work, the waits and the calls are one stretch of time.
    assert_eq!(consumer.busy.as_nanos() / 1_000_000, 2000 + 3 * failed(&retried));
    let bounded = play("retry-delay = \"2ms\"\nretry-attempts-max = 1\nfailure = \"reject\"");
    let consumer = &bounded.consumers[0];
    assert_eq!(consumer.processed + consumer.rejected, 1000);
    // Two in a row: one in sixteen.
    assert!((40..90).contains(&consumer.rejected), "{}", consumer.rejected);
}

/// From 100 ms to 200 ms every call fails, one under way at its beginning too; then it goes on.
#[test]
fn an_outage_fails_what_it_touches() {
    let outages = "latency = \"10ms\"\noutages = [{ from = \"95ms\", until = \"200ms\" }]";
    let scenario = scenario(outages, "service-time = \"0s\"\nretry-delay = \"5ms\"", "");
    let mut failed = Vec::new();
    let outcome = simulate_recorded(&scenario.system, scenario.seed, |_, observations| {
        for seen in observations {
            if let What::CallFailed { outage, retry_after, .. } = seen.what {
                assert!(outage && retry_after.is_some());
                failed.push(seen.at.as_nanos() / 1_000_000);
            }
        }
    });
    assert_eq!(failed, [100, 115, 130, 145, 160, 175, 190, 205]);
    assert_eq!((outcome.consumers[0].processed, outcome.balanced), (1000, Ok(())));
}

/// Whatever strikes, a dead consumer's calls make room, and the line goes on.
#[test]
fn the_dead_leave_the_line() {
    let other = "[[consumer]]\nname = \"d\"\nqueue = \"q\"\ndownstream = \"db\"\nservice-time = \"0s\"\nconcurrency = 3\n";
    for by in ["tcp-cut", "channel-close", "process-exit"] {
        for restart in ["", "restart-after = \"20ms\"\n"] {
            let fault = format!(
                "[[fault.consumer-crash]]\nconsumer = \"c\"\nby = \"{by}\"\nat = \"50.5ms\"\n{restart}"
            );
            let downstream = "concurrency = 2\nrate = \"1000/s\"\nlatency = { exponential = \"5ms\" }\nfailure-probability = 0.1";
            let consumer =
                "service-time = \"1ms\"\nconcurrency = 4\nprefetch-count = 8\nretry-delay = \"1ms\"";
            let outcome = play(&scenario(downstream, consumer, &format!("{other}{fault}")));
            let processed: u64 = outcome.consumers.iter().map(|one| one.processed).sum();
            assert_eq!(
                (processed, outcome.queues[0].ready, outcome.queues[0].unacked),
                (1000, 0, 0),
                "{fault}"
            );
            let state = &outcome.downstreams[0];
            assert_eq!((state.in_progress.level(), state.waiting.level()), (0, 0), "{fault}");
        }
    }
}

/// The draws belong to messages and to the downstream: a consumer's speed moves none of them.
#[test]
fn latencies_belong_to_messages() {
    let latencies = |consumer: &str| {
        let scenario = scenario("latency = { exponential = \"2ms\" }", consumer, "");
        let mut all = Vec::new();
        simulate_recorded(&scenario.system, scenario.seed, |_, observations| {
            for seen in observations {
                if let What::CallBegan { message, takes, .. } = seen.what {
                    all.push((message.number, takes));
                }
            }
        });
        all.sort_unstable();
        all
    };
    let (slow, fast) =
        (latencies("service-time = \"3ms\""), latencies("service-time = \"0s\"\nconcurrency = 7"));
    assert_eq!(slow.len(), 1000);
    assert!(slow == fast);
}

/// The story tells who waits, and why work failed.
#[test]
fn the_story_tells_of_calls() {
    let scenario = scenario(
        "concurrency = 1\nlatency = \"10ms\"\noutages = [{ from = \"15ms\", until = \"25ms\" }]",
        "service-time = \"1ms\"\nconcurrency = 3\nretry-delay = \"5ms\"\nretry-attempts-max = 1\nfailure = \"reject\"\nprefetch-count = 3",
        "",
    );
    let filter = Filter {
        entity: Some("db".to_owned()),
        to: Some(SimTime::from_nanos(32_000_000)),
        ..Filter::default()
    };
    let mut narrator = Narrator::new(Directory::of(&scenario), filter);
    let mut names = amqpsim::amqp::Names::default();
    simulate_recorded(&scenario.system, scenario.seed, |system, seen| {
        names = system.names().clone();
        for seen in &seen {
            narrator.observe(&names, seen);
        }
    });
    expect![[r#"
        told:
              1.000ms  c calls db for #1: it takes 10ms
              1.001ms  c is to call db for #2 and waits in line
              1.002ms  c is to call db for #3 and waits in line, behind another call
             11.000ms  c calls db for #2, after 9.999ms in line: it takes 10ms
             12.000ms  c is to call db for #4 and waits in line, behind another call
             21.000ms  the call of c to db for #2 fails (an outage): it calls again after 5ms
                         c calls db for #3, after 19.998ms in line: it takes 10ms
             26.000ms  c is to call db for #2 and waits in line, behind another call
             31.000ms  the call of c to db for #3 fails (an outage): it calls again after 5ms
                         c calls db for #4, after 19ms in line: it takes 10ms
    "#]]
    .assert_eq(&format!("told:\n{}", narrator.finish(&names)));
}

/// Every call fails. Those that began before the warm-up was over are counted neither as calls nor as failures.
#[test]
fn failures_after_a_warm_up_are_those_of_calls_after_it() {
    let mut scenario = scenario(
        "concurrency = 4\nlatency = \"10ms\"\nfailure-probability = 1.0",
        "service-time = \"0s\"\nconcurrency = 8\nfailure = \"reject\"",
        "",
    );
    scenario.system.measured_from = Some(SimTime::from_nanos(1_005_000_000));
    let outcome = play(&scenario);
    assert!(outcome.is_measured());
    assert_eq!((measure(&outcome, "calls"), measure(&outcome, "calls-failed")), (596.0, 596.0));
}
