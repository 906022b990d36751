//! What the replications say together: the long run against theory, and how often an interval holds the truth.

use amqpsim::experiment::{Instability, Origin, Plan, RunResult, compare, run};
use amqpsim::measure::{Measure, Outcome, Scope, find_in};
use amqpsim::model::simulate;
use amqpsim::random::Distribution;
use amqpsim::scenario::{Scenario, ScenarioBuilder, Variant};
use amqpsim::stats::{ConfidenceInterval, Histogram, LEVEL};
use amqpsim::units::SimDuration;

/// One queue, one consumer, Poisson arrivals, exponential work of 8 ms: M/M/1 at a load of 0.8, sojourn 40 ms.
fn m_m_1(duration: &str, warm_up: &str, seed: i64) -> Scenario {
    one_server(duration, warm_up, seed, "8ms")
}

fn one_server(duration: &str, warm_up: &str, seed: i64, service: &str) -> Scenario {
    ScenarioBuilder::new("m-m-1")
        .replication()
        .with("study", "steady-state")
        .with("duration", duration)
        .with("warm-up", warm_up)
        .with("replications", 30)
        .with("seed", seed)
        .link()
        .with("latency", "0s")
        .queue("tasks")
        .producer("shop")
        .with("routing-key", "tasks")
        .with("interarrival", [("exponential", "10ms")])
        .consumer("billing")
        .with("queue", "tasks")
        .with("prefetch-count", 1)
        .with("service-time", [("exponential", service)])
        .build()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn result(scenario: &Scenario, jobs: usize) -> RunResult {
    let variant = Variant { name: "base".into(), changes: Vec::new(), scenario: scenario.clone() };
    let plan = Plan {
        origin: Origin::default(),
        variants: vec![variant],
        names_variants: false,
        seed: None,
        replications: None,
        jobs,
    };
    run(&plan, &|_, _| {}).unwrap_or_else(|bug| panic!("{bug}"))
}

fn measure(name: &str) -> &'static Measure {
    find_in(Scope::Queue, name).expect(name)
}

#[test]
fn the_long_run_of_one_server_is_that_of_theory() {
    let result = result(&m_m_1("300s", "auto", 1), 2);
    let variant = &result.variants[0];
    assert!(variant.unstable.is_empty(), "{:?}", variant.unstable);
    assert_eq!(variant.theory.as_ref().expect("it is one").model, "M/M/1");
    let warm_up = variant.warm_up.as_ref().expect("it is a steady state");
    assert!(warm_up.is_over(), "{warm_up:?}");
    assert_eq!(variant.outcomes[3].measured_from, warm_up.ends);
    for (name, truth) in [("sojourn-mean", 40e6), ("depth-mean", 3.2)] {
        let estimate = variant.estimate(measure(name), 0).expect(name);
        let (lower, upper) = estimate.ends().expect(name);
        assert!(lower < truth && truth < upper, "{name}: {lower} to {upper}, and {truth} in theory");
        assert!(upper - lower < truth * 0.2, "{name}: {lower} to {upper}");
    }
}

/// More work than time: the queue rises, and no mean is given.
#[test]
fn a_queue_that_does_not_keep_up_is_not_averaged() {
    let over = |service: &str| result(&one_server("60s", "auto", 1, service), 2).variants.remove(0);
    let variant = over("11ms");
    assert!(
        matches!(variant.unstable[0].why, Instability::Load(load) if load > 1.09),
        "{:?}",
        variant.unstable
    );
    assert_eq!(variant.estimate(measure("sojourn-mean"), 0), None);
    assert!(variant.estimate(measure("throughput"), 0).is_some());
    // Where no theory knows, the queue tells: a round trip makes 9 ms into 11.
    let mut scenario = one_server("60s", "auto", 1, "9ms");
    for connection in &mut scenario.system.connections {
        connection.latency = Distribution::Constant(SimDuration::from_millis(1));
    }
    let variant = result(&scenario, 2).variants.remove(0);
    assert!(variant.theory.is_none());
    assert!(matches!(variant.unstable[0].why, Instability::Rises { .. }), "{:?}", variant.unstable);
    assert!(over("8ms").unstable.is_empty());
}

