//! What may be signed and what is final: the only rules whose breach can fork.

use types::{Quorum, View};

use crate::block::{Block, Link, Proposal};
use crate::certificate::{Qc, Tc, Vote};
use crate::config::{Config, Phases};
use crate::tree::Tree;

/// What a replica has bound itself to; durable before anything that follows from it leaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Safety {
    /// The last view it voted in or gave up.
    pub(crate) last_voted: View,
    /// The block it is locked on.
    pub(crate) lock: Link,
}

/// The quorum's size.
pub(crate) fn quorum_size(config: &Config) -> usize {
    let quorum = Quorum::of(config.n);
    if broken!(config, QuorumOfTwoFPlusOne) { 2 * quorum.f() + 1 } else { quorum.size() }
}

impl Safety {
    /// Whether a proposal may be voted for (L12, L13).
    pub(crate) fn may_vote(&self, config: &Config, proposal: &Proposal) -> bool {
        let block = &proposal.block;
        if block.view <= self.last_voted && !broken!(config, VotedTwice) {
            return false;
        }
        match config.phases {
            // A chain's views ascend, and a view has one certificate: so a block extends the locked one exactly if
            // its certificate names that one, or a later view.
            Phases::Three => {
                let justify = block.justify.link();
                let is_later = justify.view > self.lock.view || broken!(config, LockIgnored);
                is_later || (justify == self.lock && !broken!(config, LockedBlockRefused))
            }
            Phases::Two => {
                let justify = block.justify.view();
                let is_own_lock_kept = justify >= self.lock.view;
                (justify.next() == block.view
                    || proposal.tc.as_ref().is_some_and(|tc| is_opened(config, block, tc)))
                    && (is_own_lock_kept || !broken!(config, OwnLockChecked))
            }
        }
    }

    /// Whether a view may be given up with a certificate as the highest known one (L21).
    pub(crate) fn may_expire(&self, view: View, high: View) -> bool {
        view >= self.last_voted && high >= self.lock.view && high < view
    }

    /// The lock rises with what a block on top of `parent` certifies, and never falls (L14).
    pub(crate) fn raise_lock(&mut self, config: &Config, parent: &Block, justify: &Qc) {
        let link = match config.phases {
            Phases::Two => justify.link(),
            Phases::Three => parent.justify.link(),
        };
        if link.view > self.lock.view || broken!(config, LockFalls) {
            self.lock = link;
        }
    }
}

/// Two phases: whether a timeout certificate opens the view of a block that is not on top of the view before (L13).
fn is_opened(config: &Config, block: &Block, tc: &Tc) -> bool {
    let is_high = block.justify.view() >= tc.high_qc.view();
    tc.view.next() == block.view && (is_high || broken!(config, StaleJustify))
}

/// What a vote for a block on top of `parent` says.
pub(crate) fn vote_for(config: &Config, block: &Block, parent: &Block) -> Vote {
    let lock = match config.phases {
        Phases::Three => parent.justify.view(),
        Phases::Two => View::ZERO,
    };
    let Link { view, block: id } = block.link();
    Vote { view, block: id, justify: block.justify.view(), lock }
}

/// What a certificate decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decided {
    /// Nothing.
    Nothing,
    /// This block and all its ancestors.
    Block(Link),
    /// This block has to be known to tell.
    Unknown(Link),
}

/// The block that a certificate decides: the first of two, or three, in a row in consecutive views, each the parent
/// of the next (L17, L18).
pub(crate) fn decided_by(config: &Config, tree: &Tree, qc: &Qc) -> Decided {
    let steps = match config.phases {
        Phases::Two => 1,
        Phases::Three => 2,
    };
    let mut link = qc.link();
    for _ in 0..steps {
        if link.view == View::ZERO {
            return Decided::Nothing;
        }
        let Some(child) = tree.get(link) else { return Decided::Unknown(link) };
        let parent = child.block.justify.link();
        if parent.view.next() != link.view && !broken!(config, GapsDecide) {
            return Decided::Nothing;
        }
        link = parent;
    }
    Decided::Block(link)
}
