//! The frame of a plot: title, axes with ticks, legend, caption.

use crate::font;
use crate::palette::{FAINT, GRID, INK, Look};
use crate::scale::Ruler;
use crate::scene::{Anchor, Scene, Stroke, TextStyle};
use crate::{Figure, Size, Style};

pub(crate) const SMALL: f64 = 7.0;
pub(crate) const NORMAL: f64 = 8.0;
const TITLE: f64 = 9.0;
const LEADING: f64 = 1.3;
/// Between the sheet's edge and everything.
const EDGE: f64 = 6.0;
const TICK: f64 = 3.0;
/// What a second row of names takes.
pub(crate) const SECOND_ROW: f64 = 0.95 * SMALL;

/// The rectangle that data are drawn in, and what is left under it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

/// A sheet with its title, and how far down that reaches.
pub(crate) fn sheet(figure: &Figure) -> (Scene, f64) {
    let (width, height) = match figure.size {
        Size::Column => (250.0, 190.0),
        Size::Page => (510.0, 300.0),
    };
    let caption = font::wrap(&figure.caption, SMALL, width - 2.0 * EDGE);
    let height = height + caption.len() as f64 * SMALL * LEADING;
    let mut scene = Scene {
        width,
        height,
        title: figure.title.clone(),
        caption: figure.caption.clone(),
        shapes: Vec::new(),
    };
    let mut y = EDGE;
    for line in font::wrap(&figure.title, TITLE, width - 2.0 * EDGE) {
        y += TITLE;
        scene.text([EDGE, y], line, TextStyle::new(TITLE, Anchor::Start, INK));
        y += TITLE * (LEADING - 1.0);
    }
    let mut below = height - EDGE - (caption.len() as f64 - 1.0) * SMALL * LEADING;
    for line in caption {
        scene.text([EDGE, below], line, TextStyle::new(SMALL, Anchor::Start, FAINT));
        below += SMALL * LEADING;
    }
    (scene, y + 6.0)
}

/// How far down data may reach: above the caption, and the axis' ticks and label.
pub(crate) fn floor(scene: &Scene) -> f64 {
    let lines = font::wrap(&scene.caption, SMALL, scene.width - 2.0 * EDGE).len() as f64;
    scene.height - EDGE - lines * SMALL * LEADING - SMALL * LEADING - NORMAL * LEADING - TICK - 4.0
}

/// One entry of a legend.
pub(crate) struct Entry<'a> {
    pub(crate) label: &'a str,
    pub(crate) look: Look,
    pub(crate) style: Style,
}

/// Draws a legend in as many rows as it needs; how far down it reaches.
pub(crate) fn legend(scene: &mut Scene, top: f64, entries: &[Entry<'_>]) -> f64 {
    const SAMPLE: f64 = 22.0;
    let (mut x, mut y) = (EDGE, top + SMALL);
    for Entry { label, look, style } in entries {
        let width = SAMPLE + 4.0 + font::room(label, SMALL) + 12.0;
        if x + width > scene.width - EDGE && x > EDGE {
            (x, y) = (EDGE, y + SMALL * LEADING);
        }
        let middle = y - 0.35 * SMALL;
        if *style != Style::Marks {
            scene.line([x, middle], [x + SAMPLE, middle], look.stroke(1.3));
        }
        if matches!(style, Style::Marked | Style::Marks) {
            look.mark(scene, [x + 0.5 * SAMPLE, middle], 2.2);
        }
        let at = [x + SAMPLE + 4.0, y];
        scene.text(at, *label, TextStyle::new(SMALL, Anchor::Start, INK));
        x += width;
    }
    if entries.is_empty() { top } else { y + 8.0 }
}

/// The room that the labels of a vertical axis need to their left.
pub(crate) fn left_of(ticks: &[(f64, String)]) -> f64 {
    let widest = ticks.iter().map(|(_, label)| font::room(label, SMALL)).fold(0.0, f64::max);
    EDGE + NORMAL * LEADING + widest + TICK + 3.0
}

/// Where data end on the right.
pub(crate) fn right_of(scene: &Scene) -> f64 {
    scene.width - EDGE - 8.0
}

/// Draws a vertical axis with its grid.
pub(crate) fn vertical(scene: &mut Scene, frame: Frame, ruler: &Ruler, label: &str) {
    for (value, text) in ruler.ticks() {
        let Some(y) = ruler.place(value) else { continue };
        scene.line([frame.left, y], [frame.right, y], Stroke::solid(GRID, 0.5));
        scene.line([frame.left - TICK, y], [frame.left, y], Stroke::solid(INK, 0.6));
        let at = [frame.left - TICK - 2.0, y + 0.35 * SMALL];
        scene.text(at, text, TextStyle::new(SMALL, Anchor::End, INK));
    }
    scene.line([frame.left, frame.top], [frame.left, frame.bottom], Stroke::solid(INK, 0.8));
    let at = [EDGE + NORMAL * 0.8, 0.5 * (frame.top + frame.bottom)];
    scene.text(at, label, TextStyle::new(NORMAL, Anchor::Middle, INK).upward());
}

/// Draws a horizontal axis; without labels where a panel stands under it.
pub(crate) fn horizontal(scene: &mut Scene, frame: Frame, ruler: &Ruler, label: Option<&str>) {
    let mut free_from = f64::NEG_INFINITY;
    for (value, text) in ruler.ticks() {
        let Some(x) = ruler.place(value) else { continue };
        scene.line([x, frame.top], [x, frame.bottom], Stroke::solid(GRID, 0.5));
        scene.line([x, frame.bottom], [x, frame.bottom + TICK], Stroke::solid(INK, 0.6));
        let half = 0.5 * font::room(&text, SMALL);
        if label.is_some() && x - half > free_from {
            let at = [x, frame.bottom + TICK + SMALL];
            scene.text(at, text, TextStyle::new(SMALL, Anchor::Middle, INK));
            free_from = x + half + 3.0;
        }
    }
    base(scene, frame, label, 0.0);
}

/// Draws a horizontal axis whose places have names.
pub(crate) fn named(scene: &mut Scene, frame: Frame, names: &[(f64, String)], label: &str) {
    let mut rows = [f64::NEG_INFINITY; 2];
    for (x, name) in names {
        let half = 0.5 * font::room(name, SMALL);
        // Long names stand in two rows by turns.
        let row = if rows[0] < x - half { 0 } else { 1 };
        rows[row] = x + half + 3.0;
        let y = frame.bottom + TICK + SMALL * (1.0 + row as f64 * 1.05);
        scene.text([*x, y], name.clone(), TextStyle::new(SMALL, Anchor::Middle, INK));
    }
    base(scene, frame, Some(label), SECOND_ROW);
}

/// The line under a frame, and what it counts, so far below the ticks.
fn base(scene: &mut Scene, frame: Frame, label: Option<&str>, below: f64) {
    let (left, right) = ([frame.left, frame.bottom], [frame.right, frame.bottom]);
    scene.line(left, right, Stroke::solid(INK, 0.8));
    if let Some(label) = label {
        let y = frame.bottom + TICK + SMALL * LEADING + NORMAL + 3.0 + below;
        let at = [0.5 * (frame.left + frame.right), y];
        scene.text(at, label, TextStyle::new(NORMAL, Anchor::Middle, INK));
    }
}
