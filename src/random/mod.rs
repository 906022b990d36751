//! Named random streams and the samplers that turn their draws into quantities.
//! Knows nothing of what is drawn for: a stream is found by (seed, entity, purpose), a sample is a function of one draw.

pub mod arrivals;
mod choice;
mod distribution;
pub mod law;
mod logarithm;
mod stream;

pub use choice::{Choice, Exponent, Probability};
pub use distribution::Distribution;
pub use stream::RandomStream;
