//! Whether a system draws anything at random. Where it does not, every replication is the same and one is enough.

use crate::broker::DispatchPolicy;
use crate::model::{
    BackoffKind, BackoffSpec, ClassSpec, ConsumerSpec, Pace, ProducerSpec, SystemSpec, Trigger,
};
use crate::random::{Distribution, Probability};

/// Whether two seeds can give two outcomes.
pub fn is_random(system: &SystemSpec) -> bool {
    !random_parts(system).is_empty()
}

/// What is drawn at random, in words, in the order of the scenario: for example ``service times of `billing` ``.
pub fn random_parts(system: &SystemSpec) -> Vec<String> {
    let random = |distribution: &Distribution| distribution.constant().is_none();
    let mut parts = Vec::new();
    for connection in system.connections.iter().filter(|connection| random(&connection.latency)) {
        parts.push(format!("latency of `{}`", connection.name));
    }
    let jitters = |backoff: &BackoffSpec| backoff.kind == BackoffKind::FullJitter;
    for connection in system.connections.iter().filter(|connection| jitters(&connection.reconnect)) {
        parts.push(format!("waits before `{}` connects again", connection.name));
    }
    for producer in &system.producers {
        let (what, by_chance) = match &producer.pace {
            Pace::Interarrival(interarrival) => ("interarrival times", random(interarrival)),
            Pace::Arrivals(arrivals, _) => ("arrivals", arrivals.is_random()),
            Pace::Closed(think_time) => ("think times", random(think_time)),
            Pace::After { .. } => continue,
        };
        if by_chance {
            parts.push(format!("{what} of `{}`", producer.name));
        }
    }
    for producer in &system.producers {
        let sizes = producer.messages.iter().map(|message| &message.message_size);
        let mut sizes = sizes.chain(producer.message_sizes.iter().flatten());
        if sizes.any(random) {
            parts.push(format!("message sizes of `{}`", producer.name));
        }
        if producer.choice.is_some() {
            parts.push(format!("kinds of messages of `{}`", producer.name));
        }
    }
    let certain = |class: &&ClassSpec| matches!(class.probability, Probability::ZERO | Probability::ONE);
    for class in system.classes.iter().filter(|class| !certain(class)) {
        parts.push(format!("messages of class `{}`", class.name));
    }
    let waits = |producer: &&ProducerSpec| producer.republish.as_ref().is_some_and(jitters);
    for producer in system.producers.iter().filter(waits) {
        parts.push(format!("waits before `{}` publishes again", producer.name));
    }
    for consumer in system.consumers.iter().filter(|consumer| consumer.service_times.iter().any(random)) {
        parts.push(format!("service times of `{}`", consumer.name));
    }
    let fails = |consumer: &&ConsumerSpec| {
        let certain = |probability| matches!(probability, Probability::ZERO | Probability::ONE);
        consumer.failure.is_some_and(|(probability, _)| !certain(probability))
    };
    for consumer in system.consumers.iter().filter(fails) {
        parts.push(format!("failures of `{}`", consumer.name));
    }
    for one in system.downstreams.iter().filter(|one| random(&one.latency)) {
        parts.push(format!("latency of `{}`", one.name));
    }
    let certain = |probability| matches!(probability, Probability::ZERO | Probability::ONE);
    for one in system.downstreams.iter().filter(|one| !certain(one.failure_probability)) {
        parts.push(format!("failures of `{}`", one.name));
    }
    let retries = |consumer: &&ConsumerSpec| {
        consumer.call.as_ref().and_then(|call| call.retry.as_ref()).is_some_and(jitters)
    };
    for consumer in system.consumers.iter().filter(retries) {
        parts.push(format!("waits before `{}` calls again", consumer.name));
    }
    let strikes_by_chance = |trigger: &Trigger| match trigger {
        Trigger::At(after) => random(after),
        Trigger::Every(repeats) => random(&repeats.gaps),
        Trigger::When(_) => false,
    };
    for fault in system.faults.iter().filter(|fault| strikes_by_chance(&fault.trigger)) {
        parts.push(format!("strikes of `{}`", fault.name));
    }
    if system.settings.dispatch == DispatchPolicy::RandomOfTwo {
        parts.push("who gets the next message".to_owned());
    }
    parts.extend(storage_parts(system));
    parts
}

