use std::sync::Arc;

use crypto::{Domain, KeyRing, Scheme, Signer, Verifier};
use pbft::Prepare;
use protocol::Inspect as _;
use types::{ChainId, Digest, NodeId, Seq, View};

use crate::{Any, Message, PROTOCOLS, Params, config};

mod hostile;

#[test]
fn every_protocol_of_the_table_has_a_core_and_no_other_name_has() {
    for protocol in PROTOCOLS {
        assert!(config(protocol.name, 4, &Params::default()).is_ok(), "{}", protocol.name);
    }
    let error = config("paxos", 4, &Params::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no protocol is called `paxos`; there is `pbft` `hotstuff` `hotstuff-3` `tendermint` `raft` `poa` `aura` `pos` `pow` `fba` `central` `none`"
    );
}

#[test]
fn the_ledger_knows_how_blocks_of_every_protocol_are_sealed() {
    for protocol in PROTOCOLS {
        assert!(ledger::way_of(protocol.name).is_some(), "{}", protocol.name);
    }
    assert_eq!(ledger::way_of("paxos"), None);
}

#[test]
fn a_contradiction_is_signed_by_its_maker_and_says_something_else() {
    let domain = Domain::new(ChainId::default(), Digest::ZERO, "pbft");
    let (ring, keys) = KeyRing::simulated(Scheme::Cheap, 4, 1);
    let me = NodeId::new(2);
    let signer = Signer::simulated(me, domain, keys[2].clone());
    let said = Prepare { view: View::new(1), seq: Seq::new(3), digest: Digest::new([1; 32]) };
    let honest = Message::Pbft(Arc::new(pbft::Message::Prepare(signer.sign(said))));
    let lie = Any::contradict(&honest, &signer).unwrap();
    assert_ne!(lie, honest);
    assert!(Verifier::new(domain, ring).verify(me, lie).is_ok());
    let other = Signer::simulated(NodeId::new(1), domain, keys[1].clone());
    assert_eq!(Any::contradict(&honest, &other), None, "nobody can lie in another's name");
}
