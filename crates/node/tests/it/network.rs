use node::{Admin, NetworkPlan, NodeError, NodeOptions};
use store::Fault;
use types::NodeId;

use crate::support::{Network, eventually, issue, note, quick, ticket_request};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_commit_and_outlive_the_loss_of_one() {
    let mut network = Network::start(&quick()).await;
    for ticket in 0..4 {
        network.issue(ticket, &format!("T-{ticket}")).await;
    }
    network.converge(1).await;

    // The primary goes away, and the others go on under another.
    network.stop_node(0).await;
    for ticket in 4..8 {
        network.issue(1 + ticket % 3, &format!("T-{ticket}")).await;
    }
    assert!(!network.handle(1).view_changes().is_empty());
    let height = network.handle(1).query(|view| view.status().height.get()).await.unwrap();

    // It comes back on what it kept, catches up, and serves what was decided without it.
    network.start_node(0, NodeOptions::default()).await;
    network.converge(height).await;
    network.issue(0, "T-8").await;
    network.converge(height + 1).await;
    let mut roots = Vec::new();
    for index in 0..4 {
        let header = network.handle(index).block(types::Height::new(height)).await.unwrap().header;
        roots.push(header.hash());
    }
    assert!(roots.iter().all(|root| *root == roots[0]));
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_locations_and_events_follow_a_transaction() {
    let network = Network::start(&quick()).await;
    let handle = network.handle(2);
    let after = handle.events().last();
    let tx = ticket_request(handle, app::tickets::Verb::Issue, "T-1");
    let id = tx.id();
    handle.submit(vec![tx.clone(), tx.clone()]).await.unwrap();
    let waited = handle.wait_for(id, node::WaitFor::Commit, std::time::Duration::from_secs(20));
    let result = waited.await.unwrap();
    assert_eq!(handle.locate(id).await, Some((result.height, result.index)));
    assert_eq!(handle.transaction(id).await.unwrap(), tx);
    handle.receipt(id).await.unwrap().verify(handle.genesis()).unwrap();
    let page = handle.events().after(after, 100);
    let is_issue = |event: &node::events::NodeEvent| matches!(event, node::events::NodeEvent::App { event, .. } if event.kind == "ticket.issued");
    assert_eq!(page.events.iter().filter(|logged| is_issue(&logged.event)).count(), 1);
    let text = handle.metrics().encode();
    assert!(text.contains("unisono_tickets{state=\"ISSUED\"} 1"), "{text}");
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partition_stops_the_smaller_side_and_heals() {
    let network = Network::start(&quick()).await;
    network.issue(0, "T-0").await;
    // The last one hears nobody, and nobody hears it.
    let others = (0..3).map(NodeId::new).collect();
    network.handle(3).admin(Admin::Partition(others)).await.unwrap();
    for index in 0..3 {
        let last = Admin::Partition(vec![NodeId::new(3)]);
        network.handle(index).admin(last).await.unwrap();
    }
    network.issue(1, "T-1").await;
    let (cut_off, rest) = (network.handle(3), network.handle(0));
    let height = rest.query(|view| view.status().height).await.unwrap();
    assert!(cut_off.query(|view| view.status().height).await.unwrap() < height);
    for index in 0..4 {
        network.handle(index).admin(Admin::Heal).await.unwrap();
    }
    network.converge(height.get()).await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drills_are_refused_where_the_network_is_not_tagged() {
    let plan = NetworkPlan { network: "real".to_owned(), nodes: 1, ..quick() };
    let network = Network::start(&plan).await;
    let refused = network.handle(0).admin(Admin::Heal).await;
    assert!(matches!(refused, Err(NodeError::Forbidden(_))));
    network.issue(0, "alone").await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_a_full_disk_stops_voting_and_answers_questions() {
    let network = Network::start(&quick()).await;
    network.issue(3, "T-0").await;
    network.handle(3).store().inject(Some(Fault::Full));
    // The others are enough, and go on.
    network.issue(0, "T-1").await;
    network.issue(0, "T-2").await;
    let full = network.handle(3);
    eventually("the full node notices", async || full.readiness().has_disk_failed()).await;
    let height = full.query(|view| view.status().height).await.unwrap();
    assert!(
        full.block(height).await.is_some() || full.block(types::Height::new(1)).await.is_some()
    );
    let key = crypto::SecretKey::from_seed([5; 32]);
    let refused = full.submit(vec![note(full, &key, 1)]).await;
    assert!(matches!(refused, Err(NodeError::Store(_))), "{refused:?}");
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_disk_ends_the_node() {
    let mut network = Network::start(&NetworkPlan { nodes: 1, ..quick() }).await;
    network.issue(0, "T-0").await;
    let mut node = network.nodes[0].take().unwrap();
    node.handle.store().inject(Some(Fault::Io));
    let tx = ticket_request(&node.handle, app::tickets::Verb::Issue, "T-1");
    node.handle.submit(vec![tx]).await.unwrap();
    let failed = tokio::time::timeout(std::time::Duration::from_secs(20), &mut node.failed);
    assert!(matches!(failed.await.unwrap(), Ok(store::StoreError::Io(_))));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_equivocating_validator_is_named_and_stops_nothing() {
    let mut network = Network::lay_out(&quick());
    for index in 0..4 {
        let byzantine = (index == 3).then_some(node::Misbehaviour::Equivocate);
        network.start_node(index, NodeOptions { byzantine, ..NodeOptions::default() }).await;
    }
    for ticket in 0..6 {
        network.issue(ticket % 3, &format!("T-{ticket}")).await;
    }
    eventually("somebody names the liar", async || {
        (0..3).any(|index| {
            let evidence = network.handle(index).evidence();
            evidence.iter().any(|seen| seen.evidence.offender == NodeId::new(3))
        })
    })
    .await;
    network.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_store_was_lost_follows_without_voting() {
    let mut network = Network::start(&quick()).await;
    network.issue(0, "T-0").await;
    network.converge(1).await;
    network.stop_node(3).await;
    std::fs::remove_dir_all(network.data_dir(3).join("db")).unwrap();
    network.issue(0, "T-1").await;
    network.start_node(3, NodeOptions::default()).await;
    assert!(network.handle(3).board().stopped_voting().is_some());
    network.issue(0, "T-2").await;
    let height = network.handle(0).query(|view| view.status().certified.get()).await.unwrap();
    network.converge(height).await;
    assert!(network.handle(3).query(|view| view.status().core.is_none()).await.unwrap());
    // What its clients submit is handed to those that vote.
    issue(network.handle(3), "T-3").await;
    network.stop().await;
}
