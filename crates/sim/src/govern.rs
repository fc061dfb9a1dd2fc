//! Validators that wish a change: each is asked for when its height comes near, and again until it is scheduled.

use app::epochs::{Change, EPOCH_CHANGE, EPOCHS, Wish};
use codec::{Bytes, Encode};
use crypto::Signature;
use ledger::{Epoch, Member, Operation, SealedTransaction, Transaction, sign_transaction};
use types::{Height, Time};

use crate::script::{Changed, Scripted};
use crate::world::{Event, World};
use protocol::Inspect;

/// A change is asked for this many blocks before it takes effect.
const LEAD_BLOCKS: u64 = 24;
/// It is asked for again where it is not scheduled after so many blocks.
const AGAIN_BLOCKS: u64 = 12;

/// Where the script stands.
#[derive(Debug, Default)]
pub(crate) struct Govern {
    nonce: u64,
    asked: Option<u64>,
    /// The epochs that a correct replica has told of, behind the genesis's.
    pub(crate) epochs: Vec<Epoch>,
}

impl<P: Inspect> World<'_, P> {
    /// How many changes are in effect where the chain is longest, and whether another is still to come.
    pub(crate) fn epochs(&self) -> (u64, bool) {
        let height = self.watch.chain.height();
        let scheduled = self.govern.epochs.last();
        let pending = scheduled.is_some_and(|epoch| epoch.first > height);
        let number = scheduled.map_or(0, |epoch| epoch.number);
        (number - u64::from(pending), pending)
    }

    /// Whether all changes of the script are in effect.
    pub(crate) fn is_governed(&self) -> bool {
        self.epochs().0 >= self.options.changes.len() as u64
    }

    /// Looks, behind every block, whether something is to be asked for.
    pub(crate) fn plan_govern(&mut self) {
        if !self.options.changes.is_empty() {
            self.queue.push(self.now_us, Event::Govern);
        }
    }

    /// A correct replica tells of an epoch that is agreed on: from now on its members' keys are known.
    pub(crate) fn scheduled(&mut self, epoch: Epoch) {
        if epoch.number != self.govern.epochs.len() as u64 + 1 {
            return;
        }
        self.flights.checks.begin(&self.directory, &epoch);
        self.watch.begin(&epoch, self.directory.attesters(&epoch));
        for node in &mut self.nodes {
            if let Some(lie) = &mut node.lie {
                let signers = self.directory.signers(&epoch, node.me.index());
                lie.liar.later.push(signers.map(|(_, signers)| signers));
            }
        }
        self.govern.epochs.push(epoch);
    }

    pub(crate) fn govern(&mut self) {
        let (number, pending) = self.epochs();
        let height = self.watch.chain.height();
        if pending {
            self.govern.asked = None;
            return;
        }
        let options = self.options;
        let Some(scripted) = usize::try_from(number).ok().and_then(|at| options.changes.get(at))
        else {
            return;
        };
        let is_near = height.get() + LEAD_BLOCKS >= scripted.height;
        let is_asked = self.govern.asked.is_some_and(|asked| height.get() < asked + AGAIN_BLOCKS);
        if !is_near || is_asked {
            return;
        }
        self.govern.asked = Some(height.get());
        if self.enlist(&scripted.change, height) {
            return;
        }
        let last = self.govern.epochs.last().unwrap_or(&self.directory.genesis).clone();
        let Some(change) = self.change(scripted, &last) else { return };
        let first = Height::new(scripted.height.max(height.get() + LEAD_BLOCKS));
        let wish = Wish { after: last.number, first, change };
        self.record(9, 0, first.get());
        for member in &last.members {
            let Some(transaction) = self.wish(member, &wish) else { continue };
            self.watch.submitted(&transaction);
            self.clients.note_foreign();
            self.submit_to(member.id.index(), transaction);
        }
    }

    /// A change of the script in the chain's own words.
    fn change(&self, scripted: &Scripted, last: &Epoch) -> Option<Change> {
        let name = |machine: u16| types::NodeId::new(machine).to_string();
        let member = |machine: u16| {
            last.members.iter().find(|member| member.validator.name == name(machine))
        };
        Some(match &scripted.change {
            Changed::Protocol(protocol) => Change::Protocol(protocol.clone()),
            Changed::Join(machine, weight) => Change::Join {
                validator: self.directory.newcomer(usize::from(*machine))?,
                weight: *weight,
            },
            Changed::Leave(machine) => Change::Leave { name: name(*machine) },
            Changed::Rotate(machine) => {
                let key = self.directory.other_key(member(*machine)?)?;
                Change::Rotate { name: name(*machine), key }
            }
            Changed::Weigh(machine, weight) => {
                Change::Weigh { name: name(*machine), weight: *weight }
            }
            // These are asked of the registry.
            Changed::Enlist(_) | Changed::Delist(_) => return None,
        })
    }

    /// A nonce that no request of a validator has had.
    pub(crate) fn next_nonce(&mut self) -> u64 {
        self.govern.nonce += 1;
        self.govern.nonce
    }

    fn wish(&mut self, member: &Member, wish: &Wish) -> Option<SealedTransaction> {
        let nonce = self.next_nonce();
        let (sender, key) = self.directory.account(member)?;
        let mut transaction = Transaction {
            chain: self.chain,
            sender,
            nonce,
            operation: Operation { app: EPOCHS, verb: EPOCH_CHANGE },
            payload: Bytes(wish.to_bytes()),
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
