//! Whether a scenario is a queue of the textbooks, whose long-run means are known. Where a condition does not hold, it is none:
//! better no theory than a wrong one.

use crate::broker::DispatchPolicy;
use crate::model::{Acknowledge, Conclusion, ConsumerSpec, Declaration, Pace, ProducerSpec, SystemSpec};
use crate::random::Distribution;
use crate::scenario::{Horizon, Scenario};
use crate::stats::theory::{SteadyState, m_g_1, m_m_1_k, m_m_c};
use crate::units::{SimDuration, SimTime};

const NANOS_A_SECOND: f64 = 1e9;

/// A scenario that is a queue of the textbooks.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// In Kendall's notation: `M/M/1`.
    pub model: String,
    /// The name of the queue.
    pub queue: String,
    /// Work that comes in over work that its consumers can do.
    pub load: f64,
    /// Its long-run means, times in seconds; `None` if it does not keep up.
    pub steady: Option<SteadyState>,
    /// Messages wait in the queue only. Otherwise they wait in the buffer of the only consumer, too: its prefetch count is more
    /// than it works on at once.
    pub waits_in_queue: bool,
}

/// The model that this scenario is, if it is one: a steady state, one queue, Poisson arrivals, consumers that are alike, with a
/// prefetch count of what each works on at once where there are several, which acknowledge when they are done; links, disk and
/// processes that take no time; nothing that fails, expires or comes and goes.
pub fn theory(scenario: &Scenario) -> Option<Theory> {
    let system = &scenario.system;
    if scenario.study.horizon == Horizon::Terminating || !is_quiet(system) {
        return None;
    }
    let (queue, room) = only_queue(system)?;
    let mut rate = 0.0;
    for producer in &system.producers {
        rate += arrival_rate(producer, queue)?;
    }
    let first = system.consumers.first()?;
    let all_alike = system.consumers.iter().all(|one| {
        is_server(one, queue)
            && one.service_times == first.service_times
            && one.speed_permille == first.speed_permille
            && one.prefetch_count == first.prefetch_count
            && one.concurrency == first.concurrency
            && !(one.exclusive && system.consumers.len() > 1)
    });
    // A message in a buffer is served by that consumer, however long it takes; and it is not in the queue, whose length is bounded.
    let prefetch = u32::from(first.prefetch_count);
    let waits_in_queue = prefetch == first.concurrency;
    let has_enough = prefetch == 0 || prefetch >= first.concurrency;
    let is_alone = system.consumers.len() == 1;
    if rate <= 0.0 || !all_alike || !(waits_in_queue || is_alone && has_enough && room.is_none()) {
        return None;
    }
    let servers = u32::try_from(system.consumers.len()).ok()?.checked_mul(first.concurrency)?;
    let service = first.service_times.first()?;
    let seconds = service.mean_exact() * 1000.0 / f64::from(first.speed_permille) / NANOS_A_SECOND;
    let variation = libm::sqrt(service.variance()) / service.mean_exact();
    let (model, steady) = match (service, servers, room) {
        (Distribution::Exponential(_), 1, Some(room)) => {
            (format!("M/M/1/{room}"), Some(m_m_1_k(rate, 1.0 / seconds, room)))
        }
        (_, _, Some(_)) => return None,
        (Distribution::Exponential(_), n, None) => (format!("M/M/{n}"), m_m_c(rate, 1.0 / seconds, n)),
        (Distribution::Constant(_), 1, None) => ("M/D/1".to_owned(), m_g_1(rate, seconds, 0.0)),
        (_, 1, None) if variation.is_finite() => ("M/G/1".to_owned(), m_g_1(rate, seconds, variation)),
        _ => return None,
    };
    let load = rate * seconds / f64::from(servers);
    (seconds > 0.0 && load.is_finite()).then(|| Theory {
        model,
        queue: queue.to_owned(),
        load,
        steady,
        waits_in_queue,
    })
}

/// Nothing takes time but the work, and nothing disturbs it.
fn is_quiet(system: &SystemSpec) -> bool {
    let at_once = |length: &Distribution| length.constant() == Some(SimDuration::ZERO);
    let store_at_once = system
        .storage
        .as_ref()
        .is_none_or(|storage| [&storage.classic, &storage.classic_2].iter().all(|store| !store.takes_time()));
    system.faults.is_empty()
        && system.settings.dispatch == DispatchPolicy::InTurn
        && system.clients.is_empty()
        && system.operator.policies.is_empty()
        && system.classes.len() <= 1
        && store_at_once
        && system.connections.iter().all(|connection| at_once(&connection.latency))
        && system.connections.windows(2).all(|pair| pair[0].vhost == pair[1].vhost)
}

/// The only queue, and how many customers have room in it and in service where publishes beyond are refused.
fn only_queue(system: &SystemSpec) -> Option<(&str, Option<u32>)> {
    let clients = system.producers.iter().flat_map(|one| &one.declares);
    let clients = clients.chain(system.consumers.iter().flat_map(|one| &one.declares));
    let start = system.topology.iter().map(|one| &one.declaration);
    let [Declaration::Queue(queue)] = start.chain(clients).collect::<Vec<_>>()[..] else { return None };
    let arguments = &queue.arguments;
    let text = |key: &str| arguments.get(key).and_then(|value| value.as_str());
    let room = match (arguments.len(), arguments.get("x-max-length"), text("x-overflow")) {
        (0, ..) => None,
        (2, Some(length), Some("reject-publish")) => {
            Some(u32::try_from(length.as_integer()?).ok()?.checked_add(1)?)
        }
        _ => return None,
    };
    Some((&queue.name, room))
}

