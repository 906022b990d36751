//! Random small scenarios. Everything is drawn, and a set of features says what of it is used: so features meet in every
//! combination, and a failing case shrinks by leaving features out.

mod clients;
mod faults;
mod settings;

use std::fmt;
use std::fmt::Write;

use amqpsim::scenario::{Scenario, load};
use proptest::collection::vec;
use proptest::prelude::*;

use faults::{Fault, fault};

/// What a case may make use of; each is a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    SharedConnections,
    SharedChannels,
    Prefetch,
    GlobalPrefetch,
    Acknowledgements,
    RandomTimes,
    Latency,
    RandomLatency,
    Speeds,
    Classes,
    Exchange,
    Unroutable,
    TransientQueues,
    OwnQueues,
    Persistent,
    Priorities,
    LateStarts,
    ConsumerCrashes,
    ConnectionLosses,
    BrokerRestarts,
    ShortDuration,
    EventLimit,
    InstantWork,
    QueueArguments,
    DeadLetters,
    Outcomes,
    Confirms,
    Transactions,
    Followers,
    ProducerCrashes,
    RandomTriggers,
    Conditions,
    BrokerCrashes,
    Republishing,
    Backoffs,
    Idempotence,
    Laws,
    Sizes,
    DrawnClasses,
    HeavyKeys,
    Rates,
    Bursts,
    ClosedLoops,
    Replays,
    AckBatches,
    Failures,
    WarmUps,
    Concurrency,
    Schedules,
    Downstreams,
    Returns,
    StoreSettings,
    DiskSettings,
    QueueCrashes,
    Clusters,
}

/// A scenario in numbers. Its `Debug` is the scenario file.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    features: u64,
    exchange: usize,
    queues: Vec<Queue>,
    producers: Vec<Producer>,
    consumers: Vec<Consumer>,
    faults: Vec<Fault>,
    latency: (u8, u64),
    class_every: u64,
    duration: u64,
    events_max: u64,
    /// Clients give up connecting after some failed attempts, where waits grow.
    gives_up: bool,
    /// What fails is given back, or its consumer dies and is back.
    gentle: bool,
    /// Of stores, disks and downstreams, a bit or a few for each.
    settings: u64,
    /// Tables that a property adds, in front of all others and behind them.
    before: String,
    after: String,
}

#[derive(Clone, Debug)]
struct Queue {
    transient: bool,
    arguments: u8,
    binding: usize,
}

#[derive(Clone, Debug)]
struct Producer {
    sharing: u8,
    key: usize,
    to_exchange: bool,
    mandatory: bool,
    persistent: bool,
    count: u64,
    endless: bool,
    start: u64,
    interarrival: (u8, u64),
    /// Unanswered publishes that it may have, or publishes of a transaction; 0: no bound, or no transactions.
    together: u32,
    follows: bool,
}

#[derive(Clone, Debug)]
struct Consumer {
    sharing: u8,
    queue: usize,
    own: u8,
    prefetch: u16,
    global: bool,
    acknowledge: usize,
    priority: u8,
    start: u64,
    service: (u8, u64),
    speed: u64,
    outcome: usize,
    stops: bool,
}

const KEYS: [&str; 4] = ["a", "a.b", "b.c", "x.y.z"];
const PATTERNS: [&str; 6] = ["a", "a.*", "#", "*.c", "#.z", ""];
const KINDS: [&str; 3] = ["topic", "fanout", "direct"];
const ACKNOWLEDGE: [&str; 3] = ["after-processing", "before-processing", "automatic"];
const OUTCOMES: [&str; 5] = ["ack", "reject", "requeue", "hang", "crash"];
const LAWS: [&str; 8] = [
    "{ erlang = { mean = MEAN, stages = 3 } }",
    "{ gamma = { mean = MEAN, cv = 0.4 } }",
    "{ hyperexponential = { mean = MEAN, cv = 2 } }",
    "{ lognormal = { mean = MEAN, cv = 1 } }",
    "{ normal = { mean = MEAN, cv = 0.5 } }",
    "{ pareto = { mean = MEAN, shape = 2.5 } }",
    "{ weibull = { mean = MEAN, cv = 1.5 } }",
    "{ mixture = [{ weight = 2, of = MEAN }, { weight = 1, of = { empirical = [\"1ms\", MEAN] } }] }",
];
const BACKOFFS: [&str; 3] = ["fixed", "exponential", "full-jitter"];

