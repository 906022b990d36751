//! Exit codes: what a script learns without reading a word.

use std::process::ExitCode;

/// How a command went, from best to worst. A Rust panic exits with 101; it is a bug of ours too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: everything that was checked held.
    Held = 0,
    /// 1: a check was violated, undecided or not exercised: a finding, not a failure of the tool.
    Finding = 1,
    /// 2: the command line or a scenario is wrong.
    Input = 2,
    /// 3: output could not be written.
    Output = 3,
    /// 4: an invariant of the simulator itself is broken.
    Bug = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
