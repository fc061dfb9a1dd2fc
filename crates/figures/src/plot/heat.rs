use crate::axes::{self, Frame, NORMAL, SMALL};
use crate::palette::{FAINT, GRID, INK, heat};
use crate::scale::label;
use crate::scene::{Anchor, Fill, Scene, Stroke, TextStyle};
use crate::{Heat, font};

/// The width of the scale beside the table, with its numbers.
const SCALE: f64 = 52.0;
const SHADES: usize = 32;

pub(super) fn draw(scene: &mut Scene, top: f64, plot: &Heat) {
    let widest = plot.rows.iter().map(|row| font::room(row, SMALL)).fold(0.0, f64::max);
    let frame = Frame {
        left: widest + NORMAL + 20.0,
        right: axes::right_of(scene) - SCALE,
        top,
        bottom: axes::floor(scene) - axes::SECOND_ROW,
    };
    let (columns, rows) = (plot.columns.len().max(1) as f64, plot.rows.len().max(1) as f64);
    let pitch = [(frame.right - frame.left) / columns, (frame.bottom - frame.top) / rows];
    let all = || plot.values.iter().flatten().flatten().copied();
    let (min, max) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let share = |value: f64| if max > min { (value - min) / (max - min) } else { 0.5 };
    for (row, values) in plot.values.iter().enumerate() {
        let bottom = frame.bottom - row as f64 * pitch[1];
        for (column, value) in values.iter().enumerate() {
            let left = frame.left + column as f64 * pitch[0];
            let (a, b) = ([left, bottom - pitch[1]], [left + pitch[0], bottom]);
            let (color, ink) = value.map_or((GRID, FAINT), |value| heat(share(value)));
            scene.rect(a, b, Fill { color, opacity: 100 }, Some(Stroke::solid(GRID, 0.5)));
            let text = value.map_or_else(|| "-".to_owned(), |value| label(value, f64::NAN));
            if font::room(&text, SMALL) < pitch[0] - 2.0 {
                let at = [left + 0.5 * pitch[0], bottom - 0.5 * pitch[1] + 0.35 * SMALL];
                scene.text(at, text, TextStyle::new(SMALL, Anchor::Middle, ink));
            }
        }
        let at = [frame.left - 4.0, bottom - 0.5 * pitch[1] + 0.35 * SMALL];
        let name = plot.rows.get(row).cloned().unwrap_or_default();
        scene.text(at, name, TextStyle::new(SMALL, Anchor::End, INK));
    }
    let middle = |index: usize| frame.left + (index as f64 + 0.5) * pitch[0];
    let names = plot.columns.iter().enumerate().map(|(index, name)| (middle(index), name.clone()));
    axes::named(scene, frame, &names.collect::<Vec<_>>(), &plot.x_label);
    let at = [6.0 + 0.8 * NORMAL, 0.5 * (frame.top + frame.bottom)];
    let style = TextStyle::new(NORMAL, Anchor::Middle, INK).upward();
    scene.text(at, plot.y_label.as_str(), style);
    if max >= min {
        draw_scale(scene, frame, (min, max), &plot.value_label);
    }
}

fn draw_scale(scene: &mut Scene, frame: Frame, (min, max): (f64, f64), name: &str) {
    let left = frame.right + 12.0;
    let step = (frame.bottom - frame.top) / SHADES as f64;
    for shade in 0..SHADES {
        let bottom = frame.bottom - shade as f64 * step;
        let (color, _) = heat((shade as f64 + 0.5) / SHADES as f64);
        // A little taller than its step, or readers draw hairlines between shades.
        let a = [left, bottom - step - 0.2];
        scene.rect(a, [left + 9.0, bottom], Fill { color, opacity: 100 }, None);
    }
    for (value, y) in [(max, frame.top + SMALL), (min, frame.bottom)] {
        let at = [left + 12.0, y - 1.0];
        scene.text(at, label(value, f64::NAN), TextStyle::new(SMALL, Anchor::Start, INK));
    }
    let at = [left + 20.0, 0.5 * (frame.top + frame.bottom)];
    scene.text(at, name, TextStyle::new(SMALL, Anchor::Middle, INK).upward());
}
