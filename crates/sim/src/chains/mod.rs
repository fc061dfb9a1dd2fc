//! Several chains side by side in one virtual time, and those who carry proofs between them.
//!
//! Each chain is a whole simulated network with faults of its own. The first is connected with each of the others; data
//! crosses in both directions. What the certified states of all chains show is held against invariant S15.

mod carriers;
mod follower;
mod journeys;

use std::sync::Arc;

use app::Purpose;
use app::crossings::{Connect, Fate, Verb, Want, arrival, counterpart, ends, sent};
use codec::Encode;
use invariants::{Crossing, Crossings, Violation};
use ledger::{Account, SealedTransaction};
use types::{ChainId, NodeId, Prng};

use crate::trace::Trace;
use crate::world::{Cores, World, first_config};
use crate::{OptionError, Options, Verdict, cores};
use carriers::Carrier;
use follower::Follower;
use journeys::{AGAIN_US, Journey, transaction};

pub use carriers::Conduct;

/// Who goes down at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Victims {
    /// All relayers.
    Relayers,
    /// All validators of the chain at this place.
    Chain(usize),
    /// One validator of the chain at this place.
    Validator(usize, NodeId),
    /// Everybody.
    Everybody,
}

/// Several chains, and what happens between them.
#[derive(Clone, Debug)]
pub struct Federation {
    /// What each chain is for, and how it runs; the seeds are to differ.
    pub chains: Vec<(Purpose, Options)>,
    /// How many crossings there are between the first chain and each other one.
    pub crossings: u64,
    /// How long after it was asked for a crossing may arrive at most, in microseconds; some have half of it.
    pub life_us: u64,
    /// The relayers between each two chains, and from when on each works.
    pub relayers: Vec<(Conduct, u64)>,
    /// Before the relayers' step with this number, counted from one, these go down.
    pub crash_before: Option<(u64, Victims)>,
    /// Everything must be over by then, in microseconds.
    pub end_us: u64,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crossed {
    /// How it ended.
    pub verdict: Verdict,
    /// The broken invariant, or what is not over; empty where all is well.
    pub why: String,
    /// Crossings that are over as delivered.
    pub delivered: usize,
    /// Crossings that are over as returned.
    pub returned: usize,
    /// Steps that relayers took.
    pub steps: u64,
    /// How long it lasted, in microseconds of virtual time.
    pub virtual_time_us: u64,
    /// A hash over every event of every chain.
    pub trace_hash: String,
}

/// Runs several chains side by side.
///
/// # Errors
/// Where the options of one of them contradict themselves.
pub fn run_chains(federation: &Federation) -> Result<Crossed, OptionError> {
    let options = federation.options();
    for options in &options {
        options.validate()?;
        first_config(options).map_err(|error| OptionError {
            flag: error.flag().to_owned(),
            hint: error.to_string(),
        })?;
    }
    Ok(Chains::new(federation, &options, cores).run())
}

impl Federation {
    /// The options of each chain; the worlds end when everything is over, not by themselves.
    pub(crate) fn options(&self) -> Vec<Options> {
        let of = |(purpose, options): &(Purpose, Options)| Options {
            purpose: Some(*purpose),
            decisions: u64::MAX / 4,
            ..options.clone()
        };
        self.chains.iter().map(of).collect()
    }
}

/// From a chain's options to its cores.
pub(crate) type CoresOf = fn(&Options) -> Cores<protocols::Any>;

/// The chains of a run.
pub(crate) struct Chains<'o> {
    federation: &'o Federation,
    worlds: Vec<World<'o, protocols::Any>>,
    ids: Vec<ChainId>,
    followers: Vec<Follower>,
    carriers: Vec<Carrier>,
    journeys: Vec<Journey>,
    crossings: Crossings,
    violation: Option<Violation>,
    steps: u64,
    nonce: u64,
    /// When the validators ask for connections again.
    connect_us: u64,
    are_connected: bool,
    trace: Trace,
    now_us: u64,
}

/// What happens next.
enum Next {
    World(usize),
    Carrier(usize),
    Journey(usize),
    Connect,
}

