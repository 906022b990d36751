//! Advice on a prefetch count: the answer, the table behind it, and the curve.

mod json;
mod picture;

pub use json::{ADVICE_FORMAT, advice_json};
pub use picture::advice_svg;

use super::numbers::{self, counted};
use super::wrap::{prose, wrap};
use super::{dispatch, emphasis, plot, table};
use crate::experiment::{Advice, BoundBy, ENOUGH, IsEnough, SweptMeasure, shell_word};
use crate::measure::{Scope, Unit, find_in};
use crate::stats::Estimate;

/// Columns of a line.
const WIDTH: usize = 110;

/// What the table shows of the queue.
const SHOWN: [&str; 3] = ["sojourn-p95", "jain-busy", "idle-while-work-waits"];

fn measure(advice: &Advice, name: &str) -> Option<SweptMeasure> {
    let measure = find_in(Scope::Queue, name)?;
    Some(SweptMeasure { measure, entity: advice.plan.queue.clone() })
}

fn estimate(advice: &Advice, at: usize, name: &str) -> Option<Estimate> {
    advice.result.estimate(at, &measure(advice, name)?)
}

/// A number of the queue at a count that was tried.
fn cell(advice: &Advice, at: usize, name: &str) -> String {
    let Some(measure) = measure(advice, name) else { return "-".to_owned() };
    let Some(estimate) = advice.result.estimate(at, &measure) else {
        let word = if advice.result.points[at].is_spoilt(&measure) { "unstable" } else { "-" };
        return word.to_owned();
    };
    super::sweep::cell(&advice.result, at, &measure, &estimate)
}

fn count(advice: &Advice, at: usize) -> String {
    advice.counts[at].map_or_else(|| "no limit".to_owned(), |count| count.to_string())
}

/// A count as it is called beside others.
pub fn called(advice: &Advice, at: usize) -> String {
    advice.counts[at].map_or_else(|| "no limit".to_owned(), |count| format!("prefetch count {count}"))
}

/// The summary as text.
pub fn advice_summary(advice: &Advice) -> String {
    let mut text = format!("{}\n\n", emphasis::strong(&answer(advice).join("\n")));
    text += &what(advice);
    text += &curve(advice);
    let picture = picture::throughput(advice);
    text += &format!("{}\n{}", picture.title, plot::chart(&picture));
    for note in notes(advice) {
        text += &format!("{}\n", wrap("note: ", 6, &note, WIDTH).join("\n"));
    }
    text + &foot(advice)
}

/// The first lines: which count, why, and what it costs.
fn answer(advice: &Advice) -> Vec<String> {
    let (at, best, queue) = (advice.advised, advice.best, &advice.plan.queue);
    let percent = numbers::quantity(ENOUGH, Unit::Share);
    let throughput = cell(advice, at, "throughput");
    let mut lines = Vec::new();
    let chosen = if advice.counts[at].is_none() {
        "no prefetch count, which is no limit,".to_owned()
    } else {
        format!("prefetch-count = {}", count(advice, at))
    };
    match advice.bound_by {
        BoundBy::Consumers => {
            let of = if at == best {
                format!("{throughput}, the best there is")
            } else {
                format!(
                    "{throughput}; the best is {} at {}",
                    cell(advice, best, "throughput"),
                    count(advice, best)
                )
            };
            lines.push(format!(
                "queue `{queue}`: {chosen} is the smallest whose throughput is at least {percent} of the best: {of}"
            ));
        }
        BoundBy::Arrivals(rate) => {
            lines.push(format!(
                "queue `{queue}`: no more than {} come, and the consumers keep up, so it is not the prefetch count that bounds \
                 the throughput: {}",
                numbers::estimate(&rate, Unit::PerSecond),
                keeping_up(advice)
            ));
            let told = |name: &str, words: [&str; 2]| {
                let has_value = estimate(advice, at, name).is_some();
                if has_value { words.join(&cell(advice, at, name)) } else { String::new() }
            };
            let latency = told("sojourn-p95", [": ", " for the slowest 5 %"]);
            let jain = told("jain-busy", [", and a Jain's index of busy times of ", ""]);
            lines.push(format!(
                "{chosen} is the smallest of these with about the lowest latency{latency}{jain}"
            ));
        }
    }
    if let IsEnough::Unknown(more) = advice.enough[at] {
        let why = match estimate(advice, at, "throughput") {
            Some(Estimate::Single(_)) => "one replication has no interval; raise `--replications`".to_owned(),
            _ => format!("the interval includes less than {percent}; {}", enough_runs(more)),
        };
        lines.push(format!("this is not certain: {why}"));
    }
    lines.extend(costs(advice));
    lines.into_iter().map(|line| prose(&line, WIDTH)).collect()
}

