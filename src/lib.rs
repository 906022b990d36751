//! amqpsim: a deterministic discrete-event simulator of AMQP 0-9-1 broker semantics, RabbitMQ's.
//!
//! A replication is a pure function of a scenario and a seed. The rooms, in reading order:
//!
//! * [`units`], [`ring`]: virtual time and other quantities, a queue;
//! * [`amqp`], [`rules`], [`random`]: the protocol's words, the rules of semantics, random streams by name;
//! * [`engine`], [`broker`], [`observe`], [`stats`]: the event loop, RabbitMQ as a state machine, facts, estimators;
//! * [`measure`], [`check`], [`model`]: the books, what must hold, the simulated system around the broker;
//! * [`scenario`], [`conform`]: from a file to a system, and recorded conversations with a real broker;
//! * [`experiment`], [`sim`]: many runs, and one run to drive by hand; `proptest` (a feature): random ones that must hold;
//! * [`report`], [`cli`]: what a person sees.
//!
//! # Examples
//!
//! ```
//! use amqpsim::{experiment, scenario};
//!
//! let text = r#"
//!     [[queue]]
//!     name = "tasks"
//!     [[producer]]
//!     name = "shop"
//!     routing-key = "tasks"
//!     count = 100
//!     interarrival = "10ms"
//!     [[consumer]]
//!     name = "worker"
//!     queue = "tasks"
//!     prefetch-count = 1
//!     service-time = { exponential = "8ms" }
//! "#;
//! let loaded = scenario::load("example.toml", text, &[])?;
//! let scenario = &loaded.variants[0].scenario;
//! let outcome = amqpsim::model::simulate(&scenario.system, scenario.seed);
//! assert_eq!(outcome.ledger.processed, 100);
//! # Ok::<(), amqpsim::scenario::Diagnostics>(())
//! ```

pub mod ring;
pub mod units;

pub mod amqp;
pub mod random;
pub mod rules;

pub mod broker;
pub mod engine;
pub mod measure;
pub mod observe;
pub mod stats;
pub mod storage;

pub mod check;
pub mod conform;
pub mod model;

pub mod scenario;

pub mod experiment;
#[cfg(feature = "proptest")]
pub mod proptest;
pub mod sim;

pub mod report;

pub mod cli;

/// The README's example is run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

/// So is that of the guide to property tests.
#[cfg(all(doctest, feature = "proptest"))]
#[doc = include_str!("../docs/property-testing.md")]
pub struct PropertyTesting;
