//! What is kept on disk, and how a replica is rebuilt from it.

use std::sync::Arc;

use protocol::Ctx;
use types::{Digest, Height, Seq, Time, View};

use crate::message::{self, Block, Link};
use crate::replica::Core;
use crate::safety::{self, Own, Seals};
use crate::signers::Signers;
use crate::tree::{Tree, Verdict};
use crate::{Anchor, Config, Head, Message};

/// The block that everything kept descends from, and what binds this replica.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root {
    pub(crate) anchor: Anchor,
    /// What this replica has sealed above it.
    pub(crate) own: Vec<Own>,
    /// What it sealed last.
    pub(crate) last: Link,
    /// The greatest height at which this replica sealed off the chain, up to here.
    pub(crate) strayed: Height,
    /// The highest confirmed height of a branch that this replica sealed on.
    pub(crate) lock: Height,
}
codec::record!(Root { anchor: Anchor, own: Vec<Own>, last: Link, strayed: Height, lock: Height });

impl Anchor {
    pub(crate) fn genesis(config: &Config) -> Self {
        Self {
            name: Digest::ZERO,
            height: Height::ZERO,
            time: Time::ZERO,
            view: View::ZERO,
            weight: 0,
            payloads: Seq::ZERO,
            state: Digest::ZERO,
            signers: Signers::new(&config.signers),
            before: Vec::new(),
        }
    }
}

/// What must survive a crash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// What everything behind it descends from.
    Root(Box<Root>),
    /// A block, before it is sent or built on; its parent stands before it.
    Block(Arc<Block>),
}

impl codec::Encode for Record {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Root(root) => {
                out.push(1);
                root.as_ref().encode(out);
            }
            Self::Block(block) => {
                out.push(2);
                block.encode(out);
            }
        }
    }
}
impl codec::Decode for Record {
    const BYTES_MIN: usize = 1;
    fn decode(reader: &mut codec::Reader<'_>) -> Result<Self, codec::DecodeError> {
        match reader.byte()? {
            1 => Ok(Self::Root(Box::new(Root::decode(reader)?))),
            2 => Ok(Self::Block(Arc::decode(reader)?)),
            tag => Err(codec::DecodeError::UnknownTag { of: "Record", tag }),
        }
    }
}

impl Core {
    /// The log as it must be for the present tree (L29).
    pub(crate) fn records(&self) -> Vec<Record> {
        let root = Root {
            anchor: self.anchor(),
            own: self.own.as_slice().to_vec(),
            last: self.last,
            strayed: Height::new(self.strayed),
            lock: Height::new(self.lock),
        };
        let blocks = self.tree.entries().iter().filter_map(|entry| entry.block.clone());
        let blocks = blocks.map(Record::Block);
        std::iter::once(Record::Root(Box::new(root))).chain(blocks).collect()
    }

    /// The root, as the others must have it too.
    pub(crate) fn anchor(&self) -> Anchor {
        let root = self.tree.root();
        Anchor {
            name: root.name,
            height: Height::new(root.height),
            time: root.time,
            view: root.view,
            weight: root.weight,
            payloads: Seq::new(root.payloads),
            state: self.states.get(&Seq::new(root.payloads)).copied().unwrap_or_default(),
            signers: root.signers.as_ref().clone(),
            before: self.tree.sealers(crate::tree::ROOT).collect(),
        }
    }

    /// Puts the log's records back (L34).
    pub(crate) fn recover(&mut self, log: Vec<Record>, ctx: &mut Ctx<'_, Self>) {
        self.records_kept = log.len();
        for record in log {
            match record {
                Record::Root(root) => {
                    self.tree = Tree::new(&root.anchor);
                    self.states.insert(root.anchor.payloads, root.anchor.state);
                    (self.own, self.last) = (Seals::new(root.own), root.last);
                    self.strayed = root.strayed.get();
                    self.lock = root.lock.get();
                }
                Record::Block(block) => self.restore(&block),
            }
        }
        let waiting: Vec<usize> =
            (1..self.tree.len()).filter(|&at| self.tree.at(at).verdict == Verdict::Asked).collect();
        self.rechoose(ctx);
        for at in waiting {
            self.ask(at, ctx);
        }
    }

    fn restore(&mut self, block: &Arc<Block>) {
        let name = message::name(&block.header);
        let Some(parent) = self.tree.find(&block.header.statement.parent) else { return };
        let Ok(mut entry) = safety::entry(&self.config, &self.tree, parent, block, name) else {
            return;
        };
        let is_own = entry.sealer == self.me;
        if is_own || block.payload.is_none() {
            entry.verdict = Verdict::Valid;
        }
        let own =
            Own { name, height: block.header.statement.height, slot: block.header.statement.slot };
        if is_own && !self.own.as_slice().contains(&own) {
            self.own.push(own);
        }
        if is_own && block.header.statement.previous == self.last {
            self.last = Link { name, height: own.height };
        }
        if is_own {
            self.lock = self.lock.max(entry.confirmed);
        }
        self.remember(&block.header);
        self.insert(entry);
    }

    /// Tells the others where this replica stands after a restart; they answer with what it lacks (L35).
    pub(crate) fn resume(&self, ctx: &mut Ctx<'_, Self>) {
        ctx.broadcast(Message::Head(self.head_report()));
    }

    /// What this replica builds on, as a message.
    pub(crate) fn head_report(&self) -> Head {
        let best = self.tree.at(self.best);
        Head {
            tip: best.name,
            height: Height::new(best.height),
            settled: Height::new(self.tree.at(self.settled).height),
        }
    }
}
