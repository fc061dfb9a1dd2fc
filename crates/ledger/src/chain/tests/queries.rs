use crypto::merkle;
use types::Height;

use super::*;
use crate::{AppId, ChainHead, Operation, Place, note_keys};

fn filled() -> Chain {
    let mut chain = chain_of("pbft");
    for height in 1..=9 {
        let mut other = tx(&chain, 2, height);
        other.operation = Kind::FederationJoin.operation();
        sign_transaction(&mut other, &client(2));
        let block = next(&chain, &[tx(&chain, 1, height), other, tx(&chain, 3, height)]);
        assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
    }
    chain
}

#[test]
fn what_was_put_in_is_found_by_every_index() {
    let chain = filled();
    for block in chain.blocks_from(Height::ZERO) {
        let height = block.header.height;
        assert_eq!(chain.block_by_hash(&block.header.hash()), Some(block));
        for ((id, view), index) in block.transactions().zip(0..) {
            let place = Place { height, index };
            assert_eq!(chain.place(&id), Some(place));
            let (found, tx, outcome) = chain.transaction(place).unwrap();
            assert_eq!((found, tx.nonce, outcome), (id, view.nonce, Outcome::Applied));
        }
    }
    assert_eq!(chain.blocks_from(Height::new(7)).count(), 3);
    let at = |index| (1..=9).map(Height::new).map(move |height| Place { height, index });
    let account = |client: SecretKey| Account(client.public().to_bytes());
    assert!(chain.of_sender(account(client(1))).eq(at(0)));
    assert!(chain.of_sender(account(client(3))).rev().eq(at(2).rev()));
    assert_eq!(chain.of_sender(account(client(9))).count(), 0);
    assert!(chain.of_operation(Kind::FederationJoin.operation()).eq(at(1)));
    assert_eq!(chain.of_operation(Operation { app: AppId(999), verb: 0 }).count(), 0);
    assert_eq!(chain.of_receiver(b"orders").count(), 18);
    assert_eq!(chain.of_receiver(b"order").count(), 0);
    assert_eq!((chain.block(Height::ZERO), chain.block(Height::new(10))), (None, None));
    assert_eq!(chain.place(&digest(1)), None);
    let beyond = Place { height: Height::new(1), index: 3 };
    assert!(chain.transaction(beyond).is_none());
}

#[test]
fn a_transaction_is_proved_by_its_block_and_the_block_by_the_head() {
    let chain = filled();
    let genesis = genesis("pbft", false);
    let head = chain.head();
    for (block, height) in chain.blocks_from(Height::ZERO).zip(1..) {
        let path = chain.prove_block(Height::new(height)).unwrap();
        let leaf = merkle::leaf(block.header.hash().as_bytes());
        let led = merkle::root_of_inclusion(leaf, height - 1, head.size, &path);
        assert_eq!(led, Some(head.root));
        let Seal::Certificate(certificate) = block.seal.clone() else { panic!("it is certified") };
        for id in block.batches[0].ids() {
            let receipt = chain.receipt(id, certificate.clone()).unwrap();
            assert_eq!(receipt.verify(&genesis), Ok(()));
        }
    }
    assert_eq!((chain.prove_block(Height::ZERO), chain.prove_block(Height::new(10))), (None, None));
    assert_eq!(chain.prove_transaction(&digest(1)), None);
}

#[test]
fn any_two_heights_are_proved_consistent_and_a_rewritten_chain_is_not() {
    let chain = filled();
    let heads: Vec<ChainHead> =
        (0..=9).map(|height| chain.head_at(Height::new(height)).unwrap()).collect();
    assert_eq!(heads[9], chain.head());
    for old in 0..=9_u64 {
        for new in old..=9 {
            let path = chain.prove_consistency(Height::new(old), Height::new(new)).unwrap();
            let [was, is] = [old, new].map(|at| &heads[usize::try_from(at).unwrap()]);
            assert!(is.extends(was, &path));
            if old > 0 && old < new {
                let rewritten = ChainHead { root: digest(1), ..*was };
                assert!(!is.extends(&rewritten, &path));
            }
        }
    }
    assert_eq!(chain.head_at(Height::new(10)), None);
}

#[test]
fn the_head_signed_by_a_quorum_proves_a_block_to_other_programs() {
    let (chain, genesis) = (filled(), genesis("pbft", false));
    let (head, keys) = (chain.head(), note_keys(&genesis));
    let lines = (0..3).map(|at: u16| head.sign(&keys[usize::from(at)], &secret(at))).collect();
    let note = head.to_note(lines).unwrap().to_text();
    let path = chain.prove_block(Height::new(4)).unwrap();
    let proof = crate::BlockProof { extra: Vec::new(), index: 3, path, head: note };
    let block = chain.block(Height::new(4)).unwrap().header.hash();
    let read = crate::BlockProof::from_text(&proof.to_text()).unwrap();
    assert_eq!(read.verify(&block, &genesis), Ok(head));
    assert!(read.verify(&chain.tip(), &genesis).is_err());
}
