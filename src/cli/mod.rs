//! The command line: arguments, dispatch and exit codes, one file a subcommand. The only room that knows files, streams and
//! the outside world. Knows no semantics: what is said about a run comes from `report`.

mod advise;
mod check;
mod compare;
mod conform;
mod crash_points;
mod crash_target;
mod durability;
mod exit;
mod experiment;
mod explain;
mod failure;
mod input;
mod list;
mod options;
mod progress;
mod report_files;
mod run;
mod selection;
mod sweep;
mod terminal;

pub use exit::Exit;

use clap::{Parser, Subcommand};

use failure::Failure;
use terminal::{Colour, Terminal};

/// A deterministic discrete-event simulator of AMQP 0-9-1 broker semantics, RabbitMQ's.
#[derive(Debug, Parser)]
#[command(name = "amqpsim", version, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Prints results and errors only
    #[arg(long, global = true)]
    quiet: bool,
    /// When to use colour; `auto` uses it on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    colour: Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios and reports what came of them
    Run(run::Arguments),
    /// Looks for mistakes in scenarios and runs nothing
    Check(check::Arguments),
    /// Compares the variants of a scenario under common random numbers
    Compare(compare::Arguments),
    /// Tells one replication step by step, with the rule behind each step
    Explain(explain::Arguments),
    /// Crashes the broker after every event of a run and reports what would be lost
    CrashPoints(crash_points::Arguments),
    /// Runs a scenario at every combination of some values
    Sweep(sweep::Arguments),
    /// Finds the smallest prefetch count that is as good as any
    Advise(advise::Arguments),
    /// Prints what each crash takes, by queue, message, confirms, acknowledgement and store
    Durability(durability::Arguments),
    /// Plays conversations recorded from a real broker and compares the answers
    Conform(conform::Arguments),
    /// Lists what scenarios can use
    List(list::Arguments),
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim run scenarios/fair-dispatch.toml
  amqpsim compare scenarios/fair-dispatch.toml --replications 30
  amqpsim explain scenarios/fair-dispatch.toml --message 7
  amqpsim crash-points scenarios/durability.toml --kind process-crash
  amqpsim sweep scenarios/fair-dispatch.toml --vary 'consumer.*.prefetch-count=1,2,5,10,50'
  amqpsim advise scenarios/fair-dispatch.toml
  amqpsim durability --crash power-loss
  amqpsim conform tests/conformance/*.json
  amqpsim list checks

Exit codes:
  0  everything that was checked held
  1  a check was violated, undecided or not exercised
  2  the command line or a scenario is wrong
  3  output could not be written
  4  the simulator itself has a bug";

/// Does what the command line says and tells how it went.
pub fn main() -> Exit {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are results too; whoever closed the pipe does not want them.
            let _ = error.print();
            return if error.use_stderr() { Exit::Input } else { Exit::Held };
        }
    };
    let mut terminal = Terminal::new(arguments.colour, arguments.quiet);
    let done = match &arguments.command {
        Command::Run(arguments) => run::execute(arguments, &mut terminal),
        Command::Check(arguments) => check::execute(arguments, &mut terminal),
        Command::Compare(arguments) => compare::execute(arguments, &mut terminal),
        Command::Explain(arguments) => explain::execute(arguments, &mut terminal),
        Command::CrashPoints(arguments) => crash_points::execute(arguments, &mut terminal),
        Command::Sweep(arguments) => sweep::execute(arguments, &mut terminal),
        Command::Advise(arguments) => advise::execute(arguments, &mut terminal),
        Command::Durability(arguments) => durability::execute(arguments, &mut terminal),
        Command::Conform(arguments) => conform::execute(arguments, &mut terminal),
        Command::List(arguments) => list::execute(arguments, &mut terminal),
    };
    match done.and_then(|exit| terminal.flush().map(|()| exit)) {
        Ok(exit) => exit,
        Err(failure) => {
            terminal.error(&failure.to_string());
            failure.exit()
        }
    }
}
