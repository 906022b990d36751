//! A picture as SVG. Colours follow the reader's preference for light or dark.

use super::{Axis, Content, Panel, Picture, Point, Row, Series, Shape};

/// The area of a panel's curves, in pixels.
const PLOT: (f64, f64) = (760.0, 180.0);
/// What stands around it: left, right, above, below.
const LEFT: f64 = 130.0;
const RIGHT: f64 = 30.0;
const ABOVE: f64 = 34.0;
const BELOW: f64 = 52.0;
/// The title, and a line of the legend.
const HEAD: f64 = 36.0;
const LEGEND: f64 = 22.0;
/// A bar with what is around it, and itself.
const ROW: f64 = 26.0;
const BAR: f64 = 16.0;
/// About how wide a character is.
const CHARACTER: f64 = 7.2;
/// What stands beside bars: their values in words.
const WORDS: f64 = 150.0;
/// Where the label of the axis that goes up stands.
const UPWARD: f64 = LEFT - 78.0;
/// Characters of a bar's name.
const NAME_MAX: usize = 16;

/// Colours of series, for light and dark paper; then they begin again with other dashes.
const COLOURS: [(&str, &str); 6] = [
    ("#0969da", "#58a6ff"),
    ("#cf222e", "#ff7b72"),
    ("#1a7f37", "#3fb950"),
    ("#8250df", "#bc8cff"),
    ("#bc4c00", "#f0883e"),
    ("#57606a", "#b1bac4"),
];

