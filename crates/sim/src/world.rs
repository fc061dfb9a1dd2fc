//! The engine: takes the next event, lets it happen, and goes on until the run is decided.

use std::sync::Arc;

use app::{Apps, epochs};
use crypto::Scheme;
use ledger::Epoch;
use protocol::Protocol;
use replica::{Config, Effect, Input, Replica, Seat, Term, Terms, mempool};
use types::{ChainId, Duration, NodeId, Prng};

use crate::Options;
use crate::byzantine::{self, Liar};
use crate::clients::{Clients, Submission};
use crate::directory::Directory;
use crate::disk::SharedBlocks;
use crate::faults::Faults;
use crate::flight::{Arrived, Checks, Flights, OTHER_KINDS, Signers};
use crate::govern::Govern;
use crate::load::Arrivals;
use crate::network::Network;
use crate::node::{Lie, Node};
use crate::options::{Sabotage, Strike};
use crate::queue::Queue;
use crate::recording::{Recording, What};
use crate::timers::{Alarm, Fired};
use crate::trace::Trace;
use crate::watch::Watch;
use protocol::Inspect;

/// What can happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Deliver { to: u16, flight: u32 },
    Alarm { node: u16, alarm: Alarm },
    Synced { node: u16, life: u32 },
    Submit { target: u16, request: u32 },
    GiveUp { client: u32 },
    Arrive,
    Start { node: u16 },
    PowerCut,
    CutBegins { cut: u16 },
    CutEnds { cut: u16 },
    DrawPartition,
    Heal,
    Look,
    Mined { node: u16, search: u64 },
    Govern,
}

/// One stream of randomness per purpose.
#[derive(Clone, Copy, Debug)]
enum Stream {
    Network = 1,
    Clients = 2,
    Faults = 3,
    Disks = 4,
    Liars = 5,
    Miners = 6,
    Arrivals = 7,
    Validators = 8,
    Clocks = 9,
}

/// Where a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Faults happen; only safety is asked for.
    Chaos,
    /// Everything works again; the rest of the decisions must be reached.
    Healed,
    /// No new requests: all are to be answered, and all correct replicas to end alike.
    Draining,
    /// They did.
    Converged,
    /// Nothing has moved for too long.
    Stuck,
}

/// From all machines' keys and one machine to what each epoch means there.
pub(crate) type TermsOf<P> = Box<dyn Fn(&Arc<Directory>, NodeId) -> Terms<P>>;

/// The cores of all epochs.
pub(crate) struct Cores<P: Protocol> {
    terms: TermsOf<P>,
    /// A deliberate bug of all replicas.
    #[cfg(test)]
    pub(crate) mutant: Option<replica::Mutant>,
    /// A deliberate bug of all chains' crossings.
    #[cfg(test)]
    pub(crate) crossings: Option<app::crossings::Mutant>,
}

impl Cores<protocols::Any> {
    /// From an epoch to the configuration of its core; without one, nobody votes in it.
    pub(crate) fn new(
        of: impl Fn(&Epoch) -> Option<protocols::Config> + Clone + Send + Sync + 'static,
    ) -> Self {
        let terms = move |directory: &Arc<Directory>, me: NodeId| {
            let (directory, of) = (Arc::clone(directory), of.clone());
            Terms::new(move |epoch| {
                let seat = directory.signers(epoch, me.index()).and_then(|(id, signers)| {
                    let Signers { core: core_signer, ledger: ledger_signer } = signers;
                    Some(Seat { id, core: of(epoch)?, core_signer, ledger_signer })
                });
                Term { attesters: directory.attesters(epoch), seat }
            })
        };
        Self {
            terms: Box::new(terms),
            #[cfg(test)]
            mutant: None,
            #[cfg(test)]
            crossings: None,
        }
    }
}
impl<P: Protocol> std::fmt::Debug for Cores<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cores")
    }
}

