use std::fmt;

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Error {
    /// Fewer values, or groups, than the method needs.
    TooFew {
        /// How many it needs.
        need: usize,
        /// How many there are.
        have: usize,
    },
    /// A value is infinite or not a number.
    NotFinite {
        /// Its place.
        index: usize,
    },
    /// All values are the same, so that there is nothing to measure a difference by.
    NoSpread,
    /// A share outside 0 to 1, a confidence outside of it, or more successes than trials.
    OutOfRange {
        /// What was given.
        value: f64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { need, have } => write!(f, "{have} given, at least {need} needed"),
            Self::NotFinite { index } => write!(f, "value number {index} is not finite"),
            Self::NoSpread => f.write_str("all values are the same"),
            Self::OutOfRange { value } => write!(f, "{value} is out of range"),
        }
    }
}
impl std::error::Error for Error {}

/// At least `need` values, all finite.
pub(crate) fn check(values: &[f64], need: usize) -> Result<(), Error> {
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(Error::NotFinite { index });
    }
    if values.len() < need {
        return Err(Error::TooFew { need, have: values.len() });
    }
    Ok(())
}

/// A share strictly between none and all.
pub(crate) fn check_share(value: f64) -> Result<(), Error> {
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(Error::OutOfRange { value }) }
}
