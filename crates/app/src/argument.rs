//! What applications share: arguments within bounds, and values in a state.

use codec::{Decode, Encode};
use ledger::{Refusal, StateTree, TxView};

/// An operation's argument.
pub(crate) trait Argument: Decode {
    /// Whether every text, list and number of it is within its bounds.
    fn fits(&self) -> bool;
}

/// The argument of an operation: canonical, whole, and within bounds.
pub(crate) fn argument<T: Argument>(tx: &TxView<'_>) -> Result<T, Refusal> {
    T::from_bytes(tx.payload).ok().filter(T::fits).ok_or(Refusal::MalformedPayload)
}

/// That an operation without an argument brings none.
pub(crate) const fn no_argument(tx: &TxView<'_>) -> Result<(), Refusal> {
    if tx.payload.is_empty() { Ok(()) } else { Err(Refusal::MalformedPayload) }
}

/// Whether a name has 1 to `max` bytes and none that a terminal or a log would act upon.
pub(crate) fn is_name(text: &str, max: usize) -> bool {
    (1..=max).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The value under a key.
pub(crate) fn kept<T: Decode>(state: &StateTree, key: &[u8]) -> Option<T> {
    T::from_bytes(state.get(key)?).ok()
}

/// Keeps a value under a key.
pub(crate) fn keep(state: &mut StateTree, key: Vec<u8>, value: &impl Encode) {
    state.set(key, value.to_bytes());
}

/// The keys that begin with `prefix`, without it, and their values, by ascending key from `prefix` and `from` on.
pub(crate) fn entries<'a>(
    state: &'a StateTree,
    prefix: &[u8],
    from: &[u8],
) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
    let all = state.range(&[prefix, from].concat());
    let prefix = prefix.to_vec();
    all.map_while(move |(key, value)| Some((key.strip_prefix(prefix.as_slice())?, value)))
}
