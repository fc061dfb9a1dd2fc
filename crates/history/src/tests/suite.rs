//! What every store of a chain does.

use ledger::{By, ChainHead, PAGE_BLOCKS_MAX, Walk};
use types::Digest;

use super::*;

type Make<'a> = &'a mut dyn FnMut(&Genesis) -> Box<dyn History>;
type Check = fn(&mut dyn History);

/// For stores that prune.
pub(super) const ALL: &[Check] = &[
    keeps_what_it_is_given,
    refuses_what_does_not_fit,
    finds_transactions,
    proves_blocks_and_heads,
    walks_in_bounded_memory,
    replaces_a_block,
    keeps_proofs_when_it_prunes,
];
/// For stores that do not.
pub(super) const KEEPING: &[Check] = &[
    keeps_what_it_is_given,
    refuses_what_does_not_fit,
    finds_transactions,
    proves_blocks_and_heads,
    walks_in_bounded_memory,
    replaces_a_block,
];

/// Each check on a store of its own.
pub(super) fn run(make: Make<'_>, checks: &[Check]) {
    for check in checks {
        check(make(&genesis()).as_mut());
    }
}

fn keeps_what_it_is_given(store: &mut dyn History) {
    let (_, blocks) = chain(&genesis(), 7, 3);
    assert_eq!(store.tip().unwrap(), ledger::Tip::EMPTY);
    assert_eq!(store.block(height(1)).unwrap(), None);
    let tip = store.append(&blocks[..4]).unwrap();
    assert_eq!((tip.height, tip.hash), (height(4), blocks[3].header.hash()));
    // What is there already changes nothing.
    let tip = store.append(&blocks).unwrap();
    assert_eq!(store.tip().unwrap(), tip);
    assert_eq!(store.append(&blocks[2..5]).unwrap(), tip);
    for block in &blocks {
        let at = block.header.height;
        assert_eq!(store.block(at).unwrap().as_ref(), Some(block));
        assert_eq!(store.height_of(&block.header.hash()).unwrap(), Some(at));
    }
    assert_eq!(store.block(height(8)).unwrap(), None);
    assert_eq!(store.height_of(&Digest::ZERO).unwrap(), None);
    assert_sound(store);
}

fn refuses_what_does_not_fit(store: &mut dyn History) {
    let (_, blocks) = chain(&genesis(), 5, 2);
    store.append(&blocks[..3]).unwrap();
    let tip = store.tip().unwrap();
    let gap = refused(store.append(&blocks[4..]));
    assert_eq!(gap, HistoryError::NotNext { offered: height(5), tip: height(3) });
    let (_, other) = chain(&genesis_of("another"), 5, 2);
    let foreign = refused(store.append(&other[3..]));
    assert!(matches!(foreign, HistoryError::WrongChain { .. }), "{foreign:?}");
    // A second history of the same chain, from its first block on.
    let (_, fork) = chain(&genesis(), 5, 1);
    let alarm = refused(store.append(&fork));
    let (kept, offered) = (blocks[0].header.hash(), fork[0].header.hash());
    assert_eq!(alarm, HistoryError::Fork { height: height(1), kept, offered });
    let alarm = refused(store.append(&fork[3..]));
    assert!(matches!(alarm, HistoryError::Fork { .. }), "{alarm:?}");
    for edit in [
        |block: &mut Block| block.outcomes[0] = Outcome::Refused(ledger::Refusal::Expired),
        |block: &mut Block| block.batches.clear(),
        |block: &mut Block| block.proposal = None,
        |block: &mut Block| block.outcomes.clear(),
    ] {
        let mut bad = blocks[3].clone();
        edit(&mut bad);
        let error = refused(store.append(&[bad]));
        assert!(matches!(error, HistoryError::Unsound { .. }), "{error:?}");
    }
    // All or none.
    let mut bad = blocks[4].clone();
    bad.outcomes.clear();
    refused(store.append(&[blocks[3].clone(), bad]));
    assert_eq!(store.tip().unwrap(), tip);
    store.append(&blocks).unwrap();
    assert_sound(store);
}

