//! Draw what was measured, for print and for every eye, with its data and fingerprint inside.
//!
//! A [`Figure`] is data and says how to draw it; [`svg`] and [`pdf`] draw the same picture. Colours are those of Okabe
//! and Ito, and nothing is told by colour alone: lines differ by dashes and marks, cells carry their numbers. Every
//! drawing carries the figure it was made of, so that [`verify`] can draw it again and compare the bytes.

#![allow(clippy::float_arithmetic, reason = "a drawing is not agreed on")]

mod axes;
mod certificate;
mod font;
mod palette;
mod pdf;
mod plot;
mod scale;
mod scene;
mod spec;
mod svg;

pub use certificate::{Certificate, Flaw, fingerprint, read, verify};
pub use spec::{
    Axis, Figure, Group, GroupStyle, Groups, Heat, Lines, Message, Moment, Plot, Residuals, Scale,
    Series, Size, Source, SpaceTime, Style, TooMuch,
};

/// The version of the metadata in a drawing.
pub const FORMAT: &str = "unisono-figure/1";

/// The figure as an SVG document.
///
/// # Errors
/// Where the figure holds more than one can draw, or numbers that are none.
pub fn svg(figure: &Figure) -> Result<String, TooMuch> {
    figure.check()?;
    Ok(svg::write(&plot::draw(figure), &Certificate::of(figure)))
}

/// The figure as a PDF document of one page.
///
/// # Errors
/// As [`svg()`].
pub fn pdf(figure: &Figure) -> Result<Vec<u8>, TooMuch> {
    figure.check()?;
    Ok(pdf::write(&plot::draw(figure), &Certificate::of(figure)))
}

#[cfg(test)]
mod tests;
