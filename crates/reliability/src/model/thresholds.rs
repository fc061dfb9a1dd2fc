//! How many messages of others a phase needs.

use std::fmt;

use crate::Error;

/// A number of messages in terms of f: `2f`, `2f-1`, `f+1`, or a plain number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// How many times f.
    pub times_f: u32,
    /// How many more, or fewer.
    pub plus: i64,
}

impl Threshold {
    /// 2f messages of others.
    pub const USUAL: Self = Self { times_f: 2, plus: 0 };

    /// The number for `f`; never below zero.
    pub(super) fn of(self, f: usize, n: usize) -> Result<usize, Error> {
        let f = i64::try_from(f).unwrap_or(i64::MAX);
        let count = i64::from(self.times_f).saturating_mul(f).saturating_add(self.plus).max(0);
        match usize::try_from(count) {
            Ok(count) if count < n => Ok(count),
            Ok(_) | Err(_) => Err(Error::Thresholds {
                given: self.to_string(),
                why: format!("{count} messages of others, and there are {} others", n - 1),
            }),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let Some((times, plus)) = text.split_once('f') else {
            return Some(Self { times_f: 0, plus: i64::from(text.parse::<u32>().ok()?) });
        };
        let times_f = if times.is_empty() { 1 } else { times.parse().ok()? };
        let plus = match plus {
            "" => 0,
            _ if plus.starts_with(['+', '-']) => i64::from(plus.parse::<i32>().ok()?),
            _ => return None,
        };
        Some(Self { times_f, plus })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.times_f, self.plus) {
            (0, plus) => write!(f, "{plus}"),
            (1, 0) => write!(f, "f"),
            (times, 0) => write!(f, "{times}f"),
            (1, plus) => write!(f, "f{plus:+}"),
            (times, plus) => write!(f, "{times}f{plus:+}"),
        }
    }
}

/// How many messages the two voting phases need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thresholds {
    /// As the protocol's page in `docs/theory` says; for PBFT 2f messages of others in both phases.
    Usual,
    /// So many messages of others in each of both phases, of everybody.
    Counted {
        /// In the first voting phase.
        prepare: Threshold,
        /// In the second.
        commit: Threshold,
    },
    /// What this project's own cores count.
    Core,
}

impl Thresholds {
    /// Reads `usual`, `core`, or two thresholds such as `2f-1,2f`.
    ///
    /// # Errors
    /// Where it is none of these.
    pub fn read(text: &str) -> Result<Self, Error> {
        match text {
            "usual" => return Ok(Self::Usual),
            "core" => return Ok(Self::Core),
            _ => {}
        }
        let pair = text.split_once(',');
        let pair = pair.and_then(|(a, b)| Some((Threshold::read(a)?, Threshold::read(b)?)));
        pair.map(|(prepare, commit)| Self::Counted { prepare, commit }).ok_or_else(|| {
            Error::Thresholds {
                given: text.to_owned(),
                why: "write `usual`, `core`, or two such as `2f,2f` or `2f-1,2f`".to_owned(),
            }
        })
    }
}

impl fmt::Display for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usual => f.write_str("usual"),
            Self::Counted { prepare, commit } => write!(f, "{prepare},{commit}"),
            Self::Core => f.write_str("core"),
        }
    }
}
