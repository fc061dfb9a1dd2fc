//! A receipt is from the validators of its own height, as the genesis leads to them.

use std::sync::Arc;

use crypto::{SecretKey, Signatures, Signer};
use types::{Digest, FaultModel, Height, NodeId, Time, View};

use super::{EPOCHS, Handover, Lineage, LineageError};
use crate::{
    Attestation, BlockCertificate, CertificateError, ChainHead, EntryProof, Epoch, Genesis,
    HeadError, Header, Member, Outcome, Receipt, ReceiptError, SignedNote, StateTree, TxRecord,
    Validator, VectorClock, lineage_line, note_keys_of,
};
use codec::Encode;

fn secret(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}

fn validator(seed: u8) -> Validator {
    let key = secret(seed).public();
    Validator { name: format!("n{seed}"), key, network_key: key }
}

fn genesis() -> Genesis {
    Genesis {
        network: "test".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: FaultModel::Byzantine,
        validators: (0..4).map(validator).collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

/// The members of an epoch attest a header; each is called by the seed of its key.
fn attested(epoch: &Epoch, header: &Header, seeds: &[u8]) -> BlockCertificate {
    let genesis = genesis();
    let statement = Attestation { height: header.height, block: header.hash() };
    let sign = |&seed: &u8| {
        let key = secret(seed);
        let place = epoch.members.iter().position(|one| one.validator.key == key.public()).unwrap();
        let place = NodeId::new(u16::try_from(place).unwrap());
        let domain = epoch.ledger_domain(genesis.chain_id());
        (place, Signer::new(place, domain, Arc::new(key)).sign(statement).signature)
    };
    let signatures: Signatures = seeds.iter().map(sign).collect();
    BlockCertificate { height: header.height, block: header.hash(), signatures }
}

fn header(height: u64, named: &[Epoch]) -> Header {
    let mut state = StateTree::default();
    for epoch in named {
        state.set(epoch.key(), epoch.to_bytes());
    }
    let record = record();
    Header {
        chain: genesis().chain_id(),
        height: Height::new(height),
        parent: Digest::ZERO,
        view: View::ZERO,
        proposer: Some(NodeId::new(0)),
        time: Time::from_us(1),
        payload: Digest::ZERO,
        tx_count: 1,
        tx_root: crypto::merkle::root(&[record.leaf()]),
        state_roots: vec![(EPOCHS, state.root())],
        clock: VectorClock::new(),
    }
}

fn record() -> TxRecord {
    TxRecord { id: Digest::new([1; 32]), outcome: Outcome::Applied }
}

/// Two changes of the set with a change of the protocol between them: n4 joins at 40, n0 leaves at 80.
struct Chain {
    epochs: Vec<Epoch>,
    handovers: Vec<Handover>,
}

fn chain() -> Chain {
    let first = Epoch::first_of(&genesis());
    let mut joined = Epoch { number: 1, first: Height::new(40), since: 1, ..first.clone() };
    joined.members.push(Member { id: NodeId::new(4), validator: validator(4), weight: 1 });
    joined.next_id = 5;
    let protocol = "hotstuff".to_owned();
    let switched = Epoch { number: 2, first: Height::new(60), protocol, ..joined.clone() };
    let mut left = Epoch { number: 3, first: Height::new(80), since: 3, ..switched.clone() };
    left.members.remove(0);
    let epochs = vec![joined, switched, left];
    let one = header(39, &epochs[..1]);
    let two = header(79, &epochs[..3]);
    let handovers = vec![
        Handover { certificate: attested(&first, &one, &[0, 1, 2]), header: one },
        Handover { certificate: attested(&epochs[0], &two, &[0, 1, 2, 4]), header: two },
    ];
    Chain { epochs, handovers }
}

impl Chain {
    fn lineage(&self, epochs: usize, handovers: usize) -> Lineage {
        Lineage {
            epochs: self.epochs[..epochs].to_vec(),
            handovers: self.handovers[..handovers].to_vec(),
        }
    }
}

fn receipt(height: u64, by: &Epoch, seeds: &[u8], lineage: Lineage) -> Receipt {
    let header = header(height, &[]);
    let certificate = attested(by, &header, seeds);
    Receipt::new(header, &[record()], 0, certificate, lineage).unwrap()
}

#[test]
fn each_set_speaks_for_its_own_heights() {
    let (genesis, chain) = (genesis(), chain());
    let first = Epoch::first_of(&genesis);
    let [joined, switched, left] = &chain.epochs[..] else { panic!("three") };
    let none = Lineage::default();
    let verdict = |receipt: Receipt| receipt.verify(&genesis);
    assert_eq!(verdict(receipt(39, &first, &[0, 1, 2], none.clone())), Ok(()));
    assert_eq!(verdict(receipt(40, joined, &[0, 1, 2, 4], chain.lineage(1, 1))), Ok(()));
    // The set stays in office when the protocol changes.
    assert_eq!(verdict(receipt(70, switched, &[1, 2, 3, 4], chain.lineage(1, 1))), Ok(()));
    assert_eq!(verdict(receipt(80, left, &[1, 2, 4], chain.lineage(3, 2))), Ok(()));

    let bad = Err(ReceiptError::Certificate(CertificateError::BadSignature));
    // An old set's certificate, however large, is none of the new one's; nor is it the other way round.
    assert_eq!(verdict(receipt(40, &first, &[0, 1, 2, 3], chain.lineage(1, 1))), bad);
    assert_eq!(verdict(receipt(80, joined, &[0, 1, 2, 3], chain.lineage(3, 2))), bad);
    assert_eq!(verdict(receipt(39, joined, &[0, 1, 2, 3], none)), bad);
    let few = CertificateError::TooFew { have: 3, need: 4 };
    let three = receipt(40, joined, &[0, 1, 2], chain.lineage(1, 1));
    assert_eq!(verdict(three), Err(ReceiptError::Certificate(few)));
}

#[test]
fn a_lineage_proves_every_step() {
    let (genesis, chain) = (genesis(), chain());
    let at = |height: u64, lineage: &Lineage| {
        lineage.attesters(&genesis, Height::new(height)).map(|set| set.len())
    };
    assert_eq!(at(80, &chain.lineage(3, 2)), Ok(4));
    // Steps that are left out, without a proof, or prove nothing.
    assert_eq!(at(80, &chain.lineage(3, 1)), Err(LineageError::Incomplete));
    assert_eq!(at(80, &chain.lineage(2, 1)), Err(LineageError::Incomplete));
    assert_eq!(at(80, &chain.lineage(1, 2)), Err(LineageError::Incomplete));
    assert_eq!(at(79, &chain.lineage(3, 2)), Err(LineageError::OutOfOrder { epoch: 3 }));
    let mut skipped = chain.lineage(3, 2);
    skipped.epochs.remove(1);
    assert_eq!(at(80, &skipped), Err(LineageError::OutOfOrder { epoch: 3 }));
    let mut smuggled = chain.lineage(3, 2);
    smuggled.epochs[1].members.pop();
    assert_eq!(at(80, &smuggled), Err(LineageError::OutOfOrder { epoch: 2 }));
    let mut other = chain.lineage(3, 2);
    other.epochs[1].protocol = "tendermint".to_owned();
    assert_eq!(at(80, &other), Err(LineageError::NotNamed { epoch: 3 }));
    let mut elsewhere = chain.lineage(3, 2);
    elsewhere.handovers[1] = elsewhere.handovers[0].clone();
    assert_eq!(at(80, &elsewhere), Err(LineageError::NotNamed { epoch: 3 }));
    // The set that comes does not vouch for itself.
    let mut own = chain.lineage(3, 2);
    let handover = &mut own.handovers[1];
    handover.certificate = attested(&chain.epochs[2], &handover.header, &[1, 2, 3, 4]);
    let why = CertificateError::BadSignature;
    assert_eq!(at(80, &own), Err(LineageError::NotAttested { epoch: 3, why }));
    handover_of_few(&chain, &genesis);
}

fn handover_of_few(chain: &Chain, genesis: &Genesis) {
    let mut lineage = chain.lineage(3, 2);
    let handover = &mut lineage.handovers[1];
    handover.certificate = attested(&chain.epochs[0], &handover.header, &[0, 1, 2]);
    let why = CertificateError::TooFew { have: 3, need: 4 };
    let verdict = lineage.attesters(genesis, Height::new(80)).map(|set| set.len());
    assert_eq!(verdict, Err(LineageError::NotAttested { epoch: 3, why }));
}

#[test]
fn as_much_as_proves_a_height_proves_it() {
    let (genesis, whole) = (genesis(), chain().lineage(3, 2));
    let spans =
        [(1, 0, 1), (39, 0, 1), (40, 1, 40), (60, 1, 40), (79, 1, 40), (80, 3, 80), (900, 3, 80)];
    for (height, epochs, since) in spans {
        let height = Height::new(height);
        let part = whole.until(height);
        assert_eq!(part.epochs.len(), epochs, "at {height}");
        assert!(part.attesters(&genesis, height).is_ok(), "at {height}");
        assert_eq!(whole.set_since(height), Height::new(since));
    }
}

/// Whoever knows a set learns the next by one entry, and an entry under a later set is proved from the genesis.
#[test]
fn each_change_is_an_entry_that_the_set_before_attests() {
    let (genesis, chain) = (genesis(), chain());
    let lineage = chain.lineage(3, 2);
    let mut known = Epoch::first_of(&genesis);
    let changes = lineage.changes();
    assert_eq!(changes.len(), 2);
    for (change, next) in changes.into_iter().zip([0, 2].map(|at| chain.epochs[at].clone())) {
        let attesters = |epoch: &Epoch| epoch.attesters(genesis.chain_id(), genesis.fault_model);
        assert_eq!(change.verify_by(genesis.chain_id(), &attesters(&known)), Ok(()));
        assert!(change.verify_by(genesis.chain_id(), &attesters(&next)).is_err());
        assert_eq!(change.value.map(|value| value.0), Some(next.to_bytes()));
        known = next;
    }
    // The first of them is attested by the genesis's set, the second by one that must be proved.
    let [first, second] = [0, 1].map(|at| lineage.changes().swap_remove(at));
    assert_eq!(first.verify(&genesis), Ok(()));
    assert!(second.verify(&genesis).is_err());
    let proved = EntryProof { lineage: chain.lineage(1, 1), ..second };
    assert_eq!(proved.verify(&genesis), Ok(()));
}

/// A head over `size` blocks, signed by members of an epoch, each called by the seed of its key.
fn head(size: u64, by: &Epoch, seeds: &[u8], lineage: &Lineage) -> String {
    let chain = genesis().chain_id();
    let head = ChainHead { chain, size, root: Digest::new([7; 32]) };
    let keys = note_keys_of(chain, by);
    let sign = |&seed: &u8| {
        let key = secret(seed);
        let place = by.members.iter().position(|one| one.validator.key == key.public()).unwrap();
        head.sign(&keys[place], &key)
    };
    let mut lines: Vec<_> = seeds.iter().map(sign).collect();
    lines.extend(lineage_line(chain, lineage));
    head.to_note(lines).unwrap().to_text()
}

#[test]
fn a_head_is_signed_by_those_in_office_at_its_last_block() {
    let (genesis, chain) = (genesis(), chain());
    let first = Epoch::first_of(&genesis);
    let (joined, left) = (&chain.epochs[0], &chain.epochs[2]);
    let is_believed = |note: &str| ChainHead::verify(note, &genesis).is_ok();
    assert!(is_believed(&head(39, &first, &[0, 1, 2], &Lineage::default())));
    assert!(is_believed(&head(40, joined, &[1, 2, 3, 4], &chain.lineage(1, 1))));
    assert!(is_believed(&head(90, left, &[2, 3, 4], &chain.lineage(3, 2))));
    // The proof has to be there, whole, and of no later office; and a quorum of the new set has to sign.
    assert_eq!(
        ChainHead::verify(&head(40, joined, &[2, 3, 4], &Lineage::default()), &genesis),
        Err(HeadError::TooFew { have: 2, need: 3 }),
        "n4 is a stranger to the genesis"
    );
    assert!(!is_believed(&head(39, joined, &[1, 2, 3, 4], &chain.lineage(1, 1))), "not yet");
    assert!(
        !is_believed(&head(90, left, &[2, 3, 4], &chain.lineage(3, 1))),
        "a handover is missing"
    );
    assert_eq!(
        ChainHead::verify(&head(40, joined, &[2, 3, 4], &chain.lineage(1, 1)), &genesis),
        Err(HeadError::TooFew { have: 3, need: 4 })
    );
    // What several validators say of one head is joined; the lineage stays once, and others' programs see names alone.
    let lineage = chain.lineage(3, 2);
    let notes = [2, 3, 4].map(|seed| SignedNote::from_text(&head(90, left, &[seed], &lineage)));
    let joined = notes.into_iter().map(Result::unwrap).reduce(|a, b| a.join(b).unwrap()).unwrap();
    assert_eq!(joined.to_text().lines().filter(|line| line.starts_with('\u{2014}')).count(), 4);
    assert!(is_believed(&joined.to_text()));
    assert_eq!(ChainHead::lineage(&joined), Ok(lineage));
}
