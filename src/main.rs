//! The command line of amqpsim.

use std::process::ExitCode;

fn main() -> ExitCode {
    amqpsim::cli::main().into()
}
