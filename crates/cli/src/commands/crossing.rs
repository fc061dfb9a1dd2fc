//! `unisono crossing`: data from one chain to another, and who carries the proofs.

mod relay;

use std::path::Path;

use app::crossings::{
    Arrival, CROSSINGS, Ends, Send, Sent, Verb, arrival_key, counterpart_key, ends_key, sent_key,
};
use codec::{Bytes, Decode};
use ledger::{AppId, EntryProof, Operation};
use serde_json::json;
use types::{ChainId, Digest, Time};

use super::net;
use crate::args::{CrossingCommand, SignArgs};
use crate::client::Client;
use crate::failure::{Exit, Explain, Failure, Result};
use crate::output::{Report, Table};
use crate::signer::{Signer, done, now_us, who};

/// How often is looked whether two chains are connected.
const LOOKS: usize = 40;
/// So many characters of what was sent are shown in a table.
const SHOWN_MAX: usize = 60;

/// A chain that is spoken to.
#[derive(Debug)]
struct End {
    client: Client,
    id: ChainId,
    /// Its genesis as base64 of its canonical bytes.
    genesis: String,
    has_fees: bool,
}

impl End {
    async fn new(client: Client) -> Result<Self> {
        let genesis: api::Genesis = client.get("/api/v1/genesis").await?;
        let chains: api::ChainList = client.get("/api/v1/chains").await?;
        let id = Digest::from_hex(&genesis.chain).map(ChainId);
        let id = id.ok_or_else(|| Failure::failed("the node's chain has no id"))?;
        let apps = chains.items.iter().flat_map(|chain| &chain.applications);
        let has = |name: &str| apps.clone().any(|app| app == name);
        if !has("crossings") {
            return Err(Failure::usage(format!("{} has no crossings", client.base()))
                .why("its genesis does not name the application"));
        }
        let has_fees = has("governance");
        Ok(Self { id, genesis: genesis.canonical, has_fees, client })
    }

    /// The network in a folder, or where an API answers.
    async fn named(text: &str) -> Result<Self> {
        let client = if text.starts_with("http://") {
            Client::new(text)
        } else {
            Client::supervisor(Path::new(text))?
        };
        Self::new(client).await
    }

    async fn signer(&self, folder: &Path, args: &SignArgs) -> Result<Signer<'_>> {
        // Without governance nothing has agreed on fees, and there is nobody to ask for them.
        let fee = if self.has_fees { args.fee } else { args.fee.or(Some(0)) };
        Signer::new(&self.client, folder, &SignArgs { fee, ..args.clone() }).await
    }

    /// A proof of what stands under a key, or that nothing does.
    async fn prove(&self, app: AppId, key: &[u8]) -> Result<EntryProof> {
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = format!("/api/v1/state/{}/{hex}", app.0);
        let bytes = self.client.get_bytes(&path).await?;
        EntryProof::from_bytes(&bytes)
            .explain(|| format!("{} answered no entry proof", self.client.base()))
    }

    /// What stands under a key of crossings.
    async fn entry<T: Decode>(&self, key: &[u8]) -> Result<Option<T>> {
        let proof = self.prove(CROSSINGS, key).await?;
        let read = |value: &Bytes| T::from_bytes(&value.0);
        proof
            .value
            .as_ref()
            .map(read)
            .transpose()
            .explain(|| format!("{} holds something else under this key", self.client.base()))
    }
}

const fn operation(verb: Verb) -> Operation {
    Operation { app: CROSSINGS, verb: verb as u16 }
}

/// Does one of the commands.
pub(crate) async fn run(
    client: Client,
    folder: &Path,
    sign: &SignArgs,
    command: CrossingCommand,
) -> Result<Report> {
    match command {
        CrossingCommand::Connect { with } => connect(folder, Path::new(&with)).await,
        CrossingCommand::Send { to, data, receiver, life } => {
            let (here, there) = (End::new(client).await?, End::named(&to).await?);
            let signer = here.signer(folder, sign).await?;
            let receiver = match receiver {
                Some(text) => who(&text)?,
                None => signer.account(),
            };
            let life_us = u64::try_from(life.as_micros()).unwrap_or(u64::MAX);
            let deadline = Time::from_us(now_us().saturating_add(life_us));
            let wish = Send { to: there.id, receiver, deadline, body: Bytes(data.into_bytes()) };
            let submitted = signer.send(operation(Verb::Send), &wish, 0).await?;
            Ok(done("sent", &submitted, json!({ "to": there.id.0.to_string() })))
        }
        CrossingCommand::List { with, limit } => {
            list(&End::new(client).await?, &End::named(&with).await?, limit).await
        }
        CrossingCommand::Relay { with, exit, every } => {
            let (here, there) = (End::new(client).await?, End::named(&with).await?);
            relay::run([&here, &there], folder, sign, exit, every).await
        }
    }
}

