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
/// next round. A rate is exact over whole rounds only. Of a run that ends within one, the part that is left over is taken off
/// with the length that it has in the mean of all rounds: so every finish counts, whatever the prefetch counts are, and rates
/// with different ones can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    first: SimTime,
    last: SimTime,
    finished: u64,
    /// Of those that were finished, when the first was published; the end of time before there is one.
    first_published: SimTime,
    last_published: SimTime,
    /// How many messages its consumers may hold together, or how many consumers there are if that is without a bound: those
    /// that always have work finish one message each, and then the next. At least 1.
    round: u32,
    /// How many consumers it has.
    consumers: u32,
    /// The place of the next finish in its round.
    place: u32,
    /// For each place in a round, the sum of the finishes there, in nanoseconds modulo 2^64. Differences are what counts, and
    /// they are no longer than the run.
    sums: Vec<u64>,
}

impl Default for Flow {
    fn default() -> Self {
        Flow {
            first: SimTime::ZERO,
            last: SimTime::ZERO,
            finished: 0,
            first_published: SimTime::END,
            last_published: SimTime::ZERO,
            round: 1,
            consumers: 1,
            place: 0,
            sums: Vec::new(),
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
        let fits = |round: &u32| (1..=ROUND_MAX).contains(round);
        let round = sum.filter(fits).or(Some(consumers).filter(fits)).unwrap_or(1);
        Flow { round, consumers: consumers.max(1), ..Flow::default() }
    }

    /// Forgets what was finished so far.
    pub fn restart(&mut self) {
        let Flow { round, consumers, .. } = *self;
        *self = Flow { round, consumers, ..Flow::default() };
    }

    /// A message that was published then has been finished. `now` never goes back.
    #[inline]
    pub fn finish(&mut self, now: SimTime, published: SimTime) {
        if self.finished == 0 {
            self.first = now;
        }
        match self.sums.get_mut(self.place as usize) {
            Some(sum) => *sum = sum.wrapping_add(now.as_nanos()),
            None => self.sums.push(now.as_nanos()),
        }
        self.place += 1;
        if self.place == self.round {
            self.place = 0;
        }
        self.last = now;
        self.finished += 1;
        self.first_published = self.first_published.min(published);
        self.last_published = self.last_published.max(published);
    }

    /// Messages finished a second, from the first finish to the last one; `None` where they are at one instant.
    pub fn rate(&self) -> Option<f64> {
        let last = self.finished.checked_sub(1)?;
        // A round of all prefetch counts is made of rounds of one message for each consumer, if those are alike.
        let fits = |round: &u32| {
            self.round.is_multiple_of(*round) && self.finished >= ROUNDS_MIN * u64::from(*round)
        };
        let round = [self.round, self.consumers].into_iter().find(fits).unwrap_or(1);
        let (rounds, left_over) = (last / u64::from(round), last % u64::from(round));
        let at = |place: u64| {
            let places = self.sums.iter().skip(place as usize).step_by(round as usize);
            places.fold(0u64, |sum, more| sum.wrapping_add(*more))
        };
        // Both places have been met in each round, the last one included.
        let left_over = at(left_over).wrapping_sub(at(0)) as f64 / (rounds + 1) as f64;
        let nanos = self.last.since(self.first).as_nanos() as f64 - left_over;
        (nanos > 0.0).then(|| (rounds * u64::from(round)) as f64 / (nanos / NANOS_A_SECOND))
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

    /// Consumers that start slowly finish the same messages at the same instants, whatever they may hold: nothing is left out.
    #[test]
    fn prefetch_counts_do_not_decide_which_finishes_count() {
        let finishes = || (0..1000u64).map(|k| k + 9 * k.min(40));
        let whole = flow(&[1], finishes()).rate().unwrap();
        assert!((whole / (999.0 / 1359.0) - 1.0).abs() < 1e-12, "{whole}");
        for prefetch in [2, 7, 24, 48, 64, 99] {
            let rate = flow(&[prefetch], finishes()).rate().unwrap();
            assert!((rate / whole - 1.0).abs() < 0.02, "{prefetch}: {rate} against {whole}");
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
