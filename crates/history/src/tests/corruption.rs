//! Damaged stores: found, named, mended from elsewhere or refused.

use std::fs;
use std::path::Path;

use ledger::Audit;

use super::*;
use crate::mend;

fn audit(store: &dyn History) -> Audit {
    Auditor::new(genesis(), Lineage::default()).audit(store, |_| ()).unwrap()
}

fn filled(place: &Place, blocks: &[Block]) {
    let mut store = place.sqlite();
    store.append(blocks).unwrap();
}

/// What a store says of itself once it was spoiled: nothing that is wrong, whatever it is.
fn judge(path: &Path, blocks: &[Block]) -> Result<(), String> {
    let store = SqlHistory::sqlite(path, None).map_err(|error| error.to_string())?;
    let mut auditor = Auditor::new(genesis(), Lineage::default());
    let audit = auditor.audit(&store, |_| ()).map_err(|error| error.to_string())?;
    for block in blocks {
        let at = block.header.height;
        let is_named = audit.faults.iter().any(|fault| fault.height == at);
        match store.block(at) {
            Ok(Some(found)) if !is_named => assert_eq!(found, *block, "block {at}"),
            Ok(_) | Err(_) => assert!(is_named || audit.blocks < at.get(), "block {at}: {audit:?}"),
        }
    }
    if audit.faults.is_empty() { Ok(()) } else { Err(format!("{:?}", audit.faults)) }
}

#[test]
fn a_cut_file_is_found() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 12, 3));
    filled(&place, &blocks);
    let path = place.path("chain.sqlite");
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(whole.len() / 16) {
        fs::write(&path, &whole[..length]).unwrap();
        judge(&path, &blocks).expect_err("a cut store");
    }
    fs::write(&path, &whole).unwrap();
    judge(&path, &blocks).unwrap();
}

#[test]
fn a_flipped_byte_never_shows_a_wrong_block() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 6, 3));
    filled(&place, &blocks);
    let path = place.path("chain.sqlite");
    let whole = fs::read(&path).unwrap();
    let mut found = 0;
    for at in (0..whole.len()).step_by(whole.len() / 96) {
        let mut spoiled = whole.clone();
        spoiled[at] ^= 0x55;
        fs::write(&path, &spoiled).unwrap();
        found += u32::from(judge(&path, &blocks).is_err());
    }
    assert!(found > 0, "free space and indexes apart, a flipped byte is damage");
}

#[test]
fn damaged_blocks_are_named_and_mended_from_a_peer() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 8, 2));
    filled(&place, &blocks);
    let path = place.path("chain.sqlite");
    // The bytes of the third block's transactions, wherever they stand in the file.
    let needle = transaction(&genesis(), 3 * 2).bytes()[32..].to_vec();
    let mut bytes = fs::read(&path).unwrap();
    let found = bytes.windows(needle.len()).enumerate().filter(|(_, window)| *window == needle);
    let places: Vec<usize> = found.map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|at| bytes[at + 50] ^= 1);
    fs::write(&path, bytes).unwrap();
    let mut store = SqlHistory::sqlite(&path, None).unwrap();
    let found = audit(&store);
    let heights: Vec<_> = found.faults.iter().map(|fault| fault.height).collect();
    assert_eq!(heights, [height(3)], "{found:?}");
    assert_eq!(found.blocks, 8, "what is behind the damage is read too");
    let mut peer = MemoryHistory::new(genesis());
    peer.append(&blocks[..2]).unwrap();
    let left = mend(&mut store, &peer, &found.faults).unwrap();
    assert_eq!(left.len(), 1, "this peer does not have it");
    peer.append(&blocks).unwrap();
    assert_eq!(mend(&mut store, &peer, &found.faults).unwrap(), Vec::new());
    assert_sound(&store);
    assert_eq!(store.block(height(3)).unwrap().as_ref(), Some(&blocks[2]));
}

#[test]
fn a_peer_that_lies_mends_nothing() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 4, 2));
    filled(&place, &blocks);
    let mut store = place.sqlite();
    let mut liar = MemoryHistory::new(genesis());
    let (_, mut other) = chain(&genesis(), 4, 1);
    other[1].seal = Seal::None;
    liar.append(&other).unwrap();
    let fault = ledger::Fault { height: height(2), what: "damaged".to_owned() };
    let left = mend(&mut store, &liar, &[fault]).unwrap();
    assert!(left[0].what.contains("no quorum attests it"), "{left:?}");
    assert_sound(&store);
}

#[test]
fn another_chains_store_is_not_opened() {
    let place = Place::new();
    drop(place.sqlite());
    let error = refused(SqlHistory::sqlite(&place.path("chain.sqlite"), Some(&genesis_of("b"))));
    assert!(matches!(error, HistoryError::WrongChain { .. }), "{error}");
    let none = refused(SqlHistory::sqlite(&place.path("none"), None));
    assert!(none.to_string().contains("there is no store"), "{none}");
    fs::write(place.path("text"), "this is a letter and no store, however long it may be").unwrap();
    let error = refused(SqlHistory::sqlite(&place.path("text"), Some(&genesis())));
    assert!(matches!(error, HistoryError::Corrupt { .. }), "{error:?}");
}
