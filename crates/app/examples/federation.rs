//! A federation from its first block on: founded, a message routed and proved, and a rule changed by vote.
//!
//! `cargo run -p app --example federation`. The three parts are the examples of the guide of the federated ledger: its
//! bootstrap, its message routing, and its vote of 20,000 to 5,000. Consensus would hand the blocks in; here they come
//! from one hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::governance::{self, Choice, GOVERNANCE, Parameter, Propose, Setting};
use app::queue::{self, AddRoute, Claim, Forward, Guarantee, Open, Priority, Put, QUEUE, Via};
use app::registry::{self, Card, Founder, Founding, REGISTRY};
use app::{Apps, Executor};
use codec::{Bytes, Encode};
use crypto::{Hasher, SecretKey, Signature};
use ledger::{
    Account, AppId, Batch, Operation, Outcome, Proposal, SealedTransaction, Transaction,
    sign_transaction,
};
use types::{ChainId, Digest, Height, NodeId, Time, View};

/// The chain in one hand.
struct Federation {
    executor: Executor,
    nonce: u64,
}

/// Somebody with a key.
fn key(name: &str) -> SecretKey {
    let mut hasher = Hasher::new("example-key");
    hasher.update(name.as_bytes());
    SecretKey::from_seed(*hasher.finish().as_bytes())
}
fn account(name: &str) -> Account {
    Account(key(name).public().to_bytes())
}

