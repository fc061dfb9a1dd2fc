use super::*;

#[test]
fn a_table_aligns_its_columns_and_ends_no_line_in_blanks() {
    let mut table = Table::new(["NODE", "HEIGHT", "STATE"]);
    table.row(["n0".into(), "7".into(), "running".into()]);
    table.row(["n10".into(), "1042".into(), "stopped".into()]);
    assert_eq!(table.render(), "NODE  HEIGHT  STATE\nn0         7  running\nn10     1042  stopped");
    assert_eq!(pairs(&[("a", "1".into()), ("long", String::new())]), "a     1\nlong");
}

#[test]
fn json_lines_are_the_items_of_a_list() {
    assert_eq!(lines(&json!([1, {"a": 2}])), "1\n{\"a\":2}");
    assert_eq!(lines(&json!({"items": [1, 2], "next_cursor": null})), "1\n2");
    assert_eq!(lines(&json!({"a": 1})), "{\"a\":1}");
    assert_eq!(lines(&Value::Null), "");
}

#[test]
fn json_is_noticed_on_a_broken_command_line() {
    let asked = |line: &str| Format::asked_for_json(line.split(' ').map(str::to_owned));
    for line in ["x -o json", "x --output jsonl y", "x --output=json", "x -ojson", "x -o=json"] {
        assert!(asked(line), "{line}");
    }
    for line in ["x", "x -o table", "x json", "x -o"] {
        assert!(!asked(line), "{line}");
    }
}
