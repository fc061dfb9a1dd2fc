use std::collections::BTreeMap;
use std::sync::Arc;

use codec::{Bytes, Decode, Encode};
use crypto::{SecretKey, Signature, Signer, merkle};
use types::{ChainId, Digest, Height, NodeId, Time, View};

use super::{Receipt, ReceiptError};
use crate::{
    Account, AppId, Attestation, Batch, BatchError, BlockCertificate, CertificateError, EntryProof,
    Genesis, GenesisError, Header, Operation, Outcome, Refusal, SealedTransaction, StateTree,
    Transaction, TxRecord, Validator, VectorClock, check_client_signatures, sign_transaction,
};

fn keys() -> Vec<SecretKey> {
    (1..=4).map(|seed| SecretKey::from_seed([seed; 32])).collect()
}

fn genesis() -> Genesis {
    let validators = keys().into_iter().enumerate().map(|(index, key)| Validator {
        name: format!("n{index}"),
        key: key.public(),
        network_key: SecretKey::from_seed([0x40 + u8::try_from(index).unwrap(); 32]).public(),
    });
    Genesis {
        network: "test".to_owned(),
        protocol: "pbft".to_owned(),
        fault_model: types::FaultModel::Byzantine,
        validators: validators.collect(),
        client_signatures: true,
        apps: Vec::new(),
    }
}

fn certified(genesis: &Genesis, header: &Header, signers: &[u16]) -> BlockCertificate {
    let statement = Attestation { height: header.height, block: header.hash() };
    let signatures = signers.iter().map(|&index| {
        let key = Arc::new(keys()[usize::from(index)].clone());
        let signer = Signer::new(NodeId::new(index), genesis.domain(Genesis::LEDGER), key);
        (NodeId::new(index), signer.sign(statement).signature)
    });
    BlockCertificate {
        height: header.height,
        block: header.hash(),
        signatures: signatures.collect(),
    }
}

fn receipt(signers: &[u16]) -> (Genesis, Receipt) {
    let genesis = genesis();
    let outcomes = [Outcome::Applied, Outcome::Refused(Refusal::AlreadyConsumed), Outcome::Applied];
    let records: Vec<TxRecord> = outcomes
        .iter()
        .zip(1_u8..)
        .map(|(&outcome, id)| TxRecord { id: Digest::new([id; 32]), outcome })
        .collect();
    let leaves: Vec<Digest> = records.iter().map(TxRecord::leaf).collect();
    let header = Header {
        chain: genesis.chain_id(),
        height: Height::new(9),
        parent: Digest::new([9; 32]),
        view: View::new(2),
        proposer: Some(NodeId::new(1)),
        time: Time::from_us(5),
        payload: Digest::new([8; 32]),
        tx_count: 3,
        tx_root: merkle::root(&leaves),
        state_roots: vec![(AppId(0), Digest::new([7; 32]))],
        clock: VectorClock::new(),
    };
    let certificate = certified(&genesis, &header, signers);
    let receipt =
        Receipt::new(header, &records, 1, certificate, crate::Lineage::default()).unwrap();
    (genesis, receipt)
}

#[test]
fn a_receipt_proves_an_outcome_to_whoever_knows_the_genesis() {
    let (genesis, receipt) = receipt(&[0, 1, 3]);
    assert_eq!(receipt.verify(&genesis), Ok(()));
    assert_eq!(Receipt::from_bytes(&receipt.to_bytes()), Ok(receipt.clone()));
    let mut other = genesis;
    other.network = "another".to_owned();
    assert_eq!(receipt.verify(&other), Err(ReceiptError::WrongChain));
}

#[test]
fn every_changed_byte_of_a_receipt_is_noticed() {
    let (genesis, receipt) = receipt(&[0, 1, 3]);
    let bytes = receipt.to_bytes();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let verdict = Receipt::from_bytes(&changed).map(|receipt| receipt.verify(&genesis));
        assert!(!matches!(verdict, Ok(Ok(()))), "byte {place} may be changed unnoticed");
    }
}

#[test]
fn a_certificate_needs_a_quorum_of_distinct_validators() {
    let (genesis, two) = receipt(&[0, 1]);
    let too_few = CertificateError::TooFew { have: 2, need: 3 };
    assert_eq!(two.verify(&genesis), Err(ReceiptError::Certificate(too_few)));
    let (genesis, mut stranger) = receipt(&[0, 1]);
    let signature = stranger.certificate.signatures[&NodeId::new(0)];
    stranger.certificate.signatures.insert(NodeId::new(7), signature);
    assert_eq!(
        stranger.verify(&genesis),
        Err(ReceiptError::Certificate(CertificateError::BadSignature))
    );
    let (genesis, mut copied) = receipt(&[0, 1]);
    copied.certificate.signatures.insert(NodeId::new(2), signature);
    assert_eq!(
        copied.verify(&genesis),
        Err(ReceiptError::Certificate(CertificateError::BadSignature))
    );
}

#[test]
fn a_genesis_that_cannot_start_a_chain_is_refused() {
    let mut none = genesis();
    none.validators.clear();
    assert_eq!(none.validate(), Err(GenesisError::NoValidators));
    let mut twice = genesis();
    twice.validators[3].key = twice.validators[0].key;
    assert_eq!(twice.validate(), Err(GenesisError::Duplicate { name: "n3".to_owned() }));
    assert_eq!(genesis().validate(), Ok(()));
    assert_eq!(genesis().quorum().size(), 3);
}