impl Federation {
    /// Somebody asks for something, in a block of its own.
    fn ask(&mut self, who: &str, app: AppId, verb: u16, argument: &impl Encode) {
        self.nonce += 1;
        let mut transaction = Transaction {
            chain: ChainId::default(),
            sender: account(who),
            nonce: self.nonce,
            operation: Operation { app, verb },
            payload: Bytes(argument.to_bytes()),
            fee: 100,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        sign_transaction(&mut transaction, &key(who));
        let sealed = SealedTransaction::new(&transaction).expect("the argument is short");
        let node = NodeId::new(0);
        let batch = Batch::seal(node, self.nonce, &[sealed]).expect("one transaction fits");
        let time = Time::from_us(self.nonce);
        let batches = vec![batch.digest()];
        let proposal = Proposal { view: View::ZERO, proposer: node, time, batches };
        let executed = self.executor.execute(Some(proposal), Digest::ZERO, &[Arc::new(batch)]);
        assert_eq!(executed.block.records[0].outcome, Outcome::Applied);
        tell(executed.events.iter().map(|event| format!("{} {}", event.kind, event.subject)));
    }
}

#[expect(clippy::print_stdout, reason = "an example shows what happens")]
fn tell(lines: impl Iterator<Item = String>) {
    lines.for_each(|line| println!("{line}"));
}

fn main() {
    let executor = Executor::new(ChainId::default(), Apps::builtin());
    let mut federation = Federation { executor, nonce: 0 };
    bootstrap(&mut federation);
    route_a_message(&mut federation);
    vote(&mut federation);
}

/// Three hubs, and the stake behind them.
fn bootstrap(federation: &mut Federation) {
    let hub = |name: &str, stake| Founder {
        account: account(name),
        card: Card {
            name: name.to_owned(),
            role: "hub".to_owned(),
            address: String::new(),
            capabilities: ["routing", "storage", "consensus"].map(str::to_owned).into(),
        },
        stake,
    };
    let hubs = vec![hub("hub_us_east", 10_000), hub("hub_eu_west", 10_000), hub("hub_asia", 5_000)];
    let founding = Founding { hubs, purses: Vec::new() };
    federation.ask("hub_us_east", REGISTRY, registry::Verb::Found as u16, &founding);
}

/// Alice's message goes by two hubs to Bob, and everybody can prove the way that it took.
fn route_a_message(federation: &mut Federation) {
    let topic = || "inbox".to_owned();
    let settings = queue::Settings {
        depth_max: 100,
        attempts_max: 3,
        lease_ms_max: 60_000,
        consumers: BTreeSet::new(),
    };
    let route = queue::Route {
        name: "us-eu".to_owned(),
        hops: vec![account("hub_us_east"), account("hub_eu_west")],
        latency_ms: 80,
        cost_per_kib: 1,
        reliability_ppm: 990_000,
        status: queue::RouteStatus::Active,
    };
    federation.ask("bob", QUEUE, queue::Verb::Open as u16, &Open { topic: topic(), settings });
    federation.ask("hub_us_east", QUEUE, queue::Verb::AddRoute as u16, &AddRoute { route });
    let put = Put {
        topic: topic(),
        id: *b"alice's letter 1",
        to: Some(account("bob")),
        priority: Priority::Normal,
        guarantee: Guarantee::ExactlyOnce,
        expires: Time::from_us(1_000_000),
        via: Some(Via::Route("us-eu".to_owned())),
        body: Bytes(b"Hello, fabric!".to_vec()),
    };
    federation.ask("alice", QUEUE, queue::Verb::Put as u16, &put);
    for hub in ["hub_us_east", "hub_eu_west"] {
        let forward = Forward { topic: topic(), number: 0 };
        federation.ask(hub, QUEUE, queue::Verb::Forward as u16, &forward);
    }
    let take = queue::Take { topic: topic(), count: 1, lease_ms: 60_000 };
    federation.ask("bob", QUEUE, queue::Verb::Take as u16, &take);
    let state = federation.executor.state(QUEUE).expect("the queue is built in");
    let (number, letter) =
        queue::held(state, "inbox", &account("bob")).next().expect("bob has taken it");
    assert_eq!(letter.body.0, b"Hello, fabric!");
    let claim = Claim { topic: topic(), number, attempt: letter.attempts };
    federation.ask("bob", QUEUE, queue::Verb::Ack as u16, &claim);

    // Whoever knows the root, which stands in the block's header, can check hops and delivery.
    let key = queue::message_key("inbox", number);
    let root = federation.executor.state_roots().into_iter().find(|(app, _)| *app == QUEUE);
    let state = federation.executor.state(QUEUE).expect("the queue is built in");
    let value = state.get(&key);
    assert_eq!(state.prove(&key).root(&key, value), root.map(|(_, root)| root));
}

/// 20,000 for and 5,000 against are 80 %, and 67 % are needed.
fn vote(federation: &mut Federation) {
    let deadline = Height::new(federation.executor.height().get() + 11);
    let settings = vec![Setting { parameter: Parameter::FeeMin, value: 50 }];
    let (title, text) = ("a fee of 50".to_owned(), "keeps the pool clean".to_owned());
    let propose = Propose { title, text, deadline, settings };
    federation.ask("hub_us_east", GOVERNANCE, governance::Verb::Propose as u16, &propose);
    for (hub, choice) in [
        ("hub_us_east", Choice::Approve),
        ("hub_eu_west", Choice::Approve),
        ("hub_asia", Choice::Reject),
    ] {
        let vote = governance::Vote { proposal: 0, choice };
        federation.ask(hub, GOVERNANCE, governance::Verb::Vote as u16, &vote);
    }
    while federation.executor.height() < deadline {
        federation.executor.execute(None, Digest::ZERO, &[]);
    }
    let apply = governance::Apply { proposal: 0 };
    federation.ask("anybody", GOVERNANCE, governance::Verb::Apply as u16, &apply);
    let state = federation.executor.state(GOVERNANCE).expect("governance is built in");
    let tally = governance::tally(state, 0).expect("the proposal is kept");
    assert_eq!((tally.approve, tally.reject), (20_000, 5_000));
    assert_eq!(governance::value(state, Parameter::FeeMin), 50);
    let percent = tally.approve * 100 / (tally.approve + tally.reject);
    tell(std::iter::once(format!("{percent} % for it: the least fee is 50 now")));
}

#[test]
fn the_guides_examples_run() {
    main();
}
