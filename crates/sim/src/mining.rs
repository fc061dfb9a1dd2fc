//! Searches for nonces: really done, at a difficulty that costs a few dozen hashes, and lasting in virtual time as
//! long as they would at the machine's hash rate, which is as low as that. They are done in slices, as most searches
//! are given up for another head before they end.

use protocol::Inspect;
use replica::Input;
use types::Digest;

use crate::world::{Event, World};

/// How long a simulated machine takes for a hash.
const HASH_US: u64 = 32_000;
/// How many nonces are tried ahead of virtual time.
const SLICE: u64 = 8;

/// A search under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    number: u64,
    work: Digest,
    target: Digest,
    /// The nonce to go on with, or the one that was found.
    nonce: u64,
    found: bool,
}

impl Search {
    /// Tries the nonces of one slice; how many it took.
    fn slice(&mut self) -> u64 {
        for tries in 1..=SLICE {
            if crypto::work(&self.work, self.nonce) <= self.target {
                self.found = true;
                return tries;
            }
            self.nonce = self.nonce.wrapping_add(1);
        }
        SLICE
    }
}

impl<P: Inspect> World<'_, P> {
    pub(crate) fn mine(&mut self, index: usize, work: Digest, target: Digest) {
        let nonce = self.miners_prng.next_u64();
        let node = &mut self.nodes[index];
        node.searches += 1;
        let number = node.searches;
        self.search(index, Search { number, work, target, nonce, found: false });
    }

    fn search(&mut self, index: usize, mut search: Search) {
        let takes_us = search.slice() * HASH_US;
        let node = &mut self.nodes[index];
        node.search = Some(search);
        let event = Event::Mined { node: node.me.get(), search: search.number };
        self.queue.push(self.now_us + takes_us, event);
    }

    /// A slice of a search is over, where nothing has come between.
    pub(crate) fn mined(&mut self, index: usize, number: u64) {
        let node = &mut self.nodes[index];
        let Some(search) = node.search.take_if(|search| search.number == number) else {
            return;
        };
        if !search.found {
            return self.search(index, search);
        }
        let Search { work, nonce, .. } = search;
        self.record(7, index, nonce);
        self.step(index, Input::Mined { work, nonce });
    }
}
