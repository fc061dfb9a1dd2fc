//! Four replicas of any core agree: `cargo run -p cluster --example agree -- hotstuff`.

use cluster::{Cluster, ClusterError};
use types::NodeId;

#[expect(clippy::print_stdout, reason = "an example shows what happens")]
fn main() -> Result<(), ClusterError> {
    let protocol = std::env::args().nth(1).unwrap_or_else(|| "pbft".to_owned());
    let mut cluster = Cluster::new(&protocol, 4)?;
    for what in ["restock shelf 7", "close gate B"] {
        for decided in cluster.propose(what.as_bytes())? {
            println!(
                "{} decides {what:?} at {} in view {}",
                decided.replica, decided.seq, decided.view
            );
        }
    }
    cluster.stop(NodeId::new(0));
    match cluster.propose(b"go on without n0") {
        Ok(decided) => println!("without n0: {} decisions", decided.len()),
        Err(error) => println!("without n0: {error}"),
    }
    Ok(())
}
