//! RFC 6962 vectors, and the properties that proofs promise.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;
use serde_json::Value;
use types::{Digest, Prng};

use super::{consistency_path, inclusion_path, is_consistent, leaf, node, root, root_of_inclusion};
use crate::sha256;

const VECTORS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/rfc6962_merkle/");

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let nested =
        paths.into_iter().map(|path| if path.is_dir() { files(&path) } else { vec![path] });
    nested.flatten().collect()
}

fn vectors(kind: &str) -> Vec<(String, Value)> {
    let paths = files(Path::new(&format!("{VECTORS}{kind}")));
    if paths.is_empty() {
        println!("skipped: no shared/vectors/rfc6962_merkle/{kind} beside the checkout");
    }
    let read = |path: PathBuf| {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        (format!("{}: {}", path.display(), case["desc"]), case)
    };
    paths.into_iter().map(read).collect()
}

/// `None` for what is no digest at all, which our types refuse before any proof is looked at.
fn digest(value: &Value) -> Option<Digest> {
    let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
    Some(Digest::new(bytes.try_into().ok()?))
}

fn proof(value: &Value) -> Option<Vec<Digest>> {
    if value.is_null() {
        return Some(Vec::new());
    }
    value.as_array().unwrap().iter().map(digest).collect()
}

#[test]
fn inclusion_vectors() {
    let cases = vectors("inclusion");
    assert!(cases.is_empty() || cases.len() >= 49, "only {} cases", cases.len());
    for (name, case) in cases {
        let holds = (|| {
            let (index, size) = (case["leafIdx"].as_u64()?, case["treeSize"].as_u64()?);
            let (leaf, path) = (digest(&case["leafHash"])?, proof(&case["proof"])?);
            Some(root_of_inclusion(leaf, index, size, &path)? == digest(&case["root"])?)
        })();
        assert_eq!(holds == Some(true), case["wantErr"] == false, "{name}");
    }
}

#[test]
fn consistency_vectors() {
    let cases = vectors("consistency");
    assert!(cases.is_empty() || cases.len() >= 49, "only {} cases", cases.len());
    for (name, case) in cases {
        let holds = (|| {
            let (old, new) = (case["size1"].as_u64()?, case["size2"].as_u64()?);
            let (old_root, new_root) = (digest(&case["root1"])?, digest(&case["root2"])?);
            Some(is_consistent(old, new, old_root, new_root, &proof(&case["proof"])?))
        })();
        assert_eq!(holds == Some(true), case["wantErr"] == false, "{name}");
    }
}

fn leaves(count: usize, seed: u64) -> Vec<Digest> {
    let mut prng = Prng::new(seed, 0);
    (0..count).map(|_| leaf(&prng.next_u64().to_le_bytes())).collect()
}

