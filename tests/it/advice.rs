//! Advice on prefetch counts, held against the rule throughput = min(1/s, p/(r+s)).
#![expect(clippy::unwrap_used, reason = "a test whose scenario is wrong has failed")]

use amqpsim::experiment::{Advice, AdvicePlan, BoundBy, IsEnough, Origin, SweptMeasure, advise};
use amqpsim::measure::{Scope, find_in};
use amqpsim::scenario;

/// Workers with a backlog: `round` is a whole round trip and `service` a service time, in milliseconds.
fn backlog(workers: u32, count: u32, round: u32, service: &str) -> String {
    let worker = |k: u32| {
        format!(
            "[[consumer]]\nname = \"worker-{k}\"\nqueue = \"tasks\"\nstart = \"1s\"\nservice-time = {service}\n"
        )
    };
    let workers: String = (0..workers).map(worker).collect();
    format!(
        "[replication]\nreplications = 10\n[link]\nlatency = \"{}us\"\n[[queue]]\nname = \"tasks\"\n[[producer]]\nname = \"boss\"\n\
         routing-key = \"tasks\"\ncount = {count}\ninterarrival = \"0s\"\n{workers}",
        round * 500
    )
}

fn advice(text: &str) -> Advice {
    let loaded = scenario::load("tasks.toml", text, &[]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let scenario = loaded.variants[0].scenario.clone();
    let plan = AdvicePlan {
        origin: Origin { file: "tasks.toml".into(), overrides: Vec::new() },
        variant: None,
        queue: "tasks".into(),
        seed: 1,
        replications: scenario.replications,
        precision: None,
        scenario,
    };
    advise(plan, 2, &|_, _| {}).unwrap().unwrap()
}

/// The mean throughput at each count that was tried, in messages a second.
fn curve(advice: &Advice) -> Vec<(Option<u16>, f64)> {
    let measure =
        SweptMeasure { measure: find_in(Scope::Queue, "throughput").unwrap(), entity: "tasks".into() };
    let at = |at: usize| advice.result.estimate(at, &measure).unwrap().value();
    advice.counts.iter().enumerate().map(|(k, count)| (*count, at(k))).collect()
}

/// Holds the curve against the rule, as far as every worker has work all the time: whoever subscribes first takes its whole
/// prefetch count out of the queue.
fn is_the_rule(advice: &Advice, workers: f64, messages: f64, round: f64, service: f64) {
    for (k, (count, throughput)) in curve(advice).into_iter().enumerate() {
        if workers > 1.0 && count.is_none_or(|count| f64::from(count) * workers > messages / 4.0) {
            continue;
        }
        let credit = count.map_or(f64::INFINITY, |count| f64::from(count) / (round + service));
        let rule = workers * 1000.0 * credit.min(1.0 / service);
        assert!((throughput / rule - 1.0).abs() < 1e-12, "{count:?}: {throughput} against {rule}");
        assert!((advice.limits[k].unwrap() / rule - 1.0).abs() < 1e-12, "{count:?}: {:?}", advice.limits[k]);
    }
}

#[test]
fn without_chance_the_curve_is_the_rule() {
    // Neither length of the run nor number of workers is a multiple of the counts.
    for (workers, count, round, service) in
        [(1, 1000, 90, 10), (1, 997, 20, 7), (3, 1001, 50, 10), (2, 523, 0, 5), (1, 400, 3, 40)]
    {
        let advice = advice(&backlog(workers, count, round, &format!("\"{service}ms\"")));
        let (round, service) = (f64::from(round), f64::from(service));
        is_the_rule(&advice, f64::from(workers), f64::from(count), round, service);
        // The smallest p with p/(r+s) at least 99 % of 1/s.
        let wanted = (0.99 * (round + service) / service - 1e-9).ceil().max(1.0);
        let advised = f64::from(advice.counts[advice.advised].unwrap());
        assert!(
            (advised - wanted).abs() < 0.5,
            "{workers} workers, r {round}, s {service}: {advised}, not {wanted}"
        );
        assert!((advice.knee.unwrap().value() - (round + service) / service).abs() < 1e-9);
        assert_eq!(advice.bound_by, BoundBy::Consumers);
        assert!(advice.enough.iter().all(|one| !matches!(one, IsEnough::Unknown(_))));
    }
}

#[test]
fn with_chance_the_rule_is_a_bound_and_intervals_decide() {
    let advice = advice(&backlog(1, 600, 30, "{ exponential = \"10ms\" }"));
    for ((count, throughput), limit) in curve(&advice).into_iter().zip(&advice.limits) {
        assert!(throughput <= limit.unwrap() * 1.03, "{count:?}: {throughput} above {limit:?}");
    }
    assert_eq!(advice.enough[0], IsEnough::No);
    assert_eq!(advice.enough[advice.best], IsEnough::Yes);
    let advised = advice.counts[advice.advised].unwrap();
    // Nobody would do with the four that suffice without chance.
    assert!((6..=40).contains(&advised), "{advised}");
    assert!(advice.counts[..advice.advised].iter().flatten().next_back().unwrap() + 1 == advised);
}

#[test]
fn where_arrivals_bound_the_throughput_the_advice_is_about_latency() {
    let text = backlog(2, 600, 10, "{ exponential = \"20ms\" }")
        .replace("interarrival = \"0s\"", "interarrival = { exponential = \"25ms\" }\nstart = \"2s\"");
    let advice = advice(&text);
    let BoundBy::Arrivals(rate) = advice.bound_by else { panic!("{:?}", advice.bound_by) };
    assert!((rate.value() - 40.0).abs() < 2.0, "{rate:?}");
    assert!(advice.counts[advice.advised].unwrap() <= 4);
}

#[test]
fn no_reader_finishes_nothing() {
    let text = backlog(1, 1, 10, "\"20ms\"");
    let scenario = scenario::load("tasks.toml", &text, &[]).unwrap().variants[0].scenario.clone();
    let origin = Origin { file: "tasks.toml".into(), overrides: Vec::new() };
    let plan = AdvicePlan {
        origin,
        scenario,
        variant: None,
        queue: "tasks".into(),
        seed: 1,
        replications: 1,
        precision: None,
    };
    assert!(advise(plan, 1, &|_, _| {}).unwrap().is_none());
}

/// With fewer than a batch in hand a consumer waits for messages that it is not sent. It has ten, then: as fast as can be, for ten.
#[test]
fn a_prefetch_count_below_a_batch_of_acknowledgements_is_not_advised() {
    for more in ["ack-batch = 10\n", "ack-batch = 10\nack-batch-delay = \"1ms\"\n"] {
        let advice = advice(&(backlog(1, 600, 30, "\"10ms\"") + more));
        assert_eq!((advice.least, advice.counts[0]), (10, Some(10)));
        assert!(advice.counts[advice.advised].is_none_or(|count| count >= 10), "{:?}", advice.counts);
        let text = amqpsim::report::advice_summary(&advice);
        assert!(text.contains("note: prefetch counts below 10 are not tried, and not advised"), "{text}");
        assert!(text.contains("against prefetch count 10: ") || advice.advised == 0, "{text}");
    }
}

/// Four at once: p / (r + s) up to 4 / s.
#[test]
fn the_bound_knows_how_many_messages_a_consumer_works_on_at_once() {
    let advice = advice(&(backlog(1, 1000, 30, "\"10ms\"") + "concurrency = 4\n"));
    for (k, (count, throughput)) in curve(&advice).into_iter().enumerate() {
        let rule = 1000.0 * count.map_or(f64::INFINITY, |count| f64::from(count) / 40.0).min(0.4);
        assert!((advice.limits[k].unwrap() / rule - 1.0).abs() < 1e-12, "{count:?}: {:?}", advice.limits[k]);
        assert!((throughput / rule - 1.0).abs() < 0.01, "{count:?}: {throughput} against {rule}");
    }
    assert_eq!(advice.counts[advice.advised], Some(16));
}

/// One replication has no interval, and one consumer no fairness: nothing is said of either.
#[test]
fn what_is_not_there_is_not_spoken_of() {
    let text = backlog(1, 600, 10, "{ exponential = \"10ms\" }")
        .replace("interarrival = \"0s\"", "interarrival = { exponential = \"25ms\" }\nstart = \"2s\"")
        .replace("replications = 10", "replications = 1");
    let advice = advice(&text);
    assert!(matches!(advice.bound_by, BoundBy::Arrivals(_)));
    let said = amqpsim::report::advice_summary(&advice);
    assert!(said.contains("as far as one replication tells"), "{said}");
    assert!(!said.contains("index of busy times"), "{said}");
    let text =
        backlog(2, 600, 30, "{ exponential = \"10ms\" }").replace("replications = 10", "replications = 1");
    let advice = self::advice(&text);
    assert!(advice.advised != advice.best && advice.enough[advice.advised] == IsEnough::Unknown(None));
    let said = amqpsim::report::advice_summary(&advice);
    assert!(said.contains("this is not certain: one replication has no interval"), "{said}");
}
