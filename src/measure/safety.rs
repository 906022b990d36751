//! How long the copies of a queue were unsafe, and how many never were safe. Only of queues with a store.

use crate::stats::Histogram;

/// What became of the copies that a queue was to keep. Dead letters are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Copies that it was to keep.
    pub kept: u64,
    /// Time from publish until a copy would have survived a crash of the broker's process, in nanoseconds.
    pub until_written: Histogram,
    /// Time from publish until a copy would have survived a power failure, in nanoseconds.
    pub until_stable: Histogram,
    /// Time from the confirm, as the broker sent it, until the copy would have survived a power failure, in nanoseconds; 0
    /// where it did so before. Only of publishes in confirm mode.
    pub confirmed_until_stable: Histogram,
    /// Copies that were there when the run ended and would not have survived a crash of the broker's process.
    pub unwritten_at_end: u64,
    /// Copies that were there when the run ended and would not have survived a power failure.
    pub unstable_at_end: u64,
    /// Those of them that were confirmed.
    pub confirmed_unstable_at_end: u64,
}

impl Safety {
    /// Copies that were gone before they would have survived a power failure: acknowledged, dropped or lost.
    pub fn gone_before_stable(&self) -> u64 {
        self.kept.saturating_sub(self.until_stable.count() + self.unstable_at_end)
    }
}
