//! Deliberate bugs of crossings, by which tests show that they would notice.

/// A deliberate bug.
#[cfg(any(test, feature = "mutants"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutant {
    /// A crossing arrives although its deadline has passed.
    LateArrival,
    /// A crossing is returned by a proof from before its deadline.
    EarlyReturn,
    /// A crossing is returned although the proof shows its arrival.
    ReturnOfArrived,
}

#[cfg(any(test, feature = "mutants"))]
macro_rules! broken {
    ($this:expr, $mutant:ident) => {
        $this.mutant == Some(super::Mutant::$mutant)
    };
}
#[cfg(not(any(test, feature = "mutants")))]
macro_rules! broken {
    ($this:expr, $mutant:ident) => {
        false
    };
}