/// RFC 6962 section 2.1, word by word.
fn naive_root(leaves: &[Digest]) -> Digest {
    match leaves.len() {
        0 => sha256(&[]),
        1 => leaves[0],
        n => {
            let mut k = 1;
            while k * 2 < n {
                k *= 2;
            }
            node(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

#[test]
fn known_roots() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root(&[]).to_string(), empty);
    let leaf_of_nothing = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(root(&[leaf(&[])]).to_string(), leaf_of_nothing);
}

/// CVE-2012-2459: a tree that pads by repeating its last leaf gives two blocks one root.
#[test]
fn a_repeated_last_leaf_changes_the_root() {
    for count in 1..40 {
        let mut all = leaves(count, 1);
        let once = root(&all);
        for repeats in 1..=count {
            all.push(all[count - 1]);
            assert_ne!(root(&all), once, "{count} leaves, the last {repeats} times more");
        }
    }
}

#[test]
fn a_leaf_is_never_an_inner_node() {
    let (left, right) = (leaf(b"a"), leaf(b"b"));
    let inner = [left.as_bytes().as_slice(), right.as_bytes()].concat();
    assert_ne!(leaf(&inner), node(&left, &right));
}

fn flip(digest: Digest, bit: usize) -> Digest {
    let mut bytes = *digest.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Digest::new(bytes)
}

proptest! {
    #[test]
    fn every_leaf_proves_and_nothing_else_does(
        count in 1_usize..70, seed: u64, at: prop::sample::Index, bit in 0_usize..256,
    ) {
        let all = leaves(count, seed);
        let whole = root(&all);
        prop_assert_eq!(whole, naive_root(&all));
        let size = count as u64;
        for (index, &one) in all.iter().enumerate() {
            let path = inclusion_path(&all, index);
            prop_assert_eq!(root_of_inclusion(one, index as u64, size, &path), Some(whole));
        }

        let index = at.index(count);
        let (place, path) = (index as u64, inclusion_path(&all, index));
        let fails = |leaf, place, size, path: &[Digest]| {
            root_of_inclusion(leaf, place, size, path) != Some(whole)
        };
        prop_assert!(fails(flip(all[index], bit), place, size, &path), "another leaf");
        for sibling in 0..path.len() {
            let mut changed = path.clone();
            changed[sibling] = flip(changed[sibling], bit);
            prop_assert!(fails(all[index], place, size, &changed), "another sibling");
            let mut shorter = path.clone();
            shorter.remove(sibling);
            prop_assert!(fails(all[index], place, size, &shorter), "one sibling less");
        }
        for at in 0..=path.len() {
            let mut longer = path.clone();
            longer.insert(at, whole);
            prop_assert!(fails(all[index], place, size, &longer), "one sibling more");
        }
        for other in (0..count as u64).filter(|&other| other != place) {
            prop_assert!(fails(all[index], other, size, &path), "another index");
        }
        prop_assert!(fails(all[index], place, 0, &path) && fails(all[index], size, size, &path));
        prop_assert!(fails(all[index], u64::MAX, u64::MAX, &path));
    }

    #[test]
    fn every_prefix_is_consistent_and_nothing_else_is(
        count in 1_usize..70, seed: u64, at: prop::sample::Index, bit in 0_usize..256,
    ) {
        let all = leaves(count, seed);
        let (size, whole) = (count as u64, root(&all));
        for old in 0..=count {
            let path = consistency_path(&all, old);
            prop_assert!(is_consistent(old as u64, size, root(&all[..old]), whole, &path));
        }

        let old = at.index(count) + 1;
        let (size_old, root_old, path) = (old as u64, root(&all[..old]), consistency_path(&all, old));
        prop_assert!(!is_consistent(size_old, size, flip(root_old, bit), whole, &path));
        prop_assert!(!is_consistent(size_old, size, root_old, flip(whole, bit), &path));
        for sibling in 0..path.len() {
            let mut changed = path.clone();
            changed[sibling] = flip(changed[sibling], bit);
            prop_assert!(!is_consistent(size_old, size, root_old, whole, &changed));
        }
        let longer = [path.as_slice(), &[whole]].concat();
        prop_assert!(!is_consistent(size_old, size, root_old, whole, &longer));
        if let Some((_, shorter)) = path.split_last() {
            prop_assert!(!is_consistent(size_old, size, root_old, whole, shorter));
        }
        prop_assert!(!is_consistent(size + 1, size, root_old, whole, &path));
    }

    /// The size is not under the root, so a proof may also hold in a tree of another size with the same path;
    /// what it can never do is lead to the root from a leaf that is not there.
    #[test]
    fn another_size_never_admits_another_leaf(
        count in 1_usize..70, other in 1_u64..140, index in 0_u64..140, seed: u64,
    ) {
        let all = leaves(count, seed);
        let stranger = leaf(b"stranger");
        for at in 0..count {
            let path = inclusion_path(&all, at);
            prop_assert_ne!(root_of_inclusion(stranger, index, other, &path), Some(root(&all)));
        }
    }
}
