//! Reports: how results look. One format or table per file; each is a function of plain results.
//! Knows neither the broker's internals nor the model, and no clock: the same result gives the same bytes.
//!
//! Text carries escape sequences for emphasis; whoever writes it removes them where they are not wanted.
#![expect(
    clippy::format_push_string,
    reason = "a report is short, and `write!` into a string has a result to ignore"
)]

mod advice;
mod answer;
mod checks;
mod closer;
mod compact;
mod comparison;
mod crash_points;
mod csv;
mod directory;
mod dispatch;
mod duplicates;
mod durability;
mod emphasis;
mod errors;
mod estimates;
mod fates;
mod faults;
mod head;
mod json;
mod losses;
mod numbers;
mod pictures;
mod plot;
mod side_by_side;
mod summary;
mod sweep;
mod table;
mod theory;
mod wire;
mod wrap;

pub mod story;
pub mod trace;

pub use self::csv::csv;
pub use advice::{ADVICE_FORMAT, advice_json, advice_summary, advice_svg, called as advice_called};
pub use answer::answer;
pub use crash_points::{crash_points_csv, crash_points_json, crash_points_summary, crash_points_svg};
pub use directory::{Cast, Directory, Writeback};
pub use durability::{durability_csv, durability_table, durability_why};
pub use estimates::estimates;
pub use json::{FORMAT, json};
pub use pictures::{picture_files, pictures, warm_up_svg};
pub use summary::{comparison_summary, summary};
pub use sweep::{
    SWEEP_FORMAT, sweep_csv, sweep_json, sweep_point_csv, sweep_point_read, sweep_summary, sweep_svg,
};
