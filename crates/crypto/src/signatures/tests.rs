use std::collections::BTreeMap;

use types::Prng;

use super::*;

fn signature(byte: u8) -> Signature {
    Signature([byte; 64])
}

/// Against an ordered map: the same content, order and bytes after any insertions.
#[test]
fn they_behave_like_a_map() {
    let mut prng = Prng::new(1, 1);
    for _ in 0..200 {
        let pairs: Vec<(NodeId, Signature)> = (0..prng.below(12))
            .map(|_| (NodeId::new(prng.below(8) as u16), signature(prng.below(200) as u8)))
            .collect();
        let map: BTreeMap<NodeId, Signature> = pairs.iter().copied().collect();
        let collected: Signatures = pairs.iter().copied().collect();
        let mut inserted = Signatures::new();
        pairs.iter().for_each(|&(signer, signature)| {
            inserted.insert(signer, signature);
        });
        assert_eq!(collected, inserted);
        assert!(collected.iter().eq(map.iter()) && collected.keys().eq(map.keys()));
        assert_eq!(collected.to_bytes(), map.to_bytes());
        assert_eq!(Signatures::from_bytes(&map.to_bytes()), Ok(collected.clone()));
        assert_eq!((collected.len(), collected.is_empty()), (map.len(), map.is_empty()));
        for signer in NodeId::all(8) {
            assert_eq!(collected.get(&signer), map.get(&signer));
        }
    }
}

#[test]
fn changing_a_clone_leaves_the_original_alone() {
    let original =
        Signatures::from([(NodeId::new(1), signature(1)), (NodeId::new(2), signature(2))]);
    let mut changed = original.clone();
    assert_eq!(changed.pop_first(), Some((NodeId::new(1), signature(1))));
    changed.insert(NodeId::new(2), signature(9));
    assert_eq!(original[&NodeId::new(2)], signature(2));
    assert!(original.contains_key(&NodeId::new(1)) && !changed.contains_key(&NodeId::new(1)));
}
