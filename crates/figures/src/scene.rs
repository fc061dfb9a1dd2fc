//! A drawing as a list of shapes, in points from the top left corner; what SVG and PDF are written from.

use crate::palette::Color;

/// How a line is drawn.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f64,
    pub(crate) dash: &'static [f64],
}

/// How an area is filled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Fill {
    pub(crate) color: Color,
    /// In hundredths.
    pub(crate) opacity: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Shape {
    Path { points: Vec<[f64; 2]>, closed: bool, fill: Option<Fill>, stroke: Option<Stroke> },
    Text { at: [f64; 2], text: String, size: f64, anchor: Anchor, color: Color, upward: bool },
}

/// A drawing.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
    pub(crate) caption: String,
    pub(crate) shapes: Vec<Shape>,
}

impl Stroke {
    pub(crate) const fn solid(color: Color, width: f64) -> Self {
        Self { color, width, dash: &[] }
    }
}

impl Scene {
    pub(crate) fn line(&mut self, from: [f64; 2], to: [f64; 2], stroke: Stroke) {
        self.path(vec![from, to], stroke);
    }
    pub(crate) fn path(&mut self, points: Vec<[f64; 2]>, stroke: Stroke) {
        if points.len() > 1 {
            let stroke = Some(stroke);
            self.shapes.push(Shape::Path { points, closed: false, fill: None, stroke });
        }
    }
    pub(crate) fn area(&mut self, points: Vec<[f64; 2]>, fill: Fill, stroke: Option<Stroke>) {
        if points.len() > 2 {
            self.shapes.push(Shape::Path { points, closed: true, fill: Some(fill), stroke });
        }
    }
    pub(crate) fn rect(&mut self, a: [f64; 2], b: [f64; 2], fill: Fill, stroke: Option<Stroke>) {
        self.area(vec![a, [b[0], a[1]], b, [a[0], b[1]]], fill, stroke);
    }
    pub(crate) fn text(&mut self, at: [f64; 2], text: impl Into<String>, style: TextStyle) {
        let TextStyle { size, anchor, color, upward } = style;
        self.shapes.push(Shape::Text { at, text: text.into(), size, anchor, color, upward });
    }
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextStyle {
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) color: Color,
    pub(crate) upward: bool,
}

impl TextStyle {
    pub(crate) const fn new(size: f64, anchor: Anchor, color: Color) -> Self {
        Self { size, anchor, color, upward: false }
    }
    pub(crate) const fn upward(self) -> Self {
        Self { upward: true, ..self }
    }
}
