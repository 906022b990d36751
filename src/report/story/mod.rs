//! The story of a run: each step with its instant, the methods that crossed the wire, what the broker did and by which
//! rule, and what changed. Made from observations as they come; knows no file, no colour and no broker.
//!
//! A *step* is what happens at one place by one cause: a method reaches the broker, and all that the broker does about
//! it; or a consumer finishes a message, acknowledges it and begins the next.

mod attempts;
mod calls;
mod chain;
mod facts;
mod groups;
mod life;
mod losses;
mod memory;
mod narrator;
mod page;
mod passed_over;
mod selector;
mod sentences;
mod subjects;

#[cfg(test)]
mod tests;

pub use narrator::Narrator;
pub use selector::Selector;

use crate::amqp::MessageId;
use crate::units::SimTime;

/// Lines after which a story stops unless told otherwise.
pub const LINES_MAX: usize = 200;

/// Which part of a run is told. The default tells everything, up to [`LINES_MAX`] lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Only the life of this message, with its fate at the end.
    pub message: Option<MessageId>,
    /// Only what concerns the producer, consumer, queue, connection or fault of this name.
    pub entity: Option<String>,
    /// Nothing before this instant.
    pub from: Option<SimTime>,
    /// Nothing after this instant.
    pub to: Option<SimTime>,
    /// No step begins after this many lines; `None`: no limit.
    pub lines_max: Option<usize>,
}

impl Default for Filter {
    fn default() -> Self {
        Filter { message: None, entity: None, from: None, to: None, lines_max: Some(LINES_MAX) }
    }
}
