//! Random workloads: producers and consumers for a topology, whoever declared it.

use ::proptest::collection::vec;
use ::proptest::option;
use ::proptest::prelude::{Just, any};
use ::proptest::prop_oneof;
use ::proptest::sample::{Index, select};
use ::proptest::strategy::{BoxedStrategy, Strategy};

use super::faults::faults;
use super::laws::{Arrivals, arrivals};
use super::topology::KEYS;
use super::work::{Work, add_downstream, work};
use crate::scenario::ScenarioBuilder;

/// Events after which a case ends. Cases with an end of their own need fewer.
const EVENTS_MAX: i64 = 3_000;
/// Some messages are of this class, where there is one.
const CLASS: &str = "any-class";

#[derive(Clone, Debug)]
struct Producer {
    target: Index,
    key: Index,
    count: i64,
    arrivals: Arrivals,
    mandatory: bool,
    persistent: bool,
    extras: Extras,
    answers: Answers,
}

/// What the messages of a producer carry besides.
#[derive(Clone, Debug)]
struct Extras {
    priority: Option<i64>,
    /// Milliseconds.
    expiration: Option<i64>,
    header: Option<&'static str>,
    copy: Option<Index>,
}

fn extras() -> impl Strategy<Value = Extras> {
    let header = option::of(select(vec!["a", "b"]));
    (option::of(1i64..6), option::of(0i64..10), header, option::of(any::<Index>()))
        .prop_map(|(priority, expiration, header, copy)| Extras { priority, expiration, header, copy })
}

/// What a producer asks the broker for.
#[derive(Clone, Debug)]
enum Answers {
    Nothing,
    Confirms {
        /// How many publishes may be unanswered.
        window: Option<i64>,
        /// How often it publishes a message again; 0: no bound.
        republish: Option<i64>,
    },
    /// Transactions of so many publishes.
    Transactions(i64),
}

#[derive(Clone, Debug)]
struct Consumer {
    queue: Index,
    prefetch: i64,
    acknowledge: &'static str,
    outcome: &'static str,
    priority: i64,
    work: Work,
    shares: bool,
    idempotent: bool,
}

fn producer() -> impl Strategy<Value = Producer> {
    let target = (any::<Index>(), any::<Index>(), extras());
    let answers = prop_oneof![
        Just(Answers::Nothing),
        (option::of(1i64..4), option::of(0i64..4))
            .prop_map(|(window, republish)| Answers::Confirms { window, republish }),
        (1i64..4).prop_map(Answers::Transactions),
    ];
    (target, 1i64..30, arrivals(), any::<bool>(), any::<bool>(), answers).prop_map(
        |((target, key, extras), count, arrivals, mandatory, persistent, answers)| Producer {
            target,
            key,
            count,
            arrivals,
            mandatory,
            persistent,
            extras,
            answers,
        },
    )
}

fn consumer() -> impl Strategy<Value = Consumer> {
    let acknowledge = select(vec!["after-processing", "before-processing", "automatic"]);
    let outcome = select(vec!["ack", "ack", "reject", "requeue", "crash"]);
    let rest = (any::<bool>(), any::<bool>());
    (any::<Index>(), 0i64..4, acknowledge, outcome, 0i64..2, work(), rest).prop_map(
        |(queue, prefetch, acknowledge, outcome, priority, work, (shares, idempotent))| Consumer {
            queue,
            prefetch,
            acknowledge,
            outcome,
            priority,
            work,
            shares,
            idempotent,
        },
    )
}

/// The topology with one to three producers, which publish to its queues and exchanges, and up to four consumers of its
/// queues. They are called `any-producer-0`, …, `any-consumer-0`, …; some consumers share a connection. Some messages may be of a
/// class, and consumers may call a downstream.
///
/// # Panics
///
/// If the topology has no queue.
pub fn workloads(topology: &ScenarioBuilder) -> BoxedStrategy<ScenarioBuilder> {
    let topology = topology.clone();
    assert!(!topology.names("queue").is_empty(), "a workload needs a queue");
    let shared = (any::<bool>(), 0i64..3);
    (vec(producer(), 1..4), vec(consumer(), 0..5), 0i64..1_000, shared)
        .prop_map(move |(producers, consumers, seed, (class, room))| {
            let replication =
                topology.clone().replication().with("seed", seed).with("events-max", EVENTS_MAX);
            let with_class = if class { replication.class(CLASS).with("every", 3) } else { replication };
            let ground = add_downstream(with_class, room);
            let class = class.then_some(CLASS);
            let producers = producers.iter().enumerate();
            let with_producers = producers.fold(ground, |builder, one| add_producer(builder, one, class));
            let consumers = consumers.iter().enumerate();
            consumers.fold(with_producers, |builder, one| add_consumer(builder, one, class))
        })
        .boxed()
}

