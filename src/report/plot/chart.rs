//! A panel of curves on a terminal: a field of characters with an axis on the left and one below.

use super::{Content, Panel, Shape};

/// The field, in characters.
const FIELD: (usize, usize) = (60, 10);
/// What stands for the points of each series, in their order.
const MARKS: [char; 5] = ['●', '○', '◆', '◇', '+'];
/// What stands for a broken line.
const BROKEN: char = '·';
/// What stands for an interval.
const INTERVAL: char = '│';

/// The chart as text, an empty line behind it; nothing for a panel without curves.
pub(in crate::report) fn chart(panel: &Panel) -> String {
    let Content::Curves { y: axis, series, .. } = &panel.content else { return String::new() };
    let (width, height) = FIELD;
    let mut field = vec![vec![' '; width]; height];
    let column = |x: f64| libm::round(panel.x.place(x) * (width - 1) as f64) as usize;
    let row = |y: f64| height - 1 - libm::round(axis.place(y) * (height - 1) as f64) as usize;
    // What comes later stands on top: broken lines, intervals, points; the first series last.
    for one in series.iter().filter(|one| one.shape == Shape::Broken) {
        for pair in one.points.windows(2) {
            let (from, to) = (column(pair[0].x), column(pair[1].x));
            let height_at = |at: usize| {
                let part = if to > from { (at - from) as f64 / (to - from) as f64 } else { 0.0 };
                row(pair[0].y + (pair[1].y - pair[0].y) * part)
            };
            (from..=to).for_each(|at| field[height_at(at)][at] = BROKEN);
        }
    }
    let measured: Vec<_> = series.iter().filter(|one| one.shape != Shape::Broken).collect();
    for (low, high, x) in measured.iter().flat_map(|one| &one.points).filter_map(|point| {
        let (low, high) = point.interval?;
        Some((row(low), row(high), column(point.x)))
    }) {
        (high..=low).for_each(|at| field[at][x] = INTERVAL);
    }
    for (place, one) in measured.iter().enumerate().rev() {
        for point in &one.points {
            field[row(point.y)][column(point.x)] = MARKS[place % MARKS.len()];
        }
    }
    let mut labels = vec![String::new(); height];
    for (tick, words) in &axis.ticks {
        labels[row(*tick)].clone_from(words);
    }
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let mut text = format!(" {}\n", axis.label);
    for (label, line) in labels.iter().zip(&field) {
        let line: String = line.iter().collect();
        text += format!(" {label:>margin$} ┤{line}").trim_end();
        text.push('\n');
    }
    text += &below(panel, margin, width, column);
    let named = measured.iter().enumerate().filter(|(_, one)| !one.name.is_empty());
    let mut legend: Vec<String> =
        named.map(|(k, one)| format!("{} {}", MARKS[k % MARKS.len()], one.name)).collect();
    let broken = series.iter().find(|one| one.shape == Shape::Broken);
    legend.extend(broken.map(|one| format!("{BROKEN} {}", one.name)));
    if !legend.is_empty() {
        text += &format!(" {:margin$}  {}\n", "", legend.join("   "));
    }
    text + "\n"
}

/// The axis below with its ticks and label.
fn below(panel: &Panel, margin: usize, width: usize, column: impl Fn(f64) -> usize) -> String {
    let mut axis = vec!['─'; width];
    let mut words = vec![' '; width + 12];
    let mut free = 0;
    for (tick, label) in &panel.x.ticks {
        let at = column(*tick);
        let start = at.saturating_sub(label.chars().count() / 2);
        // A label that would touch the one before it is left out.
        if start < free || start + label.chars().count() > words.len() {
            continue;
        }
        axis[at] = '┬';
        for (k, c) in label.chars().enumerate() {
            words[start + k] = c;
        }
        free = start + label.chars().count() + 1;
    }
    let [axis, words] = [axis, words].map(|line| line.into_iter().collect::<String>());
    let blank = " ".repeat(margin);
    let label = &panel.x.label;
    let middle = (width.saturating_sub(label.chars().count())) / 2;
    format!(" {blank} └{axis}\n {blank}  {}\n {blank}  {:middle$}{label}\n", words.trim_end(), "")
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "`expect-test` writes them")]
mod tests {
    use expect_test::expect;

    use super::super::{Axis, Point, Series, levels};
    use super::*;
    use crate::measure::Unit;

    #[test]
    fn points_stand_over_their_ticks_and_broken_lines_below_them() {
        let counts = [1.0, 2.0, 4.0, 8.0, 16.0].map(|count| (format!("{count}"), Some(count)));
        let (x, places) = levels("prefetch count", &counts);
        let curve = |name: &str, shape, values: [f64; 5]| Series {
            name: name.to_owned(),
            shape,
            points: places.iter().zip(values).map(|(&x, y)| Point::at(x, y)).collect(),
        };
        let mut measured = curve("measured", Shape::Line, [10.0, 20.0, 38.0, 70.0, 97.0]);
        measured.points[3].interval = Some((55.0, 85.0));
        let series = vec![measured, curve("at most", Shape::Broken, [10.0, 20.0, 40.0, 80.0, 100.0])];
        let y = Axis::from_zero("throughput", 100.0, Unit::PerSecond, 5);
        let panel =
            Panel { title: String::new(), x, content: Content::Curves { y, series, notes: Vec::new() } };
        expect![[r#"
            chart
             throughput (1/s)
             100 ┤                                                      ···●
                 ┤                                           │  ········
              80 ┤                                         ··│··
                 ┤                                     ····  ●
              60 ┤                                  ···      │
              40 ┤                              ····
                 ┤                      ········●
              20 ┤            ····●·····
                 ┤  ●·········
               0 ┤
                 └──┬─────────────┬─────────────┬────────────┬─────────────┬──
                    1             2             4            8            16
                                         prefetch count
                  ● measured   · at most

        "#]]
        .assert_eq(&format!("chart\n{}", chart(&panel)));
    }
}
