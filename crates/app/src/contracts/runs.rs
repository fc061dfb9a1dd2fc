//! What became of the latest calls, agreed and provable: the answer, the events, and what they cost.

use codec::{Bytes, Decode, record};
use ledger::{Account, Outcome, StateTree, TxView};
use types::Height;

use crate::argument::{entries, keep, kept};

/// So many of the latest calls are kept; receipts prove the outcome of the older ones.
pub const RUNS_KEPT_MAX: u64 = 1_024;

/// An event that a contract told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its name.
    pub name: Bytes,
    /// What it says.
    pub body: Bytes,
}
record!(Told { name: Bytes, body: Bytes });

/// What became of a call or a deployment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The contract.
    pub contract: Account,
    /// The block.
    pub height: Height,
    /// What became of the transaction.
    pub outcome: Outcome,
    /// The contract's own code, where the outcome is `CONTRACT_REFUSED`; zero otherwise.
    pub code: u32,
    /// The fuel that it used.
    pub fuel: u64,
    /// The stake that the sender paid for it, in stake units.
    pub paid: u64,
    /// What it answered.
    pub output: Bytes,
    /// What it told.
    pub events: Vec<Told>,
}
record!(Run {
    contract: Account, height: Height, outcome: Outcome, code: u32, fuel: u64, paid: u64, output: Bytes,
    events: Vec<Told>,
});

/// What became of a call, by its sender and nonce.
#[must_use]
pub fn run(state: &StateTree, sender: &Account, nonce: u64) -> Option<Run> {
    kept(state, &run_key(sender, nonce))
}

/// What became of the latest calls, by sender and nonce.
pub fn runs(state: &StateTree) -> impl Iterator<Item = Run> + '_ {
    entries(state, RUN, &[]).filter_map(|(_, run)| Run::from_bytes(run).ok())
}

/// Whose call it was, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// Its place among all calls, from zero.
    pub number: u64,
    /// Who called.
    pub sender: Account,
    /// The call's nonce.
    pub nonce: u64,
    /// What became of it.
    pub run: Run,
}

/// What became of the latest calls before a place, newest first.
pub fn latest(state: &StateTree, before: u64) -> impl Iterator<Item = Past> + '_ {
    let end = kept(state, RUNS).unwrap_or(0).min(before);
    let kept_from = kept::<u64>(state, RUNS).unwrap_or(0).saturating_sub(RUNS_KEPT_MAX);
    (kept_from..end).rev().filter_map(|number| {
        let key = state.get(&place_key(number))?;
        let (sender, nonce) = key.strip_prefix(RUN)?.split_first_chunk::<32>()?;
        let nonce = u64::from_be_bytes(nonce.try_into().ok()?);
        Some(Past { number, sender: Account(*sender), nonce, run: kept(state, key)? })
    })
}

/// The key of what became of a call, for a proof of it.
#[must_use]
pub fn run_key(sender: &Account, nonce: u64) -> Vec<u8> {
    [RUN, &sender.0, &nonce.to_be_bytes()].concat()
}

const RUN: &[u8] = b"run/";
const RUNS: &[u8] = b"runs";

fn place_key(number: u64) -> Vec<u8> {
    [b"place/".as_slice(), &number.to_be_bytes()].concat()
}

/// Keeps a run, and forgets the oldest where there are too many.
pub(super) fn remember(state: &mut StateTree, tx: &TxView<'_>, run: &Run) {
    let number: u64 = kept(state, RUNS).unwrap_or(0);
    if let Some(old) = number.checked_sub(RUNS_KEPT_MAX).map(place_key) {
        if let Some(key) = state.get(&old).map(<[u8]>::to_vec) {
            state.remove(&key);
        }
        state.remove(&old);
    }
    let key = run_key(&tx.sender, tx.nonce);
    state.set(place_key(number), key.clone());
    keep(state, key, run);
    keep(state, RUNS.to_vec(), &number.saturating_add(1));
}
