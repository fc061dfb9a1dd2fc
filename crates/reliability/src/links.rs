//! How likely a message is to arrive, for every pair of nodes.

use crate::topology::{hops, tree};
use crate::{Error, MATRIX_MAX, NODES_MAX, Odds, Topology};

/// The reliability of every directed link, from end to end.
#[derive(Clone, PartialEq, Debug)]
pub struct Links {
    n: usize,
    shape: Shape,
}

#[derive(Clone, PartialEq, Debug)]
enum Shape {
    /// Every link alike.
    Full(Odds),
    /// Links of node 0, and those between others.
    Star(Odds, Odds),
    /// By the distance clockwise.
    Ring(Vec<Odds>),
    /// Row by row: from, to.
    Matrix(Vec<Odds>),
}

impl Links {
    /// `n` nodes, every hop of a topology reliable with probability `p`.
    ///
    /// # Errors
    /// Where `p` is no probability, or the topology cannot have `n` nodes.
    pub fn new(n: usize, p: f64, topology: &Topology) -> Result<Self, Error> {
        let hop = Odds::new(p, "a link")?;
        let matrix = matches!(topology, Topology::Tree { .. } | Topology::Graph { .. });
        let max = if matrix { MATRIX_MAX } else { NODES_MAX };
        if n == 0 || n > max {
            return Err(Error::Nodes { given: n, max });
        }
        let shape = match topology {
            Topology::Full => Shape::Full(hop),
            Topology::Star => Shape::Star(hop, hop.repeated(2)),
            Topology::Ring => Shape::Ring((0..n).map(|ahead| around(hop, ahead, n)).collect()),
            Topology::Tree { arity } => along(n, hop, &tree(n, *arity)),
            Topology::Graph { edges } => {
                let top = edges.iter().map(|&(a, b)| a.max(b) + 1).max().unwrap_or(0);
                if top > n {
                    return Err(Error::Size { what: "the graph", given: top, nodes: n });
                }
                along(n, hop, edges)
            }
        };
        Ok(Self { n, shape })
    }

    /// From a matrix: row i, column j is how likely j hears i. What stands on the diagonal is not read.
    ///
    /// # Errors
    /// Where it is not square, too large, or a field is no probability.
    pub fn from_matrix(rows: &[Vec<f64>]) -> Result<Self, Error> {
        let n = rows.len();
        if n == 0 || n > MATRIX_MAX {
            return Err(Error::Nodes { given: n, max: MATRIX_MAX });
        }
        let mut odds = Vec::with_capacity(n * n);
        for (i, row) in rows.iter().enumerate() {
            if row.len() != n {
                return Err(Error::NotSquare { row: i, length: row.len(), rows: n });
            }
            for (j, &p) in row.iter().enumerate() {
                let p = if i == j { 1.0 } else { p };
                odds.push(Odds::new(p, &format!("the link from {i} to {j}"))?);
            }
        }
        Ok(Self { n, shape: Shape::Matrix(odds) })
    }

    /// From text: a row in each line, fields separated by commas, semicolons or blanks; lines that begin with `#` are
    /// comments.
    ///
    /// # Errors
    /// Where a field is no number, and as [`Self::from_matrix`].
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let mut rows = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if rows.len() == MATRIX_MAX {
                return Err(Error::Nodes { given: text.lines().count(), max: MATRIX_MAX });
            }
            rows.push(numbers(line, at + 1)?);
        }
        Self::from_matrix(&rows)
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn n(&self) -> usize {
        self.n
    }

    /// How likely node `to` hears a message of node `from`.
    #[must_use]
    pub fn get(&self, from: usize, to: usize) -> Odds {
        if from == to {
            return Odds::SURE;
        }
        match &self.shape {
            Shape::Full(odds) => *odds,
            Shape::Star(near, far) => *if from == 0 || to == 0 { near } else { far },
            Shape::Ring(ahead) => ahead[(to + self.n - from) % self.n],
            Shape::Matrix(odds) => odds[from * self.n + to],
        }
    }
}

/// Neighbours on a ring hear each other directly; else either way round is enough.
fn around(hop: Odds, ahead: usize, n: usize) -> Odds {
    if ahead == 1 || ahead + 1 == n {
        return hop;
    }
    hop.repeated(ahead).or(hop.repeated(n - ahead))
}

fn along(n: usize, hop: Odds, edges: &[(usize, usize)]) -> Shape {
    let hops = hops(n, edges).into_iter();
    Shape::Matrix(hops.map(|far| far.map_or(Odds::NEVER, |far| hop.repeated(far))).collect())
}

fn numbers(line: &str, at: usize) -> Result<Vec<f64>, Error> {
    let is_gap = |c: char| c == ',' || c == ';' || c.is_whitespace();
    // One field too many is enough to see that a row is too long.
    let fields = line.split(is_gap).filter(|field| !field.is_empty()).take(MATRIX_MAX + 1);
    fields
        .enumerate()
        .map(|(column, text)| {
            let wrong = || Error::NotANumber { line: at, column: column + 1, text: text.into() };
            let number: f64 = text.parse().map_err(|_| wrong())?;
            if number.is_nan() { Err(wrong()) } else { Ok(number) }
        })
        .collect()
}

#[cfg(test)]
mod tests;
