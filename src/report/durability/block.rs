//! The block of one crash: rows in groups, and as many columns side by side as a line holds.

use super::{WIDTH, group, label, shown};
use crate::experiment::DurabilityCell;
use crate::report::wrap::wrap;

/// Rows that stand below one heading: each with its label and its cells.
type Rows = Vec<(String, Vec<String>)>;

/// A heading and its rows; groups of queues and messages whose rows are the same share them.
struct Group {
    names: Vec<String>,
    rows: Rows,
}

/// The rows of one crash.
pub(super) fn of_one_crash(block: &[DurabilityCell]) -> String {
    let groups = groups(block);
    let first_row: Vec<&DurabilityCell> =
        block.iter().take_while(|cell| cell.setup == block[0].setup).collect();
    let names: Vec<(&str, &str)> = first_row
        .iter()
        .map(|cell| cell.store.short_name())
        .map(|name| name.split_once('-').unwrap_or(("", name)))
        .collect();
    let rows = || groups.iter().flat_map(|group| &group.rows);
    let label_width = rows().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(k, (above, below))| {
            let cells = rows().map(|(_, cells)| cells[k].chars().count()).max().unwrap_or(0);
            cells.max(above.len()).max(below.len())
        })
        .collect();
    let line = |label: &str, cells: &[&str], widths: &[usize]| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| format!("  {cell:<width$}"));
        format!("{label:<label_width$}{}", cells.collect::<String>()).trim_end().to_owned() + "\n"
    };
    let mut text = String::new();
    for (k, part) in parts(label_width, &widths).into_iter().enumerate() {
        text += if k == 0 { "" } else { "\n" };
        let widths = &widths[part.clone()];
        let (above, below): (Vec<&str>, Vec<&str>) = names[part.clone()].iter().copied().unzip();
        text += &line("", &above, widths);
        text += &line("", &below, widths);
        for group in &groups {
            text += &(wrap("", 4, &group.names.join("; "), WIDTH).join("\n") + "\n");
            for (label, cells) in &group.rows {
                text +=
                    &line(label, &cells[part.clone()].iter().map(String::as_str).collect::<Vec<_>>(), widths);
            }
        }
    }
    text
}

fn groups(block: &[DurabilityCell]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for cells in block.chunk_by(|a, b| group(a.setup) == group(b.setup)) {
        let of_row = cells.chunk_by(|a, b| a.setup == b.setup);
        let rows: Rows = of_row.map(|row| (label(row[0].setup), row.iter().map(shown).collect())).collect();
        let name = group(cells[0].setup);
        match groups.last_mut().filter(|last| last.rows == rows) {
            Some(last) => last.names.push(name),
            None => groups.push(Group { names: vec![name], rows }),
        }
    }
    groups
}

/// The columns in as few parts as fit into a line, of equal numbers.
fn parts(label: usize, widths: &[usize]) -> Vec<std::ops::Range<usize>> {
    let all = widths.len();
    let cut = |parts: usize| (0..parts).map(move |k| k * all / parts..(k + 1) * all / parts);
    let fits = |part: std::ops::Range<usize>| {
        label + widths[part].iter().map(|width| width + 2).sum::<usize>() <= WIDTH
    };
    let enough = (1..all).find(|parts| cut(*parts).all(fits)).unwrap_or(all);
    cut(enough).collect()
}
