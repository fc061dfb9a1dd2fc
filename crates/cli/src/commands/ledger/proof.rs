//! Proofs, fetched into files that are checked offline.

use std::path::{Path, PathBuf};

use app::app_label;
use app::governance::{GOVERNANCE, Parameter, parameter_key, proposal_key};
use app::joint::{self, JOINT};
use app::queue::{QUEUE, message_key, topic_key};
use app::registry::{REGISTRY, hub_key, purse_key};
use ledger::{AppId, BlockProof, ChainHead, SignedNote};
use serde_json::{Value, json};
use types::Digest;
use verifier::ENTRY_FORMAT;

use crate::client::Client;
use crate::commands::{net, receipt};
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::Report;
use crate::signer::who;

/// What is to be proved.
enum Subject {
    Transaction,
    Block(u64),
    Head,
    /// An entry: the application by name or number, and the key in hexadecimal digits.
    Entry(String, String),
}

/// Fetches a proof and writes it.
pub(super) async fn run(
    client: &Client,
    folder: &Path,
    subject: &str,
    file: Option<PathBuf>,
) -> Result<Report> {
    let file = file.unwrap_or_else(|| {
        PathBuf::from(format!("{}.proof", subject.replace(['/', '\\', ':', '#'], "_")))
    });
    match read(subject)? {
        Subject::Transaction => receipt::get(client, subject.to_owned(), Some(file)).await,
        Subject::Block(height) => block(client, folder, height, &file).await,
        Subject::Head => head(client, folder, &file).await,
        Subject::Entry(app, key) => entry(client, &app, &key, &file).await,
    }
}

fn read(subject: &str) -> Result<Subject> {
    if Digest::from_hex(subject).is_some() {
        return Ok(Subject::Transaction);
    }
    if let Ok(height) = subject.parse() {
        return Ok(Subject::Block(height));
    }
    let unknown = || {
        Failure::usage(format!("`{subject}` names nothing that can be proved")).next(
            "name a transaction's 64 digits, a block's height, `head`, hub:ACCOUNT, stake:ACCOUNT, joint:ACCOUNT, \
             joint:ACCOUNT#PROPOSAL, topic:NAME, \
             message:TOPIC#NUMBER, proposal:NUMBER, parameter:NAME or entry:APPLICATION/HEX",
        )
    };
    if subject == "head" {
        return Ok(Subject::Head);
    }
    let (kind, name) = subject.split_once(':').ok_or_else(unknown)?;
    let (app, key): (AppId, Vec<u8>) = match kind {
        "hub" => (REGISTRY, hub_key(&who(name)?)),
        "stake" => (REGISTRY, purse_key(&who(name)?)),
        "joint" => match name.rsplit_once('#') {
            Some((account, number)) => {
                let number = number.parse().map_err(|_| unknown())?;
                (JOINT, joint::proposal_key(&who(account)?, number))
            }
            None => (JOINT, joint::joint_key(&who(name)?)),
        },
        "topic" => (QUEUE, topic_key(name)),
        "message" => {
            let (topic, number) = name.rsplit_once('#').ok_or_else(unknown)?;
            (QUEUE, message_key(topic, number.parse().map_err(|_| unknown())?))
        }
        "proposal" => (GOVERNANCE, proposal_key(name.parse().map_err(|_| unknown())?)),
        "parameter" => {
            (GOVERNANCE, parameter_key(Parameter::from_label(name).ok_or_else(unknown)?))
        }
        "entry" => {
            let (app, key) = name.split_once('/').ok_or_else(unknown)?;
            return Ok(Subject::Entry(app.to_owned(), key.to_owned()));
        }
        _ => return Err(unknown()),
    };
    let hex = key.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Subject::Entry(app_label(app).to_owned(), hex))
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).explain(|| format!("cannot write {}", file.display()))
}

async fn entry(client: &Client, app: &str, key: &str, file: &Path) -> Result<Report> {
    use crate::client::escape;
    let path = format!("/api/v1/state/{}/{}", escape(app), escape(key));
    let proof: api::StateEntry = client.get(&path).await?;
    let text = json!({ "format": ENTRY_FORMAT, "canonical": proof.canonical });
    let text = serde_json::to_string_pretty(&text).explain(|| "the proof is no JSON".into())?;
    write(file, &(text + "\n"))?;
    let signers: Vec<&str> =
        proof.certificate.signatures.iter().map(|one| one.name.as_str()).collect();
    let stands = if proof.value.is_some() { "stands" } else { "does not stand" };
    let text = format!(
        "it {stands} in {} at height {}  certificate {}  proof → {}",
        proof.app,
        proof.height,
        signers.join(","),
        file.display()
    );
    let value = json!({
        "app": proof.app, "key": proof.key, "present": proof.value.is_some(), "height": proof.height,
        "signers": signers, "file": file,
    });
    Ok(Report::new(value, text))
}

