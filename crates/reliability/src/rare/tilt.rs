//! Other biases for the same coins.

use crate::theory::Chance;

/// Which end of a round is rare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// That enough members are left.
    Success,
    /// That they are not.
    Failure,
}

impl Event {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// A part of the mixture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The true biases.
    True,
    /// Losses spread over all steps that are left.
    Spread,
    /// Losses in one step.
    Only(usize),
}

/// So many members of a class, each of whom stays with a chance.
#[derive(Clone, Copy, Debug)]
pub(super) struct AtRisk {
    pub(super) class: usize,
    pub(super) count: usize,
    pub(super) stay: Chance<f64>,
}

impl AtRisk {
    /// Whether it can go either way.
    const fn is_open(&self) -> bool {
        self.count > 0 && self.stay.no > 0.0 && self.stay.yes > 0.0
    }
}

/// The odds of a loss are multiplied by this in one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tilt {
    factor: f64,
}

impl Tilt {
    /// The factor by which a part of the mixture tilts a step: such that about as many are lost as it wants.
    pub(super) fn new(
        part: Part,
        event: Event,
        step: usize,
        steps_left: usize,
        risks: &[AtRisk],
        need: usize,
    ) -> Self {
        let open = || risks.iter().filter(|risk| risk.is_open());
        let many = open().map(|risk| risk.count).sum::<usize>() as f64;
        let usual: f64 = open().map(|risk| risk.count as f64 * risk.stay.no).sum();
        let safe: usize =
            risks.iter().filter(|risk| risk.stay.no == 0.0).map(|risk| risk.count).sum();
        let present = many + safe as f64;
        let here = part == Part::Only(step);
        let share = 1.0 / steps_left.max(1) as f64;
        let wanted = match (part, event) {
            (Part::True, _) => return Self { factor: 1.0 },
            (Part::Only(_), Event::Failure) if !here => return Self { factor: 1.0 },
            (Part::Only(_), Event::Failure) => usual.max(present - need as f64 + 1.0),
            (Part::Spread, Event::Failure) => usual.max((present - need as f64 + 1.0) * share),
            (Part::Only(_), Event::Success) if !here => usual.min(LEFT_OVER),
            (Part::Only(_), Event::Success) => {
                usual.min(((present - need as f64) * MOST).max(LEFT_OVER))
            }
            (Part::Spread, Event::Success) => {
                usual.min(((present - need as f64) * MOST * share).max(LEFT_OVER))
            }
        };
        if many == 0.0 {
            return Self { factor: 1.0 };
        }
        let odds = |share: f64| share / (1.0 - share);
        let wanted = (wanted / many).clamp(1e-6, 1.0 - 0.5 / (many + 1.0));
        let usual = usual / many;
        let factor = odds(wanted) / odds(usual.min(1.0 - 1e-15));
        Self { factor: if factor.is_finite() && factor > 0.0 { factor } else { 1.0 } }
    }

    /// How likely a loss is now.
    pub(super) fn lose(&self, no: f64, yes: f64) -> f64 {
        no * self.factor / (no * self.factor + yes)
    }

    /// How much likelier this tilt makes so many losses, as a logarithm.
    pub(super) fn log_ratio(&self, risk: &AtRisk, lost: usize) -> f64 {
        if self.factor == 1.0 || !risk.is_open() {
            return 0.0;
        }
        let sum = risk.stay.no * self.factor + risk.stay.yes;
        lost as f64 * self.factor.ln() - risk.count as f64 * sum.ln()
    }
}

/// Where nobody may be lost, this many are lost on average: one round in one and a third loses nobody.
const LEFT_OVER: f64 = 0.3;
/// Of those who may be lost, so many are.
const MOST: f64 = 0.7;
