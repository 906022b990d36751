//! `amqpsim sweep`: a scenario at every combination of some values.

mod kept;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::input;
use super::options::{Format, Overrides, Reports, Runs, Seed};
use super::progress::Progress;
use super::report_files::ReportFiles;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::experiment::{Origin, SweepPlan, SweepResult, SweepStop, SweptPoint, sweep};
use crate::measure::{Measure, find};
use crate::report;
use crate::scenario::{Grid, Paint, grid};
use kept::Kept;

/// What to sweep.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A scenario file
    #[arg(value_name = "FILE")]
    file: String,
    /// Runs the scenario with each of these values; given several times, with each combination
    #[arg(long, required = true, value_name = "ADDRESS=VALUE,VALUE,…")]
    vary: Vec<String>,
    /// Takes this variant of the scenario; without it, all of its variants
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Shows and compares this measure; may be given several times. The files have all measures
    #[arg(long = "measure", value_name = "NAME")]
    measures: Vec<String>,
    /// Runs only part I of N of the points; the last part to end writes the report
    #[arg(long, value_name = "I/N", conflicts_with = "no_out")]
    shard: Option<Shard>,
    /// Throws away the finished points of another sweep in the same directory
    #[arg(long)]
    restart: bool,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    replications: Runs,
    #[command(flatten)]
    reports: Reports,
}

const AFTER_HELP: &str = "\
Replication k has the same seed at every point, so each entity draws the same numbers at all of
them. Finished points are kept in `sweep-points` in the report's directory: the same command goes
on after an interrupt, and parts that ran elsewhere are put together by copying their
`sweep-points` there and repeating the command.

Examples:
  amqpsim sweep scenarios/fair-dispatch.toml --vary 'consumer.*.prefetch-count=1,2,5,10,50'
  amqpsim sweep scenarios/fair-dispatch.toml --vary 'consumer.*.prefetch-count=1,10' \\
      --vary link.latency=1ms,10ms --replications 30
  amqpsim sweep scenarios/fair-dispatch.toml --vary consumer.slow.speed=0.1,0.5 --shard 1/2

Nothing is checked: the exit code says only whether the sweep could be carried out.";

/// The report files: text, CSV, JSON, picture.
const FILES: [&str; 4] = ["sweep.txt", "sweep.csv", "sweep.json", "sweep.svg"];
/// And this one, where pilot runs have found a warm-up.
const WARM_UP: &str = "warm-up.svg";

/// A part of the points: those whose number, counted from 0, is `part` after division by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shard {
    part: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let numbers =
            text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Shard { part: part - 1, of }),
            _ => Err("expected the number of the part and how many there are, such as `1/4`".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part + 1, self.of)
    }
}

/// Runs what is not kept yet, keeps it, and reports if nothing is missing.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    refuse_unknown_measures(&arguments.measures)?;
    let grid = load(arguments, terminal)?;
    let first = &grid.points[0].scenario;
    let directory = (!arguments.reports.no_out).then(|| {
        let usual = || PathBuf::from("reports").join(&first.name);
        arguments.reports.out.clone().unwrap_or_else(usual)
    });
    let mut plan = SweepPlan {
        origin: Origin { file: arguments.file.clone(), overrides: arguments.overrides.set.clone() },
        seed: arguments.replications.seed.map_or(first.seed, Seed::number),
        replications: arguments.replications.replications.map_or(first.replications, std::num::NonZero::get),
        precision: first.study.precision.filter(|_| arguments.replications.replications.is_none()),
        warm_up: None,
        grid,
    };
    let pilots = Progress::new("points, pilot runs for their warm-up", terminal.shows_progress());
    plan.leave_out_warm_up(arguments.replications.threads(), &|done, total| pilots.show(done, total))
        .map_err(Failure::Bug)?;
    drop(pilots);
    let kept = directory.as_ref().map(|path| Kept::open(path, &plan, arguments.restart)).transpose()?;
    let mut points: Vec<Option<SweptPoint>> = (0..plan.grid.points.len())
        .map(|point| kept.as_ref().and_then(|kept| kept.read(&plan, point)))
        .collect();
    let found = points.iter().flatten().count();
    if found > 0 {
        terminal.note(&format!("{found} of {} points are there already", points.len()));
    }
    let ours = |point: &usize| arguments.shard.is_none_or(|shard| point % shard.of == shard.part);
    let missing: Vec<usize> =
        (0..points.len()).filter(ours).filter(|&point| points[point].is_none()).collect();
    if let (Some(kept), true, 2..) = (&kept, terminal.shows_progress(), missing.len()) {
        let path = kept.path().display();
        terminal.note(&format!(
            "finished points are kept in {path}: after an interrupt, the same command goes on"
        ));
    }
    for (point, swept) in missing.iter().zip(run(&plan, &missing, kept.as_ref(), arguments, terminal)?) {
        points[*point] = Some(swept);
    }
    // Other parts may have put theirs here meanwhile.
    for (point, there) in points.iter_mut().enumerate().filter(|(_, there)| there.is_none()) {
        *there = kept.as_ref().and_then(|kept| kept.read(&plan, point));
    }

    let open: Vec<String> = points
        .iter()
        .enumerate()
        .filter(|(_, one)| one.is_none())
        .map(|(k, _)| (k + 1).to_string())
        .collect();
    let (Some(points), true) = (points.into_iter().collect(), open.is_empty()) else {
        return say_what_is_missing(arguments, &plan, &open, kept.as_ref(), terminal);
    };
    let result = SweepResult { plan, points };
    let texts = [
        report::sweep_summary(&result, &arguments.measures),
        report::sweep_csv(&result),
        report::sweep_json(&result, &arguments.measures),
        report::sweep_svg(&result, &arguments.measures),
    ];
    if let Some(directory) = &directory {
        let unstyled = anstream::adapter::strip_str(&texts[0]).to_string();
        let warm_up = report::warm_up_svg(&result.plan, |point| format!("point {}", point + 1));
        let names: Vec<&str> = FILES.into_iter().chain(warm_up.as_ref().map(|_| WARM_UP)).collect();
        let contents = std::iter::once(unstyled).chain(texts[1..].iter().cloned()).chain(warm_up);
        ReportFiles::open(directory, &names)?.write(&contents.collect::<Vec<_>>())?;
        terminal.note(&format!("report: {}/{}", directory.display(), names.join(", ")));
    }
    if let Some(kept) = &kept {
        kept.tidy();
    }
    terminal.result(match arguments.reports.format {
        Format::Table => &texts[0],
        Format::Csv => &texts[1],
        Format::Json => &texts[2],
    })?;
    Ok(Exit::Held)
}

