use codec::Bytes;
use types::{Digest, Prng};

use super::StatePath;
use crate::StateTree;

fn tree(count: u64) -> StateTree {
    let mut tree = StateTree::default();
    (0..count)
        .for_each(|key| tree.set(key.to_le_bytes().to_vec(), (key * 3).to_le_bytes().to_vec()));
    tree
}

#[test]
fn every_entry_and_every_absence_is_provable_and_nothing_else_is() {
    for count in [0, 1, 2, 3, 17, 300] {
        let mut tree = tree(count);
        let root = tree.root();
        for key in 0..count + 20 {
            let key = key.to_le_bytes();
            let path = tree.prove(&key);
            let value = tree.get(&key);
            assert_eq!(path.root(&key, value), Some(root));
            assert_ne!(path.root(&key, Some(b"another value")), Some(root));
            if value.is_some() {
                assert_ne!(path.root(&key, None), Some(root), "a present key is not absent");
            }
        }
    }
}

#[test]
fn a_spoilt_path_leads_elsewhere() {
    let mut tree = tree(50);
    let root = tree.root();
    let mut prng = Prng::new(9, 0);
    for _ in 0..200 {
        let key = prng.below(60).to_le_bytes();
        let honest = tree.prove(&key);
        let mut spoilt = honest.clone();
        let at = usize::try_from(prng.below(honest.siblings.len() as u64)).unwrap();
        match prng.below(4) {
            0 => spoilt.siblings[at] = Digest::new([7; 32]),
            1 => drop(spoilt.siblings.remove(at)),
            2 => spoilt.siblings.insert(at, Digest::ZERO),
            _ => spoilt.neighbour = Some((Digest::new([1; 32]), Bytes(b"x".to_vec()))),
        }
        assert_ne!(spoilt.root(&key, tree.get(&key)), Some(root));
    }
}

#[test]
fn a_present_key_is_not_hidden_behind_its_own_leaf_or_a_long_path() {
    let mut tree = tree(50);
    let root = tree.root();
    let key = 5_u64.to_le_bytes();
    let mut hidden = tree.prove(&key);
    hidden.neighbour = Some((super::path_of(&key), Bytes(tree.get(&key).unwrap().to_vec())));
    assert_ne!(hidden.root(&key, None), Some(root));
    let long = StatePath { siblings: vec![Digest::ZERO; 257], neighbour: None };
    assert_eq!(long.root(&key, None), None);
}
