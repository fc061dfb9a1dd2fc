//! Stores that follow others.

use super::*;
use crate::copy;

#[test]
fn a_follower_goes_on_where_it_was() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 30, 2));
    let mut source = MemoryHistory::new(genesis());
    source.append(&blocks[..20]).unwrap();
    let mut store = place.sqlite();
    let up_to = copy(&source, &mut store, Some(height(7)), |_| ()).unwrap();
    assert_eq!((up_to.tip.height, up_to.blocks), (height(7), 7));
    assert_eq!(copy(&source, &mut store, None, |_| ()).unwrap().blocks, 13);
    assert_eq!(copy(&source, &mut store, None, |_| ()).unwrap().blocks, 0);
    source.append(&blocks).unwrap();
    drop(store);
    let mut store = SqlHistory::sqlite(&place.path("chain.sqlite"), None).unwrap();
    assert_eq!(copy(&source, &mut store, None, |_| ()).unwrap().blocks, 10);
    assert_sound(&store);
}

#[test]
fn two_histories_are_an_alarm() {
    let ((_, blocks), (_, fork)) = (chain(&genesis(), 6, 2), chain(&genesis(), 9, 1));
    let (mut store, mut source) = (MemoryHistory::new(genesis()), MemoryHistory::new(genesis()));
    store.append(&blocks).unwrap();
    source.append(&fork).unwrap();
    let alarm = refused(copy(&source, &mut store, None, |_| ()));
    assert!(matches!(alarm, HistoryError::Fork { height: at, .. } if at == height(6)), "{alarm}");
    assert_eq!(store.tip().unwrap().height, height(6));
}

#[test]
fn two_writers_of_one_store_do_not_mix() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 10, 1));
    let (mut one, mut other) = (place.sqlite(), place.sqlite());
    one.append(&blocks[..3]).unwrap();
    assert_eq!(other.tip().unwrap().height, height(3));
    other.append(&blocks[..6]).unwrap();
    one.append(&blocks).unwrap();
    // Who writes at a tip that is no longer the last is refused, and asks again.
    let pieces: Vec<_> =
        blocks[6..].iter().map(|block| ledger::Piece::of(block).unwrap()).collect();
    let stale = ledger::Tip { height: height(6), hash: blocks[5].header.hash(), pruned: height(0) };
    assert!(refused(other.put(&stale, &pieces)).is_temporary());
    assert_sound(&other);
    assert_eq!(other.head_at(height(10)).unwrap(), one.head_at(height(10)).unwrap());
}
