//! Emphasis on a terminal. Every meaning is also in the words: without colour nothing is lost.

const RESET: &str = "\u{1b}[0m";

/// The first thing to read.
pub(super) fn strong(text: &str) -> String {
    format!("\u{1b}[1m{text}{RESET}")
}

/// What is as it should be.
pub(super) fn good(text: &str) -> String {
    format!("\u{1b}[32m{text}{RESET}")
}

/// What is broken.
pub(super) fn bad(text: &str) -> String {
    format!("\u{1b}[1;31m{text}{RESET}")
}

/// What is not known.
pub(super) fn doubtful(text: &str) -> String {
    format!("\u{1b}[33m{text}{RESET}")
}
