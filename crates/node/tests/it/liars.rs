//! Validators that lie with their own keys, played by the test beside three honest ones: a primary whose proposals no
//! honest validator votes for, and one that wants others to be blamed. What PBFT signs is written down here once more,
//! by its bytes, as a liar would.

use std::sync::Arc;

use codec::{Decode, Encode, record};
use crypto::{KeyRing, Signed, Signer, Statement, Verifier};
use ledger::{Genesis, Proposal};
use libp2p::identity;
use node::{NodeKeys, NodeOptions};
use protocol::{Payload, Protocol, ViewChangeCause};
use types::limits::BLOCK_BATCHES_MAX;
use types::{Digest, NodeId, Seq, Time, View};

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

fn pre_prepare(liar: &Signer, digest: Digest, payload: &Payload) -> Vec<u8> {
    let propose = liar.sign(Propose { view: View::ZERO, seq: Seq::new(1), digest });
    core(1, |body| {
        propose.encode(body);
        Some(payload.clone()).encode(body);
    })
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

/// A proposal names batches and a time; parent and roots are what each validator computes, so nobody can lie in them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lying_primarys_proposals_get_no_vote_and_the_primary_the_blame() {
    let (network, keys, liar) = without(0).await;
    let late = network.handle(1).now().after(types::Duration::from_ms(3_600_000));
    let proposal = |time: Time, batches: usize| Proposal {
        view: View::ZERO,
        proposer: NodeId::new(0),
        time,
        batches: (0..batches).map(|at| crypto::hash("batch", &at.to_le_bytes())).collect(),
    };
    let lies = [
        b"no proposal at all".to_vec(),
        proposal(late, 1).to_bytes(),
        proposal(Time::ZERO, BLOCK_BATCHES_MAX + 1).to_bytes(),
    ];
    // Each hears one lie: under another payload's digest, which is refused at once, and under its own, which is looked into.
    // Whoever finds it out leaves the view, and two who leave take the third along, whether it has come so far or not.
    let mut bares = Vec::new();
    for (index, lie) in (1..4).zip(&lies) {
        let mut bare = dial(&keys, &network, index);
        let mut stream = bare.greet(network.handle(index).genesis().chain_id()).await;
        let payload = Payload::new(lie);
        send(&mut stream, &pre_prepare(&liar, Digest::new([9; 32]), &payload)).await;
        bares.push((bare, stream, payload));
    }
    let dropped = "unisono_net_dropped_total";
    for index in 1..4 {
        eventually_counted(network.handle(index), dropped, "bad_payload", 1).await;
    }
    for (_, stream, payload) in &mut bares {
        send(stream, &pre_prepare(&liar, payload.digest(), payload)).await;
    }
    for ticket in 0..3 {
        network.issue(1 + ticket % 3, &format!("T-{ticket}")).await;
    }
    let is_blamed = |index: &usize| {
        let changes = network.handle(*index).view_changes();
        let zero = NodeId::new(0);
        changes.iter().any(|change| {
            matches!(&change.cause, ViewChangeCause::BadProposal { leader, .. } if *leader == zero)
        })
    };
    let blamed = (1..4).filter(is_blamed).count();
    assert!(blamed >= 2, "{blamed} of three have blamed the primary");
    network.converge(1).await;
    let height = network.handle(1).query(|view| view.status().certified).await.unwrap();
    for number in 1..=height.get() {
        let block = network.handle(1).block(types::Height::new(number)).await.unwrap();
        assert_ne!(block.header.proposer, Some(NodeId::new(0)), "a lie is executed");
    }
    drop(bares);
    network.stop().await;
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
