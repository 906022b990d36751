//! Estimators: numbers in, numbers with their uncertainty out. Knows neither AMQP nor where virtual time begins.

mod estimate;
mod histogram;
mod interval;
mod proportion;
mod student;
mod time_weighted;

pub use estimate::Estimate;
pub use histogram::Histogram;
pub use interval::{ConfidenceInterval, LEVEL, Method, mean};
pub use proportion::{ProportionInterval, rule_of_three, wilson_interval};
pub use student::{student_cdf, student_quantile};
pub use time_weighted::{DepthSeries, TimeWeighted};
