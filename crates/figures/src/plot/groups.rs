use crate::axes::{self, Frame};
use crate::palette::{INK, Look, PAPER};
use crate::scale::Ruler;
use crate::scene::{Fill, Scene, Stroke};
use crate::{Group, GroupStyle, Groups};

pub(super) fn draw(scene: &mut Scene, top: f64, plot: &Groups) {
    let floor = axes::floor(scene) - axes::SECOND_ROW;
    let values = plot.groups.iter().flat_map(|group| {
        let spread = group.density.iter().map(|point| point[0]);
        let bounds = group.mean_interval.iter().flatten().copied();
        spread.chain(bounds).chain(group.five).chain(group.outliers.iter().copied())
    });
    let y = Ruler::new(&plot.y, values, floor, top);
    let (left, right) = (axes::left_of(&y.ticks()), axes::right_of(scene));
    let frame = Frame { left, right, top, bottom: floor };
    axes::vertical(scene, frame, &y, &plot.y.label);
    let pitch = (right - left) / plot.groups.len().max(1) as f64;
    let middle = |index: usize| left + (index as f64 + 0.5) * pitch;
    let names = plot.groups.iter().enumerate().map(|(index, group)| (middle(index), name(group)));
    axes::named(scene, frame, &names.collect::<Vec<_>>(), &plot.x_label);
    let half = (0.38 * pitch).min(26.0);
    for (index, group) in plot.groups.iter().enumerate() {
        let look = Look::of(index);
        match plot.style {
            GroupStyle::Box => draw_box(scene, &y, middle(index), half, group, look),
            GroupStyle::Violin => draw_violin(scene, &y, middle(index), half, group, look),
        }
        draw_mean(scene, &y, middle(index), group);
    }
}

fn name(group: &Group) -> String {
    format!("{} (n={})", group.label, group.n)
}

fn tint(look: Look) -> Fill {
    Fill { color: look.color, opacity: 25 }
}

fn draw_box(scene: &mut Scene, y: &Ruler, x: f64, half: f64, group: &Group, look: Look) {
    let five: Vec<f64> = group.five.iter().filter_map(|value| y.place(*value)).collect();
    let [low, q1, median, q3, high] = five[..] else { return };
    let outline = Stroke::solid(look.color, 1.0);
    scene.line([x, low], [x, q1], look.stroke(1.0));
    scene.line([x, q3], [x, high], look.stroke(1.0));
    for end in [low, high] {
        scene.line([x - 0.4 * half, end], [x + 0.4 * half, end], outline.clone());
    }
    scene.rect([x - half, q1], [x + half, q3], tint(look), Some(outline));
    scene.line([x - half, median], [x + half, median], Stroke::solid(INK, 1.4));
    for outlier in &group.outliers {
        if let Some(place) = y.place(*outlier) {
            look.mark(scene, [x, place], 1.4);
        }
    }
}

fn draw_violin(scene: &mut Scene, y: &Ruler, x: f64, half: f64, group: &Group, look: Look) {
    let widest = group.density.iter().map(|point| point[1]).fold(0.0, f64::max);
    if widest > 0.0 {
        let side = |sign: f64| {
            group.density.iter().filter_map(move |[value, density]| {
                Some([x + sign * half * density / widest, y.place(*value)?])
            })
        };
        let left: Vec<[f64; 2]> = side(-1.0).collect();
        let mut outline: Vec<[f64; 2]> = side(1.0).collect();
        outline.extend(left.into_iter().rev());
        scene.area(outline, tint(look), Some(look.stroke(1.0)));
    }
    let places: Vec<f64> = group.five.iter().filter_map(|value| y.place(*value)).collect();
    let [_, q1, median, q3, _] = places[..] else { return };
    scene.line([x, q1], [x, q3], Stroke::solid(look.color, 4.0));
    scene.line([x - 0.3 * half, median], [x + 0.3 * half, median], Stroke::solid(INK, 1.4));
}

/// The mean as a diamond, on the bar of its interval.
fn draw_mean(scene: &mut Scene, y: &Ruler, x: f64, group: &Group) {
    if let Some([low, high]) = group.mean_interval
        && let (Some(low), Some(high)) = (y.place(low), y.place(high))
    {
        scene.line([x, low], [x, high], Stroke::solid(INK, 1.0));
        for end in [low, high] {
            scene.line([x - 3.0, end], [x + 3.0, end], Stroke::solid(INK, 1.0));
        }
    }
    if let Some(at) = y.place(group.mean) {
        let diamond = vec![[x, at - 3.0], [x + 3.0, at], [x, at + 3.0], [x - 3.0, at]];
        let fill = Fill { color: PAPER, opacity: 100 };
        scene.area(diamond, fill, Some(Stroke::solid(INK, 1.0)));
    }
}
