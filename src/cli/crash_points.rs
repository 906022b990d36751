//! `amqpsim crash-points`: the same crash after every event of a run.

use std::fs;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::crash_target::{self, Target};
use super::input::{self, Input};
use super::options::{Overrides, Seed, threads};
use super::progress::Progress;
use super::report_files::ReportFiles;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::experiment::{
    CrashPlan, CrashPoints, Spread, VariantCrashes, shell_word, strike_all, undisturbed,
};
use crate::report;
use crate::scenario::{CrashKind, PlannedCrash, Variant, reproduction};
use crate::units::{SimDuration, parse_duration};

/// More rows than these are no help to anybody and need about 100 bytes each.
const POINTS_MAX: u64 = 5_000_000;

/// What to crash, and when.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A scenario file
    #[arg(value_name = "FILE")]
    file: String,
    /// What happens to the broker, a node, a queue or a client
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    kind: CrashKind,
    #[command(flatten)]
    target: Target,
    /// How long the broker, the node or the client is down; a queue is back at once
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = length)]
    lasts: SimDuration,
    /// Crashes after every K-th event; without it, after each
    #[arg(long, value_name = "K", value_parser = count, conflicts_with = "at_most")]
    every: Option<NonZeroU64>,
    /// Crashes after at most N events, evenly spread over the run
    #[arg(long, value_name = "N", value_parser = count)]
    at_most: Option<NonZeroU64>,
    /// Crashes only this variant
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The seed of the run, or `random`; without it, the scenario's
    #[arg(long, value_name = "N|random")]
    seed: Option<Seed>,
    /// On how many threads; results do not depend on it. Without it, as many as the machine has
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    overrides: Overrides,
    /// What to print on standard output
    #[arg(long, value_enum, default_value_t)]
    format: PointsFormat,
    /// Where to write the report files; without it, `reports/NAME`
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Writes no report files
    #[arg(long, conflicts_with = "out")]
    no_out: bool,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PointsFormat {
    /// The answer, tables and curves for people
    #[default]
    Table,
    /// One row for each crash point
    Csv,
    /// A summary and all crash points, for programs
    Json,
    /// The curves as a picture
    Svg,
}

const AFTER_HELP: &str = "\
From the crash on nothing new is published, and the run goes on until every message has its fate
or a limit of the scenario is reached. The scenario's own faults happen too. Counts are of what
happens after the crash and would not have happened without it.

Examples:
  amqpsim crash-points scenarios/durability.toml --kind process-crash
  amqpsim crash-points scenarios/fair-dispatch.toml --kind broker-restart --at-most 500
  amqpsim crash-points scenarios/leader-lost.toml --kind node-crash --by power-loss
  amqpsim crash-points scenarios/publisher-confirms.toml --kind queue-crash --format csv
  amqpsim crash-points scenarios/hello.toml --kind consumer-crash --client bob";

/// The report files that every sweep has: text, CSV, picture.
const FILES: [&str; 3] = ["crash-points.txt", "crash-points.csv", "crash-points.svg"];

/// Reads the name of a kind of crash; another word gets the nearest one, and all there are.
fn kinds() -> impl TypedValueParser<Value = CrashKind> {
    let values = CrashKind::ALL.map(|kind| PossibleValue::new(kind.name).help(kind.about));
    PossibleValuesParser::new(values)
        .map(|name| CrashKind::named(&name).expect("only names of kinds are possible values"))
}

fn count(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "expected a number from 1 on".to_owned())
}

fn length(text: &str) -> Result<SimDuration, String> {
    parse_duration(text).map_err(|_| {
        "expected a duration with its unit, such as `5s`; the units are ns, us, ms, s, min and h".to_owned()
    })
}