/// A run of so many messages is over long before its duration: all is looked for while they come.
#[test]
fn a_run_that_ends_with_its_messages_has_a_warm_up_and_may_not_keep_up() {
    let counted = |interarrival: &str, latency: &str| {
        ScenarioBuilder::new("counted")
            .replication()
            .with("study", "steady-state")
            .with("replications", 10)
            .link()
            .with("latency", latency)
            .queue("tasks")
            .producer("shop")
            .with("routing-key", "tasks")
            .with("count", 4000)
            .with("interarrival", [("exponential", interarrival)])
            .consumer("billing")
            .with("queue", "tasks")
            .with("prefetch-count", 1)
            .with("service-time", [("exponential", "1ms")])
            .build()
            .unwrap_or_else(|mistakes| panic!("{mistakes}"))
    };
    let steady = result(&counted("2ms", "0s"), 2);
    let warm_up = steady.variants[0].warm_up.as_ref().unwrap();
    assert!(warm_up.is_over(), "{warm_up:?}");
    // 4000 messages take 8 s; some look is at less than a tenth of that.
    assert_eq!(warm_up.arrivals_end.as_nanos() / 1_000_000_000, 7, "{}", warm_up.arrivals_end);
    assert!(steady.variants[0].unstable.is_empty());
    let why = |latency: &str| {
        let rising = result(&counted("600us", latency), 2);
        rising.variants[0].unstable.iter().map(|one| one.why).collect::<Vec<_>>()
    };
    assert!(matches!(why("0s")[..], [Instability::Load(_)]));
    assert!(matches!(why("10us")[..], [Instability::Rises { .. }]), "no queue of the textbooks");
}

#[test]
fn a_warm_up_is_not_measured_and_does_not_change_the_run() {
    let outcome = |warm_up: &str, from: u64| {
        let mut scenario = m_m_1("60s", warm_up, 5);
        scenario.replications = 1;
        let outcome = result(&scenario, 1).variants.remove(0).outcomes.remove(0);
        assert_eq!(outcome.measured_from.as_nanos(), from);
        outcome
    };
    let (whole, part) = (outcome("0s", 0), outcome("30s", 30_000_000_000));
    assert_eq!((&whole.ledger, whole.end), (&part.ledger, part.end));
    assert_eq!(whole.queues[0].depth_series, part.queues[0].depth_series);
    let half = part.consumers[0].processed * 2;
    assert!((whole.consumers[0].processed * 9 / 10..whole.consumers[0].processed * 11 / 10).contains(&half));
    assert!(part.consumers[0].idle_while_work_waits() <= whole.consumers[0].idle_while_work_waits());
}

/// The part of so many experiments with `n` replications each whose interval holds the truth, in per mille.
fn coverage(experiments: usize, n: usize, truth: f64, mut value: impl FnMut(u64) -> f64) -> usize {
    let held = (0..experiments).filter(|experiment| {
        let values: Vec<f64> = (0..n).map(|k| value((experiment * n + k) as u64)).collect();
        let interval = ConfidenceInterval::of_mean(&values, LEVEL).expect("n is more than one");
        interval.lower() <= truth && truth <= interval.upper()
    });
    held.count() * 1000 / experiments
}

