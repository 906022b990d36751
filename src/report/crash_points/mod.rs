//! What a crash would lose at each instant of a run: as text, as CSV and as a picture.

mod csv;
mod curve;
mod json;
mod svg;

pub use self::csv::crash_points_csv;
pub use self::json::crash_points_json;
pub use svg::crash_points_svg;

use super::numbers::{self, counted};
use super::wrap::{prose, wrap};
use super::{dispatch, emphasis, plot, table};
use crate::experiment::{Aftermath, CrashPoint, CrashPoints, Spread, VariantCrashes};
use crate::measure::{EndReason, Unit};
use crate::observe::LossCause;
use crate::scenario::Hits;
use curve::{CURVES, Count, columns};

/// Columns of a line.
const WIDTH: usize = 110;

/// The summary as text. `reproductions` has, for each variant, the command that shows its worst crash, if there is one.
pub fn crash_points_summary(result: &CrashPoints, reproductions: &[String]) -> String {
    let answer: Vec<String> =
        result.variants.iter().map(|crashes| prose(&answer(result, crashes), WIDTH)).collect();
    let mut text = format!("{}\n\n", emphasis::strong(&answer.join("\n")));
    text += &what(result);
    for (k, crashes) in result.variants.iter().enumerate() {
        if result.names_variants {
            text += &format!("{}\n", emphasis::strong(&titled(crashes)));
        }
        text += &run(result, crashes);
        text += &numbers_table(crashes);
        text += &courses(crashes);
        text += &worst(crashes);
        if let Some(command) = reproductions.get(k) {
            text += &format!("reproduce: {command}\n");
        }
        text.push('\n');
    }
    text + &foot(result)
}

/// The first line: how bad it can get.
fn answer(result: &CrashPoints, crashes: &VariantCrashes) -> String {
    let of = if result.names_variants { format!("`{}`: ", crashes.variant.name) } else { String::new() };
    let kind = result.crash.kind.name;
    let most = |value: Count| crashes.points.iter().map(value).max().unwrap_or(0);
    let [lost, confirmed] = CURVES.map(|(_, value)| most(value));
    let again = most(|point| point.aftermath.processed_again);
    let repeats = match again {
        0 => "nothing is processed twice".to_owned(),
        n => format!("up to {} again", counted_as(n, "is processed", "are processed")),
    };
    let anyway = match most(|point| point.aftermath.lost_anyway) {
        0 => String::new(),
        n => format!("; up to {n} more are lost without the crash as well"),
    };
    let anyway = match most(|point| point.aftermath.unfinished) {
        0 => anyway,
        n if result.crash.kind.hits == Hits::Queue => format!(
            "{anyway}; up to {n} have no fate at the end: the crash cancels the queue's consumers, and those without \
             `resubscribe-delay` stay away"
        ),
        n => format!("{anyway}; up to {n} have no fate at the end"),
    };
    let made_good = made_good(most);
    if lost == 0 {
        return format!(
            "{of}a {kind} loses nothing at any of {}{made_good}; {repeats}{anyway}",
            instants(crashes)
        );
    }
    let promise = promise(crashes);
    let confirmed = match confirmed {
        0 => promise.map_or_else(String::new, |word| format!(", never one that was {word}")),
        n if crashes
            .points
            .iter()
            .any(|point| CURVES.map(|(_, value)| value(point)) == [lost, confirmed]) =>
        {
            format!(", up to {n} of them {}", promise.unwrap_or("confirmed"))
        }
        n => format!(", at another instant up to {n} that are {}", promise.unwrap_or("confirmed")),
    };
    format!(
        "{of}a {kind} loses up to {}{confirmed}, and something at {} of {}{made_good}; {repeats}{anyway}",
        counted(lost, "message"),
        share(crashes, |point| point.aftermath.lost()),
        instants(crashes)
    )
}

/// By what producers are told that the broker has taken a message over, as their tables say; `None`: they never are.
fn promise(crashes: &VariantCrashes) -> Option<&'static str> {
    let producers = &crashes.variant.scenario.system.producers;
    let confirms = producers.iter().any(|producer| producer.confirms);
    let commits = producers.iter().any(|producer| producer.transaction_size.is_some());
    match (confirms, commits) {
        (true, true) => Some("confirmed or committed"),
        (true, false) => Some("confirmed"),
        (false, true) => Some("committed"),
        (false, false) => None,
    }
}

/// What publishing again makes of it.
fn made_good(most: impl Fn(Count) -> u64) -> String {
    let again = match most(|point| point.aftermath.republished) {
        0 => return String::new(),
        n => counted_as(n, "is published", "are published"),
    };
    let lost = match most(|point| point.aftermath.lost_for_good) {
        0 => "none is lost for good".to_owned(),
        n => format!("up to {n} {} lost for good", if n == 1 { "is" } else { "are" }),
    };
    let twice = match most(|point| point.aftermath.duplicated) {
        0 => String::new(),
        n => format!(
            "; up to {n} had got through before and {} there twice",
            if n == 1 { "is" } else { "are" }
        ),
    };
    format!("; up to {again} again, and {lost}{twice}")
}

