//! What the honest validators say afterwards, and whether it agrees.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crypto::Verifier;
use ledger::Genesis;
use protocol::{Evidence, Inspect as _, Protocol as _};
use serde_json::Value;
use types::{Digest, NodeId, Seq, View};

use super::load::Done;
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};

/// How long validators may take to come to the same height after the last request.
const CATCH_UP_MAX: Duration = Duration::from_secs(60);
/// How often they are asked.
const POLL: Duration = Duration::from_millis(100);
/// How many receipts are checked.
const RECEIPTS: usize = 64;

/// What evidence is called.
const KINDS: [&str; 13] = [
    "equivocation",
    "double-prepare",
    "double-commit",
    "double-checkpoint",
    "hidden-commit",
    "double-vote",
    "double-timeout",
    "double-prevote",
    "double-precommit",
    "double-nomination",
    "double-proposal",
    "surround-vote",
    "commit-abandoned",
];

/// A validator and its name.
pub(crate) type Named = (String, Client);

/// The height that all of them have certified, once it is at least `height`.
pub(crate) async fn wait_for_height(validators: &[Named], height: u64) -> Result<u64> {
    let start = Instant::now();
    loop {
        let mut lowest = u64::MAX;
        let mut last = String::new();
        for (name, client) in validators {
            let certified =
                client.get::<api::Stats>("/api/v1/stats").await.map_or(0, |stats| stats.certified);
            if certified < lowest {
                (lowest, last) = (certified, name.clone());
            }
        }
        if lowest >= height {
            return Ok(lowest);
        }
        if start.elapsed() > CATCH_UP_MAX {
            return Err(Failure::failed(format!(
                "{last} stands at height {lowest}, the others at {height}"
            ))
            .why(format!("it did not catch up within {} s", CATCH_UP_MAX.as_secs())));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The highest certified height among them.
pub(crate) async fn highest(validators: &[Named]) -> u64 {
    let mut highest = 0;
    for (_, client) in validators {
        let certified =
            client.get::<api::Stats>("/api/v1/stats").await.map_or(0, |stats| stats.certified);
        highest = highest.max(certified);
    }
    highest
}

/// Each validator's header of the block at `height`.
pub(crate) async fn headers(
    validators: &[Named],
    height: u64,
) -> Result<Vec<(String, api::BlockHeader)>> {
    let mut headers = Vec::with_capacity(validators.len());
    for (name, client) in validators {
        let block: api::Block = client.get(&format!("/api/v1/blocks/{height}")).await?;
        headers.push((name.clone(), block.header));
    }
    Ok(headers)
}

/// How many tickets each validator has in each state.
pub(crate) async fn counts(validators: &[Named]) -> Result<Vec<(String, api::TicketCounts)>> {
    let mut counts = Vec::with_capacity(validators.len());
    for (name, client) in validators {
        let page: api::TicketPage = client.get("/api/v1/tickets?limit=1").await?;
        counts.push((name.clone(), page.counts));
    }
    Ok(counts)
}

/// Changes of view that at least two of them went through, by view: one validator that changes alone, because it
/// was behind, changes nothing for the rest. The cause of whoever suspected the leader first is kept.
pub(crate) async fn view_changes(validators: &[Named]) -> Result<Vec<api::ViewChange>> {
    let mut all: Vec<api::ViewChange> = Vec::new();
    for (_, client) in validators {
        all.extend(client.get::<api::ViewChangeList>("/api/v1/view-changes").await?.items);
    }
    Ok(shared(all))
}

fn shared(mut all: Vec<api::ViewChange>) -> Vec<api::ViewChange> {
    all.retain(|change| change.view > 0);
    let is_second_hand =
        |change: &api::ViewChange| matches!(change.cause.as_str(), "joined" | "unknown");
    all.sort_by_key(|change| (change.view, is_second_hand(change), change.time.clone()));
    let by_view = all.chunk_by(|a, b| a.view == b.view).filter(|group| group.len() > 1);
    by_view.filter_map(|group| group.first().cloned()).collect()
}

/// Evidence that any of them holds, one piece for each offender.
pub(crate) async fn evidence(validators: &[Named]) -> Result<Vec<api::Evidence>> {
    let mut all: Vec<api::Evidence> = Vec::new();
    for (_, client) in validators {
        all.extend(client.get::<api::EvidenceList>("/api/v1/evidence").await?.items);
    }
    all.sort_by_key(|evidence| (evidence.node, evidence.seq));
    all.dedup_by_key(|evidence| evidence.node);
    Ok(all)
}

/// Whether both statements of a piece of evidence are signed by the offender's key of the genesis, and contradict
/// each other: nobody needs to take a validator's word for who lied.
pub(crate) fn holds(evidence: &api::Evidence, genesis: &Genesis) -> bool {
    let Some(kind) = KINDS.into_iter().find(|&kind| kind == evidence.kind) else { return false };
    let (Some(first), Some(second)) = (from_hex(&evidence.first), from_hex(&evidence.second))
    else {
        return false;
    };
    let offender =
        genesis.validators.iter().position(|validator| validator.name == evidence.offender);
    let Some(offender) = offender.and_then(|index| u16::try_from(index).ok()) else { return false };
    let signed_in = evidence.epoch;
    let evidence = Evidence {
        offender: NodeId::new(offender),
        kind,
        view: View::new(evidence.view),
        seq: Seq::new(evidence.seq),
        first,
        second,
    };
    let domain = genesis.domain(protocols::Any::NAME).of_epoch(signed_in);
    let verifier = Verifier::new(domain, genesis.key_ring());
    protocols::Any::verify_evidence(&evidence, &verifier)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { digits.chunks_exact(2).map(byte).collect() } else { None }
}

/// Fetches a sample of receipts, spread over all requests and validators, into files.
pub(crate) async fn receipts(
    validators: &[Named],
    done: &[Done],
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder).explain(|| format!("cannot create {}", folder.display()))?;
    let step = done.len().div_ceil(RECEIPTS).max(1);
    let mut files = Vec::with_capacity(RECEIPTS);
    for (at, one) in done.iter().step_by(step).enumerate() {
        let (_, client) = &validators[at % validators.len()];
        let file = folder.join(format!("{}.receipt", one.transaction));
        let bytes = fetch(client, one.transaction).await?;
        std::fs::write(&file, bytes).explain(|| format!("cannot write {}", file.display()))?;
        files.push(file);
    }
    Ok(files)
}

async fn fetch(client: &Client, transaction: Digest) -> Result<Vec<u8>> {
    client.get_bytes(&format!("/api/v1/receipts/{transaction}")).await
}

/// What a check of receipts found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verified {
    pub(crate) count: u64,
    /// Why the others prove nothing.
    pub(crate) reasons: Vec<String>,
}

/// Checks receipts in a process of its own, which knows the genesis and nothing else.
pub(crate) async fn verify(program: &Path, genesis: &Path, files: &[PathBuf]) -> Result<Verified> {
    let mut command = tokio::process::Command::new(program);
    command.args(["receipt", "verify", "-o", "json", "--genesis"]).arg(genesis).args(files);
    let output = command.output().await.explain(|| "the checking process does not start".into())?;
    let answer: Value = serde_json::from_slice(&output.stdout).explain(|| {
        format!("the checking process failed: {}", String::from_utf8_lossy(&output.stderr).trim())
    })?;
    let receipts = answer["receipts"].as_array().into_iter().flatten();
    let invalid = receipts.filter(|one| one["valid"] != true);
    let reasons = invalid.map(|one| format!("{} {}", one["file"], one["why"])).collect();
    Ok(Verified { count: answer["verified"].as_u64().unwrap_or(0), reasons })
}

#[cfg(test)]
mod tests;
