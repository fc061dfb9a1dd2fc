use crypto::{Signer, Verifier};

use crate::{Evidence, Promise, Protocol};

/// What checkers, drills and reports know of a core beyond what drives it.
pub trait Inspect: Protocol + 'static {
    /// The names of its messages' kinds.
    const KINDS: &'static [&'static str];

    /// The index of a message's kind in [`Self::KINDS`].
    fn kind(message: &Self::Message) -> usize;
    /// Shows every promise that the author of a message makes with it.
    fn promises(message: &Self::Message, each: &mut dyn FnMut(Promise));
    /// A signed twin of one's own message that contradicts it, for drills; `None` for messages that cannot be
    /// contradicted.
    fn contradict(message: &Self::Message, signer: &Signer) -> Option<Self::Message>;
    /// A signed twin of one's own message that speaks of a view or place `by` further on, for drills; `None` where
    /// nobody would keep it.
    fn ahead(message: &Self::Message, signer: &Signer, by: u64) -> Option<Self::Message> {
        let _ = (message, signer, by);
        None
    }
    /// Whether evidence holds: both statements are the offender's, and no honest replica makes both.
    fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool;
}