#[derive(Debug)]
pub(crate) struct World<'o, P: Inspect> {
    pub(crate) options: &'o Options,
    cores: Cores<P>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) govern: Govern,
    pub(crate) chain: ChainId,
    /// The keys of the first validators, for what they say to themselves.
    signers: Vec<Signers>,
    pub(crate) now_us: u64,
    pub(crate) queue: Queue<Event>,
    pub(crate) nodes: Vec<Node<P>>,
    pub(crate) flights: Flights<P>,
    pub(crate) network: Network,
    pub(crate) faults: Faults,
    /// Counts what chance lets strike.
    pub(crate) strike: Strike,
    pub(crate) shared: SharedBlocks,
    pub(crate) disk_prng: Prng,
    pub(crate) miners_prng: Prng,
    pub(crate) clients: Clients,
    pub(crate) arrivals: Arrivals,
    /// All requests of an open load have arrived.
    pub(crate) load_is_over: bool,
    pub(crate) watch: Watch,
    pub(crate) trace: Trace,
    /// What happened, where somebody wants to see it.
    pub(crate) recording: Option<Recording>,
    pub(crate) phase: Phase,
    pub(crate) messages: Vec<u64>,
    pub(crate) events: u64,
    pub(crate) effects: Vec<Effect<P>>,
    pub(crate) submissions: Vec<Submission>,
}

impl<'o, P: Inspect> World<'o, P> {
    pub(crate) fn new(options: &'o Options, cores: Cores<P>) -> Self {
        let stream = |stream: Stream| Prng::new(options.seed, stream as u64);
        let n = options.machines();
        let chain = ChainId(crypto::hash("unisono-sim", &options.seed.to_le_bytes()));
        let mut prng = stream(Stream::Liars);
        let liars = draw_liars(options, &mut prng);
        let directory = Arc::new(Directory::new(options, chain, stream(Stream::Validators)));
        let chain = directory.chain();
        let checks = Checks::new(&directory, options.client_signatures);
        let signers = (0..options.nodes)
            .filter_map(|machine| directory.signers(&directory.genesis, machine))
            .map(|(_, signers)| signers);
        let signers = signers.collect();
        let attesters = directory.attesters(&directory.genesis);
        let mut this = Self {
            options,
            cores,
            directory,
            govern: Govern::default(),
            chain,
            signers,
            now_us: 0,
            queue: Queue::new(),
            nodes: Vec::with_capacity(n),
            flights: Flights::new(checks, options.signatures != Scheme::Cheap),
            network: Network::new(options, stream(Stream::Network)),
            faults: Faults::new(options, stream(Stream::Faults)),
            strike: Strike::new(options.only.clone()),
            shared: SharedBlocks::default(),
            disk_prng: stream(Stream::Disks),
            miners_prng: stream(Stream::Miners),
            clients: Clients::new(options, chain, stream(Stream::Clients)),
            arrivals: Arrivals::new(options.load, stream(Stream::Arrivals)),
            load_is_over: false,
            watch: Watch::new(options, attesters, liars.clone()),
            trace: Trace::new(),
            recording: None,
            phase: if options.has_chaos() { Phase::Chaos } else { Phase::Healed },
            messages: vec![0; P::KINDS.len() + OTHER_KINDS.len()],
            events: 0,
            effects: Vec::new(),
            submissions: Vec::new(),
        };
        let mut clocks = stream(Stream::Clocks);
        for me in NodeId::all(n) {
            let skew_us = clocks.below(options.skew_us_max + 1);
            let lie = if liars.contains(&me) { this.lie(me, &mut prng) } else { None };
            this.nodes.push(Node::new(me, skew_us, lie));
        }
        this
    }

    fn lie(&self, me: NodeId, prng: &mut Prng) -> Option<Lie<P>> {
        let role = byzantine::role(&self.options.role)?;
        let prng = Prng::new(prng.next_u64(), 0);
        let view_timeout = Duration::from_ms(self.options.view_timeout_ms);
        let Signers { core, ledger } = self.signers[me.index()].clone();
        let forged = self.directory.forged(me.index());
        let clients_sign = self.options.client_signatures;
        let later = Vec::new();
        let attacks = 0;
        let liar = Liar { core, ledger, later, forged, prng, view_timeout, clients_sign, attacks };
        Some(Lie { role, liar })
    }

    /// Starts all machines, and plans what goes wrong.
    pub(crate) fn begin(&mut self) {
        for index in 0..self.nodes.len() {
            self.start(index);
        }
        self.plan_faults();
    }

    /// Lets the next event happen; false where there is none.
    pub(crate) fn turn(&mut self) -> bool {
        let Some((at_us, event)) = self.queue.pop() else { return false };
        self.now_us = at_us;
        self.happen(event);
        self.spend_event();
        true
    }

