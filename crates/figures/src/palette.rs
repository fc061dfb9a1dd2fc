//! Colours, dashes and marks that people tell apart whatever their eyes, also in grey.

use crate::scene::{Fill, Scene, Stroke};

/// Red, green, blue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

pub(crate) const INK: Color = Color(0x22, 0x22, 0x22);
pub(crate) const FAINT: Color = Color(0x66, 0x66, 0x66);
pub(crate) const GRID: Color = Color(0xe3, 0xe3, 0xe3);
pub(crate) const PAPER: Color = Color(0xff, 0xff, 0xff);

/// Okabe and Ito, Color Universal Design (2008); black first, the pale yellow left out because thin lines vanish in it.
const LINES: [Color; 7] = [
    Color(0x00, 0x72, 0xb2),
    Color(0xd5, 0x5e, 0x00),
    Color(0x00, 0x9e, 0x73),
    Color(0xcc, 0x79, 0xa7),
    Color(0x00, 0x00, 0x00),
    Color(0x56, 0xb4, 0xe9),
    Color(0xe6, 0x9f, 0x00),
];

const DASHES: [&[f64]; 5] =
    [&[], &[5.0, 2.0], &[1.2, 1.8], &[6.0, 2.0, 1.2, 2.0], &[8.0, 2.0, 2.0, 2.0, 2.0, 2.0]];

/// What tells a line from the others.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Look {
    pub(crate) color: Color,
    pub(crate) dash: &'static [f64],
    mark: usize,
}

impl Look {
    /// The look of the line with this place.
    pub(crate) fn of(place: usize) -> Self {
        Self {
            color: LINES[place % LINES.len()],
            dash: DASHES[place % DASHES.len()],
            mark: place % 6,
        }
    }
    pub(crate) const fn stroke(self, width: f64) -> Stroke {
        Stroke { color: self.color, width, dash: self.dash }
    }

    /// Draws the mark: circle, square, triangle, diamond, triangle downwards, cross.
    pub(crate) fn mark(self, scene: &mut Scene, [x, y]: [f64; 2], radius: f64) {
        let corners = |count: usize, turn: f64, radius: f64| -> Vec<[f64; 2]> {
            let corner = |index: usize| {
                let angle = std::f64::consts::TAU * (index as f64 / count as f64 + turn);
                [x + radius * angle.sin(), y - radius * angle.cos()]
            };
            (0..count).map(corner).collect()
        };
        let points = match self.mark {
            0 => corners(16, 0.0, radius),
            1 => corners(4, 0.125, radius * 1.25),
            2 => corners(3, 0.0, radius * 1.4),
            3 => corners(4, 0.0, radius * 1.35),
            4 => corners(3, 0.5, radius * 1.4),
            _ => {
                let ends = corners(4, 0.125, radius * 1.3);
                scene.line(ends[0], ends[2], Stroke::solid(self.color, 1.2));
                scene.line(ends[1], ends[3], Stroke::solid(self.color, 1.2));
                return;
            }
        };
        let fill = Fill { color: self.color, opacity: 100 };
        scene.area(points, fill, Some(Stroke::solid(PAPER, 0.4)));
    }
}

/// Anchors of cividis (Nunez, Anderton and Renslow 2018), which reads the same with and without red-green vision.
const HEAT: [Color; 6] = [
    Color(0x00, 0x22, 0x4e),
    Color(0x35, 0x45, 0x6c),
    Color(0x66, 0x69, 0x70),
    Color(0x94, 0x8e, 0x77),
    Color(0xc8, 0xb8, 0x66),
    Color(0xfe, 0xe8, 0x38),
];

/// The colour of a share from none to all, and the ink to write on it with.
pub(crate) fn heat(share: f64) -> (Color, Color) {
    let place = share.clamp(0.0, 1.0) * (HEAT.len() - 1) as f64;
    let index = (place as usize).min(HEAT.len() - 2);
    let part = place - index as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + part * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (HEAT[index], HEAT[index + 1]);
    let color = Color(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2));
    (color, if share < 0.5 { PAPER } else { INK })
}
