//! Application 0: which nonces every account has used. Part of the agreed state, so that exactly-once execution
//! survives checkpoints, restarts and state transfer (rule P-5).

use codec::{Decode, Encode};
use ledger::{Account, AppId, Nonces, StateTree};

/// The accounts' number among the state roots.
pub(crate) const ACCOUNTS: AppId = AppId(0);

/// The used nonces of an account.
#[must_use]
pub fn nonces_of(state: &StateTree, account: &Account) -> Nonces {
    let kept = state.get(&account.0).and_then(|bytes| Nonces::from_bytes(bytes).ok());
    kept.unwrap_or_default()
}

/// Keeps the used nonces of an account.
pub(crate) fn keep_nonces(state: &mut StateTree, account: &Account, nonces: &Nonces) {
    state.set(account.0.to_vec(), nonces.to_bytes());
}
