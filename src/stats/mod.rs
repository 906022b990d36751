//! Estimators: numbers in, numbers with their uncertainty out. Knows neither AMQP nor where virtual time begins.

mod histogram;
mod time_weighted;

pub use histogram::Histogram;
pub use time_weighted::{DepthSeries, TimeWeighted};
