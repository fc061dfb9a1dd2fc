//! Nodes that no link tells apart.

use crate::{Error, Links, Model, Odds};

/// The nodes of a model in classes: exchanging two of a class changes no probability.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    of: Vec<usize>,
    sizes: Vec<usize>,
    up: Vec<Odds>,
    links: Vec<Odds>,
}

impl Classes {
    /// Nodes with a part of their own are alone; others are together where all their links and availabilities are the
    /// same.
    pub(crate) fn new(model: &Model, links: &Links) -> Result<Self, Error> {
        let n = model.n;
        if links.n() != n {
            return Err(Error::Size { what: "the matrix of links", given: links.n(), nodes: n });
        }
        let leaders = model.leaders();
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut of = Vec::with_capacity(n);
        for node in 0..n {
            let alone = leaders.binary_search(&node).is_ok();
            let twin = |first: usize| {
                !alone
                    && leaders.binary_search(&first).is_err()
                    && model.up(first) == model.up(node)
                    && are_twins(links, first, node)
            };
            let found = members.iter().position(|class| twin(class[0]));
            let class = found.unwrap_or(members.len());
            if found.is_none() {
                members.push(Vec::new());
            }
            members[class].push(node);
            of.push(class);
        }
        let count = members.len();
        let mut between = Vec::with_capacity(count * count);
        for from in &members {
            for to in &members {
                let other = if from[0] == to[0] { to.get(1).copied() } else { Some(to[0]) };
                between.push(other.map_or(Odds::SURE, |to| links.get(from[0], to)));
            }
        }
        let up = members.iter().map(|class| model.up(class[0])).collect();
        Ok(Self { of, sizes: members.iter().map(Vec::len).collect(), up, links: between })
    }

    /// How many classes there are.
    pub(crate) const fn count(&self) -> usize {
        self.sizes.len()
    }
    /// How many nodes each has.
    pub(crate) fn sizes(&self) -> &[usize] {
        &self.sizes
    }
    /// The class of a node.
    pub(crate) fn of(&self, node: usize) -> usize {
        self.of[node]
    }
    /// How likely a node of a class is up.
    pub(crate) fn up(&self, class: usize) -> Odds {
        self.up[class]
    }
    /// The link from a node of one class to another node of the same or another class.
    pub(crate) fn link(&self, from: usize, to: usize) -> Odds {
        self.links[from * self.sizes.len() + to]
    }
}

fn are_twins(links: &Links, a: usize, b: usize) -> bool {
    links.get(a, b) == links.get(b, a)
        && (0..links.n()).filter(|&other| other != a && other != b).all(|other| {
            links.get(a, other) == links.get(b, other) && links.get(other, a) == links.get(other, b)
        })
}
