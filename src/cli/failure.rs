//! Why a command could not be carried out, and what that means for its exit code.

use std::fmt;
use std::io;

use super::Exit;
use crate::experiment::SimulatorBug;

/// Why a command stopped.
#[derive(Debug)]
pub(super) enum Failure {
    /// The command line or a scenario is wrong; the whole message, which may have several lines.
    Input(String),
    /// Something could not be written: what, and why.
    Output(String, io::Error),
    /// Whoever read the output has enough: a quiet success.
    BrokenPipe,
    /// The simulator has a bug.
    Bug(SimulatorBug),
}

impl Failure {
    /// One wrong thing, with something to type if there is something.
    pub(super) fn input(id: &str, message: &str, help: Option<&str>) -> Failure {
        let help = help.map(|help| format!("\n  = help: {help}")).unwrap_or_default();
        Failure::Input(format!("error[{id}]: {message}{help}"))
    }

    /// `what` could not be written.
    pub(super) fn output(what: &str, error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::BrokenPipe
        } else {
            Failure::Output(what.to_owned(), error)
        }
    }

    /// The exit code that says it.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Failure::Input(_) => Exit::Input,
            Failure::Output(..) => Exit::Output,
            Failure::BrokenPipe => Exit::Held,
            Failure::Bug(_) => Exit::Bug,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Input(message) => f.write_str(message),
            Failure::Output(what, error) => {
                write!(f, "error[cannot-write]: cannot write {what}: {}", reason(error))
            }
            Failure::BrokenPipe => Ok(()),
            Failure::Bug(bug) => bug.fmt(f),
        }
    }
}

/// Why reading or writing failed, in words that do not depend on the platform where they are common.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is not a directory".to_owned(),
        io::ErrorKind::StorageFull => "no space left".to_owned(),
        _ => error.to_string(),
    }
}
