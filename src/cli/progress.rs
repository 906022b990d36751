//! How much is done, on stderr and only if somebody watches.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Columns of the bar.
const BAR: usize = 20;
/// Sooner than this, nobody can tell how long it will take.
const SPEAKS_AFTER: Duration = Duration::from_secs(1);

/// A line that counts what is done and guesses how long the rest takes.
pub(super) struct Progress {
    /// What is counted, for example `runs`.
    of: &'static str,
    visible: bool,
    shown: AtomicUsize,
    began: Instant,
}

impl Progress {
    /// A line that is `visible` or not and counts `of`, for example `runs`.
    #[expect(clippy::disallowed_methods, reason = "somebody waits, and wants to know how long")]
    pub(super) fn new(of: &'static str, visible: bool) -> Progress {
        Progress { of, visible, shown: AtomicUsize::new(0), began: Instant::now() }
    }

    /// Shows that so many are done. May be called from any thread; a count below one that was shown is not shown.
    pub(super) fn show(&self, done: usize, total: usize) {
        if self.visible && total > 1 && self.shown.fetch_max(done, Ordering::Relaxed) < done {
            let line = line(done, total, self.of, self.began.elapsed());
            let _ = write!(std::io::stderr(), "\r{line}\u{1b}[K");
        }
    }
}

/// The line after so much time: `[#####               ] 25 of 100 runs, about 30 s left`.
fn line(done: usize, total: usize, of: &str, elapsed: Duration) -> String {
    let bar = "#".repeat(BAR * done / total.max(1));
    let left = if elapsed >= SPEAKS_AFTER && done < total {
        let seconds = elapsed.as_secs_f64() / done.max(1) as f64 * (total - done) as f64;
        format!(", about {} left", rounded(seconds))
    } else {
        String::new()
    };
    format!("[{bar:BAR$}] {done} of {total} {of}{left}")
}

/// A length of time as one says it.
fn rounded(seconds: f64) -> String {
    match seconds.ceil() as u64 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{} h", seconds.div_ceil(3600)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_much_is_done_and_how_long_the_rest_takes() {
        let after = |seconds| line(25, 100, "runs", Duration::from_secs(seconds));
        assert_eq!(after(10), "[#####               ] 25 of 100 runs, about 30 s left");
        assert_eq!(after(100), "[#####               ] 25 of 100 runs, about 5 min left");
        assert_eq!(after(0), "[#####               ] 25 of 100 runs");
        assert_eq!(line(100, 100, "runs", Duration::from_secs(9)), "[####################] 100 of 100 runs");
    }
}
