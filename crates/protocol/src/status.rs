use types::{Digest, Duration, NodeId, Seq, View};

/// What a core shows of itself: small, the same for all cores.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The view (height and round, term, slot: what the protocol counts leaders by).
    pub view: View,
    /// The leader of that view, where there is one.
    pub leader: Option<NodeId>,
    /// Whether the replica votes: false while it recovers, has diverged, or has lost its sign-state.
    pub voting: bool,
    /// What it is doing: `normal`, `view-change`, `transfer`, `halted`.
    pub phase: &'static str,
    /// The last place decided and handed to the application.
    pub decided: Seq,
    /// The head that the replica builds on and that may still be replaced; `None` where nothing stands above the
    /// last decision, or the protocol knows no such thing.
    pub tentative: Option<Tentative>,
    /// The last stable checkpoint.
    pub stable: Seq,
    /// Submitted work not yet ordered.
    pub pending: usize,
    /// Entries kept in the log.
    pub log_entries: usize,
    /// What stands between this replica and its next decision; `None` when idle.
    pub waiting: Option<Waiting>,
    /// Why the last view ended that did not end as planned; leaders that take turns change the view without a cause.
    pub view_change_cause: Option<ViewChangeCause>,
}

/// A head that is not decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tentative {
    /// Its place, above the last decided one.
    pub seq: Seq,
    /// The digest that names it.
    pub digest: Digest,
}

/// What a replica waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The place that waits.
    pub seq: Seq,
    /// The phase: `pre-prepare`, `prepare`, `commit`, `view-change`, `new-view`, `payload`.
    pub phase: &'static str,
    /// Whose votes are here.
    pub have: Vec<NodeId>,
    /// How many are needed.
    pub need: usize,
    /// The timer that runs, and its whole span; `None` where nothing would happen by itself.
    pub timer: Option<(&'static str, Duration)>,
}

/// Why a view ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ViewChangeCause {
    /// Its leader let submitted work wait for the whole timer.
    Silent {
        /// The leader.
        leader: NodeId,
        /// The timer.
        after: Duration,
    },
    /// Its leader proposed something invalid.
    BadProposal {
        /// The leader.
        leader: NodeId,
        /// The place.
        seq: Seq,
    },
    /// Its leader provably lied.
    Equivocation {
        /// The leader.
        leader: NodeId,
    },
    /// f+1 others asked for a later view.
    Joined {
        /// Who asked.
        others: Vec<NodeId>,
    },
    /// The new leader did not send its NEW-VIEW in time.
    NewViewLate {
        /// That leader.
        leader: NodeId,
    },
}
