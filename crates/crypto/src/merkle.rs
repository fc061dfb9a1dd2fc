//! RFC 6962 (RFC 9162 section 2.1) Merkle trees: root, inclusion and consistency proofs.
//!
//! Leaves and inner nodes are hashed under different prefixes and nothing is padded, so no two lists of leaves
//! share a root (against CVE-2012-2459).

use types::Digest;

use crate::sha256;

mod tree;
pub use tree::Tree;

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Digest {
    sha256(&[&[0], bytes])
}

/// The hash of two subtrees.
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    // In one piece: the hasher's own buffer costs a fifth of the two blocks that are hashed.
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    sha256(&[&bytes])
}

/// The root over leaf hashes; the hash of nothing for an empty list.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The path that proves that leaf `index` is in the tree over `leaves` (RFC 6962 section 2.1.1).
///
/// Empty where `index` is beyond the end.
#[must_use]
pub fn inclusion_path(leaves: &[Digest], index: usize) -> Vec<Digest> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let mut path;
    if index < middle {
        path = inclusion_path(left, index);
        path.push(root(right));
    } else {
        path = inclusion_path(right, index - middle);
        path.push(root(left));
    }
    path
}

/// The root that `path` leads to from leaf `index` of a tree of `size` leaves, where the path has just the right
/// length (RFC 9162 section 2.1.3.2).
#[must_use]
pub fn root_of_inclusion(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut index, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if index & 1 == 1 || index == last {
            hash = node(sibling, &hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The path that proves that the tree over the first `old` leaves is a prefix of the tree over all of them
/// (RFC 6962 section 2.1.2).
#[must_use]
pub fn consistency_path(leaves: &[Digest], old: usize) -> Vec<Digest> {
    if old == 0 || old >= leaves.len() {
        return Vec::new();
    }
    subproof(leaves, old, true)
}

fn subproof(leaves: &[Digest], old: usize, whole: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let mut path;
    if old <= middle {
        path = subproof(left, old, whole);
        path.push(root(right));
    } else {
        path = subproof(right, old - middle, false);
        path.push(root(left));
    }
    path
}

/// Whether `path` proves that the tree with `old_root` over `old` leaves is a prefix of the tree with `new_root`
/// over `new` leaves (RFC 9162 section 2.1.4.2).
#[must_use]
pub fn is_consistent(
    old: u64,
    new: u64,
    old_root: Digest,
    new_root: Digest,
    path: &[Digest],
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty();
    }
    let (mut index, mut last) = (old - 1, new - 1);
    while index & 1 == 1 {
        index >>= 1;
        last >>= 1;
    }
    let mut path = path.iter();
    let first = if index == 0 { Some(&old_root) } else { path.next() };
    let Some(&first) = first else { return false };
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            old_hash = node(sibling, &old_hash);
            new_hash = node(sibling, &new_hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node(&new_hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old_root && new_hash == new_root
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: usize) -> usize {
    1 << (usize::BITS - 1 - (length - 1).leading_zeros())
}

#[cfg(test)]
mod tests;
