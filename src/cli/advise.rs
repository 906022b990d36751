//! `amqpsim advise`: the smallest prefetch count that is as good as any.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

use super::input::{self, Input};
use super::options::{Format, Overrides, Reports, Runs, Seed};
use super::progress::Progress;
use super::report_files::ReportFiles;
use super::terminal::Terminal;
use super::{Exit, Failure};
use crate::experiment::{AdvicePlan, advisable_queues, advise};
use crate::report;
use crate::scenario::Variant;

/// For whom to look.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// A scenario file
    #[arg(value_name = "FILE")]
    file: String,
    /// The queue whose consumers are asked about; without it, the only one that has consumers
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// Takes this variant of the scenario; without it, the first
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    #[command(flatten)]
    overrides: Overrides,
    #[command(flatten)]
    replications: Runs,
    #[command(flatten)]
    reports: Reports,
}

const AFTER_HELP: &str = "\
All consumers of the queue get the same prefetch count. Powers of two are tried, then counts
between them, each with the same seeds. Where the consumers keep up with what comes, the advice
is about latency and fairness. There are as many replications as the scenario says, at least 10, or
as many as `--replications` says.

Examples:
  amqpsim advise scenarios/fair-dispatch.toml
  amqpsim advise scenarios/fair-dispatch.toml --set link.latency=50ms --replications 30
  amqpsim advise scenarios/rpc.toml --queue requests --format json

Nothing is checked: the exit code says only whether the question could be answered.";

/// The report files: text, CSV, JSON, picture.
const FILES: [&str; 4] = ["advice.txt", "advice.csv", "advice.json", "advice.svg"];

/// Fewer replications than these say too little of the spread, unless somebody asks for them.
const REPLICATIONS_USUAL: u32 = 10;

/// Searches and reports.
pub(super) fn execute(arguments: &Arguments, terminal: &mut Terminal) -> Result<Exit, Failure> {
    let input = input::load(&arguments.file, &arguments.overrides.set, terminal)?;
    let variant = match &arguments.variant {
        Some(name) => input.variant(name)?,
        None => &input.variants[0],
    };
    let plan = plan(arguments, &input, variant)?;
    let directory = (!arguments.reports.no_out).then(|| {
        let usual = || PathBuf::from("reports").join(&plan.scenario.name);
        arguments.reports.out.clone().unwrap_or_else(usual)
    });
    let finds = plan.scenario.study.finds_warm_up();
    let names: Vec<&str> = FILES.into_iter().chain(finds.then_some("warm-up.svg")).collect();
    let files = directory.map(|directory| ReportFiles::open(&directory, &names)).transpose()?;
    let (queue, is_terminating) = (plan.queue.clone(), plan.scenario.study.is_terminating());
    let progress = Progress::new("runs so far", terminal.shows_progress());
    let found = advise(plan, arguments.replications.threads(), &|done, total| progress.show(done, total));
    drop(progress);
    let Some(advice) = found.map_err(Failure::Bug)? else {
        let message = format!(
            "the consumers of `{queue}` finish fewer than two messages, whatever their prefetch count"
        );
        let help = if is_terminating {
            "give them work, or more time"
        } else {
            "give them work, or more time: a run that ends before its warm-up is over is not measured"
        };
        return Err(Failure::input("nothing-to-advise", &message, Some(help)));
    };
    let texts = [
        report::advice_summary(&advice),
        report::sweep_csv(&advice.result),
        report::advice_json(&advice),
        report::advice_svg(&advice),
    ];
    if let Some(files) = files {
        let [text, others @ ..] = &texts;
        let unstyled = anstream::adapter::strip_str(text).to_string();
        let warm_up = report::warm_up_svg(&advice.result.plan, |at| report::advice_called(&advice, at));
        let contents: Vec<String> =
            std::iter::once(unstyled).chain(others.iter().cloned()).chain(warm_up).collect();
        let directory = files.write(&contents)?;
        terminal.note(&format!("report: {}/{}", directory.display(), names.join(", ")));
    }
    terminal.result(match arguments.reports.format {
        Format::Table => &texts[0],
        Format::Csv => &texts[1],
        Format::Json => &texts[2],
    })?;
    Ok(Exit::Held)
}

fn plan(arguments: &Arguments, input: &Input, variant: &Variant) -> Result<AdvicePlan, Failure> {
    let scenario = variant.scenario.clone();
    let queues = advisable_queues(&scenario.system);
    let names = || queues.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let queue = match (&arguments.queue, queues.as_slice()) {
        (_, []) => {
            let message = format!("{} has no consumer that a prefetch count bounds", arguments.file);
            let help = "give it a `[[consumer]]` that acknowledges; prefetch counts do not bound automatic acknowledgement";
            return Err(Failure::input("nothing-to-advise", &message, Some(help)));
        }
        (Some(name), queues) if queues.contains(name) => name.clone(),
        (Some(name), _) => {
            let message = format!("no consumer that a prefetch count bounds reads from a queue `{name}`");
            return Err(Failure::input(
                "unknown-queue",
                &message,
                Some(&format!("the queues are {}", names())),
            ));
        }
        (None, [only]) => only.clone(),
        (None, _) => {
            let message = format!("{} has consumers of several queues", arguments.file);
            let help = format!("choose one with `--queue`: {}", names());
            return Err(Failure::input("which-queue", &message, Some(&help)));
        }
    };
    let runs = &arguments.replications;
    Ok(AdvicePlan {
        origin: input.origin.clone(),
        variant: input.names_variants.then(|| variant.name.clone()),
        queue,
        seed: runs.seed.map_or(scenario.seed, Seed::number),
        precision: scenario.study.precision.filter(|_| runs.replications.is_none()),
        replications: runs.replications.map_or(scenario.replications.max(REPLICATIONS_USUAL), NonZero::get),
        scenario,
    })
}
