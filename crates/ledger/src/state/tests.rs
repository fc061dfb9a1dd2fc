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
