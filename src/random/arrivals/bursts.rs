//! Arrivals in bursts: gaps that only go by while a burst lasts.

use crate::random::{Distribution, RandomStream};
use crate::units::{SimDuration, SimTime};

/// Bursts with pauses between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bursts {
    /// From one arrival to the next, pauses not counted.
    pub gap: Distribution,
    /// How long a burst lasts; not always 0.
    pub on: Distribution,
    /// How long the pause after it.
    pub off: Distribution,
}

/// After so many bursts without an arrival nobody waits for one.
const BURSTS_MAX: u32 = 10_000_000;

#[derive(Clone, Debug)]
pub(super) struct BurstClock {
    spec: Bursts,
    gaps: RandomStream,
    lengths: RandomStream,
    pauses: RandomStream,
    /// The present burst, or the next one.
    begin: SimTime,
    end: SimTime,
}

impl BurstClock {
    pub(super) fn new(spec: &Bursts, seed: u64, entity: &str, start: SimTime) -> Self {
        let stream = |purpose| RandomStream::new(seed, entity, purpose);
        let mut clock = BurstClock {
            spec: spec.clone(),
            gaps: stream("arrivals"),
            lengths: stream("bursts"),
            pauses: stream("pauses"),
            begin: start,
            end: start,
        };
        clock.begin_at(start);
        clock
    }

    fn begin_at(&mut self, begin: SimTime) {
        self.begin = begin;
        self.end = begin + self.spec.on.sample(self.lengths.draw());
    }

    fn next_burst(&mut self) {
        let pause = self.spec.off.sample(self.pauses.draw());
        self.begin_at(self.end + pause);
    }

    /// The arrival after the one at `now`.
    pub(super) fn after(&mut self, now: SimTime) -> SimTime {
        let mut gap = self.spec.gap.sample(self.gaps.draw()).as_nanos();
        let mut now = now;
        for _ in 0..BURSTS_MAX {
            if now < self.end {
                now = now.max(self.begin);
                let left = self.end.since(now).as_nanos();
                if gap < left {
                    return now + SimDuration::from_nanos(gap);
                }
                gap -= left;
            }
            if self.end == SimTime::END {
                break;
            }
            self.next_burst();
        }
        SimTime::END
    }
}
