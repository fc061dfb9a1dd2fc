//! What the ledger of the federated seed let pass, each by its number there: all of it is refused here.

use std::collections::BTreeSet;

use crypto::{Signed, merkle};
use types::{ChainId, Height, Time, View};

use super::*;
use crate::{AppId, Header, Refusal, SealError, VectorClock};

/// A block by somebody who is no validator, or signed by a key that is none of theirs.
#[test]
fn defect_1_a_strangers_block_is_refused_under_every_authority() {
    for protocol in ["poa", "aura", "pos"] {
        let mut chain = chain_of(protocol);
        grow(&mut chain, 2);
        let mut forged = next(&chain, &[]);
        let proposer = forged.header.proposer.unwrap();
        let signer = Signer::new(
            proposer,
            genesis(protocol, false).domain(Genesis::LEDGER),
            Arc::new(client(1)),
        );
        let statement = Sealed { height: forged.header.height, block: forged.header.hash() };
        let Signed { signature, .. } = signer.sign(statement);
        forged.seal = Seal::Signed(signature);
        let error = BlockError::Seal(SealError::Signature { proposer });
        assert_eq!(block_error(chain.offer(forged, NOW)), error, "{protocol}");

        let mut stranger = draft(&chain, 9, 30, &[]);
        stranger.seal = Seal::Signed(signature);
        let error = BlockError::Seal(SealError::Signature { proposer: NodeId::new(9) });
        assert_eq!(block_error(chain.offer(stranger, NOW)), error, "{protocol}");
        let unsealed = refused(&mut chain, false, |it| it.seal = Seal::None);
        assert_eq!(unsealed, BlockError::Seal(SealError::OtherKind), "{protocol}");
    }
}

#[test]
fn defect_1_stake_and_authority_thresholds_are_enforced() {
    let mut pos = with_config("pos", |config| config.minimum_stake = 1_000_000_000);
    let block = next(&pos, &[]);
    let error = BlockError::Seal(SealError::Stake { have: 1, need: 1_000_000_000 });
    assert_eq!(block_error(pos.offer(block, NOW)), error);

    let mut all = with_config("fba", |config| config.authority_threshold_ppm = 1_000_000);
    let mut block = next(&all, &[]);
    let error = BlockError::Seal(SealError::Share { have: 3, need: 4 });
    assert_eq!(block_error(all.offer(block.clone(), NOW)), error);
    let four = certificate(&genesis("fba", false), &block, &[0, 1, 2, 3]);
    block.seal = Seal::Certificate(four);
    assert_eq!(all.offer(block, NOW), Ok(Offered::Extended));

    let mut fba = chain_of("fba");
    let mut block = next(&fba, &[]);
    block.seal = Seal::Certificate(certificate(&genesis("fba", false), &block, &[0, 1]));
    let error = block_error(fba.offer(block, NOW));
    assert!(matches!(error, BlockError::Seal(SealError::Certificate(_))), "{error:?}");
}

#[test]
fn defect_2_and_10_the_declared_difficulty_is_the_demanded_one_and_met() {
    let mut chain = chain_of("pow");
    grow(&mut chain, 1);
    assert_eq!(chain.next_difficulty(), 4, "a short chain demands the first difficulty");
    for declared in [1, 3, 5, 1_000_000_000] {
        let mut block = next(&chain, &[]);
        block.seal = Seal::Work { difficulty: declared, nonce: 0 };
        let error = BlockError::Seal(SealError::Difficulty { is: declared, must: 4 });
        assert_eq!(block_error(chain.offer(block, NOW)), error);
    }
    let mut block = next(&chain, &[]);
    let hash = block.header.hash();
    let nonce = (0..).find(|&nonce| !Seal::Work { difficulty: 4, nonce }.is_work_on(&hash));
    block.seal = Seal::Work { difficulty: 4, nonce: nonce.unwrap() };
    assert_eq!(block_error(chain.offer(block, NOW)), BlockError::Seal(SealError::NoWork));
    let stale = Seal::search(&digest(7), 4, 0..1_000).unwrap();
    let mut hits = 0;
    for seconds in 20..60 {
        let mut block = draft(&chain, 2, seconds, &[]);
        block.seal = stale.clone();
        hits += u32::from(chain.clone().offer(block, NOW).is_ok());
    }
    assert!(hits < 30, "the work of another block counts by chance at most: {hits} of 40");
}

