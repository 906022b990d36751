//! The curves as an SVG picture, a panel for each variant, all on one scale. Coordinates are whole numbers, so that equal
//! results are equal bytes. Colours follow the reader's preference for light or dark.

use super::curve::{CURVES, Count, columns};
use crate::experiment::{CrashPoints, VariantCrashes};
use crate::units::SimTime;

/// The area of a panel's curves, in pixels; a column of the curves is one pixel wide.
const PLOT: (u64, u64) = (760, 180);
/// What stands around it: left, right, above, below.
const LEFT: u64 = 80;
const RIGHT: u64 = 24;
const ABOVE: u64 = 34;
const BELOW: u64 = 52;
/// Title and legend.
const HEAD: u64 = 62;
/// No more ticks than this.
const TICKS: (u64, u64) = (8, 5);

/// Light colours first, without variables, so that programs that know less of CSS than browsers draw the light picture.
const STYLE: &str = "\
text { font-family: sans-serif; font-size: 13px; fill: #1f2328 }
.title { font-size: 16px; font-weight: bold }
.paper { fill: #ffffff }
.axis { stroke: #1f2328; fill: none }
.grid { stroke: #d0d7de; fill: none }
.end { text-anchor: end }
.middle { text-anchor: middle }
.line { fill: none; stroke-width: 1.5 }
.area { stroke: none; fill-opacity: 0.2 }
.line.lost { stroke: #0969da; stroke-width: 4 }
.area.lost { fill: #0969da }
.line.confirmed { stroke: #cf222e }
.area.confirmed { fill: #cf222e }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.paper { fill: #0d1117 }
.axis { stroke: #e6edf3 }
.grid { stroke: #30363d }
.line.lost { stroke: #58a6ff }
.area.lost { fill: #58a6ff }
.line.confirmed { stroke: #ff7b72 }
.area.confirmed { fill: #ff7b72 }
}
";

/// Classes of the curves, in their order.
const CLASSES: [&str; CURVES.len()] = ["lost", "confirmed"];

/// The picture as the text of an SVG file.
pub fn crash_points_svg(result: &CrashPoints) -> String {
    let end = result.variants.iter().map(|one| one.end.at).max().unwrap_or_default();
    let points = || result.variants.iter().flat_map(|one| &one.points);
    let most = points().flat_map(|point| CURVES.map(|(_, value)| value(point))).max().unwrap_or(0);
    let scales = (Scale::of(end.as_nanos(), TICKS.0), Scale::of(most, TICKS.1));
    let panel = ABOVE + PLOT.1 + BELOW;
    let (width, height) = (LEFT + PLOT.0 + RIGHT, HEAD + panel * result.variants.len() as u64);
    let title = format!("{}: what a {} would lose at each instant", result.name, result.kind.name);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>{title}</title>\n<desc>{}</desc>\n<style>\n{STYLE}</style>\n<rect class=\"paper\" \
         width=\"{width}\" height=\"{height}\"/>\n<text class=\"title\" x=\"{LEFT}\" y=\"26\">{title}</text>\n",
        escaped(&description(result)),
        title = escaped(&title),
    );
    let mut x = LEFT;
    for ((name, _), class) in CURVES.into_iter().zip(CLASSES) {
        text += &format!(
            "<path class=\"{class} line\" d=\"M{x} 47H{}\"/>\n<text x=\"{}\" y=\"52\">{name}</text>\n",
            x + 28,
            x + 36
        );
        x += 120;
    }
    for (k, crashes) in result.variants.iter().enumerate() {
        let top = HEAD + k as u64 * panel + ABOVE;
        let name = result.names_variants.then_some(crashes.variant.name.as_str());
        text += &draw(crashes, (name, end), top, &scales);
    }
    text + "</svg>\n"
}

/// What a reader hears who does not see the picture.
fn description(result: &CrashPoints) -> String {
    let one = |crashes: &VariantCrashes| format!("{}: {}", crashes.variant.name, most(crashes));
    let variants: Vec<String> = result.variants.iter().map(one).collect();
    format!("Seed {}. {}.", result.seed, variants.join("; "))
}

/// How bad it can get: `at most 12 lost, at most 3 lost though confirmed`.
fn most(crashes: &VariantCrashes) -> String {
    let most = |value: Count| crashes.points.iter().map(value).max().unwrap_or(0);
    CURVES.map(|(name, value)| format!("at most {} {name}", most(value))).join(", ")
}

/// One panel; `top` is the upper edge of its curves.
fn draw(
    crashes: &VariantCrashes,
    (name, end): (Option<&str>, SimTime),
    top: u64,
    (time, messages): &(Scale, Scale),
) -> String {
    let bottom = top + PLOT.1;
    let right = LEFT + PLOT.0;
    let name = name.map(|name| format!("variant {}: ", escaped(name))).unwrap_or_default();
    let mut text = format!("<text x=\"{LEFT}\" y=\"{}\">{name}{}</text>\n", top - 10, most(crashes));
    for tick in messages.ticks() {
        let y = bottom - messages.place(tick, PLOT.1);
        text += &format!("<path class=\"grid\" d=\"M{LEFT} {y}H{right}\"/>\n");
        text += &format!("<text class=\"end\" x=\"{}\" y=\"{}\">{tick}</text>\n", LEFT - 8, y + 4);
    }
    let unit = Unit::of(end);
    let span = end.as_nanos().max(1);
    for tick in time.ticks().filter(|&tick| tick <= span) {
        let x = LEFT + scaled(tick, span, PLOT.0);
        text += &format!("<path class=\"axis\" d=\"M{x} {bottom}v5\"/>\n");
        text +=
            &format!("<text class=\"middle\" x=\"{x}\" y=\"{}\">{}</text>\n", bottom + 20, unit.number(tick));
    }
    for ((_, value), class) in CURVES.into_iter().zip(CLASSES) {
        let levels = columns(&crashes.points, end, PLOT.0 as usize, value);
        // A variant that ends earlier has no curve behind its end.
        let until = scaled(crashes.end.at.as_nanos(), span, PLOT.0).max(1) as usize;
        text += &curve(&levels[..until.min(levels.len())], bottom, messages, class);
    }
    text += &format!("<path class=\"axis\" d=\"M{LEFT} {top}V{bottom}H{right}\"/>\n");
    text += &format!(
        "<text class=\"middle\" x=\"{}\" y=\"{}\">instant of the crash, in {} of virtual time</text>\n",
        LEFT + PLOT.0 / 2,
        bottom + 40,
        unit.name
    );
    let middle = top + PLOT.1 / 2;
    text + &format!(
        "<text class=\"middle\" x=\"20\" y=\"{middle}\" transform=\"rotate(-90 20 {middle})\">messages</text>\n"
    )
}

/// A curve in steps, and the area below it.
fn curve(levels: &[Option<u64>], bottom: u64, scale: &Scale, class: &str) -> String {
    let Some(first) = levels.iter().position(Option::is_some) else { return String::new() };
    let mut path = String::new();
    let mut last = None;
    for (x, level) in levels.iter().enumerate().skip(first) {
        let y = bottom - scale.place(level.unwrap_or(0), PLOT.1);
        let x = LEFT + x as u64;
        match last {
            None => path += &format!("M{x} {y}"),
            Some(before) if before != y => path += &format!("H{x}V{y}"),
            Some(_) => {}
        }
        last = Some(y);
    }
    let (start, end) = (LEFT + first as u64, LEFT + levels.len() as u64);
    path += &format!("H{end}");
    format!(
        "<path class=\"{class} area\" d=\"{path}V{bottom}H{start}Z\"/>\n<path class=\"{class} line\" d=\"{path}\"/>\n"
    )
}

/// `value` of `span` on a length of so many pixels.
fn scaled(value: u64, span: u64, pixels: u64) -> u64 {
    (u128::from(value) * u128::from(pixels) / u128::from(span.max(1))) as u64
}

/// An axis from 0 on with ticks at round numbers.
struct Scale {
    step: u64,
    /// A multiple of the step, at least the largest value.
    end: u64,
}

impl Scale {
    fn of(largest: u64, ticks: u64) -> Scale {
        let fits = |step: &u64| largest.div_ceil(*step) <= ticks;
        let powers = (0..19).map(|n| 10u64.pow(n));
        let step = powers.flat_map(|power| [1, 2, 5].map(|n| n * power)).find(fits).unwrap_or(largest);
        Scale { step, end: largest.div_ceil(step).max(1).saturating_mul(step) }
    }

    fn ticks(&self) -> impl Iterator<Item = u64> {
        (0..=self.end / self.step).map(|k| k * self.step)
    }

    /// How far up a value stands on a length of so many pixels.
    fn place(&self, value: u64, pixels: u64) -> u64 {
        scaled(value, self.end, pixels)
    }
}

/// The unit of an axis of time.
struct Unit {
    name: &'static str,
    size: u64,
}

impl Unit {
    fn of(end: SimTime) -> Unit {
        match end.as_nanos() {
            0..1_000 => Unit { name: "nanoseconds", size: 1 },
            1_000..1_000_000 => Unit { name: "microseconds", size: 1_000 },
            1_000_000..1_000_000_000 => Unit { name: "milliseconds", size: 1_000_000 },
            _ => Unit { name: "seconds", size: 1_000_000_000 },
        }
    }

    /// A time in this unit, exact.
    fn number(&self, nanos: u64) -> String {
        let (whole, rest) = (nanos / self.size, nanos % self.size);
        if rest == 0 {
            return whole.to_string();
        }
        let width = self.size.ilog10() as usize;
        format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
    }
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
    fn ticks_stand_at_round_numbers() {
        let ticks = |largest| Scale::of(largest, 5).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0), [0, 1]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(7), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(4309), [0, 1000, 2000, 3000, 4000, 5000]);
        assert_eq!(Scale::of(u64::MAX, 8).step, 5_000_000_000_000_000_000);
    }

    #[test]
    fn times_are_exact_in_the_unit_of_the_axis() {
        let number = |end, at| Unit::of(SimTime::from_nanos(end)).number(at);
        assert_eq!(number(3_000_000_000, 500_000_000), "0.5");
        assert_eq!(number(3_000_000_000, 2_000_000_000), "2");
        assert_eq!(number(999_999_999, 50_000_000), "50");
        assert_eq!(number(999, 50), "50");
    }

    #[test]
    fn a_curve_goes_in_steps_and_begins_with_its_first_value() {
        let levels = [None, Some(0), Some(2), Some(2), Some(1)];
        let text = curve(&levels, 200, &Scale { step: 1, end: 2 }, "lost");
        assert!(text.ends_with("<path class=\"lost line\" d=\"M81 200H82V20H84V110H85\"/>\n"), "{text}");
        assert_eq!(curve(&[None, None], 100, &Scale { step: 1, end: 2 }, "lost"), "");
    }

    #[test]
    fn names_cannot_break_the_picture() {
        assert_eq!(escaped("a<b> & \u{1}c"), "a&lt;b&gt; &amp; c");
    }
}
