//! A signature scheme for simulation alone: sixteen bytes that only the holder of a seed would compute.
//!
//! It is symmetric (whoever verifies could forge), which is sound in a simulator, where a role holds only its
//! own seed and the simulator itself is trusted; it costs tens of nanoseconds instead of tens of microseconds.

use crate::Signature;

/// Signs `message` with `seed`.
pub(crate) fn sign(seed: u64, message: &[u8]) -> Signature {
    let (mut a, mut b) =
        (seed ^ 0x9e37_79b9_7f4a_7c15, seed.rotate_left(32) ^ message.len() as u64);
    let mut chunks = message.chunks_exact(16);
    for chunk in &mut chunks {
        let (low, high) = chunk.split_at(8);
        (a, b) = round(a, b, word(low), word(high));
    }
    let mut last = [0; 16];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    let (low, high) = last.split_at(8);
    (a, b) = round(a, b, word(low), word(high));
    (a, b) = round(a, b, seed, 0x8000_0000_0000_0001);
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&a.to_le_bytes());
    bytes[8..16].copy_from_slice(&b.to_le_bytes());
    Signature(bytes)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// One folded 64 x 64 bit multiplication, as in wyhash.
fn round(a: u64, b: u64, low: u64, high: u64) -> (u64, u64) {
    let product =
        u128::from(a ^ low ^ 0xa076_1d64_78bd_642f) * u128::from(b ^ high ^ 0xe703_7ed1_a0b4_28db);
    let (folded, rest) = ((product >> 64) as u64, product as u64);
    (folded ^ rest ^ b.rotate_left(23), rest.rotate_left(31) ^ a.wrapping_add(high))
}