#[test]
fn defect_3_the_hash_covers_every_field_of_the_header() {
    let header = Header {
        chain: ChainId(digest(1)),
        height: Height::new(2),
        parent: digest(3),
        view: View::new(4),
        proposer: Some(NodeId::new(5)),
        time: Time::from_us(6),
        payload: digest(7),
        tx_count: 8,
        tx_root: digest(9),
        state_roots: vec![(AppId(1), digest(10))],
        clock: VectorClock::new(),
    };
    let edits: [fn(&mut Header); 12] = [
        |it| it.chain = ChainId(digest(0)),
        |it| it.height = Height::new(0),
        |it| it.parent = digest(0),
        |it| it.view = View::new(0),
        |it| it.proposer = Some(NodeId::new(0)),
        |it| it.proposer = None,
        |it| it.time = Time::from_us(0),
        |it| it.payload = digest(0),
        |it| it.tx_count = 0,
        |it| it.tx_root = digest(0),
        |it| it.state_roots.clear(),
        |it| it.clock.increment(NodeId::new(0)),
    ];
    let mut hashes = BTreeSet::from([header.hash()]);
    for edit in edits {
        let mut changed = header.clone();
        edit(&mut changed);
        assert!(hashes.insert(changed.hash()), "{changed:?}");
    }
}

#[test]
fn defect_4_no_branch_is_bought_with_a_difficulty_that_it_declares_itself() {
    let mut chain = chain_of("pow");
    grow(&mut chain, 6);
    let mut short = next(&chain.fork_at(Height::new(2)), &[tx(&chain, 1, 1)]);
    let mut bought = short.clone();
    bought.seal = Seal::search(&short.header.hash(), 200, 0..u64::MAX).unwrap();
    let error = BlockError::Seal(SealError::Difficulty { is: 200, must: 4 });
    let tip = chain.tip();
    assert_eq!(block_error(chain.offer(bought, NOW)), error);
    seal(&chain.fork_at(Height::new(2)), &mut short, 0);
    assert_eq!(chain.offer(short, NOW), Ok(Offered::Beside));
    assert_eq!(chain.tip(), tip);
}

#[test]
fn defect_5_a_signed_transaction_is_applied_once_before_its_end_on_its_chain() {
    let mut chain = chain_of("pbft");
    let once = tx(&chain, 1, 7);
    let block = next(&chain, &[once.clone(), once.clone()]);
    let used = Outcome::Refused(Refusal::NonceUsed);
    assert_eq!(block.outcomes, [Outcome::Applied, used], "twice in one block");
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
    let mut expired = tx(&chain, 1, 8);
    expired.expires = Time::from_us(20 * SECOND);
    sign_transaction(&mut expired, &client(1));
    let mut foreign = tx(&chain, 1, 9);
    foreign.chain = ChainId(digest(1));
    sign_transaction(&mut foreign, &client(1));
    let block = next(&chain, &[once, expired, foreign]);
    let refusals = [Refusal::NonceUsed, Refusal::Expired, Refusal::WrongChain];
    assert_eq!(block.outcomes, refusals.map(Outcome::Refused));
    for (index, refusal) in refusals.into_iter().enumerate() {
        // A quorum that says it was applied all the same says what cannot be.
        let mut lie = block.clone();
        lie.outcomes[index] = Outcome::Applied;
        lie.header.tx_root = lie.tree().root();
        seal(&chain, &mut lie, 0);
        let must = Some(Outcome::Refused(refusal));
        let error = BlockError::Outcome { index, is: Outcome::Applied, must };
        assert_eq!(block_error(chain.offer(lie, NOW)), error);
    }
    let invented = refused(&mut chain, true, |it| {
        it.outcomes[0] = Outcome::Refused(Refusal::NonceUsed);
        it.header.tx_root = it.tree().root();
    });
    assert_eq!(invented, BlockError::Outcome { index: 0, is: used, must: None });
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
}

