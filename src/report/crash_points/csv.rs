//! Tidy CSV of crash points: one row each, with whole numbers only.

use crate::experiment::{CrashPoint, CrashPoints};
use crate::measure::{EndReason, loss_measure};
use crate::observe::LossCause;

/// The first columns; one for each cause of loss follows.
const COLUMNS: [&str; 17] = [
    "variant",
    "seed",
    "event",
    "at_ns",
    "in_doubt",
    "lost",
    "confirmed_and_lost",
    "processed_again",
    "came_back",
    "out_of_order",
    "unfinished",
    "end",
    "lost_anyway",
    "republished",
    "node",
    "lost_for_good",
    "duplicated",
];

/// All crash points of all variants as CSV (RFC 4180, lines end with a line feed), as `docs/output-formats.md` describes it.
pub fn crash_points_csv(result: &CrashPoints) -> String {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    write(&mut writer, result).expect("writing to memory cannot fail");
    let bytes = writer.into_inner().expect("writing to memory cannot fail");
    String::from_utf8(bytes).expect("every field is text")
}

fn write(writer: &mut ::csv::Writer<Vec<u8>>, result: &CrashPoints) -> Result<(), ::csv::Error> {
    let causes = LossCause::ALL.map(|cause| loss_measure(cause).replace('-', "_"));
    writer.write_record(COLUMNS.into_iter().chain(causes.iter().map(String::as_str)))?;
    for crashes in &result.variants {
        for point in &crashes.points {
            writer.write_field(&crashes.variant.name)?;
            let numbers = [result.seed, point.event, point.at.as_nanos()];
            for number in numbers.into_iter().chain(counts(point)) {
                writer.write_field(number.to_string())?;
            }
            writer.write_field(end(point.aftermath.end))?;
            writer.write_field(point.aftermath.lost_anyway.to_string())?;
            writer.write_field(point.aftermath.republished.to_string())?;
            let node = point.aftermath.node.map(|node| (node + 1).to_string());
            writer.write_field(node.unwrap_or_default())?;
            writer.write_field(point.aftermath.lost_for_good.to_string())?;
            writer.write_field(point.aftermath.duplicated.to_string())?;
            for cause in LossCause::ALL {
                writer.write_field(point.aftermath.lost_to(cause).to_string())?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
    }
    Ok(())
}

fn counts(point: &CrashPoint) -> [u64; 7] {
    let what = &point.aftermath;
    [
        what.in_doubt,
        what.lost(),
        what.lost_though_confirmed,
        what.processed_again,
        what.came_back,
        what.out_of_order,
        what.unfinished,
    ]
}

pub(super) fn end(why: EndReason) -> &'static str {
    match why {
        EndReason::Drained => "drained",
        EndReason::TimeLimit => "time-limit",
        EndReason::EventLimit => "event-limit",
    }
}
