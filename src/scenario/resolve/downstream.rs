//! What the work of consumers depends on, and how they call it.

use crate::model::{CallSpec, DownstreamSpec};
use crate::random::{Distribution, Probability};
use crate::scenario::diagnostic::{Diagnostic, Problems};
use crate::scenario::distributions::distribution;
use crate::scenario::ids;
use crate::scenario::node::{Table, shortened};
use crate::scenario::quantities::{probability, rate};
use crate::scenario::reader::Reader;
use crate::scenario::values::{integer, name};
use crate::units::SimDuration;

use super::backoff::Backoff;
use super::consumer::stretches;
use super::limits;
use super::names::Names;
use super::producer::needs;
use super::readers;

/// All of a scenario, with names for references to them.
#[derive(Debug)]
pub(super) struct Downstreams {
    pub(super) specs: Vec<DownstreamSpec>,
    pub(super) names: Names,
}

pub(super) fn read(tree: &Table, problems: &mut Problems) -> Downstreams {
    let names = Names::new("downstream", "downstreams", ids::UNKNOWN_DOWNSTREAM);
    let mut all = Downstreams { specs: Vec::new(), names };
    readers(tree, "downstream", problems, |reader| {
        let name = reader.read("name", name);
        let latency = reader.read("latency", distribution);
        let failure = reader.read("failure-probability", probability);
        let spec = DownstreamSpec {
            name: name.as_ref().map(|name| name.value.clone()).unwrap_or_default(),
            concurrency: reader.read("concurrency", integer).map(|count| count.value as u32),
            rate: limit(reader),
            burst: reader.read("burst", integer).map_or(1, |count| count.value as u32),
            latency: latency.map_or(Distribution::Constant(SimDuration::ZERO), |latency| latency.value),
            failure_probability: failure.map_or(Probability::ZERO, |probability| probability.value),
            outages: reader.read("outages", stretches).unwrap_or_default().value,
        };
        needs(reader, "burst", "rate", "\"100/s\"");
        let Some(name) = name else { return };
        all.names.add(&name, reader.problems);
        all.specs.push(spec);
    });
    limits::entities("downstreams", all.names.iter().map(|name| name.place.as_ref()), problems);
    all
}

/// How often a call may begin.
fn limit(reader: &mut Reader<'_>) -> Option<crate::units::Rate> {
    let rate = reader.read("rate", rate)?;
    if rate.value.gap().is_none() {
        let message = format!("`rate` of {} is above 0, got none at all", reader.owner());
        reader.problems.push(
            Diagnostic::error(ids::NUMBER_OUT_OF_RANGE, message)
                .at(rate.place.as_ref())
                .help("write `outages` for when no call succeeds"),
        );
    }
    Some(rate.value)
}

impl Downstreams {
    /// The keys of a consumer that say what it calls.
    pub(super) fn call(&self, reader: &mut Reader<'_>) -> Option<CallSpec> {
        let named = reader.read("downstream", name);
        let retry = Backoff::read(reader, "retry", &Backoff::default()).spec();
        let retries = reader.has("retry-delay");
        needs(reader, "retry-delay", "downstream", "\"database\"");
        for key in ["retry-backoff", "retry-delay-max", "retry-attempts-max"] {
            needs(reader, key, "retry-delay", "\"1s\"");
        }
        let named = named?;
        let message =
            || format!("{} calls `{}`, which is not declared", reader.owner(), shortened(&named.value));
        let message = message();
        let downstream = self.names.find(&named, || message, reader.problems)?;
        Some(CallSpec { downstream, retry: retries.then_some(retry) })
    }

    /// Whether a call may fail.
    pub(super) fn may_fail(&self, call: &CallSpec) -> bool {
        self.specs.get(call.downstream).is_some_and(|downstream| {
            downstream.failure_probability != Probability::ZERO || !downstream.outages.is_empty()
        })
    }
}
