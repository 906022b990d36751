//! Carrying out a plan: report files first, then the runs, then the results to their places.

use std::path::PathBuf;

use super::failure::Failure;
use super::options::{Format, Reports, Runs};
use super::progress::Progress;
use super::report_files::ReportFiles;
use super::terminal::Terminal;
use super::{Exit, input::Input};
use crate::experiment::{self, Comparison, Plan, RunResult};
use crate::report;
use crate::scenario::Variant;

/// What is made of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Each variant by itself.
    Run,
    /// Differences from the first variant.
    Compare,
}

impl Purpose {
    /// The names of the report files: text, CSV, JSON, and the estimates as CSV.
    const fn files(self) -> [&'static str; 4] {
        match self {
            Purpose::Run => ["summary.txt", "results.csv", "results.json", "estimates.csv"],
            Purpose::Compare => {
                ["comparison.txt", "comparison.csv", "comparison.json", "comparison-estimates.csv"]
            }
        }
    }
}

/// Runs `variants` of an input, prints the result and writes its report to `directory`, if there is one.
pub(super) fn carry_out(
    purpose: Purpose,
    (input, variants): (&Input, Vec<Variant>),
    replications: &Runs,
    (format, directory): (Format, Option<PathBuf>),
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let names: Vec<&str> =
        purpose.files().into_iter().chain(report::picture_files(variants.iter())).collect();
    let files = directory.map(|directory| ReportFiles::open(&directory, &names)).transpose()?;
    let plan = Plan {
        origin: input.origin.clone(),
        variants,
        names_variants: input.names_variants,
        seed: replications.seed.map(super::options::Seed::number),
        replications: replications.replications.map(std::num::NonZeroU32::get),
        jobs: replications.threads(),
    };
    let progress = Progress::new("runs", terminal.shows_progress());
    let result = experiment::run(&plan, &|done, total| progress.show(done, total));
    drop(progress);
    let result = result.map_err(Failure::Bug)?;
    let comparison = (purpose == Purpose::Compare).then(|| experiment::compare(&result));

    // Only what somebody reads is made: the JSON of a thousand queues takes longer than a run of them.
    let said = formatted(format, &result, comparison.as_ref());
    if let Some(files) = files {
        let text = |wanted| {
            if wanted == format { said.clone() } else { formatted(wanted, &result, comparison.as_ref()) }
        };
        let unstyled = anstream::adapter::strip_str(&text(Format::Table)).to_string();
        let estimates = report::estimates(&result, comparison.as_ref());
        let contents = [unstyled, text(Format::Csv), text(Format::Json), estimates]
            .into_iter()
            .chain(report::pictures(&result));
        let directory = files.write(&contents.collect::<Vec<_>>())?;
        terminal.note(&format!("report: {}/{}", directory.display(), names.join(", ")));
    }
    terminal.result(&said)?;
    Ok(if result.all_held() { Exit::Held } else { Exit::Finding })
}

/// The result in one format.
fn formatted(format: Format, result: &RunResult, comparison: Option<&Comparison>) -> String {
    match (format, comparison) {
        (Format::Table, Some(comparison)) => report::comparison_summary(result, comparison),
        (Format::Table, None) => report::summary(result),
        (Format::Csv, _) => report::csv(result),
        (Format::Json, _) => report::json(result, comparison),
    }
}

/// Where the report of a scenario goes; `several`: whether the directory is shared by several scenarios.
pub(super) fn directory(reports: &Reports, name: &str, several: Sharing) -> Option<PathBuf> {
    match (&reports.out, several) {
        _ if reports.no_out => None,
        (None, _) => Some(PathBuf::from("reports").join(name)),
        (Some(out), Sharing::Alone) => Some(out.clone()),
        (Some(out), Sharing::Shared) => Some(out.join(name)),
    }
}

/// Whether a directory that the command line names is for one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// For one.
    Alone,
    /// For several, each in a directory of its own.
    Shared,
}
