//! The corpus: every kind of proof, good ones and ones that fail at each step. The web app's tests run the same file
//! through the same code in WebAssembly.

mod corpus;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::step::fill;
use crate::{Code, State, answer};
use corpus::Case;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus.json");

fn ask(request: &Value) -> Value {
    serde_json::from_slice(&answer(request.to_string().as_bytes())).unwrap()
}

fn request(case: &Case) -> Value {
    let mut request = json!({ "genesis": case.genesis, "proof": STANDARD.encode(&case.proof) });
    if let Some(block) = &case.block {
        request["block"] = json!(block);
    }
    request
}

/// The codes of a verdict's steps, up to the one that fails.
fn codes(verdict: &Value) -> Vec<&str> {
    let steps = verdict["steps"].as_array().unwrap();
    let reached = steps.iter().filter(|step| step["state"] != "unreached");
    reached.map(|step| step["code"].as_str().unwrap()).collect()
}

#[test]
fn every_case_of_the_corpus_ends_at_its_step() {
    for case in corpus::cases() {
        let verdict = ask(&request(&case));
        let last = codes(&verdict).last().copied().unwrap_or_default().to_owned();
        assert_eq!(last, case.ends, "{}: {verdict:#}", case.name);
        assert_eq!(verdict["valid"], case.valid, "{}", case.name);
        assert_eq!(verdict["proved"].is_object(), case.valid, "{}: facts", case.name);
        assert_eq!(verdict["why"].is_string(), !case.valid, "{}: a reason", case.name);
        let states = verdict["steps"].as_array().unwrap().iter().map(|step| &step["state"]);
        let failed = states.filter(|&state| state == "failed").count();
        assert_eq!(failed, usize::from(!case.valid), "{}: one step fails", case.name);
    }
}

#[test]
fn the_corpus_in_the_file_is_the_one_that_is_made_here() {
    let made: Vec<Value> = corpus::cases()
        .iter()
        .map(|case| {
            let verdict = ask(&request(case));
            json!({
                "name": case.name, "request": request(case), "valid": case.valid, "ends": case.ends,
                "texts": verdict["steps"].as_array().unwrap().iter().map(|step| step["text"].clone()).collect::<Vec<_>>(),
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(CORPUS, &text).unwrap();
    }
    let kept = std::fs::read_to_string(CORPUS).unwrap_or_default();
    assert!(kept == text, "corpus.json is stale: UPDATE=1 cargo test -p verifier");
}

#[test]
fn the_corpus_ends_at_every_code() {
    let cases = corpus::cases();
    let verdicts: Vec<Value> = cases.iter().map(|case| ask(&request(case))).collect();
    for code in Code::ALL {
        let code = serde_json::to_value(code).unwrap();
        let steps = verdicts.iter().flat_map(|one| one["steps"].as_array().unwrap());
        assert!(steps.map(|step| &step["code"]).any(|one| *one == code), "no case says {code}");
    }
}

#[test]
fn no_changed_byte_of_any_good_proof_passes() {
    for case in corpus::cases().into_iter().filter(|case| case.valid && case.is_canonical) {
        for at in (0..case.proof.len()).step_by(3) {
            let mut changed = case.proof.clone();
            changed[at] ^= 1;
            let verdict = ask(&request(&Case { proof: changed, ..case.clone() }));
            assert_eq!(verdict["valid"], false, "{}: byte {at}", case.name);
        }
    }
}

#[test]
fn a_request_that_is_none_is_answered_all_the_same() {
    let verdict = |request: &[u8]| -> Value { serde_json::from_slice(&answer(request)).unwrap() };
    for bytes in [&b""[..], b"{}", b"[]", b"\xff", br#"{"genesis":"","proof":"","more":1}"#] {
        assert_eq!(verdict(bytes)["valid"], false);
    }
    let long = vec![b' '; usize::try_from(crate::REQUEST_BYTES_MAX).unwrap() + 1];
    assert!(verdict(&long)["why"].as_str().unwrap().contains("no proof is so long"));
}

#[test]
fn texts_are_filled_once() {
    let values = [("a", "{b}".to_owned()), ("b", "x".to_owned())].into_iter().collect();
    assert_eq!(fill("{a} and {b}, {c}", &values), "{b} and x, ");
}

#[test]
fn states_have_the_names_that_pages_know() {
    let names = [State::Passed, State::Failed, State::Unreached].map(|one| json!(one));
    assert_eq!(names, ["passed", "failed", "unreached"].map(|one| json!(one)));
}
