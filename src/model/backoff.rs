//! How long somebody waits before it tries again, and how often it tries: clients that connect, producers that publish
//! again. Knows not what is tried.

use crate::random::RandomStream;
use crate::units::SimDuration;

/// How a wait depends on the attempts that have failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackoffKind {
    /// It does not.
    #[default]
    Fixed,
    /// It doubles with each of them.
    Exponential,
    /// It lies anywhere between nothing and the exponential one, so that many clients do not come back at one instant.
    FullJitter,
}

impl BackoffKind {
    /// All kinds, in the order of the words of a scenario's key.
    pub const ALL: [BackoffKind; 3] = [BackoffKind::Fixed, BackoffKind::Exponential, BackoffKind::FullJitter];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            BackoffKind::Fixed => "fixed",
            BackoffKind::Exponential => "exponential",
            BackoffKind::FullJitter => "full-jitter",
        }
    }
}

/// Waits between attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackoffSpec {
    /// How they grow.
    pub kind: BackoffKind,
    /// The first one, or what it is at most.
    pub delay: SimDuration,
    /// No wait that grows is longer.
    pub delay_max: SimDuration,
    /// How many attempts there are; 0: no bound.
    pub attempts_max: u32,
}

impl BackoffSpec {
    /// Waits of one length, for ever.
    pub const fn fixed(delay: SimDuration) -> Self {
        BackoffSpec { kind: BackoffKind::Fixed, delay, delay_max: SimDuration::MAX, attempts_max: 0 }
    }

    /// Whether no attempt is left after so many.
    pub(super) fn is_exhausted(&self, attempts: u32) -> bool {
        self.attempts_max > 0 && attempts >= self.attempts_max
    }

    /// The longest wait after `failed` attempts.
    fn bound(&self, failed: u32) -> SimDuration {
        let doubled = 1u64.checked_shl(failed).and_then(|factor| self.delay.as_nanos().checked_mul(factor));
        doubled.map_or(self.delay_max, |nanos| SimDuration::from_nanos(nanos).min(self.delay_max))
    }

    /// How long to wait after `failed` attempts. Draws from `stream` only where the wait is random.
    pub(super) fn wait(&self, failed: u32, stream: &mut RandomStream) -> SimDuration {
        match self.kind {
            BackoffKind::Fixed => self.delay,
            BackoffKind::Exponential => self.bound(failed),
            BackoffKind::FullJitter => {
                let lengths = self.bound(failed).as_nanos().saturating_add(1);
                SimDuration::from_nanos(stream.below(lengths))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(length: u64) -> SimDuration {
        SimDuration::from_millis(length)
    }

    fn waits(kind: BackoffKind, attempts: std::ops::Range<u32>) -> Vec<SimDuration> {
        let backoff = BackoffSpec { kind, delay: millis(100), delay_max: millis(1000), attempts_max: 0 };
        let mut stream = RandomStream::new(1, "app", "reconnect");
        attempts.map(|failed| backoff.wait(failed, &mut stream)).collect()
    }

    #[test]
    fn a_fixed_wait_stays_and_an_exponential_one_doubles_up_to_its_bound() {
        assert_eq!(waits(BackoffKind::Fixed, 0..3), [millis(100); 3]);
        assert_eq!(waits(BackoffKind::Exponential, 0..6), [100, 200, 400, 800, 1000, 1000].map(millis));
        assert_eq!(waits(BackoffKind::Exponential, 60..70), [millis(1000); 10], "nothing overflows");
    }

    #[test]
    fn a_jitter_lies_anywhere_below_the_exponential_wait() {
        let mut all = waits(BackoffKind::FullJitter, 0..1);
        all.extend(waits(BackoffKind::FullJitter, 3..2003).into_iter().skip(1));
        assert!(all[0] <= millis(100));
        let (low, high) = (all[1..].iter().min(), all[1..].iter().max());
        assert!(low < Some(&millis(10)) && high > Some(&millis(990)) && high <= Some(&millis(1000)));
    }

    #[test]
    fn attempts_end_where_they_are_bounded() {
        let backoff = BackoffSpec { attempts_max: 3, ..BackoffSpec::fixed(millis(1)) };
        assert_eq!([2, 3, 4].map(|attempts| backoff.is_exhausted(attempts)), [false, true, true]);
        assert!(!BackoffSpec::fixed(millis(1)).is_exhausted(u32::MAX));
    }

    #[test]
    fn waits_at_the_end_of_time_are_drawn_too() {
        let backoff = BackoffSpec {
            kind: BackoffKind::FullJitter,
            delay: SimDuration::MAX,
            delay_max: SimDuration::MAX,
            attempts_max: 0,
        };
        assert!(backoff.wait(5, &mut RandomStream::new(1, "app", "reconnect")) <= SimDuration::MAX);
    }
}
