//! The published cases of EIP-225, read in place where they stand beside the checkout.

use std::path::Path;

use testkit::node;
use types::NodeId;

use super::forge::Book;
use crate::message::Vote;
use crate::safety::Flaw;
use crate::tree::ROOT;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/poa");
/// Most names in a case.
const NAMES: usize = 26;

/// Just enough of JSON for these files.
#[derive(Clone, PartialEq, Debug)]
enum Json {
    Null,
    Bool(bool),
    Number(u64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Json {
    fn get(&self, key: &str) -> &Self {
        let Self::Map(pairs) = self else { return &Self::Null };
        pairs.iter().find(|pair| pair.0 == key).map_or(&Self::Null, |pair| &pair.1)
    }
    fn list(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { &[] }
    }
    fn name(&self) -> Option<NodeId> {
        let Self::Text(text) = self else { return None };
        let letter = text.bytes().next()?;
        Some(node(u16::from(letter.checked_sub(b'A')?)))
    }
    fn names(&self) -> Vec<NodeId> {
        self.list().iter().filter_map(Self::name).collect()
    }
}

struct Parser<'a>(&'a [u8]);

impl Parser<'_> {
    fn peek(&mut self) -> u8 {
        while self.0[0].is_ascii_whitespace() || matches!(self.0[0], b',' | b':') {
            self.0 = &self.0[1..];
        }
        self.0[0]
    }
    fn word(&mut self, until: impl Fn(u8) -> bool) -> String {
        let length = self.0.iter().position(|byte| until(*byte)).unwrap();
        let (word, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8(word.to_vec()).unwrap()
    }
    fn text(&mut self) -> String {
        self.peek();
        self.0 = &self.0[1..];
        let text = self.word(|byte| byte == b'"');
        self.0 = &self.0[1..];
        text
    }
    fn value(&mut self) -> Json {
        match self.peek() {
            b'{' => {
                self.0 = &self.0[1..];
                let mut pairs = Vec::new();
                while self.peek() != b'}' {
                    pairs.push((self.text(), self.value()));
                }
                self.0 = &self.0[1..];
                Json::Map(pairs)
            }
            b'[' => {
                self.0 = &self.0[1..];
                let mut items = Vec::new();
                while self.peek() != b']' {
                    items.push(self.value());
                }
                self.0 = &self.0[1..];
                Json::List(items)
            }
            b'"' => Json::Text(self.text()),
            _ => match self.word(|byte| !byte.is_ascii_alphanumeric()).as_str() {
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                "null" => Json::Null,
                number => Json::Number(number.parse().unwrap()),
            },
        }
    }
}

fn run(case: &Json) -> Result<Vec<NodeId>, Flaw> {
    let mut book = Book::new(NAMES, None, |config| {
        config.signers = case.get("signers").names();
        if let Json::Number(epoch) = case.get("epoch") {
            config.epoch = *epoch;
        }
    });
    let mut tip = ROOT;
    for block in case.get("blocks").list() {
        let who = block.get("signer").name().unwrap().index();
        let admit = *block.get("auth") == Json::Bool(true);
        let vote = block.get("voted").name().map(|target| Vote { target, admit });
        tip = book.add_with(tip, who, |header| {
            header.vote = vote;
            if *block.get("checkpoint") != Json::Null {
                header.signers = block.get("checkpoint").names();
            }
        })?;
    }
    Ok(book.tree.at(tip).signers.members().to_vec())
}

#[test]
fn a3_the_published_cases_of_eip_225() {
    let Ok(entries) = std::fs::read_dir(Path::new(PATH)) else {
        println!("skipped: the signer-voting cases of EIP-225 do not stand in shared/vectors/poa");
        return;
    };
    let mut count = 0;
    for entry in
        entries.map(Result::unwrap).filter(|e| e.path().extension().is_some_and(|x| x == "json"))
    {
        let text = std::fs::read(entry.path()).unwrap();
        for case in Parser(&text).value().list() {
            let outcome = run(case);
            let what = case.get("desc");
            match case.get("failure") {
                Json::Text(failure) if failure == "errUnauthorizedSigner" => {
                    assert_eq!(outcome, Err(Flaw::Unauthorized), "{what:?}");
                }
                Json::Text(failure) if failure == "errRecentlySigned" => {
                    assert_eq!(outcome, Err(Flaw::RecentlySigned), "{what:?}");
                }
                Json::Text(_) => assert!(outcome.is_err(), "{what:?}: {outcome:?}"),
                _ => assert_eq!(outcome, Ok(case.get("results").names()), "{what:?}"),
            }
            count += 1;
        }
    }
    assert!(count > 0, "no cases in {PATH}");
    println!("{count} cases");
}
