//! The strategies and claims that the library gives to others, and the files that failing cases become.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use amqpsim::amqp::{Method, ServerMethod};
use amqpsim::observe::{DeathReason, Fact, LossCause, What};
use amqpsim::proptest::{Claim, Run, check_with, scenarios, topologies, workloads};
use amqpsim::scenario::{Loaded, Scenario, ScenarioBuilder, SettingValue, load};
use proptest::strategy::{Just, Strategy};
use proptest::test_runner::{Config, RngSeed};
use proptest::{prop_assert, prop_assert_eq};

use super::swarm::for_all;

fn config(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..Config::default() }
}

fn directory(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(test)
}

/// Source: rules MOD-2, MOD-4 and MOD-5.
#[test]
fn conservation_prefetch_counts_and_answers_hold_with_all_features() {
    let claims = [Claim::CONSERVATION, Claim::PREFETCH_BOUND, Claim::ONE_ANSWER_PER_PUBLISH];
    check_with(config(800), &directory("all"), scenarios(), &claims);
}

/// The features of queues meet in random runs: each of them has an effect somewhere.
#[test]
fn random_scenarios_exercise_every_feature() {
    let exercised = [
        "delivery limit",
        "single active",
        "expired",
        "overflow",
        "rejected",
        "returned",
        "redelivered",
        "confirmed",
        "nacked",
        "committed",
        "restart",
        "producer crash",
        "alarm",
        "connection of a consumer",
        "several queues",
        "with priority",
        "with expiration",
        "with headers",
        "with cc",
        "published again",
        "duplicate skipped",
    ];
    for_all(&scenarios(), 600, &exercised, |case, met| {
        let text = case.to_toml();
        let scenario = case.clone().build();
        prop_assert!(scenario.is_ok(), "{:?}\n{text}", scenario.err().map(|error| error.to_string()));
        let scenario = scenario.expect("it was just looked at");
        let (run, system) = (Run::of(&scenario), &scenario.system);
        for seen in &run.observations {
            for word in features_in(&seen.what) {
                met.note(word, 1);
            }
            if let What::ConnectionLost { connection } = &seen.what {
                let of_consumer = system.consumer_channels().any(|(other, _)| other == *connection);
                met.note("connection of a consumer", u64::from(of_consumer));
            }
        }
        prop_assert_eq!(run.outcome.balanced, Ok(()));
        Ok(())
    });
}

/// The features of queues, exchanges, clients and faults that show in what happened.
fn features_in(what: &What) -> Vec<&'static str> {
    let fact = match what {
        What::Broker(fact, _) => fact,
        What::ReachedBroker { method: Method::BasicPublish(publish), .. } => {
            let properties = publish.message.properties();
            let headers = properties.headers.as_ref();
            return [
                (publish.message.priority > 0, "with priority"),
                (properties.expiration.is_some(), "with expiration"),
                (headers.is_some_and(|headers| headers.get("kind").is_some()), "with headers"),
                (headers.is_some_and(|headers| headers.get("CC").is_some()), "with cc"),
            ]
            .into_iter()
            .filter_map(|(has, word)| has.then_some(word))
            .collect();
        }
        What::ReachedClient { method: ServerMethod::TxCommitOk, .. } => return vec!["committed"],
        What::ProducerCrashed { .. } => return vec!["producer crash"],
        What::Published { again: Some(_), .. } => return vec!["published again"],
        What::DuplicateSkipped { .. } => return vec!["duplicate skipped"],
        _ => return Vec::new(),
    };
    let word = match fact {
        Fact::DeadLettered { reason: DeathReason::DeliveryLimit, .. }
        | Fact::Lost { cause: LossCause::DeliveryLimit, .. } => "delivery limit",
        Fact::DeadLettered { reason: DeathReason::Expired, .. } => "expired",
        Fact::DeadLettered { reason: DeathReason::MaxLen, .. } => "overflow",
        Fact::DeadLettered { reason: DeathReason::Rejected, .. } => "rejected",
        Fact::Unroutable { returned: true, .. } => "returned",
        Fact::Routed { queues: 2.., .. } => "several queues",
        Fact::Confirmed { .. } => "confirmed",
        Fact::Nacked { .. } => "nacked",
        Fact::Delivered { redelivered: true, .. } => "redelivered",
        Fact::ConsumerActivated { .. } => "single active",
        Fact::ConnectionBlocked { .. } => "alarm",
        Fact::BrokerStarted { .. } => "restart",
        _ => return Vec::new(),
    };
    vec![word]
}

/// Two scenarios, but for what a tree has no place for: comments, and lines of checks.
fn without_places(scenario: &Scenario) -> Scenario {
    let mut scenario = Scenario { about: String::new(), ..scenario.clone() };
    scenario.checks.iter_mut().for_each(|check| check.line = 0);
    scenario
}

fn variants(loaded: &Loaded) -> Vec<Scenario> {
    loaded.variants.iter().map(|variant| without_places(&variant.scenario)).collect()
}

