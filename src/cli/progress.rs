//! How much is done, on stderr and only if somebody watches.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A line that counts what is done.
pub(super) struct Progress {
    /// What is counted, for example `runs`.
    of: &'static str,
    visible: bool,
    shown: AtomicUsize,
}

impl Progress {
    /// A line that is `visible` or not and counts `of`, for example `runs`.
    pub(super) fn new(of: &'static str, visible: bool) -> Progress {
        Progress { of, visible, shown: AtomicUsize::new(0) }
    }

    /// Shows that so many are done. May be called from any thread; a count below one that was shown is not shown.
    pub(super) fn show(&self, done: usize, total: usize) {
        if self.visible && total > 1 && self.shown.fetch_max(done, Ordering::Relaxed) < done {
            let _ = write!(std::io::stderr(), "\r{done} of {total} {}", self.of);
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
