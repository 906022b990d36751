//! The tables and keys of a scenario file, as data. The reader reads no key that is not here; diagnostics, suggestions,
//! `amqpsim list keys` and the documentation come from it too. Knows no value.

mod clients;
mod experiment;
mod faults;
mod operator;
mod producer;
mod scripts;
mod storage;
mod tables;
mod topology;

pub(super) use scripts::METHODS;
pub use tables::TABLES;

use std::fmt;

/// A table of the file format.
#[derive(Debug)]
pub struct TableSpec {
    /// Its name in addresses and brackets: `queue`, `fault.consumer-crash`.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// What one of it is called in messages, with its article: `a queue`.
    pub noun: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// Its keys, in the order of the documentation.
    pub keys: &'static [KeySpec],
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The keys at the head of the file.
    Top,
    /// `[name]`, at most once.
    Single,
    /// `[[name]]`, once for each.
    List,
    /// `{ … }` in a list that is the value of a key.
    Inline,
}

/// A key of a table.
#[derive(Debug)]
pub struct KeySpec {
    /// The key as it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What holds where the key is absent.
    pub absent: Absent,
    /// What it says, in one sentence.
    pub about: &'static str,
    /// A value as it is written in a file.
    pub example: &'static str,
}

/// What holds where a key is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// An error.
    Required,
    /// This, in words.
    Means(&'static str),
    /// The same as this value, as it is written in a file.
    Default(&'static str),
}

/// For lists of keys: `required`, the words, or the value.
impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Absent::Required => "required",
            Absent::Means(text) | Absent::Default(text) => text,
        })
    }
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A name of 1 to 255 bytes.
    Name,
    /// A text of any length.
    Text,
    /// A text of 0 to 255 bytes, as AMQP's short strings.
    ShortText,
    /// Texts of 0 to 255 bytes, at least one.
    ShortTexts,
    /// True or false.
    Boolean,
    /// An integer from the first to the second, both included.
    Integer(u64, u64),
    /// A decimal number with up to three decimals, from 0.001 to 1000.
    Factor,
    /// A decimal number with up to three decimals, from 0 to 10.
    Exponent,
    /// A decimal number with up to nine decimals, from 0 to 1.
    Probability,
    /// A length of time.
    Duration,
    /// A length of time, or the word `off`.
    DurationOrOff,
    /// How often something happens.
    Rate,
    /// How often something happens, or that from instants on.
    Rates,
    /// Lengths of bursts and of the pauses between them.
    Bursts,
    /// Arrivals that were recorded.
    Recorded,
    /// A length of time, or the word `auto`.
    DurationOrAuto,
    /// When a client is there.
    Schedule,
    /// A number of bytes.
    Size,
    /// A distribution of lengths of time.
    Distribution,
    /// A distribution of sizes.
    SizeDistribution,
    /// A distribution of sizes for each message class.
    SizeDistributionByClass,
    /// Texts of 0 to 255 bytes, or a pattern with their number.
    RoutingKeys,
    /// A distribution for each message class.
    DistributionByClass,
    /// One of some words for each message class.
    ChoiceByClass(&'static ChoiceSpec),
    /// One of some words.
    Choice(&'static ChoiceSpec),
    /// A field table of AMQP.
    Arguments,
    /// What a fault waits for.
    Condition,
    /// What a client declares.
    Declarations,
    /// What messages are like.
    Messages,
    /// What a client sends.
    Steps,
    /// What a user may do.
    Permissions,
    /// The tag of a delivery, or `last`.
    DeliveryTag,
    /// The name of a measure.
    Measure,
    /// A number, or a length of time, in the unit of the measure beside it.
    Bound,
    /// Addresses with values.
    Settings,
}

/// Words to choose from.
#[derive(Debug)]
pub struct ChoiceSpec {
    /// What one of them is called.
    pub noun: &'static str,
    /// The id of the diagnostic for any other word.
    pub id: &'static str,
    /// The words, in the order of the documentation.
    pub words: fn() -> Vec<&'static str>,
}

impl Kind {
    /// What the value is, in words, with its article.
    pub fn words(&self) -> &'static str {
        match self {
            Kind::Name | Kind::Text | Kind::ShortText | Kind::Choice(_) | Kind::Measure => "a string",
            Kind::ShortTexts => "a list of strings",
            Kind::Boolean => "a boolean",
            Kind::Integer(..) => "an integer",
            Kind::Factor | Kind::Exponent | Kind::Probability => "a number",
            Kind::RoutingKeys => "a list of strings, or a table",
            Kind::Duration => "a duration",
            Kind::DurationOrOff => "a duration or `off`",
            Kind::DurationOrAuto => "a duration or `auto`",
            Kind::Size => "a size",
            Kind::Distribution | Kind::SizeDistribution => "a distribution",
            Kind::DistributionByClass | Kind::SizeDistributionByClass => "a table of distributions",
            Kind::ChoiceByClass(_) => "a table of strings",
            Kind::Arguments | Kind::Condition | Kind::Bursts => "a table",
            Kind::Rate => "a rate",
            Kind::Rates => "a rate, or a list of tables",
            Kind::Recorded => "a list of tables, or a file",
            Kind::Declarations | Kind::Messages | Kind::Steps | Kind::Permissions | Kind::Schedule => {
                "a list of tables"
            }
            Kind::DeliveryTag => "an integer or a string",
            Kind::Bound => "a number or a duration",
            Kind::Settings => "a table of settings",
        }
    }

    /// In what the value is given, or between what it lies; empty where there is nothing to say.
    pub fn unit(&self) -> String {
        match self {
            Kind::Name => "1 to 255 bytes".to_owned(),
            Kind::ShortText | Kind::ShortTexts | Kind::RoutingKeys => "up to 255 bytes".to_owned(),
            Kind::Integer(low, high) => format!("{low} to {high}"),
            Kind::Factor => "0.001 to 1000".to_owned(),
            Kind::Rate | Kind::Rates => RATE_UNITS.to_owned(),
            Kind::Exponent => "0 to 10".to_owned(),
            Kind::Probability => "0 to 1".to_owned(),
            Kind::Duration
            | Kind::Distribution
            | Kind::DistributionByClass
            | Kind::Schedule
            | Kind::Bursts => DURATION_UNITS.to_owned(),
            Kind::DurationOrOff => format!("{DURATION_UNITS}, or off"),
            Kind::DurationOrAuto => format!("{DURATION_UNITS}, or auto"),
            Kind::Size | Kind::SizeDistribution | Kind::SizeDistributionByClass => SIZE_UNITS.to_owned(),
            Kind::Choice(choice) | Kind::ChoiceByClass(choice) => (choice.words)().join(", "),
            Kind::DeliveryTag => "0 upward, or last".to_owned(),
            Kind::Measure => "see `amqpsim list measures`".to_owned(),
            Kind::Bound => "the measure's".to_owned(),
            _ => String::new(),
        }
    }
}

