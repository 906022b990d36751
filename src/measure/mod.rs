//! What this project measures: the ledger of fates, fairness, latencies. Facts in, numbers out.
//! Knows neither the broker nor scenario files.

mod catalogue;
mod ledger;
mod outcome;

pub use catalogue::{CATALOGUE, Measure, MeasureId, Scope, Unit, find};
pub use ledger::{Ledger, LedgerError};
pub use outcome::{ClientError, ConsumerOutcome, End, EndReason, Outcome, ProducerOutcome, QueueOutcome};
