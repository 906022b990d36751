//! The discrete-event kernel: an event list with a total order, a clock that only moves forward, a loop with limits.
//! Generic over the event; knows neither AMQP nor scenarios.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod event_list;
mod heap;
mod lane;
mod run;

pub use event_list::{Event, EventList, Lane, Load, Packed, Seq};
pub use run::{Limits, Model, RunEnd, Stop, is_drained, run, step};