/// Crashes each variant by itself.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let input = input::load(&arguments.file, &arguments.overrides.set, terminal)?;
    let variants = match &arguments.variant {
        Some(name) => vec![input.variant(name)?.clone()],
        None => input.variants.clone(),
    };
    let crash = crash_target::chosen(arguments.kind, &arguments.target, arguments.lasts, &variants)?;
    let directory = (!arguments.no_out).then(|| {
        let usual = || PathBuf::from("reports").join(&variants[0].scenario.name);
        arguments.out.clone().unwrap_or_else(usual)
    });
    let scenarios = worst_names(&variants, input.names_variants);
    let names: Vec<&str> = FILES.into_iter().chain(scenarios.iter().map(String::as_str)).collect();
    if let Some(directory) = &directory {
        refuse_overwriting(&arguments.file, directory, &names)?;
        refuse_data_over_reports(&input, &names)?;
    }
    let files = directory.as_ref().map(|directory| ReportFiles::open(directory, &names)).transpose()?;

    let jobs = threads(arguments.jobs);
    let prepared = undisturbed(&plan(arguments, &input, variants, crash), jobs).map_err(Failure::Bug)?;
    refuse_sizes(&prepared, arguments)?;
    let progress = Progress::new("crash points", terminal.shows_progress());
    let struck = strike_all(prepared, jobs, &|done, total| progress.show(done, total));
    drop(progress);
    let result = struck.map_err(Failure::Bug)?;

    let planned: Vec<String> =
        result.variants.iter().map(|crashes| worst_scenario(&result, crashes, &input)).collect();
    let shown_in = |directory: &PathBuf| -> Vec<String> {
        scenarios
            .iter()
            .map(|name| command(result.seed, &directory.join(name).display().to_string()))
            .collect()
    };
    let commands = directory.as_ref().map(shown_in).unwrap_or_default();
    let text = report::crash_points_summary(&result, &commands);
    let (csv, svg) = (report::crash_points_csv(&result), report::crash_points_svg(&result));
    if let Some(files) = files {
        let unstyled = anstream::adapter::strip_str(&text).to_string();
        let sources = result.variants.iter().map(|crashes| source(&result, crashes));
        let planned = planned.into_iter().zip(sources).zip(&scenarios).map(|((text, source), name)| {
            format!("{text}\n# {source}\n# Seen by: {}\n", command(result.seed, name))
        });
        let contents: Vec<String> = [unstyled, csv.clone(), svg.clone()].into_iter().chain(planned).collect();
        let directory = files.write(&contents)?;
        copy_data(&input, &directory)?;
        terminal.note(&format!("report: {}/{}", directory.display(), names.join(", ")));
    }
    match arguments.format {
        PointsFormat::Table => terminal.result(&text)?,
        PointsFormat::Csv => terminal.result(&csv)?,
        PointsFormat::Svg => terminal.result(&svg)?,
        PointsFormat::Json => terminal.result(&report::crash_points_json(&result))?,
    }
    Ok(Exit::Held)
}

fn plan(arguments: &Arguments, input: &Input, variants: Vec<Variant>, crash: PlannedCrash) -> CrashPlan {
    let every = arguments.every.unwrap_or(NonZeroU64::MIN);
    CrashPlan {
        origin: input.origin.clone(),
        variants,
        names_variants: input.names_variants,
        seed: arguments.seed.map(Seed::number),
        crash,
        spread: arguments.at_most.map_or(Spread::Every(every), Spread::AtMost),
    }
}

/// What the scenario reads lies beside the scenarios of the report too.
fn copy_data(input: &Input, directory: &Path) -> Result<(), Failure> {
    for (path, name) in &input.files {
        let copy = directory.join(name);
        if fs::canonicalize(path).ok() == fs::canonicalize(&copy).ok() {
            continue;
        }
        let parent = copy.parent().unwrap_or(directory);
        let copied = fs::create_dir_all(parent).and_then(|()| fs::copy(path, &copy));
        copied.map_err(|error| Failure::output(&copy.display().to_string(), error))?;
    }
    Ok(())
}

/// A scenario that was made by a sweep may be swept itself, but not into its own directory.
fn refuse_overwriting(file: &str, directory: &Path, names: &[&str]) -> Result<(), Failure> {
    let Ok(scenario) = fs::canonicalize(file) else { return Ok(()) };
    let same = |name: &&str| fs::canonicalize(directory.join(name)).is_ok_and(|path| path == scenario);
    if names.iter().any(same) {
        let message = format!("--out {} would write over the scenario {file}", directory.display());
        return Err(Failure::input("scenario-overwritten", &message, Some("name another directory")));
    }
    Ok(())
}

