//! Names liars by two of their own signed statements.

use codec::{Decode, Encode};
use crypto::{Signed, Statement, Verifier};
use protocol::{Ctx, Evidence, Reject};
use types::{Seq, View};

use crate::nomination::includes;
use crate::pledge::{Balloting, Nomination, Pledge, Prepare};
use crate::replica::Core;

/// Most accusations remembered, so that none is repeated.
const ACCUSED_MAX: usize = 1_024;

impl Core {
    /// Two nominations of which neither has grown out of the other (L40).
    pub(crate) fn accuse_nominator(
        &mut self,
        first: &Signed<Nomination>,
        second: &Signed<Nomination>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let (view, seq) = (View::new(second.statement.seq.get()), second.statement.seq);
        self.accuse("double-nomination", view, seq, first, second, ctx);
    }

    /// Two pledges of which an honest replica makes at most one; false where they are none (L40).
    pub(crate) fn accuse_pledger(
        &mut self,
        first: &Signed<Balloting>,
        second: &Signed<Balloting>,
        ctx: &mut Ctx<'_, Self>,
    ) -> bool {
        let Some(kind) = contradiction(&first.statement.pledge, &second.statement.pledge) else {
            return false;
        };
        let (view, seq) = (View::new(second.statement.seq.get()), second.statement.seq);
        self.accuse(kind, view, seq, first, second, ctx);
        true
    }

    fn accuse<S: Statement>(
        &mut self,
        kind: &'static str,
        view: View,
        seq: Seq,
        first: &Signed<S>,
        second: &Signed<S>,
        ctx: &mut Ctx<'_, Self>,
    ) {
        let offender = second.signer;
        ctx.reject(offender, Reject::Conflicting);
        if self.accused.len() >= ACCUSED_MAX || broken!(self.config, NoAccusations) {
            return;
        }
        if self.accused.insert((offender, seq, kind)) {
            let (first, second) = (first.to_bytes(), second.to_bytes());
            ctx.accuse(Evidence { offender, kind, view, seq, first, second });
        }
    }
}

/// What two pledges of one replica about one slot prove against it, in whatever order it made them.
///
/// An honest replica's b, p and p' only rise. Its b takes another value at the same counter only because a ballot of that
/// counter is confirmed prepared, which its h then shows. It gives a vote to commit up only with an accepted abort, which
/// its p or p' then shows for ever. It accepts commits for one value alone.
pub(crate) fn contradiction(first: &Pledge, second: &Pledge) -> Option<&'static str> {
    match (first, second) {
        (Pledge::Prepare(first), Pledge::Prepare(second)) => {
            let (low, high) =
                if first.ballot <= second.ballot { (first, second) } else { (second, first) };
            contradicts_prepare(low, high)
        }
        (Pledge::Prepare(_), Pledge::Confirm(_) | Pledge::Externalize(_))
        | (Pledge::Confirm(_) | Pledge::Externalize(_), Pledge::Prepare(_)) => None,
        (
            Pledge::Confirm(_) | Pledge::Externalize(_),
            Pledge::Confirm(_) | Pledge::Externalize(_),
        ) => (first.value() != second.value()).then_some("double-commit"),
    }
}

fn contradicts_prepare(low: &Prepare, high: &Prepare) -> Option<&'static str> {
    let is_same_counter = low.ballot.counter == high.ballot.counter;
    if is_same_counter && low.ballot.value != high.ballot.value && high.high < high.ballot.counter {
        return Some("double-prepare");
    }
    let falls = |low: Option<crate::Ballot>, high: Option<crate::Ballot>| low > high;
    if low.ballot != high.ballot
        && (falls(low.prepared, high.prepared) || falls(low.prepared_prime, high.prepared_prime))
    {
        return Some("prepared-taken-back");
    }
    let committed = crate::Ballot::new(low.high, low.ballot.value);
    let aborts = |top: Option<crate::Ballot>| top.is_some_and(|top| committed.is_below_other(&top));
    let is_aborted = aborts(high.prepared) || aborts(high.prepared_prime);
    (low.commit != 0 && committed.is_below_other(&high.ballot) && !is_aborted)
        .then_some("commit-abandoned")
}

/// Whether both statements of a piece of evidence are signed by the offender and contradict each other, so that
/// no honest replica has made both.
pub(crate) fn verify_evidence(evidence: &Evidence, verifier: &Verifier) -> bool {
    match evidence.kind {
        "double-nomination" => holds::<Nomination>(evidence, verifier, |first, second| {
            first.seq == second.seq && !includes(first, second) && !includes(second, first)
        }),
        kind => holds::<Balloting>(evidence, verifier, |first, second| {
            first.seq == second.seq && contradiction(&first.pledge, &second.pledge) == Some(kind)
        }),
    }
}

fn holds<S: Statement + Decode>(
    evidence: &Evidence,
    verifier: &Verifier,
    do_contradict: impl Fn(&S, &S) -> bool,
) -> bool {
    let first = Signed::<S>::from_bytes(&evidence.first);
    let second = Signed::<S>::from_bytes(&evidence.second);
    let (Ok(first), Ok(second)) = (first, second) else { return false };
    first.signer == evidence.offender
        && second.signer == evidence.offender
        && do_contradict(&first.statement, &second.statement)
        && verifier.holds_one(&first)
        && verifier.holds_one(&second)
}
