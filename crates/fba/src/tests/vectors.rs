//! Quorum-set graphs that others published, read where they stand beside the workspace.

use std::collections::BTreeMap;
use std::path::PathBuf;

use types::NodeId;

use crate::{Intersection, QuorumSet, QuorumSetError, check_intersection};

fn read(name: &str) -> Option<String> {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors/fba").join(name);
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("skipped: ../shared/vectors/fba/{name} is not here");
    }
    text
}

/// As much of JSON as these files need.
#[derive(Clone, PartialEq, Debug)]
enum Json {
    Other,
    Number(u32),
    Text(String),
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

const DEPTH_MAX: usize = 32;

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }
    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.next() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }
    fn text(&mut self) -> Option<String> {
        self.eat(b'"').then_some(())?;
        let mut text = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    text.push(*self.bytes.get(self.at)?);
                    self.at += 1;
                }
                byte => text.push(byte),
            }
        }
    }
    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH_MAX {
            return None;
        }
        match self.next()? {
            b'"' => self.text().map(Json::Text),
            b'[' => {
                self.at += 1;
                let mut list = Vec::new();
                while !self.eat(b']') {
                    list.push(self.value(depth + 1)?);
                    self.eat(b',');
                }
                Some(Json::List(list))
            }
            b'{' => {
                self.at += 1;
                let mut object = BTreeMap::new();
                while !self.eat(b'}') {
                    let key = self.text()?;
                    self.eat(b':').then_some(())?;
                    object.insert(key, self.value(depth + 1)?);
                    self.eat(b',');
                }
                Some(Json::Object(object))
            }
            _ => {
                let from = self.at;
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                while self.bytes.get(self.at).is_some_and(is_part) {
                    self.at += 1;
                }
                let word = std::str::from_utf8(&self.bytes[from..self.at]).ok()?;
                let is_word = !word.is_empty();
                is_word.then(|| word.parse().map_or(Json::Other, Json::Number))
            }
        }
    }
}

fn parse(text: &str) -> Option<Json> {
    Parser { bytes: text.as_bytes(), at: 0 }.value(0)
}

impl Json {
    fn get(&self, keys: &[&str]) -> Option<&Self> {
        let Self::Object(object) = self else { return None };
        keys.iter().find_map(|key| object.get(*key))
    }
    fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The graph of a file: every node's quorum set; a node without one gets one that nobody satisfies.
fn graph(json: &Json) -> Result<Vec<QuorumSet>, String> {
    let nodes = json.get(&["nodes"]).unwrap_or(json).list();
    let mut names: BTreeMap<&str, u16> = BTreeMap::new();
    for node in nodes {
        let name =
            node.get(&["publicKey", "node"]).and_then(Json::text).ok_or("a nameless node")?;
        let index = u16::try_from(names.len()).unwrap();
        names.insert(name, index);
    }
    let count = u16::try_from(names.len()).unwrap();
    let mut sets = vec![QuorumSet::of(1, &[]); nodes.len()];
    for node in nodes {
        let index = names[node.get(&["publicKey", "node"]).and_then(Json::text).unwrap()];
        if let Some(set) =
            node.get(&["quorumSet", "qset"]).filter(|set| set.get(&["t", "threshold"]).is_some())
        {
            sets[usize::from(index)] = quorum_set(set, &mut names, count)?;
        }
    }
    Ok(sets)
}

/// Names outside the file become nodes that are never there.
fn quorum_set<'a>(
    json: &'a Json,
    names: &mut BTreeMap<&'a str, u16>,
    count: u16,
) -> Result<QuorumSet, String> {
    let Some(Json::Number(threshold)) = json.get(&["t", "threshold"]) else {
        return Err(format!("a threshold is a number: {:?}", json.get(&["t", "threshold"])));
    };
    let mut set = QuorumSet::of(*threshold, &[]);
    for member in json.get(&["v", "validators"]).map_or(&[][..], Json::list) {
        match member.text() {
            Some(name) => {
                let fresh = count.max(u16::try_from(names.len()).unwrap());
                let index = *names.entry(name).or_insert(fresh);
                set.validators.push(NodeId::new(index));
            }
            None => set.inner.push(quorum_set(member, names, count)?),
        }
    }
    for inner in json.get(&["innerQuorumSets"]).map_or(&[][..], Json::list) {
        set.inner.push(quorum_set(inner, names, count)?);
    }
    Ok(set)
}

fn intersection(name: &str) -> Option<Result<Intersection, String>> {
    let json = parse(&read(name)?).unwrap_or_else(|| panic!("{name} is no JSON"));
    Some(graph(&json).map(|sets| check_intersection(&sets)))
}

#[test]
fn f9_published_graphs_that_intersect() {
    for name in ["correct.json", "correct_trivial.json", "stellar_core__enjoys-intersection.json"] {
        let Some(found) = intersection(name) else { continue };
        assert_eq!(found, Ok(Intersection::Enjoyed), "{name}");
    }
}

#[test]
fn f9_a_published_graph_that_does_not() {
    let Some(found) = intersection("broken.json") else { return };
    let Ok(Intersection::Disjoint { first, second }) = found else { panic!("{found:?}") };
    println!("{first:?} and {second:?}");
    assert!(!first.is_empty() && !second.is_empty());
    assert!(first.iter().all(|node| !second.contains(node)));
}

#[test]
fn f2_a_published_malformed_graph_is_refused() {
    let Some(found) = intersection("stellar_core__bad-threshold-type.json") else { return };
    assert!(found.is_err(), "{found:?}");
}

/// Sets of the published graphs that name nobody twice pass the check; the reader stops at deep nestings.
#[test]
fn f2_published_sets_are_sane() {
    for name in ["correct.json", "broken.json"] {
        let Some(text) = read(name) else { continue };
        let sets = graph(&parse(&text).unwrap()).unwrap();
        for set in &sets {
            let checked = set.check(1_000);
            let is_absent = set.validators.is_empty() && set.inner.is_empty();
            let error = QuorumSetError::Threshold { threshold: 1, members: 0 };
            assert_eq!(checked, if is_absent { Err(error) } else { Ok(()) });
        }
    }
    assert_eq!(parse(&"[".repeat(100_000)), None);
}
