//! `amqpsim list`: what scenarios can use, a line each, made from the code.

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::broker::Profile;
use crate::check::Property;
use crate::measure::CATALOGUE;
use crate::rules;

/// What to list.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// What to list; without it, everything
    #[arg(value_enum)]
    subject: Option<Subject>,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Properties for `[[check]]`
    Checks,
    /// Numbers for `[[check]]` and reports, with scope and unit
    Measures,
    /// Versions of RabbitMQ that the broker can behave as
    Profiles,
    /// Rules of semantics that explanations point to
    Rules,
}

impl Subject {
    const fn title(self) -> &'static str {
        match self {
            Subject::Checks => "checks",
            Subject::Measures => "measures",
            Subject::Profiles => "profiles",
            Subject::Rules => "rules",
        }
    }

    /// A line for each, as columns: what to write, what it is, what it says.
    fn lines(self) -> Vec<[String; 3]> {
        match self {
            Subject::Checks => Property::ALL
                .iter()
                .map(|property| [property.name().to_owned(), String::new(), property.statement().to_owned()])
                .collect(),
            Subject::Measures => CATALOGUE
                .iter()
                .map(|measure| {
                    let kind = format!("{}, {}", measure.scope.name(), measure.unit.name());
                    [measure.name.to_owned(), kind, measure.about.to_owned()]
                })
                .collect(),
            Subject::Profiles => Profile::ALL
                .iter()
                .map(|profile| {
                    let default = if **profile == Profile::default() { "default" } else { "" };
                    [profile.name.to_owned(), default.to_owned(), String::new()]
                })
                .collect(),
            Subject::Rules => rules::ALL
                .iter()
                .map(|rule| [rule.id.to_owned(), String::new(), rule.statement.to_owned()])
                .collect(),
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  amqpsim list
  amqpsim list measures";

/// Prints one subject, or all with a title each.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    if let Some(subject) = arguments.subject {
        terminal.result(&columns(&subject.lines()))?;
        return Ok(Exit::Held);
    }
    for (k, subject) in Subject::value_variants().iter().enumerate() {
        let blank = if k > 0 { "\n" } else { "" };
        terminal.result(&format!("{blank}{}\n{}", subject.title(), columns(&subject.lines())))?;
    }
    Ok(Exit::Held)
}

/// Lines with aligned columns; empty columns are left out.
fn columns(lines: &[[String; 3]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for line in lines {
        let cells: Vec<String> = line
            .iter()
            .zip(widths)
            .filter(|(_, width)| *width > 0)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(format!("  {}", cells.join("  ")).trim_end());
        text.push('\n');
    }
    text
}
