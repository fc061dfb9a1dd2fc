//! The rules: what each request changes, and when it is refused.

use std::collections::BTreeSet;

use ledger::{Account, Refusal, StateTree};
use types::Height;

use super::stake::change_purse;
use super::{
    COUNT, Card, Founding, HUBS_MAX, Hub, Join, NodeKeys, Request, SUPPLY, Transfer, hub, hub_key,
    name_key, purse,
};
use crate::BlockContext;
use crate::argument::{keep, kept};
use crate::governance::{Parameter, parameter};

/// What happened, and to whom.
type Told = (&'static str, String);

pub(super) fn step(
    sender: Account,
    request: Request,
    block: &BlockContext<'_>,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let stake_min = parameter(block.others, Parameter::StakeMin);
    let height = block.height;
    match request {
        Request::Found(founding) => found(founding, stake_min, height, state),
        Request::Join(join) => self::join(sender, join, stake_min, height, state),
        Request::Leave => leave(sender, height, state),
        Request::Register(keys) => register(sender, keys, height, state),
        Request::Update(card) => update(sender, card, height, state),
        Request::Bond(stake) => {
            let name = hub(state, &sender).ok_or(Refusal::HubUnknown)?.card.name;
            change_purse(state, &sender, |purse| purse.bond(stake))?;
            Ok(("stake.bonded", name))
        }
        Request::Unbond(stake) => unbond(sender, stake, stake_min, height, state),
        Request::Withdraw => {
            change_purse(state, &sender, |purse| purse.withdraw(height))?;
            Ok(("stake.withdrawn", sender.to_string()))
        }
        Request::Transfer(transfer) => self::transfer(sender, transfer, state),
    }
}

fn found(
    founding: Founding,
    stake_min: u64,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    if state.get(SUPPLY).is_some() {
        return Err(Refusal::AlreadyFounded);
    }
    let names: BTreeSet<&str> = founding.hubs.iter().map(|hub| hub.card.name.as_str()).collect();
    let accounts: BTreeSet<&Account> = founding.hubs.iter().map(|hub| &hub.account).collect();
    if names.len() < founding.hubs.len() {
        return Err(Refusal::HubNameTaken);
    }
    if accounts.len() < founding.hubs.len() {
        return Err(Refusal::HubExists);
    }
    if founding.hubs.iter().any(|hub| hub.stake < stake_min) {
        return Err(Refusal::StakeTooLow);
    }
    let stakes = founding.hubs.iter().map(|hub| hub.stake);
    let mut stakes = stakes.chain(founding.purses.iter().map(|&(_, stake)| stake));
    let supply = stakes.try_fold(0_u64, u64::checked_add).ok_or(Refusal::StakeOverflow)?;
    let subject = format!("{} hubs, {supply} stake", founding.hubs.len());
    for (account, stake) in founding.purses {
        change_purse(state, &account, |purse| purse.earn(stake))?;
    }
    for founder in founding.hubs {
        change_purse(state, &founder.account, |purse| {
            purse.earn(founder.stake)?;
            purse.bond(founder.stake)
        })?;
        enter(state, &founder.account, founder.card, height);
    }
    keep(state, SUPPLY.to_vec(), &supply);
    Ok(("registry.founded", subject))
}

fn join(
    sender: Account,
    join: Join,
    stake_min: u64,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    if hub(state, &sender).is_some() {
        return Err(Refusal::HubExists);
    }
    if state.get(&name_key(&join.card.name)).is_some() {
        return Err(Refusal::HubNameTaken);
    }
    if count(state) >= HUBS_MAX {
        return Err(Refusal::RegistryFull);
    }
    if join.stake < stake_min {
        return Err(Refusal::StakeTooLow);
    }
    change_purse(state, &sender, |purse| purse.bond(join.stake))?;
    let name = join.card.name.clone();
    enter(state, &sender, join.card, height);
    Ok(("hub.joined", name))
}

fn leave(sender: Account, height: Height, state: &mut StateTree) -> Result<Told, Refusal> {
    let name = hub(state, &sender).ok_or(Refusal::HubUnknown)?.card.name;
    change_purse(state, &sender, |purse| purse.unbond(purse.bonded, height))?;
    state.remove(&hub_key(&sender));
    state.remove(&name_key(&name));
    let left = count(state).saturating_sub(1);
    keep(state, COUNT.to_vec(), &left);
    Ok(("hub.left", name))
}

fn register(
    sender: Account,
    keys: NodeKeys,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let hub = hub(state, &sender).ok_or(Refusal::HubUnknown)?;
    let name = hub.card.name.clone();
    keep(state, hub_key(&sender), &Hub { keys: Some(keys), updated: height, ..hub });
    Ok(("hub.node_registered", name))
}

fn update(
    sender: Account,
    card: Card,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let old = hub(state, &sender).ok_or(Refusal::HubUnknown)?;
    let name = card.name.clone();
    if name != old.card.name {
        if state.get(&name_key(&name)).is_some() {
            return Err(Refusal::HubNameTaken);
        }
        state.remove(&name_key(&old.card.name));
        keep(state, name_key(&name), &sender);
    }
    keep(state, hub_key(&sender), &Hub { card, updated: height, ..old });
    Ok(("hub.updated", name))
}

fn unbond(
    sender: Account,
    stake: u64,
    stake_min: u64,
    height: Height,
    state: &mut StateTree,
) -> Result<Told, Refusal> {
    let name = hub(state, &sender).ok_or(Refusal::HubUnknown)?.card.name;
    let rest = purse(state, &sender).bonded.checked_sub(stake).ok_or(Refusal::StakeShort)?;
    // Below the least stake only the door is left; a hub without any stake would be none.
    if rest < stake_min.max(1) {
        return Err(Refusal::StakeTooLow);
    }
    change_purse(state, &sender, |purse| purse.unbond(stake, height))?;
    Ok(("stake.unbonded", name))
}

fn transfer(sender: Account, transfer: Transfer, state: &mut StateTree) -> Result<Told, Refusal> {
    let Transfer { to, stake } = transfer;
    change_purse(state, &sender, |purse| purse.spend(stake))?;
    change_purse(state, &to, |purse| purse.earn(stake))?;
    Ok(("stake.transferred", to.to_string()))
}

fn enter(state: &mut StateTree, account: &Account, card: Card, height: Height) {
    keep(state, name_key(&card.name), account);
    keep(state, hub_key(account), &Hub { card, keys: None, joined: height, updated: height });
    let count = count(state).saturating_add(1);
    keep(state, COUNT.to_vec(), &count);
}

fn count(state: &StateTree) -> u32 {
    kept(state, COUNT).unwrap_or(0)
}
