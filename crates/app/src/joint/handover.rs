//! Handovers: an account goes over from one key to the next, by a transaction of its own.
//!
//! An account begins as its first key's. From a handover on, the new key acts for it; the old one too, until the last
//! block of the overlap, and never again afterwards.

use codec::{Encode, record};
use crypto::{PublicKey, Signature};
use ledger::{Account, Refusal, StateTree, TxView};
use types::{ChainId, Height};

use super::joint;
use crate::BlockContext;
use crate::accounts::{ACCOUNTS, nonces_of};
use crate::argument::{keep, kept};

/// Most blocks during which both keys act.
pub const OVERLAP_BLOCKS_MAX: u64 = 1_000_000;
/// Most keys that have been handed over or taken over.
const KEYS_MAX: u64 = 65_536;
/// What stands before the statement that a new key signs.
const DOMAIN: &[u8] = b"unisono-handover/1\0";

/// To which key the sender's account goes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handover {
    /// The new key, as an account that has never acted.
    pub key: Account,
    /// The last block in which the old key acts too.
    pub until: Height,
    /// The new key's signature over [`possession_bytes`]: nobody is given an account that they did not ask for.
    pub proof: Signature,
}
record!(Handover { key: Account, until: Height, proof: Signature });

/// For whom a key acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyUse {
    /// The account.
    pub account: Account,
    /// The last block in which it does, where it has handed over.
    pub until: Option<Height>,
    /// The key that it has handed over to, or for the newest one itself.
    pub newest: Account,
}
record!(KeyUse { account: Account, until: Option<Height>, newest: Account });

/// What the new key signs to show that it is held, and that its holder wants the account.
#[must_use]
pub fn possession_bytes(chain: ChainId, account: &Account, key: &Account) -> Vec<u8> {
    let mut bytes = DOMAIN.to_vec();
    chain.encode(&mut bytes);
    account.encode(&mut bytes);
    key.encode(&mut bytes);
    bytes
}

/// What was handed over to or from a key; nothing for one that acts for its own account.
#[must_use]
pub fn key_use(state: &StateTree, key: &Account) -> Option<KeyUse> {
    kept(state, &use_key(key))
}

/// The account for which a key acts in a block.
pub(crate) fn acting(state: &StateTree, key: &Account, height: Height) -> Result<Account, Refusal> {
    if state.is_empty() {
        return Ok(*key);
    }
    match key_use(state, key) {
        None => Ok(*key),
        Some(KeyUse { until: Some(until), .. }) if height > until => Err(Refusal::KeyRetired),
        Some(KeyUse { account, .. }) => Ok(account),
    }
}

pub(super) fn hand_over(
    tx: &TxView<'_>,
    handover: &Handover,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<(&'static str, String), Refusal> {
    let (account, height) = (tx.sender, block.height);
    let Handover { key, until, proof } = *handover;
    if !(height.get()..=height.get().saturating_add(OVERLAP_BLOCKS_MAX)).contains(&until.get()) {
        return Err(Refusal::BadOverlap);
    }
    // While both keys act, neither may say who is next: otherwise an old one that leaked would outlive its overlap.
    let newest = key_use(state, &account).map_or(account, |first| first.newest);
    let before = last_handover(state, &account);
    if before.is_some_and(|end| height <= end) {
        return Err(Refusal::HandoverRunning);
    }
    let acted = block
        .others
        .get(ACCOUNTS)
        .is_some_and(|accounts| nonces_of(accounts, &key) != ledger::Nonces::default());
    if acted || key == account || key_use(state, &key).is_some() || joint(state, &key).is_some() {
        return Err(Refusal::KeyTaken);
    }
    let count: u64 = kept(state, KEYS).unwrap_or(0);
    if count >= KEYS_MAX {
        return Err(Refusal::JointFull);
    }
    let public = PublicKey::new(key.0).map_err(|_| Refusal::BadPossession)?;
    let signed = possession_bytes(tx.chain, &account, &key);
    public.verify(&signed, &proof).map_err(|_| Refusal::BadPossession)?;
    keep(state, KEYS.to_vec(), &(count + 1));
    keep(state, use_key(&newest), &KeyUse { account, until: Some(until), newest: key });
    if newest != account {
        // The account's first key leads to the newest one, whatever lies between.
        let first = key_use(state, &account);
        let until = first.and_then(|first| first.until);
        keep(state, use_key(&account), &KeyUse { account, until, newest: key });
    }
    keep(state, use_key(&key), &KeyUse { account, until: None, newest: key });
    keep(state, over_key(&account), &until);
    Ok(("key.handed_over", format!("{account} to {key}, both until block {until}")))
}

/// The last block of the last overlap.
fn last_handover(state: &StateTree, account: &Account) -> Option<Height> {
    kept(state, &over_key(account))
}

/// How many handovers there were.
const KEYS: &[u8] = b"keys";

/// The key of the entry that says for whom a key acts, for a proof of it.
#[must_use]
pub fn use_key(key: &Account) -> Vec<u8> {
    [b"key/".as_slice(), &key.0].concat()
}
fn over_key(account: &Account) -> Vec<u8> {
    [b"over/".as_slice(), &account.0].concat()
}
