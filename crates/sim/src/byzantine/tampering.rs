use codec::{Decode, Encode};
use replica::Message;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Flips a bit in some of what it sends, such that it is still a message.
#[derive(Default, Debug)]
pub(super) struct Tampering;

/// So many of a million messages are changed.
const TAMPERED_PPM: u32 = 300_000;
/// Most attempts to find a bit that leaves a message.
const TRIES: u32 = 8;

impl<P: Inspect> Role<P> for Tampering {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let believed = matches!(message, Message::Batch(_)) && !liar.clients_sign;
        if believed || !liar.prng.chance_ppm(TAMPERED_PPM) {
            return Treatment::Honest;
        }
        let bytes = message.to_bytes();
        let spoilt = (0..TRIES).find_map(|_| {
            let bit = liar.prng.below(8 * bytes.len() as u64);
            let mut bytes = bytes.clone();
            *bytes.get_mut((bit / 8) as usize)? ^= 1 << (bit % 8);
            Message::from_bytes(&bytes).ok()
        });
        spoilt.map_or(Treatment::Withheld, Treatment::Instead)
    }
}
