//! What an operator can get wrong: each is refused before anything starts, in three lines.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use node::config::Layers;
use node::{Failure, NetworkPlan, Node, NodeOptions, init_network};

use crate::support::{Network, quick, settings};

/// Why a laid-out node does not start.
async fn refusal(network: &Network, index: usize) -> Failure {
    match Node::start(settings(&network.plans[index]), NodeOptions::default()).await {
        Ok(_) => panic!("the node started"),
        Err(failure) => failure,
    }
}

fn edit(network: &Network, index: usize, from: &str, to: &str) {
    let path = &network.plans[index].config;
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_others_can_read_is_refused() {
    let network = Network::lay_out(&quick());
    let key = network.data_dir(0).join("keys/signing.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let failure = refusal(&network, 0).await;
    assert!(failure.to_string().contains("0644"), "{failure}");
    assert!(failure.next.starts_with("chmod 600"), "{failure}");
    assert_eq!(failure.exit_code, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_and_damaged_keys_are_refused() {
    let network = Network::lay_out(&quick());
    let key = network.data_dir(0).join("keys/network.key");
    std::fs::write(&key, "not a key").unwrap();
    assert!(refusal(&network, 0).await.to_string().contains("network.key is no key"));
    std::fs::remove_file(&key).unwrap();
    assert!(refusal(&network, 0).await.to_string().contains("cannot read"));
    // A key is never replaced.
    assert!(init_network(network.folder.path(), &quick()).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_belong_to_another_validator_are_refused() {
    let network = Network::lay_out(&quick());
    let key = |index: usize, name: &str| network.data_dir(index).join("keys").join(name);
    std::fs::copy(key(1, "signing.key"), key(0, "signing.key")).unwrap();
    assert!(refusal(&network, 0).await.why.contains("these are the keys of `n1`"));
    edit(&network, 0, "id = \"n0\"", "id = \"n1\"");
    assert!(refusal(&network, 0).await.why.contains("network.key"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_in_use_is_refused() {
    let network = Network::start(&NetworkPlan { nodes: 1, ..quick() }).await;
    let failure = refusal(&network, 0).await;
    assert!(failure.why.contains("another process"), "{failure}");
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_that_is_taken_is_refused() {
    let network = Network::lay_out(&quick());
    for port in [network.plans[0].api_port, network.plans[0].p2p_port] {
        let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        let failure = refusal(&network, 0).await;
        assert!(failure.what.contains(&format!("port {port}")), "{failure}");
        assert_eq!(failure.exit_code, 2);
        drop(taken);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_contradict_the_genesis_are_refused() {
    let network = Network::lay_out(&quick());
    edit(&network, 0, "total_nodes = 4", "total_nodes = 5");
    assert!(refusal(&network, 0).await.why.contains("the genesis has 4"));
    edit(&network, 1, "total_nodes = 4", "is_primary = true");
    assert!(refusal(&network, 1).await.why.contains("`n0`"));
    edit(&network, 2, "total_nodes = 4", "total_nodes = 0");
    let layers = Layers { file: Some(network.plans[2].config.clone()), ..Layers::default() };
    assert!(layers.settings().unwrap_err().to_string().contains("at least one validator"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_genesis_that_cannot_start_a_chain_is_refused() {
    let network = Network::lay_out(&quick());
    let path = network.folder.path().join("genesis.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    let none: String = good.split("[[validators]]").next().unwrap().to_owned();
    let cases = [
        (none, "names no validators"),
        (good.replace("name = \"n1\"", "name = \"n0\""), "shares its name or a key"),
        (good.replace("protocol = \"pbft\"", "protocol = \"magic\""), "no protocol is called"),
        (good.replace("schema_version = 1", "schema_version = 9"), "schema_version is 9"),
        (good.replace("network = ", "netwrok = "), "netwrok"),
        ("][".to_owned(), "no good"),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, text).unwrap();
        let failure = refusal(&network, 0).await.to_string();
        assert!(failure.contains(expected), "{failure}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(refusal(&network, 0).await.what.contains("cannot read the genesis"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_another_chain_or_with_damage_is_refused() {
    let mut network = Network::start(&NetworkPlan { nodes: 1, ..quick() }).await;
    network.issue(0, "T-0").await;
    network.stop_node(0).await;
    let journal = std::fs::read_dir(network.data_dir(0).join("db")).unwrap();
    let journal = journal.map(|entry| entry.unwrap().path());
    let journal = journal.filter(|path| path.extension().is_some_and(|kind| kind == "jnl"));
    let journal = journal.max().unwrap();
    let good = std::fs::read(&journal).unwrap();
    let mut flipped = good.clone();
    flipped[200] ^= 0xff;
    std::fs::write(&journal, flipped).unwrap();
    match Node::start(settings(&network.plans[0]), NodeOptions::default()).await {
        Err(failure) => assert_eq!(failure.exit_code, 1, "{failure}"),
        // What is left is a prefix, and the node knows that it promised more.
        Ok(node) => {
            assert!(node.handle.board().stopped_voting().is_some());
            node.stop().await;
        }
    }
}
