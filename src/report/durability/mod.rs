//! The truth table of durability: blocks for crashes, rows for what the application chooses, columns for stores.

mod block;
mod csv;
mod why;

pub use self::csv::durability_csv;
pub use why::durability_why;

use block::of_one_crash;

use super::emphasis;
use super::wrap::prose;
use crate::experiment::{DurabilityCell, STANDARD_MESSAGES, Setup};

/// Columns of a line.
const WIDTH: usize = 110;
/// The cell of a store in which the crash finds nothing to hit.
const NOT_HIT: &str = "–";

fn queue(setup: Setup) -> &'static str {
    if setup.durable { "durable" } else { "transient" }
}

fn message(setup: Setup) -> &'static str {
    if setup.persistent { "persistent" } else { "transient" }
}

fn confirms(setup: Setup) -> &'static str {
    if setup.confirms { "yes" } else { "no" }
}

fn ack(setup: Setup) -> &'static str {
    if setup.automatic { "automatic" } else { "manual" }
}

/// What stands before the cells of a row.
fn label(setup: Setup) -> String {
    let confirms = if setup.confirms { "confirms" } else { "no confirms" };
    format!("  {confirms}, {}", ack(setup))
}

/// What stands above the rows of a queue and its messages.
fn group(setup: Setup) -> String {
    format!("{} queue, {} messages", queue(setup), message(setup))
}

/// The table for people.
pub fn durability_table(cells: &[DurabilityCell]) -> String {
    let mut text = format!("{}\n\n{}", emphasis::strong(&answer(cells)), legend(cells));
    for block in blocks(cells) {
        let crash = block[0].crash;
        let title = prose(&format!("{}: {}", crash.name, crash.about), WIDTH);
        text += &format!("\n{}\n", emphasis::strong(&title));
        text += &of_one_crash(block);
    }
    text
}

/// The cells of each crash.
fn blocks(cells: &[DurabilityCell]) -> impl Iterator<Item = &[DurabilityCell]> {
    cells.chunk_by(|a, b| a.crash.name == b.crash.name)
}

/// For each crash, which stores keep what they confirmed, where the application does all it can.
fn answer(cells: &[DurabilityCell]) -> String {
    let mut lines =
        vec!["with durable queues, persistent messages, confirms and manual acknowledgement:".to_owned()];
    let careful = |cell: &&DurabilityCell| {
        let setup = cell.setup;
        setup.durable && setup.persistent && setup.confirms && !setup.automatic && cell.is_hit()
    };
    for block in blocks(cells) {
        let (losing, keeping): (Vec<&DurabilityCell>, Vec<&DurabilityCell>) =
            block.iter().filter(careful).partition(|cell| cell.lost_though_confirmed > 0);
        let names = |cells: &[&DurabilityCell]| {
            let names: Vec<&str> = cells.iter().map(|cell| cell.store.short_name()).collect();
            names.join(", ")
        };
        let says = match (losing.len(), keeping.len()) {
            (0, 0) => continue,
            (0, 1) => format!("loses no confirmed message with {}", names(&keeping)),
            (0, _) => "loses no confirmed message in any store".to_owned(),
            (1, 0) => format!("loses confirmed messages with {}", names(&losing)),
            (_, 0) => "loses confirmed messages in every store".to_owned(),
            (n, m) if n > m => {
                format!("loses confirmed messages in every store but {}", names(&keeping))
            }
            _ => format!("loses confirmed messages with {} only", names(&losing)),
        };
        lines.push(prose(&format!("  {} {says}", block[0].crash.name), WIDTH));
    }
    if lines.len() == 1 { "durability: the worst of each crash".to_owned() } else { lines.join("\n") }
}

fn legend(cells: &[DurabilityCell]) -> String {
    let mut lines = vec![
        format!(
            "run: {STANDARD_MESSAGES} messages are published within 15 ms, once each, and wait; 2 s after the first a consumer \
             comes and works off one each 20 ms, with a prefetch count of 10 where it acknowledges itself; profile \
             rabbitmq-4.0. It is crashed right after every one of its {}, each time a copy of it; what crashed is back 5 s \
             later (a queue: at once). Each number is the worst of all these crashes",
            events(cells)
        ),
        format!(
            "cells: lost (of them confirmed) +processed again; `all` are all {STANDARD_MESSAGES}. Where the producer has no \
             confirms, it cannot know: no brackets. A message that went to the wire unconfirmed is lost wherever the broker \
             stops, so a few are lost in every row of such a crash"
        ),
    ];
    if cells.iter().any(|cell| cell.setup.automatic) {
        lines.push(
            "automatic: what is in the consumer's buffer is settled already, and a consumer that loses its connection \
             drops it (DEV-14), whatever the store. What comes back after a crash, because its acknowledgement was not on \
             disk, is not lost"
                .to_owned(),
        );
    }
    if cells.iter().any(|cell| cell.store.is_quorum()) {
        lines.push(
            "quorum: a queue with 1, 3 or 5 members, each on a node of its own; the clients are connected to the leader's. \
             It is always durable and keeps transient messages like persistent ones; `*` marks what was run so"
                .to_owned(),
        );
    }
    if cells.iter().any(|cell| !cell.is_hit()) {
        lines.push(format!(
            "{NOT_HIT}: does not apply, which is no zero. A quorum queue is not one process but a log with a member on each \
             node; what can end is a node, see node-crash"
        ));
    }
    lines.push("`--why` adds the causes with their rules".to_owned());
    lines.iter().map(|line| prose(line, WIDTH) + "\n").collect()
}

/// `261 events`, or from where to where.
fn events(cells: &[DurabilityCell]) -> String {
    let crashes = || cells.iter().map(|cell| cell.crash_points);
    let (fewest, most) = (crashes().min().unwrap_or(0), crashes().max().unwrap_or(0));
    if fewest == most { format!("{most} events") } else { format!("{fewest} to {most} events") }
}

/// A cell, as its legend says.
fn shown(cell: &DurabilityCell) -> String {
    if !cell.is_hit() {
        return NOT_HIT.to_owned();
    }
    let number = |n: u64| if n == STANDARD_MESSAGES { "all".to_owned() } else { n.to_string() };
    let mut text = number(cell.lost);
    if cell.setup.confirms {
        text += &format!(" ({})", number(cell.lost_though_confirmed));
    }
    if cell.processed_again > 0 {
        text += &format!(" +{}", number(cell.processed_again));
    }
    if cell.store.is_quorum() && !(cell.setup.durable && cell.setup.persistent) {
        text += "*";
    }
    text
}
