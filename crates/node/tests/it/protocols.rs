//! Every protocol in the network world: four nodes commit, lose one, go on, and get it back.

use app::tickets::Verb;
use node::{NetworkPlan, NodeOptions};
use types::Height;

use crate::support::{Network, quick, ticket_request};

/// The nodes that requests are sent to; the other one is stopped half way.
const STAYING: [usize; 3] = [0, 2, 3];
const LEAVING: usize = 1;

impl Network {
    /// Issues a ticket at each of the nodes that stay, all at once, and checks a receipt as a client would.
    async fn issue_everywhere(&self, round: usize) {
        let [first, second, third] = STAYING.map(|index| (index, format!("T-{round}-{index}")));
        tokio::join!(
            self.issue(first.0, &first.1),
            self.issue(second.0, &second.1),
            self.issue(third.0, &third.1),
        );
        let handle = self.handle(first.0);
        let tx = ticket_request(handle, Verb::Validate, &first.1);
        let id = tx.id();
        assert_eq!(handle.submit(vec![tx]).await.unwrap(), [Ok(())]);
        let waited = handle.wait_for(id, node::WaitFor::Commit, std::time::Duration::from_secs(20));
        assert!(waited.await.unwrap().outcome.is_applied());
        handle.receipt(id).await.unwrap().verify(handle.genesis()).unwrap();
    }

    /// All nodes have come to the same block, state roots included.
    async fn is_one(&self) {
        self.converge(1).await;
        let height = self.handle(0).query(|view| view.status().certified).await.unwrap();
        self.converge(height.get()).await;
        let mut hashes = Vec::new();
        for index in 0..self.plans.len() {
            let header = self.handle(index).block(Height::new(height.get())).await.unwrap().header;
            hashes.push((header.hash(), header.state_roots));
        }
        assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]), "{hashes:?}");
    }
}

async fn commits_everywhere(protocol: &str) {
    let mut plan = NetworkPlan { protocol: protocol.to_owned(), ..quick() };
    // A slow build on a busy machine mines in time too.
    plan.settings.push(("consensus.work_bits".to_owned(), "12".to_owned()));
    let mut network = Network::start(&plan).await;
    network.issue_everywhere(0).await;
    network.is_one().await;
    network.stop_node(LEAVING).await;
    network.issue_everywhere(1).await;
    network.start_node(LEAVING, NodeOptions::default()).await;
    network.issue_everywhere(2).await;
    network.is_one().await;
    network.stop().await;
}

macro_rules! protocols {
    ($($test:ident: $name:literal),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                commits_everywhere($name).await;
            }
        )+

        #[test]
        fn every_protocol_that_agrees_is_here() {
            let here = [$($name),+];
            // Without consensus there is nothing to come to.
            let all = ::protocols::PROTOCOLS.iter().filter(|protocol| protocol.name != "none");
            assert!(all.map(|protocol| protocol.name).eq(here));
        }
    };
}

protocols! {
    pbft_commits_everywhere: "pbft",
    hotstuff_commits_everywhere: "hotstuff",
    three_phase_hotstuff_commits_everywhere: "hotstuff-3",
    tendermint_commits_everywhere: "tendermint",
    raft_commits_everywhere: "raft",
    poa_commits_everywhere: "poa",
    aura_commits_everywhere: "aura",
    pos_commits_everywhere: "pos",
    pow_commits_everywhere: "pow",
    fba_commits_everywhere: "fba",
    central_commits_everywhere: "central",
}
