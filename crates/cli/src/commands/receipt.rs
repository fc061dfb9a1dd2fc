//! `unisono receipt`: proofs, fetched and checked.

use std::path::{Path, PathBuf};

use ledger::Genesis;
use serde_json::{Value, json};
use types::Digest;
use verifier::{Proved, RECEIPT_FORMAT, State, Verdict};

use super::wait;
use crate::args::{ReceiptCommand, VerifyArgs};
use crate::client::{Client, escape};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};

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
        ReceiptCommand::Verify(args) => verify(&args),
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
    write_canonical(path, &proof.canonical)
}

/// Keeps a receipt whose canonical bytes are given in base64.
pub(super) fn write_canonical(path: &Path, canonical: &str) -> Result<()> {
    // Nothing stands beside the canonical bytes, so nothing in the file can contradict them.
    let file = json!({ "format": RECEIPT_FORMAT, "canonical": canonical });
    let text = serde_json::to_string_pretty(&file).explain(|| "the receipt is no JSON".into())?;
    std::fs::write(path, text + "\n").explain(|| format!("cannot write {}", path.display()))
}

/// Checks proofs of any kind, without any network.
pub(crate) fn verify(args: &VerifyArgs) -> Result<Report> {
    let VerifyArgs { genesis, block, explain, files } = args;
    let genesis = read_genesis(genesis)?;
    let block = block.as_deref().map(read_block).transpose()?;
    let mut table = Table::new(["PROOF", "VERDICT", "OF", "HEIGHT", "WHAT"]);
    let mut results: Vec<Value> = Vec::with_capacity(files.len());
    let (mut failed, mut steps) = (0, String::new());
    for file in files {
        let name = file.display().to_string();
        let verdict = check(&genesis, file, block.as_ref());
        failed += usize::from(!verdict.valid);
        if *explain {
            steps.push_str(&format!("\n{name}\n{}", in_words(&verdict)));
        }
        let (of, height, what) = summary(verdict.proved.as_ref());
        let said = verdict.why.as_ref().map_or("valid".to_owned(), |why| format!("INVALID: {why}"));
        table.row([name, said, of, height, what]);
        results.push(result(file, &verdict));
    }
    let verified = files.len() - failed;
    let chain = genesis.chain_id().0.to_string();
    let value =
        json!({ "chain": chain, "verified": verified, "failed": failed, "receipts": results });
    let table = table.render();
    let text = format!("{table}\n{steps}\n{verified} valid, {failed} invalid, on chain {chain}");
    Ok(Report::new(value, text).exit(if failed == 0 { Exit::Ok } else { Exit::Violated }))
}

fn read_block(hash: &str) -> Result<Digest> {
    Digest::from_hex(hash).ok_or_else(|| {
        Failure::usage(format!("`{hash}` is no block's hash"))
            .why("a hash has 64 hexadecimal digits")
            .next("`unisono ledger block HEIGHT` prints it")
    })
}

/// Reads and checks one proof, of any kind and form.
fn check(genesis: &Genesis, path: &Path, block: Option<&Digest>) -> Verdict {
    let length = std::fs::metadata(path).map(|about| about.len());
    // What is too long is not read, and is still told apart from what cannot be read.
    let bytes = match length {
        Ok(length) if length > verifier::PROOF_BYTES_MAX as u64 => {
            Err(format!("the file has {length} bytes; no proof is so long"))
        }
        Ok(_) => std::fs::read(path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match bytes {
        Ok(bytes) => verifier::verify(genesis, &bytes, block),
        Err(why) => Verdict::unread(why),
    }
}

/// What a proof proves, in the columns of a table.
fn summary(proved: Option<&Proved>) -> (String, String, String) {
    match proved {
        None => Default::default(),
        Some(Proved::Receipt { transaction, outcome, height, .. }) => {
            ((*outcome).to_owned(), height.to_string(), transaction.clone())
        }
        Some(Proved::Entry { app, key, value, height, .. }) => {
            let what = if value.is_some() { key.clone() } else { format!("no {key}") };
            (format!("app {app}"), height.to_string(), what)
        }
        Some(Proved::Head { size, root, .. }) => {
            ("head".to_owned(), size.to_string(), root.clone())
        }
        Some(Proved::Block { block, height, .. }) => {
            ("block".to_owned(), height.to_string(), block.clone())
        }
    }
}

/// One result for programs. A receipt's own fields stand beside the verdict.
fn result(file: &Path, verdict: &Verdict) -> Value {
    let mut value = json!({ "file": file, "valid": verdict.valid, "steps": verdict.steps });
    if let Some(why) = &verdict.why {
        value["why"] = json!(why);
    }
    value["proved"] = json!(verdict.proved);
    if let Some(Proved::Receipt { transaction, outcome, height, index, block, signers, .. }) =
        &verdict.proved
    {
        value["outcome"] = json!(outcome);
        value["height"] = json!(height);
        value["transaction"] = json!(transaction);
        value["index"] = json!(index);
        value["block"] = json!(block);
        value["signers"] = signers.iter().map(|one| one.place).collect();
    }
    value
}

/// The steps of a check, a line each.
fn in_words(verdict: &Verdict) -> String {
    let mark = |state| match state {
        State::Passed => "holds",
        State::Failed => "FAILS",
        State::Unreached => "-",
    };
    let line = |step: &verifier::Step| {
        format!("  {:<12} {:<6} {}\n", step.topic.label(), mark(step.state), step.text)
    };
    verdict.steps.iter().map(line).collect()
}

/// Reads what a receipt is checked against: a network's `genesis.toml`, or what `/api/v1/genesis` answers.
pub(super) fn read_genesis(path: &Path) -> Result<Genesis> {
    let text = std::fs::read_to_string(path)
        .explain(|| format!("cannot read the genesis {}", path.display()))?;
    let wrong = || format!("{} is no genesis", path.display());
    if !text.trim_start().starts_with('{') {
        return node::parse_genesis(&text).explain(wrong);
    }
    verifier::read_genesis(&text).explain(wrong)
}

/// The genesis in what `/api/v1/genesis` answers.
pub(super) fn genesis_of(answer: &Value) -> std::result::Result<Genesis, String> {
    verifier::read_genesis(&answer.to_string())
}
