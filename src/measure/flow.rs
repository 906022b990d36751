//! How fast messages go through a queue: what its consumers finish a second, without the edges of the run.

use crate::units::SimTime;

/// Longer rounds than this are not kept apart.
const ROUND_MAX: u32 = 4096;
/// A run of fewer rounds says more as a whole.
const ROUNDS_MIN: u64 = 10;
const NANOS_A_SECOND: f64 = 1e9;

/// Instants at which consumers of a queue finished messages, as far as a rate needs them.
///
/// Consumers that wait for credit finish messages in rounds: as many as they may hold, one after another, and then the
/// next round. A rate is exact over whole rounds only, so the first round is kept, and the one rate is taken from that
/// finish of it that lies whole rounds before the last finish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    last: SimTime,
    finished: u64,
    /// Of those that were finished, when the first was published; the end of time before there is one.
    first_published: SimTime,
    last_published: SimTime,
    /// So many finishes are kept, from the first on.
    kept: u32,
    /// How many messages its consumers may hold together; 0: as many as come.
    round: u32,
    /// How many consumers it has; those that always have work finish one message each, and then the next.
    consumers: u32,
    /// The finishes of the first round, at least the first one.
    first: Vec<SimTime>,
}

impl Default for Flow {
    fn default() -> Self {
        Flow {
            last: SimTime::ZERO,
            finished: 0,
            first_published: SimTime::END,
            last_published: SimTime::ZERO,
            kept: 1,
            round: 0,
            consumers: 0,
            first: Vec::new(),
        }
    }
}

impl Flow {
    /// The flow of consumers with these prefetch counts.
    pub fn of_prefetch(counts: impl Iterator<Item = u16> + Clone) -> Flow {
        let consumers = counts.clone().count() as u32;
        let sum = counts.map(u32::from).try_fold(
            0u32,
            |sum, count| {
                if count > 0 { sum.checked_add(count) } else { None }
            },
        );
        let round = sum.filter(|&sum| sum <= ROUND_MAX).unwrap_or(0);
        Flow { kept: round.max(consumers.min(ROUND_MAX)).max(1), round, consumers, ..Flow::default() }
    }

    /// Forgets what was finished so far.
    pub fn restart(&mut self) {
        let Flow { kept, round, consumers, .. } = *self;
        *self = Flow { kept, round, consumers, ..Flow::default() };
    }

    /// A message that was published then has been finished. `now` never goes back.
    #[inline]
    pub fn finish(&mut self, now: SimTime, published: SimTime) {
        if self.finished < u64::from(self.kept) {
            self.first.push(now);
        }
        self.last = now;
        self.finished += 1;
        self.first_published = self.first_published.min(published);
        self.last_published = self.last_published.max(published);
    }

    /// Messages finished a second, from the first finish to the last one; `None` where they are at one instant.
    pub fn rate(&self) -> Option<f64> {
        let last = self.finished.checked_sub(1)?;
        let fits = |round: &u64| *round > 0 && self.finished >= ROUNDS_MIN * round;
        let round = [u64::from(self.round), u64::from(self.consumers)].into_iter().find(fits).unwrap_or(1);
        let before = last % round;
        let from = self.first.get(before as usize)?;
        per_second(last - before, self.last.since(*from).as_nanos())
    }

    /// Messages published a second, of those that were finished, from the first publish to the last one.
    pub fn offered_rate(&self) -> Option<f64> {
        let gaps = self.finished.checked_sub(1)?;
        per_second(gaps, self.last_published.since(self.first_published).as_nanos())
    }
}

fn per_second(count: u64, nanos: u64) -> Option<f64> {
    (nanos > 0).then(|| count as f64 / (nanos as f64 / NANOS_A_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(prefetch: &[u16], finishes: impl Iterator<Item = u64>) -> Flow {
        let mut flow = Flow::of_prefetch(prefetch.iter().copied());
        finishes.for_each(|second| flow.finish(SimTime::from_nanos(second * 1_000_000_000), SimTime::ZERO));
        flow
    }

    /// Three messages, one a second, in rounds of ten seconds: 0.3 a second, wherever the run ends.
    #[test]
    fn a_rate_is_that_of_whole_rounds() {
        for n in 30..40 {
            let rounds = flow(&[1, 2], (0..n).map(|k| k / 3 * 10 + k % 3));
            assert_eq!(rounds.rate(), Some(0.3), "{n} finishes");
        }
    }

    #[test]
    fn a_short_run_counts_as_a_whole() {
        assert_eq!(flow(&[100], [0, 1, 2, 8].into_iter()).rate(), Some(0.375));
        assert_eq!(flow(&[0, 5], [0, 1, 2, 8].into_iter()).rate(), Some(0.375));
        // Two consumers with work all the time: two messages a second, and the last one alone.
        assert_eq!(flow(&[0, 0], (0..21).map(|k| k / 2)).rate(), Some(2.0));
        assert_eq!(flow(&[1], [7].into_iter()).rate(), None);
        assert_eq!(Flow::default().rate(), None);
    }
}
