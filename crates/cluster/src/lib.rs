//! Agree in one process: replicas of any core, a network to disturb, and one decision each.
//!
//! ```
//! use cluster::Cluster;
//!
//! let mut cluster = Cluster::new("pbft", 4)?;
//! let decided = cluster.propose(b"restock shelf 7")?;
//! assert_eq!(decided.len(), 4, "one decision at each replica");
//! assert!(decided.iter().all(|decision| decision.bytes == b"restock shelf 7"));
//! # Ok::<(), cluster::ClusterError>(())
//! ```
//!
//! Everything happens in virtual time in the calling thread: no clock, no runtime, the same run every time. The cores
//! are those of the network and the simulator; what is missing is everything around them (pool, ledger, disk), for
//! which there are `replica`, `node` and the `unisono` program.

mod drive;
mod error;
mod network;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crypto::{Domain, KeyRing, Scheme, Signer, Verifier};
use protocol::{Ctx, Effect, Evidence, Input, Payload, Protocol as _, Status};
use protocols::{Any, Message, Params, Testimony, Timer};
use types::{ChainId, Digest, Duration, NodeId, Prng, Seq, Time, View};

pub use error::ClusterError;
pub use network::Network;

/// How long a message takes.
const LATENCY: Duration = Duration::from_ms(1);
/// How long a proposal may take, in virtual time.
const PATIENCE: Duration = Duration::from_ms(120_000);
/// The seed of the replicas' keys: they sign nothing outside this process.
const KEY_SEED: u64 = 1;

/// What one replica decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// The replica.
    pub replica: NodeId,
    /// The place in the order, from 1.
    pub seq: Seq,
    /// The view in which it was decided.
    pub view: View,
    /// What was proposed.
    pub bytes: Vec<u8>,
}

/// Replicas of one core, and the network between them.
#[derive(Debug)]
pub struct Cluster {
    replicas: Vec<Replica>,
    signers: Vec<Signer>,
    verifier: Verifier,
    network: Network,
    now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    count: u64,
    dice: Prng,
    evidence: Vec<Evidence>,
}

#[derive(Debug)]
struct Replica {
    core: Option<Any>,
    decided: Vec<Decided>,
    /// What it would show after a fork: its decisions and its log.
    testimony: Testimony,
    /// What was submitted here and not decided yet, in order, and in which view it was last proposed.
    waiting: VecDeque<(Payload, Option<View>)>,
    done: BTreeSet<Digest>,
    state: Digest,
    height: Seq,
    timers: BTreeMap<Timer, u64>,
    search: u64,
}

#[derive(Debug)]
enum Event {
    Deliver { from: NodeId, to: NodeId, message: Message },
    Timeout { to: NodeId, timer: Timer, generation: u64 },
    Reply { to: NodeId, reply: protocol::Reply },
    Mined { to: NodeId, reply: protocol::Reply, search: u64 },
}

impl Cluster {
    /// `n` replicas of the core called `protocol`, with its recommended settings.
    ///
    /// # Errors
    /// Where no core has that name, or it cannot run with so many.
    pub fn new(protocol: &str, n: usize) -> Result<Self, ClusterError> {
        Self::with(protocol, n, &Params::default())
    }

