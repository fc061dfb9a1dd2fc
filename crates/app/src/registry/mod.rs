//! Application 6: the hub registry. Which hubs form the federation, what they can do, and the stake behind each.
//!
//! All stake there is comes into being when the federation is founded; from then on it is moved, bonded and released,
//! and its sum never changes. A hub is in the registry exactly as long as stake is bonded for it.

mod hub;
mod rules;
mod stake;

use codec::{Decode, record};
use ledger::{Account, AppId, Outcome, Refusal, StateTree, TxView, Validator};

use crate::argument::{Argument, argument, entries, kept, no_argument};
use crate::{App, BlockContext, Event, conclude};

pub use hub::{CAPABILITIES_MAX, CAPABILITY_BYTES_MAX, Card, Hub, NAME_BYTES_MAX, NodeKeys};
pub use ledger::kinds::REGISTRY;
pub use stake::{Purse, RELEASES_MAX, Release, UNBOND_BLOCKS};

/// Most hubs.
pub const HUBS_MAX: u32 = 1_024;
/// Most members, and most purses, that a founding names.
pub const FOUNDERS_MAX: usize = 128;
/// The capability of hubs that want to validate.
pub const CONSENSUS: &str = "consensus";

/// What can be asked of the registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u16)]
pub enum Verb {
    /// Join with free stake; the argument is a [`Join`].
    Join = 1,
    /// Leave; the stake is released [`UNBOND_BLOCKS`] later. No argument.
    Leave = 2,
    /// Name the keys of one's node; the argument is [`NodeKeys`].
    Register = 3,
    /// Say something new of oneself; the argument is a [`Card`].
    Update = 4,
    /// Found the federation: its first hubs, and all stake. Once; the argument is a [`Founding`].
    Found = 5,
    /// Bond more free stake; the argument is an [`Amount`].
    Bond = 6,
    /// Bond less; the rest is released [`UNBOND_BLOCKS`] later. The argument is an [`Amount`].
    Unbond = 7,
    /// Take what has been released. No argument.
    Withdraw = 8,
    /// Give free stake away; the argument is a [`Transfer`].
    Transfer = 9,
}

impl Verb {
    /// All verbs, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Join,
        Self::Leave,
        Self::Register,
        Self::Update,
        Self::Found,
        Self::Bond,
        Self::Unbond,
        Self::Withdraw,
        Self::Transfer,
    ];
    /// The verb with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| *verb as u16 == number)
    }
}

/// A hub of the founding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Founder {
    /// Who.
    pub account: Account,
    /// What it says of itself.
    pub card: Card,
    /// The stake bonded for it, in stake units.
    pub stake: u64,
}
record!(Founder { account: Account, card: Card, stake: u64 });

/// How a federation begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Founding {
    /// Its first hubs, 1 to [`FOUNDERS_MAX`].
    pub hubs: Vec<Founder>,
    /// Free stake of whoever may join later, at most [`FOUNDERS_MAX`] purses.
    pub purses: Vec<(Account, u64)>,
}
record!(Founding { hubs: Vec<Founder>, purses: Vec<(Account, u64)> });

/// How a hub joins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Join {
    /// What it says of itself.
    pub card: Card,
    /// How much of the sender's free stake to bond.
    pub stake: u64,
}
record!(Join { card: Card, stake: u64 });

/// So much stake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Amount {
    /// In stake units, not zero.
    pub stake: u64,
}
record!(Amount { stake: u64 });

/// So much stake for somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Who gets it.
    pub to: Account,
    /// In stake units, not zero.
    pub stake: u64,
}
record!(Transfer { to: Account, stake: u64 });

/// An operation with its argument.
enum Request {
    Join(Join),
    Leave,
    Register(NodeKeys),
    Update(Card),
    Found(Founding),
    Bond(u64),
    Unbond(u64),
    Withdraw,
    Transfer(Transfer),
}

fn read(tx: &TxView<'_>) -> Result<Request, Refusal> {
    Ok(match Verb::from_number(tx.operation.verb).ok_or(Refusal::UnknownOperation)? {
        Verb::Join => Request::Join(argument(tx)?),
        Verb::Leave => no_argument(tx).map(|()| Request::Leave)?,
        Verb::Register => Request::Register(argument(tx)?),
        Verb::Update => Request::Update(argument(tx)?),
        Verb::Found => Request::Found(argument(tx)?),
        Verb::Bond => Request::Bond(argument::<Amount>(tx)?.stake),
        Verb::Unbond => Request::Unbond(argument::<Amount>(tx)?.stake),
        Verb::Withdraw => no_argument(tx).map(|()| Request::Withdraw)?,
        Verb::Transfer => Request::Transfer(argument(tx)?),
    })
}

