//! The trace: every observation of a run as one line, exact and in whole numbers, so that equal runs are equal bytes.
//! Owns the versioned text form and its twin in JSON; knows nothing of files.

mod facts;
mod row;

use std::fmt;

use serde_json::{Map, Value as Json};

use crate::amqp::Names;
use crate::observe::Observation;
use crate::report::wire::Value;
use crate::report::{Cast, Directory};

use row::Row;

/// The number in a trace's first line. It grows with the first release in which an equal run gives another trace than in the
/// release before; there has been none so far.
pub const VERSION: u32 = 1;

/// What a trace says about its run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The scenario's name.
    pub scenario: String,
    /// Its variant; `None`: the scenario as it stands.
    pub variant: Option<String>,
    /// The seed.
    pub seed: u64,
    /// The replication, from 0 on.
    pub replication: u64,
}

/// The form of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Fixed columns: seconds with nine decimals, who, what, to what, and details as `key=value`.
    #[default]
    Text,
    /// One JSON object on each line; times are whole nanoseconds.
    Jsonl,
}

/// Writes observations down, one line each.
#[derive(Clone, Debug)]
pub struct Trace {
    format: Format,
    cast: Cast,
}

impl Trace {
    /// A trace in this form.
    pub fn new(format: Format, directory: Directory) -> Self {
        Trace { format, cast: Cast::new(directory) }
    }

    /// Writes the first line.
    pub fn begin(&self, head: &Head, out: &mut impl fmt::Write) -> fmt::Result {
        match self.format {
            Format::Text => {
                write!(out, "# amqpsim-trace {VERSION}  scenario={}", Value::Text(head.scenario.clone()))?;
                if let Some(variant) = &head.variant {
                    write!(out, "  variant={}", Value::Text(variant.clone()))?;
                }
                writeln!(out, "  seed={}  replication={}", head.seed, head.replication)
            }
            Format::Jsonl => {
                let mut object = Map::new();
                object.insert("amqpsim_trace".into(), VERSION.into());
                object.insert("scenario".into(), head.scenario.clone().into());
                object.insert("variant".into(), head.variant.clone().into());
                object.insert("seed".into(), head.seed.into());
                object.insert("replication".into(), head.replication.into());
                writeln!(out, "{}", Json::Object(object))
            }
        }
    }

    /// Writes one observation; they come in the order in which they happened.
    pub fn observe(&mut self, names: &Names, seen: &Observation, out: &mut impl fmt::Write) -> fmt::Result {
        self.cast.learn(&seen.what);
        let row = Row::of(&self.cast, names, &seen.what);
        match self.format {
            Format::Text => writeln!(out, "{} {row}", seen.at.fixed()),
            Format::Jsonl => {
                let mut object = Map::new();
                object.insert("at_ns".into(), seen.at.as_nanos().into());
                object.insert("entity".into(), row.entity.into());
                object.insert("verb".into(), row.verb.into());
                object.insert("object".into(), row.object.into());
                let details = row.details.into_iter().map(|(key, value)| (key.to_owned(), value.into()));
                object.insert("details".into(), Json::Object(details.collect()));
                writeln!(out, "{}", Json::Object(object))
            }
        }
    }
}

#[cfg(test)]
mod tests;