/// Arrivals a second at the queue, if they are a Poisson process.
fn arrival_rate(producer: &ProducerSpec, queue: &str) -> Option<f64> {
    let Pace::Interarrival(Distribution::Exponential(mean)) = &producer.pace else { return None };
    let to_queue = producer.exchange.is_empty()
        && producer
            .messages
            .iter()
            .all(|message| message.routing_key == queue && message.properties.is_none());
    // A count ends the run, not what is measured before: what is left of the last messages is soon worked off.
    let goes_on = producer.stop.is_none() && producer.start == SimTime::ZERO;
    let unhindered = producer.max_in_flight.is_none()
        && producer.transaction_size.is_none()
        && producer.republish.is_none();
    (to_queue && goes_on && unhindered && !mean.is_zero()).then(|| NANOS_A_SECOND / mean.as_nanos() as f64)
}

/// A consumer that works on message after message and is there all the time.
fn is_server(consumer: &ConsumerSpec, queue: &str) -> bool {
    consumer.queue == queue
        && !consumer.prefetch_global
        && consumer.acknowledge == Acknowledge::AfterProcessing
        && consumer.arguments.is_empty()
        && consumer.start == SimTime::ZERO
        && consumer.stop.is_none()
        && consumer.bandwidth == 0
        && consumer.warm_up.is_none()
        && consumer.failure.is_none()
        && consumer.call.is_none()
        && consumer.ack_batch.is_none()
        && consumer.schedule.is_empty()
        && !consumer.idempotent
        && consumer.conclusions.iter().all(|&conclusion| conclusion == Conclusion::Ack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{ScenarioBuilder, SettingValue};

    fn builder<const N: usize>(arguments: [(&str, SettingValue); N]) -> ScenarioBuilder {
        ScenarioBuilder::new("queue")
            .link()
            .with("latency", "0s")
            .replication()
            .with("study", "steady-state")
            .queue("tasks")
            .with("arguments", arguments)
            .producer("shop")
            .with("routing-key", "tasks")
            .with("interarrival", [("exponential", "10ms")])
    }

    fn consumer(builder: ScenarioBuilder, name: &str, service: impl Into<SettingValue>) -> ScenarioBuilder {
        builder.consumer(name).with("queue", "tasks").with("prefetch-count", 1).with("service-time", service)
    }

    fn of(builder: ScenarioBuilder) -> Option<Theory> {
        theory(&builder.build().unwrap())
    }

    #[test]
    fn a_scenario_that_is_a_queue_of_the_textbooks_is_known_as_it() {
        let exponential = || [("exponential", "8ms")];
        let one = of(consumer(builder([]), "a", exponential())).unwrap();
        assert_eq!((one.model.as_str(), one.queue.as_str()), ("M/M/1", "tasks"));
        assert!((one.load - 0.8).abs() < 1e-12 && (one.steady.unwrap().sojourn - 0.04).abs() < 1e-12);
        let two = consumer(consumer(builder([]), "a", exponential()), "b", exponential());
        assert_eq!(of(two).unwrap().model, "M/M/2");
        assert_eq!(of(consumer(builder([]), "a", "8ms")).unwrap().model, "M/D/1");
        assert_eq!(
            of(consumer(builder([]), "a", [("uniform", vec!["2ms", "14ms"])])).unwrap().model,
            "M/G/1"
        );
        let full = || [("x-max-length", 4.into()), ("x-overflow", "reject-publish".into())];
        assert_eq!(of(consumer(builder(full()), "a", exponential())).unwrap().model, "M/M/1/5");
        let over = of(consumer(builder([]), "a", "10ms")).unwrap();
        assert_eq!((over.load, over.steady), (1.0, None));
    }

    #[test]
    fn where_a_condition_does_not_hold_there_is_no_theory() {
        let one = || consumer(builder([]), "a", "8ms");
        assert!(of(one()).is_some());
        let two =
            || consumer(consumer(builder([]), "a", [("exponential", "8ms")]), "b", [("exponential", "8ms")]);
        assert!(of(two()).is_some() && of(two().with("prefetch-count", 2)).is_none(), "not alike");
        assert!(of(two().with("exclusive", true)).is_none(), "the other one is refused");
        let held = || consumer(builder([]), "a", "8ms").with("prefetch-count", 2);
        assert!(!of(held()).unwrap().waits_in_queue && of(one()).unwrap().waits_in_queue);
        assert!(of(held().with("concurrency", 2)).is_none(), "M/D/2 has no formula here");
        let many = |held: i64, at_once: i64| {
            of(consumer(builder([]), "a", [("exponential", "8ms")])
                .with("prefetch-count", held)
                .with("concurrency", at_once))
        };
        assert!(many(2, 3).is_none(), "it never has three");
        assert!(many(3, 3).unwrap().waits_in_queue && !many(4, 3).unwrap().waits_in_queue);
        assert_eq!(
            (many(0, 3).unwrap().model.as_str(), many(0, 3).unwrap().waits_in_queue),
            ("M/M/3", false)
        );
        assert!(of(one().with("acknowledge", "before-processing")).is_none());
        assert!(of(one().link().with("latency", "1ms")).is_none());
        assert!(of(one().replication().with("study", "terminating")).is_none());
        assert!(of(one().queue("other")).is_none());
        assert!(
            of(one().fault("connection-loss").with("connection", "a").with("at", "1s").with("lasts", "1s"))
                .is_none()
        );
        assert!(of(consumer(consumer(builder([]), "a", "8ms"), "b", "8ms")).is_none());
        assert!(of(consumer(builder([("x-max-length", 4.into())]), "a", "8ms")).is_none());
    }
}
