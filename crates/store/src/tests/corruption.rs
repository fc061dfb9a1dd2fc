use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// All files of the database, with their bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}

struct Kept {
    folder: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(&options(folder.path())).unwrap();
        fill(&store, 12, 2);
        store.sync().unwrap();
        drop(store);
        let files = files(folder.path());
        Self { folder, files }
    }

    fn restore(&self) {
        fs::remove_dir_all(self.folder.path().join("db")).unwrap();
        for (path, bytes) in &self.files {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }

    /// The journal, and where its content ends (the rest is preallocated zeros).
    fn journal(&self) -> (&Path, usize) {
        let is_journal = |path: &Path| path.extension().is_some_and(|kind| kind == "jnl");
        let (path, bytes) = self.files.iter().find(|(path, _)| is_journal(path)).unwrap();
        (path, bytes.iter().rposition(|&byte| byte != 0).unwrap() + 1)
    }

    /// Opens what is left: a prefix of what was written, or a clear error.
    fn judge(&self, what: &str) -> Result<Loaded, StoreError> {
        let opened = Store::open(&options(self.folder.path()));
        let (store, loaded) = opened?;
        let heights = loaded.last_blocks.len() as u64;
        for height in 1..=heights {
            match store.block(types::Height::new(height)) {
                Ok(block) => assert!(block.is_some(), "{what}: block {height} of {heights}"),
                Err(error) => return Err(error),
            }
        }
        assert!(heights <= 12, "{what}");
        Ok(loaded)
    }
}

#[test]
fn a_journal_cut_short_recovers_to_a_prefix_that_may_not_vote() {
    let kept = Kept::new();
    let (journal, end) = kept.journal();
    for cut in [1usize, 2, 7, 31, 100, 512, 1_000, 2_048, 4_096] {
        kept.restore();
        let file = fs::OpenOptions::new().write(true).open(journal).unwrap();
        file.set_len((end - cut) as u64).unwrap();
        drop(file);
        match kept.judge(&format!("cut by {cut}")) {
            // Everything here was synced, so what is missing was promised.
            Ok(loaded) => {
                if loaded.last_blocks.len() < 12 || loaded.core_log.len() < 12 {
                    assert!(
                        matches!(loaded.vote_loss, Some(VoteLoss::StoreOlder { missing }) if missing > 0),
                        "cut by {cut}: {:?}",
                        loaded.vote_loss
                    );
                }
            }
            Err(error) => assert!(matches!(error, StoreError::Corrupt { .. }), "{cut}: {error}"),
        }
    }
}

#[test]
fn bytes_that_were_never_synced_are_a_torn_tail() {
    let kept = Kept::new();
    let (journal, end) = kept.journal();
    for garbage in [&[1u8][..], &[1, 2, 3, 4, 5], &[0xff; 300]] {
        kept.restore();
        let mut bytes = fs::read(journal).unwrap();
        bytes.truncate(end);
        bytes.extend_from_slice(garbage);
        fs::write(journal, bytes).unwrap();
        let loaded = kept.judge("a torn tail").unwrap();
        assert_eq!((loaded.last_blocks.len(), loaded.vote_loss), (12, None));
    }
}

#[test]
fn a_flipped_byte_anywhere_is_refused_or_costs_the_vote() {
    let kept = Kept::new();
    let mut prng = types::Prng::new(5, 5);
    let (journal, end) = kept.journal();
    for _ in 0..60 {
        kept.restore();
        let at = usize::try_from(prng.next_u64() % end as u64).unwrap();
        flip(journal, at);
        expect_no_silent_loss(kept.judge(&format!("journal byte {at}")), at);
    }
    let others: Vec<&PathBuf> = kept
        .files
        .iter()
        .filter(|(path, bytes)| path != journal && !bytes.is_empty())
        .map(|(path, _)| path)
        .collect();
    for path in others {
        let length = fs::metadata(path).map_or(1, |meta| meta.len());
        kept.restore();
        let at = usize::try_from(prng.next_u64() % length).unwrap();
        flip(path, at);
        expect_no_silent_loss(kept.judge(&format!("{} byte {at}", path.display())), at);
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x40;
    fs::write(path, bytes).unwrap();
}

fn expect_no_silent_loss(judged: Result<Loaded, StoreError>, at: usize) {
    match judged {
        Ok(loaded) if loaded.vote_loss.is_none() => {
            assert_eq!((loaded.last_blocks.len(), loaded.core_log.len()), (12, 12), "byte {at}");
        }
        // Less than was synced, and it knows.
        Ok(_) => {}
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty());
        }
    }
}
