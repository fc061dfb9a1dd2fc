//! What is kept on disk, and how a replica is rebuilt from it.

use std::sync::Arc;

use types::{Digest, Height};

use crate::block::Block;
use crate::replica::{Alarm, Core};
use crate::tree::{Base, Tree, Verdict};

/// What must survive a crash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// The log begins here.
    Base(Start),
    /// A branch became the upper part of the chain: one record, so that a crash leaves the old chain or the new.
    Adopted(Vec<Arc<Block>>),
    /// A chain with more work contradicts what is decided.
    Halted(Digest),
}
codec::tagged!(Record { 1 => Base, 2 => Adopted, 3 => Halted });

/// Where a log begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// The lowest block kept.
    pub base: Base,
    /// The highest block whose payload was decided.
    pub line: Height,
}
codec::record!(Start { base: Base, line: Height });

impl Core {
    /// The log as it must be to rebuild the chain.
    pub(crate) fn records(&self) -> Vec<Record> {
        let start = self.tree.base().map(|base| Start { base, line: self.line });
        let blocks = self.tree.above(self.tree.low()).map(|entry| Arc::clone(&entry.block));
        let mut records: Vec<Record> = start.into_iter().map(Record::Base).collect();
        records.push(Record::Adopted(blocks.collect()));
        records.extend(self.alarm.map(|alarm| Record::Halted(alarm.head)));
        records
    }

    /// Puts the log's records back (L25).
    pub(crate) fn recover(&mut self, log: Vec<Record>) {
        for record in log {
            match record {
                Record::Base(start) => self.rebuild(&start.base, start.line),
                Record::Adopted(blocks) => self.readopt(&blocks),
                Record::Halted(head) => self.alarm = Some(Alarm { head, at: self.line }),
            }
        }
    }

    /// Begins anew above a block.
    pub(crate) fn rebuild(&mut self, base: &Base, line: Height) {
        let header = &base.block.header;
        let low = header.height;
        let id = if low == Height::ZERO { header.work() } else { header.id() };
        self.tree = Tree::new(base, id);
        self.view = self.view.max(header.view);
        self.line = line;
        (self.settled, self.handed) = (low, low);
    }

    fn readopt(&mut self, blocks: &[Arc<Block>]) {
        let mut last = None;
        for block in blocks {
            let id = block.header.id();
            if self.tree.get(&id).is_none() && !self.tree.insert(id, block, &self.config) {
                return;
            }
            if let Some(entry) = self.tree.get_mut(&id) {
                entry.verdict = Verdict::Valid;
            }
            self.view = self.view.max(block.header.view);
            last = Some(id);
        }
        self.log_blocks += blocks.len();
        if let Some((fork, path)) = last.and_then(|id| self.tree.branch(id)) {
            self.move_chain(fork, path);
        }
    }
}