/// Which counts give the best throughput, as far as it was tried.
fn keeping_up(advice: &Advice) -> String {
    let throughput = |at: usize| estimate(advice, at, "throughput").map_or(0.0, |one| one.value());
    let enough = |at: &usize| match (advice.enough[*at], estimate(advice, *at, "throughput")) {
        // One replication has no interval: as far as one knows.
        (IsEnough::Unknown(_), Some(Estimate::Single(value))) => value >= ENOUGH * throughput(advice.best),
        (enough, _) => enough != IsEnough::No,
    };
    let all = advice.counts.len();
    let fine: Vec<usize> = (0..all).filter(enough).collect();
    let which = match fine.as_slice() {
        fine if fine.len() == all && advice.least > 1 => format!("any from {} on", advice.least),
        fine if fine.len() == all => "any".to_owned(),
        [only] => format!("only {}", count(advice, *only)),
        [first, .., last] => format!("{} to {}", count(advice, *first), count(advice, *last)),
        [] => "none".to_owned(),
    };
    let doubt = fine.iter().any(|&at| matches!(advice.enough[at], IsEnough::Unknown(_)));
    let is_single = matches!(estimate(advice, advice.best, "throughput"), Some(Estimate::Single(_)));
    let doubt = match (doubt, is_single) {
        (false, _) => "",
        (true, false) => ", as far as the intervals tell",
        (true, true) => ", as far as one replication tells",
    };
    format!("{which} will do{doubt}")
}

/// What changes from the advised count to one message at a time, and to no limit.
fn costs(advice: &Advice) -> Vec<String> {
    let last = advice.counts.len() - 1;
    let mut lines = Vec::new();
    let first = match advice.counts[0] {
        Some(1) => "one message at a time".to_owned(),
        _ => called(advice, 0),
    };
    for (other, words) in [(0, first), (last, "no limit".to_owned())] {
        if other == advice.advised {
            continue;
        }
        let changes: Vec<String> = ["throughput", "sojourn-p95", "jain-busy"]
            .into_iter()
            .filter_map(|name| {
                let of = measure(advice, name)?;
                let difference = advice.result.difference(other, advice.advised, &of)?;
                let doubt = if difference.excludes_zero() { "" } else { " ~" };
                let equal = difference.ends() == Some((0.0, 0.0));
                (!equal).then(|| format!("{name} {}{doubt}", numbers::signed(&difference, of.measure.unit)))
            })
            .collect();
        let changes = if changes.is_empty() { "no difference".to_owned() } else { changes.join(", ") };
        lines.push(format!("against {words}: {changes}"));
    }
    lines
}

fn enough_runs(more: Option<u64>) -> String {
    match more {
        Some(n) => format!("about {} would tell", counted(n, "replication")),
        None => "it is too close for any reasonable number of replications to tell".to_owned(),
    }
}

/// What was asked, and how often it was run.
fn what(advice: &Advice) -> String {
    let plan = &advice.plan;
    let mut text = String::new();
    if let Some(question) = &plan.scenario.question {
        text += &format!("{}\n", wrap("question: ", 10, question, WIDTH).join("\n"));
    }
    let variant = plan.variant.as_ref().map(|name| format!(", variant `{name}`")).unwrap_or_default();
    text += &format!(
        "scenario: {} ({}){variant}, profile {}, amqpsim {}\n",
        plan.scenario.name,
        plan.origin.file,
        plan.scenario.system.profile.name,
        env!("CARGO_PKG_VERSION")
    );
    if !plan.origin.overrides.is_empty() {
        text += &format!("settings: {}\n", plan.origin.overrides.join(", "));
    }
    text += &dispatch::line(std::iter::once(("", &plan.scenario)));
    text += &super::sweep::measured_from(&advice.result.plan, |at| called(advice, at));
    let names: Vec<String> = advice.consumers.iter().take(10).map(|name| format!("`{name}`")).collect();
    let more = advice.consumers.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    text +=
        &format!("{}\n", wrap("consumers: ", 11, &format!("{}{more}", names.join(", ")), WIDTH).join("\n"));
    let how = super::sweep::how_often(&advice.result, "of each count");
    text += &format!("{}\n\n", prose(&how, WIDTH));
    text + &super::sweep::unstable(&advice.result, |at| called(advice, at))
}

