//! Pin the bytes of every type that reaches a wire or a disk; for tests alone.
//!
//! A type's digest covers the encodings of many pseudo-random values of it; `conformance.txt` at the root of the
//! workspace holds the digest of every type. A change of format then shows as a failing test with the type's name,
//! never as two versions that silently disagree.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use codec::{Decode, Encode};
use crypto::{Hasher, sha256};
use types::{Digest, Prng};

/// Values for each type.
pub const VALUES: usize = 16_384;
/// Of these, how many are also cut at every byte.
const VALUES_CUT: usize = 32;

/// Writers of the table within one process.
static UPDATING: Mutex<()> = Mutex::new(());

/// Checks [`VALUES`] values that `generate` makes: each comes back from its bytes, no prefix of them and nothing
/// longer decodes, changed bytes that decode encode to themselves, and the digest over all is the pinned one.
///
/// Run with `UPDATE=1` in the environment to pin the digest that came out.
///
/// # Panics
/// Where any of this does not hold.
pub fn check<T>(name: &str, generate: impl Fn(&mut Prng) -> T)
where
    T: Encode + Decode + PartialEq + Debug,
{
    assert!(!name.contains(char::is_whitespace), "a name is one word in conformance.txt");
    let found = digest(name, generate);
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        pin(name, found);
    }
    let pinned = table().get(name).cloned();
    assert_eq!(
        pinned,
        Some(found.to_string()),
        "the bytes of {name} are not the pinned ones; if its format is meant to change, run this with UPDATE=1 and \
         commit conformance.txt"
    );
}

fn digest<T>(name: &str, generate: impl Fn(&mut Prng) -> T) -> Digest
where
    T: Encode + Decode + PartialEq + Debug,
{
    let mut prng = Prng::new(sha256(&[name.as_bytes()]).short(), 0);
    let mut hasher = Hasher::new("unisono-conformance");
    for index in 0..VALUES {
        let value = generate(&mut prng);
        let bytes = value.to_bytes();
        assert!(bytes.len() >= T::BYTES_MIN, "{name}: {value:?} takes less than BYTES_MIN");
        match T::from_bytes(&bytes) {
            Ok(back) => assert_eq!(back, value, "{name}: another value comes back"),
            Err(error) => panic!("{name}: {value:?} does not come back: {error}"),
        }
        if index < VALUES_CUT {
            refuse_other_lengths::<T>(name, &bytes);
        }
        change_a_byte::<T>(name, &bytes, &mut prng);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(&bytes);
    }
    hasher.finish()
}

fn refuse_other_lengths<T: Decode>(name: &str, bytes: &[u8]) {
    for cut in 0..bytes.len() {
        assert!(T::from_bytes(&bytes[..cut]).is_err(), "{name}: decodes when cut at {cut}");
    }
    let longer = [bytes, &[0]].concat();
    assert!(T::from_bytes(&longer).is_err(), "{name}: decodes with a byte behind it");
}

fn change_a_byte<T: Encode + Decode + Debug>(name: &str, bytes: &[u8], prng: &mut Prng) {
    let mut changed = bytes.to_vec();
    let place = usize::try_from(prng.below(bytes.len() as u64)).unwrap_or(0);
    let Some(byte) = changed.get_mut(place) else { return };
    *byte ^= 1 << prng.below(8);
    if let Ok(value) = T::from_bytes(&changed) {
        assert_eq!(value.to_bytes(), changed, "{name}: {value:?} has two encodings");
    }
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../conformance.txt"))
}

fn table() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, digest)| (name.to_owned(), digest.trim().to_owned()))
        .collect()
}

fn pin(name: &str, digest: Digest) {
    let _alone = UPDATING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut table = table();
    table.insert(name.to_owned(), digest.to_string());
    let text: String = table.iter().map(|(name, digest)| format!("{name} {digest}\n")).collect();
    if let Err(error) = std::fs::write(path(), text) {
        panic!("conformance.txt cannot be written: {error}");
    }
}