/// Whether messages that are lost are others than losses: some are published again, or have several copies.
fn tells_messages_apart(crashes: &VariantCrashes) -> bool {
    let differs = |what: &Aftermath| what.republished > 0 || what.lost_for_good != what.lost();
    crashes.points.iter().any(|point| differs(&point.aftermath))
}

fn counted_as(n: u64, one: &str, several: &str) -> String {
    format!("{} {}", counted(n, "message"), if n == 1 { one } else { several })
}

fn instants(crashes: &VariantCrashes) -> String {
    counted(crashes.points.len() as u64, "instant")
}

/// In which part of the crash points a number is not zero.
fn share(crashes: &VariantCrashes, value: impl Fn(&CrashPoint) -> u64) -> String {
    let with = crashes.points.iter().filter(|point| value(point) > 0).count();
    let all = crashes.points.len().max(1);
    let text = numbers::quantity(with as f64 / all as f64, Unit::Share);
    match text.as_str() {
        // Nearly none and nearly all are neither none nor all.
        "0 %" if with > 0 => "<0.1 %".to_owned(),
        "100 %" if with < all => ">99.9 %".to_owned(),
        _ => text,
    }
}

/// What was crashed.
fn what(result: &CrashPoints) -> String {
    let profiles: Vec<&str> =
        result.variants.iter().map(|one| one.variant.scenario.system.profile.name).collect();
    let profile = profiles.first().copied().unwrap_or_default();
    let profile = if profiles.iter().all(|one| *one == profile) { profile } else { "by variant" };
    let mut text = format!(
        "scenario: {} ({}), profile {profile}, amqpsim {}\n",
        result.name,
        result.origin.file,
        env!("CARGO_PKG_VERSION")
    );
    if !result.origin.overrides.is_empty() {
        text += &format!("settings: {}\n", result.origin.overrides.join(", "));
    }
    let scenarios = result.variants.iter().map(|one| (one.variant.name.as_str(), &one.variant.scenario));
    text += &dispatch::line(scenarios);
    let mut abouts: Vec<String> =
        result.variants.iter().map(|one| result.crash.about(&one.variant.scenario.system)).collect();
    abouts.dedup();
    let later = match result.crash.kind.hits {
        Hits::Queue => String::new(),
        Hits::Broker(_) | Hits::Node | Hits::Client(_) => format!(", {} later", result.crash.lasts),
    };
    let crash = format!(
        "{}{later}; from the crash on nothing new is published, and what is lost, processed again or out of order since is \
         counted, without what happens anyway when producers stop and nothing crashes",
        abouts.join("; or ")
    );
    text + &format!("{}\n\n", wrap("crash: ", 7, &crash, WIDTH).join("\n"))
}

/// A variant with what it changes.
fn titled(crashes: &VariantCrashes) -> String {
    let changes: Vec<String> =
        crashes.variant.changes.iter().map(|(address, value)| format!("{address} = {value}")).collect();
    let name = format!("variant `{}`", crashes.variant.name);
    if changes.is_empty() { name } else { prose(&format!("{name}: {}", changes.join(", ")), WIDTH) }
}

/// The run that was struck, and where.
fn run(result: &CrashPoints, crashes: &VariantCrashes) -> String {
    let end = &crashes.end;
    let why = match end.why {
        EndReason::Drained => "until nothing was left to happen",
        EndReason::TimeLimit => "until the time limit",
        EndReason::EventLimit => "until the limit of events",
    };
    let n = crashes.points.len() as u64;
    let spread = match result.spread {
        _ if n == end.events => "a crash right after each of them".to_owned(),
        Spread::Every(k) => format!("{} every {k} events", counted(n, "crash point")),
        Spread::AtMost(_) => format!("{}, evenly spread over them", counted(n, "crash point")),
    };
    let line =
        format!("seed {}: {} in {} {why}; {spread}", result.seed, counted(end.events, "event"), end.at);
    format!("{}\n\n", prose(&line, WIDTH))
}

/// A number of a crash point, with its name.
type Row = (String, Box<dyn Fn(&CrashPoint) -> u64>);

