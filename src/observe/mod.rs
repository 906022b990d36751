//! Observations: facts with their instant, the only input of checks and explanations.
//! Knows how a fact reads, not how it came about.
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod conclusion;
mod fact;
mod loss;
mod observation;
mod republish;

pub use conclusion::Conclusion;
pub use fact::{DeathReason, Durability, Fact, Settlement};
pub use loss::LossCause;
pub use observation::{Observation, What};
pub use republish::PublishedAgain;