/// The validators that run and answer, by name: those of the supervisor, or the one that is asked.
pub(super) async fn validators(client: &Client, folder: &Path) -> Result<Vec<(String, Client)>> {
    let is_local = Client::supervisor(folder).is_ok_and(|one| one.base() == client.base());
    if is_local {
        return net::running(client).await;
    }
    let asked: api::Status = client.get("/api/v1/status").await?;
    Ok(vec![(asked.node_id, client.clone())])
}

/// A head that as many validators as answer have signed: one text, as all sign the same for a size.
async fn signed_head(client: &Client, folder: &Path) -> Result<(SignedNote, u64, Vec<String>)> {
    let validators = validators(client, folder).await?;
    let genesis: Value = client.get("/api/v1/genesis").await?;
    let genesis = receipt::genesis_of(&genesis).explain(|| "the answer is no genesis".into())?;
    let mut size = u64::MAX;
    for (_, validator) in &validators {
        let chains: api::ChainList = validator.get("/api/v1/chains").await?;
        size = chains.items.iter().fold(size, |size, chain| size.min(chain.certified));
    }
    let mut joined: Option<SignedNote> = None;
    let mut signers = Vec::new();
    for (name, validator) in &validators {
        // An observer signs no heads.
        let Ok(bytes) = validator.get_bytes(&format!("/api/v1/head?size={size}")).await else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        let note = SignedNote::from_text(&text).explain(|| format!("{name} signs no head"))?;
        joined = Some(match joined {
            None => note,
            Some(before) => before.join(note).map_err(|error| {
                Failure::new(Exit::Violated, "FORKED", format!("{name} signs another head"))
                    .why(error)
                    .next("`unisono ledger fork` compares all validators")
            })?,
        });
        signers.push(name.clone());
    }
    let verified = joined.as_ref().map(|note| ChainHead::verify(&note.to_text(), &genesis));
    match (joined, verified) {
        (Some(note), Some(Ok(_))) => Ok((note, size, signers)),
        (_, why) => Err(Failure::new(
            Exit::NoQuorum,
            "TOO_FEW_SIGNERS",
            why.and_then(|why: std::result::Result<_, _>| why.err())
                .map_or_else(|| "nobody signs the head".to_owned(), |why| why.to_string()),
        )
        .why("a proof is worth what a quorum signs, and only validators that run can be asked")
        .next("ask where the network runs, with --dir; `unisono net status` says who does")),
    }
}

async fn head(client: &Client, folder: &Path, file: &Path) -> Result<Report> {
    let (note, size, signers) = signed_head(client, folder).await?;
    let text = note.to_text();
    write(file, &text)?;
    let value = json!({ "size": size, "signers": signers, "head": text, "file": file });
    let said =
        format!("head over {size} blocks  signed by {}  → {}", signers.join(","), file.display());
    Ok(Report::new(value, said))
}

async fn block(client: &Client, folder: &Path, height: u64, file: &Path) -> Result<Report> {
    let (note, size, signers) = signed_head(client, folder).await?;
    if !(1..=size).contains(&height) {
        return Err(Failure::usage(format!("block {height} is not certified by all yet"))
            .why(format!("the validators that run share {size} blocks")));
    }
    let path = format!("/api/v1/blocks/{height}/proof?size={size}");
    let answer: api::BlockProof = client.get(&path).await?;
    let proof = BlockProof::from_text(&answer.text).explain(|| "the proof is none".into())?;
    let proof = BlockProof { head: note.to_text(), ..proof };
    write(file, &proof.to_text())?;
    let value: Value = json!({
        "height": height, "block": answer.block, "size": size, "signers": signers, "file": file,
    });
    let text = format!(
        "block {height} of {size}  signed by {}  proof → {}",
        signers.join(","),
        file.display()
    );
    Ok(Report::new(value, text))
}
