use std::collections::BTreeMap;

use types::{Digest, Prng};

use super::{ByDigest, MAPS, SPLIT};

#[test]
fn many_small_maps_are_one_map() {
    let (mut prng, mut model, mut maps) = (Prng::new(3, 0), BTreeMap::new(), ByDigest::default());
    let mut digests = Vec::new();
    for value in 0..2 * SPLIT {
        let mut bytes = [0; 32];
        prng.fill(&mut bytes);
        let digest = Digest::new(bytes);
        digests.push(digest);
        maps.add(digest, value);
        model.insert(digest, value);
        let other = digests[usize::try_from(prng.below(digests.len() as u64)).unwrap()];
        if prng.chance_ppm(200_000) {
            maps.remove(&other);
            model.remove(&other);
        }
        maps.add(digest, usize::MAX);
        model.entry(digest).or_insert(usize::MAX);
        assert_eq!(maps.get(&other), model.get(&other).copied());
    }
    assert_eq!(maps.0.len(), MAPS, "it has split");
    assert!(digests.iter().all(|digest| maps.get(digest) == model.get(digest).copied()));
}