/// Every running validator of both networks wishes the other chain.
async fn connect(folder: &Path, with: &Path) -> Result<Report> {
    let here = End::new(Client::supervisor(folder)?).await?;
    let there = End::new(Client::supervisor(with)?).await?;
    for (at, other) in [(&here, &there), (&there, &here)] {
        wish(at, other).await?;
    }
    let [left, right] = [&here, &there].map(|end| end.id.0.to_string());
    let value = json!({ "chains": [left, right], "connected": true });
    Ok(Report::new(value, format!("connected {left}\n     with {right}")))
}

async fn wish(at: &End, other: &End) -> Result<()> {
    let request = api::ConnectRequest { genesis: other.genesis.clone() };
    let mut refused = None;
    for (_, validator) in net::running(&at.client).await? {
        let done = validator.post_json::<api::Submitted>("/api/v1/admin/connect", &request).await;
        // A quorum may have connected them before the last was asked.
        refused = done.err().filter(|error| error.code != "COUNTERPART_EXISTS").or(refused);
    }
    for _ in 0..LOOKS {
        if at.prove(CROSSINGS, &counterpart_key(other.id)).await?.value.is_some() {
            return Ok(());
        }
        tokio::time::sleep(net::POLL).await;
    }
    let none = || {
        Failure::new(Exit::NoQuorum, "NOT_AGREED", "the chains are not connected")
            .why("a quorum of validators has to wish the same")
            .next("`unisono net status` says who runs; ask again")
    };
    Err(refused.unwrap_or_else(none))
}

async fn list(here: &End, there: &End, limit: u64) -> Result<Report> {
    let ends: Option<Ends> = here.entry(&ends_key(there.id)).await?;
    let theirs: Option<Ends> = there.entry(&ends_key(here.id)).await?;
    let (Some(ends), Some(theirs)) = (ends, theirs) else {
        return Err(Failure::new(Exit::Failed, "COUNTERPART_UNKNOWN", "they are not connected")
            .next("`unisono crossing connect` connects them"));
    };
    let mut table = Table::new(["WAY", "NUMBER", "FATE", "BYTES", "DATA"]);
    let (mut sent, mut arrived) = (Vec::new(), Vec::new());
    for number in ends.sent.saturating_sub(limit)..ends.sent {
        let Some(one) = here.entry::<Sent>(&sent_key(there.id, number)).await? else { continue };
        let (fate, body) = (one.fate.label(), &one.crossing.body.0);
        table.row([
            "sent".to_owned(),
            number.to_string(),
            fate.to_owned(),
            body.len().to_string(),
            shown(body),
        ]);
        sent.push(json!({ "number": number, "fate": fate, "bytes": body.len() }));
    }
    for number in theirs.sent.saturating_sub(limit)..theirs.sent {
        let key = arrival_key(there.id, number);
        let Some(one) = here.entry::<Arrival>(&key).await? else { continue };
        let body = &one.crossing.body.0;
        table.row([
            "arrived".to_owned(),
            number.to_string(),
            String::new(),
            body.len().to_string(),
            shown(body),
        ]);
        let data = String::from_utf8_lossy(body);
        arrived.push(json!({ "number": number, "bytes": body.len(), "data": data }));
    }
    let value = json!({
        "sent": sent, "arrived": arrived,
        "begun": ends.sent, "settled": ends.settled, "arrivals": ends.arrived,
    });
    Ok(Report::new(value, table.render()))
}

/// The beginning of what somebody has sent, without anything that a terminal would act upon.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect()
}
