//! What another chain's entries prove here.

use codec::Decode;
use ledger::{AppId, EntryProof, ReceiptError, Refusal, StateTree};
use types::ChainId;

use super::{CROSSINGS, Counterpart, counterpart};

/// The chain that a proof is from, as it is known here.
pub(super) fn origin(
    proof: &EntryProof,
    state: &StateTree,
) -> Result<(ChainId, Counterpart), Refusal> {
    let chain = proof.header.chain;
    Ok((chain, counterpart(state, chain).ok_or(Refusal::CounterpartUnknown)?))
}

/// What stands under a key of crossings, or that nothing does. What costs little is looked at first; the signatures are
/// left to [`check`].
pub(super) fn entry<T: Decode>(proof: &EntryProof, key: &[u8]) -> Result<Option<T>, Refusal> {
    entry_of(proof, CROSSINGS, key)
}

/// The same of any application.
pub(super) fn entry_of<T: Decode>(
    proof: &EntryProof,
    app: AppId,
    key: &[u8],
) -> Result<Option<T>, Refusal> {
    if proof.app != app || proof.key.0 != key {
        return Err(Refusal::ProofOfOther);
    }
    let read = |value: &codec::Bytes| T::from_bytes(&value.0).map_err(|_| Refusal::ProofInvalid);
    proof.value.as_ref().map(read).transpose()
}

/// That the validators of a chain, as they are known here, attest what a proof claims.
pub(super) fn check(
    proof: &EntryProof,
    chain: ChainId,
    known: &Counterpart,
) -> Result<(), Refusal> {
    if proof.header.height < known.epoch.first {
        return Err(Refusal::ProofStale);
    }
    // Whatever needs more signatures than there are members is no certificate, and is not begun with.
    if proof.certificate.signatures.len() > known.epoch.members.len() {
        return Err(Refusal::ProofInvalid);
    }
    let attesters = known.epoch.attesters(chain, known.faults);
    proof.verify_by(chain, &attesters).map_err(|error| match error {
        ReceiptError::WrongChain => Refusal::ProofOfOther,
        ReceiptError::NotIncluded | ReceiptError::Certificate(_) | ReceiptError::Lineage(_) => {
            Refusal::ProofInvalid
        }
    })
}
