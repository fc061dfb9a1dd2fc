use types::Height;

use super::*;
use crate::{ALARMS_MAX, Alarm, Refusal, SIDE_BLOCKS_MAX, SealError};

/// A branch of `length` blocks above height `fork`, built on a copy of the chain.
fn branch(chain: &Chain, fork: u64, length: u64, nonce: u64) -> Vec<Block> {
    let mut other = chain.fork_at(Height::new(fork));
    let mut blocks = Vec::new();
    for at in 0..length {
        let block = next(&other, &[tx(&other, 3, nonce + at)]);
        assert_eq!(other.offer(block.clone(), NOW), Ok(Offered::Extended));
        blocks.push(block);
    }
    blocks
}

fn h(height: u64) -> Height {
    Height::new(height)
}

#[test]
fn the_heavier_branch_becomes_the_chain_as_a_whole_and_back_again() {
    for protocol in ["pow", "pos", "none"] {
        let mut chain = chain_of(protocol);
        grow(&mut chain, 2);
        for at in 0..2 {
            let block = next(&chain, &[tx(&chain, 1, at)]);
            assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
        }
        let (first, old) = (
            chain.clone(),
            [chain.block(h(3)).unwrap(), chain.block(h(4)).unwrap()]
                .map(|block| block.header.hash()),
        );
        let other = branch(&chain, 2, 3, 50);
        let hashes: Vec<Digest> = other.iter().map(|block| block.header.hash()).collect();
        assert_eq!(chain.offer(other[0].clone(), NOW), Ok(Offered::Beside), "{protocol}");
        assert_eq!(chain.offer(other[1].clone(), NOW), Ok(Offered::Beside), "first seen stays");
        assert_eq!(chain.tip(), first.tip());
        let moved = Offered::Reorganised { fork: h(2), removed: old.to_vec(), added: hashes };
        assert_eq!(chain.offer(other[2].clone(), NOW), Ok(moved), "{protocol}");

        // Everything is as if the branch had come first.
        let mut fresh = chain.fork_at(h(2));
        other.iter().for_each(|it| assert!(fresh.offer(it.clone(), NOW).is_ok()));
        assert_eq!(
            (chain.tip(), chain.head(), chain.weight()),
            (fresh.tip(), fresh.head(), fresh.weight())
        );
        let senders = |chain: &Chain| {
            [1, 3].map(|at| {
                chain.of_sender(Account(client(at).public().to_bytes())).collect::<Vec<_>>()
            })
        };
        assert_eq!(senders(&chain), senders(&fresh));
        assert_eq!(chain.place(&first.block(h(3)).unwrap().batches[0].ids()[0]), None);
        let account = Account(client(1).public().to_bytes());
        assert!(!chain.is_nonce_used(&account, 0), "what was undone may come again");
        assert!(first.is_nonce_used(&account, 0));

        // The first branch grows on and takes the chain back.
        let mut longer = first.clone();
        let back: Vec<Block> = (10..12)
            .map(|nonce| {
                let block = next(&longer, &[tx(&longer, 1, nonce)]);
                assert!(longer.offer(block.clone(), NOW).is_ok());
                block
            })
            .collect();
        assert_eq!(chain.offer(back[0].clone(), NOW), Ok(Offered::Beside), "{protocol}");
        assert!(matches!(chain.offer(back[1].clone(), NOW), Ok(Offered::Reorganised { .. })));
        assert_eq!((chain.tip(), chain.head()), (longer.tip(), longer.head()));
    }
}

#[test]
fn a_branch_with_one_bad_block_changes_nothing() {
    let mut chain = chain_of("none");
    grow(&mut chain, 3);
    let mut other = chain.fork_at(h(1));
    let mut blocks = branch(&chain, 1, 2, 50);
    blocks.iter().for_each(|it| assert!(other.offer(it.clone(), NOW).is_ok()));
    // The second block of the branch says that a repeated transaction was applied.
    let mut bad = next(&other, &[tx(&other, 3, 50)]);
    bad.outcomes[0] = Outcome::Applied;
    bad.header.tx_root = bad.tree().root();
    blocks.push(bad);
    let before = chain.summary();
    assert_eq!(chain.offer(blocks[0].clone(), NOW), Ok(Offered::Beside));
    assert_eq!(chain.offer(blocks[1].clone(), NOW), Ok(Offered::Beside));
    let must = Some(Outcome::Refused(Refusal::NonceUsed));
    let error = BlockError::Outcome { index: 0, is: Outcome::Applied, must };
    assert_eq!(block_error(chain.offer(blocks[2].clone(), NOW)), error);
    assert_eq!(chain.summary(), crate::Summary { beside: 2, ..before });
    grow(&mut chain, 1);
}

