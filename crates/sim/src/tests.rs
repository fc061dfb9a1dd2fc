use super::*;

#[test]
fn quiet() {
    let report = run(&Options { seed: 7, ..Options::default() }).unwrap();
    println!("{report}\n{report:#?}");
    assert_eq!(report.verdict, Verdict::Pass);
}
