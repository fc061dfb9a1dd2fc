use std::sync::Arc;

use codec::{Bytes, Encode};
use ledger::{
    Account, Batch, Operation, Outcome, Proposal, Refusal, SealedTransaction, Transaction,
};
use types::{ChainId, Digest, NodeId, Time, View};

use super::{TICKETS, TicketRequest, TicketState, Verb, get, seed_ticket};
use crate::{Apps, Executor};

fn tx(nonce: u64, verb: Verb, ticket: &str) -> SealedTransaction {
    let request = TicketRequest {
        ticket: ticket.to_owned(),
        data: Bytes(b"data".to_vec()),
        actor: "gate".to_owned(),
    };
    let transaction = Transaction {
        chain: ChainId::default(),
        sender: Account([7; 32]),
        nonce,
        operation: Operation { app: TICKETS, verb: verb as u16 },
        payload: Bytes(request.to_bytes()),
        fee: 0,
        expires: Time::from_us(1_000),
        signature: crypto::Signature::NONE,
    };
    SealedTransaction::new(&transaction).unwrap()
}

fn execute(executor: &mut Executor, txs: &[SealedTransaction]) -> Vec<Outcome> {
    let batch = Arc::new(Batch::seal(NodeId::new(0), executor.height().get(), txs).unwrap());
    let proposal = Proposal {
        view: View::ZERO,
        proposer: NodeId::new(0),
        time: Time::from_us(1),
        batches: vec![batch.digest()],
    };
    let executed = executor.execute(Some(proposal), Digest::ZERO, &[batch]);
    executed.block.records.iter().map(|record| record.outcome).collect()
}

#[test]
fn a_ticket_lives_once_and_every_illegal_step_is_refused() {
    let mut executor = Executor::new(ChainId::default(), Apps::builtin());
    let refused = Outcome::Refused;
    let outcomes = execute(
        &mut executor,
        &[
            tx(1, Verb::Validate, "T"),
            tx(2, Verb::Issue, "T"),
            tx(3, Verb::Issue, "T"),
            tx(4, Verb::Consume, "T"),
            tx(5, Verb::Dispute, "T"),
            tx(6, Verb::Validate, "T"),
            tx(7, Verb::Validate, "T"),
            tx(8, Verb::Consume, "T"),
            tx(9, Verb::Consume, "T"),
            tx(10, Verb::Dispute, "T"),
            tx(11, Verb::Issue, ""),
        ],
    );
    assert_eq!(
        outcomes,
        [
            refused(Refusal::TicketUnknown),
            Outcome::Applied,
            refused(Refusal::TicketExists),
            refused(Refusal::IllegalTransition),
            refused(Refusal::IllegalTransition),
            Outcome::Applied,
            refused(Refusal::AlreadyValidated),
            Outcome::Applied,
            refused(Refusal::AlreadyConsumed),
            refused(Refusal::AlreadyConsumed),
            refused(Refusal::MalformedPayload),
        ]
    );
    let ticket = get(executor.state(TICKETS).unwrap(), "T").unwrap();
    assert_eq!(ticket.state, TicketState::Consumed);
    assert_eq!(ticket.history.len(), 3);
    assert_eq!(ticket.clock.get(NodeId::new(0)), 1);
    assert_eq!(ticket.data, Bytes(b"data".to_vec()));
}

#[test]
fn p5_a_transaction_is_executed_once_whatever_the_proposer_repeats() {
    let mut executor = Executor::new(ChainId::default(), Apps::builtin());
    let issue = tx(1, Verb::Issue, "T");
    assert_eq!(execute(&mut executor, std::slice::from_ref(&issue)), [Outcome::Applied]);
    let again = execute(&mut executor, &[issue.clone(), issue]);
    assert_eq!(again, [Outcome::Refused(Refusal::NonceUsed); 2]);
}

#[test]
fn expiry_and_chain_are_checked_against_the_block() {
    let mut executor = Executor::new(ChainId(Digest::new([1; 32])), Apps::builtin());
    assert_eq!(
        execute(&mut executor, &[tx(1, Verb::Issue, "T")]),
        [Outcome::Refused(Refusal::WrongChain)]
    );
}

#[test]
fn the_seed_set_is_the_ticket_networks() {
    assert_eq!(
        seed_ticket(12),
        (
            "TICKET-012".to_owned(),
            r#"{"event":"Summer Music Festival 2026","venue":"Grand Arena","section":"General","seat":"B2","price":40.00,"buyer":"buyer_012@email.com"}"#.to_owned()
        )
    );
}
