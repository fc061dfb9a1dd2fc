//! For the applications' tests: a chain in one hand. Every call is a block, and time is a number.

use std::sync::Arc;

use codec::{Bytes, Encode};
use ledger::{
    Account, AppId, Batch, Operation, Outcome, Proposal, Refusal, SealedTransaction, StateTree,
    StoredBlock, Transaction,
};
use types::{ChainId, Digest, Height, NodeId, Time, View};

use crate::{Apps, Event, Executor};

/// The account of a number.
pub(crate) const fn account(number: u8) -> Account {
    Account([number; 32])
}

/// One request: who, what, with which argument.
pub(crate) struct Ask {
    pub(crate) sender: Account,
    pub(crate) operation: Operation,
    pub(crate) payload: Vec<u8>,
    pub(crate) fee: u64,
}

/// A request of an account, by number, that offers no fee.
pub(crate) fn ask(sender: u8, app: AppId, verb: u16, argument: &impl Encode) -> Ask {
    Ask {
        sender: account(sender),
        operation: Operation { app, verb },
        payload: argument.to_bytes(),
        fee: 0,
    }
}

/// An executor, the time of its next block, and what it has made so far.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) executor: Executor,
    pub(crate) now_us: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) blocks: Vec<StoredBlock>,
    pub(crate) batches: Vec<Arc<Batch>>,
    pub(crate) nonce: u64,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            executor: Executor::new(ChainId::default(), Apps::builtin()),
            now_us: 1,
            events: Vec::new(),
            blocks: Vec::new(),
            batches: Vec::new(),
            nonce: 0,
        }
    }
}

impl Chain {
    /// Executes requests in one block.
    pub(crate) fn block(&mut self, asks: Vec<Ask>) -> Vec<Outcome> {
        let transactions: Vec<_> = asks.into_iter().map(|ask| self.seal(ask)).collect();
        let number = self.executor.height().get();
        let batch = Arc::new(Batch::seal(NodeId::new(0), number, &transactions).unwrap());
        self.batches.push(batch.clone());
        let proposal = Proposal {
            view: View::ZERO,
            proposer: NodeId::new(0),
            time: Time::from_us(self.now_us),
            batches: vec![batch.digest()],
        };
        let executed = self.executor.execute(Some(proposal), Digest::ZERO, &[batch]);
        let outcomes = executed.block.records.iter().map(|record| record.outcome).collect();
        self.events.extend(executed.events);
        self.blocks.push(executed.block);
        outcomes
    }

    fn seal(&mut self, ask: Ask) -> SealedTransaction {
        self.nonce += 1;
        let transaction = Transaction {
            chain: ChainId::default(),
            sender: ask.sender,
            nonce: self.nonce,
            operation: ask.operation,
            payload: Bytes(ask.payload),
            fee: ask.fee,
            expires: Time::from_us(u64::MAX),
            signature: crypto::Signature::NONE,
        };
        SealedTransaction::new(&transaction).unwrap()
    }

    /// Executes one request in a block of its own.
    pub(crate) fn one(&mut self, ask: Ask) -> Outcome {
        self.block(vec![ask])[0]
    }

    /// Executes a request that must be applied.
    #[track_caller]
    pub(crate) fn applied(&mut self, ask: Ask) {
        assert_eq!(self.one(ask), Outcome::Applied);
    }

    /// Executes a request that must be refused and leave the application's state alone.
    #[track_caller]
    pub(crate) fn refused(&mut self, ask: Ask) -> Refusal {
        let app = ask.operation.app;
        let before = self.root(app);
        let Outcome::Refused(refusal) = self.one(ask) else { panic!("it was applied") };
        assert_eq!(self.root(app), before, "a refused request changes nothing");
        refusal
    }

    /// Executes empty blocks up to a height.
    pub(crate) fn pass_to(&mut self, height: u64) {
        while self.executor.height() < Height::new(height) {
            let executed = self.executor.execute(None, Digest::ZERO, &[]);
            self.blocks.push(executed.block);
        }
    }

    pub(crate) fn state(&self, app: AppId) -> &StateTree {
        self.executor.state(app).unwrap()
    }
    pub(crate) fn root(&mut self, app: AppId) -> Digest {
        self.executor.state_mut(app).unwrap().root()
    }
}