fn transaction(nonce: u64) -> Transaction {
    let mut transaction = Transaction {
        chain: ChainId::default(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: AppId(1), verb: 1 },
        payload: Bytes(vec![1, 2, 3]),
        fee: 1,
        expires: Time::from_us(9),
        signature: Signature::NONE,
    };
    sign_transaction(&mut transaction, &keys()[0]);
    transaction
}

#[test]
fn p18_a_batch_with_one_bad_client_signature_names_it() {
    let mut txs: Vec<Transaction> = (0..5).map(transaction).collect();
    let seal = |txs: &[Transaction]| {
        let sealed: Vec<_> = txs.iter().map(|tx| SealedTransaction::new(tx).unwrap()).collect();
        Batch::seal(NodeId::new(0), 1, &sealed).unwrap()
    };
    assert_eq!(check_client_signatures(&seal(&txs), &mut BTreeMap::new()), Ok(()));
    txs[3].fee += 1;
    let bad = Err(BatchError::BadClientSignature { index: 3 });
    assert_eq!(check_client_signatures(&seal(&txs), &mut BTreeMap::new()), bad);
    txs[3] = transaction(3);
    txs[2].sender = Account([0; 32]);
    let bad = Err(BatchError::BadClientSignature { index: 2 });
    assert_eq!(check_client_signatures(&seal(&txs), &mut BTreeMap::new()), bad);
}

#[test]
fn a_batch_comes_back_from_its_bytes_and_from_no_others() {
    let sealed: Vec<_> =
        (0..3).map(|nonce| SealedTransaction::new(&transaction(nonce)).unwrap()).collect();
    let batch = Batch::seal(NodeId::new(2), 7, &sealed).unwrap();
    assert_eq!(Batch::from_bytes(batch.bytes()), Ok(batch.clone()));
    assert_eq!(
        batch.transactions().map(|(id, _)| id).collect::<Vec<_>>(),
        sealed.iter().map(SealedTransaction::id).collect::<Vec<_>>()
    );
    for cut in 0..batch.bytes().len() {
        assert!(Batch::from_bytes(&batch.bytes()[..cut]).is_err());
    }
    assert_eq!(Batch::seal(NodeId::new(0), 0, &[]), Err(BatchError::Empty));
    let reordered: Vec<_> = sealed.iter().rev().cloned().collect();
    assert_ne!(Batch::seal(NodeId::new(2), 7, &reordered).unwrap().digest(), batch.digest());
}

/// Proofs of a present and of an absent entry, under a block that `signers` attest.
fn entry_proofs(signers: &[u16]) -> (Genesis, [EntryProof; 2]) {
    let mut state = StateTree::default();
    (0..9_u8).for_each(|key| state.set(vec![key], vec![key; 3]));
    let (genesis, Receipt { mut header, .. }) = receipt(signers);
    header.state_roots = vec![(AppId(0), Digest::ZERO), (AppId(6), state.root())];
    let proof = |key: u8| EntryProof {
        app: AppId(6),
        key: Bytes(vec![key]),
        value: state.get(&[key]).map(|value| Bytes(value.to_vec())),
        path: state.prove(&[key]),
        certificate: certified(&genesis, &header, signers),
        header: header.clone(),
        lineage: crate::Lineage::default(),
    };
    let proofs = [proof(4), proof(40)];
    (genesis, proofs)
}

#[test]
fn an_entry_or_its_absence_is_proved_to_whoever_knows_the_genesis() {
    let (genesis, proofs) = entry_proofs(&[0, 1, 3]);
    assert_eq!(proofs.each_ref().map(|proof| proof.value.is_some()), [true, false]);
    for proof in proofs {
        assert_eq!(proof.verify(&genesis), Ok(()));
        assert_eq!(EntryProof::from_bytes(&proof.to_bytes()), Ok(proof.clone()));
        let spoilt = |change: fn(&mut EntryProof)| {
            let mut proof = proof.clone();
            change(&mut proof);
            proof.verify(&genesis)
        };
        let not_included = Err(ReceiptError::NotIncluded);
        assert_eq!(spoilt(|proof| proof.app = AppId(0)), not_included);
        assert_eq!(spoilt(|proof| proof.app = AppId(9)), not_included);
        assert_eq!(spoilt(|proof| proof.value = Some(Bytes(vec![9]))), not_included);
        assert_eq!(spoilt(|proof| proof.key.0.push(1)), not_included);
        assert_eq!(spoilt(|proof| proof.path.siblings.truncate(1)), not_included);
        let other_block = Err(ReceiptError::Certificate(CertificateError::OtherBlock));
        assert_eq!(spoilt(|proof| proof.header.height = Height::new(10)), other_block);
        assert_eq!(
            spoilt(|proof| proof.header.chain = ChainId::default()),
            Err(ReceiptError::WrongChain)
        );
    }
    let (genesis, [present, absent]) = entry_proofs(&[0, 1]);
    let too_few = ReceiptError::Certificate(CertificateError::TooFew { have: 2, need: 3 });
    assert_eq!(present.verify(&genesis), Err(too_few));
    assert_eq!(absent.verify(&genesis), Err(too_few));
    let (genesis, [present, _]) = entry_proofs(&[0, 1, 3]);
    let hidden = EntryProof { value: None, ..present };
    assert_eq!(hidden.verify(&genesis), Err(ReceiptError::NotIncluded), "it is there");
}
