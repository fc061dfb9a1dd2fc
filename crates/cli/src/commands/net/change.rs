//! `unisono net switch`, `join`, `leave`, `rotate` and `weigh`: every validator of the local network wishes for the same.

use std::path::Path;

use api::{Change, Network, Newcomer, Rotation, ScheduledEpoch, Submitted, Weight, WishRequest};
use serde_json::{Value, json};

use crate::args::ChangeCommand;
use crate::client::Client;
use crate::failure::{Exit, Failure, Result};
use crate::output::Report;

/// How far ahead a change is put: the wishes themselves fill some blocks, and the last must come 8 before it.
const LEAD_BLOCKS: u64 = 24;
/// How often is looked whether it is agreed on.
const LOOKS: usize = 40;

/// Lets all validators that run wish for a change, and says what they have agreed on.
pub(super) async fn run(folder: &Path, command: ChangeCommand) -> Result<Report> {
    let (change, at) = change_of(command);
    let supervisor = Client::supervisor(folder)?;
    let validators = running(&supervisor).await?;
    let before: Network = supervisor.get("/api/v1/network").await?;
    let is_there = matches!(&change, Change::Protocol(protocol) if *protocol == before.protocol);
    if is_there && before.scheduled.is_none() {
        return Err(Failure::usage(format!("the network runs {} already", before.protocol)));
    }
    let at = at.unwrap_or_else(|| before.height.saturating_add(LEAD_BLOCKS));
    let wish = WishRequest { at, change };
    let mut refused = None;
    let mut wishes: Vec<Value> = Vec::with_capacity(validators.len());
    for (name, client) in &validators {
        match client.post_json::<Submitted>("/api/v1/admin/wish", &wish).await {
            Ok(done) => wishes.push(json!({ "node": name, "transaction": done.transaction })),
            // A quorum may have agreed before the last was asked.
            Err(error) => refused = Some(error),
        }
    }
    match (agreed(&supervisor, &before, at).await?, refused) {
        (Some((network, scheduled)), _) => Ok(report(&network, &scheduled, &wishes)),
        (None, Some(error)) => Err(error),
        (None, None) => Err(Failure::new(
            Exit::NoQuorum,
            "NOT_AGREED",
            format!("{} of {} validators wish it", wishes.len(), before.nodes.len()),
        )
        .why("a quorum has to wish the same, or the block was reached before all did")
        .next("`unisono net status` says who runs; ask again")),
    }
}

/// The change in the API's words, and the block that it is to hold from.
fn change_of(command: ChangeCommand) -> (Change, Option<u64>) {
    match command {
        ChangeCommand::Switch { protocol, when } => (Change::Protocol(protocol), when.at),
        ChangeCommand::Join { name, key, network_key, weight, when } => {
            (Change::Join(Newcomer { name, key, network_key, weight }), when.at)
        }
        ChangeCommand::Leave { name, when } => (Change::Leave(name), when.at),
        ChangeCommand::Rotate { name, key, when } => {
            (Change::Rotate(Rotation { name, key }), when.at)
        }
        ChangeCommand::Weigh { name, weight, when } => {
            (Change::Weigh(Weight { name, weight }), when.at)
        }
    }
}

/// What is scheduled, where it is what was wished for. The validator that is asked may be a block behind.
async fn agreed(
    supervisor: &Client,
    before: &Network,
    at: u64,
) -> Result<Option<(Network, ScheduledEpoch)>> {
    for _ in 0..LOOKS {
        let network: Network = supervisor.get("/api/v1/network").await?;
        if let Some(scheduled) = network.scheduled.clone()
            && before.scheduled.is_none()
            && (scheduled.number, scheduled.first) == (before.epoch + 1, at)
        {
            return Ok(Some((network, scheduled)));
        }
        tokio::time::sleep(super::POLL).await;
    }
    Ok(None)
}

/// The validators that run, by name.
pub(super) async fn running(supervisor: &Client) -> Result<Vec<(String, Client)>> {
    let nodes: Value = supervisor.get("/api/v1/nodes").await?;
    let nodes = nodes["nodes"].as_array().into_iter().flatten();
    let up = nodes.filter(|node| node["status"] == "running").filter_map(|node| {
        let port = node["api_port"].as_u64()?;
        let client = Client::new(&format!("http://127.0.0.1:{port}"));
        Some((node["id"].as_str()?.to_owned(), client))
    });
    Ok(up.collect())
}

fn report(network: &Network, scheduled: &ScheduledEpoch, wishes: &[Value]) -> Report {
    let ScheduledEpoch { number, first, protocol, validators } = scheduled;
    let left = first.saturating_sub(network.height).saturating_sub(1);
    let text = format!(
        "from block {first} on, {protocol} orders blocks and {} validate: epoch {number}\n\
         {left} more blocks come before it under {}; blocks come with work",
        validators.join(" "),
        network.protocol
    );
    let value = json!({
        "epoch": number, "first": first, "protocol": protocol, "validators": validators,
        "height": network.height, "wishes": wishes,
    });
    Report::new(value, text)
}
