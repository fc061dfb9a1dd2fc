//! `unisono updates`: what hubs tell of their state, and all that somebody has missed of it.

use std::path::Path;

use app::updates::{Head, Missing, NODE_UPDATE, NodeUpdate, UPDATES, Update};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use codec::{Bytes, Decode};
use ledger::{Account, EntryProof, Genesis, Operation};
use serde_json::json;
use types::Height;

use super::receipt::read_genesis;
use crate::args::{SignArgs, UpdatesCommand};
use crate::client::Client;
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};
use crate::signer::{Signer, done};

/// Most updates that one answer is asked for.
const PAGE_MAX: u64 = 500;

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: UpdatesCommand,
) -> Result<Report> {
    match command {
        UpdatesCommand::Tell { kind, body, sequence } => {
            let signer = Signer::new(client, folder, sign).await?;
            let sequence = match sequence {
                Some(sequence) => sequence,
                None => last_sequence(client, &signer.account()).await?.saturating_add(1),
            };
            let told = NodeUpdate { sequence, kind, body: Bytes(body.into_bytes()) };
            let operation = Operation { app: UPDATES, verb: NODE_UPDATE };
            let submitted = signer.send(operation, &told, 0).await?;
            let what = format!("update {sequence} {}", told.kind);
            Ok(done(&what, &submitted, json!({ "sequence": sequence })))
        }
        UpdatesCommand::Missing { since, genesis } => {
            let genesis = genesis.unwrap_or_else(|| folder.join("genesis.toml"));
            missing(client, &genesis, Height::new(since)).await
        }
    }
}

async fn entry(client: &Client, key: &[u8]) -> Result<EntryProof> {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let bytes = client.get_bytes(&format!("/api/v1/state/updates/{hex}")).await?;
    EntryProof::from_bytes(&bytes).explain(|| "the answer is no proof of an entry".into())
}

/// Each hub counts its own updates, so that none is lost or overtaken.
async fn last_sequence(client: &Client, hub: &Account) -> Result<u64> {
    let shown: api::AccountStake = client.get(&format!("/api/v1/registry/accounts/{hub}")).await?;
    Ok(shown.told)
}

/// The updates above a block, all of them: the end of the stream is proved under a certified block, and each update goes
/// into it by its digest, from the last one that is known on.
async fn missing(client: &Client, genesis: &Path, since: Height) -> Result<Report> {
    let (end, height) = proved_end(client, &read_genesis(genesis)?).await?;
    // Where the stream stood at the block is the server's word. It is checked by the update before, which must be known.
    let first: api::MissingUpdates =
        client.get(&format!("/api/v1/updates?since={}&limit=1", since.get())).await?;
    let mut head = Head::default();
    let mut before = first.from.count.min(end.count).saturating_sub(1);
    let mut updates: Vec<Update> = Vec::new();
    if before > 0 {
        head = page(client, before, 1).await?.from;
    }
    while before < end.count {
        let page = page(client, before, PAGE_MAX.min(end.count - before)).await?;
        if page.updates.is_empty() || !page.is_all_between(&head, &page.to) {
            return Err(broken("an answer leaves updates out, or changes or moves them"));
        }
        (head, before) = (page.to, page.to.count);
        updates.extend(page.updates);
    }
    if head != end {
        return Err(broken("the updates do not lead to the proved end of the stream"));
    }
    let starts = updates.first().is_none_or(|first| first.number == 0 || first.height <= since);
    if !starts {
        return Err(broken("updates are left out before the first of the answer"));
    }
    updates.retain(|update| update.height > since);
    Ok(report(&updates, since, end, height))
}

fn broken(why: &str) -> Failure {
    Failure::new(Exit::Violated, "UPDATES_INCOMPLETE", "the server does not tell all updates")
        .why(why)
        .next("ask another validator, with --server")
}

/// The end of the stream under a block that the validators have certified.
async fn proved_end(client: &Client, genesis: &Genesis) -> Result<(Head, u64)> {
    let proof = entry(client, Head::KEY).await?;
    if (proof.app, &*proof.key.0) != (UPDATES, Head::KEY) {
        return Err(broken("the proof is of something else"));
    }
    proof.verify(genesis).map_err(|error| broken(&error.to_string()))?;
    let height = proof.header.height.get();
    let Some(value) = proof.value else { return Ok((Head::default(), height)) };
    let head = Head::from_bytes(&value.0).explain(|| "the entry is no end of a stream".into())?;
    Ok((head, height))
}

async fn page(client: &Client, after: u64, limit: u64) -> Result<Missing> {
    let path = format!("/api/v1/updates?after={after}&limit={limit}");
    let answer: api::MissingUpdates = client.get(&path).await?;
    let bytes = BASE64_STANDARD.decode(&answer.canonical);
    let bytes = bytes.explain(|| "the answer is no base64".into())?;
    Missing::from_bytes(&bytes).explain(|| "the answer lists no updates".into())
}

fn report(updates: &[Update], since: Height, end: Head, height: u64) -> Report {
    let mut table = Table::new(["UPDATE", "BLOCK", "HUB", "SEQUENCE", "KIND", "BODY"]);
    let mut items = Vec::with_capacity(updates.len());
    for update in updates {
        let told = &update.told;
        let body = String::from_utf8_lossy(&told.body.0);
        table.row([
            update.number.to_string(),
            update.height.to_string(),
            update.hub.to_string().chars().take(8).collect(),
            told.sequence.to_string(),
            told.kind.clone(),
            body.escape_debug().to_string(),
        ]);
        items.push(json!({
            "number": update.number, "height": update.height.get(), "index": update.index,
            "hub": update.hub.to_string(), "sequence": told.sequence, "kind": told.kind,
            "body": BASE64_STANDARD.encode(&told.body.0),
        }));
    }
    let proved = format!(
        "all {} since block {since}, of {} in the stream, proved at block {height}",
        updates.len(),
        end.count
    );
    let text = match updates {
        [] => proved,
        _ => format!("{}\n\n{proved}", table.render()),
    };
    let value = json!({
        "since": since.get(), "height": height, "count": end.count,
        "digest": end.digest.to_string(), "items": items,
    });
    Report::new(value, text)
}