impl Argument for Founding {
    fn fits(&self) -> bool {
        (1..=FOUNDERS_MAX).contains(&self.hubs.len())
            && self.purses.len() <= FOUNDERS_MAX
            && self.hubs.iter().all(|hub| hub.card.fits())
    }
}
impl Argument for Join {
    fn fits(&self) -> bool {
        self.card.fits()
    }
}
impl Argument for Card {
    fn fits(&self) -> bool {
        self.is_within_bounds()
    }
}
impl Argument for NodeKeys {
    fn fits(&self) -> bool {
        true
    }
}
impl Argument for Amount {
    fn fits(&self) -> bool {
        self.stake > 0
    }
}
impl Argument for Transfer {
    fn fits(&self) -> bool {
        self.stake > 0
    }
}

/// The application, and the accounts that may found the federation: anybody where none are named.
#[derive(Default, Debug)]
pub(crate) struct Registry(pub(crate) Vec<Account>);

impl App for Registry {
    fn id(&self) -> AppId {
        REGISTRY
    }
    fn name(&self) -> &'static str {
        "registry"
    }
    fn check(&self, tx: &TxView<'_>) -> Result<(), Refusal> {
        read(tx).map(drop)
    }
    fn apply(
        &self,
        tx: &TxView<'_>,
        block: &BlockContext<'_>,
        index: u32,
        state: &mut StateTree,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let may_found = self.0.is_empty() || self.0.contains(&tx.sender);
        let done = read(tx).and_then(|request| {
            if matches!(request, Request::Found(_)) && !may_found {
                return Err(Refusal::NotFounder);
            }
            rules::step(tx.sender, request, block, state)
        });
        conclude(REGISTRY, index, done.map(|told| [told]), events)
    }
}

/// The hub of an account.
#[must_use]
pub fn hub(state: &StateTree, account: &Account) -> Option<Hub> {
    kept(state, &hub_key(account))
}

/// The hubs from `start` on, by ascending account.
pub fn hubs(state: &StateTree, start: Account) -> impl Iterator<Item = (Account, Hub)> + '_ {
    entries(state, HUB, &start.0).filter_map(|(account, hub)| {
        Some((Account(account.try_into().ok()?), Hub::from_bytes(hub).ok()?))
    })
}

/// An account's stake.
#[must_use]
pub fn purse(state: &StateTree, account: &Account) -> Purse {
    kept(state, &purse_key(account)).unwrap_or_default()
}

/// The stake bonded for each hub, by ascending account.
pub fn bonded(state: &StateTree) -> impl Iterator<Item = (Account, u64)> + '_ {
    hubs(state, Account::default()).map(|(account, _)| (account, purse(state, &account).bonded))
}

/// All stake there is: what the founding brought.
#[must_use]
pub fn supply(state: &StateTree) -> u64 {
    kept(state, SUPPLY).unwrap_or(0)
}

/// The hubs that want to validate and have the keys for it, the largest stake first and equals by account: what a
/// change of the validator set may draw from.
#[must_use]
pub fn candidates(state: &StateTree, count_max: usize) -> Vec<(Validator, u64)> {
    let mut able: Vec<(Account, u64, Validator)> = hubs(state, Account::default())
        .filter_map(|(account, Hub { card, keys, .. })| {
            let is_willing = card.capabilities.contains(CONSENSUS);
            let NodeKeys { key, network_key } = keys.filter(|_| is_willing)?;
            let stake = purse(state, &account).bonded;
            Some((account, stake, Validator { name: card.name, key, network_key }))
        })
        .collect();
    able.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    able.truncate(count_max);
    able.into_iter().map(|(_, stake, validator)| (validator, stake)).collect()
}

const HUB: &[u8] = b"hub/";
const NAME: &[u8] = b"name/";
const PURSE: &[u8] = b"purse/";
const SUPPLY: &[u8] = b"supply";
const COUNT: &[u8] = b"count";

/// The key of a hub's entry, for a proof of its registration.
#[must_use]
pub fn hub_key(account: &Account) -> Vec<u8> {
    [HUB, &account.0].concat()
}
/// The key of an account's stake, for a proof of it.
#[must_use]
pub fn purse_key(account: &Account) -> Vec<u8> {
    [PURSE, &account.0].concat()
}
fn name_key(name: &str) -> Vec<u8> {
    [NAME, name.as_bytes()].concat()
}

#[cfg(test)]
pub(crate) mod tests;
