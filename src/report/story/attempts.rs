//! Attempts to connect, held back until something else is told: a broker that is down for long is asked many times, and that is
//! one sentence.

use super::page::{count, instant};
use crate::units::SimTime;

/// Attempts with nothing else between them.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Vec<Attempt>);

/// Those of one connection.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) connection: u32,
    pub(super) first: SimTime,
    last: SimTime,
    times: u64,
}

impl Attempts {
    pub(super) fn add(&mut self, connection: u32, at: SimTime) {
        match self.0.iter_mut().find(|attempt| attempt.connection == connection) {
            Some(attempt) => (attempt.last, attempt.times) = (at, attempt.times + 1),
            None => self.0.push(Attempt { connection, first: at, last: at, times: 1 }),
        }
    }

    /// All of them, in the order of their first ones.
    pub(super) fn take(&mut self) -> Vec<Attempt> {
        std::mem::take(&mut self.0)
    }
}

impl Attempt {
    /// What is added to the sentence of a single one.
    pub(super) fn more(&self) -> String {
        if self.times == 1 {
            return String::new();
        }
        format!(", {} between {} and {}", count(self.times, "time"), instant(self.first), instant(self.last))
    }
}
