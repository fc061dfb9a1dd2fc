use crate::axes::{self, Entry, Frame};
use crate::palette::{FAINT, Look};
use crate::scale::Ruler;
use crate::scene::{Fill, Scene, Stroke};
use crate::{Axis, Lines, Series, Style};

/// The share of the height that goes to residuals, where there are any.
const RESIDUALS: f64 = 0.27;
const GAP: f64 = 12.0;

pub(super) fn draw(scene: &mut Scene, top: f64, lines: &Lines) {
    let looks = looks(&lines.series);
    let entries = lines.series.iter().zip(&looks).map(|(series, look)| Entry {
        label: &series.label,
        look: *look,
        style: series.style,
    });
    let top = axes::legend(scene, top, &entries.collect::<Vec<_>>());
    let floor = axes::floor(scene);
    let lower = lines.residuals.as_ref().map(|panel| (panel, floor - RESIDUALS * (floor - top)));
    let bottom = lower.map_or(floor, |(_, lower_top)| lower_top - GAP);

    let residual_axis = lower.map(|(panel, _)| Axis::linear(panel.label.as_str()));
    let y = ruler(&lines.y, &lines.series, bottom, top);
    let residual = lower.zip(residual_axis.as_ref()).map(|((panel, lower_top), axis)| {
        let with_zero = heights(&panel.series).chain([0.0]);
        Ruler::new(axis, with_zero, floor, lower_top)
    });
    let left =
        axes::left_of(&y.ticks()).max(residual.map_or(0.0, |ruler| axes::left_of(&ruler.ticks())));
    let right = axes::right_of(scene);
    let xs = lines.series.iter().flat_map(|series| series.points.iter().map(|point| point[0]));
    let x = Ruler::new(&lines.x, xs, left, right);

    let frame = Frame { left, right, top, bottom };
    axes::vertical(scene, frame, &y, &lines.y.label);
    let x_label = lower.is_none().then_some(lines.x.label.as_str());
    axes::horizontal(scene, frame, &x, x_label);
    for (series, look) in lines.series.iter().zip(&looks) {
        draw_series(scene, (&x, &y), series, *look);
    }
    if let (Some((panel, lower_top)), Some(ruler)) = (lower, residual) {
        let frame = Frame { top: lower_top, bottom: floor, ..frame };
        axes::vertical(scene, frame, &ruler, &panel.label);
        axes::horizontal(scene, frame, &x, Some(&lines.x.label));
        if let Some(zero) = ruler.place(0.0) {
            scene.line([left, zero], [right, zero], Stroke::solid(FAINT, 0.8));
        }
        for series in &panel.series {
            let place = lines.series.iter().position(|above| above.label == series.label);
            let look = place.map_or(Look::of(0), |place| looks[place]);
            draw_series(scene, (&x, &ruler), series, look);
        }
    }
}

fn looks(series: &[Series]) -> Vec<Look> {
    (0..series.len()).map(Look::of).collect()
}

fn heights(series: &[Series]) -> impl Iterator<Item = f64> {
    series.iter().flat_map(|series| {
        series.points.iter().map(|p| p[1]).chain(series.band.iter().flatten().copied())
    })
}

fn ruler(axis: &Axis, series: &[Series], bottom: f64, top: f64) -> Ruler {
    Ruler::new(axis, heights(series), bottom, top)
}

fn draw_series(scene: &mut Scene, (x, y): (&Ruler, &Ruler), series: &Series, look: Look) {
    let place = |[a, b]: [f64; 2]| Some([x.place(a)?, y.place(b)?]);
    draw_band(scene, (x, y), series, look);
    let points: Vec<[f64; 2]> = series.points.iter().filter_map(|point| place(*point)).collect();
    match series.style {
        Style::Marked | Style::Plain => scene.path(points.clone(), look.stroke(1.3)),
        Style::Steps => scene.path(steps(&points), look.stroke(1.3)),
        Style::Marks => {}
    }
    if matches!(series.style, Style::Marked | Style::Marks) {
        points.iter().for_each(|point| look.mark(scene, *point, 2.2));
    }
}

/// A band as an area under lines, as bars where only marks are drawn.
fn draw_band(scene: &mut Scene, (x, y): (&Ruler, &Ruler), series: &Series, look: Look) {
    let bounds = series.points.iter().zip(&series.band).filter_map(|(point, [low, high])| {
        Some((x.place(point[0])?, y.place(*low)?, y.place(*high)?))
    });
    let bounds: Vec<(f64, f64, f64)> = bounds.collect();
    if series.style == Style::Marks || series.style == Style::Marked {
        for (x, low, high) in &bounds {
            let bar = Stroke::solid(look.color, 0.8);
            scene.line([*x, *low], [*x, *high], bar.clone());
            for end in [low, high] {
                scene.line([x - 2.0, *end], [x + 2.0, *end], bar.clone());
            }
        }
    }
    if series.style == Style::Marks {
        return;
    }
    let lower: Vec<[f64; 2]> = bounds.iter().map(|&(x, low, _)| [x, low]).collect();
    let upper: Vec<[f64; 2]> = bounds.iter().map(|&(x, _, high)| [x, high]).collect();
    let (lower, upper) =
        if series.style == Style::Steps { (steps(&lower), steps(&upper)) } else { (lower, upper) };
    let outline: Vec<[f64; 2]> = lower.into_iter().chain(upper.into_iter().rev()).collect();
    scene.area(outline, Fill { color: look.color, opacity: 14 }, None);
}

/// Horizontal, then up, from point to point.
fn steps(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut path: Vec<[f64; 2]> = Vec::with_capacity(2 * points.len());
    for point in points {
        if let Some(&[_, y]) = path.last() {
            path.push([point[0], y]);
        }
        path.push(*point);
    }
    path
}
