//! What may be voted for and believed: pure functions, and the only rules whose breach can fork.

use types::{Digest, Seq, View};

use crate::message::{Committed, Polka, Precommit, Prevote, Proposal};
use crate::validators::Validators;
use crate::{Config, Reject, Round};

/// Rounds of one height that have a view number of their own.
const ROUNDS_SHOWN: u64 = 1_000;

/// A height and round as one ascending number: 12,003 is round 3 of height 12 (L1).
pub(crate) fn view_of(seq: Seq, round: Round) -> View {
    let round = u64::from(round.get()).min(ROUNDS_SHOWN - 1);
    View::new(seq.get().saturating_mul(ROUNDS_SHOWN).saturating_add(round))
}

/// The height and the round that a view shows.
#[must_use]
pub const fn height_and_round(view: View) -> (u64, u64) {
    (view.get() / ROUNDS_SHOWN, view.get() % ROUNDS_SHOWN)
}

/// What a replica has precommitted in this height.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Lock {
    /// The last round in which it precommitted a value.
    pub(crate) round: Round,
    /// That value.
    pub(crate) digest: Digest,
    /// The last round in which it precommitted another value.
    pub(crate) other: Option<Round>,
}

impl Lock {
    /// The lock after one more PRECOMMIT for a value (L23).
    pub(crate) fn moved(earlier: Option<Self>, round: Round, digest: Digest) -> Self {
        let other = earlier
            .and_then(|lock| if lock.digest == digest { lock.other } else { Some(lock.round) });
        Self { round, digest, other }
    }
}

/// Whether a lock allows a PREVOTE for a value proposed with a valid round (L17, L19).
pub(crate) fn allows(
    config: &Config,
    lock: Option<&Lock>,
    digest: Digest,
    valid_round: Option<Round>,
) -> bool {
    let Some(lock) = lock else { return true };
    if broken!(config, LockIgnored) {
        return true;
    }
    if broken!(config, LockNeverMoves) && valid_round.is_some() {
        return lock.digest == digest;
    }
    if broken!(config, AnyValidRoundUnlocks) && valid_round.is_some() {
        return true;
    }
    // A value that is locked again needs an excuse for what was precommitted in between, and its proposer has one.
    let is_locked = lock.digest == digest && valid_round >= lock.other;
    is_locked || valid_round >= Some(lock.round)
}

/// Whether nobody honest makes both: precommitting a value, and later prevoting another that had no polka since.
pub(crate) fn forgets(precommit: &Precommit, prevote: &Prevote) -> bool {
    precommit.seq == prevote.seq
        && precommit.round < prevote.round
        && !precommit.digest.is_zero()
        && !prevote.digest.is_zero()
        && precommit.digest != prevote.digest
        && prevote.valid_round < Some(precommit.round)
}

/// A polka: a quorum's PREVOTEs for a value or for nil.
pub(crate) fn is_polka(set: &Validators, polka: &Polka) -> bool {
    set.are_quorum(polka.prevotes.keys())
}

/// A commit certificate: a quorum's PRECOMMITs for a value, with its payload.
pub(crate) fn is_committed(set: &Validators, proof: &Committed) -> bool {
    proof.precommit.digest == proof.payload.digest() && set.are_quorum(proof.precommits.keys())
}

/// What is wrong with a proposal in itself (L14).
pub(crate) fn check_proposal(
    config: &Config,
    set: &Validators,
    proposal: &Proposal,
) -> Result<(), Reject> {
    let said = &proposal.propose.statement;
    if said.digest != proposal.payload.digest() {
        return Err(Reject::BadPayload);
    }
    let is_earlier = said.valid_round.is_none_or(|valid| valid < said.round);
    if !is_earlier && !broken!(config, ValidRoundUnchecked) {
        return Err(Reject::BadCertificate);
    }
    let proves = |polka: &Polka| {
        let prevote = &polka.prevote;
        prevote.seq == said.seq
            && Some(prevote.round) == said.valid_round
            && prevote.digest == said.digest
            && is_polka(set, polka)
    };
    if proposal.polka.as_ref().is_none_or(|polka| proves(polka)) {
        Ok(())
    } else {
        Err(Reject::BadCertificate)
    }
}
