//! When a process with nothing to do writes its buffers and goes to sleep. The time adapts to the traffic: with gaps that are
//! long but not very long it grows past them, and then the process never sleeps again. Source: Erlang's `gen_server2`.

use crate::random::RandomStream;
use crate::units::{SimDuration, SimTime};

const AT_LEAST: SimDuration = SimDuration::from_secs(1);
/// Sleeping longer than this makes the process readier to sleep.
const LONG_SLEEP: SimDuration = SimDuration::from_secs(11);

/// The patience of one process.
#[derive(Clone, Debug)]
pub(super) struct Hibernation {
    /// It sleeps after so long without anything to do.
    patience: SimDuration,
    draws: RandomStream,
}

impl Hibernation {
    pub(super) fn new(draws: RandomStream) -> Self {
        Hibernation { patience: AT_LEAST, draws }
    }

    /// When it sleeps if nothing comes after `last`.
    pub(super) fn sleeps_at(&self, last: SimTime) -> SimTime {
        last + self.patience
    }

    /// Something comes at `now`, and the last thing came at `last`: if it slept, its patience changes.
    pub(super) fn work_comes(&mut self, last: SimTime, now: SimTime) {
        let gap = now.since(last);
        if gap < self.patience {
            return;
        }
        let nanos = self.patience.as_nanos();
        let base = if gap > LONG_SLEEP { (nanos / 2).max(AT_LEAST.as_nanos()) } else { nanos };
        let longer = base.saturating_add(1 + self.draws.below(base));
        self.patience = SimDuration::from_nanos(longer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(millis)
    }

    #[test]
    fn a_process_with_a_message_every_few_seconds_soon_stays_awake() {
        let mut process = Hibernation::new(RandomStream::new(1, "queue", "hibernation"));
        assert_eq!(process.sleeps_at(at(0)), at(1000));
        for n in 1..10 {
            process.work_comes(at((n - 1) * 3000), at(n * 3000));
        }
        assert!(process.patience > SimDuration::from_secs(3), "{:?}", process.patience);
        assert!(process.patience <= SimDuration::from_secs(6), "{:?}", process.patience);
        let before = process.patience;
        process.work_comes(at(0), at(1));
        assert_eq!(process.patience, before, "it had not slept");
        process.work_comes(at(0), at(60_000));
        assert!(process.patience <= before, "a long sleep makes it readier");
    }
}
