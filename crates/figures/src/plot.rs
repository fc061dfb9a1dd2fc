//! One file for each kind of plot.

mod groups;
mod heat;
mod lines;
mod spacetime;

use crate::scene::Scene;
use crate::{Figure, Plot, axes};

/// Draws a figure.
pub(crate) fn draw(figure: &Figure) -> Scene {
    let (mut scene, top) = axes::sheet(figure);
    match &figure.plot {
        Plot::Lines(lines) => lines::draw(&mut scene, top, lines),
        Plot::Groups(groups) => groups::draw(&mut scene, top, groups),
        Plot::Heat(heat) => heat::draw(&mut scene, top, heat),
        Plot::SpaceTime(plot) => spacetime::draw(&mut scene, top, plot),
    }
    scene
}
