//! A probability together with its complement, each to full relative precision.

use crate::Error;

/// How likely something is, and how likely it is not. Both are kept, because `1 - yes` forgets what is rare.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Odds {
    /// That it happens.
    pub yes: f64,
    /// That it does not.
    pub no: f64,
}

impl Odds {
    /// It always happens.
    pub const SURE: Self = Self { yes: 1.0, no: 0.0 };
    /// It never happens.
    pub const NEVER: Self = Self { yes: 0.0, no: 1.0 };

    /// From one probability.
    ///
    /// # Errors
    /// Where it is no number between 0 and 1; `of` says what of.
    pub fn new(yes: f64, of: &str) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&yes) {
            Ok(Self { yes, no: 1.0 - yes })
        } else {
            Err(Error::Probability { of: of.to_owned(), given: yes })
        }
    }
    /// That it happens `times` times in a row, independently.
    #[must_use]
    pub fn repeated(self, times: usize) -> Self {
        match times {
            0 => Self::SURE,
            1 => self,
            _ if self.yes == 0.0 => Self::NEVER,
            _ => {
                let ln = (-self.no).ln_1p() * times as f64;
                Self { yes: ln.exp(), no: -ln.exp_m1() }
            }
        }
    }
    /// That it happens, or the other does, independently.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { yes: self.yes + self.no * other.yes, no: self.no * other.no }
    }
}
