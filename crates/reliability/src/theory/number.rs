//! Numbers that are added and multiplied: plain ones, and ones that neither overflow nor vanish.

use std::fmt::Debug;
use std::ops::{Add, Mul};

/// A number that is not negative.
pub(crate) trait Number: Copy + Debug + Add<Output = Self> + Mul<Output = Self> {
    const ZERO: Self;
    const ONE: Self;
    fn of(value: f64) -> Self;
    fn value(self) -> f64;
    fn log10(self) -> f64;
    fn is_zero(self) -> bool;
}

impl Number for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    fn of(value: f64) -> Self {
        value
    }
    fn value(self) -> f64 {
        self
    }
    fn log10(self) -> f64 {
        Self::log10(self)
    }
    fn is_zero(self) -> bool {
        self == 0.0
    }
}

/// `mantissa` times 2 to the power of 512 times `steps`; zero has a mantissa of zero.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Wide {
    mantissa: f64,
    steps: i64,
}

/// 2^512, 2^256, and their reciprocals.
const STEP: f64 = f64::from_bits((1023 + 512) << 52);
const STEP_BACK: f64 = f64::from_bits((1023 - 512) << 52);
const HIGH: f64 = f64::from_bits((1023 + 256) << 52);
const LOW: f64 = f64::from_bits((1023 - 256) << 52);

impl Wide {
    /// Brings the mantissa of a product or a sum back into its range.
    fn settled(self) -> Self {
        if self.mantissa >= HIGH {
            Self { mantissa: self.mantissa * STEP_BACK, steps: self.steps + 1 }
        } else if self.mantissa < LOW && self.mantissa > 0.0 {
            Self { mantissa: self.mantissa * STEP, steps: self.steps - 1 }
        } else {
            self
        }
    }
}

impl Add for Wide {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        if self.mantissa == 0.0 {
            return other;
        }
        if other.mantissa == 0.0 {
            return self;
        }
        let (high, low) = if self.steps >= other.steps { (self, other) } else { (other, self) };
        let mantissa = match high.steps - low.steps {
            0 => high.mantissa + low.mantissa,
            1 => high.mantissa + low.mantissa * STEP_BACK,
            _ => high.mantissa,
        };
        Self { mantissa, steps: high.steps }.settled()
    }
}

impl Mul for Wide {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mantissa = self.mantissa * other.mantissa;
        Self { mantissa, steps: self.steps + other.steps }.settled()
    }
}

impl Number for Wide {
    const ZERO: Self = Self { mantissa: 0.0, steps: 0 };
    const ONE: Self = Self { mantissa: 1.0, steps: 0 };
    fn of(value: f64) -> Self {
        Self { mantissa: value, steps: 0 }.settled().settled()
    }
    fn value(self) -> f64 {
        match self.steps {
            0 => self.mantissa,
            1 => self.mantissa * STEP,
            2 => self.mantissa * STEP * STEP,
            -1 => self.mantissa * STEP_BACK,
            -2 => self.mantissa * STEP_BACK * STEP_BACK,
            steps if steps > 0 => f64::INFINITY,
            _ => 0.0,
        }
    }
    fn log10(self) -> f64 {
        self.mantissa.log10() + self.steps as f64 * 512.0 * std::f64::consts::LOG10_2
    }
    fn is_zero(self) -> bool {
        self.mantissa == 0.0
    }
}

#[cfg(test)]
mod tests;
