use ledger::AppId;
use types::Height;

use super::*;

#[test]
fn what_was_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert_eq!((loaded.generation, loaded.vote_loss), (1, None));
    assert!(loaded.core_log.is_empty() && loaded.entries.is_empty() && loaded.batches.is_empty());
    let blocks = fill(&store, 5, 3);
    let waiting = batch(99, 2);
    store.commit(&[Op::Batch(waiting.clone())]).unwrap();
    drop(store);

    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert_eq!((loaded.generation, loaded.vote_loss), (2, None));
    assert_eq!(loaded.core_log.len(), 5);
    assert_eq!(loaded.last_blocks.len(), 5);
    assert_eq!(loaded.batches, vec![waiting]);
    assert_eq!(loaded.certificate, Some(certificate(&blocks[4])));
    let last = loaded.entries.iter().find(|(_, key, _)| key == b"last").unwrap();
    assert_eq!((last.0, last.2.clone()), (AppId(1), 5u64.to_be_bytes().to_vec()));
    assert_eq!(loaded.entries.len(), 6);
    assert_eq!(store.block(Height::new(3)).unwrap().as_ref(), Some(blocks[2].as_ref()));
    let id = blocks[3].records[2].id;
    assert_eq!(store.locate(&id).unwrap(), Some((Height::new(4), 2)));
    assert_eq!(store.transaction(&id).unwrap().unwrap().id(), id);
    assert_eq!(store.locate(&types::Digest::ZERO).unwrap(), None);
    let served = store.certified_blocks(Height::new(2), usize::MAX, 100).unwrap();
    assert_eq!(served.len(), 4);
}

#[test]
fn a_replaced_log_holds_only_the_new_records() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    let old: Vec<Op> = (0..10u8).map(|byte| Op::CoreAppend(vec![byte])).collect();
    store.commit(&old).unwrap();
    store.commit(&[Op::CoreReplace(vec![vec![20], vec![21]]), Op::CoreAppend(vec![22])]).unwrap();
    drop(store);
    let (_store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert_eq!(loaded.core_log, [[20], [21], [22]]);
}

#[test]
fn state_and_places_survive_their_lazy_writing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    // More transactions than one run holds, and more blocks than the state may wait.
    let blocks = fill(&store, 300, 250);
    let find = |store: &Store| {
        for number in [0usize, 150, 299] {
            let height = Height::new(number as u64 + 1);
            let place = store.locate(&blocks[number].records[249].id).unwrap();
            assert_eq!(place, Some((height, 249)));
        }
    };
    find(&store);
    drop(store);
    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    find(&store);
    assert_eq!(loaded.entries.len(), 301);
    store.commit(&[Op::ResetLedger { attested: Height::new(300) }]).unwrap();
    assert_eq!(store.block(Height::new(1)).unwrap(), None);
    drop(store);
    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert!(loaded.entries.is_empty() && loaded.last_blocks.is_empty());
    assert_eq!((loaded.core_log.len(), loaded.attested), (300, Height::new(300)));
    assert_eq!(store.locate(&blocks[0].records[0].id).unwrap(), None);
}

#[test]
fn a_store_of_another_chain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(&options(folder.path())).unwrap());
    let other = StoreOptions { chain: chain(2), ..options(folder.path()) };
    assert!(matches!(Store::open(&other), Err(StoreError::WrongChain { .. })));
}

#[test]
fn a_store_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _open = Store::open(&options(folder.path())).unwrap();
    assert!(matches!(Store::open(&options(folder.path())), Err(StoreError::Locked { .. })));
}

#[test]
fn a_full_or_failing_disk_is_told_apart_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    fill(&store, 2, 1);
    store.inject(Some(Fault::Full));
    assert!(store.commit(&[Op::CoreAppend(vec![1])]).unwrap_err().is_full());
    assert!(store.has_failed());
    assert!(store.block(Height::new(2)).unwrap().is_some());
    store.inject(Some(Fault::Io));
    assert!(matches!(store.commit(&[Op::CoreAppend(vec![1])]), Err(StoreError::Io(_))));
    drop(store);
    let (_store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert_eq!(loaded.core_log.len(), 2);
    assert_eq!(loaded.vote_loss, None);
}

#[test]
fn large_batches_survive_beside_the_database_and_damage_to_them_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(&options(folder.path())).unwrap();
    let batches = [batch(1, 1_000), batch(2, 3), batch(3, 900), batch(4, 120)];
    store.commit(&[Op::Batch(batches[0].clone()), Op::Batch(batches[1].clone())]).unwrap();
    store.commit(&[Op::Batch(batches[2].clone()), Op::Batch(batches[3].clone())]).unwrap();
    drop(store);
    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    assert_eq!(loaded.batches, batches);
    // A later run goes on in a file of its own.
    let later = batch(5, 500);
    store.commit(&[Op::Batch(later.clone())]).unwrap();
    assert_eq!(store.batch(&later.digest()).unwrap().unwrap(), *later);
    let first = folder.path().join("db/batches/00000000.seg");
    let mut bytes = std::fs::read(&first).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&first, &bytes).unwrap();
    assert!(matches!(store.batch(&batches[0].digest()), Err(StoreError::Corrupt { .. })));
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&first, &bytes).unwrap();
    assert!(matches!(store.batch(&batches[3].digest()), Err(StoreError::Corrupt { .. })));
    std::fs::remove_file(&first).unwrap();
    assert!(matches!(store.batch(&batches[2].digest()), Err(StoreError::Corrupt { .. })));
    drop(store);
    assert!(matches!(Store::open(&options(folder.path())), Err(StoreError::Corrupt { .. })));
}
