use super::*;

fn shape(protocol: &str, mutant: &str) -> Shape {
    Shape { protocol: protocol.to_owned(), nodes: 4, twins: 1, mutant: mutant.to_owned() }
}

/// all scenarios of two rounds, and some of four.
#[test]
fn x6_twins_of_one_node_split_nobody_and_stop_nobody() {
    for protocol in PROTOCOLS {
        let shape = shape(protocol, "");
        let two = Scenarios::new(4, 1, 2);
        let four = Scenarios::new(4, 1, 4);
        let every = usize::try_from(four.count() / 100).unwrap();
        for rounds in two.iter().step_by(7).chain(four.iter().step_by(every)) {
            let ending = run(&shape, &rounds).unwrap();
            assert_eq!(ending, Ending::Decided, "{protocol} {rounds:?}");
        }
    }
}

/// seven nodes, two of them with a twin.
#[test]
fn x6_twins_of_two_nodes_of_seven() {
    for protocol in PROTOCOLS {
        let shape = Shape { nodes: 7, twins: 2, ..shape(protocol, "") };
        for rounds in Scenarios::new(7, 2, 4).iter().step_by(9_973).take(20) {
            let ending = run(&shape, &rounds).unwrap();
            assert_eq!(ending, Ending::Decided, "{protocol} {rounds:?}");
        }
    }
}

#[test]
fn what_has_no_schedule_of_leaders_is_refused() {
    assert!(run(&shape("raft", ""), &[]).is_err());
    assert!(run(&shape("paxos", ""), &[]).is_err());
}
