//! The settings of random scenarios: stores, disk, cluster, and what consumers call.

use std::fmt::{self, Write};

use super::{Case, Feature};

const PRESETS: [&str; 7] = [
    "rabbitmq-3.10-classic",
    "rabbitmq-3.10-classic-v2",
    "rabbitmq-3.13-classic-v1",
    "rabbitmq-4-classic",
    "sync-per-message",
    "never-sync",
    "rabbitmq-3.10-classic",
];
/// A bit each.
const STORE: [&str; 9] = [
    "sync = true",
    "eager = true",
    "buffered-messages-max = 3",
    "drops-acked = true",
    "hibernates = true",
    "service-time = \"200us\"",
    "shared-from = \"50kB\"",
    "file-messages = 4",
    "deletes-settled-files = true",
];
/// A bit each.
const DISK: [&str; 7] = [
    "write-time = \"300us\"",
    "sync-time = { exponential = \"3ms\" }",
    "bandwidth = \"10MB\"",
    "honours-flush = false",
    "torn-writes = true",
    "writeback-age = \"10ms\"\nwriteback-period = \"4ms\"",
    "commit-period = \"5ms\"",
];

impl Case {
    /// Those of `all` whose bit is set, from this one on.
    fn chosen(&self, all: &[&'static str], from: u32) -> String {
        let is_chosen = |bit: usize| self.settings >> (from + bit as u32) & 1 == 1;
        let chosen = all.iter().enumerate().filter(|(bit, _)| is_chosen(*bit)).map(|(_, line)| *line);
        chosen.collect::<Vec<_>>().join("\n")
    }

    pub(super) fn settings(&self, out: &mut impl Write) -> fmt::Result {
        if self.has(Feature::StoreSettings) {
            let preset = PRESETS[(self.settings & 7) as usize % PRESETS.len()];
            writeln!(out, "[classic-store]\npreset = \"{preset}\"\n{}", self.chosen(&STORE, 3))?;
        }
        if self.has(Feature::DiskSettings) {
            writeln!(out, "[disk]\n{}", self.chosen(&DISK, 12))?;
        }
        if self.has(Feature::Clusters) {
            let nodes = self.nodes();
            writeln!(out, "[cluster]\nnodes = {nodes}\nelection-timeout = \"4ms\"")?;
            writeln!(out, "{}", self.chosen(&["latency = \"1ms\"", "registration-window = \"0s\""], 22))?;
        }
        Ok(())
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        if self.has(Feature::Clusters) { [1, 3, 3, 5][(self.settings >> 20 & 3) as usize] } else { 1 }
    }

    pub(super) fn downstream(&self, out: &mut impl Write) -> fmt::Result {
        if !self.has(Feature::Downstreams) {
            return Ok(());
        }
        let keys = [
            "concurrency = 1",
            "rate = \"2/ms\"",
            "latency = \"1500us\"",
            "outages = [{ from = \"3ms\", until = \"5ms\" }, { from = \"9ms\", until = \"14ms\" }]",
        ];
        writeln!(out, "[[downstream]]\nname = \"db\"\nfailure-probability = 0.2\n{}", self.chosen(&keys, 24))
    }

    /// The keys by which a consumer calls.
    pub(super) fn call(&self, out: &mut impl Write) -> fmt::Result {
        let keys = ["retry-backoff = \"full-jitter\"", "retry-delay-max = \"4ms\"", "retry-attempts-max = 2"];
        writeln!(out, "downstream = \"db\"")?;
        if self.settings >> 28 & 1 == 1 {
            writeln!(out, "retry-delay = \"2ms\"\n{}", self.chosen(&keys, 29))?;
        }
        Ok(())
    }
}
