//! Plots: what a picture is made of, and how it is drawn as SVG and on a terminal. Knows numbers, names and units, but not what
//! they are of; each picture is a file elsewhere that fills a [`Picture`]. Coordinates have one decimal, so that equal
//! results are equal bytes.

mod axis;
mod chart;
mod course;
mod levels;
mod svg;

pub(super) use axis::Axis;
pub(super) use chart::chart;
pub(super) use course::{WIDTH, bars, depths};
pub(super) use levels::levels;
pub(super) use svg::svg;

/// A picture: panels below each other.
pub(super) struct Picture {
    pub title: String,
    /// What a reader hears who does not see the picture.
    pub description: String,
    pub panels: Vec<Panel>,
}

/// One coordinate system.
pub(super) struct Panel {
    /// Empty: none.
    pub title: String,
    pub x: Axis,
    pub content: Content,
}

/// What is in a panel.
pub(super) enum Content {
    /// Curves over `x`.
    Curves { y: Axis, series: Vec<Series>, notes: Vec<(f64, String)> },
    /// A bar along `x` for each name.
    Rows(Vec<Row>),
}

/// A curve. Series of the same name have the same colour in all panels.
pub(super) struct Series {
    pub name: String,
    pub shape: Shape,
    pub points: Vec<Point>,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A level that holds until the next point, with the area below it.
    Area,
    /// A level that holds until the next point.
    Steps,
    /// Points with their intervals, and lines between them.
    Line,
    /// A broken line, for what is not measured.
    Broken,
}

/// A point of a curve, with the ends of its interval if it has one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
    pub interval: Option<(f64, f64)>,
}

/// A bar with its name, the ends of its interval, and its value in words.
pub(super) struct Row {
    pub name: String,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    pub words: String,
}

impl Point {
    /// A point without an interval.
    pub(super) fn at(x: f64, y: f64) -> Point {
        Point { x, y, interval: None }
    }
}