#[test]
fn defect_5_an_outcome_that_only_the_state_knows_leaves_the_nonce_unused() {
    let mut chain = chain_of("none");
    let mut block = next(&chain, &[tx(&chain, 1, 1)]);
    block.outcomes[0] = Outcome::Refused(Refusal::FeeTooLow);
    block.header.tx_root = block.tree().root();
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
    let again = next(&chain, &[tx(&chain, 1, 1)]);
    assert_eq!(again.outcomes, [Outcome::Applied]);
    assert_eq!(chain.offer(again, NOW), Ok(Offered::Extended));
}

#[test]
fn defect_6_nobody_signs_for_another_sender() {
    let genesis = genesis("pbft", true);
    let crypto = CryptoConfig { require_signatures: false };
    let mut chain = Chain::new(&genesis, config("pbft"), crypto).unwrap();
    assert!(chain.crypto().require_signatures, "the genesis is not overruled");
    let good = tx(&chain, 1, 1);
    let mut stolen = good.clone();
    stolen.sender = Account(client(2).public().to_bytes());
    let mut unsigned = good.clone();
    unsigned.signature = Signature::NONE;
    let mut dearer = good.clone();
    dearer.fee += 1;
    for bad in [stolen, unsigned, dearer] {
        let block = next(&chain, &[tx(&chain, 3, 1), bad]);
        let error = BlockError::ClientSignature { batch: 0, index: 1 };
        assert_eq!(block_error(chain.offer(block, NOW)), error);
    }
    let block = next(&chain, &[good]);
    assert_eq!(chain.offer(block, NOW), Ok(Offered::Extended));
}

#[test]
fn defect_7_a_fork_demands_signatures_as_its_chain_does() {
    let genesis = genesis("none", true);
    let crypto = CryptoConfig::of(&genesis);
    let mut chain = Chain::new(&genesis, config("none"), crypto).unwrap();
    grow(&mut chain, 3);
    let mut fork = chain.fork_at(Height::new(2));
    assert_eq!((fork.height(), fork.crypto()), (Height::new(2), chain.crypto()));
    assert_eq!(fork.consensus(), chain.consensus());
    let mut unsigned = tx(&chain, 1, 1);
    unsigned.signature = Signature::NONE;
    let block = next(&fork, &[unsigned]);
    let error = BlockError::ClientSignature { batch: 0, index: 0 };
    assert_eq!(block_error(fork.offer(block.clone(), NOW)), error);
    assert_eq!(block_error(chain.offer(block, NOW)), error, "nor beside the chain");
}

#[test]
fn defect_8_nothing_pads_a_tree_and_a_proof_holds_at_one_place() {
    let leaf = |text: &str| merkle::leaf(text.as_bytes());
    let three = [leaf("a"), leaf("b"), leaf("c")];
    let padding = leaf("__PADDING_3__");
    let four = [&three[..], &[padding]].concat();
    assert_ne!(merkle::root(&three), merkle::root(&four));
    let tree = merkle::Tree::of(three.to_vec());
    for index in (0..80).filter(|&index| index != 2) {
        let led = merkle::root_of_inclusion(three[2], index, 3, &tree.inclusion_path(2));
        assert_ne!(led, Some(tree.root()), "leaf 2 at place {index}");
    }
    for index in 0..4 {
        for path in (0..3).map(|at| tree.inclusion_path(at)) {
            assert_ne!(merkle::root_of_inclusion(padding, index, 3, &path), Some(tree.root()));
            assert_ne!(merkle::root_of_inclusion(padding, index, 4, &path), Some(tree.root()));
        }
    }
}

#[test]
fn defect_9_no_two_transactions_share_an_id_across_their_fields_borders() {
    let chain = chain_of("none");
    let id = |receiver: &str, body: &str, fee: u64| {
        let mut transaction = tx(&chain, 1, 1);
        transaction.payload = Bytes((receiver.to_owned(), body.to_owned()).to_bytes());
        transaction.fee = fee;
        SealedTransaction::new(&transaction).unwrap().id()
    };
    let ids = [id("a:b", "c", 1), id("a", "b:c", 1), id("a", ":bc", 1), id("a:b", "c", 2)];
    assert_eq!(BTreeSet::from(ids).len(), ids.len());
}
