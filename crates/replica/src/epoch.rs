//! Lets one core follow another at an agreed height.
//!
//! The application says which epoch a height belongs to. Up to the last block of an epoch its core runs as ever; what
//! it decides beyond is not executed, and the batches stay here for the next. Once that last block is certified, and
//! nobody can need the core any more to get there, it is dropped with its log, and the next epoch's starts afresh, in
//! a domain of signatures of its own. Every core counts its places from 1: the replica adds what lies before.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use app::epochs::{Epoch, epoch_at, latest};
use crypto::{InEpoch, Signer, Verified};
use protocol::{Input as CoreInput, Protocol, Reject, Status};
use types::{Height, NodeId, Seq, Time};

use crate::build::Pacing;
use crate::replica::Replica;
use crate::{Effect, Timer};

/// Most messages of the next epoch that are kept until it begins here, from all peers and from each.
const EARLY_MAX: usize = 1_024;
const EARLY_PER_PEER_MAX: usize = 128;

/// The cores of later epochs: from an epoch to the configuration of its core.
pub struct Cores<P: Protocol> {
    of: Option<CoreOf<P>>,
    #[cfg(any(test, feature = "mutants"))]
    mutant: Option<crate::Mutant>,
}
type CoreOf<P> = Arc<dyn Fn(&Epoch) -> Option<<P as Protocol>::Config> + Send + Sync>;

impl<P: Protocol> Cores<P> {
    /// None: the first core runs for ever.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            of: None,
            #[cfg(any(test, feature = "mutants"))]
            mutant: None,
        }
    }
    /// As the function says; where it says nothing, the replica follows the epoch without voting.
    #[must_use]
    pub fn new(core: impl Fn(&Epoch) -> Option<P::Config> + Send + Sync + 'static) -> Self {
        Self { of: Some(Arc::new(core)), ..Self::none() }
    }
    /// The same with a deliberate bug.
    #[cfg(any(test, feature = "mutants"))]
    #[must_use]
    pub fn broken(self, mutant: crate::Mutant) -> Self {
        Self { mutant: Some(mutant), ..self }
    }
    fn of(&self, epoch: &Epoch) -> Option<P::Config> {
        self.of.as_ref()?(epoch)
    }
}
impl<P: Protocol> Clone for Cores<P> {
    fn clone(&self) -> Self {
        Self {
            of: self.of.clone(),
            #[cfg(any(test, feature = "mutants"))]
            mutant: self.mutant,
        }
    }
}
impl<P: Protocol> fmt::Debug for Cores<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.of.is_some() { "Cores" } else { "Cores(none)" })
    }
}

/// The epoch whose core runs here.
#[derive(Debug)]
pub(crate) struct Term<P: Protocol> {
    /// `None` for the genesis's.
    epoch: Option<Epoch>,
    cores: Cores<P>,
    /// Signs in the first epoch; it is the source of the signers of all others.
    signer: Signer,
    /// The core's timers that may be set.
    timers: BTreeSet<P::Timer>,
    /// Messages of the next epoch, in order of arrival.
    early: VecDeque<(NodeId, Verified<P::Message>)>,
    /// How far the chain was when the end of the epoch was last looked for.
    looked: (Height, Height),
}

impl<P: Protocol> Term<P> {
    pub(crate) const fn new(epoch: Option<Epoch>, cores: Cores<P>, signer: Signer) -> Self {
        Self {
            epoch,
            cores,
            signer,
            timers: BTreeSet::new(),
            early: VecDeque::new(),
            looked: (Height::ZERO, Height::ZERO),
        }
    }
    pub(crate) fn number(&self) -> u64 {
        self.epoch.as_ref().map_or(0, |epoch| epoch.number)
    }
    pub(crate) const fn epoch(&self) -> Option<&Epoch> {
        self.epoch.as_ref()
    }
    /// How many blocks lie before the epoch.
    fn before(&self) -> u64 {
        self.epoch.as_ref().map_or(0, |epoch| epoch.first.get().saturating_sub(1))
    }
    /// The block that the core's place stands for.
    pub(crate) fn height_of(&self, seq: Seq) -> Height {
        Height::new(self.before()).plus(seq.get())
    }
    /// The core's place for a block; zero for what lies before the epoch.
    pub(crate) fn seq_of(&self, height: Height) -> Seq {
        Seq::new(height.above(Height::new(self.before())))
    }
    pub(crate) fn signer(&self) -> Signer {
        self.signer.in_epoch(self.number())
    }
    pub(crate) fn timer_set(&mut self, timer: P::Timer) {
        self.timers.insert(timer);
    }
    pub(crate) fn timer_gone(&mut self, timer: P::Timer) {
        self.timers.remove(&timer);
    }
    /// The core's status in heights of the chain.
    pub(crate) fn on_chain(&self, mut status: Status) -> Status {
        let place = |seq: &mut Seq| *seq = Seq::new(self.height_of(*seq).get());
        place(&mut status.decided);
        place(&mut status.stable);
        if let Some(tentative) = &mut status.tentative {
            place(&mut tentative.seq);
        }
        if let Some(waiting) = &mut status.waiting {
            place(&mut waiting.seq);
        }
        status
    }
}

