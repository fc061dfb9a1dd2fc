//! `unisono ledger export|import|compact|check|receipt`: a chain's history in stores and archives.

mod open;
mod remote;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::Encode;
use history::{Archive, Copied, Source, copy, mend};
use ledger::{Audit, Auditor, Fault, Genesis, History, HistoryError, Tip};
use serde_json::json;
use types::{Digest, Height};

use super::receipt;
use crate::args::{StoreArgs, StoreCommand, without_password};
use crate::failure::{Exit, Failure, Result};
use crate::output::{Report, Table, note, pairs};
use crate::progress::bar;

use trouble::explain;

/// How long a follower waits before it asks again.
const FOLLOW_PAUSE: Duration = Duration::from_secs(1);

/// Opens a store to be filled with a chain, and makes it where there is none.
pub(crate) fn make(name: &str, genesis: &Genesis) -> Result<Box<dyn History>> {
    open::open(name, None, Some(genesis))
}

/// Does one of the commands.
pub(crate) fn run(command: StoreCommand) -> Result<Report> {
    match command {
        StoreCommand::Export { archive, store, to } => export(&archive, &store, to),
        StoreCommand::Import { source, store, to, follow } => import(&source, &store, to, follow),
        StoreCommand::Compact { archive, store, keep } => compact(&archive, &store, keep),
        StoreCommand::Check { store, mend } => check(&store, mend.as_deref()),
        StoreCommand::Receipt { transaction, store, file } => prove(&transaction, &store, file),
    }
}

/// Copies with a bar, and names whose trouble it is.
fn fill(
    from: &(impl Source + ?Sized),
    source: &str,
    to: &mut dyn History,
    target: &str,
    up_to: Option<Height>,
) -> Result<Copied> {
    let tip = from.tip().map_err(|error| explain(error, source))?;
    let bar = bar(up_to.map_or(tip.height, |to| to.min(tip.height)).get(), "blocks");
    let copied = copy(from, to, up_to, |height| bar.set_position(height.get()));
    bar.finish_and_clear();
    copied.map_err(|error| explain(error, &format!("{source} → {target}")))
}

fn filled(copied: &Copied, from: &str, to: &str) -> Report {
    let Tip { height, hash, .. } = copied.tip;
    let value = json!({
        "from": from, "to": to, "blocks": copied.blocks, "transactions": copied.transactions,
        "height": height.get(), "hash": hash.to_string(),
    });
    let text = format!(
        "{} blocks with {} transactions  {from} → {to}, which goes to height {height} now",
        copied.blocks, copied.transactions
    );
    Report::new(value, text)
}

fn export(archive: &Path, args: &StoreArgs, to: Option<u64>) -> Result<Report> {
    let store = open::store(args)?;
    let name = archive.display().to_string();
    let target = Archive::open(archive, Some(store.genesis()));
    let mut target = target.map_err(|error| explain(error, &name))?;
    let copied = fill(store.as_ref(), &args.shown(), &mut target, &name, to.map(Height::new))?;
    Ok(filled(&copied, &args.shown(), &name))
}

fn import(source: &str, args: &StoreArgs, to: Option<u64>, follow: bool) -> Result<Report> {
    let from = open::source(source, args.genesis.as_deref())?;
    let source = &without_password(source);
    let mut target = open::target(args, from.genesis())?;
    let copied = fill(from.as_ref(), source, target.as_mut(), &args.shown(), to.map(Height::new))?;
    if follow {
        note(&format!("{} goes to height {}", args.shown(), copied.tip.height));
        let error = keep_up(from.as_ref(), target.as_mut());
        return Err(explain(error, &format!("{source} → {}", args.shown())));
    }
    Ok(filled(&copied, source, &args.shown()))
}

/// Goes on with what is new, until something is wrong that waiting does not mend.
fn keep_up(from: &dyn Source, to: &mut dyn History) -> HistoryError {
    loop {
        std::thread::sleep(FOLLOW_PAUSE);
        match copy(from, to, None, |_| ()) {
            Ok(more) if more.blocks == 0 => {}
            Ok(more) => note(&format!("{} blocks, to height {}", more.blocks, more.tip.height)),
            Err(error) if error.is_temporary() => note(&format!("{error}; trying again")),
            Err(error) => return error,
        }
    }
}

fn compact(archive: &Path, args: &StoreArgs, keep: u64) -> Result<Report> {
    let mut store = open::store(args)?;
    let name = archive.display().to_string();
    let in_store = |error| explain(error, &args.shown());
    let tip = store.tip().map_err(in_store)?;
    let up_to = Height::new(tip.height.get().saturating_sub(keep));
    let opened = Archive::open(archive, Some(store.genesis()));
    let mut target = opened.map_err(|error| explain(error, &name))?;
    if up_to > tip.pruned {
        fill(store.as_ref(), &args.shown(), &mut target, &name, Some(up_to))?;
        // Nothing is let go that cannot be read back from the disk, as it was attested.
        drop(target);
        let written = Archive::open(archive, None).map_err(|error| explain(error, &name))?;
        let audit = audit(&written, &name)?;
        if let Some(fault) = audit.faults.first() {
            return Err(trouble::damaged(&name, fault).next("export to another folder"));
        }
        store.prune(up_to).map_err(in_store)?;
    }
    let pruned = store.tip().map_err(in_store)?.pruned;
    let value = json!({
        "store": args.shown(), "archive": name, "height": tip.height.get(), "pruned": pruned.get(),
    });
    let text = format!(
        "{} keeps blocks {} to {} whole; the transactions of those before are in {name}",
        args.shown(),
        pruned.next(),
        tip.height
    );
    Ok(Report::new(value, text))
}

