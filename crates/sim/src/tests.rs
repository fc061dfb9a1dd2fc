use super::*;

#[test]
fn quiet() {
    let report = run(&Options { seed: 7, ..Options::default() }).unwrap();
    println!("{report}\n{report:#?}");
    assert_eq!(report.verdict, Verdict::Pass);
}

#[test]
fn sizes() {
    use std::mem::size_of;
    type P = protocols::Any;
    println!("effect {} message {} incoming {} input {} record {} core record {} core msg {} core effect {} core input {}",
        size_of::<replica::Effect<P>>(), size_of::<replica::Message<P>>(), size_of::<replica::Incoming<P>>(), size_of::<replica::Input<P>>(), size_of::<replica::Record<P>>(), size_of::<<P as protocol::Protocol>::Record>(), size_of::<<P as protocol::Protocol>::Message>(), size_of::<protocol::Effect<P>>(), size_of::<protocol::Input<P>>());
}