/// The copy of a data file may not lie over a file of the report.
fn refuse_data_over_reports(input: &Input, names: &[&str]) -> Result<(), Failure> {
    let lies = |name: &str| names.iter().any(|own| Path::new(own) == Path::new(name));
    match input.files.iter().find(|(_, name)| lies(name)) {
        Some((_, name)) => {
            let message = format!(
                "the data file {name} has the name of a file of the report, and would be copied over it"
            );
            Err(Failure::input("scenario-overwritten", &message, Some("give the data file another name")))
        }
        None => Ok(()),
    }
}

/// There must be something to crash, and not more than anybody can look at.
fn refuse_sizes(prepared: &CrashPoints, arguments: &Arguments) -> Result<(), Failure> {
    let who = |crashes: &VariantCrashes| match &crashes.replication.variant {
        Some(name) => format!("variant `{name}` of {}", arguments.file),
        None => arguments.file.clone(),
    };
    let mut total = 0u64;
    for crashes in &prepared.variants {
        let events = crashes.end.events;
        let count = prepared.spread.count(events);
        if events == 0 {
            let message = format!("nothing happens in {}, so there is no instant to crash at", who(crashes));
            return Err(Failure::input("nothing-to-crash", &message, Some("give it producers or clients")));
        }
        if let (0, Spread::Every(k)) = (count, prepared.spread) {
            let message = format!(
                "`--every {k}` leaves no crash point: the run of {} has {events} events",
                who(crashes)
            );
            let help = format!("write `--every {events}` or less, or `--at-most 100`");
            return Err(Failure::input("nothing-to-crash", &message, Some(&help)));
        }
        total = total.saturating_add(count);
    }
    if total > POINTS_MAX {
        let message = format!("{total} crash points are more than {POINTS_MAX}");
        let at_most = POINTS_MAX / prepared.variants.len() as u64;
        let help = format!("write `--at-most 1000`, or up to `--at-most {at_most}`");
        return Err(Failure::input("too-many-crash-points", &message, Some(&help)));
    }
    Ok(())
}

/// For each variant, the name of the file that has its worst crash.
fn worst_names(variants: &[Variant], names_variants: bool) -> Vec<String> {
    if !names_variants {
        return variants.iter().map(|_| "worst.toml".to_owned()).collect();
    }
    let mut names: Vec<String> = Vec::new();
    for variant in variants {
        let words = variant.name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
        name.truncate(100);
        let mut file = format!("worst-{name}.toml");
        let mut n = 2;
        while names.contains(&file) {
            file = format!("worst-{name}-{n}.toml");
            n += 1;
        }
        names.push(file);
    }
    names
}

/// The scenario with the worst crash of a variant.
fn worst_scenario(result: &CrashPoints, crashes: &VariantCrashes, input: &Input) -> String {
    let worst = crashes.worst();
    let place = (worst.map_or(0, |point| point.event), worst.and_then(|point| point.aftermath.node));
    let source = (result.origin.file.as_str(), input.text.as_str(), result.origin.overrides.as_slice());
    reproduction(source, &crashes.variant, result.seed, &result.crash, place)
}

/// Of which run it is a copy, in a line.
fn source(result: &CrashPoints, crashes: &VariantCrashes) -> String {
    let variant = crashes.replication.variant.as_ref();
    let variant = variant.map_or(String::new(), |name| format!(" --variant {}", shell_word(name)));
    let line = format!("Made from: {}{variant} --seed {}", result.origin, result.seed);
    // A setting may hold anything, and a comment ends with its line.
    line.replace(char::is_control, " ")
}

/// The command that tells the run with the worst crash. A seed that no file can hold is named.
fn command(seed: u64, file: &str) -> String {
    let seed = if i64::try_from(seed).is_ok() { String::new() } else { format!(" --seed {seed}") };
    format!("amqpsim explain {}{seed}", shell_word(file))
}
