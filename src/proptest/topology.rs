//! Random topologies: queues of both types with their features, exchanges of all types, bindings between them.

use ::proptest::collection::vec;
use ::proptest::option;
use ::proptest::prelude::any;
use ::proptest::sample::select;
use ::proptest::strategy::{BoxedStrategy, Strategy};

use crate::scenario::{ScenarioBuilder, SettingValue};

/// Keys that messages are published with, and that bindings of direct exchanges have.
pub(super) const KEYS: [&str; 4] = ["a", "a.b", "b.c", "x.y.z"];
/// Keys of bindings: patterns as well.
const PATTERNS: [&str; 6] = ["a", "a.b", "a.*", "#", "*.c", "#.z"];
const KINDS: [&str; 4] = ["fanout", "direct", "topic", "headers"];

/// The features of a queue; `None` and `false` mean that it does not have them.
#[derive(Clone, Debug)]
struct Features {
    quorum: bool,
    transient: bool,
    single_active: bool,
    length_max: Option<i64>,
    overflow: &'static str,
    /// Milliseconds.
    ttl: Option<i64>,
    priority_max: Option<i64>,
    dead_letters: bool,
    delivery_limit: Option<i64>,
}

#[derive(Clone, Debug)]
struct Binding {
    from: usize,
    to: usize,
    to_exchange: bool,
    key: &'static str,
}

fn features() -> impl Strategy<Value = Features> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let limits = (option::of(1i64..5), select(vec!["drop-head", "reject-publish"]), option::of(0i64..10));
    let rest = (option::of(1i64..4), option::of(0i64..4));
    (flags, limits, rest).prop_map(|(flags, limits, rest)| {
        let (quorum, transient, single_active, dead_letters) = flags;
        let (length_max, overflow, ttl) = limits;
        let (priority_max, delivery_limit) = rest;
        Features {
            quorum,
            transient,
            single_active,
            length_max,
            overflow,
            ttl,
            priority_max,
            dead_letters,
            delivery_limit,
        }
    })
}

fn binding() -> impl Strategy<Value = Binding> {
    (0usize..3, 0usize..3, any::<bool>(), select(PATTERNS.to_vec()))
        .prop_map(|(from, to, to_exchange, key)| Binding { from, to, to_exchange, key })
}

/// One to three queues `q0`, `q1`, …, up to three exchanges `x0`, … and bindings between them, for RabbitMQ 3.13. Dead
/// letters go to the next queue, so that a cycle of queues is possible, and bindings between exchanges may form cycles too.
pub fn topologies() -> BoxedStrategy<ScenarioBuilder> {
    let exchanges = vec(select(KINDS.to_vec()), 0..3);
    (vec(features(), 1..4), exchanges, vec(binding(), 0..6))
        .prop_map(|(queues, exchanges, bindings)| {
            let n_queues = queues.len();
            let mut builder = ScenarioBuilder::new("topology").broker().with("profile", "rabbitmq-3.13");
            for (at, kind) in exchanges.iter().enumerate() {
                builder = builder.exchange(&format!("x{at}")).with("type", *kind);
            }
            for (at, features) in queues.iter().enumerate() {
                let next = format!("q{}", (at + 1) % n_queues);
                builder = builder.queue(&format!("q{at}")).with("arguments", arguments(features, &next));
                if features.transient && !features.quorum {
                    builder = builder.with("durable", false);
                }
            }
            bind(builder, &exchanges, n_queues, &bindings)
        })
        .boxed()
}

fn arguments(features: &Features, next: &str) -> SettingValue {
    let mut entries: Vec<(&str, SettingValue)> = Vec::new();
    if features.quorum {
        entries.push(("x-queue-type", "quorum".into()));
        entries.extend(features.delivery_limit.map(|limit| ("x-delivery-limit", limit.into())));
    } else {
        entries.extend(features.priority_max.map(|max| ("x-max-priority", max.into())));
    }
    if features.single_active {
        entries.push(("x-single-active-consumer", true.into()));
    }
    if let Some(max) = features.length_max {
        entries.push(("x-max-length", max.into()));
        entries.push(("x-overflow", features.overflow.into()));
    }
    entries.extend(features.ttl.map(|ttl| ("x-message-ttl", ttl.into())));
    if features.dead_letters {
        entries.push(("x-dead-letter-exchange", "".into()));
        entries.push(("x-dead-letter-routing-key", next.into()));
    }
    entries.into_iter().collect()
}

/// Adds each binding once, to a queue or from one exchange to another.
fn bind(
    mut builder: ScenarioBuilder,
    exchanges: &[&str],
    n_queues: usize,
    bindings: &[Binding],
) -> ScenarioBuilder {
    let mut known = Vec::new();
    for binding in bindings.iter().filter(|_| !exchanges.is_empty()) {
        let from = binding.from % exchanges.len();
        let (key, to) = if binding.to_exchange {
            ("to-exchange", format!("x{}", binding.to % exchanges.len()))
        } else {
            ("queue", format!("q{}", binding.to % n_queues))
        };
        let this = (from, to.clone(), binding.key);
        if !known.contains(&this) {
            known.push(this);
            builder = builder.binding(&format!("x{from}")).with(key, to).with("routing-key", binding.key);
        }
    }
    builder
}
