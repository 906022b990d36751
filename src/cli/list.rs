//! `amqpsim list`: what scenarios can use, a line each, made from the code.

use clap::{Args, ValueEnum};

use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::broker::Profile;
use crate::check::Property;
use crate::measure::CATALOGUE;
use crate::random::law::FAMILIES;
use crate::rules;
use crate::scenario::keys::{Absent, TABLES, TableSpec};
use crate::storage::{PRESETS, preset_differences};

/// What to list.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// What to list; without it, the subjects with how much there is of each
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
    /// Ways of a queue to keep messages on disk, for `[classic-store]` and `[quorum-store]`
    Stores,
    /// Rules of semantics that explanations point to
    Rules,
}

impl Subject {
    /// Its name on the command line and what it holds.
    fn words(self) -> [String; 2] {
        let value = self.to_possible_value().expect("every subject can be given");
        [value.get_name().to_owned(), value.get_help().map(ToString::to_string).unwrap_or_default()]
    }

    /// How many there are, for example `21 in 9 tables`.
    fn count(self) -> String {
        match self {
            Subject::Keys => {
                let keys: usize = TABLES.iter().map(|table| table.keys.len()).sum();
                format!("{keys} in {} tables", TABLES.len())
            }
            _ => self.lines().len().to_string(),
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
            Subject::Distributions => distributions(),
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
                    let about = if **profile == Profile::RABBITMQ_3_10 {
                        "compared with recorded answers of RabbitMQ 3.10.8"
                    } else {
                        "from documentation, release notes and source"
                    };
                    [profile.name.to_owned(), default.to_owned(), about.to_owned()]
                })
                .collect(),
            Subject::Stores => PRESETS
                .iter()
                .map(|(name, about)| [(*name).to_owned(), used_by(name), (*about).to_owned()])
                .collect(),
            Subject::Rules => rules::ALL
                .iter()
                .map(|rule| [rule.id.to_owned(), String::new(), rule.statement.to_owned()])
                .collect(),
        }
    }
}

/// How each kind is written, and what it is.
fn distributions() -> Vec<[String; 3]> {
    let simple = [
        ("\"20ms\"", "always the same"),
        ("{ uniform = [\"10ms\", \"30ms\"] }", "any length between the two, all equally likely"),
        ("{ exponential = \"20ms\" }", "exponential with this mean"),
    ];
    let composed = [
        ("{ empirical = [\"10ms\", \"40ms\"] }", "one of these values, each as likely as any other"),
        (
            "{ mixture = [{ weight = 9, of = \"1ms\" }, { weight = 1, of = { exponential = \"1s\" } }] }",
            "one of these distributions, by weight",
        ),
    ];
    let line = |(written, about): (&str, &str)| [written.to_owned(), String::new(), about.to_owned()];
    let laws = FAMILIES.iter().map(|family| {
        let about = format!("{} Given by {family}.", family.about);
        [family.example.to_owned(), String::new(), about]
    });
    simple.into_iter().map(line).chain(laws).chain(composed.into_iter().map(line)).collect()
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

/// Prints one subject, or which there are.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let lines = match arguments.subject {
        Some(subject) => subject.lines(),
        None => Subject::value_variants().iter().map(|subject| overview(*subject)).collect(),
    };
    terminal.result(&columns(&lines))?;
    match arguments.subject {
        Some(Subject::Profiles) => terminal.result(&format!("\n{}", columns(&differences())))?,
        Some(Subject::Stores) => terminal.result(&format!("\n{}", columns(&store_settings())))?,
        _ => {}
    }
    Ok(Exit::Held)
}

/// The profiles whose classic queues have this store, those of version 2 in brackets.
fn used_by(store: &str) -> String {
    let short = |profile: &Profile| profile.name.trim_start_matches(VENDOR).to_owned();
    let mut names: Vec<String> =
        Profile::ALL.iter().filter(|profile| profile.classic_store == store).map(|p| short(p)).collect();
    let newer = |profile: &&&Profile| profile.classic_store_2 == store && profile.classic_store != store;
    names.extend(Profile::ALL.iter().filter(newer).map(|profile| format!("({})", short(profile))));
    names.join(", ")
}

/// The settings in which stores differ, with the value of each. Columns are headed without what names share.
fn store_settings() -> Vec<[String; 1 + PRESETS.len()]> {
    let row = |first: &str, values: &[String]| {
        let mut cells = [const { String::new() }; 1 + PRESETS.len()];
        first.clone_into(&mut cells[0]);
        cells[1..].iter_mut().zip(values).for_each(|(cell, value)| cell.clone_from(value));
        cells
    };
    let names = PRESETS.map(|(name, _)| name.trim_start_matches(VENDOR).to_owned());
    let mut rows = vec![row("setting", &names)];
    rows.extend(preset_differences().iter().map(|(key, values)| row(key, values)));
    rows
}

/// What names of profiles and stores begin with.
const VENDOR: &str = "rabbitmq-";

/// The rules in which profiles differ, with what holds in each.
fn differences() -> Vec<[String; DIFFERENCE_COLUMNS]> {
    let row = |topic: &str, rule: &str, values: &[String]| {
        let mut cells = [const { String::new() }; DIFFERENCE_COLUMNS];
        let given = [topic, rule].into_iter().chain(values.iter().map(String::as_str));
        cells.iter_mut().zip(given).for_each(|(cell, text)| text.clone_into(cell));
        cells
    };
    let names = Profile::ALL.map(|profile| profile.name.to_owned());
    let mut rows = vec![row("differences", "rule", &names)];
    rows.extend(Profile::differences().iter().map(|found| row(found.topic, found.rule, &found.values)));
    rows
}

/// Topic, rule, and a column for each profile.
const DIFFERENCE_COLUMNS: usize = 2 + Profile::ALL.len();

fn overview(subject: Subject) -> [String; 3] {
    let [name, about] = subject.words();
    [name, subject.count(), about]
}

/// Lines with aligned columns; empty columns are left out.
fn columns<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
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
