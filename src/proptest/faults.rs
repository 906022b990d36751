//! Random faults: of consumers, of producers, of connections, of queues, of the broker, and its alarms.

use ::proptest::collection::vec;
use ::proptest::prelude::any;
use ::proptest::sample::{Index, select};
use ::proptest::strategy::{BoxedStrategy, Strategy};

use crate::scenario::ScenarioBuilder;

#[derive(Clone, Debug)]
struct Fault {
    kind: &'static str,
    by: &'static str,
    resource: &'static str,
    whom: Index,
    /// Microseconds, as all times here.
    at: u32,
    lasts: u32,
    ends: bool,
}

fn fault() -> impl Strategy<Value = Fault> {
    let client = ["connection-loss", "consumer-crash", "producer-crash"];
    let kind = select([&client[..], &["broker-restart", "process-crash", "queue-crash", "alarm"]].concat());
    let by = select(vec!["tcp-cut", "process-exit", "channel-close", "connection-close"]);
    let resource = select(vec!["memory", "disk"]);
    let words = (kind, by, resource);
    (words, any::<Index>(), 0u32..50_000, 0u32..20_000, any::<bool>()).prop_map(
        |((kind, by, resource), whom, at, lasts, ends)| Fault { kind, by, resource, whom, at, lasts, ends },
    )
}

/// The scenario with up to four faults in its first 50 ms: crashes of its consumers and producers, losses of its clients'
/// connections, restarts of the broker, crashes of its process and of queues, alarms. Confirmed messages survive all of them.
pub fn faults(scenario: &ScenarioBuilder) -> BoxedStrategy<ScenarioBuilder> {
    let scenario = scenario.clone();
    vec(fault(), 0..4)
        .prop_map(move |faults| faults.iter().enumerate().fold(scenario.clone(), add_fault))
        .boxed()
}

fn add_fault(builder: ScenarioBuilder, (number, fault): (usize, &Fault)) -> ScenarioBuilder {
    let (consumers, producers) = (builder.names("consumer"), builder.names("producer"));
    let connections = builder.connections();
    let begins = |builder: ScenarioBuilder| {
        let name = format!("fault-{number}");
        builder.fault(fault.kind).with("name", name).with("at", format!("{}us", fault.at))
    };
    let lasts = format!("{}us", fault.lasts);
    match fault.kind {
        "consumer-crash" if consumers.is_empty() => builder,
        "consumer-crash" => {
            let consumer = consumers[fault.whom.index(consumers.len())].as_str();
            let builder = begins(builder).with("consumer", consumer).with("by", fault.by);
            if fault.ends { builder.with("restart-after", lasts) } else { builder }
        }
        "producer-crash" if producers.is_empty() => builder,
        "producer-crash" => {
            let producer = producers[fault.whom.index(producers.len())].as_str();
            // A process that dies says no goodbye.
            let by = if fault.by == "tcp-cut" { "tcp-cut" } else { "process-exit" };
            let builder = begins(builder).with("producer", producer).with("by", by);
            if fault.ends { builder.with("restart-after", lasts) } else { builder }
        }
        "connection-loss" if connections.is_empty() => builder,
        "connection-loss" => {
            let connection = connections[fault.whom.index(connections.len())].as_str();
            begins(builder).with("connection", connection).with("lasts", lasts)
        }
        "queue-crash" => {
            let queues = builder.names("queue");
            if queues.is_empty() {
                return builder;
            }
            let queue = queues[fault.whom.index(queues.len())].as_str();
            begins(builder).with("queue", queue)
        }
        "alarm" => begins(builder).with("resource", fault.resource).with("lasts", lasts),
        _ => begins(builder).with("lasts", lasts),
    }
}
