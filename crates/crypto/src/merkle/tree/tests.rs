//! The kept tree against the list functions, which the published vectors check.

use proptest::prelude::*;
use types::{Digest, Prng};

use super::Tree;
use crate::merkle::{
    consistency_path, inclusion_path, is_consistent, leaf, root, root_of_inclusion,
};

fn leaves(count: usize, seed: u64) -> Vec<Digest> {
    let mut prng = Prng::new(seed, 0);
    (0..count).map(|_| leaf(&prng.next_u64().to_le_bytes())).collect()
}

#[test]
fn a_tree_grown_leaf_by_leaf_is_the_tree_over_all_of_them() {
    let all = leaves(130, 1);
    let mut grown = Tree::new();
    assert_eq!(grown.root(), root(&[]));
    for length in 1..=all.len() {
        grown.push(all[length - 1]);
        assert_eq!(grown, Tree::of(all[..length].to_vec()), "{length} leaves");
        assert_eq!(grown.root(), root(&all[..length]), "{length} leaves");
    }
}

#[test]
fn a_tree_cut_short_is_the_tree_over_the_rest() {
    let all = leaves(70, 2);
    for length in 0..=all.len() {
        let mut cut = Tree::of(all.clone());
        cut.truncate(length);
        assert_eq!(cut, Tree::of(all[..length].to_vec()), "cut to {length}");
        cut.push(all[0]);
        assert_eq!(cut.root(), root(&[&all[..length], &all[..1]].concat()), "grown from {length}");
    }
}

#[test]
fn kept_paths_are_those_of_the_list() {
    for count in 1..70 {
        let (all, tree) = (leaves(count, 3), Tree::of(leaves(count, 3)));
        for index in 0..count {
            assert_eq!(
                tree.inclusion_path(index),
                inclusion_path(&all, index),
                "{index} of {count}"
            );
        }
        assert_eq!(tree.inclusion_path(count), []);
        for new in 0..=count {
            assert_eq!(tree.root_at(new), Some(root(&all[..new])));
            for old in 0..=new {
                let kept = tree.consistency_path(old, new);
                assert_eq!(
                    kept,
                    Some(consistency_path(&all[..new], old)),
                    "{old} to {new} of {count}"
                );
            }
        }
        assert_eq!((tree.root_at(count + 1), tree.consistency_path(1, count + 1)), (None, None));
    }
}

proptest! {
    #[test]
    fn heads_of_a_growing_tree_are_consistent(sizes in prop::collection::vec(1_usize..40, 1..8), seed: u64) {
        let all = leaves(sizes.iter().sum(), seed);
        let (mut tree, mut heads) = (Tree::new(), vec![]);
        for leaf in &all {
            tree.push(*leaf);
            heads.push(tree.root());
        }
        let mut old = 0;
        for size in sizes {
            let new = old + size;
            if old > 0 {
                let path = tree.consistency_path(old, new).unwrap();
                prop_assert!(is_consistent(old as u64, new as u64, heads[old - 1], heads[new - 1], &path));
                prop_assert!(!is_consistent(old as u64, new as u64, heads[new - 1], heads[old - 1], &path));
            }
            let path = tree.inclusion_path(old);
            let led = root_of_inclusion(all[old], old as u64, all.len() as u64, &path);
            prop_assert_eq!(led, Some(tree.root()));
            old = new;
        }
    }
}

#[test]
fn a_path_under_an_earlier_size_is_that_of_the_tree_as_it_was() {
    let (all, tree) = (leaves(45, 4), Tree::of(leaves(45, 4)));
    for size in 0..=all.len() {
        for index in 0..size {
            let path = tree.inclusion_path_at(index, size);
            assert_eq!(path, Some(inclusion_path(&all[..size], index)), "{index} of {size}");
        }
        assert_eq!(tree.inclusion_path_at(size, size), None);
    }
    assert_eq!(tree.inclusion_path_at(0, all.len() + 1), None);
}
