//! Names sealers that contradict themselves, by two of their own signed headers.

use std::sync::Arc;

use codec::{Decode as _, Encode as _};
use crypto::{Signed, Verifier};
use protocol::{Ctx, Evidence, Reject};
use types::{NodeId, Seq, View};

use crate::message::{self, Exhibit, Header, Message, Slot};
use crate::replica::Core;
use crate::safety;

/// Most headers of one sealer remembered, to be compared with later ones.
const SEEN_MAX: usize = 1_024;
/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;
/// What the evidence is called.
const KIND: &str = "equivocation";

/// Where a sealer speaks once: the sealer, the slot, and in Clique the height.
pub(crate) type Place = (NodeId, Slot, u64);

fn place(header: &Signed<Header>) -> Place {
    let statement = &header.statement;
    let height = match statement.slot {
        Slot::Era(_) => statement.height.get(),
        Slot::Step(_) => 0,
    };
    (header.signer, statement.slot, height)
}

impl Core {
    /// Remembers the first header of a sealer in its place.
    pub(crate) fn remember(&mut self, header: &Signed<Header>) {
        let place = place(header);
        let Some(count) = self.seen_of.get_mut(header.signer.index()) else { return };
        if *count < SEEN_MAX && !self.seen.contains_key(&place) {
            *count += 1;
            self.seen.insert(place, header.clone());
        }
    }

    /// Forgets headers up to a height.
    pub(crate) fn forget(&mut self, height: u64) {
        self.seen.retain(|_, header| header.statement.height.get() > height);
        self.seen_of.fill(0);
        for (signer, _, _) in self.seen.keys() {
            if let Some(count) = self.seen_of.get_mut(signer.index()) {
                *count += 1;
            }
        }
    }

    /// Compares a header with what its sealer said before in the same place; shows the others a contradiction (L33).
    pub(crate) fn witness(&mut self, header: &Signed<Header>, ctx: &mut Ctx<'_, Self>) {
        let Some(first) = self.seen.get(&place(header)) else { return self.remember(header) };
        if first.statement == header.statement {
            return;
        }
        let exhibit = Exhibit { first: first.clone(), second: header.clone() };
        if self.accuse(&exhibit, ctx) {
            ctx.broadcast(Message::Exhibit(Arc::new(exhibit)));
        }
    }

    /// Takes a contradiction that somebody else found.
    pub(crate) fn on_exhibit(&mut self, from: NodeId, exhibit: &Exhibit, ctx: &mut Ctx<'_, Self>) {
        let (first, second) = (&exhibit.first, &exhibit.second);
        let is_of_member = first.signer.index() < self.config.n;
        if first.signer == second.signer && is_of_member && do_contradict(first, second) {
            self.accuse(exhibit, ctx);
        } else {
            ctx.reject(from, Reject::BadCertificate);
        }
    }

    /// Reports a contradiction once; true where it is the first.
    fn accuse(&mut self, exhibit: &Exhibit, ctx: &mut Ctx<'_, Self>) -> bool {
        let place = place(&exhibit.second);
        let is_known = self.accused.contains(&place) || self.accused.len() >= ACCUSED_MAX;
        if is_known || broken!(self.config, NoAccusations) {
            return false;
        }
        self.accused.insert(place);
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
    first.statement != second.statement && safety::contradict(&first.statement, &second.statement)
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
