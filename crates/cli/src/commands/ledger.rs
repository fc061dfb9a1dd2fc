//! `unisono ledger`: chains, blocks, transactions, proofs, forks.

mod fork;
mod proof;

use std::path::Path;

use crate::args::LedgerCommand;
use crate::client::{Client, escape};
use crate::failure::Result;
use crate::output::{Report, Table, pairs};

use super::{receipt, store, to_value, wait};

/// Does one of the commands; checking needs no network.
pub(crate) fn run(
    client: impl FnOnce() -> Result<Client>,
    folder: &Path,
    command: LedgerCommand,
) -> Result<Report> {
    match command {
        LedgerCommand::Verify(args) => receipt::verify(&args),
        LedgerCommand::Store(command) => store::run(command),
        LedgerCommand::Chains => {
            let client = client()?;
            wait(chains(&client))
        }
        LedgerCommand::Block { height } => {
            let client = client()?;
            wait(block(&client, &height))
        }
        LedgerCommand::Tx { id } => {
            let client = client()?;
            wait(transaction(&client, &id))
        }
        LedgerCommand::Proof { subject, file } => {
            let client = client()?;
            wait(proof::run(&client, folder, &subject, file))
        }
        LedgerCommand::Fork => {
            let client = client()?;
            wait(fork::run(&client, folder))
        }
    }
}

async fn chains(client: &Client) -> Result<Report> {
    let list: api::ChainList = client.get("/api/v1/chains").await?;
    let shown = list.items.iter().map(|chain| {
        let head = chain.head.as_deref().unwrap_or("none yet\n");
        let rows = [
            ("chain", chain.id.clone()),
            ("network", chain.network.clone()),
            ("protocol", format!("{}, epoch {}", chain.protocol, chain.epoch)),
            ("validators", format!("{}, {} certify", chain.validators.join(" "), chain.quorum)),
            ("height", format!("{}, certified {}", chain.height, chain.certified)),
            ("applications", chain.applications.join(" ")),
        ];
        format!("{}\nhead\n{head}", pairs(&rows))
    });
    let text = shown.collect::<Vec<_>>().join("\n");
    Ok(Report::new(to_value(&list)?, text))
}

async fn block(client: &Client, height: &str) -> Result<Report> {
    let block: api::Block = client.get(&format!("/api/v1/blocks/{}", escape(height))).await?;
    let signers = block.certificate.as_ref().map(|certificate| {
        let names: Vec<&str> = certificate.signatures.iter().map(|one| one.name.as_str()).collect();
        names.join(",")
    });
    let header = &block.header;
    let rows = [
        ("block", header.height.to_string()),
        ("hash", header.hash.clone()),
        ("parent", header.parent.clone()),
        ("time", header.time.clone()),
        ("proposer", header.proposer.clone().unwrap_or_else(|| "nobody".to_owned())),
        ("certificate", signers.unwrap_or_else(|| "not yet".to_owned())),
    ];
    let mut table = Table::new(["INDEX", "OUTCOME", "TRANSACTION"]);
    for one in &block.transactions {
        table.row([one.index.to_string(), one.outcome.clone(), one.id.clone()]);
    }
    Ok(Report::new(to_value(&block)?, format!("{}\n\n{}", pairs(&rows), table.render())))
}

async fn transaction(client: &Client, id: &str) -> Result<Report> {
    let found: api::Transaction =
        client.get(&format!("/api/v1/transactions/{}", escape(id))).await?;
    let number =
        |number: Option<u64>| number.map_or_else(|| "none".to_owned(), |it| it.to_string());
    let rows = [
        ("transaction", found.id.clone()),
        ("outcome", found.outcome.clone().unwrap_or_else(|| "none yet".to_owned())),
        ("height", number(found.height)),
        ("index", number(found.index.map(u64::from))),
        ("time", found.time.clone().unwrap_or_default()),
        ("receipt", found.receipt.clone().unwrap_or_else(|| "not yet".to_owned())),
    ];
    Ok(Report::new(to_value(&found)?, pairs(&rows)))
}