fn audit(store: &dyn History, name: &str) -> Result<Audit> {
    let in_store = |error| explain(error, name);
    let tip = store.tip().map_err(in_store)?;
    let lineage = store.lineage().map_err(in_store)?;
    let bar = bar(tip.height.get(), "checked");
    let audit = Auditor::new(store.genesis().clone(), lineage)
        .audit(store, |height| bar.set_position(height.get()));
    bar.finish_and_clear();
    audit.map_err(in_store)
}

fn check(args: &StoreArgs, source: Option<&str>) -> Result<Report> {
    let mut store = open::store(args)?;
    let mut found = audit(store.as_ref(), &args.shown())?;
    let before = found.faults.len();
    if let Some(source) = source.filter(|_| before > 0) {
        let from = open::source(source, args.genesis.as_deref())?;
        let left = mend(store.as_mut(), from.as_ref(), &found.faults);
        let left = left.map_err(|error| explain(error, &without_password(source)))?;
        left.iter().for_each(|fault| note(&format!("block {}: {}", fault.height, fault.what)));
        found = audit(store.as_ref(), &args.shown())?;
    }
    let in_store = |error| explain(error, &args.shown());
    let tip = store.tip().map_err(in_store)?;
    let head = match found.faults.is_empty() {
        true => Some(store.head_at(tip.height).map_err(in_store)?),
        false => None,
    };
    Ok(verdict(store.as_ref(), args, &tip, &found, before, head.map(|head| head.root)))
}

fn verdict(
    store: &dyn History,
    args: &StoreArgs,
    tip: &Tip,
    found: &Audit,
    before: usize,
    root: Option<Digest>,
) -> Report {
    let faults = found.faults.len();
    let chain = store.genesis().chain_id().0.to_string();
    let shown = |fault: &Fault| json!({ "height": fault.height.get(), "what": fault.what });
    let value = json!({
        "store": args.shown(), "chain": chain, "height": tip.height.get(), "hash": tip.hash.to_string(),
        "pruned": tip.pruned.get(), "blocks": found.blocks, "transactions": found.transactions,
        "root": root.map(|root| root.to_string()), "mended": before.saturating_sub(faults),
        "faults": found.faults.iter().map(shown).collect::<Vec<_>>(), "faults_missed": found.faults_missed,
    });
    let mut text = pairs(&[
        ("store", args.shown()),
        ("chain", chain),
        ("height", tip.height.to_string()),
        ("pruned to", tip.pruned.to_string()),
        ("transactions", found.transactions.to_string()),
        ("mended", before.saturating_sub(faults).to_string()),
        ("damaged", (faults as u64 + found.faults_missed).to_string()),
    ]);
    if faults == 0 {
        return Report::new(value, text);
    }
    let mut table = Table::new(["BLOCK", "WHAT IS WRONG"]);
    for fault in &found.faults {
        table.row([fault.height.to_string(), fault.what.clone()]);
    }
    text += &format!(
        "\n\n{}\n\nnext: `unisono ledger check --store {} --mend SOURCE` takes sound blocks from an archive or a validator",
        table.render(),
        args.shown()
    );
    Report::new(value, text).exit(Exit::Violated)
}

fn prove(transaction: &str, args: &StoreArgs, file: Option<PathBuf>) -> Result<Report> {
    let id = Digest::from_hex(transaction).ok_or_else(|| {
        Failure::usage(format!("`{transaction}` is no transaction"))
            .next("name it by its 64 hexadecimal digits")
    })?;
    let store = open::store(args)?;
    let in_store = |error| explain(error, &args.shown());
    let Some(proof) = store.receipt(&id).map_err(in_store)? else {
        let tip = store.tip().map_err(in_store)?;
        return Err(Failure::failed(format!(
            "{} does not have the transaction {id}",
            args.shown()
        ))
        .why(format!("it goes to height {}", tip.height))
        .next("`unisono ledger import` brings it up to date"));
    };
    proof.verify(store.genesis()).map_err(|error| {
        let failure = Failure::new(Exit::Violated, "BAD_RECEIPT", "the receipt does not hold");
        failure.why(error).next(format!("`unisono ledger check --store {}`", args.shown()))
    })?;
    let file = file.unwrap_or_else(|| PathBuf::from(format!("{id}.receipt")));
    receipt::write_canonical(&file, &STANDARD.encode(proof.to_bytes()))?;
    let (outcome, height) = (proof.record.outcome.label(), proof.header.height);
    let value = json!({
        "transaction": id.to_string(), "outcome": outcome, "height": height.get(), "file": file,
    });
    Ok(Report::new(value, format!("{outcome} at height {height}  receipt → {}", file.display())))
}

#[cfg(test)]
mod tests;
