//! The truth table of durability: blocks for crashes, rows for what the application chooses, columns for stores.

mod csv;
mod why;

pub use self::csv::durability_csv;
pub use why::durability_why;

use super::emphasis;
use super::wrap::prose;
use crate::experiment::{DurabilityCell, STANDARD_MESSAGES, Setup};
use crate::scenario::Hits;

/// Columns of a line.
const WIDTH: usize = 110;

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
    for block in cells.chunk_by(|a, b| a.kind.name == b.kind.name) {
        text +=
            &format!("\n{}\n", emphasis::strong(&format!("{}: {}", block[0].kind.name, block[0].kind.about)));
        text += &of_one_crash(block);
    }
    text
}

/// For each crash, which stores keep what they confirmed, where the application does all it can.
fn answer(cells: &[DurabilityCell]) -> String {
    let mut lines =
        vec!["with durable queues, persistent messages, confirms and manual acknowledgement:".to_owned()];
    let careful = |cell: &&DurabilityCell| {
        let setup = cell.setup;
        setup.durable && setup.persistent && setup.confirms && !setup.automatic
    };
    for block in cells.chunk_by(|a, b| a.kind.name == b.kind.name) {
        let careful: Vec<&DurabilityCell> = block.iter().filter(careful).collect();
        if careful.is_empty() {
            continue;
        }
        let losing: Vec<&str> = careful
            .iter()
            .filter(|cell| cell.lost_though_confirmed > 0)
            .map(|cell| short(cell.store))
            .collect();
        let says = match losing.len() {
            0 => "loses no confirmed message in any store".to_owned(),
            n if n == careful.len() => "loses confirmed messages in every store".to_owned(),
            _ => format!("loses confirmed messages with {} only", losing.join(", ")),
        };
        lines.push(prose(&format!("  {} {says}", block[0].kind.name), WIDTH));
    }
    if lines.len() == 1 { "durability: the worst of each crash".to_owned() } else { lines.join("\n") }
}

fn legend(cells: &[DurabilityCell]) -> String {
    let mut lines = vec![
        format!(
            "run: {STANDARD_MESSAGES} messages are published within 15 ms, once each, and wait; 2 s after the first a consumer \
             comes and works off one each 20 ms, with a prefetch count of 10 where it acknowledges itself; profile \
             rabbitmq-4.0. It is crashed right after every one of its {}, each time a copy of it; the broker is back 5 s later (a queue: at once). \
             Each number is the worst of all these crashes",
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
             drops it (DEV-14), whatever the store. After a crash some of it may come back and is counted as lost all \
             the same: the acknowledgement was not on disk"
                .to_owned(),
        );
    }
    if cells.iter().any(DurabilityCell::is_quorum) {
        lines.push(
            "quorum: one node. Quorum queues are always durable and keep transient messages like persistent ones; `*` \
             marks what was run so, and `–` a crash that a queue of many processes does not know"
                .to_owned(),
        );
    }
    lines.push("`--why` adds the causes with their rules".to_owned());
    lines.iter().map(|line| prose(line, WIDTH) + "\n").collect()
}

/// `261 events`, or from where to where.
fn events(cells: &[DurabilityCell]) -> String {
    let crashes = || cells.iter().map(|cell| cell.crashes);
    let (fewest, most) = (crashes().min().unwrap_or(0), crashes().max().unwrap_or(0));
    if fewest == most { format!("{most} events") } else { format!("{fewest} to {most} events") }
}

/// The name of a store without what presets share.
fn short(store: &str) -> &str {
    store.trim_start_matches("rabbitmq-")
}

/// The rows of one crash.
fn of_one_crash(block: &[DurabilityCell]) -> String {
    let rows: Vec<&[DurabilityCell]> = block.chunk_by(|a, b| a.setup == b.setup).collect();
    let stores: Vec<(&str, &str)> = rows[0]
        .iter()
        .map(|cell| short(cell.store))
        .map(|name| name.split_once('-').unwrap_or(("", name)))
        .collect();
    let first = rows.iter().map(|row| label(row[0].setup).len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..stores.len())
        .map(|k| {
            let cells = rows.iter().map(|row| shown(&row[k]).len()).max().unwrap_or(0);
            cells.max(stores[k].0.len()).max(stores[k].1.len())
        })
        .collect();
    let line = |label: &str, cells: Vec<String>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:<width$}"));
        let cells = cells.collect::<Vec<_>>().concat();
        format!("{label:<first$}{cells}").trim_end().to_owned() + "\n"
    };
    let mut text = line("", stores.iter().map(|(above, _)| (*above).to_owned()).collect());
    text += &line("", stores.iter().map(|(_, below)| (*below).to_owned()).collect());
    let same = |a: &&[DurabilityCell], b: &&[DurabilityCell]| group(a[0].setup) == group(b[0].setup);
    for rows in rows.chunk_by(same) {
        text += &format!("{}\n", group(rows[0][0].setup));
        for row in rows {
            text += &line(&label(row[0].setup), row.iter().map(shown).collect());
        }
    }
    text
}

/// A cell, as its legend says.
fn shown(cell: &DurabilityCell) -> String {
    if cell.is_quorum() && cell.kind.hits == Hits::Queue {
        // It is a log of several processes; a crash of one is that of a node.
        return "–".to_owned();
    }
    let number = |n: u64| if n == STANDARD_MESSAGES { "all".to_owned() } else { n.to_string() };
    let mut text = number(cell.lost);
    if cell.setup.confirms {
        text += &format!(" ({})", number(cell.lost_though_confirmed));
    }
    if cell.processed_again > 0 {
        text += &format!(" +{}", number(cell.processed_again));
    }
    if cell.is_quorum() && !(cell.setup.durable && cell.setup.persistent) {
        text += "*";
    }
    text
}
