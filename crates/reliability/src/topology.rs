//! Which nodes hear each other directly, and by which ways else.

use crate::{Error, MATRIX_MAX};

/// How nodes are connected. A message between nodes that are no neighbours is carried on by those between them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Topology {
    /// Everybody hears everybody.
    Full,
    /// Node i hears i-1 and i+1. A message to a node further away goes both ways round; either is enough.
    Ring,
    /// All messages pass node 0.
    Star,
    /// Node j's parent is (j-1) div arity; messages take the only way.
    Tree {
        /// Most children of a node.
        arity: usize,
    },
    /// Any undirected graph; messages take a shortest way.
    Graph {
        /// The pairs of neighbours.
        edges: Vec<(usize, usize)>,
    },
}

impl Topology {
    /// The topology with this name; a tree needs an arity.
    ///
    /// # Errors
    /// Where no topology has that name, or no tree has that arity.
    pub fn named(name: &str, arity: usize) -> Result<Self, Error> {
        match name {
            "full" => Ok(Self::Full),
            "ring" => Ok(Self::Ring),
            "star" => Ok(Self::Star),
            "tree" if (1..=MATRIX_MAX).contains(&arity) => Ok(Self::Tree { arity }),
            "tree" => Err(Error::Arity { given: arity, max: MATRIX_MAX }),
            _ => Err(Error::Topology { given: name.to_owned() }),
        }
    }
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Ring => "ring",
            Self::Star => "star",
            Self::Tree { .. } => "tree",
            Self::Graph { .. } => "graph",
        }
    }
}

/// The edges of a tree.
pub(crate) fn tree(n: usize, arity: usize) -> Vec<(usize, usize)> {
    (1..n).map(|child| ((child - 1) / arity.max(1), child)).collect()
}

/// The hops between all pairs by shortest ways, row by row; `None` where there is no way.
pub(crate) fn hops(n: usize, edges: &[(usize, usize)]) -> Vec<Option<usize>> {
    let mut neighbours = vec![Vec::new(); n];
    for &(a, b) in edges.iter().filter(|&&(a, b)| a < n && b < n) {
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    let mut all = vec![None; n * n];
    for start in 0..n {
        let row = &mut all[start * n..(start + 1) * n];
        row[start] = Some(0);
        let mut queue = std::collections::VecDeque::from([(start, 0)]);
        while let Some((node, far)) = queue.pop_front() {
            for &next in &neighbours[node] {
                if row[next].is_none() {
                    row[next] = Some(far + 1);
                    queue.push_back((next, far + 1));
                }
            }
        }
    }
    all
}
