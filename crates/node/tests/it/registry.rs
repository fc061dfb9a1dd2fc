//! A running network whose registry drives the validators: a hub with stake and keys is seated, one that leaves is let go.

use std::time::Duration;

use app::epochs::{EPOCHS, FOLLOW_REGISTRY};
use app::governance::{self, Apply, Choice, GOVERNANCE, Parameter, Propose, Setting, Vote};
use app::registry::{self, Card, Founder, Founding, NodeKeys, REGISTRY};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{
    Account, AppId, Operation, Outcome, Refusal, SealedTransaction, Transaction, Validator,
    sign_transaction,
};
use node::{Handle, WaitFor};
use types::{Height, Time};

use crate::sets::{entered, newcomer};
use crate::support::{Network, quick};

fn key(hub: usize) -> SecretKey {
    SecretKey::from_seed([40 + u8::try_from(hub).unwrap(); 32])
}
fn account(hub: usize) -> Account {
    Account(key(hub).public().to_bytes())
}

struct Federation<'a> {
    handle: &'a Handle,
    nonce: u64,
}

impl Federation<'_> {
    async fn committed(&self, tx: SealedTransaction) -> Outcome {
        let id = tx.id();
        assert_eq!(self.handle.submit(vec![tx]).await.unwrap(), [Ok(())]);
        let waited = self.handle.wait_for(id, WaitFor::Commit, Duration::from_secs(20));
        waited.await.unwrap().outcome
    }
    async fn ask(&mut self, hub: usize, app: AppId, verb: u16, payload: Vec<u8>) -> Outcome {
        self.nonce += 1;
        let mut tx = Transaction {
            chain: self.handle.genesis().chain_id(),
            sender: Account::default(),
            nonce: self.nonce,
            operation: Operation { app, verb },
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        sign_transaction(&mut tx, &key(hub));
        self.committed(SealedTransaction::new(&tx).unwrap()).await
    }
    async fn applied(&mut self, hub: usize, app: AppId, verb: u16, argument: &impl Encode) {
        assert_eq!(self.ask(hub, app, verb, argument.to_bytes()).await, Outcome::Applied);
    }
    async fn follow(&mut self) -> Outcome {
        self.ask(0, EPOCHS, FOLLOW_REGISTRY, Vec::new()).await
    }
    async fn height(&self) -> u64 {
        self.handle.query(|view| view.status().height.get()).await.unwrap()
    }
    /// Lets work make blocks up to a height.
    async fn grow_to(&mut self, height: u64) {
        while self.height().await < height {
            self.ask(0, AppId(2), 1, vec![1]).await;
        }
    }
    /// Five hubs with the same stake, founded by the validator itself.
    async fn found(&self) {
        let founder = |hub: usize| Founder {
            account: account(hub),
            card: Card {
                name: format!("n{hub}"),
                role: "hub".to_owned(),
                address: String::new(),
                capabilities: ["consensus".to_owned()].into(),
            },
            stake: 100,
        };
        let founding = Founding { hubs: (0..5).map(founder).collect(), purses: Vec::new() };
        let tx = self.handle.founding(&founding).unwrap();
        assert_eq!(self.committed(tx).await, Outcome::Applied);
    }
    /// Governance lets the registry decide.
    async fn drive(&mut self) {
        let deadline = self.height().await + 14;
        let setting = |parameter, value| Setting { parameter, value };
        let settings = vec![
            setting(Parameter::ValidatorsStakeMin, 100),
            setting(Parameter::ValidatorsEpochBlocks, 16),
        ];
        let (title, text) = ("the registry decides".to_owned(), String::new());
        let propose = Propose { title, text, deadline: Height::new(deadline), settings };
        self.applied(0, GOVERNANCE, governance::Verb::Propose as u16, &propose).await;
        for hub in 0..4 {
            let vote = Vote { proposal: 0, choice: Choice::Approve };
            self.applied(hub, GOVERNANCE, governance::Verb::Vote as u16, &vote).await;
        }
        self.grow_to(deadline + 1).await;
        let apply = Apply { proposal: 0 };
        self.applied(0, GOVERNANCE, governance::Verb::Apply as u16, &apply).await;
    }
    /// Lets the scheduled set take office.
    async fn hand_over(&mut self) {
        let scheduled = self.handle.query(|view| view.status().scheduled).await.unwrap().unwrap();
        assert_eq!(scheduled.first.get() % 16, 0);
        self.grow_to(scheduled.first.get() + 2).await;
    }
    async fn names(&self) -> Vec<String> {
        let epoch = self.handle.query(|view| view.status().epoch).await.unwrap();
        epoch.members.into_iter().map(|member| member.validator.name).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_registry_seats_a_newcomer_and_lets_a_validator_go() {
    let network = Network::start(&quick()).await;
    let (joiner, stranger) = newcomer(&network).await;
    let handle = network.handle(0);
    let mut federation = Federation { handle, nonce: 0 };
    federation.found().await;
    let refused = Outcome::Refused;
    assert_eq!(federation.follow().await, refused(Refusal::RegistryNotDriving));
    federation.drive().await;
    let mut validators: Vec<Validator> = handle.genesis().validators.clone();
    validators.push(stranger);
    for (hub, validator) in validators.iter().enumerate() {
        let keys = NodeKeys { key: validator.key, network_key: validator.network_key };
        federation.applied(hub, REGISTRY, registry::Verb::Register as u16, &keys).await;
    }
    assert_eq!(federation.follow().await, Outcome::Applied);
    federation.hand_over().await;
    entered(&joiner.handle, 1).await;
    assert_eq!(federation.names().await, ["n0", "n1", "n2", "n3", "n4"]);
    assert_eq!(federation.follow().await, refused(Refusal::SetUnchanged));

    let leave = registry::Verb::Leave as u16;
    assert_eq!(federation.ask(1, REGISTRY, leave, Vec::new()).await, Outcome::Applied);
    assert_eq!(federation.follow().await, Outcome::Applied);
    federation.hand_over().await;
    assert_eq!(federation.names().await, ["n0", "n2", "n3", "n4"]);
    // What is proved now is attested by the new set, and still follows from the genesis.
    let proof = handle.entry(REGISTRY, registry::hub_key(&account(4))).await.unwrap();
    assert_eq!(proof.verify(handle.genesis()), Ok(()));
    assert_eq!(proof.lineage.handovers.len(), 2);
    // One more would leave three.
    assert_eq!(federation.ask(2, REGISTRY, leave, Vec::new()).await, Outcome::Applied);
    assert_eq!(federation.follow().await, refused(Refusal::TooFewValidators));
    joiner.stop().await;
    network.stop().await;
}
