//! A line of text that shows the course of a queue's depth.

use crate::experiment::VariantResult;
use crate::stats::DepthSeries;
use crate::units::SimTime;

/// Columns of a plot.
pub(in crate::report) const WIDTH: usize = 60;
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The depth of each queue over the time of the first replication. Queues that never held two messages have no course.
pub(in crate::report) fn depths(variant: &VariantResult) -> String {
    let Some((outcome, replication)) = variant.outcomes.first().zip(variant.replications.first()) else {
        return String::new();
    };
    let mut text = String::new();
    for queue in outcome.queues.iter().filter(|queue| queue.depth.max() > 1) {
        let line = course(&queue.depth_series, outcome.end.at);
        text += &format!(" {}  {line}  highest {}\n", queue.name, queue.depth.max());
    }
    if text.is_empty() {
        return text;
    }
    let which = if variant.outcomes.len() > 1 {
        format!("replication {}, seed {}, ", replication.index, replication.seed)
    } else {
        String::new()
    };
    format!("ready messages over time ({which}0s to {})\n{text}\n", outcome.end.at)
}

/// The series in [`WIDTH`] columns from the start until `end`, each with the highest level in it; a blank is zero.
fn course(series: &DepthSeries, end: SimTime) -> String {
    let mut columns = [0u32; WIDTH];
    let mut points = series.points().peekable();
    let mut level = 0;
    let span = u128::from(end.as_nanos().max(1));
    for (column, highest) in columns.iter_mut().enumerate() {
        let until = (span * (column as u128 + 1) / WIDTH as u128) as u64;
        // A column without a point of its own shows the level that it began with.
        *highest = level;
        let last = column + 1 == WIDTH;
        while let Some((_, point)) = points.next_if(|(at, _)| at.as_nanos() < until || last) {
            *highest = point.max(if level == *highest { 0 } else { *highest });
            level = point;
        }
    }
    let top = columns.iter().copied().max().unwrap_or(0);
    bars(&columns.map(u64::from), u64::from(top))
}

/// A block for each level, of which none is above `top`; a blank is zero.
pub(in crate::report) fn bars(levels: &[u64], top: u64) -> String {
    let block = |level: u64| match level {
        0 => ' ',
        _ => BLOCKS[((u128::from(level) * 8).div_ceil(u128::from(top.max(level))) - 1) as usize],
    };
    levels.iter().map(|&level| block(level)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_shows_peaks_and_levels_that_stay() {
        let mut series = DepthSeries::default();
        let second = |s: u64| SimTime::from_nanos(s * 1_000_000_000);
        series.set(second(0), 8);
        series.set(second(30), 0);
        series.set(second(45), 4);
        let text = course(&series, second(60));
        assert_eq!(text.chars().count(), WIDTH);
        assert_eq!(text.chars().nth(10), Some('█'), "{text}");
        assert_eq!(text.chars().nth(40), Some(' '), "{text}");
        assert_eq!(text.chars().last(), Some('▄'), "{text}");
    }
}