fn numbers_table(crashes: &VariantCrashes) -> String {
    let mut all: Vec<Row> = Vec::new();
    for (name, value) in CURVES {
        all.push((name.to_owned(), Box::new(value)));
    }
    if tells_messages_apart(crashes) {
        all.push(("messages lost for good".to_owned(), Box::new(|point| point.aftermath.lost_for_good)));
    }
    let shown = all.len();
    for cause in LossCause::ALL {
        all.push((
            format!("lost: {}", cause.words()),
            Box::new(move |point: &CrashPoint| point.aftermath.lost_to(cause)),
        ));
    }
    let others: [(&str, Count); 8] = [
        ("lost without the crash as well", |point| point.aftermath.lost_anyway),
        ("published again", |point| point.aftermath.republished),
        ("there twice by that", |point| point.aftermath.duplicated),
        ("processed again", |point| point.aftermath.processed_again),
        ("came back acknowledged", |point| point.aftermath.came_back),
        ("delivered out of order", |point| point.aftermath.out_of_order),
        ("unfinished", |point| point.aftermath.unfinished),
        ("in doubt at the crash", |point| point.aftermath.in_doubt),
    ];
    all.extend(others.map(|(name, value)| (name.to_owned(), Box::new(value) as _)));
    let rows = all.into_iter().enumerate().filter_map(|(k, (name, value))| {
        let most = crashes.points.iter().map(&value).max().unwrap_or(0);
        (most > 0 || k < shown).then(|| row(crashes, name, (most, &value)))
    });
    table::titled(
        "messages at a crash point",
        &["fate", "mean", "most", "first at", "crash points with any"],
        rows,
    )
}

fn row(
    crashes: &VariantCrashes,
    name: String,
    (most, value): (u64, &dyn Fn(&CrashPoint) -> u64),
) -> Vec<String> {
    let sum: u128 = crashes.points.iter().map(|point| u128::from(value(point))).sum();
    let mean = sum as f64 / crashes.points.len().max(1) as f64;
    let first = crashes.points.iter().find(|point| most > 0 && value(point) == most);
    vec![
        name,
        numbers::quantity(mean, Unit::Count),
        most.to_string(),
        first.map_or_else(|| "-".to_owned(), |point| point.at.to_string()),
        share(crashes, value),
    ]
}

/// The curves as lines of blocks, on one scale.
fn courses(crashes: &VariantCrashes) -> String {
    let lines = CURVES.map(|(name, value)| {
        let levels = columns(&crashes.points, crashes.end.at, plot::WIDTH, value);
        (name, levels.into_iter().map(Option::unwrap_or_default).collect::<Vec<u64>>())
    });
    let top = lines.iter().flat_map(|(_, levels)| levels).copied().max().unwrap_or(0);
    if top == 0 {
        return String::new();
    }
    let mut text = format!("what a crash would lose, over its instant (0s to {})\n", crashes.end.at);
    for (name, levels) in lines {
        let highest = levels.iter().copied().max().unwrap_or(0);
        text += &format!(" {name:<21}  {}  highest {highest}\n", plot::bars(&levels, top));
    }
    text + "\n"
}

/// The worst crash, in words.
fn worst(crashes: &VariantCrashes) -> String {
    let Some(point) = crashes.worst() else { return String::new() };
    let what = &point.aftermath;
    let causes: Vec<String> =
        what.losses.met().map(|(cause, count)| format!("{count} {}", cause.words())).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
    let mut parts = vec![format!("{} lost{causes}", what.lost())];
    if what.republished > 0 {
        parts.push(format!("{} lost for good", what.lost_for_good));
    }
    for (count, words) in [
        (what.lost_though_confirmed, "confirmed among them"),
        (what.republished, "published again"),
        (what.duplicated, "there twice by that"),
        (what.processed_again, "processed again"),
        (what.came_back, "came back though acknowledged"),
        (what.out_of_order, "delivered out of order"),
        (what.unfinished, "unfinished"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    let mut text = prose(
        &format!(
            "worst: right after event {} at {}{}, with {} in doubt: {}",
            point.event,
            point.at,
            what.node.map(|node| format!(", of node {}", node + 1)).unwrap_or_default(),
            counted(what.in_doubt, "message"),
            parts.join(", ")
        ),
        WIDTH,
    );
    let unfinished = crashes.points.iter().filter(|point| point.aftermath.is_unfinished()).count();
    if unfinished > 0 {
        let line = format!(
            "unfinished: after {}, a limit of the scenario was reached before all messages had a fate",
            counted_of(unfinished, crashes.points.len())
        );
        text += &format!("\n{}", prose(&line, WIDTH));
    }
    text + "\n"
}

fn counted_of(n: usize, all: usize) -> String {
    if n == all { format!("each of {all} crashes") } else { format!("{n} of {all} crashes") }
}

/// The command that gives the same report again.
fn foot(result: &CrashPoints) -> String {
    let variant = match result.variants.as_slice() {
        [only] => only.replication.variant.as_deref(),
        _ => None,
    };
    let variant =
        variant.map(|name| format!(" --variant {}", crate::experiment::shell_word(name))).unwrap_or_default();
    let spread = match result.spread {
        Spread::Every(k) if k.get() == 1 => String::new(),
        Spread::Every(k) => format!(" --every {k}"),
        Spread::AtMost(n) => format!(" --at-most {n}"),
    };
    let options = result.crash.options().into_iter();
    let options: Vec<String> = options
        .map(|(option, value)| format!(" {option} {}", crate::experiment::shell_word(&value)))
        .collect();
    let options = options.concat();
    format!(
        "again: amqpsim crash-points {}{variant}{options}{spread} --seed {}\n",
        result.origin, result.seed
    )
}
