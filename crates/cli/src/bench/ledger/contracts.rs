//! What a call of a contract costs, its module compiled already or not.

use std::sync::Arc;

use app::contracts::{CONTRACTS, Call, Deploy, PROGRAMS_KEPT_MAX, Verb, address};
use app::{Apps, Executor};
use codec::{Bytes, Encode};
use ledger::{Account, Batch, Operation, SealedTransaction, Transaction};
use types::{ChainId, Digest, NodeId};

use super::tasks::{Number, proposal, rate, sealed, transaction};
use crate::clock::cpu_s;

/// `notepad.wat`, whose function `keep` keeps its argument, tells it and answers it.
const NOTEPAD: &[u8] = include_bytes!("notepad.wasm");
/// Calls of one block.
const CALLS: usize = 100;
/// Blocks of each measurement.
const BLOCKS: usize = 20;
/// Ample for a deployment and for a call, and for as many of them as stand in one block.
const FUEL: u64 = 300_000;
const OWNER: u8 = 1;

/// A chain with more contracts than are kept compiled.
struct Bench {
    executor: Executor,
    contracts: Vec<Account>,
    nonce: u64,
}

/// Calls in a CPU-second, of one contract and of contracts in turn.
pub(super) fn measure() -> Vec<Number> {
    let mut bench = Bench::new();
    let one = bench.us_each(1);
    let all = bench.us_each(bench.contracts.len());
    vec![rate("contract_call", one, None), rate("contract_call_compiled", all, None)]
}

impl Bench {
    fn new() -> Self {
        let executor = Executor::new(ChainId::default(), Apps::builtin());
        let mut bench = Self { executor, contracts: Vec::new(), nonce: 0 };
        let mut deployments = Vec::new();
        for number in 0..=PROGRAMS_KEPT_MAX {
            // A section of its own makes each module another one.
            let other = [0, 4, 1, b'n', 0, u8::try_from(number).unwrap_or(u8::MAX)];
            let code = [NOTEPAD, other.as_slice()].concat();
            bench.contracts.push(address(&Account([OWNER; 32]), &code, 0));
            let (code, argument) = (Bytes(code), Bytes(Vec::new()));
            let deploy = Deploy { code, salt: 0, argument, fuel: FUEL, stake: 0 };
            deployments.push(bench.seal(Verb::Deploy, &deploy));
        }
        bench.execute(&deployments);
        bench
    }

    /// CPU microseconds of a call, where so many contracts are called in turn.
    fn us_each(&mut self, contracts: usize) -> f64 {
        let mut spent = 0.0;
        for _ in 0..BLOCKS {
            let calls: Vec<_> = (0..CALLS)
                .map(|at| {
                    let contract = self.contracts[at % contracts];
                    let (function, argument) = ("keep".to_owned(), Bytes(vec![7; 64]));
                    self.seal(
                        Verb::Call,
                        &Call { contract, function, argument, fuel: FUEL, stake: 0 },
                    )
                })
                .collect();
            spent += self.execute(&calls);
        }
        spent * 1e6 / (BLOCKS * CALLS) as f64
    }

    fn seal(&mut self, verb: Verb, argument: &impl Encode) -> SealedTransaction {
        self.nonce += 1;
        let operation = Operation { app: CONTRACTS, verb: verb as u16 };
        let payload = Bytes(argument.to_bytes());
        let base = transaction(ChainId::default(), OWNER, self.nonce);
        sealed(&Transaction { operation, payload, ..base })
    }

    /// Executes a block of what must all succeed; answers its CPU seconds.
    fn execute(&mut self, transactions: &[SealedTransaction]) -> f64 {
        let height = self.executor.height().get() + 1;
        let batch = Batch::seal(NodeId::new(0), height, transactions).map(Arc::new);
        let batches: Vec<_> = batch.into_iter().collect();
        let proposal = proposal(0, height, &batches);
        let start = cpu_s();
        let executed = self.executor.execute(Some(proposal), Digest::ZERO, &batches);
        let spent = cpu_s() - start;
        let records = &executed.block.records;
        assert!(
            records.len() == transactions.len()
                && records.iter().all(|one| one.outcome.is_applied())
        );
        spent
    }
}
