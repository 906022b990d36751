//! A crash after every event of a run: cloning gives what simulating each crash from the start gives.
#![expect(clippy::unwrap_used, reason = "a test whose scenario is wrong has failed")]

use std::fs;
use std::num::NonZeroU64;
use std::sync::Arc;

use amqpsim::experiment::{CrashPlan, CrashPoint, CrashPoints, Origin, Spread, strike_all, undisturbed};
use amqpsim::measure::EndReason;
use amqpsim::model::{CrashRun, FaultSpec, SystemSpec, Trigger, simulate};
use amqpsim::observe::LossCause;
use amqpsim::random::Distribution;
use amqpsim::scenario::{self, CrashKind, PlannedCrash, Variant};
use amqpsim::units::{SimDuration, SimTime};

/// A producer with confirms and bursts, two consumers that hold several messages each, half of the messages transient.
const SHOP: &str = r#"
    [link]
    latency = { exponential = "2ms" }
    reconnect-delay = "100ms"
    [[queue]]
    name = "orders"
    durable = true
    [[connection]]
    name = "shop"
    [[channel]]
    name = "shop"
    connection = "shop"
    [[producer]]
    name = "shop"
    channel = "shop"
    routing-key = "orders"
    confirms = true
    max-in-flight = 10
    count = 300
    interarrival = { exponential = "3ms" }
    messages = [{ persistent = true }, {}]
    [[consumer]]
    name = "careful"
    queue = "orders"
    prefetch-count = 5
    service-time = { exponential = "9ms" }
    [[consumer]]
    name = "careless"
    queue = "orders"
    prefetch-count = 5
    acknowledge = "automatic"
    service-time = { exponential = "9ms" }
"#;

/// The same with persistent messages and acknowledgements.
fn careful() -> String {
    SHOP.replace(", {}]", "]").replace("acknowledge = \"automatic\"\n", "")
}

fn variants(text: &str) -> Vec<Variant> {
    scenario::load("shop.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}")).variants
}

fn plan(variants: Vec<Variant>, kind: &str, spread: Spread) -> CrashPlan {
    CrashPlan {
        origin: Origin { file: "shop.toml".into(), overrides: Vec::new() },
        names_variants: variants.len() > 1,
        variants,
        seed: None,
        crash: crash(kind),
        spread,
    }
}

fn crash(kind: &str) -> PlannedCrash {
    let mut crash = PlannedCrash::new(CrashKind::named(kind).unwrap(), SimDuration::from_millis(500));
    crash.queue.1 = "orders".into();
    crash.client = if kind == "consumer-crash" { "careless" } else { "shop" }.into();
    crash
}

fn swept(plan: &CrashPlan, jobs: usize) -> CrashPoints {
    strike_all(undisturbed(plan, jobs).unwrap(), jobs, &|_, _| {}).unwrap()
}

fn at_most(n: u64) -> Spread {
    Spread::AtMost(NonZeroU64::new(n).unwrap())
}

fn every(k: u64) -> Spread {
    Spread::Every(NonZeroU64::new(k).unwrap())
}

/// The same crash of a run that nobody else has struck.
fn alone(plan: &CrashPlan, variant: &Variant, point: &CrashPoint) -> CrashPoint {
    let system = &variant.scenario.system;
    let faults = plan.crash.faults(system);
    let mut run = CrashRun::new(&Arc::new(system.clone()), variant.scenario.seed, faults);
    let (at, aftermath) = run.strike_after(point.event).unwrap();
    CrashPoint { event: point.event, at, aftermath }
}

#[test]
fn a_crash_of_a_clone_is_the_crash_of_a_run_from_the_start() {
    let text = SHOP.to_owned()
        + "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nset = { \"consumer.*.prefetch-count\" = 1 }\n";
    for kind in CrashKind::ALL.map(|kind| kind.name) {
        let plan = plan(variants(&text), kind, at_most(50));
        let result = swept(&plan, 2);
        for crashes in &result.variants {
            assert_eq!(crashes.points.len(), 50);
            for point in &crashes.points {
                assert_eq!(alone(&plan, &crashes.variant, point), *point);
            }
        }
        let all = || result.variants.iter().flat_map(|crashes| &crashes.points);
        // What a consumer has already, it processes whatever becomes of the queue.
        let loses = !matches!(kind, "queue-crash" | "producer-crash" | "connection-loss");
        assert_eq!(all().any(|point| point.aftermath.lost_though_confirmed > 0), loses, "{kind}");
        // The run is too short for anything to be on the disk when the power fails.
        let comes_back = !matches!(kind, "power-loss" | "disk-loss" | "queue-crash")
            && !matches!(kind, "consumer-crash" | "producer-crash" | "connection-loss");
        assert_eq!(all().any(|point| point.aftermath.processed_again > 0), comes_back, "{kind}");
        assert!(all().all(|point| point.aftermath.end == EndReason::Drained));
    }
}

