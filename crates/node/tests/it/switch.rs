//! A running network changes its protocol.

use app::epochs::Change;
use node::NodeOptions;
use types::Height;

use crate::support::{Network, eventually, quick};

async fn height(network: &Network) -> u64 {
    network.handle(0).query(|view| view.status().height.get()).await.unwrap()
}

/// Three validators ask for a protocol; tickets are issued until it orders blocks everywhere.
async fn switch(network: &Network, number: u64, protocol: &str, tickets: &mut u32) {
    let first = Height::new(height(network).await + 20);
    let change = Change::Protocol(protocol.to_owned());
    for validator in 0..3 {
        let handle = network.handle(validator);
        let wish = handle.wish(first, change.clone()).unwrap();
        assert_eq!(handle.submit(vec![wish]).await.unwrap(), [Ok(())]);
    }
    while height(network).await < first.get() + 3 {
        network.issue(*tickets as usize % 4, &format!("T-{tickets}")).await;
        *tickets += 1;
    }
    for index in 0..4 {
        eventually("every node enters the epoch", async || {
            let status = network.handle(index).query(|view| view.status()).await.unwrap();
            let epoch = status.epoch;
            (epoch.number, epoch.first) == (number, first) && epoch.protocol == protocol
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_network_switches_its_protocol_and_back() {
    let mut network = Network::start(&quick()).await;
    let mut tickets = 0;
    switch(&network, 1, "hotstuff", &mut tickets).await;

    // A validator that stops and comes back finds itself in the epoch that it left.
    network.stop_node(3).await;
    network.issue(0, "meanwhile").await;
    network.start_node(3, NodeOptions::default()).await;
    network.issue(3, "back").await;

    switch(&network, 2, "pbft", &mut tickets).await;
    let last = height(&network).await;
    network.converge(last).await;

    // Every ticket was issued, and none a second time: it would have been refused as existing.
    let issued = network.handle(1).query(|view| {
        let state = view.executor().state(app::tickets::TICKETS).unwrap();
        state.len()
    });
    assert_eq!(issued.await.unwrap() as u32, tickets + 2);
    network.stop().await;
}