/// Waits of M/M/1 at a load of 0.5 by Lindley's recurrence, without a broker: sojourn 2. Like a replication of the simulator,
/// a value is a mean over a run after its warm-up. `benches/coverage.rs` does the same with the simulator itself.
#[test]
fn an_interval_of_thirty_replications_holds_the_truth_as_often_as_it_says() {
    let sojourn = |seed: u64| {
        use amqpsim::random::RandomStream;
        let mut stream = RandomStream::new(seed, "queue", "times");
        let mut exponential =
            |mean: f64| -mean * libm::log1p(-((stream.draw() >> 11) as f64 / (1u64 << 53) as f64));
        let (mut wait, mut sum) = (0.0f64, 0.0);
        for k in 0..400 {
            let work = exponential(1.0);
            if k >= 100 {
                sum += wait + work;
            }
            wait = (wait + work - exponential(2.0)).max(0.0);
        }
        sum / 300.0
    };
    let held = coverage(1000, 30, 2.0, sojourn);
    assert!((930..=970).contains(&held), "{held} of 1000 intervals hold the truth");
}

/// Links of 1 ms, work of 5 ms on every 20: nothing waits, and each part is known.
#[test]
fn the_parts_of_a_latency_add_up_to_the_whole() {
    let mut scenario = ScenarioBuilder::new("parts")
        .replication()
        .with("details", true)
        .link()
        .with("latency", "1ms")
        .queue("tasks")
        .producer("shop")
        .with("routing-key", "tasks")
        .with("start", "1s")
        .with("interarrival", "20ms")
        .with("count", 50)
        .consumer("billing")
        .with("queue", "tasks")
        .with("prefetch-count", 1)
        .with("service-time", "5ms")
        .build()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let parts = ["to-broker-mean", "in-queue-mean", "in-buffer-mean", "in-service-mean", "ack-back-mean"];
    let values = |outcome: &Outcome| parts.map(|name| measure(name).of(outcome, 0).expect(name) / 1e6);
    let outcome = simulate(&scenario.system, 1);
    for (value, expected) in values(&outcome).into_iter().zip([1.0, 0.0, 1.0, 5.0, 1.0]) {
        assert!((value - expected).abs() < 1e-9, "{:?}", values(&outcome));
    }
    // Half of the time, so that messages wait, and some of them twice.
    scenario.system.producers[0].pace =
        amqpsim::model::Pace::Interarrival(Distribution::Exponential(SimDuration::from_millis(4)));
    let mut outcome = simulate(&scenario.system, 1);
    let details = outcome.queues[0].details.take().expect("they were asked for");
    assert_eq!(details.stages.iter().sum::<u128>(), details.whole);
    assert!(details.stages.iter().all(|&sum| sum > 0) && details.taken_apart == 50, "{details:?}");
    assert_eq!((details.processed, details.reordered), (50, 0));
    // Looking changes nothing.
    outcome.producers[0].sojourn = Histogram::default();
    scenario.system.details = false;
    assert_eq!(simulate(&scenario.system, 1), outcome);
}

/// One message of each producer at a time when the other's is done: each has its own latency, and together they are what the
/// consumers of both queues see.
#[test]
fn each_producer_has_the_latency_of_its_own_messages() {
    let scenario = ScenarioBuilder::new("two producers")
        .replication()
        .with("details", true)
        .link()
        .with("latency", "1ms")
        .queue("short")
        .queue("long")
        .producer("quick")
        .with("routing-key", "short")
        .with("start", "1s")
        .with("interarrival", "100ms")
        .with("count", 10)
        .producer("slow")
        .with("routing-key", "long")
        .with("start", "1s")
        .with("interarrival", "100ms")
        .with("count", 20)
        .consumer("a")
        .with("queue", "short")
        .with("service-time", "5ms")
        .consumer("b")
        .with("queue", "long")
        .with("service-time", "50ms")
        .build()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let outcome = simulate(&scenario.system, 1);
    let of = |scope, name, entity| {
        let measure = find_in(scope, name).expect("it is in the catalogue");
        measure.of(&outcome, entity).expect("it has a value")
    };
    for (entity, expected) in [(0, 7e6), (1, 52e6)] {
        for name in ["sojourn-mean", "sojourn-p50"] {
            assert!((of(Scope::Producer, name, entity) / expected - 1.0).abs() < 0.01, "{name} {entity}");
        }
        let (published, seen) = (&outcome.producers[entity], &outcome.consumers[entity]);
        assert_eq!(published.sojourn, seen.sojourn);
    }
}

