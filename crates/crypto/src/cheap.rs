//! A signature scheme for simulation alone: sixteen bytes that only the holder of a seed would compute.
//!
//! It is symmetric (whoever verifies could forge), which is sound in a simulator, where a role holds only its
//! own seed and the simulator itself is trusted; it costs a thousandth of a real signature.

use crate::Signature;

/// Signs `message` with `seed`, in the domain with this short digest.
pub(crate) fn sign(seed: u64, domain: u64, message: &[u8]) -> Signature {
    let (mut a, mut b) =
        (seed ^ 0x9e37_79b9_7f4a_7c15, seed.rotate_left(32) ^ message.len() as u64);
    let (blocks, rest) = message.as_chunks::<16>();
    for block in blocks {
        (a, b) = round(a, b, u128::from_le_bytes(*block));
    }
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    (a, b) = round(a, b, u128::from_le_bytes(last));
    (a, b) = round(a, b, u128::from(seed) << 64 | u128::from(domain));
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&a.to_le_bytes());
    bytes[8..16].copy_from_slice(&b.to_le_bytes());
    Signature(bytes)
}

/// One folded 64 x 64 bit multiplication, as in wyhash.
fn round(a: u64, b: u64, block: u128) -> (u64, u64) {
    let (low, high) = (block as u64, (block >> 64) as u64);
    let product =
        u128::from(a ^ low ^ 0xa076_1d64_78bd_642f) * u128::from(b ^ high ^ 0xe703_7ed1_a0b4_28db);
    let (folded, rest) = ((product >> 64) as u64, product as u64);
    (folded ^ rest ^ b.rotate_left(23), rest.rotate_left(31) ^ a.wrapping_add(high))
}