impl<'o> Chains<'o> {
    pub(crate) fn new(federation: &'o Federation, options: &'o [Options], cores: CoresOf) -> Self {
        let worlds: Vec<_> =
            options.iter().map(|options| World::new(options, cores(options))).collect();
        let ids: Vec<ChainId> = worlds.iter().map(|world| world.chain).collect();
        let seed = options.first().map_or(0, |options| options.seed);
        let mut prng = Prng::new(seed, CARRIERS);
        let mut carriers = Vec::new();
        let mut journeys = Vec::new();
        for other in 1..worlds.len() {
            for (conduct, from_us) in &federation.relayers {
                let (ids, prng) = ([ids[0], ids[other]], Prng::new(prng.next_u64(), 0));
                carriers.push(Carrier::new(*conduct, [0, other], ids, *from_us, prng));
            }
            for number in 0..federation.crossings {
                let (from, to) = if number % 2 == 0 { (0, other) } else { (other, 0) };
                let life_us = federation.life_us >> prng.below(2);
                let at_us = BEGIN_US + prng.below(SPREAD_US);
                let number = journeys.len() as u64;
                journeys.push(Journey::new(number, from, to, at_us, life_us));
            }
        }
        Self {
            federation,
            followers: worlds.iter().map(|_| Follower::default()).collect(),
            worlds,
            ids,
            carriers,
            journeys,
            crossings: Crossings::default(),
            violation: None,
            steps: 0,
            nonce: 0,
            connect_us: CONNECT_US,
            are_connected: false,
            trace: Trace::new(),
            now_us: 0,
        }
    }

    pub(crate) fn run(mut self) -> Crossed {
        self.worlds.iter_mut().for_each(World::begin);
        while self.violation.is_none() && self.now_us < self.federation.end_us {
            let Some((at_us, next)) = self.next() else { break };
            self.now_us = at_us.max(self.now_us);
            match next {
                Next::World(index) => {
                    self.worlds[index].turn();
                    self.violation = self.worlds[index].watch.violation.clone();
                }
                Next::Carrier(index) => self.carry(index),
                Next::Journey(index) => self.travel(index),
                Next::Connect => self.connect(),
            }
            if self.is_over() {
                break;
            }
        }
        self.report()
    }

    /// The earliest of all that is to happen; among equals the chains come first, in their order.
    fn next(&self) -> Option<(u64, Next)> {
        let worlds = self.worlds.iter().zip(0..);
        let worlds =
            worlds.filter_map(|(world, at)| Some((world.queue.next_us()?, 0, Next::World(at))));
        let carriers = self.carriers.iter().zip(0..);
        let carriers = carriers.map(|(carrier, at)| (carrier.next_us, 1, Next::Carrier(at)));
        let journeys = self.journeys.iter().zip(0..).filter(|_| self.are_connected);
        let journeys = journeys.map(|(journey, at)| (journey.next_us, 2, Next::Journey(at)));
        let connect = (!self.are_connected).then_some((self.connect_us, 3, Next::Connect));
        let all = worlds.chain(carriers).chain(journeys).chain(connect);
        all.min_by_key(|(at_us, rank, _)| (*at_us, *rank)).map(|(at_us, _, next)| (at_us, next))
    }

    /// Reads what the chains show, and holds it against S15.
    fn look(&mut self) {
        for (follower, world) in self.followers.iter_mut().zip(&mut self.worlds) {
            follower.read(world);
        }
        for from in 0..self.ids.len() {
            for to in 0..self.ids.len() {
                if let Err(violation) = self.look_at(from, to) {
                    self.violation.get_or_insert(violation);
                }
            }
        }
        for journey in &mut self.journeys {
            let from = &self.followers[journey.from];
            journey.look(from.state(), from.time(), self.ids[journey.to]);
        }
    }

    fn look_at(&mut self, from: usize, to: usize) -> Result<(), Violation> {
        let (here, there) = (self.followers[from].state(), self.followers[to].state());
        let (from, to) = (self.ids[from], self.ids[to]);
        let Some(begun) = ends(here, to) else { return Ok(()) };
        for number in 0..begun.sent {
            let crossing = Crossing { from, to, number };
            self.crossings.begun(crossing);
            if arrival(there, from, number).is_some() {
                self.crossings.arrived(crossing)?;
            }
            match sent(here, to, number).map(|sent| sent.fate) {
                Some(Fate::Delivered) => self.crossings.ended(crossing, true)?,
                Some(Fate::Returned) => self.crossings.ended(crossing, false)?,
                Some(Fate::Open) | None => {}
            }
        }
        Ok(())
    }

    fn carry(&mut self, index: usize) {
        self.steps += 1;
        if let Some((step, victims)) = self.federation.crash_before
            && step == self.steps
        {
            self.strike(victims);
            return;
        }
        let Some(want) = self.carriers[index].step(self.now_us) else { return };
        let chains = self.carriers[index].chains;
        match want {
            Want::Prove { at, app, key } => {
                let chain = chains[at as usize];
                let follower = &mut self.followers[chain];
                if follower.read(&mut self.worlds[chain])
                    && let Some(proof) = follower.prove(app, key)
                {
                    self.carriers[index].told(at, &proof);
                }
            }
            Want::Submit { to, verb, payload } => {
                self.nonce += 1;
                let (chain, nonce) = (chains[to as usize], self.nonce);
                let submitted = transaction(self.ids[chain], RELAYER, nonce, verb, payload);
                self.submit(chain, submitted);
            }
        }
        self.carriers[index].rest(self.now_us);
        self.look();
        self.trace.event(self.now_us, 1, index as u64);
    }