/// The units of durations, smallest first.
pub(super) const DURATION_UNITS: &str = "ns, us, ms, s, min, h";
/// The units of rates.
pub(super) const RATE_UNITS: &str = "/ns, /us, /ms, /s, /min, /h";
/// The units of sizes.
pub(super) const SIZE_UNITS: &str = "B, kB, MB, GB, KiB, MiB, GiB";

impl TableSpec {
    /// The key with this name.
    pub fn key(&self, name: &str) -> Option<&'static KeySpec> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The noun without its article.
    pub fn bare_noun(&self) -> &'static str {
        self.noun.split_once(' ').map_or(self.noun, |(_, noun)| noun)
    }

    /// How the table begins in a file: `[[queue]]`.
    pub fn header(&self) -> String {
        match self.form {
            Form::Single => format!("[{}]", self.name),
            Form::List => format!("[[{}]]", self.name),
            Form::Top | Form::Inline => self.name.to_owned(),
        }
    }
}

/// The table with this name.
pub fn table(name: &str) -> Option<&'static TableSpec> {
    TABLES.iter().find(|table| table.name == name)
}

/// The kinds of faults: the tables below `fault`.
pub(super) fn fault_kinds() -> impl Iterator<Item = (&'static str, &'static TableSpec)> {
    TABLES.iter().filter_map(|table| Some((table.name.strip_prefix("fault.")?, table)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_keys_are_named_once() {
        for (at, table) in TABLES.iter().enumerate() {
            assert!(TABLES[..at].iter().all(|other| other.name != table.name), "{}", table.name);
            for (at, key) in table.keys.iter().enumerate() {
                assert!(table.keys[..at].iter().all(|other| other.name != key.name), "{}", key.name);
            }
        }
    }

    #[test]
    fn everything_is_said_in_one_sentence() {
        let sentence = |text: &str| text.ends_with('.') && !text.trim_end_matches('.').contains(". ");
        for table in TABLES {
            assert!(sentence(table.about), "{}", table.about);
            for key in table.keys {
                assert!(sentence(key.about), "{}", key.about);
                assert!(!key.example.is_empty(), "{}", key.name);
            }
        }
    }

    /// The documentation's line for a key.
    fn row(key: &KeySpec) -> String {
        let absent = match key.absent {
            Absent::Default(value) => format!("`{value}`"),
            words => words.to_string(),
        };
        let unit = match key.kind.unit() {
            unit if unit.is_empty() => "–".to_owned(),
            unit => unit,
        };
        let (name, words) = (key.name, key.kind.words());
        format!("| `{name}` | {words} | {unit} | {absent} | {} | `{}` |", key.about, key.example)
    }

    #[test]
    fn the_documentation_has_every_table_key_and_id() {
        let text = include_str!("../../../docs/scenario-format.md");
        let mut missing: Vec<String> = Vec::new();
        for table in TABLES {
            let rows: Vec<String> = table.keys.iter().map(row).collect();
            if !text.contains(table.about) || !text.contains(&rows.join("\n")) {
                missing.push(format!("{}\n\n{HEAD}\n{}\n", table.about, rows.join("\n")));
            }
        }
        for (id, about) in crate::scenario::ids::ALL {
            let row = format!("| `{id}` | {about} |");
            if !text.contains(&row) {
                missing.push(row);
            }
        }
        assert!(missing.is_empty(), "docs/scenario-format.md needs these lines:\n\n{}", missing.join("\n"));
    }

    const HEAD: &str =
        "| Key | Type | Unit or range | If absent | Meaning | Example |\n|---|---|---|---|---|---|";
}
