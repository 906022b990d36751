//! Conformance scripts: plays conversations that were recorded from a real broker, and compares the answers.
//! Knows the broker by its commands and effects only; reads and writes text, never files.
//!
//! A *script* is a list of *steps*; a step's *answers* (`saw`) are what its client heard until the broker was quiet.
//! ```
//! use amqpsim::conform::{Script, compare, play};
//!
//! let text = r#"{"name": "short", "broker": "rabbitmq 3.10.8", "steps": [{"do": "wait", "ms": 5, "saw": []}]}"#;
//! let script = Script::parse(text)?;
//! let played = play(&script)?;
//! assert_eq!(compare(&script, &played), None);
//! # Ok::<(), amqpsim::conform::ScriptError>(())
//! ```
#![deny(clippy::disallowed_types, clippy::float_arithmetic)]

mod action;
mod answers;
mod arguments;
mod client;
mod compare;
mod error;
mod json;
mod mask;
mod play;
mod script;
mod timers;
mod write;

pub use compare::{Difference, compare};
pub use error::{Problem, ScriptError};
pub use play::{Played, play};
pub use script::{Script, Step};