/// The table: a row for each count that was tried.
fn curve(advice: &Advice) -> String {
    let has = |name: &&str| (0..advice.counts.len()).any(|at| estimate(advice, at, name).is_some());
    let differ = super::sweep::replications(&advice.result).is_some_and(|(fewest, most)| fewest < most);
    let shown: Vec<&str> = SHOWN.into_iter().filter(has).collect();
    let enough = format!("{} of the best", numbers::quantity(ENOUGH, Unit::Share));
    let mut head = vec!["prefetch-count", "throughput", "at most", enough.as_str()];
    if differ {
        head.insert(1, "n");
    }
    head.extend(&shown);
    head.push("");
    let rows = (0..advice.counts.len()).map(|at| {
        let limit =
            advice.limits[at].map_or("-".to_owned(), |limit| numbers::quantity(limit, Unit::PerSecond));
        let enough = match advice.enough[at] {
            IsEnough::Yes => "yes",
            IsEnough::No => "no",
            IsEnough::Unknown(_) => "not known",
        };
        let mut row = vec![count(advice, at), cell(advice, at, "throughput"), limit, enough.to_owned()];
        if differ {
            row.insert(1, advice.result.points[at].values.len().to_string());
        }
        row.extend(shown.iter().map(|name| cell(advice, at, name)));
        let marks = [(advice.advised, "advised"), (advice.best, "best")];
        let marks: Vec<&str> =
            marks.iter().filter(|(place, _)| *place == at).map(|(_, word)| *word).collect();
        row.push(marks.join(", "));
        row
    });
    table::titled(&format!("queue `{}` by prefetch count", advice.plan.queue), &head, rows)
}

fn notes(advice: &Advice) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(knee) = &advice.knee {
        notes.push(format!(
            "the knee of the curve is at {}: so many times the throughput of one message at a time is the best {}",
            numbers::estimate(knee, Unit::Ratio),
            numbers::certainty(knee),
        ));
    }
    notes.push(
        "`at most` is the sum over consumers of min(c/s, p/(r+s)) with c messages at once (`concurrency`), prefetch count p, mean \
         round trip r and mean service time s; without chance, with work all the time and an acknowledgement for each message, it \
         is reached"
            .to_owned(),
    );
    if advice.least > 1 {
        notes.push(format!(
            "prefetch counts below {0} are not tried, and not advised: a consumer acknowledges in batches of {0} (`ack-batch`), and \
             with fewer it would get no further message until its timer (`ack-batch-delay`), or ever",
            advice.least
        ));
    }
    let unknown = advice.enough.iter().filter_map(|one| match one {
        IsEnough::Unknown(more) => Some(*more),
        _ => None,
    });
    let unknown: Vec<Option<u64>> = unknown.collect();
    let is_single = matches!(estimate(advice, advice.best, "throughput"), Some(Estimate::Single(_)));
    if is_single && !unknown.is_empty() {
        notes.push("not known: one replication has no interval; raise `--replications`".to_owned());
    } else if !unknown.is_empty() {
        let most = unknown.iter().copied().flatten().max();
        let far = unknown.iter().filter(|more| more.is_none()).count() as u64;
        let most = most.map(|n| format!("about {n} replications (`--replications`) would tell"));
        let far = (far > 0).then(|| {
            format!("{} too close to tell", if far == 1 { "1 is".to_owned() } else { format!("{far} are") })
        });
        let words: Vec<String> = most.into_iter().chain(far).collect();
        notes.push(format!(
            "not known: the interval of the paired difference includes zero; {}",
            words.join("; ")
        ));
    }
    let doubtful = advice.result.plan.is_random(0);
    if doubtful {
        notes.push(
            "differences are taken in pairs of equal seeds, their intervals not adjusted for the number of counts; `~` is not \
             told apart from no difference"
                .to_owned(),
        );
    }
    notes
}

/// The command that gives the same report again.
fn foot(advice: &Advice) -> String {
    let plan = &advice.plan;
    let variant =
        plan.variant.as_ref().map(|name| format!(" --variant {}", shell_word(name))).unwrap_or_default();
    format!(
        "\nagain: amqpsim advise {}{variant} --queue {} --seed {}{}\n",
        plan.origin,
        shell_word(&plan.queue),
        plan.seed,
        advice.result.plan.replications_option(),
    )
}
