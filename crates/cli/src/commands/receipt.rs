//! `unisono receipt`: proofs, fetched and checked.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::Decode;
use ledger::{Genesis, Receipt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use types::Digest;

use super::wait;
use crate::args::ReceiptCommand;
use crate::client::{Client, escape};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};

/// Longest file that could be a receipt, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// A receipt on disk. Nothing stands beside the canonical bytes, so nothing in the file can contradict them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    canonical: String,
}

/// The layout of [`File`].
const FORMAT: &str = "unisono-receipt/1";

/// Does one of the commands; only fetching needs a network.
pub(crate) fn run(
    client: impl FnOnce() -> Result<Client>,
    command: ReceiptCommand,
) -> Result<Report> {
    match command {
        ReceiptCommand::Get { subject, file } => {
            let client = client()?;
            wait(get(&client, subject, file))
        }
        ReceiptCommand::Verify { genesis, files } => verify(&genesis, &files),
    }
}

pub(crate) async fn get(client: &Client, subject: String, file: Option<PathBuf>) -> Result<Report> {
    let transaction = if Digest::from_hex(&subject).is_some() {
        subject.clone()
    } else {
        let ticket: api::Ticket =
            client.get(&format!("/api/v1/tickets/{}", escape(&subject))).await?;
        let last = ticket.history.last().and_then(|step| step.transaction.clone());
        last.ok_or_else(|| {
            Failure::failed(format!("{subject} has no step whose transaction is known here"))
        })?
    };
    let proof: api::Receipt = client.get(&format!("/api/v1/receipts/{transaction}")).await?;
    let file = file
        .unwrap_or_else(|| PathBuf::from(format!("{}.receipt", subject.replace(['/', '\\'], "_"))));
    write(&file, &proof)?;
    let value = json!({
        "transaction": proof.transaction, "outcome": proof.outcome, "height": proof.header.height,
        "file": file, "signers": proof.certificate.signatures.iter().map(|one| &one.name).collect::<Vec<_>>(),
    });
    let text = format!(
        "{} at height {}  receipt → {}",
        proof.outcome,
        proof.header.height,
        file.display()
    );
    Ok(Report::new(value, text))
}

/// Keeps a receipt.
pub(crate) fn write(path: &Path, proof: &api::Receipt) -> Result<()> {
    write_canonical(path, proof.canonical.clone())
}

/// Keeps a receipt whose canonical bytes are given in base64.
pub(super) fn write_canonical(path: &Path, canonical: String) -> Result<()> {
    let file = File { format: FORMAT.to_owned(), canonical };
    let text = serde_json::to_string_pretty(&file).explain(|| "the receipt is no JSON".into())?;
    std::fs::write(path, text + "\n").explain(|| format!("cannot write {}", path.display()))
}

fn verify(genesis: &Path, files: &[PathBuf]) -> Result<Report> {
    let genesis = read_genesis(genesis)?;
    let mut table = Table::new(["RECEIPT", "VERDICT", "OUTCOME", "HEIGHT", "TRANSACTION"]);
    let mut results: Vec<Value> = Vec::with_capacity(files.len());
    let mut failed = 0;
    for file in files {
        let name = file.display().to_string();
        match check(&genesis, file) {
            Ok(receipt) => {
                let (id, outcome) = (receipt.record.id.to_string(), receipt.record.outcome.label());
                let height = receipt.header.height.get();
                let signers: Vec<u16> =
                    receipt.certificate.signatures.keys().map(|node| node.get()).collect();
                table.row([name, "valid".into(), outcome.into(), height.to_string(), id.clone()]);
                results.push(json!({
                    "file": file, "valid": true, "outcome": outcome, "height": height, "transaction": id,
                    "index": receipt.index, "block": receipt.certificate.block.to_string(), "signers": signers,
                }));
            }
            Err(why) => {
                failed += 1;
                table.row([
                    name,
                    format!("INVALID: {why}"),
                    String::new(),
                    String::new(),
                    String::new(),
                ]);
                results.push(json!({ "file": file, "valid": false, "why": why }));
            }
        }
    }
    let verified = files.len() - failed;
    let chain = genesis.chain_id().0.to_string();
    let value =
        json!({ "chain": chain, "verified": verified, "failed": failed, "receipts": results });
    let text =
        format!("{}\n\n{verified} valid, {failed} invalid, on chain {chain}", table.render());
    Ok(Report::new(value, text).exit(if failed == 0 { Exit::Ok } else { Exit::Violated }))
}

/// Reads and checks one receipt: as written by this program, or its canonical bytes alone.
fn check(genesis: &Genesis, path: &Path) -> std::result::Result<Receipt, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("the file has {length} bytes; no receipt is so long"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let receipt = match Receipt::from_bytes(&bytes) {
        Ok(receipt) => receipt,
        // The first byte of canonical bytes can be a brace too, so only what is no receipt is read as text.
        Err(_) if bytes.first() == Some(&b'{') => of_text(&bytes)?,
        Err(error) => return Err(format!("it is no receipt: {error}")),
    };
    receipt.verify(genesis).map_err(|error| error.to_string())?;
    Ok(receipt)
}

/// Reads a receipt as this program writes it.
fn of_text(bytes: &[u8]) -> std::result::Result<Receipt, String> {
    let file: File =
        serde_json::from_slice(bytes).map_err(|error| format!("it is no receipt: {error}"))?;
    if file.format != FORMAT {
        return Err(format!("its format is `{}`, not `{FORMAT}`", file.format));
    }
    let canonical =
        STANDARD.decode(file.canonical).map_err(|error| format!("it is not base64: {error}"))?;
    Receipt::from_bytes(&canonical).map_err(|error| format!("it is no receipt: {error}"))
}

/// Reads what a receipt is checked against: a network's `genesis.toml`, or what `/api/v1/genesis` answers.
pub(super) fn read_genesis(path: &Path) -> Result<Genesis> {
    let text = std::fs::read_to_string(path)
        .explain(|| format!("cannot read the genesis {}", path.display()))?;
    let wrong = || format!("{} is no genesis", path.display());
    if !text.trim_start().starts_with('{') {
        return node::parse_genesis(&text).explain(wrong);
    }
    let answer: Value = serde_json::from_str(&text).explain(wrong)?;
    genesis_of(&answer).explain(wrong)
}

/// The genesis in what `/api/v1/genesis` answers.
pub(super) fn genesis_of(answer: &Value) -> std::result::Result<Genesis, String> {
    let canonical = answer.pointer("/data/canonical").or_else(|| answer.get("canonical"));
    let canonical = canonical.and_then(Value::as_str).unwrap_or_default();
    let bytes = STANDARD.decode(canonical).map_err(|error| error.to_string())?;
    let genesis = Genesis::from_bytes(&bytes).map_err(|error| error.to_string())?;
    genesis.validate().map_err(|error| error.to_string())?;
    Ok(genesis)
}
