//! Which chains are connected, and who validates them.

use ledger::{Account, EPOCHS, EntryProof, Epoch, Genesis, Refusal, StateTree, TxView};
use types::ChainId;

use super::proofs::{check, entry_of, origin};
use super::records::{COUNTERPART, wish_key};
use super::{
    COUNTERPARTS_MAX, Connect, Counterpart, Crossings, Ends, VALIDATORS_MAX, counterpart_key,
    ends_key,
};
use crate::argument::{entries, keep, kept};
use crate::{BlockContext, epochs};

/// Longest name of a network, a protocol or a validator, in bytes.
const NAME_BYTES_MAX: usize = 64;

type Told = (&'static str, String);

impl Crossings {
    /// C1: the sender wishes a chain connected; the wish of a quorum connects it.
    pub(super) fn connect(
        &self,
        tx: &TxView<'_>,
        Connect { genesis }: &Connect,
        block: &BlockContext<'_>,
        state: &mut StateTree,
    ) -> Result<Told, Refusal> {
        let chain = genesis.chain_id();
        let members = self.members(block)?;
        if let Some(epoch) = &members
            && !epoch.members.iter().any(|member| account(member) == tx.sender)
        {
            return Err(Refusal::NotValidator);
        }
        if state.get(&counterpart_key(chain)).is_some() {
            return Err(Refusal::CounterpartExists);
        }
        if chain == tx.chain || !is_fit(genesis) {
            return Err(Refusal::CounterpartUnfit);
        }
        if entries(state, COUNTERPART, &[]).count() >= COUNTERPARTS_MAX {
            return Err(Refusal::TooManyCounterparts);
        }
        let name = genesis.network.clone();
        if let Some(epoch) = &members {
            keep(state, wish_key(&tx.sender), &chain);
            if !self.is_wished(epoch, chain, state) {
                return Ok(("chain.wished", name));
            }
            epoch.members.iter().for_each(|member| state.remove(&wish_key(&account(member))));
        }
        let epoch = Epoch::first_of(genesis);
        let known = Counterpart { network: name.clone(), faults: genesis.fault_model, epoch };
        keep(state, counterpart_key(chain), &known);
        keep(state, ends_key(chain), &Ends::default());
        Ok(("chain.connected", name))
    }

    /// The epoch in office, where validators decide.
    fn members(&self, block: &BlockContext<'_>) -> Result<Option<Epoch>, Refusal> {
        let Some(rules) = &self.rules else { return Ok(None) };
        Ok(Some(epochs::in_office(block.others.get(EPOCHS), rules, block.height)))
    }

    fn is_wished(&self, epoch: &Epoch, chain: ChainId, state: &StateTree) -> bool {
        let wishes = |who: &Account| kept(state, &wish_key(who)) == Some(chain);
        let weights = epoch.members.iter().filter(|member| wishes(&account(member)));
        let weight = weights.fold(0_u64, |sum, member| sum.saturating_add(member.weight));
        let faults = self.rules.as_ref().map(|rules| rules.faults);
        faults.is_none_or(|faults| {
            epoch.quorum(faults).is_met(usize::try_from(weight).unwrap_or(usize::MAX))
        })
    }

    /// C2: the validators that are known of a chain attest that others follow them.
    pub(super) fn follow(
        &self,
        proof: &EntryProof,
        state: &mut StateTree,
    ) -> Result<Told, Refusal> {
        let (chain, mut known) = origin(proof, state)?;
        let number = proof.key.0.strip_prefix(Epoch::PREFIX).and_then(|rest| rest.try_into().ok());
        let number = number.map(u64::from_be_bytes).ok_or(Refusal::ProofOfOther)?;
        let next: Epoch =
            entry_of(proof, EPOCHS, &Epoch::key_of(number))?.ok_or(Refusal::ProofOfOther)?;
        let follows = next.number == number
            && number > known.epoch.number
            && next.since == number
            && next.first > proof.header.height;
        if !follows || next.members.len() > VALIDATORS_MAX {
            return Err(Refusal::NotNextValidators);
        }
        check(proof, chain, &known)?;
        let told = format!("{} from block {}", known.network, next.first);
        known.epoch = next;
        keep(state, counterpart_key(chain), &known);
        Ok(("chain.followed", told))
    }
}

fn account(member: &ledger::Member) -> Account {
    Account(member.validator.key.to_bytes())
}

/// Whether a genesis can start a chain whose certificates cost no more than they may.
fn is_fit(genesis: &Genesis) -> bool {
    let names = genesis.validators.iter().map(|validator| &validator.name);
    let mut names = names.chain([&genesis.network, &genesis.protocol]);
    genesis.validate().is_ok()
        && genesis.validators.len() <= VALIDATORS_MAX
        && names.all(|name| crate::argument::is_name(name, NAME_BYTES_MAX))
}