fn sampled(times: std::ops::Range<u64>) -> impl Strategy<Value = (u8, u64)> {
    (0u8..3, times)
}

fn queue() -> impl Strategy<Value = Queue> {
    (any::<bool>(), any::<u8>(), 0..PATTERNS.len()).prop_map(|(transient, arguments, binding)| Queue {
        transient,
        arguments,
        binding,
    })
}

fn producer() -> impl Strategy<Value = Producer> {
    let target = (0u8..5, 0usize..4, any::<bool>(), any::<bool>(), any::<bool>());
    let times = (1u64..30, prop::bool::weighted(0.1), 0u64..40_000, sampled(100..4_000));
    (target, times, 0u32..4, any::<bool>()).prop_map(|(target, times, together, follows)| {
        let (sharing, key, to_exchange, mandatory, persistent) = target;
        let (count, endless, start, interarrival) = times;
        Producer {
            sharing,
            key,
            to_exchange,
            mandatory,
            persistent,
            count,
            endless,
            start,
            interarrival,
            together,
            follows,
        }
    })
}

fn consumer() -> impl Strategy<Value = Consumer> {
    let target = (0u8..5, 0usize..3, 0u8..4);
    let bounds = (prop::sample::select(vec![0u16, 1, 2, 10]), any::<bool>(), 0usize..3, 0u8..3);
    let times = (0u64..30_000, sampled(100..8_000), prop::sample::select(vec![250u64, 500, 1000, 3000]));
    let end = (0usize..5, prop::bool::weighted(0.2));
    (target, bounds, times, end).prop_map(|(target, bounds, times, (outcome, stops))| {
        let (sharing, queue, own) = target;
        let (prefetch, global, acknowledge, priority) = bounds;
        let (start, service, speed) = times;
        Consumer {
            sharing,
            queue,
            own,
            prefetch,
            global,
            acknowledge,
            priority,
            start,
            service,
            speed,
            outcome,
            stops,
        }
    })
}

/// Random scenarios.
pub(crate) fn scenarios() -> impl Strategy<Value = Case> {
    let parties =
        (vec(queue(), 1..4), vec(producer(), 1..4), vec(consumer(), 1..5), vec(fault(), 0..5), 0usize..3);
    // Half of the cases are without each feature; latency and acknowledgements apart, a case has about ten of them.
    let rest =
        (any::<u64>(), any::<u16>(), sampled(0..3_000), 1u64..5, 5_000u64..60_000, 1u64..600, any::<u64>());
    (parties, rest).prop_map(|(parties, rest)| {
        let (queues, producers, consumers, faults, exchange) = parties;
        let (features, seed, latency, class_every, duration, events_max, settings) = rest;
        Case {
            seed: u64::from(seed),
            features,
            exchange,
            queues,
            producers,
            consumers,
            faults,
            latency,
            class_every,
            duration,
            events_max,
            gives_up: seed % 3 == 0,
            gentle: false,
            settings,
            before: String::new(),
            after: String::new(),
        }
    })
}

