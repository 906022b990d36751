//! The faults of random scenarios, and when they strike.

use std::fmt::{self, Write};

use proptest::prelude::*;

use super::{Case, Feature};

#[derive(Clone, Debug)]
pub(super) struct Fault {
    kind: u8,
    by: usize,
    whom: usize,
    at: u64,
    lasts: u64,
    pub(super) ends: bool,
    trigger: usize,
}

const BY: [&str; 4] = ["tcp-cut", "channel-close", "connection-close", "process-exit"];
const OUTAGES: [&str; 4] = ["broker-restart", "process-crash", "power-loss", "disk-loss"];
/// What a fault may wait for, with how much more often that happens than a message is published.
const CONDITIONS: [(&str, u64); 8] = [
    ("published", 1),
    ("enqueued", 1),
    ("delivered", 1),
    ("confirmed", 1),
    ("unconfirmed", 1),
    ("acked", 1),
    ("queued", 1),
    ("events", 20),
];

pub(super) fn fault() -> impl Strategy<Value = Fault> {
    (0u8..6, 0usize..4, any::<usize>(), 0u64..50_000, 0u64..20_000, any::<bool>(), 0usize..12).prop_map(
        |(kind, by, whom, at, lasts, ends, trigger)| Fault { kind, by, whom, at, lasts, ends, trigger },
    )
}

impl Case {
    /// When a fault strikes.
    fn trigger(&self, fault: &Fault, ends: bool) -> String {
        let at = if self.has(Feature::ShortDuration) { fault.at % self.duration } else { fault.at };
        match fault.trigger {
            0 if self.has(Feature::RandomTriggers) => {
                format!("at = {{ uniform = [\"{}us\", \"{at}us\"] }}", at / 2)
            }
            1 if self.has(Feature::RandomTriggers) => format!("at = {{ exponential = \"{at}us\" }}"),
            2 if self.has(Feature::RandomTriggers) && ends => {
                format!("every = {{ exponential = \"{}us\" }}", at + 1)
            }
            3 if self.has(Feature::RandomTriggers) && ends => {
                format!("every = \"{}us\"\nfrom = \"1us\"\nuntil = \"40ms\"", at + 1)
            }
            condition @ 4.. if self.has(Feature::Conditions) => {
                let (what, often) = CONDITIONS[condition - 4];
                format!("when = {{ {what} = {} }}", 1 + fault.at % 20 * often)
            }
            _ => format!("at = \"{at}us\""),
        }
    }

    pub(super) fn fault(&self, fault: &Fault, out: &mut impl Write) -> fmt::Result {
        match fault.kind {
            0 if self.has(Feature::ConsumerCrashes) => {
                let consumer = fault.whom % self.consumers.len();
                writeln!(out, "[[fault.consumer-crash]]\nconsumer = \"c{consumer}\"")?;
                writeln!(out, "{}\nby = \"{}\"", self.trigger(fault, fault.ends), BY[fault.by])?;
                if fault.ends {
                    writeln!(out, "restart-after = \"{}us\"", fault.lasts)?;
                }
            }
            1 if self.has(Feature::ConnectionLosses) => {
                let all = self.connections();
                let connection = &all[fault.whom % all.len()];
                writeln!(out, "[[fault.connection-loss]]\nconnection = \"{connection}\"")?;
                writeln!(out, "{}\nlasts = \"{}us\"", self.trigger(fault, true), fault.lasts)?;
            }
            2 if self.has(Feature::BrokerRestarts) => {
                let kind = if self.has(Feature::BrokerCrashes) { OUTAGES[fault.by] } else { OUTAGES[0] };
                let lasts = fault.lasts;
                writeln!(out, "[[fault.{kind}]]\n{}\nlasts = \"{lasts}us\"", self.trigger(fault, true))?;
            }
            3 if self.has(Feature::ProducerCrashes) => {
                let producer = fault.whom % self.producers.len();
                let by = ["process-exit", "tcp-cut"][fault.by % 2];
                writeln!(out, "[[fault.producer-crash]]\nproducer = \"p{producer}\"\nby = \"{by}\"")?;
                writeln!(out, "{}", self.trigger(fault, fault.ends))?;
                if fault.ends {
                    writeln!(out, "restart-after = \"{}us\"", fault.lasts)?;
                }
            }
            4 if self.has(Feature::QueueCrashes) => {
                let queue = fault.whom % self.queues.len();
                writeln!(out, "[[fault.queue-crash]]\nqueue = \"q{queue}\"\n{}", self.trigger(fault, true))?;
            }
            5 if self.nodes() > 1 => {
                let (node, by) = (1 + fault.whom % self.nodes(), OUTAGES[1 + fault.by % 3]);
                writeln!(out, "[[fault.node-crash]]\nnode = {node}\nby = \"{by}\"")?;
                writeln!(out, "{}\nlasts = \"{}us\"", self.trigger(fault, true), fault.lasts)?;
            }
            _ => return Ok(()),
        }
        writeln!(out)
    }
}