/// [`workloads`] of a topology with [`faults`] of their clients and of the broker.
///
/// # Panics
///
/// If the topology has no queue.
pub fn clients_of(topology: &ScenarioBuilder) -> BoxedStrategy<ScenarioBuilder> {
    workloads(topology).prop_flat_map(|workload| faults(&workload)).boxed()
}

fn add_producer(
    builder: ScenarioBuilder,
    (at, producer): (usize, &Producer),
    class: Option<&str>,
) -> ScenarioBuilder {
    let (queues, exchanges) = (builder.names("queue"), builder.names("exchange"));
    let mut keys = builder.texts("binding", "routing-key");
    keys.extend(KEYS.map(str::to_owned));
    let target = producer.target.index(queues.len() + exchanges.len());
    let builder = builder.producer(&format!("any-producer-{at}"));
    let builder = match exchanges.get(target.wrapping_sub(queues.len())) {
        Some(exchange) => {
            let key = keys[producer.key.index(keys.len())].as_str();
            builder.with("exchange", exchange.as_str()).with("routing-key", key)
        }
        None => builder.with("routing-key", queues[target].as_str()),
    };
    let builder = producer.arrivals.add(builder, class);
    let builder = builder
        .with("count", producer.count)
        .with("mandatory", producer.mandatory)
        .with("persistent", producer.persistent);
    let builder = add_extras(builder, &producer.extras, &keys);
    match producer.answers {
        Answers::Nothing => builder,
        Answers::Confirms { window, republish } => {
            let mut builder = builder.with("confirms", true);
            if let Some(max) = window {
                builder = builder.with("max-in-flight", max);
            }
            if let Some(max) = republish {
                let what = if producer.mandatory { "unconfirmed-or-returned" } else { "unconfirmed" };
                builder = builder
                    .with("republish", what)
                    .with("republish-delay", "3ms")
                    .with("republish-attempts-max", max);
            }
            builder
        }
        Answers::Transactions(size) => builder.with("transaction-size", size),
    }
}

fn add_extras(mut builder: ScenarioBuilder, extras: &Extras, keys: &[String]) -> ScenarioBuilder {
    if let Some(priority) = extras.priority {
        builder = builder.with("priority", priority);
    }
    if let Some(expiration) = extras.expiration {
        builder = builder.with("expiration", format!("{expiration}ms"));
    }
    if let Some(value) = extras.header {
        builder = builder.with("headers", [("kind", value)]);
    }
    if let Some(copy) = &extras.copy {
        builder = builder.with("cc", vec![keys[copy.index(keys.len())].as_str()]);
    }
    builder
}

fn add_consumer(
    builder: ScenarioBuilder,
    (at, consumer): (usize, &Consumer),
    class: Option<&str>,
) -> ScenarioBuilder {
    let queues = builder.names("queue");
    let builder = builder
        .consumer(&format!("any-consumer-{at}"))
        .with("queue", queues[consumer.queue.index(queues.len())].as_str())
        .with("prefetch-count", consumer.prefetch)
        .with("acknowledge", consumer.acknowledge);
    let dies = consumer.outcome == "crash" && consumer.acknowledge == "after-processing";
    let builder = consumer.work.add(builder, consumer.acknowledge, dies, class);
    // Whoever has acknowledged already has nothing more to say.
    let builder = match consumer.outcome {
        outcome if outcome == "ack" || consumer.acknowledge != "after-processing" => builder,
        "crash" => builder.with("outcome", "crash").with("restart-after", "5ms"),
        outcome => builder.with("outcome", outcome),
    };
    let builder = if consumer.shares { builder.with("connection", "shared") } else { builder };
    let builder = if consumer.idempotent { builder.with("idempotent", true) } else { builder };
    if consumer.priority > 0 {
        builder.with("arguments", [("x-priority", consumer.priority)])
    } else {
        builder
    }
}
