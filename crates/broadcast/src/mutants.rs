//! Deliberate bugs, one line each, by which the tests show that they would notice; in test builds alone.

/// Whether this replica is to have a certain bug.
#[cfg(test)]
macro_rules! broken {
    ($owner:expr, $mutant:ident) => {
        $owner.mutant == Some(crate::mutants::Mutant::$mutant)
    };
}
#[cfg(not(test))]
macro_rules! broken {
    ($owner:expr, $mutant:ident) => {{
        let _ = &$owner;
        false
    }};
}

/// A deliberate bug.
#[cfg(test)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mutant {
    /// Anybody may begin a broadcast in anybody's name.
    SenderUnchecked,
    /// Every INITIAL is echoed, not the first alone.
    EchoesAgain,
    /// f+1 echoes are enough for a READY.
    FewEchoes,
    /// A vote counts every time it comes.
    RepeatedVotesCount,
    /// READYs of others never make a replica say its own.
    NoAmplification,
    /// f+1 READYs are enough to deliver.
    FewReadies,
    /// Votes count for whichever sequence number is open.
    SequenceUnbound,
    /// READYs count for whichever payload is at hand.
    PayloadUnbound,
    /// A payload delivered is forgotten to have been.
    DeliversAgain,
}
