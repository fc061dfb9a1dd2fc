mod runs;
mod scenarios;

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use super::*;

const SMALL: &str = r#"
name = "small"
question = "Does it run?"
seed = 7
repeats = 3
[base]
decisions = 4
[grid]
protocol = ["pbft", "raft"]
nodes = [1, 4]
[[figures]]
name = "latency"
kind = "series"
title = "Latency"
x = "nodes"
y = "latency_us_p50"
by = "protocol"
[[figures]]
name = "cdf"
kind = "cdf"
title = "Latency"
y = "latency_us"
by = "protocol"
where = { nodes = "4" }
[[figures]]
name = "box"
kind = "box"
title = "Latency"
y = "latency_us"
by = "protocol"
where = { nodes = "4" }
[[figures]]
name = "violin"
kind = "violin"
title = "Throughput"
y = "throughput_per_s"
by = "nodes"
where = { protocol = "pbft" }
[[figures]]
name = "heat"
kind = "heat"
title = "Messages"
x = "nodes"
y = "protocol"
value = "messages_per_decision"
"#;

fn plan(set: &[&str]) -> Plan {
    let set: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
    Plan::new(Scenario::read(SMALL, None, &set).unwrap()).unwrap()
}

fn threads(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

fn run_all(plan: &Plan, folder: &Folder, count: usize) -> Counts {
    let stop = AtomicBool::new(false);
    let (ended, counts) =
        run(plan, folder, (threads(count), OnError::Keep), &[], &stop, &|_| {}).unwrap();
    assert_eq!(ended, Ended::Complete);
    assert!(counts.adds_up() && counts.left == 0, "{counts:?}");
    counts
}
