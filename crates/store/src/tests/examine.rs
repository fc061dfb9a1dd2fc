use ledger::BlockCertificate;
use types::Height;

use super::*;

#[test]
fn papers_are_read_without_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let (store, loaded) = Store::open(&options(folder.path())).unwrap();
    let batch = batch(1, 2);
    let block = block(None, &batch);
    let certificate = BlockCertificate {
        height: Height::new(1),
        block: block.header.hash(),
        signatures: Signatures::default(),
    };
    let ops = [
        Op::CoreAppend(vec![1, 2, 3]),
        Op::Batch(batch),
        Op::Block(block.clone()),
        Op::Certificate(certificate.clone()),
    ];
    store.commit(&ops).unwrap();
    let db = folder.path().join("db");
    assert!(matches!(Papers::open(&db, chain(1)), Err(StoreError::Locked { .. })));
    drop(store);
    let papers = Papers::open(&db, chain(1)).unwrap();
    assert_eq!(papers.core_log(), [vec![1, 2, 3]]);
    assert_eq!(papers.tip(), Height::new(1));
    assert_eq!(papers.block(Height::new(1)).unwrap().as_ref(), Some(&*block));
    assert_eq!(papers.certificate(Height::new(1)).unwrap(), Some(certificate));
    assert_eq!(papers.block(Height::new(2)).unwrap(), None);
    drop(papers);
    assert!(matches!(Papers::open(&db, chain(2)), Err(StoreError::WrongChain { .. })));
    let (_, again) = Store::open(&options(folder.path())).unwrap();
    assert_eq!((again.generation, again.vote_loss), (loaded.generation + 1, None));
}

#[test]
fn a_folder_without_a_store_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Papers::open(folder.path(), chain(1)), Err(StoreError::Io(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
