use node::config::Layers;
use node::{Node, NodeOptions, init_node};

use crate::support::{Network, eventually, issue, quick};

fn flag(key: &str, value: &str) -> (String, String, String) {
    ("test".to_owned(), key.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_that_knows_one_peer_finds_all_and_follows() {
    let network = Network::start(&quick()).await;
    network.issue(0, "T-0").await;
    let data_dir = network.folder.path().join("observer");
    init_node(&data_dir).unwrap();
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
