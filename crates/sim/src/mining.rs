//! Searches for nonces: really done, at a difficulty that costs a few hundred hashes, and lasting in virtual time as
//! long as they would at the machine's hash rate.

use protocol::Inspect;
use replica::Input;
use types::Digest;

use crate::world::{Event, World};

/// How fast a simulated machine hashes.
const HASHES_PER_MS: u64 = 1;

/// A search that will have found its nonce.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    number: u64,
    work: Digest,
    nonce: u64,
}

impl<P: Inspect> World<'_, P> {
    pub(crate) fn mine(&mut self, index: usize, work: Digest, target: Digest) {
        let start = self.miners_prng.next_u64();
        let mut tries = 0_u64;
        while crypto::work(&work, start.wrapping_add(tries)) > target {
            tries += 1;
        }
        let node = &mut self.nodes[index];
        node.searches += 1;
        let number = node.searches;
        node.search = Some(Search { number, work, nonce: start.wrapping_add(tries) });
        let takes_us = (tries + 1) * 1_000 / HASHES_PER_MS;
        let event = Event::Mined { node: node.me.get(), search: number };
        self.queue.push(self.now_us + takes_us, event);
    }

    pub(crate) fn mined(&mut self, index: usize, number: u64) {
        let node = &mut self.nodes[index];
        let Some(Search { work, nonce, .. }) =
            node.search.take_if(|search| search.number == number)
        else {
            return;
        };
        self.record(7, index, nonce);
        self.step(index, Input::Mined { work, nonce });
    }
}
