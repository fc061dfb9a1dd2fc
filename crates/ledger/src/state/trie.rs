//! A binary Merkle trie over key hashes: a leaf stands at the shortest prefix that is its alone, so its shape and
//! root depend on the entries only, never on the order in which they came.

use types::Digest;

use crypto::Hasher;

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
        let path = crypto::hash("unisono-state-key", key);
        let mut hasher = Hasher::new("unisono-state-leaf");
        hasher.update(path.as_bytes());
        hasher.update(value);
        insert(&mut self.root, path, hasher.finish(), 0);
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        remove(&mut self.root, crypto::hash("unisono-state-key", key), 0);
    }

    pub(super) fn root(&mut self) -> Digest {
        rehash(&mut self.root)
    }
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
                let mut hasher = Hasher::new("unisono-state-node");
                hasher.update(rehash(left).as_bytes());
                hasher.update(rehash(right).as_bytes());
                let hash = hasher.finish();
                branch.hash = Some(hash);
                hash
            }
        },
    }
}
