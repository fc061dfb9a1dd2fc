//! A binary Merkle trie over key hashes: a leaf stands at the shortest prefix that is its alone, so its shape and
//! root depend on the entries only, never on the order in which they came.

use codec::Bytes;
use crypto::Hasher;
use types::Digest;

use super::StatePath;

/// The trie; hashes are recomputed only below what changed.
#[derive(Clone, Default, Debug)]
pub(super) struct Trie {
    root: Node,
}

#[derive(Clone, Default, Debug)]
enum Node {
    #[default]
    Empty,
    Leaf {
        path: Digest,
        hash: Digest,
    },
    Branch(Box<Branch>),
}

#[derive(Clone, Debug)]
struct Branch {
    hash: Option<Digest>,
    children: [Node; 2],
}

impl Trie {
    pub(super) fn set(&mut self, key: &[u8], value: &[u8]) {
        let path = path_of(key);
        insert(&mut self.root, path, leaf_hash(&path, value), 0);
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        remove(&mut self.root, path_of(key), 0);
    }

    pub(super) fn root(&mut self) -> Digest {
        rehash(&mut self.root)
    }

    /// The way to a key's place. `value_of` looks up the value of a key by its hash, for a key in another's place.
    pub(super) fn prove(
        &self,
        key: &[u8],
        value_of: impl Fn(&Digest) -> Option<Bytes>,
    ) -> StatePath {
        let (path, mut node) = (path_of(key), &self.root);
        let mut siblings = Vec::new();
        loop {
            match node {
                Node::Empty => return StatePath { siblings, neighbour: None },
                Node::Leaf { path: found, .. } if *found == path => {
                    return StatePath { siblings, neighbour: None };
                }
                Node::Leaf { path: found, .. } => {
                    let neighbour = value_of(found).map(|value| (*found, value));
                    return StatePath { siblings, neighbour };
                }
                Node::Branch(branch) => {
                    let side = bit(&path, siblings.len());
                    siblings.push(peek(&branch.children[1 - side]));
                    node = &branch.children[side];
                }
            }
        }
    }
}

/// Where a key's leaf stands.
pub(super) fn path_of(key: &[u8]) -> Digest {
    crypto::hash("unisono-state-key", key)
}

/// The hash of a leaf.
pub(super) fn leaf_hash(path: &Digest, value: &[u8]) -> Digest {
    let mut hasher = Hasher::new("unisono-state-leaf");
    hasher.update(path.as_bytes());
    hasher.update(value);
    hasher.finish()
}

/// The hash of two subtrees.
pub(super) fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new("unisono-state-node");
    hasher.update(left.as_bytes());
    hasher.update(right.as_bytes());
    hasher.finish()
}

fn bit(path: &Digest, depth: usize) -> usize {
    usize::from(path.as_bytes()[depth / 8] >> (7 - depth % 8) & 1)
}

fn insert(node: &mut Node, path: Digest, hash: Digest, depth: usize) {
    match node {
        Node::Empty => *node = Node::Leaf { path, hash },
        Node::Leaf { path: old, .. } if *old == path => *node = Node::Leaf { path, hash },
        Node::Leaf { path: old, .. } => {
            let side = bit(old, depth);
            let mut children = [Node::Empty, Node::Empty];
            children[side] = std::mem::take(node);
            insert(&mut children[bit(&path, depth)], path, hash, depth + 1);
            *node = Node::Branch(Box::new(Branch { hash: None, children }));
        }
        Node::Branch(branch) => {
            branch.hash = None;
            insert(&mut branch.children[bit(&path, depth)], path, hash, depth + 1);
        }
    }
}

fn remove(node: &mut Node, path: Digest, depth: usize) {
    match node {
        Node::Empty => {}
        Node::Leaf { path: old, .. } => {
            if *old == path {
                *node = Node::Empty;
            }
        }
        Node::Branch(branch) => {
            branch.hash = None;
            remove(&mut branch.children[bit(&path, depth)], path, depth + 1);
            // A leaf alone below a branch moves up to its shortest prefix again.
            let lone = match &mut branch.children {
                [leaf @ Node::Leaf { .. }, Node::Empty]
                | [Node::Empty, leaf @ Node::Leaf { .. }] => std::mem::take(leaf),
                [Node::Empty | Node::Leaf { .. } | Node::Branch(_), _] => return,
            };
            *node = lone;
        }
    }
}

fn rehash(node: &mut Node) -> Digest {
    match node {
        Node::Empty => Digest::ZERO,
        Node::Leaf { hash, .. } => *hash,
        Node::Branch(branch) => match branch.hash {
            Some(hash) => hash,
            None => {
                let [left, right] = &mut branch.children;
                let hash = node_hash(&rehash(left), &rehash(right));
                branch.hash = Some(hash);
                hash
            }
        },
    }
}

/// As [`rehash`], and leaves what it finds as it is.
fn peek(node: &Node) -> Digest {
    match node {
        Node::Empty => Digest::ZERO,
        Node::Leaf { hash, .. } => *hash,
        Node::Branch(branch) => branch.hash.unwrap_or_else(|| {
            let [left, right] = &branch.children;
            node_hash(&peek(left), &peek(right))
        }),
    }
}
