//! What is kept on disk, and how a replica is rebuilt from it.

use std::sync::Arc;

use crypto::Signed;
use protocol::Ctx;

use crate::Protection;
use crate::book::Added;
use crate::finality::Settled;
use crate::message::{Attestation, Block, Checkpoint, Link, Message, Offence};
use crate::replica::Core;
use crate::tree::{Judgement, Tree};

/// The last final checkpoint, and the slot of its block or a later one below all that follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Root {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Above which slot its descendants are.
    pub slot: u64,
}
codec::record!(Root { checkpoint: Checkpoint, slot: u64 });

/// What must survive a crash: each is durable before what is said because of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// Before a proposal: the block.
    Proposed(Arc<Block>),
    /// Before an attestation: the attestation.
    Attested(Signed<Attestation>),
    /// Before anything is said about it: another's block.
    Block(Arc<Block>),
    /// What justifies or finalises more than was known.
    Link(Arc<Link>),
    /// The beginning of a compacted log.
    Root(Root),
    /// What was signed, as far as the log no longer shows it.
    Protection(Protection),
    /// A proven liar's contradiction: it is reported once, and weighs nothing in later lives either.
    Slashed(Arc<Offence>),
}
codec::tagged!(Record { 1 => Proposed, 2 => Attested, 3 => Block, 4 => Link, 5 => Root, 6 => Protection, 7 => Slashed });

/// The log is compacted after so many records.
const RECORDS_MAX: usize = 256;
/// Most final blocks kept in it that the application has executed.
const EXECUTED_KEPT: usize = 64;

impl Core {
    /// Appends to the log.
    pub(crate) fn write(&mut self, record: Record, ctx: &mut Ctx<'_, Self>) {
        self.written += 1;
        ctx.persist(record);
    }

    /// Replaces the log by what is still needed, once it has grown (L28).
    pub(crate) fn compact(&mut self, ctx: &mut Ctx<'_, Self>) {
        if self.written >= RECORDS_MAX {
            self.written = 0;
            ctx.compact(self.records());
        }
    }

    fn records(&self) -> Vec<Record> {
        let root = Root { checkpoint: self.finalized, slot: self.tree.root_slot };
        let mut records = vec![Record::Protection(self.protection), Record::Root(root)];
        records.extend(self.slashed.values().cloned().map(Record::Slashed));
        records.extend(self.final_link.clone().map(Record::Link));
        let executed =
            self.history.partition_point(|(_, block)| block.header.statement.seq <= self.executed);
        let kept = self.history.iter().skip(executed.saturating_sub(EXECUTED_KEPT));
        records.extend(kept.map(|(_, block)| Record::Block(Arc::clone(block))));
        let mut blocks: Vec<&Arc<Block>> =
            self.tree.iter().map(|(_, entry)| &entry.block).collect();
        blocks.sort_by_key(|block| block.header.statement.seq);
        records.extend(blocks.into_iter().map(|block| {
            if block.header.signer == self.me {
                Record::Proposed(Arc::clone(block))
            } else {
                Record::Block(Arc::clone(block))
            }
        }));
        let ahead = self.ahead.as_ref().map(|(_, link)| Arc::clone(link));
        let links = self.justified_link.clone().into_iter().chain(ahead).chain(self.alarm.clone());
        records.extend(links.map(Record::Link));
        records.extend(self.own_vote.clone().map(Record::Attested));
        records
    }

    /// Puts the log's records back (L24).
    pub(crate) fn recover(&mut self, log: Vec<Record>) {
        self.written = log.len();
        for record in log {
            match record {
                Record::Proposed(block) => {
                    self.protection.proposed(block.header.statement.slot);
                    self.recover_block(&block, Judgement::Valid);
                    self.own_block = Some(block);
                }
                Record::Block(block) => self.recover_block(&block, Judgement::Waiting),
                Record::Attested(vote) => {
                    let Attestation { source, target, .. } = vote.statement;
                    self.protection.attested(source.epoch, target.epoch);
                    let added = self.book.add(&vote, &self.stakes, &self.config);
                    debug_assert!(!matches!(added, Added::Offence(..)), "a log contradicts itself");
                    self.own_vote = Some(vote);
                }
                Record::Link(link) => {
                    if self.believe(&link) || self.try_settle() == Settled::Conflict {
                        self.alarm = Some(link);
                    }
                }
                Record::Root(Root { checkpoint, slot }) => {
                    self.tree = Tree::new(checkpoint.block, checkpoint.seq, slot);
                    self.finalized = checkpoint;
                    if self.justified.epoch < checkpoint.epoch {
                        self.justified = checkpoint;
                    }
                }
                Record::Slashed(offence) => {
                    self.slashed.insert(offence.offender(), offence);
                }
                Record::Protection(protection) => self.protection.merge(&protection),
            }
        }
        self.try_settle();
    }

    fn recover_block(&mut self, block: &Arc<Block>, judgement: Judgement) {
        let header = block.header.statement;
        let digest = header.digest();
        if header.seq > self.tree.root_seq {
            self.by_slot.entry(header.slot).or_insert_with(|| block.header.clone());
            return self.tree.insert(digest, Arc::clone(block), judgement);
        }
        let last = self.history.back().map(|(_, last)| last.header.statement.seq);
        if last.is_none_or(|last| last.next() == header.seq) {
            self.history.push_back((digest, Arc::clone(block)));
        }
    }

    /// Begins at the checkpoint that the operator vouches for, where that is above what the log knows (L24).
    pub(crate) fn start_at_anchor(&mut self) {
        let Some(anchor) = self.config.anchor else { return };
        if anchor.epoch <= self.finalized.epoch {
            return;
        }
        if anchor.block != self.tree.root {
            self.history.clear();
            self.tree.restart(anchor.block, anchor.seq, self.clock.first_slot(anchor.epoch));
        }
        self.finalized = anchor;
        self.final_link = None;
        if self.justified.epoch < anchor.epoch {
            self.justified = anchor;
            self.justified_link = None;
        }
        self.adopted = anchor;
        self.ahead = None;
    }

    /// Says again, with the same bytes, what was promised before the crash, and asks for news (L25).
    pub(crate) fn resume(&mut self, ctx: &mut Ctx<'_, Self>) {
        let is_open = |block: &&Arc<Block>| block.header.statement.seq > self.tree.root_seq;
        if let Some(block) = self.own_block.as_ref().filter(is_open).filter(|_| self.config.voting)
        {
            ctx.broadcast(Message::Proposal(Arc::clone(block)));
        }
        let recent = |vote: &&Signed<Attestation>| {
            self.is_at_risk(vote.statement.target.epoch) && self.tree.is_tentative()
        };
        if let Some(vote) = self.own_vote.as_ref().filter(recent).filter(|_| self.config.voting) {
            ctx.broadcast(Message::Attestation(vote.clone()));
        }
        ctx.broadcast(Message::Status(self.report()));
        self.ask_application_again(ctx);
    }
}
