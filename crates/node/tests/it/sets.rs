//! A running network changes its validators: one joins, one votes with another key, one leaves.

use app::epochs::Change;
use ledger::Validator;
use node::config::Layers;
use node::{Handle, Node, NodeKeys, NodeOptions, WaitFor, init_node};
use types::{Height, NodeId};

use crate::support::{Network, eventually, quick, ticket_request};

fn flag(key: &str, value: &str) -> (String, String, String) {
    ("test".to_owned(), key.to_owned(), value.to_owned())
}

/// A node with keys of its own, which the genesis does not name.
pub(crate) async fn newcomer(network: &Network) -> (Node, Validator) {
    let data_dir = network.folder.path().join("n4");
    let identity = init_node(&data_dir, None, None).unwrap();
    let peer = format!(
        "/ip4/127.0.0.1/tcp/{}/p2p/{}",
        network.plans[1].p2p_port, network.plans[1].peer_id
    );
    let genesis = network.folder.path().join("genesis.toml");
    let flags = vec![
        flag("node.id", "n4"),
        flag("node.data_dir", &data_dir.display().to_string()),
        flag("node.genesis", &genesis.display().to_string()),
        flag("network.listen_address", "127.0.0.1"),
        flag("network.listen_port", "0"),
        flag("network.bootstrap_peers", &peer),
        flag("consensus.view_timeout", "1s"),
        flag("gossip.anti_entropy_interval", "300ms"),
        flag("api.port", "0"),
    ];
    let settings = Layers { flags, ..Layers::default() }.settings().unwrap();
    let node = Node::start(settings, NodeOptions::default()).await.unwrap();
    let validator =
        Validator { name: "n4".to_owned(), key: identity.key, network_key: identity.network_key };
    (node, validator)
}

struct Run {
    network: Network,
    tickets: usize,
}

impl Run {
    async fn height(&self) -> u64 {
        self.network.handle(0).query(|view| view.status().height.get()).await.unwrap()
    }

    /// Lets these agree on a change, and tickets flow until it holds; gives the first block of its epoch.
    async fn change(&mut self, wishers: &[&Handle], number: u64, change: Change) -> Height {
        let first = Height::new(self.height().await + 24);
        for handle in wishers {
            let wish = handle.wish(first, change.clone()).unwrap();
            assert_eq!(handle.submit(vec![wish]).await.unwrap(), [Ok(())]);
        }
        while self.height().await < first.get() + 4 {
            self.network.issue([0, 2][self.tickets % 2], &format!("T-{}", self.tickets)).await;
            self.tickets += 1;
        }
        for handle in wishers {
            entered(handle, number).await;
        }
        first
    }

    /// The receipt of a step, checked with nothing but the genesis.
    async fn verified(&self, index: usize) -> ledger::Receipt {
        let handle = self.network.handle(index);
        let tx = ticket_request(handle, app::tickets::Verb::Validate, &format!("T-{index}"));
        let id = tx.id();
        assert_eq!(handle.submit(vec![tx]).await.unwrap(), [Ok(())]);
        let waited = handle.wait_for(id, WaitFor::Commit, std::time::Duration::from_secs(20));
        assert!(waited.await.unwrap().outcome.is_applied());
        let receipt = handle.receipt(id).await.unwrap();
        assert_eq!(receipt.verify(handle.genesis()), Ok(()));
        receipt
    }
}

/// The head over all that is certified, signed by these: checked with nothing but the genesis.
async fn head_of(handles: &[&Handle]) -> Result<ledger::ChainHead, ledger::HeadError> {
    let mut size = u64::MAX;
    for handle in handles {
        size = size.min(handle.query(|view| view.status().certified.get()).await.unwrap());
    }
    let mut joined: Option<ledger::SignedNote> = None;
    for handle in handles {
        let (_, note) = handle.head(Some(size)).await.unwrap();
        joined = Some(match joined {
            Some(before) => before.join(note).unwrap(),
            None => note,
        });
    }
    ledger::ChainHead::verify(&joined.unwrap().to_text(), handles[0].genesis())
}

