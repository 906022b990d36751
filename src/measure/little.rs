//! Little's law for the ready messages of a queue, as an identity of whole numbers: the level over time is the sum of the times
//! that messages waited. It holds in every run, steady or not; where it does not, the simulator is wrong.

/// So many messages, and for how many nanoseconds they waited together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// How many.
    pub n: u64,
    /// Sum of their times, exact.
    pub nanos: u128,
}

impl Waits {
    /// Adds one message.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        self.n += 1;
        self.nanos += u128::from(nanos);
    }

    /// The mean time, or `None` without a message.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.nanos as f64 / self.n as f64)
    }
}

/// What is known of a queue from the instant at which it is first looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LittlesLaw {
    /// Ready messages times nanoseconds.
    pub level: u128,
    /// Copies that entered.
    pub entered: u64,
    /// Those handed out for the first time, whole waits.
    pub handed_out: Waits,
    /// Those that were there at the beginning, up to then.
    pub before: Waits,
    /// Those that are there at the end, up to then.
    pub left: Waits,
}

impl LittlesLaw {
    /// Whether the level is what the waits say: Σ level · time = Σ waits. `None` where a copy came back, was lost or left
    /// in another way, so that its wait is not known.
    pub fn holds(&self) -> Option<bool> {
        let all_known = self.entered + self.before.n == self.handed_out.n + self.left.n;
        all_known.then(|| self.level + self.before.nanos == self.handed_out.nanos + self.left.nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(times: &[u64]) -> Waits {
        let mut waits = Waits::default();
        for &time in times {
            waits.add(time);
        }
        waits
    }

    /// One waits from 0 to 4, one from 1 to 3, one from 2 on; at 5 the levels 1, 2, 3, 2, 1 have been there.
    #[test]
    fn the_level_is_the_sum_of_the_waits() {
        let law = LittlesLaw {
            level: 9,
            entered: 3,
            handed_out: waits(&[4, 2]),
            left: waits(&[3]),
            ..LittlesLaw::default()
        };
        assert_eq!(law.holds(), Some(true));
        assert_eq!(LittlesLaw { level: 8, ..law }.holds(), Some(false));
        assert_eq!(LittlesLaw { entered: 4, ..law }.holds(), None);
        // Seen from 2 on, when two were there for 2 and 1.
        let later = LittlesLaw { level: 6, entered: 1, before: waits(&[2, 1]), ..law };
        assert_eq!(later.holds(), Some(true));
        assert_eq!(law.handed_out.mean(), Some(3.0));
    }
}
