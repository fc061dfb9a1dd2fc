use super::{Model, Protocol, Setup, Thresholds};
use crate::{Error, NODES_MAX};

fn refused(change: impl FnOnce(&mut Setup)) -> Error {
    let mut setup = Setup::new(Protocol::Pbft, 4);
    change(&mut setup);
    Model::new(&setup).unwrap_err()
}

#[test]
fn the_need_and_the_faults_follow_from_the_nodes() {
    for (protocol, n, f) in [
        (Protocol::Pbft, 4, 1),
        (Protocol::Tendermint, 10, 3),
        (Protocol::Raft, 5, 2),
        (Protocol::Raft, 1, 0),
    ] {
        let model = Model::new(&Setup::new(protocol, n)).unwrap();
        assert_eq!((model.f(), model.need()), (f, n - f), "{protocol:?} {n}");
    }
}

#[test]
fn an_impossible_setup_is_refused_with_its_numbers() {
    assert_eq!(refused(|setup| setup.nodes = 0), Error::Nodes { given: 0, max: NODES_MAX });
    assert_eq!(refused(|setup| setup.nodes = 5_000), Error::Nodes { given: 5_000, max: NODES_MAX });
    assert_eq!(
        refused(|setup| setup.faults = Some(2)),
        Error::Faults { given: 2, max: 1, nodes: 4 }
    );
    assert_eq!(refused(|setup| setup.leader = 4), Error::Leader { given: 4, nodes: 4 });
    assert_eq!(refused(|setup| setup.silent = 4), Error::Silent { given: 4, nodes: 4 });
    let short = refused(|setup| setup.availability = vec![1.0; 3]);
    assert_eq!(short, Error::Size { what: "the list of availabilities", given: 3, nodes: 4 });
    let wrong = refused(|setup| setup.availability = vec![1.0, f64::NAN, 1.0, 1.0]);
    assert!(matches!(wrong, Error::Probability { given, .. } if given.is_nan()));
    let many = refused(|setup| setup.thresholds = Thresholds::read("4f,2f").unwrap());
    assert!(many.to_string().contains("4 messages of others, and there are 3"), "{many}");
}

#[test]
fn only_protocols_with_two_voting_phases_have_thresholds() {
    for protocol in [Protocol::Raft, Protocol::HotStuff, Protocol::HotStuff3] {
        let thresholds = Thresholds::read("2f,2f").unwrap();
        let setup = Setup { thresholds, ..Setup::new(protocol, 4) };
        assert!(matches!(Model::new(&setup), Err(Error::Thresholds { .. })), "{protocol:?}");
    }
}

#[test]
fn thresholds_are_read_as_they_are_printed() {
    for text in ["usual", "core", "2f,2f", "2f-1,2f", "f+1,3", "f,0"] {
        assert_eq!(Thresholds::read(text).unwrap().to_string(), text);
    }
    for text in ["", "2f", "2f,", "f f,2f", "2f,-1", "x,y", "2f2,2f", "99999999999f,2f"] {
        assert!(matches!(Thresholds::read(text), Err(Error::Thresholds { .. })), "{text}");
    }
}

#[test]
fn names_are_read_as_they_are_printed() {
    for protocol in Protocol::ALL {
        assert_eq!(Protocol::named(protocol.name()), Ok(protocol));
    }
    let error = Protocol::named("paxos").unwrap_err();
    assert!(error.to_string().contains("hotstuff-3"), "{error}");
}
