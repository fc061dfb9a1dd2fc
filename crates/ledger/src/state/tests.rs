use std::collections::BTreeMap;

use types::Prng;

use super::StateTree;

#[test]
fn the_root_depends_on_the_entries_alone() {
    let mut prng = Prng::new(3, 1);
    let (mut tree, mut model) = (StateTree::default(), BTreeMap::new());
    for step in 0..2_000_u64 {
        let key = prng.below(300).to_le_bytes().to_vec();
        if prng.chance_ppm(300_000) {
            tree.remove(&key);
            model.remove(&key);
        } else {
            tree.set(key.clone(), step.to_le_bytes().to_vec());
            model.insert(key, step.to_le_bytes().to_vec());
        }
        if step % 97 == 0 {
            assert_eq!(tree.root(), StateTree::from_entries(model.clone()).root());
        }
    }
    assert_eq!(tree.len(), model.len());
    let before = tree.root();
    let (key, value) = model.pop_first().unwrap();
    tree.set(key.clone(), [value.clone(), vec![0]].concat());
    assert_ne!(tree.root(), before);
    tree.set(key, value);
    assert_eq!(tree.root(), before);
}

#[test]
fn changes_bring_a_copy_to_the_same_root() {
    let (mut tree, mut copy) = (StateTree::default(), StateTree::default());
    for round in 0..20_u8 {
        for key in 0..10_u8 {
            tree.set(vec![key, round % 3], vec![round]);
        }
        tree.remove(&[round % 10, 0]);
        for change in tree.take_changes(crate::AppId(1)) {
            copy.apply(&change);
        }
        assert_eq!(tree.root(), copy.root());
        assert!(copy.take_changes(crate::AppId(1)).is_empty());
    }
}

/// A trial that is undone leaves entries, root and the list of changes as they were; one that is kept, as if there had
/// been none.
#[test]
fn a_trial_is_undone_whole_or_kept_whole() {
    let mut prng = Prng::new(5, 1);
    let (mut tried, mut plain) = (StateTree::default(), StateTree::default());
    for round in 0..200_u64 {
        let is_kept = prng.chance_ppm(500_000);
        tried.begin_trial();
        for step in 0..prng.below(12) {
            let key = prng.below(20).to_le_bytes().to_vec();
            let is_gone = prng.chance_ppm(300_000);
            for tree in std::iter::once(&mut tried).chain(is_kept.then_some(&mut plain)) {
                match is_gone {
                    true => tree.remove(&key),
                    false => tree.set(key.clone(), (round * 100 + step).to_le_bytes().to_vec()),
                }
            }
        }
        if is_kept {
            tried.keep_trial()
        } else {
            tried.undo_trial()
        }
        assert_eq!(tried.root(), plain.root());
        assert!(tried.range(&[]).eq(plain.range(&[])));
        if round % 7 == 0 {
            let app = crate::AppId(1);
            assert_eq!(tried.take_changes(app), plain.take_changes(app));
        }
    }
}