impl<P: Protocol> Replica<P> {
    /// Whether the block at a height is for the present core to decide.
    pub(crate) fn is_of_epoch(&self, height: Height) -> bool {
        self.epoch_of(height).map_or(0, |epoch| epoch.number) == self.term.number()
    }

    /// The epoch of a height; `None` for the genesis's.
    fn epoch_of(&self, height: Height) -> Option<Epoch> {
        let early = u64::from(broken!(self.term.cores, EpochEarly));
        let late = u64::from(broken!(self.term.cores, EpochLate));
        let height = Height::new(height.get().saturating_add(early).saturating_sub(late));
        epoch_at(&self.executor, height)
    }

    /// The epoch that is agreed on and has not begun here.
    pub(crate) fn scheduled(&self) -> Option<Epoch> {
        latest(&self.executor).filter(|epoch| epoch.number > self.term.number())
    }

    /// The later epoch to which the next block belongs, where nobody needs the present core any more.
    fn due_epoch(&self) -> Option<Epoch> {
        let height = self.executor.height();
        let next = self.epoch_of(height.next())?;
        let early = u64::from(broken!(self.term.cores, EpochEarly));
        // Whoever has a block of the epoch has it certified, or had entered before.
        let certified = self.certifier.certified().next().plus(early);
        let is_over = certified >= next.first || height >= next.first;
        (next.number > self.term.number() && is_over).then_some(next)
    }

    /// Before any core starts: an epoch that began just when the process ended is entered now.
    pub(crate) fn start_epoch(&mut self, fx: &mut Vec<Effect<P>>) -> bool {
        let due = self.due_epoch();
        let is_new = due.is_some();
        if let Some(epoch) = due {
            fx.push(Effect::EnterEpoch(epoch.clone()));
            self.term.epoch = Some(epoch);
        }
        self.core_signer = self.term.signer();
        is_new
    }

    /// The configuration of the present epoch's core; `first` is that of the first.
    pub(crate) fn core_config(&self, first: Option<P::Config>) -> Option<P::Config> {
        match &self.term.epoch {
            None => first,
            Some(epoch) => first.and_then(|_| self.term.cores.of(epoch)),
        }
    }

    /// Enters the next epoch when it is time.
    pub(crate) fn settle_epoch(&mut self, now: Time, fx: &mut Vec<Effect<P>>) {
        let stands = (self.executor.height(), self.certifier.certified());
        if self.term.looked == stands || self.diverged {
            return;
        }
        self.term.looked = stands;
        let Some(epoch) = self.due_epoch() else { return };
        for timer in std::mem::take(&mut self.term.timers) {
            fx.push(Effect::CancelTimer(Timer::Core(timer)));
        }
        let follows = epoch.number == self.term.number().saturating_add(1);
        fx.push(Effect::EnterEpoch(epoch.clone()));
        let config = self.core.take().and_then(|_| self.term.cores.of(&epoch));
        self.term.epoch = Some(epoch);
        self.core_signer = self.term.signer();
        self.queue.clear();
        self.checks.clear();
        self.decided.clear();
        self.pacing = Pacing::default();
        self.batches.unpropose();
        if let Some(config) = config {
            self.start_core(now, config, Vec::new(), fx);
        }
        for (from, message) in std::mem::take(&mut self.term.early).into_iter().filter(|_| follows)
        {
            self.feed(now, CoreInput::Receive { from, message }, fx);
        }
    }

    /// Takes a core's message: for the present core, for the next one, or for none.
    pub(crate) fn receive_core(
        &mut self,
        now: Time,
        from: NodeId,
        said: &Verified<InEpoch<P::Message>>,
        fx: &mut Vec<Effect<P>>,
    ) {
        let Some(message) = said.part(|said| Some(&said.message)) else { return };
        let ahead = said.epoch.checked_sub(self.term.number());
        let reason = match ahead {
            Some(0) => return self.feed(now, CoreInput::Receive { from, message }, fx),
            Some(1) => {
                let early = &mut self.term.early;
                let of_peer = early.iter().filter(|(peer, _)| *peer == from).count();
                if early.len() < EARLY_MAX && of_peer < EARLY_PER_PEER_MAX {
                    return early.push_back((from, message));
                }
                Reject::OverLimit
            }
            Some(_) => Reject::FarView,
            None => Reject::OldView,
        };
        if from != self.me {
            fx.push(Effect::Reject { peer: from, reason });
        }
    }
}