    /// Runs to the end.
    pub(crate) fn run(&mut self) {
        self.begin();
        self.begin_load();
        while self.watch.violation.is_none()
            && matches!(self.phase, Phase::Chaos | Phase::Healed | Phase::Draining)
        {
            if !self.turn() {
                self.phase = Phase::Stuck;
                return;
            }
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Deliver { to, flight } => self.deliver(usize::from(to), flight),
            Event::Alarm { node, alarm } => self.alarm(node, alarm),
            Event::Synced { node, life } => self.synced(usize::from(node), life),
            Event::Submit { target, request } => self.submit(usize::from(target), request),
            Event::GiveUp { client } => self.give_up(client as usize),
            Event::Arrive => self.arrive(),
            Event::Start { node } => self.start_again(usize::from(node)),
            Event::PowerCut => self.power_cut(),
            Event::CutBegins { cut } => self.cut(cut, true),
            Event::CutEnds { cut } => self.cut(cut, false),
            Event::DrawPartition => self.draw_partition(),
            Event::Heal => self.heal(),
            Event::Look => self.look(),
            Event::Mined { node, search } => self.mined(usize::from(node), search),
            Event::Govern => self.govern(),
        }
    }

    /// Takes an event into the trace.
    pub(crate) fn record(&mut self, what: u64, node: usize, about: u64) {
        self.events += 1;
        self.trace.event(self.now_us, what << 32 | node as u64, about);
    }

    fn deliver(&mut self, to: usize, flight: u32) {
        let Some(replica) = &self.nodes[to].replica else {
            self.flights.miss(flight);
            return;
        };
        // Whoever has not executed the block that names an epoch does not know its members' keys.
        let epoch = self.flights.epoch_of(flight);
        if epoch > 0 && epochs::count(replica.executor()) < epoch {
            self.flights.miss(flight);
            return;
        }
        let own = self.signers.get(to).filter(|_| self.flights.is_from(flight, to));
        let Arrived { from, kind, tag, number, input } = self.flights.open(flight, own);
        let valid = input.is_some();
        self.tell(to, || What::Receives {
            message: number,
            kind: kind_name::<P>(kind),
            from,
            valid,
        });
        self.record(16 + kind as u64, to, tag ^ u64::from(from.get()) << 48);
        if from.index() != to {
            self.messages[kind] += 1;
        }
        if let (Some(Input::Receive { from, message }), Some(lie)) =
            (&input, &mut self.nodes[to].lie)
            && from.index() != to
            && !lie.role.hear(*from, message, &mut lie.liar)
        {
            return;
        }
        match input {
            Some(input) => self.step(to, input),
            None if self.nodes[to].is_correct() => {
                self.watch.rejected(protocol::Reject::BadSignature);
            }
            None => {}
        }
    }

    fn alarm(&mut self, node: u16, alarm: Alarm) {
        match self.nodes[usize::from(node)].timers.fire(alarm, self.now_us) {
            Fired::Nothing => {}
            Fired::Later(at_us) => self.queue.push(at_us, Event::Alarm { node, alarm }),
            Fired::Now(timer) => {
                self.record(1, usize::from(node), u64::from(alarm.slot));
                self.tell(usize::from(node), || What::Timeout { timer: format!("{timer:?}") });
                self.step(usize::from(node), Input::Timeout(timer));
            }
        }
    }

    pub(crate) fn step(&mut self, index: usize, input: Input<P>) {
        let now = self.nodes[index].time(self.now_us);
        let Some(replica) = &mut self.nodes[index].replica else { return };
        let mut effects = std::mem::take(&mut self.effects);
        replica.step(now, input, &mut effects);
        self.absorb(index, &mut effects);
        self.effects = effects;
    }

    /// Starts a replica from its disk.
    pub(crate) fn start(&mut self, index: usize) {
        let me = NodeId::new(u16::try_from(index).unwrap_or(u16::MAX));
        let recovered = self.nodes[index].disk.recover();
        let certified = recovered.certificate.as_ref().map(|certificate| certificate.height);
        let config = self.replica_config(me);
        let mut effects = std::mem::take(&mut self.effects);
        let now = self.nodes[index].time(self.now_us);
        let replica = Replica::start(config, recovered, now, &mut effects);
        let node = &mut self.nodes[index];
        node.certified = certified.unwrap_or_default();
        // What it starts from: a core may decide more while it starts.
        let height = node.disk.height();
        let promised = node.attested.max(height);
        node.replica = Some(replica);
        if node.is_correct() {
            // A block may be durable although the crash came before anybody was shown it.
            let shown = self.watch.chain.height_of(me);
            for block in node.disk.blocks_after(shown) {
                let (header, hash) = (&block.header, block.header.hash());
                self.watch.executed(me, header, hash, &block.records, &self.clients);
            }
            let result = self.watch.chain.restarted(me, height, promised);
            self.watch.note(result);
        }
        self.record(2, index, height.get());
        self.tell(index, || What::Starts { height: height.get() });
        self.absorb(index, &mut effects);
        self.effects = effects;
    }

