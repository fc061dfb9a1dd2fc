//! `unisono forensics`: who must have lied, from what two honest validators have kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use codec::Encode;
use crypto::{Signed, Verifier};
use ledger::{Attestation, BlockCertificate, Epoch, Genesis, StoredBlock};
use protocol::{Decision, Evidence, Payload, Protocol as _};
use protocols::{Any, Record, Testimony};
use serde_json::{Value, json};
use store::{Papers, StoreError};
use types::{Height, NodeId, View};

use super::receipt::read_genesis;
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};

/// Where the two part.
#[derive(Debug)]
struct Fork {
    height: Height,
    /// The two decided the same there, and made different blocks of it.
    is_of_execution: bool,
}

/// Compares what two stopped validators have kept.
pub(crate) fn run(folders: [&Path; 2], genesis: Option<&Path>) -> Result<Report> {
    if same(folders[0], folders[1]) {
        return Err(Failure::usage("both folders are the same")
            .next("name the folders of two different validators"));
    }
    let genesis = read_genesis(&genesis.map_or_else(|| beside(folders[0]), Path::to_owned))?;
    let papers = [open(folders[0], &genesis)?, open(folders[1], &genesis)?];
    let common = papers[0].tip().min(papers[1].tip());
    let Some(fork) = find_fork(&papers, common).explain(|| "cannot compare the ledgers".into())?
    else {
        return Ok(agreement(common));
    };
    let mut culprits = Culprits::default();
    let logs = [read_log(&papers[0])?, read_log(&papers[1])?];
    let first = Epoch::first_of(&genesis);
    let epoch =
        epoch_of(&logs).filter(|epoch| epoch.first <= fork.height).unwrap_or(&first).clone();
    let attestations = from_certificates(&papers, fork.height, common, &epoch, &genesis)
        .explain(|| "cannot read the certificates".into())?;
    culprits.add("certificates", attestations);
    let core = from_logs(&papers, logs, fork.height, &genesis)?;
    let note = core.as_ref().err().cloned();
    culprits.add("logs", core.unwrap_or_default());
    Ok(report(&genesis, &epoch, &fork, &culprits, note))
}

fn same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(a) == real(b)
}

/// `node init` puts the genesis beside the validators' folders.
pub(super) fn beside(folder: &Path) -> PathBuf {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.parent().unwrap_or(&folder).join("genesis.toml")
}

/// Opens a validator's store, by its data folder or by its own.
fn open(folder: &Path, genesis: &Genesis) -> Result<Papers> {
    let inner = folder.join("db");
    let path = if inner.is_dir() { inner } else { folder.to_owned() };
    Papers::open(&path, genesis.chain_id()).map_err(|error| {
        let next = match &error {
            StoreError::Locked { .. } => "stop the validator first: `unisono net down`",
            StoreError::WrongChain { .. } => "name the genesis of these validators with --genesis",
            StoreError::WrongFormat { .. } => "use the version of the program that wrote it",
            StoreError::Full | StoreError::Io(_) | StoreError::Corrupt { .. } => {
                "name the data folder of a stopped validator, such as `unisono-net/n1`"
            }
        };
        let why = if let StoreError::Io(io) = &error { io.to_string() } else { error.to_string() };
        Failure::failed(format!("cannot read the store {}", path.display())).why(why).next(next)
    })
}

/// The first height at which the two have different blocks: behind it no two blocks are the same.
fn find_fork(
    papers: &[Papers; 2],
    common: Height,
) -> std::result::Result<Option<Fork>, StoreError> {
    let (mut same, mut differs) = (Height::ZERO, common.next());
    let differ_at = |height: Height| {
        let [a, b] = blocks(papers, height)?;
        Ok::<bool, StoreError>(matches!((a, b), (Some(a), Some(b)) if a.header != b.header))
    };
    while same.next() < differs {
        let middle = Height::new(same.get() + (differs.get() - same.get()) / 2);
        if differ_at(middle)? {
            differs = middle;
        } else {
            same = middle;
        }
    }
    if differs > common {
        return Ok(None);
    }
    let [a, b] = blocks(papers, differs)?.map(|block| block.map(|block| block.header.payload));
    Ok(Some(Fork { height: differs, is_of_execution: a == b }))
}

fn blocks(
    papers: &[Papers; 2],
    height: Height,
) -> std::result::Result<[Option<StoredBlock>; 2], StoreError> {
    Ok([papers[0].block(height)?, papers[1].block(height)?])
}

/// Whoever attested two blocks at one height, from the first height of the fork that both have certified.
fn from_certificates(
    papers: &[Papers; 2],
    fork: Height,
    common: Height,
    epoch: &Epoch,
    genesis: &Genesis,
) -> std::result::Result<Vec<Evidence>, StoreError> {
    let attesters = epoch.attesters(genesis.chain_id(), genesis.fault_model);
    let verifier = attesters.verifier();
    let mut height = fork;
    while height <= common {
        let pair = (papers[0].certificate(height)?, papers[1].certificate(height)?);
        if let (Some(a), Some(b)) = pair
            && a.block != b.block
        {
            return Ok(attested_twice(&a, &b, verifier));
        }
        height = height.next();
    }
    Ok(Vec::new())
}

