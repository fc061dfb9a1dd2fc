use serde_json::json;

use super::*;

fn bugs() -> Bugs {
    let bug = |label: &str, by_script, by_hunt, why: Option<&str>| Found {
        label: label.to_owned(),
        by_script,
        by_hunt,
        out_of_reach: why.map(str::to_owned),
    };
    let all = [
        ("A", bug("both", true, true, None)),
        ("B", bug("alone", true, false, None)),
        ("C", bug("far", true, false, Some("nobody asks for it"))),
    ];
    all.into_iter().map(|(name, bug)| (("pbft".to_owned(), name.to_owned()), bug)).collect()
}

#[test]
fn the_table_says_who_found_what_and_why_not() {
    let (text, is_good) = describe(&bugs(), 10.4, &json!({ "cpu_s": 20.0, "median_s": 1.5 }));
    assert!(is_good);
    assert!(text.contains("| pbft | 3 | 3 | 1 | 1 | alone |"), "{text}");
    assert!(text.contains("3 of 3 found in 30 CPU seconds"), "{text}");
    assert!(text.contains("- nobody asks for it: pbft far\n"), "{text}");
}

#[test]
fn too_few_are_no_success() {
    let mut bugs = bugs();
    bugs.values_mut().for_each(|bug| (bug.by_script, bug.by_hunt) = (false, false));
    assert!(!describe(&bugs, 0.0, &json!({})).1);
}
