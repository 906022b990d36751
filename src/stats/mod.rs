//! Estimators: numbers in, numbers with their uncertainty out. Knows neither AMQP nor where virtual time begins.

mod estimate;
mod histogram;
mod holm;
mod interval;
mod paired;
mod proportion;
mod quantile;
mod stopping;
mod student;
pub mod theory;
mod time_weighted;
mod warm_up;

pub use estimate::Estimate;
pub use histogram::Histogram;
pub use holm::holm;
pub use interval::{ConfidenceInterval, LEVEL, Method, mean};
pub use paired::{difference, variance_reduction};
pub use proportion::{ProportionInterval, rule_of_three, wilson_interval};
pub use quantile::{QuantileInterval, TooFew, observations_for_quantile, quantile_interval};
pub use stopping::{PILOT, enough, is_precise, looks};
pub use student::{student_cdf, student_quantile};
pub use time_weighted::{DepthSeries, TimeWeighted};
pub use warm_up::{WarmUp, mser_5};
