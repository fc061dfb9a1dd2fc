//! Who has which keys: what turns an epoch's members into verifiers and signers.

use std::sync::Arc;

use app::epochs::{Fit, Rules};
use crypto::{Domain, KeyRing, PublicKey, SecretKey, Signer, SimulatedKey, Verifier};
use ledger::{Account, Attesters, Epoch, Genesis, Member, Validator};
use types::{ChainId, Digest, FaultModel, Height, NodeId, Prng};

use crate::Options;
use crate::flight::Signers;

/// Keys of each machine: the one it begins with, and the one it can change to.
const KEYS_EACH: usize = 2;

/// One key pair of a machine: what its account and its name in a set are made of.
#[derive(Clone, Debug)]
struct Identity {
    secret: SecretKey,
    public: PublicKey,
}

/// All machines' keys. A key's number is its machine's, and further up that of its second key.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    chain: ChainId,
    protocol: String,
    faults: FaultModel,
    machines: usize,
    ring: KeyRing,
    halves: Vec<SimulatedKey>,
    identities: Vec<Identity>,
    pub(crate) genesis: Epoch,
    /// Where other chains are to check this one's certificates: its genesis as they know it. Attestations have real
    /// signatures then, by the keys that it names.
    pub(crate) shown: Option<Genesis>,
}

impl Directory {
    pub(crate) fn new(options: &Options, chain: ChainId, mut prng: Prng) -> Self {
        let machines = options.machines();
        let keys = if options.changes.is_empty() { machines } else { machines * KEYS_EACH };
        let (ring, halves) = KeyRing::simulated(options.signatures, keys, options.seed);
        let identities = (0..keys).map(|_| {
            let mut bytes = [0; 32];
            prng.fill(&mut bytes);
            let secret = SecretKey::from_seed(bytes);
            Identity { public: secret.public(), secret }
        });
        let identities: Vec<Identity> = identities.collect();
        let members = NodeId::all(options.nodes).zip(&identities);
        let members = members.map(|(id, identity)| Member {
            id,
            validator: validator(id, identity.public),
            weight: 1,
        });
        let genesis = Epoch {
            number: 0,
            first: Height::new(1),
            protocol: options.protocol.clone(),
            since: 0,
            members: members.collect(),
            next_id: u16::try_from(options.nodes).unwrap_or(u16::MAX),
        };
        let faults = protocols::fault_model(&options.protocol);
        let protocol = options.protocol.clone();
        let shown = options.purpose.map(|purpose| Genesis {
            network: format!("{} {}", purpose.label(), options.seed),
            protocol: protocol.clone(),
            fault_model: faults,
            validators: genesis.members.iter().map(|member| member.validator.clone()).collect(),
            client_signatures: options.client_signatures,
            apps: purpose.apps(),
        });
        let chain = shown.as_ref().map_or(chain, Genesis::chain_id);
        Self { chain, protocol, faults, machines, ring, halves, identities, genesis, shown }
    }

    /// The chain's id.
    pub(crate) const fn chain(&self) -> ChainId {
        self.chain
    }

    /// What the chain's own application goes by.
    pub(crate) fn rules(&self) -> Rules {
        let fit = protocols::PROTOCOLS.iter().filter(|one| one.fault_model == self.faults);
        let fit =
            fit.map(|one| Fit { name: one.name.to_owned(), weighs: protocols::weighs(one.name) });
        Rules { genesis: self.genesis.clone(), faults: self.faults, protocols: fit.collect() }
    }

    /// A machine as a validator that has not joined.
    pub(crate) fn newcomer(&self, machine: usize) -> Option<Validator> {
        let id = NodeId::new(u16::try_from(machine).ok()?);
        Some(validator(id, self.identities.get(machine)?.public))
    }

    /// The key that a member would change to.
    pub(crate) fn other_key(&self, member: &Member) -> Option<PublicKey> {
        let key = self.key_of(member)?;
        let other = (key + self.machines) % self.identities.len();
        self.identities.get(other).map(|identity| identity.public)
    }

    /// A member's account, and what signs for it.
    pub(crate) fn account(&self, member: &Member) -> Option<(Account, &SecretKey)> {
        let identity = self.identities.get(self.key_of(member)?)?;
        Some((Account(identity.public.to_bytes()), &identity.secret))
    }

    /// A machine's account, and what signs for it: that of its hub.
    pub(crate) fn hub(&self, machine: usize) -> Option<(Account, &SecretKey)> {
        let identity = self.identities.get(machine)?;
        Some((Account(identity.public.to_bytes()), &identity.secret))
    }

    fn key_of(&self, member: &Member) -> Option<usize> {
        let key = member.validator.key;
        self.identities.iter().position(|identity| identity.public == key)
    }

    fn domain(&self, epoch: &Epoch, name: &str) -> Domain {
        let set = if epoch.since == 0 { Digest::ZERO } else { epoch.set_digest() };
        Domain::new(self.chain, set, name)
    }

    fn ring_of(&self, epoch: &Epoch) -> KeyRing {
        let keys = epoch.members.iter().filter_map(|member| self.key_of(member));
        self.ring.pick(&keys.collect::<Vec<_>>())
    }

    /// What checks core messages; each names its epoch.
    pub(crate) fn core_verifier(&self, epoch: &Epoch) -> Verifier {
        Verifier::new(self.domain(epoch, &self.protocol), self.ring_of(epoch))
    }

    pub(crate) fn attesters(&self, epoch: &Epoch) -> Attesters {
        if self.shown.is_some() {
            return epoch.attesters(self.chain, self.faults);
        }
        let domain = self.domain(epoch, "ledger").of_epoch(epoch.since);
        let verifier = Verifier::new(domain, self.ring_of(epoch));
        Attesters::new(verifier, epoch.weights(), epoch.quorum(self.faults))
    }

    /// For each of the first validators, signers that name it, but have the key of one machine: the core's and the
    /// ledger's.
    pub(crate) fn forged(&self, machine: usize) -> Vec<(Signer, Signer)> {
        let Some(half) = self.halves.get(machine) else { return Vec::new() };
        let names = NodeId::all(self.genesis.members.len());
        let forged = names.map(|name| {
            let core =
                Signer::simulated(name, self.domain(&self.genesis, &self.protocol), half.clone());
            let ledger = core.in_domain(self.domain(&self.genesis, "ledger"));
            (core, ledger)
        });
        forged.collect()
    }

    /// What a machine signs with in an epoch, and by which id; `None` where it is no member.
    pub(crate) fn signers(&self, epoch: &Epoch, machine: usize) -> Option<(NodeId, Signers)> {
        let is_ours = |member: &&Member| {
            self.key_of(member).is_some_and(|key| key % self.machines == machine)
        };
        let member = epoch.members.iter().find(is_ours)?;
        let (place, half) = (epoch.place_of(member.id)?, self.halves.get(self.key_of(member)?)?);
        let domain = self.domain(epoch, &self.protocol).of_epoch(epoch.number);
        let core = Signer::simulated(place, domain, half.clone());
        let ledger = match &self.shown {
            Some(_) => {
                let (_, secret) = self.account(member)?;
                Signer::new(place, epoch.ledger_domain(self.chain), Arc::new(secret.clone()))
            }
            None => core.in_domain(self.domain(epoch, "ledger").of_epoch(epoch.since)),
        };
        Some((member.id, Signers { core, ledger }))
    }
}

fn validator(id: NodeId, key: PublicKey) -> Validator {
    Validator { name: id.to_string(), key, network_key: key }
}