impl Case {
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.features & (1 << feature as u32) != 0
    }

    pub(crate) fn with(mut self, feature: Feature) -> Case {
        self.features |= 1 << feature as u32;
        self
    }

    pub(crate) fn without(mut self, features: &[Feature]) -> Case {
        for &feature in features {
            self.features &= !(1 << feature as u32);
        }
        self
    }

    /// Every consumer that crashes comes back, and every client that has lost its connection.
    pub(crate) fn with_all_coming_back(mut self) -> Case {
        self.gives_up = false;
        self.faults.iter_mut().for_each(|fault| fault.ends = true);
        self
    }

    /// On three or five nodes, with queues that are old enough to be on all of them.
    pub(crate) fn with_a_cluster(mut self) -> Case {
        self.settings |= 1 << 20 | 1 << 23;
        self.with(Feature::Clusters)
    }

    /// Whatever fails of a consumer's work comes again.
    pub(crate) fn with_failures_that_come_again(mut self) -> Case {
        self.gentle = true;
        self
    }

    /// Every producer has a last message, and every queue a consumer.
    pub(crate) fn with_an_end(mut self) -> Case {
        self.producers.iter_mut().for_each(|producer| producer.endless = false);
        for queue in 0..self.queues.len() {
            if !self.consumers.iter().any(|consumer| consumer.queue % self.queues.len() == queue) {
                let reader = Consumer { queue, own: 0, ..self.consumers[0].clone() };
                self.consumers.push(reader);
            }
        }
        self
    }

    /// The case with more tables in front of its clients and behind them.
    pub(crate) fn with_tables(&self, before: &str, after: &str) -> Case {
        Case { before: before.to_owned(), after: after.to_owned(), ..self.clone() }
    }

    /// The scenario, through the format's own reader.
    pub(crate) fn scenario(&self) -> Scenario {
        match load("case.toml", &self.to_string(), &[]) {
            Ok(loaded) => loaded.variants[0].scenario.clone(),
            Err(diagnostics) => panic!("{diagnostics}\n{self}"),
        }
    }

    fn time(&self, (kind, micros): (u8, u64)) -> String {
        let law = usize::from(kind) + (micros % 7) as usize;
        match kind {
            0 | 1 if self.has(Feature::Laws) => {
                LAWS[law % LAWS.len()].replace("MEAN", &format!("\"{}us\"", micros.max(1)))
            }
            1 if self.has(Feature::RandomTimes) => format!("{{ exponential = \"{micros}us\" }}"),
            2 if self.has(Feature::RandomTimes) => {
                format!("{{ uniform = [\"{}us\", \"{micros}us\"] }}", micros / 3)
            }
            _ => format!("\"{micros}us\""),
        }
    }

    fn latency(&self) -> String {
        match self.latency {
            _ if !self.has(Feature::Latency) => "\"0us\"".to_owned(),
            (kind @ 1.., micros) if self.has(Feature::RandomLatency) => {
                self.clone().with(Feature::RandomTimes).time((kind, micros))
            }
            (_, micros) => format!("\"{micros}us\""),
        }
    }

    /// The keys by which a client shares a connection or a channel with others.
    fn sharing(&self, sharing: u8) -> &'static str {
        match sharing {
            1 if self.has(Feature::SharedConnections) => "connection = \"one\"\n",
            2 if self.has(Feature::SharedConnections) => "connection = \"two\"\n",
            3 if self.has(Feature::SharedChannels) => "connection = \"one\"\nchannel = \"one-1\"\n",
            4 if self.has(Feature::SharedChannels) => "connection = \"two\"\nchannel = \"two-1\"\n",
            _ => "",
        }
    }

    fn connection_of(&self, sharing: u8, name: &str) -> String {
        match self.sharing(sharing) {
            "" => name.to_owned(),
            text if text.contains("\"one\"") => "one".to_owned(),
            _ => "two".to_owned(),
        }
    }

    /// The names of all connections, each once.
    fn connections(&self) -> Vec<String> {
        let producers =
            self.producers.iter().enumerate().map(|(i, p)| self.connection_of(p.sharing, &format!("p{i}")));
        let consumers =
            self.consumers.iter().enumerate().map(|(i, c)| self.connection_of(c.sharing, &format!("c{i}")));
        let mut all: Vec<String> = producers.chain(consumers).collect();
        all.sort();
        all.dedup();
        all
    }

    fn head(&self, out: &mut impl Write) -> fmt::Result {
        let duration = if self.has(Feature::ShortDuration) { self.duration } else { 10_000_000 };
        writeln!(out, "[replication]\nseed = {}\nduration = \"{duration}us\"", self.seed)?;
        let events_max = if self.has(Feature::EventLimit) { self.events_max } else { 3_000 };
        writeln!(out, "events-max = {events_max}\n\n[broker]\nprofile = \"rabbitmq-3.13\"\n")?;
        writeln!(out, "[link]\nlatency = {}\nreconnect-delay = \"3ms\"", self.latency())?;
        if self.has(Feature::Backoffs) {
            let kind = BACKOFFS[(self.seed % 2) as usize + 1];
            writeln!(out, "reconnect-backoff = \"{kind}\"\nreconnect-delay-max = \"10ms\"")?;
            if self.gives_up {
                writeln!(out, "reconnect-attempts-max = 2")?;
            }
        }
        writeln!(out)
    }

    /// Arguments of a queue, a bit each. Dead letters go to the next queue, so that a cycle of queues is possible.
    fn arguments(&self, queue: usize, bits: u8) -> String {
        let next = (queue + 1) % self.queues.len();
        let all = [
            "x-max-length = 3".to_owned(),
            "x-overflow = \"reject-publish\"".to_owned(),
            "x-message-ttl = 4".to_owned(),
            format!("x-dead-letter-exchange = \"\", x-dead-letter-routing-key = \"q{next}\""),
            "x-single-active-consumer = true".to_owned(),
            "x-expires = 20".to_owned(),
        ];
        let chosen = all.into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
        let letters = |bit: &usize| *bit != 3 || self.has(Feature::DeadLetters);
        let chosen = chosen.filter(|(bit, _)| self.has(Feature::QueueArguments) && letters(bit));
        let chosen = chosen.map(|(_, argument)| argument);
        // All nodes of a cluster keep quorum queues.
        let kind = self.has(Feature::Clusters).then(|| "x-queue-type = \"quorum\"".to_owned());
        kind.into_iter().chain(chosen).collect::<Vec<_>>().join(", ")
    }

    fn topology(&self, out: &mut impl Write) -> fmt::Result {
        if self.has(Feature::Exchange) {
            writeln!(out, "[[exchange]]\nname = \"x\"\ntype = \"{}\"\n", KINDS[self.exchange])?;
        }
        for (i, queue) in self.queues.iter().enumerate() {
            let cluster = self.has(Feature::Clusters);
            let durable = cluster || !(queue.transient && self.has(Feature::TransientQueues));
            writeln!(out, "[[queue]]\nname = \"q{i}\"\ndurable = {durable}")?;
            writeln!(out, "arguments = {{ {} }}\n", self.arguments(i, queue.arguments))?;
            if self.has(Feature::Exchange) {
                let key = PATTERNS[queue.binding];
                writeln!(out, "[[binding]]\nexchange = \"x\"\nqueue = \"q{i}\"\nrouting-key = \"{key}\"\n")?;
            }
        }
        if self.has(Feature::Classes) {
            writeln!(out, "[[class]]\nname = \"heavy\"\nevery = {}", self.class_every)?;
            if self.has(Feature::DrawnClasses) {
                writeln!(out, "probability = 0.5")?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.settings(f)?;
        self.topology(f)?;
        self.downstream(f)?;
        writeln!(f, "{}", self.before)?;
        for (i, producer) in self.producers.iter().enumerate() {
            self.producer(i, producer, f)?;
        }
        for (i, consumer) in self.consumers.iter().enumerate() {
            self.consumer(i, consumer, f)?;
        }
        writeln!(f, "{}", self.after)?;
        for (i, fault) in self.faults.iter().enumerate() {
            let mut text = String::new();
            self.fault(fault, &mut text)?;
            // Names must differ.
            write!(f, "{}", text.replacen("]]\n", &format!("]]\nname = \"f{i}\"\n"), 1))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}
