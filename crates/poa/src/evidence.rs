//! Names sealers that contradict themselves, by two of their own signed headers.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Signed, Verifier};
use protocol::{Ctx, Evidence, Reject};
use types::{Digest, NodeId, Seq, View};

use crate::message::{self, Exhibit, Header, Message, Slot};
use crate::replica::Core;
use crate::safety;

/// Most headers of one sealer remembered, to be compared with later ones.
const SEEN_MAX: usize = 1_024;
/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;
/// Most accusations of one sealer: more would say nothing new.
const ACCUSED_OF_MAX: usize = 16;
/// What the evidence is called.
const KIND: &str = "equivocation";

/// Where a sealer speaks once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    /// In a slot, and in Clique at a height.
    Turn(NodeId, Slot, u64),
    /// Behind a block of its own.
    Behind(NodeId, Digest),
}

/// Two blocks of one sealer, by ascending name.
pub(crate) type Pair = (NodeId, Digest, Digest);

fn places(header: &Signed<Header>) -> [Place; 2] {
    let statement = &header.statement;
    let height = match statement.slot {
        Slot::Era(_) => statement.height.get(),
        Slot::Step(_) => 0,
    };
    let turn = Place::Turn(header.signer, statement.slot, height);
    [turn, Place::Behind(header.signer, statement.previous.name)]
}

impl Core {
    /// Remembers the first header of a sealer in its places.
    pub(crate) fn remember(&mut self, header: &Signed<Header>) {
        let Some(count) = self.seen_of.get_mut(header.signer.index()) else { return };
        for place in places(header) {
            if *count < SEEN_MAX && !self.seen.contains_key(&place) {
                *count += 1;
                self.seen.insert(place, header.clone());
            }
        }
    }

    /// Forgets headers up to a height.
    pub(crate) fn forget(&mut self, height: u64) {
        self.seen.retain(|_, header| header.statement.height.get() > height);
        self.seen_of.fill(0);
        for header in self.seen.values() {
            if let Some(count) = self.seen_of.get_mut(header.signer.index()) {
                *count += 1;
            }
        }
    }

    /// Compares a header with what its sealer said before; shows the others a contradiction (L33). False where it is
    /// not the sealer's first: then its blocks are worth keeping only where somebody built on them.
    pub(crate) fn witness(&mut self, header: &Signed<Header>, ctx: &mut Ctx<'_, Self>) -> bool {
        let previous = self.tree.find(&header.statement.previous.name);
        let previous = previous.and_then(|at| self.tree.at(at).block.as_ref());
        let known = places(header).into_iter().filter_map(|place| self.seen.get(&place));
        let mut known = known.chain(previous.map(|block| &block.header));
        let Some(first) = known.find(|known| do_contradict(known, header)).cloned() else {
            self.remember(header);
            return true;
        };
        let is_first = !self.accused.iter().any(|(offender, _, _)| *offender == header.signer);
        let exhibit = Exhibit { first, second: header.clone() };
        if self.accuse(&exhibit, ctx) {
            ctx.broadcast(Message::Exhibit(Arc::new(exhibit)));
        } else {
            ctx.reject(header.signer, Reject::Conflicting);
        }
        is_first
    }

    /// Takes a contradiction that somebody else found.
    pub(crate) fn on_exhibit(&mut self, from: NodeId, exhibit: &Exhibit, ctx: &mut Ctx<'_, Self>) {
        let (first, second) = (&exhibit.first, &exhibit.second);
        if first.signer.index() < self.config.n && do_contradict(first, second) {
            self.accuse(exhibit, ctx);
        } else {
            ctx.reject(from, Reject::BadCertificate);
        }
    }

    /// Reports a contradiction once; true where it is the first.
    fn accuse(&mut self, exhibit: &Exhibit, ctx: &mut Ctx<'_, Self>) -> bool {
        let (one, other) = (message::name(&exhibit.first), message::name(&exhibit.second));
        let pair = (exhibit.second.signer, one.min(other), one.max(other));
        let of_signer = self.accused.iter().filter(|accused| accused.0 == pair.0).count();
        let is_known = self.accused.contains(&pair)
            || self.accused.len() >= ACCUSED_MAX
            || of_signer >= ACCUSED_OF_MAX;
        if is_known || broken!(self.config, NoAccusations) {
            return false;
        }
        self.accused.insert(pair);
        ctx.reject(exhibit.second.signer, Reject::Conflicting);
        let statement = &exhibit.second.statement;
        ctx.accuse(Evidence {
            offender: exhibit.second.signer,
            kind: KIND,
            view: View::new(match statement.slot {
                Slot::Era(era) => era,
                Slot::Step(step) => step,
            }),
            seq: Seq::new(statement.height.get()),
            first: exhibit.first.to_bytes(),
            second: exhibit.second.to_bytes(),
        });
        true
    }
}

fn do_contradict(first: &Signed<Header>, second: &Signed<Header>) -> bool {
    first.signer == second.signer && safety::contradict(first, second)
}

/// Whether both headers are signed by the offender and contradict each other, so that no honest sealer made both.
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    let first = Signed::<Header>::from_bytes(&evidence.first);
    let second = Signed::<Header>::from_bytes(&evidence.second);
    let (Ok(first), Ok(second)) = (first, second) else { return false };
    evidence.kind == KIND
        && first.signer == evidence.offender
        && second.signer == evidence.offender
        && do_contradict(&first, &second)
        && verifier.holds_one(&first)
        && verifier.holds_one(&second)
}

/// The name of a header's block, shortened.
pub(crate) fn value(header: &Signed<Header>) -> u64 {
    message::name(header).short()
}
