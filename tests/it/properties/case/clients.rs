//! The clients of random scenarios.

use std::fmt::{self, Write};

use super::{ACKNOWLEDGE, BACKOFFS, Case, Consumer, Feature, KEYS, OUTCOMES, Producer};

impl Case {
    pub(super) fn producer(&self, i: usize, producer: &Producer, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "[[producer]]\nname = \"p{i}\"")?;
        write!(out, "{}", self.sharing(producer.sharing))?;
        if producer.to_exchange && self.has(Feature::Exchange) {
            writeln!(out, "exchange = \"x\"\nrouting-key = \"{}\"", KEYS[producer.key])?;
        } else if producer.key == 3 && self.has(Feature::Unroutable) {
            writeln!(out, "routing-keys = [\"nowhere\", \"q0\"]")?;
            if self.has(Feature::HeavyKeys) {
                writeln!(out, "zipf = 0.8")?;
            }
        } else {
            writeln!(out, "routing-key = \"q{}\"", producer.key % self.queues.len())?;
        }
        if self.has(Feature::Sizes) {
            writeln!(out, "message-size = {{ uniform = [\"0B\", \"{}kB\"] }}", producer.key * 40)?;
            if self.has(Feature::Classes) {
                writeln!(out, "message-size-by-class = {{ heavy = \"100kB\" }}")?;
            }
        }
        if !producer.endless {
            writeln!(out, "count = {}", producer.count)?;
        }
        writeln!(out, "mandatory = {}", producer.mandatory)?;
        writeln!(out, "persistent = {}", producer.persistent || self.has(Feature::Persistent))?;
        if self.has(Feature::LateStarts) {
            writeln!(out, "start = \"{}us\"", producer.start % self.duration)?;
        }
        let follows = producer.follows && self.has(Feature::Followers);
        let together = producer.together;
        let returns = self.has(Feature::Returns) && producer.mandatory;
        if self.has(Feature::Transactions) && together > 0 {
            writeln!(out, "transaction-size = {together}")?;
        } else if self.has(Feature::Confirms) && !self.has(Feature::Transactions) {
            writeln!(out, "confirms = true")?;
            if together > 0 && !follows {
                writeln!(out, "max-in-flight = {together}")?;
            }
            if self.has(Feature::Republishing) {
                let what = if returns { "unconfirmed-or-returned" } else { "unconfirmed" };
                self.republish(what, producer, out)?;
            }
        } else if returns {
            self.republish("returned", producer, out)?;
        }
        if follows {
            return writeln!(out, "after-consumer = \"c0\"\n");
        }
        self.pace(producer, out)
    }

    fn republish(&self, what: &str, producer: &Producer, out: &mut impl Write) -> fmt::Result {
        let backoff = BACKOFFS[(producer.start % 3) as usize];
        writeln!(out, "republish = \"{what}\"\nrepublish-delay = \"2ms\"")?;
        writeln!(out, "republish-backoff = \"{backoff}\"\nrepublish-delay-max = \"9ms\"")?;
        if self.gives_up {
            writeln!(out, "republish-attempts-max = {}", producer.start % 4)?;
        }
        Ok(())
    }

    /// What makes a producer publish that follows nobody.
    fn pace(&self, producer: &Producer, out: &mut impl Write) -> fmt::Result {
        let windowed =
            self.has(Feature::Confirms) && !self.has(Feature::Transactions) && producer.together > 0;
        let kind = producer.interarrival.1 % 4;
        if self.has(Feature::ClosedLoops) && windowed {
            return writeln!(out, "think-time = {}\n", self.time(producer.interarrival));
        }
        if self.has(Feature::Replays) && kind == 0 {
            return writeln!(
                out,
                "replay = [{{ at = \"1ms\", size = \"1kB\" }}, {{ at = \"1ms\", size = \"2B\" }}, {{ at = \"9ms\", size = \"3B\" }}]\n"
            );
        }
        if self.has(Feature::Rates) && kind == 1 {
            let shape = if producer.mandatory { "ramps" } else { "steps" };
            return writeln!(
                out,
                "rate = [{{ at = \"0s\", rate = \"900/s\" }}, {{ at = \"5ms\", rate = \"0/s\" }}, {{ at = \"9ms\", rate = \"2/ms\" }}]\nrate-shape = \"{shape}\"\nrate-period = \"12ms\"\n"
            );
        }
        if self.has(Feature::Bursts) {
            writeln!(
                out,
                "bursts = {{ on = {}, off = \"4ms\" }}",
                self.time((producer.interarrival.0, 3_000))
            )?;
        }
        writeln!(out, "interarrival = {}\n", self.time(producer.interarrival))
    }

    pub(super) fn consumer(&self, i: usize, consumer: &Consumer, out: &mut impl Write) -> fmt::Result {
        writeln!(out, "[[consumer]]\nname = \"c{i}\"")?;
        write!(out, "{}", self.sharing(consumer.sharing))?;
        // No queue that goes with its client is a quorum queue.
        let own = self.has(Feature::OwnQueues) && consumer.own > 0 && !self.has(Feature::Clusters);
        if own {
            let kind = ["", "exclusive", "auto-delete", "auto-delete"][usize::from(consumer.own)];
            let bind = if self.has(Feature::Exchange) {
                format!(", {{ bind = \"own{i}\", exchange = \"x\", routing-key = \"a.b\" }}")
            } else {
                String::new()
            };
            writeln!(out, "queue = \"own{i}\"\ndeclare = [{{ queue = \"own{i}\", {kind} = true }}{bind}]")?;
        } else {
            writeln!(out, "queue = \"q{}\"", consumer.queue % self.queues.len())?;
        }
        if self.has(Feature::Prefetch) {
            writeln!(out, "prefetch-count = {}", consumer.prefetch)?;
            let global = consumer.global && self.has(Feature::GlobalPrefetch) && !self.has(Feature::Clusters);
            writeln!(out, "prefetch-global = {global}")?;
        }
        if self.has(Feature::Acknowledgements) {
            writeln!(out, "acknowledge = \"{}\"", ACKNOWLEDGE[consumer.acknowledge])?;
        }
        if self.has(Feature::Priorities) {
            writeln!(out, "arguments = {{ x-priority = {} }}", consumer.priority)?;
        }
        if self.has_schedule(consumer) {
            writeln!(
                out,
                "schedule = [{{ from = \"0s\", until = \"9ms\" }}, {{ from = \"9ms\", until = \"11ms\" }}, {{ from = \"13ms\", until = \"9h\" }}]"
            )?;
        } else if self.has(Feature::LateStarts) {
            writeln!(out, "start = \"{}us\"", consumer.start % self.duration)?;
        }
        if self.has(Feature::Sizes) && consumer.own == 1 {
            writeln!(out, "bandwidth = \"20MB\"")?;
        }
        if self.has(Feature::Speeds) {
            writeln!(out, "speed = {}", consumer.speed as f64 / 1000.0)?;
        }
        let instant = self.has(Feature::InstantWork) && consumer.service.0 == 0;
        let service = if instant { (0, 0) } else { consumer.service };
        writeln!(out, "service-time = {}", self.time(service))?;
        if self.has(Feature::Classes) {
            writeln!(
                out,
                "service-time-by-class = {{ heavy = {} }}",
                self.time((consumer.service.0, 20_000))
            )?;
        }
        if self.has(Feature::Concurrency) {
            writeln!(out, "concurrency = {}", 1 + consumer.own)?;
        } else if self.has(Feature::AckBatches) && self.is_alone(consumer) && consumer.acknowledge == 0 {
            writeln!(out, "ack-batch = {}\nack-batch-delay = \"3ms\"", 2 + consumer.own)?;
        }
        let calls = self.has(Feature::Downstreams) && consumer.priority != 1;
        if calls {
            self.call(out)?;
        }
        if self.has(Feature::Failures) {
            writeln!(out, "failure-probability = 0.2")?;
        }
        if calls || self.has(Feature::Failures) {
            let failure = self.failure(consumer);
            writeln!(out, "failure = \"{failure}\"")?;
            if failure == "crash" && !self.outcome_crashes(consumer) {
                writeln!(out, "restart-after = \"2ms\"")?;
            }
        }
        if self.has(Feature::WarmUps) {
            writeln!(out, "warm-up = \"5ms\"\nwarm-up-speed = 0.5")?;
        }
        if self.has(Feature::Idempotence) {
            writeln!(out, "idempotent = {}", !consumer.start.is_multiple_of(4))?;
        }
        if self.has(Feature::Outcomes) {
            self.outcome(consumer, out)?;
        }
        writeln!(out)
    }

    fn has_schedule(&self, consumer: &Consumer) -> bool {
        self.has(Feature::Schedules) && !consumer.global
    }

    /// What a consumer does when its work has failed.
    fn failure(&self, consumer: &Consumer) -> &'static str {
        let settled = self.has(Feature::Acknowledgements) && consumer.acknowledge > 0;
        match OUTCOMES[consumer.outcome] {
            _ if settled => "crash",
            "ack" => "crash",
            "reject" | "hang" if self.gentle => "requeue",
            failure => failure,
        }
    }

    /// Whether no other client may be on its channel.
    fn is_alone(&self, consumer: &Consumer) -> bool {
        !self.sharing(consumer.sharing).contains("channel")
    }

    fn outcome_crashes(&self, consumer: &Consumer) -> bool {
        self.has(Feature::Outcomes) && OUTCOMES[consumer.outcome] == "crash"
    }

    /// What a consumer does when its work is done; to a class of its own, if there are classes.
    fn outcome(&self, consumer: &Consumer, out: &mut impl Write) -> fmt::Result {
        let settled = self.has(Feature::Acknowledgements) && consumer.acknowledge > 0;
        let outcome = match OUTCOMES[consumer.outcome] {
            "reject" | "requeue" | "hang" if settled => "ack",
            outcome => outcome,
        };
        if self.has(Feature::Classes) {
            writeln!(out, "outcome-by-class = {{ heavy = \"{outcome}\" }}")?;
        } else {
            writeln!(out, "outcome = \"{outcome}\"")?;
        }
        if outcome == "crash" {
            writeln!(out, "restart-after = \"2ms\"")?;
        }
        if consumer.stops && !self.has_schedule(consumer) {
            writeln!(out, "stop = \"{}us\"", self.duration)?;
        }
        writeln!(out, "resubscribe-delay = \"2ms\"")
    }
}
