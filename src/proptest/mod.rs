//! For authors of property tests: random topologies, workloads and faults, and statements that must hold in all of them.
//! Knows no file format of its own: what it makes are scenarios, and a case that fails is written as one.
//!
//! A *case* is a [`ScenarioBuilder`]; it shrinks towards fewer tables, smaller numbers and plainer features. A *claim* is a
//! statement about one run. See `docs/property-testing.md`.
//!
//! # Examples
//!
//! Does a topology of one's own lose nothing, whoever publishes and consumes and whatever client fails?
//!
//! ```
//! use amqpsim::proptest::{Claim, check, clients_of};
//! use amqpsim::scenario::ScenarioBuilder;
//!
//! let mine = ScenarioBuilder::new("mine")
//!     .exchange("orders").with("type", "topic")
//!     .queue("invoices")
//!     .queue("parcels")
//!     .binding("orders").with("queue", "invoices").with("routing-key", "order.#")
//!     .binding("orders").with("queue", "parcels").with("routing-key", "order.paid");
//! check(clients_of(&mine), &[Claim::CONSERVATION, Claim::PREFETCH_BOUND]);
//! ```

mod claim;
mod clients;
mod faults;
mod laws;
mod runner;
mod topology;
mod work;

pub use claim::{Claim, Run};
pub use clients::{clients_of, workloads};
pub use faults::faults;
pub use runner::{check, check_with};
pub use topology::topologies;

use ::proptest::strategy::{BoxedStrategy, Strategy};

use crate::scenario::ScenarioBuilder;

/// Scenarios in which everything is random: topology, workload and faults.
pub fn scenarios() -> BoxedStrategy<ScenarioBuilder> {
    topologies().prop_flat_map(|topology| clients_of(&topology)).boxed()
}