/// A slow consumer of two has its messages for long, and what the fast one takes overtakes them.
#[test]
fn messages_that_are_overtaken_are_counted_with_their_distance() {
    let scenario = ScenarioBuilder::new("order")
        .replication()
        .with("details", true)
        .link()
        .with("latency", "0s")
        .queue("tasks")
        .producer("shop")
        .with("routing-key", "tasks")
        .with("interarrival", "1ms")
        .with("count", 10)
        .consumer("fast")
        .with("queue", "tasks")
        .with("prefetch-count", 1)
        .with("service-time", "1ms")
        .consumer("slow")
        .with("queue", "tasks")
        .with("prefetch-count", 1)
        .with("service-time", "1ms")
        .with("speed", 0.1)
        .build()
        .unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let outcome = simulate(&scenario.system, 1);
    let value = |name: &str| measure(name).of(&outcome, 0).expect(name);
    assert!(
        value("reordered") >= 1.0 && value("reorder-distance-max") >= 7.0,
        "{:?}",
        outcome.queues[0].details
    );
    assert!(value("jain-work") < 1.0 && value("max-min-work") >= 1.0);
    assert!(value("work-again").abs() < 1e-9);
}

/// One consumer takes everything into its buffer, or a round trip keeps messages in the queue.
#[test]
fn idle_time_is_told_by_where_work_waits() {
    let idle = |latency: &str, prefetch: i64| {
        let scenario = ScenarioBuilder::new("idle")
            .link()
            .with("latency", latency)
            .queue("tasks")
            .producer("shop")
            .with("routing-key", "tasks")
            .with("interarrival", "0s")
            .with("count", 10)
            .with("start", "1s")
            .consumer("hoarder")
            .with("queue", "tasks")
            .with("prefetch-count", prefetch)
            .with("service-time", "10ms")
            .consumer("late")
            .with("queue", "tasks")
            .with("prefetch-count", 1)
            .with("start", "1020ms")
            .with("service-time", "10ms")
            .build()
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let outcome = simulate(&scenario.system, 1);
        ["idle-while-queued", "idle-while-buffered", "idle-while-work-waits"]
            .map(|name| find_in(Scope::Consumer, name).expect(name).of(&outcome, 1).expect(name) / 1e6)
    };
    let hoarded = idle("0s", 0);
    assert!((hoarded[0], hoarded[2]) == (0.0, hoarded[1]) && hoarded[1] > 60.0, "{hoarded:?}");
    let far = idle("20ms", 1);
    assert!(far[0] > 60.0 && far[1].abs() < 1e-9 && (far[2] - far[0]).abs() < 1e-9, "{far:?}");
}

/// The lesson `lucky`: its first run says that a prefetch count of 8 is faster, and thirty say that it is not.
#[test]
fn the_lucky_run_of_the_lesson_is_contradicted_by_thirty() {
    let later = |replications| {
        let plan = Plan {
            origin: Origin { file: "scenarios/lucky.toml".to_owned(), overrides: Vec::new() },
            variants: crate::traces::loaded("lucky").variants,
            names_variants: true,
            seed: None,
            replications: Some(replications),
            jobs: 1,
        };
        let comparison = compare(&run(&plan, &|_, _| {}).expect("no bug"));
        comparison.find(1, Scope::Queue, "makespan", "tasks").expect("both have a makespan").clone()
    };
    let one = later(1);
    assert!(one.difference.value() < 0.0 && !one.differs(), "{one:?}");
    let thirty = later(30);
    assert!(thirty.difference.value() > 0.0 && thirty.differs(), "{thirty:?}");
}
