//! Peers that do what no honest peer does: each is a counted drop or a closed connection, and the rest goes on.

use std::sync::Arc;
use std::time::Duration;

use codec::Encode;
use crypto::{Domain, SecretKey, Sign, Signer};
use futures::io::{AsyncReadExt, AsyncWriteExt};
use ledger::{Attestation, BlockCertificate, Genesis};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, StreamProtocol, identity};
use node::{Handle, NetworkPlan, NodeKeys, NodeOptions};
use types::{Digest, Height, NodeId};

use crate::support::{Network, eventually, quick};

const VOTES: StreamProtocol = StreamProtocol::new("/unisono/votes/1");
const LENGTH_MAX: u32 = 8 * 1024 * 1024;

/// A peer that speaks the transport, and nothing that is not told to it.
pub(crate) struct Bare {
    control: libp2p_stream::Control,
    target: PeerId,
    task: tokio::task::JoinHandle<()>,
}

impl Bare {
    /// Dials a node under a key.
    pub(crate) fn dial(key: identity::Keypair, network: &Network, index: usize) -> Self {
        let plan = &network.plans[index];
        let target: PeerId = plan.peer_id.parse().unwrap();
        let address: Multiaddr =
            format!("/ip4/127.0.0.1/tcp/{}/p2p/{}", plan.p2p_port, plan.peer_id).parse().unwrap();
        let mut swarm = libp2p::SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(
                libp2p::tcp::Config::default(),
                libp2p::noise::Config::new,
                libp2p::yamux::Config::default,
            )
            .unwrap()
            .with_behaviour(|_| libp2p_stream::Behaviour::new())
            .unwrap()
            .with_swarm_config(|config| {
                config.with_idle_connection_timeout(Duration::from_secs(60))
            })
            .build();
        let control = swarm.behaviour().new_control();
        swarm.dial(address.clone()).unwrap();
        let task = tokio::spawn(async move {
            loop {
                let event = futures::StreamExt::select_next_some(&mut swarm).await;
                if matches!(event, SwarmEvent::ConnectionClosed { .. }) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    let _ = swarm.dial(address.clone());
                }
            }
        });
        Self { control, target, task }
    }

    async fn open(&mut self) -> libp2p::Stream {
        for _ in 0..200 {
            if let Ok(stream) = self.control.open_stream(self.target, VOTES).await {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no stream opens");
    }

    /// Opens a stream and greets for a chain; again where the connection ends under it, as one of two that were
    /// made at once does.
    pub(crate) async fn greet(&mut self, chain: types::ChainId) -> libp2p::Stream {
        let mut hello = b"uniso/".to_vec();
        hello.extend_from_slice(&1u16.to_le_bytes());
        hello.extend_from_slice(chain.0.as_bytes());
        for _ in 0..20 {
            let mut stream = self.open().await;
            if stream.write_all(&hello).await.is_ok() && stream.flush().await.is_ok() {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no stream takes a greeting");
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn send(stream: &mut libp2p::Stream, body: &[u8]) {
    let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
    bytes.extend_from_slice(body);
    // A node that has closed the stream meanwhile has done what it should.
    let _ = stream.write_all(&bytes).await;
    let _ = stream.flush().await;
}

/// Whether the other side ends the stream.
async fn is_closed(stream: &mut libp2p::Stream) -> bool {
    let mut sink = [0; 4_096];
    let read = async { while stream.read(&mut sink).await.is_ok_and(|count| count > 0) {} };
    tokio::time::timeout(Duration::from_secs(10), read).await.is_ok()
}

/// The sum of a counter's samples whose line holds `part`.
fn counted(handle: &Handle, name: &str, part: &str) -> u64 {
    let text = handle.metrics().encode();
    let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(part));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

pub(crate) async fn eventually_counted(handle: &Handle, name: &str, part: &str, least: u64) {
    eventually(&format!("{name} {part} reaches {least}"), async || {
        counted(handle, name, part) >= least
    })
    .await;
}

/// A network whose last validator is played by the test.
async fn with_impostor() -> (Network, NodeKeys, Bare) {
    let mut network = Network::lay_out(&quick());
    for index in 0..3 {
        network.start_node(index, NodeOptions::default()).await;
    }
    let keys = NodeKeys::load(&NodeKeys::folder(network.data_dir(3)), keys::Source::Usual).unwrap();
    let key = identity::Keypair::ed25519_from_bytes(keys.network.to_seed()).unwrap();
    let bare = Bare::dial(key, &network, 0);
    (network, keys, bare)
}

/// An attestation's message.
fn attestation(signer: &Signer, height: u64) -> Vec<u8> {
    let statement = Attestation { height: Height::new(height), block: Digest::new([7; 32]) };
    let mut body = vec![3];
    signer.sign(statement).encode(&mut body);
    body
}

pub(crate) fn signer(me: u16, domain: Domain, key: &Arc<dyn Sign>) -> Signer {
    Signer::new(NodeId::new(me), domain, Arc::clone(key))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_peer_is_closed_after_the_handshake() {
    let mut plan = quick();
    plan.settings.push(("network.observers_allowed".to_owned(), "false".to_owned()));
    let network = Network::start(&plan).await;
    let _stranger = Bare::dial(identity::Keypair::generate_ed25519(), &network, 0);
    let rejected = "unisono_net_rejected_peers_total";
    eventually_counted(network.handle(0), rejected, "not_admitted", 1).await;
    network.issue(0, "T-0").await;
    assert_eq!(network.handle(0).peers().len(), 3);
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_under_another_key_than_announced_is_refused() {
    let mut network = Network::lay_out(&quick());
    // The first one believes that the second listens where the third does.
    let (second, third) = (network.plans[1].p2p_port, network.plans[2].p2p_port);
    let text = std::fs::read_to_string(&network.plans[0].config).unwrap();
    let text = text.replace(&format!("/tcp/{second}/"), &format!("/tcp/{third}/"));
    std::fs::write(&network.plans[0].config, text).unwrap();
    for index in [0, 2, 3] {
        network.start_node(index, NodeOptions::default()).await;
    }
    let rejected = "unisono_net_rejected_peers_total";
    eventually_counted(network.handle(0), rejected, "wrong_key", 1).await;
    network.issue(0, "T-0").await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_and_replayed_votes_are_counted_drops() {
    let (network, keys, mut bare) = with_impostor().await;
    let handle = network.handle(0);
    let genesis = handle.genesis();
    let ledger = genesis.domain(Genesis::LEDGER);
    let mut stream = bare.greet(genesis.chain_id()).await;
    let votes = "unisono_consensus_votes_total";
    // In another's name; with another's key; for another chain; for a set that is no more.
    send(&mut stream, &attestation(&signer(2, ledger, &keys.signing), 1)).await;
    eventually_counted(handle, votes, "not_from_author", 1).await;
    let strange: Arc<dyn Sign> = Arc::new(SecretKey::from_seed([1; 32]));
    send(&mut stream, &attestation(&signer(3, ledger, &strange), 1)).await;
    eventually_counted(handle, votes, "bad_signature", 1).await;
    let elsewhere = types::ChainId(Digest::new([9; 32]));
    for domain in [
        Domain::new(elsewhere, genesis.set_digest(), Genesis::LEDGER),
        Domain::new(genesis.chain_id(), Digest::new([9; 32]), Genesis::LEDGER),
        genesis.domain("pbft"),
    ] {
        send(&mut stream, &attestation(&signer(3, domain, &keys.signing), 1)).await;
    }
    eventually_counted(handle, votes, "bad_signature", 4).await;
    assert_eq!(counted(handle, votes, "verdict=\"accepted\",kind=\"attestation\""), 0);
    network.issue(1, "T-0").await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absurd_numbers_and_empty_claims_change_nothing() {
    let (network, keys, mut bare) = with_impostor().await;
    let handle = network.handle(0);
    let genesis = handle.genesis();
    let mine = signer(3, genesis.domain(Genesis::LEDGER), &keys.signing);
    // Said again where the connection ends under it, as one of two that were made at once does.
    eventually("a request for batches is counted", async || {
        let mut stream = bare.greet(genesis.chain_id()).await;
        for height in [0, u64::MAX, u64::MAX - 1, 1 << 40] {
            send(&mut stream, &attestation(&mine, height)).await;
            let mut request = vec![4];
            request.extend_from_slice(&height.to_le_bytes());
            send(&mut stream, &request).await;
            let mut tip = vec![6];
            let (block, signatures) = (Digest::new([1; 32]), crypto::Signatures::new());
            BlockCertificate { height: Height::new(height), block, signatures }.encode(&mut tip);
            send(&mut stream, &tip).await;
        }
        // Batches that nobody has.
        let mut request = vec![2];
        vec![Digest::new([5; 32]); 64].encode(&mut request);
        send(&mut stream, &request).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        counted(handle, "unisono_net_messages_total", "batch_request") >= 1
    })
    .await;
    network.issue(1, "T-0").await;
    assert_eq!(counted(handle, "unisono_net_dropped_total", "malformed"), 0);
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_are_no_messages_end_in_a_closed_connection() {
    let (network, _, mut bare) = with_impostor().await;
    let handle = network.handle(0);
    let chain = handle.genesis().chain_id();
    let mut stream = bare.greet(chain).await;
    let mut prng = types::Prng::new(11, 0);
    for _ in 0..40 {
        let mut junk = vec![0; usize::try_from(prng.next_u64() % 3_000).unwrap()];
        prng.fill(&mut junk);
        send(&mut stream, &junk).await;
    }
    send(&mut stream, &[]).await;
    // A list that announces more than it holds.
    send(&mut stream, &[2, 0xff, 0xff, 0xff, 0xff]).await;
    eventually_counted(handle, "unisono_net_dropped_total", "malformed", 8).await;
    send(&mut stream, &[9; 10]).await;
    assert!(is_closed(&mut stream).await);
    let rejected = "unisono_net_rejected_peers_total";
    eventually_counted(handle, rejected, "malformed_frame", 1).await;
    network.issue(0, "T-0").await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_frame_closes_the_connection_unread() {
    let (network, _, mut bare) = with_impostor().await;
    let handle = network.handle(0);
    let mut stream = bare.greet(handle.genesis().chain_id()).await;
    stream.write_all(&(LENGTH_MAX + 1).to_le_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert!(is_closed(&mut stream).await);
    let rejected = "unisono_net_rejected_peers_total";
    eventually_counted(handle, rejected, "oversized_frame", 1).await;
    network.issue(0, "T-0").await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_for_another_chain_or_version_is_refused() {
    let (network, _, mut bare) = with_impostor().await;
    let handle = network.handle(0);
    let rejected = "unisono_net_rejected_peers_total";
    let mut stream = bare.greet(types::ChainId(Digest::new([3; 32]))).await;
    assert!(is_closed(&mut stream).await);
    eventually_counted(handle, rejected, "wrong_chain", 1).await;
    let mut stream = bare.open().await;
    let mut hello = b"uniso/".to_vec();
    hello.extend_from_slice(&77u16.to_le_bytes());
    hello.extend_from_slice(handle.genesis().chain_id().0.as_bytes());
    stream.write_all(&hello).await.unwrap();
    stream.flush().await.unwrap();
    assert!(is_closed(&mut stream).await);
    eventually_counted(handle, rejected, "wrong_version", 1).await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_client_signature_is_refused_at_the_door() {
    let network = Network::start(&NetworkPlan { nodes: 1, ..quick() }).await;
    let handle = network.handle(0);
    let key = SecretKey::from_seed([8; 32]);
    let forge = |nonce| {
        let mut bytes = crate::support::note(handle, &key, nonce).bytes().to_vec();
        let last = bytes.len() - 70;
        bytes[last] ^= 1;
        ledger::SealedTransaction::from_bytes(&bytes).unwrap()
    };
    let good = crate::support::note(handle, &key, 1);
    let mixed = vec![forge(2), good.clone(), forge(3), crate::support::note(handle, &key, 4)];
    let answers = handle.submit(mixed).await.unwrap();
    let refused = Err(ledger::Refusal::BadSignature);
    assert_eq!(answers, [refused, Ok(()), refused, Ok(())]);
    let result = handle.wait_for(good.id(), node::WaitFor::Commit, Duration::from_secs(20)).await;
    assert!(result.unwrap().certified);
    // The same again, after it was executed.
    let again = handle.submit(vec![good]).await.unwrap();
    assert_eq!(again, [Err(ledger::Refusal::NonceUsed)]);
    network.stop().await;
}
