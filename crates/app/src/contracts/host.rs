//! What a contract reaches while a transaction runs it.

use ::contracts::{Host, Stop};
use codec::Bytes;
use ledger::kinds::{GOVERNANCE, QUEUE, REGISTRY};
use ledger::{Account, AppId, Operation, StateTree, TxView};

use super::{Contract, ENTRIES_MAX, ENTRY_BYTES_MAX, Told, entry, entry_key};
use crate::Step;

/// The applications in which contracts may act. They may read all but this one.
pub const MAY_ACT_IN: [AppId; 3] = [QUEUE, REGISTRY, GOVERNANCE];

/// One call's way to the states.
pub(super) struct Acting<'a, 'b> {
    pub(super) tx: &'a TxView<'a>,
    pub(super) step: &'a mut Step<'b>,
    pub(super) own: &'a mut StateTree,
    pub(super) address: Account,
    pub(super) contract: &'a mut Contract,
    pub(super) argument: &'a [u8],
    pub(super) stake: u64,
    pub(super) told: &'a mut Vec<Told>,
}

impl Host for Acting<'_, '_> {
    fn argument(&self) -> &[u8] {
        self.argument
    }
    fn caller(&self) -> [u8; 32] {
        self.tx.sender.0
    }
    fn address(&self) -> [u8; 32] {
        self.address.0
    }
    fn stake(&self) -> u64 {
        self.stake
    }
    fn height(&self) -> u64 {
        self.step.height.get()
    }
    fn time_us(&self) -> u64 {
        self.step.time.us()
    }
    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        entry(self.own, &self.address, key)
    }
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Stop> {
        let size = |value: &[u8]| u32::try_from(key.len() + value.len()).unwrap_or(u32::MAX);
        let old = entry(self.own, &self.address, key).map(size);
        let new = value.map(size);
        let Contract { entries, entry_bytes, .. } = *self.contract;
        let entries = entries - u32::from(old.is_some()) + u32::from(new.is_some());
        let bytes = (entry_bytes - old.unwrap_or(0)).saturating_add(new.unwrap_or(0));
        if entries > ENTRIES_MAX || bytes > ENTRY_BYTES_MAX {
            return Err(Stop::Beyond);
        }
        (self.contract.entries, self.contract.entry_bytes) = (entries, bytes);
        match value {
            Some(value) => self.own.set(entry_key(&self.address, key), value.to_vec()),
            None => self.own.remove(&entry_key(&self.address, key)),
        }
        Ok(())
    }
    fn read(&self, app: u16, key: &[u8]) -> Option<&[u8]> {
        self.step.trees.get(&AppId(app))?.get(key)
    }
    fn act(&mut self, app: u16, verb: u16, argument: &[u8]) -> Result<u16, Stop> {
        let operation = Operation { app: AppId(app), verb };
        if !MAY_ACT_IN.contains(&operation.app) {
            return Err(Stop::Beyond);
        }
        let tx = TxView { sender: self.address, operation, payload: argument, ..*self.tx };
        Ok(self.step.apply(&tx).code())
    }
    fn event(&mut self, name: &[u8], body: &[u8]) -> Result<(), Stop> {
        self.told.push(Told { name: Bytes(name.to_vec()), body: Bytes(body.to_vec()) });
        Ok(())
    }
}
