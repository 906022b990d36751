//! Whether a queue keeps up in the long run. One that does not has no long run, and its waits are not averaged.

use super::model_of_theory::Theory;
use crate::measure::{Measure, Scope};
use crate::stats::{Estimate, mean};

/// A queue rises if it is longer than before by this factor: at a load of 1, where it rises the slowest, by a third.
const RISE: f64 = 1.15;
/// With one run, the spread is not known: what rises by more than so many standard deviations of a sum of as many arrivals and
/// services is no chance.
const BEYOND_CHANCE: f64 = 3.0;
/// Fewer messages are no backlog.
const BACKLOG: f64 = 10.0;

/// A queue that does not keep up.
#[derive(Clone, Debug, PartialEq)]
pub struct Unstable {
    /// Its name.
    pub queue: String,
    /// The names of its consumers.
    pub consumers: Vec<String>,
    /// How one knows.
    pub why: Instability,
}

/// How one knows that a queue does not keep up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instability {
    /// More work comes in than its consumers can do: this many times as much, 1 or more.
    Load(f64),
    /// It holds more messages in the last third of what is measured than in the middle one, wherever they wait.
    Rises {
        /// In the middle third.
        middle: Estimate,
        /// In the last one.
        last: Estimate,
    },
}

impl Unstable {
    /// Whether this number depends on how long one looks, because the queue does not keep up.
    pub fn spoils(&self, measure: &Measure, entity: &str) -> bool {
        let is_of_it = match measure.scope {
            Scope::Queue => entity == self.queue,
            Scope::Consumer => self.consumers.iter().any(|name| name == entity),
            // Its messages may be in any queue.
            Scope::Producer => true,
            Scope::Downstream | Scope::Run => false,
        };
        is_of_it && measure.grows_with_a_backlog()
    }
}

/// What is known of the replications of one queue in a steady state.
pub(super) struct Course<'a> {
    /// The queue's name.
    pub queue: &'a str,
    /// The mean of the messages that it holds in the middle third of what is measured, of each replication that was not over before.
    pub middles: Vec<f64>,
    /// The same in the last third.
    pub lasts: Vec<f64>,
    /// Copies that entered it, in the mean.
    pub entered: f64,
    /// How many replications there are.
    pub runs: usize,
    /// Whether two seeds can give two outcomes.
    pub random: bool,
}

impl Course<'_> {
    /// Why the queue does not keep up, if it does not.
    pub(super) fn instability(&self, theory: Option<&Theory>) -> Option<Instability> {
        let over =
            |theory: &&Theory| theory.load >= 1.0 && theory.steady.is_none() && theory.queue == self.queue;
        theory.filter(over).map(|theory| Instability::Load(theory.load)).or_else(|| self.rises())
    }

    fn rises(&self) -> Option<Instability> {
        if self.middles.len() < self.runs || self.lasts.len() < self.runs {
            return None;
        }
        let (before, after) = (mean(&self.middles)?, mean(&self.lasts)?);
        let more = Estimate::of_difference(&self.middles, &self.lasts, self.random)?;
        let sure = match more {
            Estimate::Single(more) => more > BEYOND_CHANCE * libm::sqrt(2.0 * self.entered / 3.0),
            _ => more.excludes_zero(),
        };
        let middle = Estimate::of(&self.middles, self.random)?;
        let last = Estimate::of(&self.lasts, self.random)?;
        (sure && after > before * RISE && after >= BACKLOG).then_some(Instability::Rises { middle, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::find_in;

    fn course(middles: &[f64], lasts: &[f64], random: bool) -> Option<Instability> {
        let (middles, lasts) = (middles.to_vec(), lasts.to_vec());
        let runs = lasts.len();
        Course { queue: "tasks", middles, lasts, entered: 600.0, runs, random }.instability(None)
    }

    #[test]
    fn a_queue_rises_where_chance_is_no_explanation() {
        assert!(course(&[100.0, 110.0, 105.0], &[150.0, 160.0, 151.0], true).is_some());
        assert!(course(&[100.0, 110.0, 105.0], &[150.0, 60.0, 190.0], true).is_none(), "too wide");
        assert!(course(&[1.0, 1.1, 1.2], &[2.0, 2.1, 2.2], true).is_none(), "no backlog");
        // Two times 200 arrivals and services have a standard deviation of 20.
        assert!(course(&[100.0], &[159.0], true).is_none() && course(&[100.0], &[161.0], true).is_some());
        assert!(course(&[100.0], &[120.0], false).is_some(), "nothing is random");
        assert!(course(&[], &[150.0, 160.0], true).is_none(), "runs that are over rise no more");
    }

    #[test]
    fn it_spoils_waits_and_depths_of_its_own_and_nothing_else() {
        let why = Instability::Load(1.0);
        let unstable = Unstable { queue: "tasks".into(), consumers: vec!["a".into()], why };
        let spoils = |scope, name, entity| unstable.spoils(find_in(scope, name).unwrap(), entity);
        assert!(spoils(Scope::Queue, "wait-mean", "tasks") && spoils(Scope::Consumer, "sojourn-p95", "a"));
        assert!(!spoils(Scope::Queue, "wait-mean", "other") && !spoils(Scope::Consumer, "sojourn-p95", "b"));
        assert!(!spoils(Scope::Queue, "throughput", "tasks"));
        assert!(spoils(Scope::Producer, "sojourn-p50", "p") && !spoils(Scope::Producer, "published", "p"));
        for name in ["in-queue-mean", "in-buffer-mean", "publish-to-ack-mean", "unacked-at-end"] {
            assert!(spoils(Scope::Queue, name, "tasks"), "{name}");
        }
        assert!(
            spoils(Scope::Consumer, "unacked-max", "a") && !spoils(Scope::Queue, "to-broker-mean", "tasks")
        );
    }
}
