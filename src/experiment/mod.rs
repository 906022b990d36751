//! Experiments: variants of a scenario, their replications and seeds, and what they say together.
//! The only room with threads. Knows neither files nor how results look.
//!
//! Replication k of every variant gets the seed `base + k`. Streams are keyed by a cipher of (seed, entity, purpose), so
//! neighbouring seeds give independent draws, and a replication can be replayed alone by naming its seed. Variants share
//! their seeds: each entity draws the same numbers in all of them (common random numbers), which is what makes differences
//! between variants comparable in pairs.

mod advice;
mod comparison;
mod contrast;
mod crash_points;
mod durability;
mod in_order;
mod looking_closer;
mod model_of_theory;
mod randomness;
mod replication;
mod run;
mod setup;
mod stability;
mod sweep;
mod warm_up;

pub use crate::model::Aftermath;
pub use advice::{Advice, AdvicePlan, BoundBy, ENOUGH, IsEnough, advisable_queues, advise};
pub use comparison::{Comparison, Difference, TOLD, compare, is_told};
pub use contrast::{Contrast, contrasts};
#[cfg(test)]
pub(crate) use crash_points::tests as crash_point_tests;
pub use crash_points::{CrashPlan, CrashPoint, CrashPoints, Spread, VariantCrashes, strike_all, undisturbed};
pub use durability::{DurabilityCell, DurabilityPlan, STANDARD_MESSAGES, durability};
pub use in_order::in_order;
pub use model_of_theory::{Theory, theory};
pub use randomness::{is_random, random_parts};
pub use replication::{Origin, Replication, shell_word};
#[cfg(test)]
pub(crate) use run::tests;
pub use run::{Plan, RunResult, SimulatorBug, Stopping, VariantResult, run};
pub use setup::{QueueStore, Setup, TableCrash};
pub use stability::{Instability, Unstable};
pub use sweep::{SweepPlan, SweepResult, SweepStop, SweptMeasure, SweptPoint, sweep};
pub use warm_up::{FoundBy, WarmUp, warm_up};