pub(crate) async fn entered(handle: &Handle, number: u64) {
    eventually("the epoch is entered", async || {
        handle.query(|view| view.status().epoch.number).await.unwrap() == number
    })
    .await;
}

/// Whether a member attests a block that comes: its place is among the signers of a certificate.
async fn attests(run: &Run, id: NodeId) {
    eventually("the member attests", async || {
        let handle = run.network.handle(0);
        run.network.issue(0, &format!("S-{}", run.height().await)).await;
        let status = handle.query(|view| view.status()).await.unwrap();
        let place = status.epoch.place_of(id).unwrap();
        let certificate = handle.certificate(status.certified).await.unwrap();
        certificate.signatures.contains_key(&place)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_network_changes_its_validators() {
    let network = Network::start(&quick()).await;
    let (newcomer, validator) = newcomer(&network).await;
    let mut run = Run { network, tickets: 0 };
    run.network.issue(0, "before").await;

    // It follows as an observer, and votes from the block on that was agreed on.
    let joiner = newcomer.handle.clone();
    assert!(joiner.wish(Height::new(99), Change::Leave { name: "n1".to_owned() }).is_err());
    let handles: Vec<Handle> = (0..3).map(|index| run.network.handle(index).clone()).collect();
    let wishers: Vec<&Handle> = handles.iter().collect();
    let join = Change::Join { validator, weight: 1 };
    run.change(&wishers, 1, join).await;
    entered(&joiner, 1).await;
    attests(&run, NodeId::new(4)).await;
    let receipt = run.verified(0).await;
    assert_eq!((receipt.lineage.epochs.len(), receipt.lineage.handovers.len()), (1, 1));
    head_of(&[&handles[0], &handles[1], &handles[2], &joiner]).await.unwrap();
    let too_few = ledger::HeadError::TooFew { have: 3, need: 4 };
    assert_eq!(head_of(&handles.iter().collect::<Vec<_>>()).await, Err(too_few), "of five now");
    let mut forgetful = receipt.clone();
    forgetful.lineage = ledger::Lineage::default();
    assert!(forgetful.verify(run.network.handle(0).genesis()).is_err());

    // One has made its next key; the others agree to it.
    let key = {
        let keys = NodeKeys::folder(run.network.data_dir(3));
        run.network.stop_node(3).await;
        let key = NodeKeys::generate_next(&keys, keys::Source::Usual, None).unwrap();
        run.network.start_node(3, NodeOptions::default()).await;
        key
    };
    let wishers = [&handles[0], &handles[1], &handles[2], &joiner];
    run.change(&wishers, 2, Change::Rotate { name: "n3".to_owned(), key }).await;
    entered(run.network.handle(3), 2).await;
    attests(&run, NodeId::new(3)).await;

    // One leaves: it follows on, without a vote, and what its clients ask for is done by others.
    let first = run.change(&wishers, 3, Change::Leave { name: "n1".to_owned() }).await;
    let left = run.network.handle(1).query(|view| view.status()).await.unwrap();
    assert!(left.core.is_none() && left.epoch.members.len() == 4);
    // With the new key and without whom has left, whose signature counts for what was in its office.
    head_of(&[&handles[0], run.network.handle(3), &joiner]).await.unwrap();
    run.network.issue(1, "by one that left").await;
    let late = handles[1].head(Some(first.get())).await;
    assert_eq!(late.err(), Some(node::Unproved::NotValidator));
    assert!(handles[1].head(Some(first.get() - 1)).await.is_ok());
    attests(&run, NodeId::new(4)).await;
    let receipt = run.verified(2).await;
    assert_eq!((receipt.lineage.epochs.len(), receipt.lineage.handovers.len()), (3, 3));

    // Every ticket was issued once: a second time it would have been refused as existing.
    let last = run.height().await;
    run.network.converge(last).await;
    newcomer.stop().await;
    run.network.stop().await;
}
