//! A set that follows the registry: everything that it takes, asked for at once and again, until it is so.
//!
//! What has happened already is refused, and what cannot be yet as well, so that no step needs to know of the others: a
//! federation of all machines is founded, governance lets its registry drive the validators, and the set follows it.

use std::collections::BTreeSet;

use app::epochs::{EPOCHS, FOLLOW_REGISTRY};
use app::governance::{self, Apply, Choice, GOVERNANCE, Parameter, Propose, Setting, Vote};
use app::registry::{self, CONSENSUS, Card, Founder, Founding, NodeKeys, REGISTRY};
use codec::{Bytes, Encode};
use crypto::Signature;
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use protocol::Inspect;
use types::{Height, NodeId, Time};

use crate::script::Changed;
use crate::world::World;

/// Stake of every hub.
const STAKE: u64 = 100;
/// Blocks to vote in.
const VOTING_BLOCKS: u64 = 16;
/// Sets change at multiples of this height.
const EPOCH_BLOCKS: u64 = 16;
/// Proposals that are voted on and applied: as many as can come of asking again.
const PROPOSALS: u64 = 4;

/// Who asks for what.
type Ask = (usize, Operation, Vec<u8>);

impl<P: Inspect> World<'_, P> {
    /// Asks for all that a change by the registry takes; false for a change of another kind.
    pub(crate) fn enlist(&mut self, change: &Changed, height: Height) -> bool {
        let leaver = match change {
            Changed::Enlist(_) => None,
            Changed::Delist(machine) => Some(usize::from(*machine)),
            Changed::Protocol(_)
            | Changed::Join(..)
            | Changed::Leave(_)
            | Changed::Rotate(_)
            | Changed::Weigh(..) => return false,
        };
        let asks = self.asks(leaver, height);
        let to = self.directory.genesis.members.len().max(1);
        for (turn, ask) in asks.into_iter().enumerate() {
            let Some(transaction) = self.seal(ask) else { continue };
            self.watch.submitted(&transaction);
            self.clients.note_foreign();
            self.submit_to(turn % to, transaction);
        }
        true
    }

    /// The machines whose hubs want to validate: the first validators, and those that the script has enlisted so far.
    fn enlisted(&self) -> BTreeSet<usize> {
        let due = usize::try_from(self.epochs().0).unwrap_or(usize::MAX).saturating_add(1);
        let mut enlisted: BTreeSet<usize> = (0..self.options.nodes).collect();
        for scripted in self.options.changes.iter().take(due) {
            if let Changed::Enlist(machine) = scripted.change {
                enlisted.insert(usize::from(machine));
            }
        }
        enlisted
    }

    fn asks(&self, leaver: Option<usize>, height: Height) -> Vec<Ask> {
        let machines = self.options.machines();
        let ask = |machine: usize, app, verb: u16, argument: &dyn Fn() -> Vec<u8>| -> Ask {
            (machine, Operation { app, verb }, argument())
        };
        let founder = |machine: usize| -> Option<Founder> {
            let name = NodeId::new(u16::try_from(machine).ok()?).to_string();
            let (role, address) = ("hub".to_owned(), String::new());
            let capabilities = [CONSENSUS.to_owned()].into();
            let card = Card { name, role, address, capabilities };
            Some(Founder { account: self.hub_account(machine)?, card, stake: STAKE })
        };
        let hubs = (0..machines).filter_map(founder).collect();
        let founding = Founding { hubs, purses: Vec::new() };
        let mut asks =
            vec![ask(0, REGISTRY, registry::Verb::Found as u16, &|| founding.to_bytes())];
        for machine in self.enlisted() {
            let Some(validator) = self.directory.newcomer(machine) else { continue };
            let keys = NodeKeys { key: validator.key, network_key: validator.network_key };
            let verb = registry::Verb::Register as u16;
            asks.push(ask(machine, REGISTRY, verb, &|| keys.to_bytes()));
        }
        let setting = |parameter, value| Setting { parameter, value };
        let propose = Propose {
            title: "the registry decides".to_owned(),
            text: String::new(),
            deadline: Height::new(height.get() + VOTING_BLOCKS),
            settings: vec![
                setting(Parameter::ValidatorsStakeMin, STAKE),
                setting(Parameter::ValidatorsEpochBlocks, EPOCH_BLOCKS),
            ],
        };
        let verb = governance::Verb::Propose as u16;
        asks.push(ask(0, GOVERNANCE, verb, &|| propose.to_bytes()));
        for proposal in 0..PROPOSALS {
            let vote = Vote { proposal, choice: Choice::Approve };
            for machine in 0..self.options.nodes {
                let verb = governance::Verb::Vote as u16;
                asks.push(ask(machine, GOVERNANCE, verb, &|| vote.to_bytes()));
            }
            let verb = governance::Verb::Apply as u16;
            asks.push(ask(0, GOVERNANCE, verb, &|| Apply { proposal }.to_bytes()));
        }
        if let Some(machine) = leaver {
            asks.push(ask(machine, REGISTRY, registry::Verb::Leave as u16, &Vec::new));
        }
        asks.push(ask(0, EPOCHS, FOLLOW_REGISTRY, &Vec::new));
        asks
    }

    fn hub_account(&self, machine: usize) -> Option<Account> {
        let validator = self.directory.newcomer(machine)?;
        Some(Account(validator.key.to_bytes()))
    }

    fn seal(&mut self, (machine, operation, payload): Ask) -> Option<SealedTransaction> {
        let nonce = self.next_nonce();
        let (sender, key) = self.directory.hub(machine)?;
        let mut transaction = Transaction {
            chain: self.chain,
            sender,
            nonce,
            operation,
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        if self.options.client_signatures {
            sign_transaction(&mut transaction, key);
        }
        SealedTransaction::new(&transaction).ok()
    }
}
