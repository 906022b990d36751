//! What this project measures: the ledger of fates, fairness, latencies. Facts in, numbers out.
//! Knows neither the broker nor scenario files.

mod catalogue;
mod details;
#[cfg(test)]
pub(crate) mod example;
mod fairness;
mod flow;
mod ledger;
mod little;
mod losses;
mod outcome;
mod safety;
mod scope;
mod values;

pub use crate::stats::Histogram;
pub use catalogue::{CATALOGUE, Measure, MeasureId, find, find_in};
pub use details::{Details, DetailsObserver, STAGES};
pub use fairness::{jain_index, max_min_ratio};
pub use flow::Flow;
pub use ledger::{Ledger, LedgerError};
pub use little::{LittlesLaw, Waits};
pub use losses::loss_measure;
pub use outcome::{
    ClientError, ClientOutcome, ConsumerOutcome, DownstreamOutcome, End, EndReason, FaultOutcome, LOOKS,
    Outcome, ProducerOutcome, QueueOutcome, Stopped, Strike,
};
pub use safety::Safety;
pub use scope::{Scope, Unit};
