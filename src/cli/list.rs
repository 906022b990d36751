//! `amqpsim list`: what scenarios can use, a line each, made from the code.

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::broker::Profile;
use crate::check::Property;
use crate::measure::CATALOGUE;
use crate::random::Distribution;
use crate::rules;
use crate::scenario::keys::{Absent, TABLES, TableSpec};
use crate::units::SimDuration;

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
    /// Tables and keys of a scenario file
    Keys,
    /// Disturbances that a scenario can plan
    Faults,
    /// Distributions of lengths of time
    Distributions,
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
            Subject::Keys => "keys",
            Subject::Faults => "faults",
            Subject::Distributions => "distributions",
            Subject::Checks => "checks",
            Subject::Measures => "measures",
            Subject::Profiles => "profiles",
            Subject::Rules => "rules",
        }
    }

    /// A line for each, as columns: what to write, what it is, what it says.
    fn lines(self) -> Vec<[String; 3]> {
        match self {
            Subject::Keys => TABLES.iter().flat_map(keys).collect(),
            Subject::Faults => TABLES
                .iter()
                .filter(|table| table.name.starts_with("fault."))
                .map(|table| [table.header(), String::new(), table.about.to_owned()])
                .collect(),
            Subject::Distributions => DISTRIBUTIONS.iter().map(distribution).collect(),
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

/// One of each kind, with lengths to show.
const DISTRIBUTIONS: [Distribution; 3] = [
    Distribution::Constant(SimDuration::from_millis(20)),
    Distribution::Uniform(SimDuration::from_millis(10), SimDuration::from_millis(30)),
    Distribution::Exponential(SimDuration::from_millis(20)),
];

/// How it is written, and what it is in words.
fn distribution(distribution: &Distribution) -> [String; 3] {
    let written = match distribution {
        Distribution::Constant(length) => format!("\"{length}\""),
        Distribution::Uniform(low, high) => format!("{{ uniform = [\"{low}\", \"{high}\"] }}"),
        Distribution::Exponential(mean) => format!("{{ exponential = \"{mean}\" }}"),
    };
    [written, String::new(), distribution.to_string()]
}

/// The keys of a table, the table itself first.
fn keys(table: &'static TableSpec) -> Vec<[String; 3]> {
    let mut lines = vec![[table.header(), String::new(), table.about.to_owned()]];
    lines.extend(table.keys.iter().map(|key| {
        let absent = match key.absent {
            Absent::Required => "required".to_owned(),
            Absent::Means(words) => format!("absent: {words}"),
            Absent::Default(value) => format!("absent: {value}"),
        };
        [format!("  {}", key.name), format!("{}; {absent}", key.kind.words()), key.about.to_owned()]
    }));
    lines
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
