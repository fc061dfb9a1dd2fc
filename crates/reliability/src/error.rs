//! What cannot be computed, and why.

use std::fmt;

/// Why there is no answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Error {
    /// A probability outside 0 to 1, or none at all.
    Probability {
        /// What it is the probability of.
        of: String,
        /// What was given.
        given: f64,
    },
    /// No nodes, or too many.
    Nodes {
        /// What was given.
        given: usize,
        /// The most.
        max: usize,
    },
    /// More faults than the protocol stands.
    Faults {
        /// What was given.
        given: usize,
        /// The most for this many nodes.
        max: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// More silent nodes than there are besides the leader.
    Silent {
        /// What was given.
        given: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// A leader that is none of the nodes.
    Leader {
        /// What was given.
        given: usize,
        /// How many nodes there are.
        nodes: usize,
    },
    /// No protocol has this name here.
    Protocol {
        /// What was given.
        given: String,
    },
    /// No topology has this name.
    Topology {
        /// What was given.
        given: String,
    },
    /// A tree whose nodes have no children.
    Arity {
        /// What was given.
        given: usize,
        /// The most.
        max: usize,
    },
    /// Thresholds that cannot be read, or that do not fit the protocol.
    Thresholds {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// A matrix whose rows are not as long as it has rows.
    NotSquare {
        /// The row, from 0.
        row: usize,
        /// How long it is.
        length: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// A field that is no number.
    NotANumber {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What stands there.
        text: String,
    },
    /// The list of availabilities, the matrix or the graph is for another number of nodes.
    Size {
        /// What it is.
        what: &'static str,
        /// How many nodes it has.
        given: usize,
        /// How many it should have.
        nodes: usize,
    },
    /// Too many fates to add up.
    Intractable {
        /// About how many terms the sum has.
        terms: f64,
        /// The most.
        max: f64,
    },
    /// Nothing to draw, or a precision that cannot be reached.
    Rounds {
        /// What is wrong.
        why: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Probability { of, given } => {
                write!(f, "the probability of {of} is {given}, and must lie between 0 and 1")
            }
            Self::Nodes { given, max } => write!(f, "{given} nodes; there must be 1 to {max}"),
            Self::Faults { given, max, nodes } => {
                write!(f, "f = {given} is too many: with {nodes} nodes at most {max} may fail")
            }
            Self::Silent { given, nodes } => {
                write!(f, "{given} of {nodes} nodes cannot be silent: the leader must speak")
            }
            Self::Leader { given, nodes } => {
                write!(
                    f,
                    "node {given} cannot lead: there are nodes 0 to {}",
                    nodes.saturating_sub(1)
                )
            }
            Self::Protocol { given } => {
                write!(f, "no model of `{given}`; there is ")?;
                f.write_str(&crate::Protocol::ALL.map(crate::Protocol::name).join(", "))
            }
            Self::Topology { given } => {
                write!(f, "no topology is called `{given}`; there is full, ring, star, tree")
            }
            Self::Arity { given, max } => {
                write!(f, "a tree of arity {given}; a node has 1 to {max} children")
            }
            Self::Thresholds { given, why } => write!(f, "thresholds `{given}`: {why}"),
            Self::NotSquare { row, length, rows } => {
                write!(
                    f,
                    "the matrix is not square: row {row} has {length} fields, there are {rows} rows"
                )
            }
            Self::NotANumber { line, column, text } => {
                write!(f, "line {line}, field {column}: `{text}` is no number")
            }
            Self::Size { what, given, nodes } => {
                write!(f, "{what} is for {given} nodes, the model has {nodes}")
            }
            Self::Intractable { terms, max } => write!(
                f,
                "an exact sum has about {terms:.1e} terms here, at most {max:.0e} are added up"
            ),
            Self::Rounds { why } => f.write_str(why),
        }
    }
}
impl std::error::Error for Error {}
