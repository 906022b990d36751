//! Which part of a replication `explain` tells, and what is wrong with a part that is not there.

use clap::Args;

use super::Failure;
use crate::report::Directory;
use crate::report::story::{Filter, LINES_MAX};
use crate::units::{SimTime, parse_duration};

/// Which part of the story to tell.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub(super) struct Selection {
    /// Only the life of this message: `12`, or `shop#12` where there are several producers
    #[arg(long, value_name = "N")]
    pub message: Option<String>,
    /// Only from this instant on, for example `41.2s`
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub from: Option<SimTime>,
    /// Only until this instant, itself included
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub to: Option<SimTime>,
    /// Only what concerns the producer, consumer, queue or connection of this name
    #[arg(long, value_name = "NAME")]
    pub entity: Option<String>,
    /// Begins no step after so many lines of a story; 0: no limit
    #[arg(long, value_name = "N", default_value_t = LINES_MAX)]
    pub lines: usize,
}

fn instant(text: &str) -> Result<SimTime, String> {
    parse_duration(text).map(|length| SimTime::ZERO + length).map_err(|_| {
        "expected a time with its unit, such as `41.2s`; the units are ns, us, ms, s, min and h".to_owned()
    })
}

impl Selection {
    /// The filter of a story.
    pub(super) fn filter(&self, directory: &Directory) -> Result<Filter, Failure> {
        let message = self.message.as_ref().map(|text| {
            directory.message(text).ok_or_else(|| {
                let message = format!("`{text}` is not a message of this scenario");
                let help = match directory.producers.as_slice() {
                    [] | [_] => "write the number of a publish, for example 12".to_owned(),
                    several => {
                        let names = several.iter().map(|name| format!("{name}#12"));
                        format!("write {}", names.collect::<Vec<_>>().join(" or "))
                    }
                };
                Failure::input("unknown-message", &message, Some(&help))
            })
        });
        Ok(Filter {
            message: message.transpose()?,
            entity: self.entity.clone(),
            from: self.from,
            to: self.to,
            lines_max: (self.lines > 0).then_some(self.lines),
        })
    }

    /// A part that ends before it begins is a slip of the author's.
    pub(super) fn refuse_reversed_times(&self) -> Result<(), Failure> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if to < from => {
                let message = format!("`--from {from}` is after `--to {to}`");
                Err(Failure::input("reversed-times", &message, Some("exchange the two times")))
            }
            _ => Ok(()),
        }
    }
}

/// The message must have been published; how many there are is known only after the run.
pub(super) fn refuse_unpublished(number: u32, producer: &str, published: u64) -> Result<(), Failure> {
    if (1..=published).contains(&u64::from(number)) {
        return Ok(());
    }
    let (message, help) = match published {
        0 => (format!("there is no message #{number}: `{producer}` published none"), None),
        1 => {
            (format!("there is no message #{number}: `{producer}` published 1"), Some("write `--message 1`"))
        }
        n => {
            (format!("there is no message #{number}: `{producer}` published {n}, which are #1 to #{n}"), None)
        }
    };
    Err(Failure::input("unknown-message", &message, help))
}

/// Somebody in the run must have this name; `known` are kinds with their names.
pub(super) fn refuse_unknown(entity: &str, known: &[(&str, Vec<String>)]) -> Result<(), Failure> {
    if known.iter().any(|(_, names)| names.iter().any(|name| name == entity)) {
        return Ok(());
    }
    let lists: Vec<String> = known
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(kind, names)| format!("{kind}: {}", names.join(", ")))
        .collect();
    let message = format!("nothing in this run is called `{entity}`");
    let help = format!("the names are {}", lists.join("; "));
    Err(Failure::input("unknown-entity", &message, Some(&help)))
}