/// Light colours first, without variables, so that programs that know less of CSS than browsers draw the light picture.
const STYLE: [&str; 2] = [
    "\
text { font-family: sans-serif; font-size: 13px; fill: #1f2328 }
.title { font-size: 16px; font-weight: bold }
.paper { fill: #ffffff }
.axis { stroke: #1f2328; fill: none }
.grid { stroke: #d0d7de; fill: none }
.note { stroke: #1f2328; fill: none; stroke-dasharray: 2 3 }
.end { text-anchor: end }
.middle { text-anchor: middle }
.line { fill: none; stroke-width: 1.5 }
.area { stroke: none; fill-opacity: 0.2 }
.broken { stroke-dasharray: 6 4 }
",
    "\
text { fill: #e6edf3 }
.paper { fill: #0d1117 }
.axis, .note { stroke: #e6edf3 }
.grid { stroke: #30363d }
",
];

/// The picture as the text of an SVG file.
pub(in crate::report) fn svg(picture: &Picture) -> String {
    let names = series_names(picture);
    let (legend, lines) = legend(&names);
    let head = HEAD + LEGEND * lines as f64;
    let heights: Vec<f64> = picture.panels.iter().map(height).collect();
    let width = pixels(LEFT + PLOT.0 + RIGHT);
    // Without panels there is a line that says so.
    let total = pixels(head + heights.iter().sum::<f64>().max(ABOVE));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{total}\" viewBox=\"0 0 {width} {total}\" \
         role=\"img\">\n<title>{title}</title>\n<desc>{}</desc>\n<style>\n{}</style>\n<rect class=\"paper\" \
         width=\"{width}\" height=\"{total}\"/>\n<text class=\"title\" x=\"{}\" y=\"26\">{title}</text>\n",
        escaped(&picture.description),
        style(names.len().max(1)),
        pixels(LEFT),
        title = escaped(&picture.title),
    );
    text += &legend;
    let mut top = head;
    if picture.panels.is_empty() {
        text += &format!("<text x=\"{}\" y=\"58\">there is nothing to show</text>\n", pixels(LEFT));
    }
    for (panel, height) in picture.panels.iter().zip(heights) {
        text += &draw(panel, &names, top + ABOVE);
        top += height;
    }
    text + "</svg>\n"
}

fn height(panel: &Panel) -> f64 {
    ABOVE + area_height(panel) + BELOW
}

fn area_height(panel: &Panel) -> f64 {
    match &panel.content {
        Content::Curves { .. } => PLOT.1,
        Content::Rows(rows) => ROW * rows.len().max(1) as f64,
    }
}

/// The names of all series, each once, with the shape of the first one.
fn series_names(picture: &Picture) -> Vec<(&str, Shape)> {
    let mut names: Vec<(&str, Shape)> = Vec::new();
    for panel in &picture.panels {
        let Content::Curves { series, .. } = &panel.content else { continue };
        for one in series {
            if !names.iter().any(|(name, _)| *name == one.name) {
                names.push((&one.name, one.shape));
            }
        }
    }
    names
}

/// The rules of all colours that are used.
fn style(series: usize) -> String {
    let colour = |k: usize, dark: bool| {
        let (light, night) = COLOURS[k];
        let colour = if dark { night } else { light };
        format!(".line.s{k} {{ stroke: {colour} }}\n.area.s{k} {{ fill: {colour} }}\n")
    };
    let colours =
        |dark: bool| (0..series.min(COLOURS.len())).map(|k| colour(k, dark)).collect::<Vec<_>>().concat();
    let [light, dark] = STYLE;
    format!("{light}{}@media (prefers-color-scheme: dark) {{\n{dark}{}}}\n", colours(false), colours(true))
}

/// The classes of a series, by its place among all.
fn classes(place: usize, shape: Shape) -> String {
    let again = if place >= COLOURS.len() || shape == Shape::Broken { " broken" } else { "" };
    format!("s{}{again}", place % COLOURS.len())
}

/// A sample of each line with its name, and how many lines of text that takes.
fn legend(names: &[(&str, Shape)]) -> (String, usize) {
    if names.iter().all(|(name, _)| name.is_empty()) {
        return (String::new(), 0);
    }
    let (mut x, mut line) = (LEFT, 0);
    let mut text = String::new();
    for (place, (name, shape)) in names.iter().enumerate() {
        let width = 36.0 + CHARACTER * name.chars().count() as f64 + 24.0;
        if x > LEFT && x + width > LEFT + PLOT.0 + RIGHT {
            (x, line) = (LEFT, line + 1);
        }
        let y = HEAD + LEGEND * f64::from(line) + 11.0;
        text += &format!(
            "<path class=\"{} line\" d=\"M{} {}h28\"/>\n<text x=\"{}\" y=\"{}\">{}</text>\n",
            classes(place, *shape),
            pixels(x),
            pixels(y),
            pixels(x + 36.0),
            pixels(y + 5.0),
            escaped(name)
        );
        x += width;
    }
    (text, line as usize + 1)
}

/// One panel; `top` is the upper edge of its curves.
fn draw(panel: &Panel, names: &[(&str, Shape)], top: f64) -> String {
    let bottom = top + area_height(panel);
    let width = match panel.content {
        Content::Curves { .. } => PLOT.0,
        Content::Rows(_) => PLOT.0 - WORDS,
    };
    let right = LEFT + width;
    let mut text = String::new();
    if !panel.title.is_empty() {
        text += &format!(
            "<text x=\"{}\" y=\"{}\">{}</text>\n",
            pixels(LEFT),
            pixels(top - 10.0),
            escaped(&panel.title)
        );
    }
    let x = |value: f64| LEFT + panel.x.place(value) * width;
    match &panel.content {
        Content::Curves { y: axis, series, notes } => {
            let y = |value: f64| bottom - axis.place(value) * (bottom - top);
            text += &grid(axis, y, right);
            for (k, one) in series.iter().enumerate() {
                let place = names.iter().position(|(name, _)| *name == one.name).unwrap_or(0);
                // What was drawn first can be seen below what is drawn over it.
                let width = 1.5 + 2.5 * (series.len() - 1 - k) as f64;
                let width = if one.shape == Shape::Area { width } else { 1.5 };
                text += &curve(one, &classes(place, one.shape), width, (&x, &y), bottom);
            }
            for (k, (at, words)) in notes.iter().enumerate() {
                text += &note(x(*at), words, (top, bottom), k);
            }
            let middle = pixels(f64::midpoint(top, bottom));
            text += &format!(
                "<text class=\"middle\" x=\"{x}\" y=\"{middle}\" transform=\"rotate(-90 {x} {middle})\">{}</text>\n",
                escaped(&axis.label),
                x = pixels(UPWARD),
            );
        }
        Content::Rows(rows) => {
            for (k, row) in rows.iter().enumerate() {
                text += &bar(row, &x, top + ROW * (k as f64 + 0.5));
            }
        }
    }
    let mut free = f64::NEG_INFINITY;
    for (tick, words) in &panel.x.ticks {
        let x = x(*tick);
        text += &format!("<path class=\"axis\" d=\"M{} {}v5\"/>\n", pixels(x), pixels(bottom));
        // Words that would touch those before them are left out.
        let half = CHARACTER * words.chars().count() as f64 / 2.0;
        if x - half < free {
            continue;
        }
        free = x + half + CHARACTER / 2.0;
        text += &format!(
            "<text class=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
            pixels(x),
            pixels(bottom + 20.0),
            escaped(words)
        );
    }
    text += &format!(
        "<path class=\"axis\" d=\"M{} {}V{}H{}\"/>\n",
        pixels(LEFT),
        pixels(top),
        pixels(bottom),
        pixels(right)
    );
    text + &format!(
        "<text class=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
        pixels(LEFT + width / 2.0),
        pixels(bottom + 40.0),
        escaped(&panel.x.label)
    )
}

/// A line across for each tick of the axis that goes up.
fn grid(axis: &Axis, y: impl Fn(f64) -> f64, right: f64) -> String {
    let mut text = String::new();
    for (tick, words) in &axis.ticks {
        let y = y(*tick);
        text += &format!("<path class=\"grid\" d=\"M{} {}H{}\"/>\n", pixels(LEFT), pixels(y), pixels(right));
        let (x, y) = (pixels(LEFT - 8.0), pixels(y + 4.0));
        text += &format!("<text class=\"end\" x=\"{x}\" y=\"{y}\">{}</text>\n", escaped(words));
    }
    text
}

type Scales<'a> = (&'a dyn Fn(f64) -> f64, &'a dyn Fn(f64) -> f64);

fn curve(series: &Series, classes: &str, width: f64, (x, y): Scales<'_>, bottom: f64) -> String {
    let Some((first, last)) = series.points.first().zip(series.points.last()) else { return String::new() };
    let path = match series.shape {
        Shape::Area | Shape::Steps => steps(&series.points, x, y),
        Shape::Line | Shape::Broken => lines(&series.points, x, y),
    };
    let mut text = String::new();
    if series.shape == Shape::Area {
        let (start, end) = (pixels(x(first.x)), pixels(x(last.x)));
        debug_assert!(first.x <= last.x, "points go to the right: {start} to {end}");
        text += &format!("<path class=\"{classes} area\" d=\"{path}V{}H{start}Z\"/>\n", pixels(bottom));
    }
    let width =
        if width > 1.5 { format!(" style=\"stroke-width: {}\"", pixels(width)) } else { String::new() };
    text += &format!("<path class=\"{classes} line\"{width} d=\"{path}\"/>\n");
    if series.shape == Shape::Line {
        for point in &series.points {
            let (cx, cy) = (pixels(x(point.x)), pixels(y(point.y)));
            text += &format!(
                "<circle class=\"{classes} area\" style=\"fill-opacity: 1\" cx=\"{cx}\" cy=\"{cy}\" r=\"3\"/>\n"
            );
            if let Some((low, high)) = point.interval {
                let (low, high) = (pixels(y(low)), pixels(y(high)));
                let left = pixels(x(point.x) - 4.0);
                text += &format!(
                    "<path class=\"{classes} line\" d=\"M{cx} {low}V{high}M{left} {low}h8M{left} {high}h8\"/>\n"
                );
            }
        }
    }
    text
}

fn steps(points: &[Point], x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut height = String::new();
    for point in points {
        let (x, y) = (pixels(x(point.x)), pixels(y(point.y)));
        if path.is_empty() {
            path = format!("M{x} {y}");
        } else if y == height {
            continue;
        } else {
            path += &format!("H{x}V{y}");
        }
        height = y;
    }
    if let Some(last) = points.last() {
        path += &format!("H{}", pixels(x(last.x)));
    }
    path
}

fn lines(points: &[Point], x: &dyn Fn(f64) -> f64, y: &dyn Fn(f64) -> f64) -> String {
    let place = |point: &Point| format!("{} {}", pixels(x(point.x)), pixels(y(point.y)));
    format!("M{}", points.iter().map(place).collect::<Vec<_>>().join("L"))
}

/// A mark at an instant or a value, its words on the side where there is room, and above so many others.
fn note(x: f64, words: &str, (top, bottom): (f64, f64), above: usize) -> String {
    let left = x + 6.0 + CHARACTER * words.chars().count() as f64 > LEFT + PLOT.0 + RIGHT;
    let (class, at) = if left { (" class=\"end\"", x - 6.0) } else { ("", x + 6.0) };
    format!(
        "<path class=\"note\" d=\"M{x} {}V{}\"/>\n<text{class} x=\"{}\" y=\"{}\">{}</text>\n",
        pixels(top),
        pixels(bottom),
        pixels(at),
        pixels(bottom - 8.0 - 16.0 * above as f64),
        escaped(words),
        x = pixels(x),
    )
}

/// A bar with its interval; `middle` is how far down it stands.
fn bar(row: &Row, x: &dyn Fn(f64) -> f64, middle: f64) -> String {
    let mut name: String = row.name.chars().take(NAME_MAX).collect();
    if name.len() < row.name.len() {
        name += "…";
    }
    let end = x(row.value);
    let mut text = format!(
        "<text class=\"end\" x=\"{}\" y=\"{}\">{}</text>\n<rect class=\"s0 area\" style=\"fill-opacity: 0.6\" x=\"{}\" y=\"{}\" \
         width=\"{}\" height=\"{}\"/>\n",
        pixels(LEFT - 8.0),
        pixels(middle + 4.0),
        escaped(&name),
        pixels(LEFT),
        pixels(middle - BAR / 2.0),
        pixels(end - LEFT),
        pixels(BAR)
    );
    if let Some((low, high)) = row.interval {
        let (low, high) = (x(low), x(high));
        let (from, to) = (pixels(middle - 4.0), pixels(middle + 4.0));
        text += &format!(
            "<path class=\"axis\" d=\"M{low} {y}H{high}M{low} {from}V{to}M{high} {from}V{to}\"/>\n",
            low = pixels(low),
            high = pixels(high),
            y = pixels(middle)
        );
    }
    text + &format!(
        "<text class=\"end\" x=\"{}\" y=\"{}\">{}</text>\n",
        pixels(LEFT + PLOT.0),
        pixels(middle + 4.0),
        escaped(&row.words)
    )
}

/// A coordinate with one decimal, or none if it is whole.
fn pixels(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Text as content of an element.
fn escaped(text: &str) -> String {
    let plain = |c: char| !c.is_control() || c == '\n' || c == '\t';
    let text: String = text.chars().filter(|&c| plain(c)).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_in_steps_holds_each_level_until_the_next() {
        let points =
            [(0.0, 0.0), (1.0, 2.0), (2.0, 2.0), (3.0, 1.0), (4.0, 1.0)].map(|(x, y)| Point::at(x, y));
        assert_eq!(steps(&points, &|x| x * 10.0, &|y| 20.0 - y), "M0 20H10V18H30V19H40");
        assert_eq!(lines(&points[..2], &|x| x * 10.05, &|y| -y), "M0 0L10.1 -2");
    }

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escaped("a<b> & \u{1}c"), "a&lt;b&gt; &amp; c");
    }

    #[test]
    fn a_long_legend_has_several_lines() {
        let names: Vec<String> = (0..8).map(|k| format!("a series with a long name {k}")).collect();
        let names: Vec<(&str, Shape)> = names.iter().map(|name| (name.as_str(), Shape::Line)).collect();
        let (text, lines) = legend(&names);
        assert_eq!(lines, 3);
        assert!(text.contains("class=\"s0 broken line\""), "the seventh has the first colour, and dashes");
        assert_eq!(legend(&[("", Shape::Line)]), (String::new(), 0));
    }
}