    fn travel(&mut self, index: usize) {
        self.look();
        let journey = &mut self.journeys[index];
        if journey.next_us == u64::MAX {
            return;
        }
        let (from, to) = (journey.from, journey.to);
        let asked = journey.ask(self.now_us, [self.ids[from], self.ids[to]]);
        self.submit(from, asked);
        self.trace.event(self.now_us, 2, index as u64);
    }

    /// All validators wish the connections that are missing.
    fn connect(&mut self) {
        self.connect_us = self.now_us + AGAIN_US;
        self.look();
        let mut missing = Vec::new();
        for other in 1..self.ids.len() {
            let pairs = [(0, other), (other, 0)];
            missing.extend(pairs.into_iter().filter(|(at, to)| {
                counterpart(self.followers[*at].state(), self.ids[*to]).is_none()
            }));
        }
        self.are_connected = missing.is_empty();
        for (at, to) in missing {
            self.wish(at, to);
        }
    }

    fn wish(&mut self, at: usize, to: usize) {
        let directory = Arc::clone(&self.worlds[at].directory);
        let Some(genesis) = self.worlds[to].directory.shown.clone() else { return };
        let payload = Connect { genesis }.to_bytes();
        for (member, target) in directory.genesis.members.iter().zip(0..) {
            let Some((account, _)) = directory.account(member) else { continue };
            self.nonce += 1;
            let wish =
                transaction(self.ids[at], account, self.nonce, Verb::Connect, payload.clone());
            self.submit_at(at, target, wish);
        }
    }

    /// Hands a transaction to one validator of a chain, another each time.
    fn submit(&mut self, chain: usize, transaction: Option<SealedTransaction>) {
        let turn = usize::try_from(self.now_us / 1_000).unwrap_or(0);
        let target = turn % self.worlds[chain].nodes.len();
        self.submit_at(chain, target, transaction);
    }

    fn submit_at(&mut self, chain: usize, target: usize, transaction: Option<SealedTransaction>) {
        let Some(transaction) = transaction else { return };
        let world = &mut self.worlds[chain];
        world.now_us = self.now_us;
        world.submit_foreign(target, transaction);
    }

    fn strike(&mut self, victims: Victims) {
        let now_us = self.now_us;
        let chains: Vec<usize> = match victims {
            Victims::Relayers => Vec::new(),
            Victims::Chain(chain) | Victims::Validator(chain, _) => vec![chain],
            Victims::Everybody => (0..self.worlds.len()).collect(),
        };
        for chain in chains {
            let world = &mut self.worlds[chain];
            world.now_us = now_us;
            for index in 0..world.nodes.len() {
                let is_victim = match victims {
                    Victims::Validator(_, node) => node.index() == index,
                    Victims::Relayers | Victims::Chain(_) | Victims::Everybody => true,
                };
                if is_victim && world.nodes[index].is_correct() {
                    world.crash(index);
                }
            }
        }
        if matches!(victims, Victims::Relayers | Victims::Everybody) {
            self.carriers.iter_mut().for_each(|carrier| carrier.crash(now_us));
        }
    }

    /// Whether every crossing has begun, or never will, and is over.
    fn is_over(&self) -> bool {
        let all_begun = self.journeys.iter().all(Journey::is_decided);
        self.are_connected && all_begun && self.crossings.open().is_none()
    }

    fn report(mut self) -> Crossed {
        let (delivered, returned) = self.crossings.counts();
        let (verdict, why) = match &self.violation {
            Some(violation) => (Verdict::Diverged, violation.to_string()),
            None if self.is_over() => (Verdict::Pass, String::new()),
            None => (Verdict::NoProgress, self.what_is_open()),
        };
        for world in &self.worlds {
            let digits = world.trace.digits();
            let about = crypto::hash("unisono-sim-trace", digits.as_bytes()).short();
            self.trace.event(self.now_us, 3, about);
        }
        Crossed {
            verdict,
            why,
            delivered,
            returned,
            steps: self.steps,
            virtual_time_us: self.now_us,
            trace_hash: self.trace.digits(),
        }
    }

    fn what_is_open(&self) -> String {
        match self.crossings.open() {
            Some(crossing) => format!("{crossing} is not over"),
            None if !self.are_connected => "the chains are not connected".to_owned(),
            None => "a crossing has not begun".to_owned(),
        }
    }
}

/// The stream of what is drawn for relayers and senders.
const CARRIERS: u64 = 0x6361_7272;
/// When the validators first wish connections.
const CONNECT_US: u64 = 5_000;
/// When the first crossing is asked for, and within which span all the others.
const BEGIN_US: u64 = 40_000;
const SPREAD_US: u64 = 60_000;
/// Who pays for relayers.
const RELAYER: Account = Account([0xca; 32]);
