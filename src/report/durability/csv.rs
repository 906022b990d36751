//! The truth table as CSV, a row for each cell.

use super::{ack, confirms, message, queue};
use crate::experiment::DurabilityCell;
use crate::measure::loss_measure;
use crate::observe::LossCause;

const COLUMNS: [&str; 13] = [
    "crash",
    "store",
    "queue",
    "message",
    "confirms",
    "ack",
    "crash_points",
    "lost",
    "confirmed_and_lost",
    "processed_again",
    "came_back",
    "worst_at_ns",
    "note",
];

/// All cells as CSV (RFC 4180, lines end with a line feed), as `docs/output-formats.md` describes it.
pub fn durability_csv(cells: &[DurabilityCell]) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    write(&mut writer, cells).expect("writing to memory cannot fail");
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is text")
}

fn write(writer: &mut ::csv::Writer<Vec<u8>>, cells: &[DurabilityCell]) -> Result<(), ::csv::Error> {
    let causes = LossCause::ALL.map(|cause| loss_measure(cause).replace('-', "_"));
    writer.write_record(COLUMNS.into_iter().chain(causes.iter().map(String::as_str)))?;
    for cell in cells {
        let setup = cell.setup;
        let words =
            [cell.crash.name, cell.store.name, queue(setup), message(setup), confirms(setup), ack(setup)];
        let numbers = [
            cell.crash_points,
            cell.lost,
            cell.lost_though_confirmed,
            cell.processed_again,
            cell.came_back,
            cell.worst.at.as_nanos(),
        ];
        let causes = LossCause::ALL.map(|cause| cell.worst.aftermath.lost_to(cause));
        // What cannot happen is not the same as a 0.
        let shown = |number: u64| if cell.is_hit() { number.to_string() } else { String::new() };
        let row = words.into_iter().map(str::to_owned).chain(numbers.map(shown));
        writer.write_record(row.chain([note(cell).to_owned()]).chain(causes.map(shown)))?;
    }
    Ok(())
}

/// What a quorum queue makes of a choice that it does not have, and that a crash finds nothing to hit.
fn note(cell: &DurabilityCell) -> &'static str {
    if !cell.is_hit() {
        return "does-not-apply";
    }
    match (cell.store.is_quorum(), cell.setup.durable, cell.setup.persistent) {
        (true, false, true) => "as-durable",
        (true, true, false) => "as-persistent",
        (true, false, false) => "as-durable-and-persistent",
        _ => "",
    }
}
