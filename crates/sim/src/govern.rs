//! Validators that wish another protocol: each change is asked for when its height comes near, and again until it is
//! scheduled.

use app::epochs::{Change, EPOCH_CHANGE, EPOCHS, Rules, latest};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use types::{ChainId, Height, NodeId, Prng, Time};

use crate::Options;
use crate::world::{Event, World};
use protocol::Inspect;

/// A change is asked for this many blocks before it takes effect.
const LEAD_BLOCKS: u64 = 24;
/// It is asked for again where it is not scheduled after so many blocks.
const AGAIN_BLOCKS: u64 = 12;

/// A change of protocol by script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Switch {
    /// The first block under the other protocol; later where it cannot be agreed in time.
    pub height: u64,
    /// That protocol's name.
    pub protocol: String,
}

impl Switch {
    /// Reads `HEIGHT:PROTOCOL`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (height, protocol) = text.split_once(':')?;
        Some(Self { height: height.parse().ok()?, protocol: protocol.to_owned() })
    }
}

/// The validators as senders of transactions.
#[derive(Debug)]
pub(crate) struct Govern {
    chain: ChainId,
    switches: Vec<Switch>,
    validators: Vec<(Account, Option<SecretKey>)>,
    nonce: u64,
    asked: Option<u64>,
}

impl Govern {
    pub(crate) fn new(options: &Options, chain: ChainId, mut prng: Prng) -> Self {
        let validators = (0..options.nodes).map(|_| {
            let mut bytes = [0; 32];
            prng.fill(&mut bytes);
            let key = options.client_signatures.then(|| SecretKey::from_seed(bytes));
            (Account(key.as_ref().map_or(bytes, |key| key.public().to_bytes())), key)
        });
        Self {
            chain,
            switches: options.switches.clone(),
            validators: validators.collect(),
            nonce: 0,
            asked: None,
        }
    }

    /// The rules of the chain; `None` where nothing is to be changed.
    pub(crate) fn rules(&self, options: &Options) -> Option<Rules> {
        (!self.switches.is_empty()).then(|| Rules {
            validators: self.validators.iter().map(|(account, _)| *account).collect(),
            quorum: options.quorum().size(),
            protocols: protocols::PROTOCOLS
                .iter()
                .filter(|one| one.fault_model == protocols::fault_model(&options.protocol))
                .map(|one| one.name.to_owned())
                .collect(),
        })
    }

    /// What to ask for at a height, where `epochs` changes are scheduled already.
    fn due(&mut self, epochs: u64, height: u64) -> Option<Change> {
        let switch = self.switches.get(usize::try_from(epochs).ok()?)?;
        let is_near = height + LEAD_BLOCKS >= switch.height;
        if !is_near || self.asked.is_some_and(|asked| height < asked + AGAIN_BLOCKS) {
            return None;
        }
        self.asked = Some(height);
        let first = Height::new(switch.height.max(height + LEAD_BLOCKS));
        Some(Change { first, protocol: switch.protocol.clone() })
    }

    fn wish(&mut self, validator: usize, change: &Change) -> Option<SealedTransaction> {
        self.nonce += 1;
        let (account, key) = self.validators.get(validator)?;
        let mut transaction = Transaction {
            chain: self.chain,
            sender: *account,
            nonce: self.nonce,
            operation: Operation { app: EPOCHS, verb: EPOCH_CHANGE },
            payload: Bytes(change.to_bytes()),
            fee: 0,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        if let Some(key) = key {
            sign_transaction(&mut transaction, key);
        }
        SealedTransaction::new(&transaction).ok()
    }
}

impl<P: Inspect> World<'_, P> {
    /// How many changes are in effect where the chain is longest, and whether another is still to come.
    pub(crate) fn epochs(&self) -> (u64, bool) {
        let correct = self.nodes.iter().filter(|node| node.is_correct());
        let replicas = correct.filter_map(|node| node.replica.as_ref());
        let Some(replica) = replicas.max_by_key(|replica| replica.executor().height()) else {
            return (0, false);
        };
        let scheduled = latest(replica.executor());
        let height = replica.executor().height();
        let pending = scheduled.as_ref().is_some_and(|epoch| epoch.first > height);
        let number = scheduled.map_or(0, |epoch| epoch.number);
        (number - u64::from(pending), pending)
    }

    /// Whether all changes of the script are in effect.
    pub(crate) fn is_governed(&self) -> bool {
        self.govern.switches.is_empty() || self.epochs().0 >= self.govern.switches.len() as u64
    }

    /// Looks, behind every block, whether something is to be asked for.
    pub(crate) fn plan_govern(&mut self) {
        if !self.govern.switches.is_empty() {
            self.queue.push(self.now_us, Event::Govern);
        }
    }

    pub(crate) fn govern(&mut self) {
        let (epochs, pending) = self.epochs();
        let height = self.watch.chain.height();
        if pending {
            self.govern.asked = None;
            return;
        }
        let Some(change) = self.govern.due(epochs, height.get()) else { return };
        self.record(9, 0, change.first.get());
        for validator in NodeId::all(self.options.nodes) {
            let Some(wish) = self.govern.wish(validator.index(), &change) else { continue };
            self.watch.submitted(&wish);
            self.clients.note_foreign();
            self.submit_to(validator.index(), wish);
        }
    }
}