/// The other way to the same end: the scenario that reproduces a crash has it after the same event.
#[test]
fn a_crash_point_is_the_fault_that_its_scenario_plans() {
    let again = SHOP.replace("confirms = true", "confirms = true\nrepublish = \"unconfirmed\"");
    let kinds = CrashKind::ALL.map(|kind| kind.name);
    for (text, kind) in [SHOP, again.as_str()].into_iter().flat_map(|text| kinds.map(|kind| (text, kind))) {
        let plan = plan(variants(text), kind, every(67));
        let result = swept(&plan, 2);
        let points = &result.variants[0].points;
        assert!(points.len() >= 20, "{}", points.len());
        for point in points {
            let system = &result.variants[0].variant.scenario.system;
            let planned = plan.crash.planned_in(text, system, point.event, point.aftermath.node);
            let variant = variants(&planned).remove(0);
            let outcome = simulate(&variant.scenario.system, variant.scenario.seed);
            let (what, ledger) = (&point.aftermath, &outcome.ledger);
            // Nothing is lost or processed twice before the crash.
            assert!(ledger.losses().eq(what.losses.met()), "{point:?}");
            let repeats = (what.processed_again, what.came_back);
            assert_eq!((ledger.processed_again, ledger.came_back), repeats, "{point:?}");
            let producer = &outcome.producers[0];
            assert_eq!(producer.lost_though_confirmed, what.lost_though_confirmed, "{point:?}");
            let of_messages = (what.lost_for_good, what.republished, what.duplicated);
            assert_eq!(
                (producer.messages_lost, producer.republished, producer.duplicates),
                of_messages,
                "{point:?}"
            );
            assert_eq!(outcome.queues[0].out_of_order, what.out_of_order, "{point:?}");
            assert_eq!((ledger.unfinished(), outcome.end.why), (what.unfinished, what.end), "{point:?}");
        }
    }
}

