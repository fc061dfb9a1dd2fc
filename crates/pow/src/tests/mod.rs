//! The core's tests: the scenarios of the reliability rules (each shown to fail on a deliberately broken core), scenario
//! files, and hostile input.

mod basics;
mod bytes;
mod chain_rules;
mod hostile;
mod scenarios;
mod swarm;
mod theory;
mod work_rules;

use std::sync::Arc;

use protocol::{Payload, Status};
use testkit::{Cluster, Subject, WorldBug, payload, request, requests_of};
use types::{Digest, Duration, NodeId, Time};

use crate::block::{Block, Header};
use crate::rules::required_target;
use crate::tree::{Base, Entry, Tree};
use crate::{Config, Core, Message, Mutant, Record};

impl Subject for Core {
    type Mutant = Mutant;

    fn config(n: usize, mutant: Option<Mutant>) -> Config {
        Config {
            mutant,
            confirmations: 3,
            retry_interval: Duration::from_ms(500),
            ..Config::new(n)
        }
    }
    fn message_name(message: &Message) -> String {
        match message {
            Message::Block(block) => format!("BLOCK({})", block_name(block)),
            Message::Head(id) => format!("HEAD({id:?})"),
            Message::Ask(ask) => format!("ASK({:?})", ask.have),
            Message::Blocks(sent) => {
                let names: Vec<String> = sent.blocks.iter().map(|b| block_name(b)).collect();
                format!("BLOCKS({})", names.join(" "))
            }
            Message::Base(base) => format!("BASE({})", block_name(&base.block)),
        }
    }
    fn record_name(record: &Record) -> String {
        match record {
            Record::Base(start) => format!("base({})", block_name(&start.base.block)),
            Record::Adopted(blocks) => {
                let names: Vec<String> = blocks.iter().map(|b| block_name(b)).collect();
                format!("adopted({})", names.join(" "))
            }
            Record::Halted(head) => format!("halted({head:?})"),
        }
    }
    fn world_bug(_mutant: Mutant) -> Option<WorldBug> {
        None
    }
}

fn block_name(block: &Block) -> String {
    let header = &block.header;
    let requests = requests_of(block.payload.as_ref());
    let names: Vec<String> =
        requests.iter().map(|r| format!("c{}:{}", r.client, r.timestamp)).collect();
    let what = if names.is_empty() { "-".to_owned() } else { names.join("+") };
    format!("h{} by {} {what}", header.height, header.miner)
}

/// A chain that a test mines by itself.
#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) head: Header,
    pub(crate) id: Digest,
    pub(crate) blocks: Vec<Arc<Block>>,
    /// From a block to the next.
    pub(crate) step: Duration,
    /// Knows the targets, where they change.
    tree: Option<Arc<Tree>>,
}

impl Branch {
    pub(crate) fn new(config: &Config) -> Self {
        let genesis = Block::genesis(config.genesis, config.target_initial).header;
        Self {
            head: genesis,
            id: genesis.work(),
            blocks: Vec::new(),
            step: Duration::from_us(1),
            tree: None,
        }
    }
    /// The header of the next block, without a proof.
    pub(crate) fn next(&self, payload: Option<&Payload>) -> Header {
        Header {
            parent: self.id,
            height: self.head.height.next(),
            time: self.head.time.after(self.step),
            target: self.head.target,
            miner: NodeId::new(1),
            view: self.head.view.next(),
            seq: self.head.seq.plus(u64::from(payload.is_some())),
            payload: payload.map_or(Digest::ZERO, Payload::digest),
            nonce: 0,
        }
    }
    pub(crate) fn push(&mut self, header: Header, payload: Option<Payload>) -> Arc<Block> {
        let header = prove(header);
        let block = Arc::new(Block { header, payload });
        (self.head, self.id) = (header, header.id());
        self.blocks.push(Arc::clone(&block));
        block
    }
    /// Mines a block; `client` 0 asks for nothing.
    pub(crate) fn grow(&mut self, client: u16) -> Arc<Block> {
        let payload = (client > 0).then(|| payload(&[request(client, 1)]));
        let header = self.next(payload.as_ref());
        self.push(header, payload)
    }
    pub(crate) fn grow_by(&mut self, count: usize) {
        for _ in 0..count {
            self.grow(0);
        }
    }
}

/// Searches the nonce that makes the header's own target.
pub(crate) fn prove(mut header: Header) -> Header {
    let work = header.work();
    while !header.target.is_met_by(&crypto::work(&work, header.nonce)) {
        header.nonce += 1;
    }
    header
}

/// One honest replica that only follows, among scripts.
pub(crate) fn lone(mutant: Option<Mutant>, tune: impl Fn(&mut Config)) -> Cluster<Core> {
    let mut cluster = Cluster::with(4, mutant, |config: &mut Config| {
        config.voting = false;
        config.retarget_interval = 10_000;
        tune(config);
    });
    for index in 1..4 {
        cluster.corrupt(index);
    }
    cluster
}

pub(crate) fn show(cluster: &mut Cluster<Core>, from: u16, blocks: &[Arc<Block>]) {
    for block in blocks {
        cluster.inject(from, 0, Message::Block(Arc::clone(block)));
        cluster.run(testkit::ms(2));
    }
}

pub(crate) fn status(cluster: &Cluster<Core>, index: u16) -> Status {
    protocol::Protocol::status(cluster.core(index))
}

pub(crate) fn head(cluster: &Cluster<Core>, index: u16) -> Digest {
    cluster.core(index).tree.head_id()
}

/// What the rules know of a block that nobody has mined.
impl Branch {
    fn entry(&self) -> &Entry {
        self.tree.as_ref().and_then(|tree| tree.get(&self.id)).expect("the branch's own tree")
    }
    fn grow_tree(&mut self, config: &Config) {
        if self.tree.is_none() {
            let genesis = Arc::new(Block::genesis(config.genesis, config.target_initial));
            let times = vec![genesis.header.time];
            let (active, since) = (Duration::ZERO, Duration::ZERO);
            let base = Base { block: genesis, times, active, since };
            self.tree = Some(Tree::new(&base, self.id).into());
        }
    }
    /// Adds a block without a proof, with the target that the rules demand, at its time or the earliest that they allow.
    fn walk_at(&mut self, time: Time, config: &Config) {
        self.grow_tree(config);
        let mut header = self.next(None);
        header.target = required_target(config, self.entry());
        let earliest = self.entry().context.median.after(Duration::from_us(1));
        header.time = time.max(earliest);
        let block = Arc::new(Block { header, payload: None });
        let id = header.id();
        if let Some(tree) = self.tree.as_mut().and_then(Arc::get_mut) {
            tree.insert(id, &block, config);
        }
        (self.head, self.id) = (header, id);
    }
    fn walk(&mut self, config: &Config) {
        self.walk_at(self.head.time.after(self.step), config);
    }
    /// Mines a block with the target that the rules demand.
    fn retargeted(&mut self, config: &Config) {
        self.grow_tree(config);
        let mut header = self.next(None);
        header.target = required_target(config, self.entry());
        let block = self.push(header, None);
        if let Some(tree) = self.tree.as_mut().and_then(Arc::get_mut) {
            tree.insert(self.id, &block, config);
        }
    }
}
