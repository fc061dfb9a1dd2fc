//! Changes of a chain by script.

use std::fmt;

/// A change of the protocol or of the validators.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scripted {
    /// The first block that it holds for; later where it cannot be agreed in time.
    pub height: u64,
    /// What becomes another.
    pub change: Changed,
}

/// What becomes another. Machines are called by their numbers; those behind the first validators are spare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Changed {
    /// The protocol with this name orders the blocks.
    Protocol(String),
    /// A spare machine joins, with this weight.
    Join(u16, u64),
    /// A validator leaves.
    Leave(u16),
    /// A validator votes with its other key.
    Rotate(u16),
    /// A validator weighs otherwise.
    Weigh(u16, u64),
    /// A spare machine's hub names its keys, and the set follows the registry.
    Enlist(u16),
    /// A validator's hub leaves, and the set follows the registry.
    Delist(u16),
}

impl Scripted {
    /// Reads `HEIGHT:PROTOCOL`, `HEIGHT:join=NODE[*WEIGHT]`, `HEIGHT:leave=NODE`, `HEIGHT:rotate=NODE`,
    /// `HEIGHT:weigh=NODE*WEIGHT`, `HEIGHT:enlist=NODE` or `HEIGHT:delist=NODE`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (height, what) = text.split_once(':')?;
        let height = height.parse().ok()?;
        let Some((verb, who)) = what.split_once('=') else {
            return Some(Self { height, change: Changed::Protocol(what.to_owned()) });
        };
        let (node, weight) = match who.split_once('*') {
            Some((node, weight)) => (node.parse().ok()?, Some(weight.parse().ok()?)),
            None => (who.parse().ok()?, None),
        };
        let change = match (verb, weight) {
            ("join", weight) => Changed::Join(node, weight.unwrap_or(1)),
            ("leave", None) => Changed::Leave(node),
            ("rotate", None) => Changed::Rotate(node),
            ("enlist", None) => Changed::Enlist(node),
            ("delist", None) => Changed::Delist(node),
            ("weigh", Some(weight)) => Changed::Weigh(node, weight),
            _ => return None,
        };
        Some(Self { height, change })
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.height)?;
        match &self.change {
            Changed::Protocol(protocol) => f.write_str(protocol),
            Changed::Join(node, 1) => write!(f, "join={node}"),
            Changed::Join(node, weight) => write!(f, "join={node}*{weight}"),
            Changed::Leave(node) => write!(f, "leave={node}"),
            Changed::Rotate(node) => write!(f, "rotate={node}"),
            Changed::Weigh(node, weight) => write!(f, "weigh={node}*{weight}"),
            Changed::Enlist(node) => write!(f, "enlist={node}"),
            Changed::Delist(node) => write!(f, "delist={node}"),
        }
    }
}