/// The queue falls asleep and writes while everybody waits for the consumer: a run that ended there would have ended before,
/// and a crash there comes when that happens all the same.
#[test]
fn an_event_that_prolongs_no_run_is_struck_when_it_comes() {
    let text = "[[queue]]\nname = \"orders\"\narguments = { x-message-ttl = 500 }\n[[producer]]\nname = \"shop\"\n\
                routing-key = \"orders\"\npersistent = true\ncount = 3\ninterarrival = \"1ms\"\n[[consumer]]\n\
                name = \"billing\"\nqueue = \"orders\"\nstart = \"4s\"\nservice-time = \"1ms\"\n";
    let plan = plan(variants(text), "power-loss", every(1));
    let result = swept(&plan, 1);
    let points = &result.variants[0].points;
    let quiet =
        |point: &&CrashPoint| point.at.as_nanos() > 600_000_000 && point.at.as_nanos() < 4_000_000_000;
    assert!(points.iter().filter(quiet).count() > 0, "{points:?}");
    assert!(points.is_sorted_by_key(|point| point.at));
    for point in points {
        let system = &result.variants[0].variant.scenario.system;
        let planned = plan.crash.planned_in(text, system, point.event, None);
        let variant = variants(&planned).remove(0);
        let outcome = simulate(&variant.scenario.system, variant.scenario.seed);
        assert_eq!(outcome.faults[0].struck[0].at, point.at, "{point:?}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_crash_points() {
    let text = SHOP.to_owned()
        + "[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nset = { \"link.latency\" = \"1ms\" }\n";
    let plan = plan(variants(&text), "process-crash", every(3));
    let alone = swept(&plan, 1);
    for jobs in [2, 5] {
        assert_eq!(swept(&plan, jobs).variants, alone.variants);
    }
}

/// What is confirmed, durable and persistent survives a broker that is killed: the rest was on its way, or in its memory.
#[test]
fn what_a_careful_system_loses_was_never_confirmed() {
    let result = swept(&plan(variants(&careful()), "process-crash", every(1)), 2);
    for point in &result.variants[0].points {
        let what = &point.aftermath;
        assert_eq!((what.lost_though_confirmed, what.unfinished), (0, 0), "{point:?}");
        let early = |cause| matches!(cause, LossCause::LostOnTheWire | LossCause::InProcessBuffer);
        assert!(what.losses.met().all(|(cause, _)| early(cause)), "{point:?}");
    }
}

/// A classic queue confirms what is in the page cache, a quorum queue what is on the disk. Source: rule DUR-9.
#[test]
fn a_power_loss_takes_confirmed_messages_of_a_classic_queue_only() {
    // A quorum queue that is younger than a second is not safe yet.
    let classic = careful().replace("count = 300\n", "count = 300\nstart = \"2s\"\n");
    let quorum =
        classic.replace("durable = true", "durable = true\narguments = { x-queue-type = \"quorum\" }");
    let confirmed = |text: &str| {
        let result = swept(&plan(variants(text), "power-loss", every(1)), 2);
        let points = &result.variants[0].points;
        points.iter().map(|point| point.aftermath.lost_though_confirmed).max()
    };
    assert!(confirmed(&classic) > Some(5));
    assert_eq!(confirmed(&quorum), Some(0));
}

#[test]
fn after_the_crash_nothing_new_is_published() {
    let text = SHOP.replace("count = 300\n", "")
        + r#"
        [[client]]
        name = "hand"
        do = [
            { method = "basic.publish", routing-key = "orders", at = "1ms" },
            { method = "basic.publish", routing-key = "orders", at = "2s" },
        ]
        [replication]
        duration = "3s"
        "#;
    let variant = variants(&text).remove(0);
    let mut system = variant.scenario.system.clone();
    system.faults.push(FaultSpec {
        name: "planned".into(),
        trigger: Trigger::At(Distribution::Constant(SimDuration::from_millis(1000))),
        kind: crash("broker-restart").faults(&variant.scenario.system).remove(0),
        stop_producers: false,
    });
    let goes_on = simulate(&system, 1);
    system.faults[0].stop_producers = true;
    let stops = simulate(&system, 1);
    assert_eq!((stops.end.why, goes_on.end.why), (EndReason::Drained, EndReason::TimeLimit));
    assert_eq!((stops.producers[1].published, goes_on.producers[1].published), (1, 2));
    // Those that were held back go out when the broker is there again.
    assert!((300..350).contains(&stops.producers[0].published), "{}", stops.producers[0].published);
    assert_eq!(stops.producers[0].held_back, 0);
}

/// Faults of the scenario strike the clone too, and a limit leaves messages without a fate.
#[test]
fn scenarios_with_faults_and_limits_of_their_own_have_crash_points() {
    let text = SHOP.to_owned()
        + "[[fault.connection-loss]]\nconnection = \"shop\"\nat = \"400ms\"\nlasts = \"50ms\"\n[[fault.broker-restart]]\nat = \"500ms\"\nlasts = \"1s\"\n[replication]\nduration = \"600ms\"\n";
    let plan = plan(variants(&text), "broker-restart", at_most(40));
    let result = swept(&plan, 2);
    let crashes = &result.variants[0];
    assert_eq!(crashes.end.why, EndReason::TimeLimit);
    for point in &crashes.points {
        assert_eq!(alone(&plan, &crashes.variant, point), *point);
    }
    assert!(crashes.points.iter().any(|point| point.aftermath.is_unfinished()));
}

#[test]
fn the_limit_of_events_holds_for_a_run_and_its_crash_together() {
    let text = SHOP.to_owned() + "[replication]\nevents-max = 200\n";
    let result = swept(&plan(variants(&text), "broker-restart", every(1)), 2);
    let points = &result.variants[0].points;
    assert_eq!((points.len(), result.variants[0].end.why), (200, EndReason::EventLimit));
    assert!(points.iter().all(|point| point.aftermath.end != EndReason::TimeLimit));
    assert!(points[199].aftermath.is_unfinished());
}

#[test]
fn the_worst_crash_point_is_the_first_of_the_worst() {
    let result = swept(&plan(variants(SHOP), "process-crash", every(1)), 2);
    let crashes = &result.variants[0];
    let worst = crashes.worst().unwrap();
    let confirmed = |point: &CrashPoint| point.aftermath.lost_though_confirmed;
    assert_eq!(crashes.points.iter().map(confirmed).max(), Some(confirmed(worst)));
    let equal = |point: &&CrashPoint| {
        confirmed(point) == confirmed(worst) && point.aftermath.lost() >= worst.aftermath.lost()
    };
    assert!(crashes.points.iter().filter(equal).all(|point| point.event >= worst.event));
}

/// Scenarios of all kinds: faults, clients, pipelines, transactions, dead letters, quorum queues.
#[test]
fn every_scenario_can_crash_at_some_of_its_events() {
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let variants = scenario::load(name, &text, &[]).unwrap().variants;
        let plan = plan(vec![variants[0].clone()], "process-crash", at_most(12));
        let result = swept(&plan, 2);
        for point in &result.variants[0].points {
            assert_eq!(alone(&plan, &variants[0], point), *point, "{name}");
            let planned = plan.crash.planned_in(&text, &variants[0].scenario.system, point.event, None);
            let again = scenario::load(name, &planned, &[]).unwrap().variants.remove(0).scenario;
            let ledger = simulate(&again.system, again.seed).ledger;
            assert_eq!(ledger.unfinished(), point.aftermath.unfinished, "{name}");
        }
        // The file of the worst crash is a scenario, whatever its variants and checks are about.
        for variant in &variants {
            let worst = scenario::reproduction((name, &text, &[]), variant, 7, &plan.crash, (9, None));
            let loaded = scenario::load(name, &worst, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
            let again = &loaded.variants[0].scenario;
            let (_, faults) = again.system.faults.split_last().unwrap();
            assert_eq!(faults, variant.scenario.system.faults, "{name}");
            let without = SystemSpec { faults: faults.to_vec(), ..again.system.clone() };
            assert_eq!(without, variant.scenario.system, "{name}");
        }
    }
}

/// A time to live that would have run out anyway is no work of the crash.
#[test]
fn what_is_lost_without_a_crash_as_well_is_told_apart() {
    let (text, _) = SHOP.split_once("[[consumer]]").unwrap();
    let kept = swept(&plan(variants(text), "process-crash", every(7)), 2);
    assert!(kept.variants[0].points.iter().any(|point| point.aftermath.lost() > 50));
    let text = text.replace("durable = true", "durable = true\narguments = { x-message-ttl = 50 }");
    let expired = swept(&plan(variants(&text), "process-crash", every(7)), 2);
    for point in &expired.variants[0].points {
        let what = &point.aftermath;
        // What comes back although it had expired, expires again.
        assert!(what.lost() <= what.came_back && what.lost_though_confirmed == 0, "{point:?}");
        assert!(what.lost_anyway >= what.in_doubt, "{point:?}");
    }
}

/// Another fault of the scenario takes as many from another queue later on, which the crash prevents: its own losses count all the
/// same.
#[test]
fn what_is_lost_of_another_queue_without_a_crash_hides_nothing() {
    let text = r#"[broker]
profile = "rabbitmq-4.0"
[[queue]]
name = "a"
[[queue]]
name = "b"
arguments = { x-queue-type = "quorum" }
[[producer]]
name = "pa"
routing-key = "a"
persistent = true
confirms = true
start = "1s"
count = 5
interarrival = "10ms"
[[producer]]
name = "pb"
routing-key = "b"
confirms = true
start = "1s"
count = 5
interarrival = "10ms"
[[consumer]]
name = "ka"
queue = "a"
start = "60s"
service-time = "1ms"
[[consumer]]
name = "kb"
queue = "b"
acknowledge = "automatic"
start = "2s"
service-time = "1s"
[[fault.consumer-crash]]
consumer = "kb"
at = "2.5s"
restart-after = "1s"
"#;
    let result = swept(&plan(variants(text), "power-loss", every(1)), 2);
    let at = |millis| SimTime::ZERO + SimDuration::from_millis(millis);
    let before = |point: &&CrashPoint| point.at > at(1_500) && point.at < at(2_002);
    let points: Vec<_> = result.variants[0].points.iter().filter(before).collect();
    assert!(points.len() > 5);
    for point in points {
        let what = &point.aftermath;
        assert_eq!((what.lost(), what.lost_to(LossCause::InPageCache)), (5, 5), "{point:?}");
        assert_eq!((what.lost_though_confirmed, what.lost_for_good, what.lost_anyway), (5, 5, 0));
    }
}

/// Which node leads changes in the run; the file with the crash names the one that was hit.
#[test]
fn the_leader_that_is_hit_is_named_and_loses_nothing_that_was_confirmed() {
    let text = careful()
        .replace("durable = true", "durable = true\narguments = { x-queue-type = \"quorum\" }")
        + "[cluster]\nnodes = 3\n[[fault.node-crash]]\nnode = 1\nat = \"300ms\"\nlasts = \"10s\"\n";
    let plan = plan(variants(&text), "node-crash", at_most(40));
    let result = swept(&plan, 2);
    let crashes = &result.variants[0];
    let nodes: Vec<u32> = crashes.points.iter().filter_map(|point| point.aftermath.node).collect();
    assert_eq!(nodes.len(), crashes.points.len());
    assert!(nodes.contains(&0) && nodes.iter().any(|node| *node != 0), "{nodes:?}");
    for point in crashes.points.iter().step_by(7) {
        let place = (point.event, point.aftermath.node);
        let source = ("shop.toml", text.as_str(), &[][..]);
        let file = scenario::reproduction(source, &crashes.variant, result.seed, &plan.crash, place);
        let again = variants(&file).remove(0).scenario;
        let outcome = simulate(&again.system, again.seed);
        assert_eq!(outcome.ledger.unfinished(), point.aftermath.unfinished, "{point:?}");
    }
}

/// A variant that sets a key of every fault would set it of the crash too.
#[test]
fn a_variant_that_sets_a_key_of_every_fault_leaves_the_crash_alone() {
    let cut = "[[fault.connection-loss]]\nconnection = \"shop\"\nat = \"400ms\"\nlasts = \"50ms\"\n";
    for (key, value) in [("at", "\"450ms\""), ("lasts", "\"20ms\""), ("stop-producers", "true")] {
        let text = format!(
            "# A shop.\n{SHOP}{cut}[[variant]]\nname = \"a\"\n[[variant]]\nname = \"b\"\nset = {{ \"fault.*.{key}\" = {value} }}\n"
        );
        let plan = plan(variants(&text), "process-crash", at_most(9));
        let result = swept(&plan, 2);
        for crashes in &result.variants {
            let point = crashes.worst().unwrap();
            let source = ("shop.toml", text.as_str(), &[][..]);
            let place = (point.event, None);
            let file = scenario::reproduction(source, &crashes.variant, 9, &plan.crash, place);
            let loaded = scenario::load("shop.toml", &file, &[]);
            let loaded = loaded.unwrap_or_else(|mistakes| panic!("{mistakes}{file}")).variants;
            assert_eq!((loaded.len(), loaded[0].name.as_str()), (1, "base"), "{file}");
            let again = &loaded[0].scenario;
            assert_eq!((again.seed, again.replications), (9, 1));
            let (last, others) = again.system.faults.split_last().unwrap();
            assert_eq!(
                (others, last.kind.clone()),
                (&crashes.variant.scenario.system.faults[..], plan.crash.faults(&again.system).remove(0))
            );
            assert!(last.stop_producers);
            let ledger = simulate(&again.system, result.seed).ledger;
            assert!(ledger.lost_total() >= point.aftermath.lost(), "{key}: {file}");
            assert_eq!(ledger.unfinished(), point.aftermath.unfinished, "{key}");
        }
    }
}

/// What the broker loses of unconfirmed messages comes again, and what was only without its answer comes twice. Source: rule
/// CON-16.
#[test]
fn publishing_again_leaves_nothing_lost_for_good() {
    let text = careful().replace("confirms = true", "confirms = true\nrepublish = \"unconfirmed\"");
    let result = swept(&plan(variants(&text), "process-crash", every(1)), 2);
    let all = || result.variants[0].points.iter().map(|point| &point.aftermath);
    assert!(all().all(|what| what.lost_for_good == 0 && what.unfinished == 0));
    assert!(all().all(|what| what.lost() + what.duplicated == what.republished), "each has one reason");
    assert!(all().any(|what| what.lost() > 0) && all().any(|what| what.duplicated > 0));
    let once = swept(&plan(variants(&careful()), "process-crash", every(1)), 2);
    for what in once.variants[0].points.iter().map(|point| &point.aftermath) {
        assert_eq!((what.lost_for_good, what.duplicated), (what.lost(), 0), "a message has one copy here");
    }
}