    /// What each epoch means to a machine.
    fn terms_of(&self, me: NodeId) -> Terms<P> {
        let terms = (self.cores.terms)(&self.directory, me);
        #[cfg(test)]
        if let Some(mutant) = self.cores.mutant {
            return terms.broken(mutant);
        }
        terms
    }

    fn apps(&self) -> Apps {
        let rules = || self.directory.rules();
        let apps = match &self.directory.shown {
            Some(genesis) => Apps::chosen(&genesis.apps, rules()).unwrap_or_default(),
            None if self.options.changes.is_empty() => Apps::builtin(),
            None => Apps::governed(rules()),
        };
        #[cfg(test)]
        if let Some(mutant) = self.cores.crossings {
            return apps.with_broken_crossings(Some(rules()), mutant);
        }
        apps
    }

    fn replica_config(&self, me: NodeId) -> Config<P> {
        let timeout = Duration::from_ms(self.options.view_timeout_ms);
        Config {
            chain: self.chain,
            genesis: self.directory.genesis.clone(),
            terms: self.terms_of(me),
            me,
            apps: self.apps(),
            mempool: mempool::Limits {
                txs_max: 10_000,
                bytes_max: 10_000_000,
                per_sender_max: 1_000,
            },
            batch_bytes: 50_000,
            batch_delay: Duration::from_us(BATCH_DELAY_US),
            block_interval: Duration::ZERO,
            batches_in_flight_max: 8,
            anti_entropy_interval: timeout.times(5),
            fetch_timeout: Duration::from_us(timeout.us() / 4),
            clock_drift_max: Duration::from_ms(500),
        }
    }
}

/// The name of a message's kind.
pub(crate) fn kind_name<P: Inspect>(kind: usize) -> &'static str {
    let others = kind.checked_sub(P::KINDS.len()).and_then(|kind| OTHER_KINDS.get(kind));
    P::KINDS.get(kind).or(others).copied().unwrap_or_default()
}

/// How long a replica collects transactions before it seals a batch.
const BATCH_DELAY_US: u64 = 100;

/// Who lies: drawn, and nobody where a test wants liars to be taken for correct ones later.
fn draw_liars(options: &Options, prng: &mut Prng) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = NodeId::all(options.nodes).collect();
    prng.shuffle(&mut nodes);
    nodes.truncate(options.byzantine);
    nodes.sort_unstable();
    nodes
}

impl<P: Inspect> World<'_, P> {
    /// Whether a test wants this broken.
    pub(crate) fn sabotaged(&self, sabotage: Sabotage) -> bool {
        self.options.sabotage == sabotage
    }
}

/// The configuration of an epoch's core, as the options have it.
pub(crate) fn core_config(
    epoch: &Epoch,
    options: &Options,
) -> Result<<protocols::Any as Protocol>::Config, protocols::ConfigError> {
    let view_timeout = Duration::from_ms(options.view_timeout_ms);
    let params = protocols::Params {
        view_timeout,
        view_timeout_max: view_timeout.times(64),
        retry_interval: Duration::from_us(view_timeout.us() / 4),
        checkpoint_interval: options.checkpoint_interval,
        ..protocols::Params::default()
    };
    let mut config = protocols::config_weighed(&epoch.protocol, &epoch.weights(), &params)?;
    if !options.mutant.is_empty() && epoch.protocol == options.protocol {
        protocols::break_core(&mut config, &options.mutant)?;
    }
    Ok(config)
}

/// The configuration of the first core, for whoever wants to know beforehand whether there is one.
pub(crate) fn first_config(options: &Options) -> Result<(), protocols::ConfigError> {
    let directory = Directory::new(options, ChainId::default(), Prng::new(0, 0));
    core_config(&directory.genesis, options).map(drop)
}
