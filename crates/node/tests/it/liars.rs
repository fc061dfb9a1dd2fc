//! A validator that lies with its own keys, played by the test beside three honest ones: it wants others to be blamed.
//! What PBFT signs is written down here once more, by its bytes, as a liar would.

use std::sync::Arc;

use codec::{Decode, Encode, record};
use crypto::{KeyRing, Signed, Signer, Statement, Verifier};
use ledger::Genesis;
use libp2p::identity;
use node::{NodeKeys, NodeOptions};
use protocol::Protocol;
use types::{Digest, NodeId, Seq, View};

use crate::hostile::{Bare, eventually_counted, send, signer};
use crate::support::{Network, eventually, quick};

macro_rules! statement {
    ($name:ident, $kind:literal) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        struct $name {
            view: View,
            seq: Seq,
            digest: Digest,
        }
        record!($name { view: View, seq: Seq, digest: Digest });
        impl Statement for $name {
            const KIND: u8 = $kind;
        }
    };
}
statement!(Propose, 1);
statement!(Prepare, 2);

/// A core message of the first epoch's PBFT, by its tag.
fn core(tag: u8, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = vec![0, 0, tag];
    write(&mut body);
    body
}

/// Three honest validators, and the keys of the one at `liar` with what signs its core messages.
async fn without(liar: usize) -> (Network, NodeKeys, Signer) {
    let mut network = Network::lay_out(&quick());
    let keys = NodeKeys::folder(network.data_dir(liar));
    let keys = NodeKeys::load(&keys, keys::Source::Usual).unwrap();
    for index in (0..4).filter(|index| *index != liar) {
        network.start_node(index, NodeOptions::default()).await;
    }
    let genesis = network.handle((liar + 1) % 4).genesis();
    let place = u16::try_from(liar).unwrap();
    let signer = signer(place, genesis.domain(protocols::Any::NAME), &keys.signing);
    (network, keys, signer)
}

fn dial(keys: &NodeKeys, network: &Network, index: usize) -> Bare {
    let key = identity::Keypair::ed25519_from_bytes(keys.network.to_seed()).unwrap();
    Bare::dial(key, network, index)
}

fn prepare(by: &Signer, number: u8) -> Signed<Prepare> {
    // Far enough from what is going on: nobody has proposed there yet.
    by.sign(Prepare { view: View::ZERO, seq: Seq::new(40), digest: Digest::new([number; 32]) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_be_framed_and_evidence_names_who_signed() {
    let (network, keys, liar) = without(3).await;
    network.issue(0, "T-0").await;
    let handle = network.handle(1);
    let genesis = handle.genesis();
    let mut bare = dial(&keys, &network, 1);
    let mut stream = bare.greet(genesis.chain_id()).await;
    let votes = "unisono_consensus_votes_total";
    // Two contradicting votes in another's name, in the liar's own words or with the other's real signature moved over.
    let another = signer(2, genesis.domain(protocols::Any::NAME), &keys.signing);
    for number in 1..=2 {
        send(&mut stream, &core(2, |body| prepare(&another, number).encode(body))).await;
    }
    eventually_counted(handle, votes, "not_from_author", 2).await;
    // Anybody may show a primary's proposal: one that the primary never signed is no evidence against it.
    let forged = signer(0, genesis.domain(protocols::Any::NAME), &keys.signing);
    let digest = Digest::new([5; 32]);
    let forged = forged.sign(Propose { view: View::ZERO, seq: Seq::new(1), digest });
    send(&mut stream, &core(10, |body| forged.encode(body))).await;
    eventually_counted(handle, "unisono_", "bad_signature", 1).await;
    network.issue(2, "T-1").await;
    for index in 0..3 {
        assert!(network.handle(index).evidence().is_empty(), "honest validators are not blamed");
    }

    // What the liar really signs twice is evidence, which everybody can check with the genesis alone.
    for number in 1..=2 {
        send(&mut stream, &core(2, |body| prepare(&liar, number).encode(body))).await;
    }
    eventually("the liar is named", async || !handle.evidence().is_empty()).await;
    let evidence = Arc::clone(&handle.evidence()[0].evidence);
    assert_eq!(evidence.offender, NodeId::new(3));
    assert!(holds(genesis, &evidence.first) && holds(genesis, &evidence.second));
    // Edited in whichever place, it proves nothing: another name, another vote, another signature.
    for at in 0..evidence.first.len() {
        let mut edited = evidence.first.clone();
        edited[at] ^= 1;
        assert!(!holds(genesis, &edited), "byte {at}");
    }
    network.issue(0, "T-2").await;
    network.stop().await;
}

/// Whether a signed vote holds under its signer's key in the genesis.
fn holds(genesis: &Genesis, bytes: &[u8]) -> bool {
    let keys = genesis.validators.iter().map(|validator| validator.key).collect();
    let verifier = Verifier::new(genesis.domain(protocols::Any::NAME), KeyRing::ed25519(keys));
    Signed::<Prepare>::from_bytes(bytes).is_ok_and(|signed| verifier.holds_one(&signed))
}
