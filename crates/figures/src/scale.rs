//! From values to places, and the values worth a tick.

use crate::{Axis, Scale};

/// A scale over a span of points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Ruler {
    scale: Scale,
    min: f64,
    max: f64,
    /// Where the smallest value lies, and where the largest.
    from: f64,
    to: f64,
}

impl Ruler {
    /// A ruler for an axis and the values on it.
    pub(crate) fn new(axis: &Axis, values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let usable = |value: &f64| axis.scale == Scale::Linear || *value > 0.0;
        let (mut min, mut max) = values
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), v| (min.min(v), max.max(v)));
        if min > max {
            (min, max) = if axis.scale == Scale::Log { (1.0, 10.0) } else { (0.0, 1.0) };
        }
        let mut this = Self { scale: axis.scale, min, max, from, to };
        this.widen();
        this.min = axis.min.filter(usable).unwrap_or(this.min);
        this.max = axis.max.filter(usable).unwrap_or(this.max);
        if this.min >= this.max {
            this.max = this.min + 1.0;
        }
        this
    }

    /// Ends the axis at ticks where the data nearly do.
    fn widen(&mut self) {
        match self.scale {
            Scale::Linear => {
                if self.min == self.max {
                    let half = if self.min == 0.0 { 0.5 } else { 0.05 * self.min.abs() };
                    (self.min, self.max) = (self.min - half, self.max + half);
                }
                // An axis that begins near zero begins there.
                if self.min > 0.0 && self.min < 0.4 * self.max {
                    self.min = 0.0;
                }
                let step = nice((self.max - self.min) / 5.0);
                self.min = (self.min / step + 1e-9).floor() * step;
                self.max = (self.max / step - 1e-9).ceil() * step;
            }
            Scale::Log => {
                let grow = if self.min == self.max { 2.0 } else { 1.1 };
                (self.min, self.max) = (self.min / grow, self.max * grow);
            }
        }
    }

    /// Where a value lies; none where a logarithmic axis has no place for it.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (value - self.min) / (self.max - self.min),
            Scale::Log if value > 0.0 => (value / self.min).ln() / (self.max / self.min).ln(),
            Scale::Log => return None,
        };
        // What lies outside of an axis whose ends were given is drawn at its ends.
        Some(self.from + share.clamp(0.0, 1.0) * (self.to - self.from))
    }

    /// The values worth a tick, with their labels.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        let values = match self.scale {
            Scale::Linear => self.linear_ticks(),
            Scale::Log => self.log_ticks(),
        };
        let step = match values.as_slice() {
            [a, b, ..] if self.scale == Scale::Linear => b - a,
            _ => f64::NAN,
        };
        values.into_iter().map(|value| (value, label(value, step))).collect()
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let step = nice((self.max - self.min) / 5.0);
        let first = (self.min / step - 1e-9).ceil();
        let count = ((self.max - first * step) / step + 1e-9).floor().clamp(0.0, 20.0) as usize;
        (0..=count).map(|index| (first + index as f64) * step).collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let decades = (self.max / self.min).log10();
        let steps: &[f64] = if decades > 3.0 {
            &[1.0]
        } else if decades > 1.0 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]
        };
        let first = self.min.log10().floor() as i32;
        let last = self.max.log10().ceil() as i32;
        let every = 1 + (last - first) / 8;
        let decades = (first..=last).filter(|decade| (decade - first) % every == 0);
        let all = decades.flat_map(|decade| steps.iter().map(move |step| step * power(decade)));
        let inside = |value: &f64| (self.min * 0.999..=self.max * 1.001).contains(value);
        all.filter(inside).collect()
    }
}

fn power(decade: i32) -> f64 {
    // Dividing by a whole power is exact to the last digit where multiplying with its inverse is not.
    if decade < 0 { 1.0 / 10f64.powi(-decade) } else { 10f64.powi(decade) }
}

/// The smallest of 1, 2, 5 times a power of ten that is no smaller.
fn nice(step: f64) -> f64 {
    let scale = power(step.log10().floor() as i32);
    let rest = step / scale;
    let whole = [1.0, 2.0, 5.0].into_iter().find(|whole| rest <= whole * 1.000_001);
    whole.unwrap_or(10.0) * scale
}

/// A number as short as it can be told; `step` is how far the next one is, where that is known.
pub(crate) fn label(value: f64, step: f64) -> String {
    if value == 0.0 || value.abs() < 1e-12 * step {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-4..1e7).contains(&size) {
        return short(format!("{value:.1e}").replace(".0e", "e"));
    }
    if step.is_nan() {
        let decimals = (2 - size.log10().floor() as i32).clamp(0, 8) as usize;
        return short(format!("{value:.decimals$}"));
    }
    let decimals = (-step.log10() + 0.999_999).floor().clamp(0.0, 8.0) as usize;
    format!("{value:.decimals$}")
}

/// Without zeros behind the decimal point.
fn short(text: String) -> String {
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