fn finds_transactions(store: &mut dyn History) {
    let (chain, blocks) = chain(&genesis(), 9, 5);
    store.append(&blocks).unwrap();
    let by = [
        (By::Sender(Account([1; 32])), chain.of_sender(Account([1; 32])).collect::<Vec<_>>()),
        (By::Receiver(b"orders".to_vec()), chain.of_receiver(b"orders").collect()),
        (By::Receiver(b"nobody".to_vec()), Vec::new()),
        (
            By::Operation(Kind::NodeUpdate.operation()),
            chain.of_operation(Kind::NodeUpdate.operation()).collect(),
        ),
    ];
    for (by, expected) in by {
        assert_eq!(store.places(&by, None, 1_000).unwrap(), expected);
        // A page at a time.
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.places(&by, after, 4).unwrap();
            assert!(page.len() <= 4);
            let Some(last) = page.last() else { break };
            after = Some(*last);
            found.extend(page);
        }
        assert_eq!(found, expected);
    }
    for block in &blocks {
        for (id, _) in block.transactions() {
            assert_eq!(store.place(&id).unwrap(), chain.place(&id));
        }
    }
    assert_eq!(store.place(&Digest::ZERO).unwrap(), None);
}

fn assert_receipts(store: &dyn History, blocks: &[Block]) {
    for block in blocks {
        for ((id, _), index) in block.transactions().zip(0..) {
            let receipt = store.receipt(&id).unwrap().unwrap();
            assert_eq!((receipt.record.id, receipt.index), (id, index));
            receipt.verify(store.genesis()).unwrap();
        }
    }
}

fn proves_blocks_and_heads(store: &mut dyn History) {
    let (chain, blocks) = chain(&genesis(), 13, 1);
    // In parts, so that the tree goes on where it was left.
    for part in blocks.chunks(4) {
        store.append(part).unwrap();
    }
    for size in 0..=13 {
        let head: ChainHead = store.head_at(height(size)).unwrap();
        assert_eq!(Some(head), chain.head_at(height(size)));
        for old in 0..=size {
            let path = store.prove_consistency(height(old), height(size)).unwrap();
            assert_eq!(Some(path), chain.prove_consistency(height(old), height(size)));
        }
    }
    for at in 1..=13 {
        let path = store.prove_block(height(at), height(13)).unwrap();
        assert_eq!(Some(path), chain.prove_block(height(at)));
    }
    assert_receipts(store, &blocks);
}

fn walks_in_bounded_memory(store: &mut dyn History) {
    let count = 3 * PAGE_BLOCKS_MAX as u64 + 7;
    store.append(&LONG[..count as usize]).unwrap();
    let mut walk = Walk::new(&*store, height(1), height(count));
    let mut next = 1;
    for block in walk.by_ref() {
        assert_eq!(block.unwrap().header.height, height(next));
        next += 1;
    }
    assert_eq!(next, count + 1);
    assert_eq!(walk.held_max().0, PAGE_BLOCKS_MAX);
    let few = Walk::new(&*store, height(5), height(9)).map(|block| block.unwrap().header.height);
    assert_eq!(few.collect::<Vec<_>>(), (5..=9).map(height).collect::<Vec<_>>());
    assert_eq!(store.page(height(3), 10, 1).unwrap().len(), 1, "one at least");
}

fn replaces_a_block(store: &mut dyn History) {
    let (_, blocks) = chain(&genesis(), 6, 2);
    store.append(&blocks).unwrap();
    store.replace(&ledger::Piece::of(&blocks[2]).unwrap()).unwrap();
    assert_eq!(store.block(height(3)).unwrap().as_ref(), Some(&blocks[2]));
    assert_receipts(store, &blocks);
    assert_sound(store);
}

fn keeps_proofs_when_it_prunes(store: &mut dyn History) {
    let (chain, blocks) = chain(&genesis(), 8, 3);
    store.append(&blocks).unwrap();
    store.prune(height(5)).unwrap();
    assert_eq!(store.tip().unwrap().pruned, height(5));
    assert_eq!(
        refused(store.block(height(5))),
        HistoryError::Pruned { height: height(5), up_to: height(5) }
    );
    assert!(refused(store.page(height(2), 4, 1 << 20)).to_string().contains("archive"));
    assert_eq!(store.block(height(6)).unwrap().as_ref(), Some(&blocks[5]));
    assert_receipts(store, &blocks);
    assert_eq!(store.head_at(height(8)).unwrap(), chain.head());
    assert_sound(store);
    // Again, and beyond the end.
    store.prune(height(3)).unwrap();
    assert_eq!(store.tip().unwrap().pruned, height(5));
    store.prune(height(100)).unwrap();
    assert_eq!(store.tip().unwrap().pruned, height(8));
    let (_, more) = super::chain(&genesis(), 9, 3);
    store.append(&more[8..]).unwrap();
    assert_eq!(store.block(height(9)).unwrap().as_ref(), Some(&more[8]));
    assert_sound(store);
}