    /// The same with settings of one's own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with(protocol: &str, n: usize, params: &Params) -> Result<Self, ClusterError> {
        Self::signed(protocol, n, params, Scheme::Ed25519)
    }

    /// The same with signatures of another scheme: the cheap one where runs are many and nobody forges.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn signed(
        protocol: &str,
        n: usize,
        params: &Params,
        scheme: Scheme,
    ) -> Result<Self, ClusterError> {
        let config = protocols::config(protocol, n, params).map_err(ClusterError::Config)?;
        let domain = Domain::new(ChainId(params.chain), Digest::ZERO, protocol);
        let (ring, keys) = KeyRing::simulated(scheme, n, KEY_SEED);
        let signer = |(key, id)| Signer::simulated(id, domain, key);
        let mut cluster = Self {
            replicas: (0..n).map(|_| Replica::new()).collect(),
            signers: keys.into_iter().zip(NodeId::all(n)).map(signer).collect(),
            verifier: Verifier::new(domain, ring),
            network: Network::new(),
            now: Time::from_us(1),
            queue: BTreeMap::new(),
            count: 0,
            dice: Prng::new(KEY_SEED, 0),
            evidence: Vec::new(),
        };
        for id in NodeId::all(n) {
            let mut effects = Vec::new();
            let mut ctx = Ctx::new(cluster.now, &cluster.signers[id.index()], &mut effects);
            cluster.replicas[id.index()].core =
                Some(Any::start(config.clone(), Vec::new(), &mut ctx));
            cluster.carry_out(id, effects);
        }
        Ok(cluster)
    }

    /// Gives `bytes` to every replica that runs, and waits until each of them has decided: one decision each.
    ///
    /// # Errors
    /// Where that takes longer than two minutes of virtual time, with what each replica waits for; the proposal stays
    /// submitted.
    pub fn propose(&mut self, bytes: &[u8]) -> Result<Vec<Decided>, ClusterError> {
        let digest = self.submit(bytes);
        let until = self.now.after(PATIENCE);
        while !self.running().iter().all(|id| self.replicas[id.index()].done.contains(&digest)) {
            if !self.advance(until) {
                return Err(ClusterError::Undecided { statuses: self.statuses() });
            }
        }
        let decided = self.replicas.iter().flat_map(|replica| &replica.decided);
        Ok(decided.filter(|decided| decided.bytes == bytes).cloned().collect())
    }

    /// Gives `bytes` to every replica that runs and has not decided them, and names them. Nothing happens before
    /// [`Self::run`].
    pub fn submit(&mut self, bytes: &[u8]) -> Digest {
        let payload = Payload::new(bytes);
        let digest = payload.digest();
        for id in self.running() {
            let replica = &mut self.replicas[id.index()];
            if !replica.done.contains(&digest) {
                replica.waiting.push_back((payload.clone(), None));
                self.step(id, Input::Submit(digest));
            }
        }
        digest
    }

    /// The network, to be disturbed.
    pub const fn network(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Stops a replica for good.
    pub fn stop(&mut self, replica: NodeId) {
        if let Some(replica) = self.replicas.get_mut(replica.index()) {
            replica.core = None;
        }
    }

    /// Lets virtual time pass.
    pub fn run(&mut self, span: Duration) {
        let until = self.now.after(span);
        while self.advance(until) {}
        self.now = until;
    }

    /// What a replica decided, in order.
    #[must_use]
    pub fn decided(&self, replica: NodeId) -> &[Decided] {
        self.replicas.get(replica.index()).map_or(&[], |replica| &replica.decided)
    }

    /// What each running replica shows of itself.
    #[must_use]
    pub fn statuses(&self) -> Vec<(NodeId, Status)> {
        let cores = NodeId::all(self.replicas.len()).zip(&self.replicas);
        cores.filter_map(|(id, replica)| Some((id, replica.core.as_ref()?.status()))).collect()
    }

    /// Proofs that somebody lied.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// What a replica can show after a fork, for [`protocols::forensics`]: its decisions, and its log as it stands.
    #[must_use]
    pub fn testimony(&self, replica: NodeId) -> Testimony {
        let replica = self.replicas.get(replica.index());
        replica.map(|replica| replica.testimony.clone()).unwrap_or_default()
    }

    /// Checks what the replicas of this cluster sign.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    fn running(&self) -> Vec<NodeId> {
        let all = NodeId::all(self.replicas.len());
        all.filter(|id| self.replicas[id.index()].core.is_some()).collect()
    }

    fn step(&mut self, to: NodeId, input: Input<Any>) {
        let Some(core) = &mut self.replicas[to.index()].core else { return };
        let mut effects: Vec<Effect<Any>> = Vec::new();
        core.step(input, &mut Ctx::new(self.now, &self.signers[to.index()], &mut effects));
        self.carry_out(to, effects);
    }
}

#[cfg(test)]
mod tests;