#[test]
fn p27_a_fork_deeper_than_finality_is_refused_with_an_alarm() {
    for protocol in ["pow", "pos", "none", "poa"] {
        let mut chain = chain_of(protocol);
        grow(&mut chain, 12);
        let late = branch(&chain, 1, 1, 50).remove(0);
        let before = (chain.tip(), chain.height());
        let (fork, finalised) = (h(1), chain.finalised());
        let refused = Err(ChainError::BelowFinality { fork, finalised });
        assert_eq!(chain.offer(late.clone(), NOW), refused, "{protocol}");
        assert_eq!(chain.offer(late.clone(), NOW), refused, "{protocol}");
        let alarm = Alarm::DeepFork { block: late.header.hash(), fork, finalised };
        assert_eq!(chain.alarms(), [alarm], "{protocol}");
        assert_eq!((chain.tip(), chain.height()), before);
    }
}

#[test]
fn whoever_cannot_seal_cannot_raise_an_alarm() {
    let mut chain = chain_of("pow");
    grow(&mut chain, 12);
    let mut late = branch(&chain, 1, 1, 50).remove(0);
    late.seal = Seal::Work { difficulty: 4, nonce: 0 };
    while late.seal.is_work_on(&late.header.hash()) {
        late.header.tx_root = digest(1);
    }
    assert!(matches!(chain.offer(late, NOW), Err(ChainError::Block { .. })));
    assert_eq!(chain.alarms(), []);
}

#[test]
fn two_certified_blocks_of_one_height_are_an_alarm() {
    let mut chain = chain_of("pbft");
    grow(&mut chain, 3);
    let other = branch(&chain, 2, 1, 50).remove(0);
    let (stands, other_hash) = (chain.tip(), other.header.hash());
    let refused = Err(ChainError::BelowFinality { fork: h(2), finalised: h(3) });
    assert_eq!(chain.offer(other, NOW), refused);
    let alarm = Alarm::TwoCertificates { height: h(3), stands, other: other_hash };
    assert_eq!((chain.alarms(), chain.tip()), ([alarm].as_slice(), stands));
}

#[test]
fn a_certificate_makes_the_lighter_branch_the_chain_and_the_other_one_impossible() {
    let genesis = genesis("pos", false);
    let mut chain = chain_of("pos");
    grow(&mut chain, 4);
    let other = branch(&chain, 1, 2, 50);
    other.iter().for_each(|it| assert_eq!(chain.offer(it.clone(), NOW), Ok(Offered::Beside)));
    let weak = certificate(&genesis, &other[1], &[0, 1]);
    assert!(matches!(
        chain.finalise(&weak),
        Err(ChainError::Block { error: BlockError::Seal(SealError::Certificate(_)), .. })
    ));
    let [below, loser] = [2, 3].map(|height| chain.block(h(height)).unwrap().clone());
    let strong = certificate(&genesis, &other[1], &[0, 1, 3]);
    assert!(matches!(chain.finalise(&strong), Ok(Offered::Reorganised { .. })));
    assert_eq!((chain.tip(), chain.finalised()), (other[1].header.hash(), h(3)));
    assert_eq!(chain.finalise(&strong), Ok(Offered::Known));
    let contrary = certificate(&genesis, &loser, &[1, 2, 3]);
    assert!(matches!(chain.finalise(&contrary), Err(ChainError::BelowFinality { .. })));
    assert!(matches!(chain.alarms(), [Alarm::TwoCertificates { .. }]));
    assert!(matches!(chain.offer(below, NOW), Err(ChainError::BelowFinality { .. })));
    let forgotten = ChainError::UnknownParent { parent: loser.header.parent };
    assert_eq!(chain.offer(loser, NOW), Err(forgotten));
    let unknown = BlockCertificate { height: h(5), ..strong };
    assert!(chain.finalise(&unknown).is_err());
}

#[test]
fn blocks_beside_the_chain_and_alarms_are_bounded() {
    let mut chain = chain_of("none");
    grow(&mut chain, 3);
    for nonce in 0..SIDE_BLOCKS_MAX as u64 {
        let block = branch(&chain, 1, 1, nonce).remove(0);
        assert_eq!(chain.offer(block, NOW), Ok(Offered::Beside));
    }
    let one_more = branch(&chain, 1, 1, 5_000).remove(0);
    let full = Err(ChainError::TooManyBranches { blocks: SIDE_BLOCKS_MAX });
    assert_eq!(chain.offer(one_more, NOW), full);
    grow(&mut chain, 9);
    assert_eq!(chain.summary().beside, 0, "what finality passed is forgotten");
    for nonce in 0..ALARMS_MAX as u64 + 3 {
        let block = branch(&chain, 1, 1, nonce).remove(0);
        assert!(chain.offer(block, NOW).is_err());
    }
    assert_eq!((chain.alarms().len(), chain.summary().alarms), (ALARMS_MAX, ALARMS_MAX as u64 + 3));
}
