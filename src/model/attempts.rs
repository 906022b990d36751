//! What is known of one message: how often it was published, and how many copies of it were lost and where.

/// Where a copy was: the place of the queue that a publish brought it to, or [`LETTERS`].
pub(super) type Branch = u32;

/// All queues that dead letters come to. A publish goes to all of its queues side by side, and a letter from one to the next:
/// what those lose adds to what any of the others loses.
pub(super) const LETTERS: Branch = u32::MAX;

/// The publishes of one message, and what was lost of them.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    pub(super) publishes: u32,
    /// Those that were lost before a queue had them.
    lost_before: u32,
    /// Those that no queue was to get.
    pub(super) unroutable: u32,
    /// Copies that were lost, less those that came back, where there was one or the other.
    lost_in: Vec<(Branch, i32)>,
    /// A copy came back that was not acknowledged: the message goes its way once more.
    pub(super) goes_again: bool,
}

impl Attempts {
    /// Of a message that was published once, and may have lost a copy.
    pub(super) fn first(lost: Option<Branch>) -> Self {
        let lost_in = lost.map(|branch| (branch, 1)).into_iter().collect();
        Attempts { publishes: 1, lost_before: 0, unroutable: 0, lost_in, goes_again: false }
    }

    pub(super) fn lose(&mut self, at: Option<Branch>) {
        match at {
            Some(branch) => self.count_lost(branch, 1),
            None => self.lost_before += 1,
        }
    }

    pub(super) fn count_lost(&mut self, branch: Branch, more: i32) {
        match self.lost_in.iter_mut().find(|(one, _)| *one == branch) {
            Some((_, times)) => *times += more,
            None => self.lost_in.push((branch, more)),
        }
    }

    /// How many copies were lost on the way that lost the most.
    pub(super) fn lost_in_one(&self) -> i64 {
        let of = |letters: bool| {
            let all = self.lost_in.iter().filter(move |(branch, _)| (*branch == LETTERS) == letters);
            all.map(|(_, times)| i64::from(*times)).max().unwrap_or(0)
        };
        of(false) + of(true)
    }

    /// How many of its publishes have reached every queue, or may still; one that came back is there twice.
    pub(super) fn left(&self) -> u32 {
        let there = i64::from(self.publishes) - i64::from(self.lost_before) - i64::from(self.unroutable);
        u32::try_from((there - self.lost_in_one()).max(0)).unwrap_or(u32::MAX)
    }

    /// Whether some queue has nothing of it: each publish was lost on the way there, or in it. Where one that came so far found
    /// that there is no queue for it, only a queue that had one can have lost it.
    pub(super) fn is_lost(&self) -> bool {
        self.left() == 0 && (self.unroutable == 0 || self.lost_in_one() > 0)
    }

    /// Publishes beside the one that is needed.
    pub(super) fn surplus(&self) -> u32 {
        self.left().min(self.publishes).saturating_sub(1)
    }
}

/// Where each message lost a copy, if it lost one so far: a byte for each.
#[derive(Clone, Debug, Default)]
pub(super) struct FirstLosses(Vec<u8>);

impl FirstLosses {
    const LETTERS: u8 = u8::MAX;

    /// Whether there was room to note it.
    pub(super) fn note(&mut self, number: u32, branch: Branch) -> bool {
        let code = match branch {
            LETTERS => Self::LETTERS,
            place => match u8::try_from(place) {
                Ok(place) if place < Self::LETTERS - 1 => place + 1,
                _ => return false,
            },
        };
        let place = number as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] = code;
        true
    }

    pub(super) fn take(&mut self, number: u32) -> Option<Branch> {
        match std::mem::take(self.0.get_mut(number as usize)?) {
            0 => None,
            Self::LETTERS => Some(LETTERS),
            code => Some(u32::from(code - 1)),
        }
    }
}
