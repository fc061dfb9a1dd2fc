use std::sync::Arc;

use codec::{Decode, Encode};
use crypto::{Authentic, InEpoch, SignedBy, Signer};
use replica::Message;
use types::Prng;

use super::{Liar, Role, Treatment};
use protocol::Inspect;

/// Changes a little of what it says and signs that instead: a number by one, a bit, a signature less in a certificate
/// (small-scope mutations, Winter et al., ByzzFuzz, OOPSLA 2023).
#[derive(Default, Debug)]
pub(super) struct Rewriting;

/// So many of a million messages are rewritten.
const REWRITTEN_PPM: u32 = 400_000;
/// Most attempts to find a change that leaves a message.
const TRIES: u32 = 8;
/// Statements that lie in each other this deep are signed again.
const DEPTH_MAX: usize = 8;
/// So many of a million changes are in the first bytes: the kind, the view, the place, the value.
const HEAD_PPM: u32 = 600_000;
/// How many bytes those are.
const HEAD_BYTES: usize = 48;
/// One change in so many is a signature less.
const FEWER_ONE_IN: u64 = 4;

impl<P: Inspect> Role<P> for Rewriting {
    fn treat(&mut self, message: &Message<P>, liar: &mut Liar) -> Treatment<P> {
        let Message::Core(said) = message else { return Treatment::Honest };
        if !liar.prng.chance_ppm(REWRITTEN_PPM) {
            return Treatment::Honest;
        }
        let Some(signers) = liar.signers(said.epoch) else { return Treatment::Honest };
        let rewritten = (0..TRIES)
            .find_map(|_| rewrite::<P::Message>(&said.message, &signers.core, &mut liar.prng));
        rewritten.map_or(Treatment::Honest, |message| {
            let said = InEpoch { epoch: said.epoch, message: Arc::new(message) };
            Treatment::Split(Message::Core(Arc::new(said)))
        })
    }
}

/// The message with one change, signed again where the signer signed it; `None` where the change leaves no message.
fn rewrite<M: Authentic + Encode + Decode>(
    said: &M,
    signer: &Signer,
    prng: &mut Prng,
) -> Option<M> {
    let mut bytes = said.to_bytes();
    if prng.below(FEWER_ONE_IN) == 0 {
        bytes = with_fewer_signatures(said, bytes, prng)?;
    } else {
        let head = prng.chance_ppm(HEAD_PPM);
        let end = if head { bytes.len().min(HEAD_BYTES) } else { bytes.len() };
        let at = prng.below(end as u64) as usize;
        let byte = bytes.get_mut(at)?;
        *byte = match prng.below(3) {
            0 => byte.wrapping_add(1),
            1 => byte.wrapping_sub(1),
            _ => *byte ^ (1 << prng.below(8)),
        };
    }
    sign_again(bytes, signer)
}

/// The bytes with a signature less in one of the message's certificates.
fn with_fewer_signatures<M: Authentic>(
    said: &M,
    bytes: Vec<u8>,
    prng: &mut Prng,
) -> Option<Vec<u8>> {
    let mut lists = Vec::new();
    said.check_signatures(&mut |signed| {
        if let SignedBy::Each(list) = signed.by
            && !list.is_empty()
        {
            lists.push(list.clone());
        }
        true
    });
    let at = prng.below(lists.len().max(1) as u64) as usize;
    let before = lists.get(at)?;
    let mut fewer = before.clone();
    fewer.pop_first();
    replace(bytes, &before.to_bytes(), &fewer.to_bytes())
}

/// Puts right what the signer signed in a message's bytes, the innermost statements first.
fn sign_again<M: Authentic + Encode + Decode>(mut bytes: Vec<u8>, signer: &Signer) -> Option<M> {
    for _ in 0..DEPTH_MAX {
        let message = M::from_bytes(&bytes).ok()?;
        let mut stale = None;
        message.check_signatures(&mut |signed| {
            if let SignedBy::One(by, old) = signed.by
                && by == signer.me()
            {
                let new = signer.sign_shown(signed);
                if new != *old {
                    stale = Some((old.0, new.0));
                }
            }
            true
        });
        let Some((old, new)) = stale else { return Some(message) };
        bytes = replace(bytes, &old, &new)?;
    }
    None
}

/// The bytes with the first occurrence of a part replaced.
fn replace(mut bytes: Vec<u8>, part: &[u8], by: &[u8]) -> Option<Vec<u8>> {
    let at = bytes.windows(part.len()).position(|window| window == part)?;
    bytes.splice(at..at + part.len(), by.iter().copied());
    Some(bytes)
}
