//! Reports: what a run was, in a form for people and for other programs. Made from observations and outcomes alone;
//! knows neither the broker nor the model.

mod directory;
mod wire;

pub mod story;
pub mod trace;

pub use directory::{Cast, Directory};
