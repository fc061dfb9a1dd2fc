//! What the compiler does not check: who may import whom, purity, lengths, budgets, documents.

mod budget;
mod citations;
mod decisions;
pub(crate) mod directions;
mod length;
mod links;
pub(crate) mod markers;
mod purity;
pub(crate) mod sentence;
mod tracked;
mod tree;

use std::fmt;

use anyhow::Result;

use crate::house::House;
use directions::Member;
use tree::Tree;

/// Something out of order: where, what, and what to do.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    place: String,
    what: String,
    next: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), next: next.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  next: {}", self.place, self.what, self.next)
    }
}

/// Prints all findings; true where there are none.
pub(crate) fn run(house: &House) -> Result<bool> {
    let tree = Tree::read(&house.root)?;
    let members: Vec<Member> = house.metadata.packages.iter().map(Member::from).collect();
    let checks: [(&str, Vec<Finding>); 10] = [
        ("import directions", directions::check(&members)),
        ("purity", purity::check(&tree)),
        ("file lengths", length::check(&tree)),
        ("dependency budget", budget::check(&tree)),
        ("one sentence per crate", sentence::check(&tree)),
        ("generated blocks", markers::check(&tree)),
        ("tracked files", tracked::check(&tracked::names(&house.root))),
        ("decisions", decisions::check(&tree)),
        ("links", links::check(&tree, &|path| house.root.join(path).exists())),
        ("citations", citations::check(&tree)),
    ];
    for (name, findings) in &checks {
        println!("{:<24} {}", name, if findings.is_empty() { "ok" } else { "OUT OF ORDER" });
        findings.iter().for_each(|finding| println!("{finding}"));
    }
    length::warn(&tree).iter().for_each(|warning| println!("note: {warning}"));
    Ok(checks.iter().all(|(_, findings)| findings.is_empty()))
}
