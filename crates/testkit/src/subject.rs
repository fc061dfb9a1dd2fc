//! What the model world must know of a core.

use std::fmt::Debug;

use protocol::Inspect;

/// A core under test.
pub trait Subject: Inspect {
    /// Its deliberate bugs.
    type Mutant: Copy + PartialEq + Debug;

    /// A configuration with short intervals for `n` replicas, with a deliberate bug or none.
    fn config(n: usize, mutant: Option<Self::Mutant>) -> Self::Config;
    /// A message in one short line, for scenario files.
    fn message_name(message: &Self::Message) -> String;
    /// A record in one short line, for scenario files.
    fn record_name(record: &Self::Record) -> String;
    /// The bug of the world that a mutant stands for, where the bug is not in the core.
    fn world_bug(_mutant: Self::Mutant) -> Option<WorldBug> {
        None
    }
    /// A contradiction between all that one replica said that its promises do not show.
    fn contradiction(_said: &[Self::Message]) -> Option<String> {
        None
    }
}

/// A bug in the world around the cores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WorldBug {
    /// Signatures are not checked.
    SignaturesUnchecked,
    /// A message counts for whom it names, whoever sent it.
    SenderUnchecked,
    /// The application executes whatever is decided.
    ExecutedTwice,
}
