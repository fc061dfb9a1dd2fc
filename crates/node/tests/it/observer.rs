use node::config::Layers;
use node::{Node, NodeKeys, NodeOptions, init_node};
use types::Height;

use crate::support::{Network, eventually, issue, quick};

fn flag(key: &str, value: &str) -> (String, String, String) {
    ("test".to_owned(), key.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_that_knows_one_peer_finds_all_and_follows() {
    let network = Network::start(&quick()).await;
    network.issue(0, "T-0").await;
    let data_dir = network.folder.path().join("observer");
    init_node(&data_dir, None, None).unwrap();
    let peer = format!(
        "/ip4/127.0.0.1/tcp/{}/p2p/{}",
        network.plans[1].p2p_port, network.plans[1].peer_id
    );
    let genesis = network.folder.path().join("genesis.toml");
    let flags = vec![
        flag("node.id", "watcher"),
        flag("node.data_dir", &data_dir.display().to_string()),
        flag("node.genesis", &genesis.display().to_string()),
        flag("network.listen_address", "127.0.0.1"),
        flag("network.listen_port", "0"),
        flag("network.bootstrap_peers", &peer),
        flag("api.port", "0"),
    ];
    let settings = Layers { flags, ..Layers::default() }.settings().unwrap();
    let observer = Node::start(settings, NodeOptions::default()).await.unwrap();
    assert_eq!(observer.handle.me(), None);
    eventually("the observer finds all four by itself", async || {
        observer.handle.peers().len() == 4
    })
    .await;
    network.issue(2, "T-1").await;
    let height = network.handle(2).query(|view| view.status().certified).await.unwrap();
    eventually("the observer follows", async || {
        observer.handle.query(|view| view.status().certified).await.unwrap() >= height
    })
    .await;
    let (theirs, ours) =
        (network.handle(2).block(height).await, observer.handle.block(height).await);
    assert_eq!(theirs, ours);
    // Its clients are served by gossip.
    issue(&observer.handle, "T-2").await;
    observer.stop().await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_admits_an_observer_until_its_last_block() {
    let mut plan = quick();
    plan.settings.push(("network.observers_allowed".to_owned(), "false".to_owned()));
    let mut network = Network::lay_out(&plan);
    let data_dir = network.folder.path().join("observer");
    let identity = init_node(&data_dir, None, None).unwrap();
    let genesis_file = network.folder.path().join("genesis.toml");
    let genesis = node::read_genesis(&genesis_file).unwrap();
    let until = Height::new(60);
    let statement = keys::Statement {
        chain: genesis.chain_id(),
        name: "watcher".to_owned(),
        key: identity.network_key,
        purpose: keys::Purpose::Network,
        from: Height::new(0),
        until,
    };
    let issuer = NodeKeys::folder(network.data_dir(2)).join("signing.key");
    let issuer = keys::read(&issuer, &mut keys::Unlock::new(keys::Source::Usual)).unwrap().key;
    let certificate = network.folder.path().join("watcher.attestation");
    std::fs::write(&certificate, statement.sign(&issuer).unwrap().to_text()).unwrap();
    // One validator has been given the certificate, the others have not.
    let text = std::fs::read_to_string(&network.plans[1].config).unwrap();
    let line = format!("[network]\ncertificates = [\"{}\"]\n", certificate.display());
    std::fs::write(&network.plans[1].config, text.replace("[network]\n", &line)).unwrap();
    for index in 0..4 {
        network.start_node(index, NodeOptions::default()).await;
    }
    network.issue(0, "T-0").await;
    let peer = format!(
        "/ip4/127.0.0.1/tcp/{}/p2p/{}",
        network.plans[1].p2p_port, network.plans[1].peer_id
    );
    let flags = vec![
        flag("node.id", "watcher"),
        flag("node.data_dir", &data_dir.display().to_string()),
        flag("node.genesis", &genesis_file.display().to_string()),
        flag("network.listen_address", "127.0.0.1"),
        flag("network.listen_port", "0"),
        flag("network.bootstrap_peers", &peer),
        flag("api.port", "0"),
    ];
    let settings = Layers { flags, ..Layers::default() }.settings().unwrap();
    let observer = Node::start(settings, NodeOptions::default()).await.unwrap();
    // Observers are told of new blocks.
    let mut ticket = 0;
    let mut next = async || {
        ticket += 1;
        network.issue(0, &format!("T-{ticket}")).await;
    };
    eventually("the observer follows", async || {
        next().await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        observer.handle.query(|view| view.status().certified).await.unwrap() > Height::ZERO
    })
    .await;
    while network.handle(1).query(|view| view.status().certified).await.unwrap() < until {
        next().await;
    }
    eventually("the certificate is over", async || observer.handle.peers().is_empty()).await;
    observer.stop().await;
    network.stop().await;
}
