//! How many runs are done, on stderr and only if somebody watches.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A line that counts runs.
pub(super) struct Progress {
    visible: bool,
    shown: AtomicUsize,
}

impl Progress {
    /// A line that is `visible` or not.
    pub(super) fn new(visible: bool) -> Progress {
        Progress { visible, shown: AtomicUsize::new(0) }
    }

    /// Shows that so many runs are done. May be called from any thread; a count below one that was shown is not shown.
    pub(super) fn show(&self, done: usize, total: usize) {
        if self.visible && total > 1 && self.shown.fetch_max(done, Ordering::Relaxed) < done {
            let _ = write!(std::io::stderr(), "\r{done} of {total} runs");
        }
    }
}

/// The line goes when the work is over.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.visible && self.shown.load(Ordering::Relaxed) > 0 {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
