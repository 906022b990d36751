//! The two streams: results go to stdout, everything else to stderr. Colour is taken out here where it is not wanted.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;

use super::Failure;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where output goes.
pub(super) struct Terminal {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    quiet: bool,
    shows_progress: bool,
}

impl Terminal {
    /// The streams of this process.
    pub(super) fn new(colour: Colour, quiet: bool) -> Terminal {
        let choice = match colour {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        };
        Terminal {
            out: Box::new(AutoStream::new(io::stdout(), choice)),
            err: Box::new(AutoStream::new(io::stderr(), choice)),
            quiet,
            shows_progress: !quiet && io::stderr().is_terminal(),
        }
    }

    /// Writes a part of the result to stdout.
    pub(super) fn result(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(|error| Failure::output("to standard output", error))
    }

    /// Writes a line to stderr, unless the command is to be quiet.
    pub(super) fn note(&mut self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// Writes a line to stderr. If that fails, there is nobody left to tell.
    pub(super) fn error(&mut self, text: &str) {
        let text = text.trim_end();
        if !text.is_empty() {
            let _ = writeln!(self.err, "{text}");
        }
    }

    /// Whether somebody watches stderr.
    pub(super) fn shows_progress(&self) -> bool {
        self.shows_progress
    }

    /// Makes sure that everything has been written.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::output("to standard output", error))
    }
}