/// How long the disk takes, and what a crash finds on it.
fn storage_parts(system: &SystemSpec) -> Vec<String> {
    let Some(storage) = &system.storage else { return Vec::new() };
    let times = [("write", &storage.disk.write_time), ("sync", &storage.disk.sync_time)];
    let drawn = times.into_iter().filter(|(_, time)| time.constant().is_none());
    let mut parts: Vec<String> = drawn.map(|(what, _)| format!("{what} times of the disk")).collect();
    if storage.cluster.nodes > 1 && storage.cluster.latency.constant().is_none() {
        parts.push("latency between nodes".to_owned());
    }
    let by_chance =
        system.faults.iter().filter(|fault| fault.kind.meets_chance(storage, system.kept_queues()));
    parts.extend(by_chance.map(|fault| format!("what the disk has when `{}` strikes", fault.name)));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::run::tests::scenario;
    use crate::units::SimDuration;

    #[test]
    fn a_system_of_constants_is_not_random() {
        let mut system = scenario().system;
        assert!(!is_random(&system));
        system.connections[0].latency =
            Distribution::Uniform(SimDuration::from_millis(1), SimDuration::from_millis(2));
        assert_eq!(random_parts(&system), ["latency of `main`"]);
        system.connections[0].reconnect.kind = BackoffKind::FullJitter;
        assert_eq!(random_parts(&system), ["latency of `main`", "waits before `main` connects again"]);
    }

    /// What the operating system wrote back, and what a queue wrote before it slept.
    #[test]
    fn a_crash_may_find_one_thing_or_another_on_disk() {
        let with = |kind: &str, before: &str, queue: &str| {
            let text = format!(
                "{before}[[queue]]\nname = \"orders\"\n{queue}[[producer]]\nname = \"shop\"\nexchange = \"amq.fanout\"\ninterarrival = \"1s\"\n\
                 [[fault.{kind}]]\nat = \"1s\"\nlasts = \"1s\"\n"
            );
            let loaded = crate::scenario::load("test.toml", &text, &[]).unwrap();
            random_parts(&loaded.variants[0].scenario.system)
        };
        let parts = |kind: &str, before: &str| with(kind, before, "");
        assert_eq!(parts("power-loss", ""), ["what the disk has when `power-loss` strikes"]);
        assert_eq!(parts("process-crash", ""), ["what the disk has when `process-crash` strikes"]);
        let awake = "[classic-store]\npreset = \"rabbitmq-3.10-classic\"\n";
        let fixed = format!("[disk]\nwriteback-phase = \"0s\"\n{awake}");
        let slow = "[disk]\nsync-time = { exponential = \"1ms\" }\n";
        assert_eq!(parts("process-crash", awake).len(), 0);
        assert_eq!(parts("power-loss", awake).len(), 1);
        assert_eq!(parts("power-loss", &fixed).len(), 0);
        assert_eq!(parts("broker-restart", "").len(), 0);
        assert_eq!(parts("disk-loss", "").len(), 0);
        let node = "node-crash]]\nnode = 1\nby = \"power-loss\"\n#";
        assert_eq!(parts(node, ""), ["what the disk has when `node-crash` strikes"]);
        let quorum = "arguments = { x-queue-type = \"quorum\" }\n";
        for (nodes, kind) in [(1, "power-loss"), (1, "process-crash"), (1, node), (3, node)] {
            let cluster = format!("[cluster]\nnodes = {nodes}\n");
            assert_eq!(with(kind, &cluster, quorum).len(), 0, "{nodes}, {kind}");
            let lies = format!("[disk]\nhonours-flush = false\n{cluster}");
            assert_eq!(
                with(kind, &lies, quorum).len(),
                usize::from(kind != "process-crash"),
                "{nodes}, {kind}"
            );
        }
        assert_eq!(
            with("power-loss", "[broker]\nprofile = \"rabbitmq-3.13\"\n", "durable = false\n").len(),
            0,
            "nothing is kept"
        );
        assert_eq!(parts("broker-restart", slow), ["sync times of the disk"]);
    }
}