#[test]
fn what_is_written_is_what_was_built() {
    for_all(&scenarios(), 300, &[], |case, _| {
        let text = case.to_toml();
        let loaded = load("topology.toml", &text, &[]);
        prop_assert!(loaded.is_ok(), "{text}");
        let built = case.clone().build().map_err(|error| error.to_string());
        prop_assert_eq!(loaded.map(|loaded| variants(&loaded)).ok(), built.ok().map(|built| vec![built]));
        Ok(())
    });
}

#[test]
fn every_scenario_of_the_project_can_be_written_and_read_again() {
    for file in crate::tidy::files("scenarios", ".toml") {
        let text = crate::tidy::read(&file);
        let written = ScenarioBuilder::from_toml(&file, &text).expect("it is TOML").to_toml();
        let (original, again) = (load(&file, &text, &[]), load(&file, &written, &[]));
        let (original, again) = (original.expect("it is valid"), again.unwrap_or_else(|e| panic!("{e}")));
        assert_eq!(variants(&original), variants(&again), "{written}");
    }
}

/// The smallest case that loses a message is one message too many for a queue.
#[test]
fn a_failing_case_becomes_a_small_file_that_fails_alike() {
    let mine = ScenarioBuilder::new("mine").queue("q").with("arguments", [("x-max-length", 1)]);
    let directory = directory("failing");
    let full = |case: &ScenarioBuilder| {
        case.names("consumer").is_empty() && case.texts("producer", "expiration").is_empty()
    };
    let cases = workloads(&mine).prop_filter("only a full queue loses messages", full);
    let search = || check_with(config(256), &directory, cases, &[Claim::NOTHING_LOST]);
    let panic = catch_unwind(AssertUnwindSafe(search)).expect_err("a full queue drops messages");
    let message = panic.downcast_ref::<String>().expect("the message is text");
    let path = directory.join("mine-nothing-lost.toml");
    assert!(message.starts_with("error[nothing-lost]: "), "{message}");
    assert!(message.ends_with(&format!("= replay: amqpsim run {}", path.display())), "{message}");

    let text = fs::read_to_string(&path).expect("the file was written");
    let loaded = load("mine-nothing-lost.toml", &text, &[]).unwrap_or_else(|error| panic!("{error}"));
    let scenario = &loaded.variants[0].scenario;
    assert_eq!((scenario.system.producers.len(), scenario.system.consumers.len()), (1, 0), "{text}");
    assert_eq!(scenario.system.producers[0].count, Some(2), "{text}");
    assert_eq!(scenario.checks.len(), 1);
    assert!(Run::of(scenario).outcome.ledger.lost_total() > 0);
}

#[test]
fn a_claim_that_no_case_could_break_is_not_green() {
    let mine = ScenarioBuilder::new("mine").queue("q");
    let nobody = Just(mine.replication().with("duration", "1ms"));
    let search = || check_with(config(8), &directory("silent"), nobody, &[Claim::ONE_ANSWER_PER_PUBLISH]);
    let panic = catch_unwind(AssertUnwindSafe(search)).expect_err("nobody publishes");
    let message = panic.downcast_ref::<String>().expect("the message is text");
    assert_eq!(message, "nothing was learned about `one-answer-per-publish`: no publish was answered");
}

#[test]
fn a_topology_needs_nobody_who_uses_it() {
    for_all(&topologies(), 200, &[], |topology, _| {
        prop_assert!(topology.clone().build().is_ok(), "{}", topology.to_toml());
        Ok(())
    });
}

/// What expired while the broker was away dies when it starts, and its dead letter goes to a queue that had a timer before.
/// Source: rules DUR-11 and DLX-2.
#[test]
fn letters_of_a_start_reach_queues_that_had_timers() {
    let arguments = |to: &str| -> SettingValue {
        let texts =
            [("x-queue-type", "quorum"), ("x-dead-letter-exchange", ""), ("x-dead-letter-routing-key", to)];
        let texts = texts.map(|(key, text)| (key, SettingValue::from(text)));
        texts.into_iter().chain([("x-message-ttl", 5.into())]).collect()
    };
    let producer = |builder: ScenarioBuilder, queue: &str| {
        let named = builder.producer(queue).with("routing-key", queue);
        named.with("count", 3).with("interarrival", "1ms")
    };
    let builder = ["q0", "q1", "q2"].into_iter().fold(ScenarioBuilder::new("start"), |builder, queue| {
        builder.queue(queue).with("arguments", arguments(if queue == "q2" { "q0" } else { "q2" }))
    });
    let builder = producer(producer(builder, "q0"), "q2");
    let restart = builder.fault("broker-restart").with("at", "4ms").with("lasts", "20ms");
    let run = Run::of(&restart.build().unwrap_or_else(|error| panic!("{error}")));
    assert_eq!(run.outcome.balanced, Ok(()));
    assert!(run.outcome.ledger.lost_total() > 0, "{:?}", run.outcome.ledger);
}
