//! Archives: what they hold, what they refuse, what is restored from them.

use std::fs;

use super::*;
use crate::{Copied, copy, mend};

fn copied(from: &dyn History, to: &mut dyn History) -> Result<Copied, HistoryError> {
    copy(from, to, None, |_| ())
}

#[test]
fn a_restored_chain_is_the_archived_one() {
    let (place, blocks) = (Place::new(), &*LONG);
    let mut store = place.sqlite();
    store.append(&blocks[..10]).unwrap();
    let mut archive = place.archive();
    copied(&store, &mut archive).unwrap();
    // A second export adds what is new.
    store.append(blocks).unwrap();
    let more = copied(&store, &mut archive).unwrap();
    assert_eq!(more.blocks, SEGMENT_BLOCKS as u64 - 5);
    let archive = Archive::open(&place.path("archive"), None).unwrap();
    let ends = archive.manifest().segments.iter().map(|row| row.last.get()).collect::<Vec<_>>();
    assert_eq!(ends, [10, SEGMENT_BLOCKS as u64 + 5]);
    let mut restored = SqlHistory::sqlite(&place.path("restored"), Some(&genesis())).unwrap();
    let all = copied(&archive, &mut restored).unwrap();
    assert_eq!((all.blocks, all.transactions), (blocks.len() as u64, blocks.len() as u64));
    assert!(all.held_blocks_max <= SEGMENT_BLOCKS);
    assert_eq!(restored.tip().unwrap(), store.tip().unwrap());
    assert_sound(&restored);
}

#[test]
fn what_is_pruned_is_proved_from_outline_and_archive() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 20, 2));
    let mut store = place.sqlite();
    store.append(&blocks).unwrap();
    let mut archive = place.archive();
    copied(&store, &mut archive).unwrap();
    store.prune(height(15)).unwrap();
    for (id, _) in blocks[7].transactions() {
        let from_store = store.receipt(&id).unwrap().unwrap();
        let from_archive = archive.receipt(&id).unwrap().unwrap();
        assert_eq!(from_store, from_archive);
        from_archive.verify(&genesis()).unwrap();
    }
    assert_eq!(archive.block(height(8)).unwrap().as_ref(), Some(&blocks[7]));
}

#[test]
fn every_damaged_file_is_refused_by_its_name() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 6, 2));
    let mut archive = place.archive();
    archive.append(&blocks[..3]).unwrap();
    archive.append(&blocks[3..]).unwrap();
    let folder = place.path("archive");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "two segments and a manifest: {files:?}");
    for path in &files {
        let whole = fs::read(path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for spoiled in [&whole[..whole.len() - 1], &whole[..0], &flipped] {
            fs::write(path, spoiled).unwrap();
            let mut target = MemoryHistory::new(genesis());
            let error = Archive::open(&folder, None)
                .and_then(|archive| copied(&archive, &mut target))
                .expect_err("a damaged file");
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(matches!(error, HistoryError::Corrupt { .. }), "{error:?}");
            assert!(error.to_string().contains(name), "{error} does not name {name}");
        }
        fs::remove_file(path).unwrap();
        let mut target = MemoryHistory::new(genesis());
        let gone = Archive::open(&folder, None).and_then(|found| copied(&found, &mut target));
        gone.expect_err("a missing file");
        fs::write(path, &whole).unwrap();
    }
    assert_sound(&Archive::open(&folder, None).unwrap());
}

#[test]
fn an_export_that_was_cut_short_is_done_again() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 6, 2));
    let mut archive = place.archive();
    archive.append(&blocks[..3]).unwrap();
    // As a process leaves it that dies behind its segment and before its manifest.
    let before = fs::read(place.path("archive/manifest")).unwrap();
    archive.append(&blocks[3..]).unwrap();
    fs::write(place.path("archive/manifest"), before).unwrap();
    fs::write(place.path("archive/manifest.new"), b"half").unwrap();
    let mut archive = place.archive();
    assert_eq!(archive.tip().unwrap().height, height(3));
    archive.append(&blocks).unwrap();
    assert_sound(&place.archive());
}

#[test]
fn a_damaged_segment_is_mended_from_a_peer() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 9, 2));
    let mut archive = place.archive();
    for part in blocks.chunks(3) {
        archive.append(part).unwrap();
    }
    let row = archive.manifest().segments[1];
    fs::write(place.path("archive").join(row.name()), b"nothing of it").unwrap();
    let mut archive = place.archive();
    let audit = Auditor::new(genesis(), Lineage::default()).audit(&archive, |_| ()).unwrap();
    let heights: Vec<u64> = audit.faults.iter().map(|fault| fault.height.get()).collect();
    assert_eq!(heights, [4, 5, 6]);
    let mut peer = MemoryHistory::new(genesis());
    peer.append(&blocks).unwrap();
    assert_eq!(mend(&mut archive, &peer, &audit.faults).unwrap(), Vec::new());
    assert_sound(&archive);
    assert_sound(&place.archive());
}

#[test]
fn an_archive_of_lies_is_refused() {
    let place = Place::new();
    let (_, mut blocks) = chain(&genesis(), 4, 1);
    // One attestation too few.
    let Seal::Certificate(certificate) = &mut blocks[2].seal else { unreachable!() };
    certificate.signatures.pop_first();
    let mut archive = place.archive();
    archive.append(&blocks).unwrap();
    let mut target = MemoryHistory::new(genesis());
    let error = refused(copied(&archive, &mut target));
    assert!(
        matches!(error, HistoryError::Unsound { height: at, .. } if at == height(3)),
        "{error}"
    );
    let mut other = MemoryHistory::new(genesis_of("another"));
    let error = refused(copied(&archive, &mut other));
    assert!(matches!(error, HistoryError::WrongChain { .. }), "{error}");
}