fn attested_twice(
    a: &BlockCertificate,
    b: &BlockCertificate,
    verifier: &Verifier,
) -> Vec<Evidence> {
    let said = |certificate: &BlockCertificate, signer: NodeId| {
        let statement = Attestation { height: certificate.height, block: certificate.block };
        let signature = *certificate.signatures.get(&signer)?;
        let signed = Signed { statement, signer, signature };
        verifier.holds_one(&signed).then(|| signed.to_bytes())
    };
    let twice = a.signatures.keys().filter_map(|&offender| {
        let (first, second) = (said(a, offender)?, said(b, offender)?);
        let seq = types::Seq::new(a.height.get());
        Some(Evidence {
            offender,
            kind: "double-attestation",
            view: View::ZERO,
            seq,
            first,
            second,
        })
    });
    twice.collect()
}

/// A core's log, and its epoch where that is not the first.
type Log = (Option<Epoch>, Vec<Record>);

fn read_log(papers: &Papers) -> Result<Log> {
    node::epoch_log::read(papers.core_log()).map_err(|error| {
        Failure::failed("cannot read the core's log")
            .why(error)
            .next("use the version of the program that wrote it")
    })
}

/// The later of the two logs' epochs; `None` where both are of the first.
fn epoch_of(logs: &[Log; 2]) -> Option<&Epoch> {
    logs.iter().filter_map(|(epoch, _)| epoch.as_ref()).max_by_key(|epoch| epoch.number)
}

/// What the core's own logs prove, or in a sentence why they prove nothing.
fn from_logs(
    papers: &[Papers; 2],
    logs: [Log; 2],
    fork: Height,
    genesis: &Genesis,
) -> Result<std::result::Result<Vec<Evidence>, String>> {
    if logs[0].0 != logs[1].0 {
        return Ok(Err("they are of two epochs: one validator had changed its core".to_owned()));
    }
    let epoch = epoch_of(&logs).cloned().unwrap_or_else(|| Epoch::first_of(genesis));
    let Epoch { first, number, .. } = epoch;
    if fork < first {
        return Ok(Err(format!("they begin at block {first}, behind the fork")));
    }
    let domain = epoch.domain(genesis.chain_id(), Any::NAME).of_epoch(number);
    let verifier = Verifier::new(domain, epoch.key_ring());
    let place = types::Seq::new(fork.get().saturating_sub(first.get()).saturating_add(1));
    let [a, b] = logs.map(|(_, records)| records);
    let a = testimony(&papers[0], fork, place, a)?;
    let b = testimony(&papers[1], fork, place, b)?;
    let found = protocols::forensics(&epoch.protocol, [&a, &b], &verifier);
    Ok(found.map_err(|error| error.to_string()))
}

/// What one validator shows: its log, and the block at the fork as the decision at its place in the epoch.
fn testimony(
    papers: &Papers,
    fork: Height,
    place: types::Seq,
    records: Vec<Record>,
) -> Result<Testimony> {
    let block = papers.block(fork).explain(|| "cannot read a block".into())?;
    let decision = block.map(|block| Decision {
        view: block.header.view,
        seq: place,
        payload: block.proposal.map(|proposal| Payload::new(&proposal.to_bytes())),
        commits: crypto::Signatures::default(),
    });
    Ok(Testimony { decisions: decision.into_iter().collect(), records })
}

/// What is proved, by offender.
#[derive(Debug, Default)]
struct Culprits(BTreeMap<NodeId, Vec<(&'static str, Evidence)>>);

impl Culprits {
    fn add(&mut self, source: &'static str, found: Vec<Evidence>) {
        for evidence in found {
            self.0.entry(evidence.offender).or_default().push((source, evidence));
        }
    }
}

fn agreement(common: Height) -> Report {
    let value = json!({ "forked": false, "common_height": common.get(), "culprits": [] });
    let text =
        format!("the two agree up to height {common}, the last that both have: nobody to blame");
    Report::new(value, text)
}

fn report(
    genesis: &Genesis,
    epoch: &Epoch,
    fork: &Fork,
    culprits: &Culprits,
    note: Option<String>,
) -> Report {
    let name = |node: NodeId| {
        let member = epoch.members.get(node.index());
        member.map_or_else(|| node.to_string(), |member| member.validator.name.clone())
    };
    let mut table = Table::new(["CULPRIT", "OFFENCE", "VIEW", "PLACE", "PROVED BY"]);
    let mut items: Vec<Value> = Vec::new();
    for (source, one) in culprits.0.values().flatten() {
        let (view, seq) = (one.view.get(), one.seq.get());
        let cells = [
            name(one.offender),
            one.kind.into(),
            view.to_string(),
            seq.to_string(),
            (*source).into(),
        ];
        table.row(cells);
        items.push(json!({
            "node": name(one.offender), "kind": one.kind, "view": view, "seq": seq, "source": source,
            "first": hex(&one.first), "second": hex(&one.second),
        }));
    }
    let named = culprits.0.len();
    let expected = epoch.quorum(genesis.fault_model).one_honest();
    let what = if fork.is_of_execution {
        "made different blocks of one decision"
    } else {
        "decided differently"
    };
    let value = json!({
        "forked": true, "height": fork.height.get(), "of_execution": fork.is_of_execution,
        "protocol": epoch.protocol, "named": named, "expected": expected, "culprits": items, "note": note,
    });
    let mut text = format!("the two {what} at height {}\n", fork.height);
    if named > 0 {
        text += &format!("\n{}\n", table.render());
    }
    text += &format!("\n{named} named, at least {expected} must have lied");
    if let Some(note) = note {
        text += &format!("; the core's logs were not compared: {note}");
    }
    let exit = if named >= expected { Exit::Violated } else { Exit::Inconclusive };
    Report::new(value, text).exit(exit)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