/// Runs these points and keeps each as soon as it is finished.
fn run(
    plan: &SweepPlan,
    points: &[usize],
    kept: Option<&Kept>,
    arguments: &Arguments,
    terminal: &Terminal,
) -> Result<Vec<SweptPoint>, Failure> {
    let progress = Progress::new("runs", terminal.shows_progress());
    let keep = |point: usize, swept: &SweptPoint| kept.map_or(Ok(()), |kept| kept.write(plan, point, swept));
    let jobs = arguments.replications.threads();
    let swept = sweep(plan, points, jobs, &keep, &|done, total| progress.show(done, total));
    drop(progress);
    swept.map_err(|stop| match stop {
        SweepStop::Bug(bug) => Failure::Bug(bug),
        SweepStop::Keeping(failure) => failure,
    })
}

/// The points, with what is doubtful about them on stderr.
fn load(arguments: &Arguments, terminal: &mut Terminal) -> Result<Grid, Failure> {
    let text = input::read(&arguments.file)?;
    let settings = &arguments.overrides.set;
    let data = input::data_of(&arguments.file);
    let mut grid =
        grid(&arguments.file, &text, settings, &arguments.vary, arguments.variant.as_deref(), &data)
            .map_err(|diagnostics| Failure::Input(diagnostics.render(Paint::Coloured)))?;
    for warning in &grid.warnings {
        terminal.note(&warning.render(Paint::Coloured));
    }
    look_closer(&mut grid, &arguments.measures);
    for (name, other) in &grid.same {
        terminal.note(&format!("variant `{name}` is left out: it is the same as `{other}` at every point"));
    }
    Ok(grid)
}

/// Has latencies taken apart and so on where a measure that is shown needs it, unless the scenario says whether.
fn look_closer(grid: &mut Grid, measures: &[String]) {
    let needs = |name: &String| find(name).is_some_and(Measure::needs_details);
    for point in grid.points.iter_mut().filter(|point| point.scenario.study.details.is_none()) {
        point.scenario.system.details = measures.iter().any(needs);
    }
}

fn refuse_unknown_measures(names: &[String]) -> Result<(), Failure> {
    let unknown: Vec<String> =
        names.iter().filter(|name| find(name).is_none()).map(|name| format!("`{name}`")).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("there is no measure {}", unknown.join(", "));
    Err(Failure::input("unknown-measure", &message, Some("`amqpsim list measures` shows all of them")))
}

/// After a part: which points are not there yet.
fn say_what_is_missing(
    arguments: &Arguments,
    plan: &SweepPlan,
    open: &[String],
    kept: Option<&Kept>,
    terminal: &mut Terminal,
) -> Result<Exit, Failure> {
    let shard = arguments.shard.map(|shard| format!("part {shard} is done; ")).unwrap_or_default();
    let place = kept.map(|kept| kept.path().display().to_string()).unwrap_or_default();
    let text = format!(
        "{shard}{} of {} points are still missing: {}\nrun the other parts, copy their `sweep-points` into {place}, and \
         repeat the command\n",
        open.len(),
        plan.grid.points.len(),
        open.join(", "),
    );
    if arguments.reports.format == Format::Table {
        terminal.result(&text)?;
    } else {
        terminal.note(&text);
    }
    Ok(Exit::Held)
}
