//! `unisono registry`: hubs, and the stake behind them.

use std::path::Path;

use app::epochs::{EPOCHS, FOLLOW_REGISTRY};
use app::registry::{Amount, Card, Join, NodeKeys, REGISTRY, Transfer, Verb};
use codec::Encode;
use crypto::PublicKey;
use ledger::Operation;
use serde_json::json;
use types::Digest;

use super::to_value;
use crate::args::{CardArgs, RegistryCommand, SignArgs};
use crate::client::{Client, escape};
use crate::failure::{Failure, Result};
use crate::output::{Report, Table, pairs};
use crate::signer::{Signer, done, key_of, who};

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: RegistryCommand,
) -> Result<Report> {
    let signer = async || Signer::new(client, folder, sign).await;
    match command {
        RegistryCommand::Found { hub, purse, capabilities } => {
            found(client, &hub, &purse, &capabilities).await
        }
        RegistryCommand::Join { card, stake } => {
            let join = Join { card: card_of(card), stake };
            let what = format!("{} joined with {stake} bonded", join.card.name);
            send(&signer().await?, Verb::Join, &join, &what).await
        }
        RegistryCommand::Leave => plain(&signer().await?, Verb::Leave, "left").await,
        RegistryCommand::Update(card) => {
            let card = card_of(card);
            let what = format!("{} updated", card.name);
            send(&signer().await?, Verb::Update, &card, &what).await
        }
        RegistryCommand::Register { key_of_votes, network_key } => {
            let keys = NodeKeys { key: public(&key_of_votes)?, network_key: public(&network_key)? };
            send(&signer().await?, Verb::Register, &keys, "the node's keys are registered").await
        }
        RegistryCommand::Bond { stake } => {
            let what = format!("{stake} more bonded");
            send(&signer().await?, Verb::Bond, &Amount { stake }, &what).await
        }
        RegistryCommand::Unbond { stake } => {
            let what = format!("{stake} unbonded");
            send(&signer().await?, Verb::Unbond, &Amount { stake }, &what).await
        }
        RegistryCommand::Withdraw => {
            plain(&signer().await?, Verb::Withdraw, "what was due is free").await
        }
        RegistryCommand::Transfer { to, stake } => {
            let to = who(&to)?;
            let what = format!("{stake} given to {to}");
            send(&signer().await?, Verb::Transfer, &Transfer { to, stake }, &what).await
        }
        RegistryCommand::List { candidates: true, .. } => candidates(client).await,
        RegistryCommand::List { candidates: false, limit, cursor } => {
            hubs(client, limit, cursor.as_deref()).await
        }
        RegistryCommand::Show { who: named } => {
            let account = match named {
                Some(text) => who(&text)?,
                None => ledger::Account(key_of(folder, sign)?.public().to_bytes()),
            };
            show(client, &account).await
        }
        RegistryCommand::Seat => seat(client, &signer().await?).await,
    }
}

const fn operation(verb: Verb) -> Operation {
    Operation { app: REGISTRY, verb: verb as u16 }
}

async fn send(
    signer: &Signer<'_>,
    verb: Verb,
    argument: &impl Encode,
    what: &str,
) -> Result<Report> {
    let submitted = signer.send(operation(verb), argument, 0).await?;
    Ok(done(what, &submitted, json!({ "account": signer.account().to_string() })))
}

async fn plain(signer: &Signer<'_>, verb: Verb, what: &str) -> Result<Report> {
    let submitted = signer.send_bytes(operation(verb), Vec::new(), 0).await?;
    Ok(done(what, &submitted, json!({ "account": signer.account().to_string() })))
}

fn card_of(args: CardArgs) -> Card {
    let CardArgs { name, role, address, capabilities } = args;
    let capabilities = capabilities.into_iter().filter(|name| !name.is_empty()).collect();
    Card { name, role, address, capabilities }
}

fn public(text: &str) -> Result<PublicKey> {
    let key = Digest::from_hex(text).and_then(|bytes| PublicKey::new(*bytes.as_bytes()).ok());
    key.ok_or_else(|| {
        Failure::usage(format!("`{text}` is no Ed25519 key of 64 hexadecimal digits"))
            .next("`unisono node keys --data-dir FOLDER` shows those of a node")
    })
}

/// Reads `WHO:STAKE`; a path may hold colons.
fn stake_of(text: &str) -> Result<(String, u64)> {
    let parts = text.rsplit_once(':');
    let read = parts.and_then(|(named, stake)| Some((named, stake.parse::<u64>().ok()?)));
    let (named, stake) = read.ok_or_else(|| {
        Failure::usage(format!("`{text}` names no stake"))
            .next("write WHO:STAKE, as in alice.key:1000")
    })?;
    Ok((who(named)?.to_string(), stake))
}

async fn found(
    client: &Client,
    hubs: &[String],
    purses: &[String],
    capabilities: &[String],
) -> Result<Report> {
    let hub = |text: &String| {
        let (name, rest) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("`{text}` is no hub"))
                .next("write NAME=WHO:STAKE, as in hub_a=a.key:1000")
        })?;
        let (account, stake) = stake_of(rest)?;
        Ok(api::FoundingHub {
            account,
            name: name.to_owned(),
            role: "hub".to_owned(),
            address: String::new(),
            capabilities: capabilities.to_vec(),
            stake,
        })
    };
    let purse = |text: &String| {
        stake_of(text).map(|(account, stake)| api::FoundingPurse { account, stake })
    };
    let founding = api::Founding {
        hubs: hubs.iter().map(hub).collect::<Result<_>>()?,
        purses: purses.iter().map(purse).collect::<Result<_>>()?,
    };
    let submitted: api::Submitted = client.post_json("/api/v1/admin/found", &founding).await?;
    let supply = founding.hubs.iter().map(|hub| hub.stake);
    let supply = supply.chain(founding.purses.iter().map(|purse| purse.stake));
    let supply = supply.fold(0_u64, u64::saturating_add);
    let what = format!("founded with {} hubs and {supply} stake", founding.hubs.len());
    Ok(done(&what, &submitted, json!({ "hubs": founding.hubs.len(), "supply": supply })))
}

async fn hubs(client: &Client, limit: u32, cursor: Option<&str>) -> Result<Report> {
    let mut path = format!("/api/v1/registry/hubs?limit={limit}");
    path.extend(cursor.map(|cursor| format!("&cursor={}", escape(cursor))));
    let page: api::HubPage = client.get(&path).await?;
    let mut table = Table::new(["HUB", "BONDED", "JOINED", "VALIDATES", "CAN", "ACCOUNT"]);
    for hub in &page.items {
        table.row([
            hub.name.clone(),
            hub.bonded.to_string(),
            hub.joined.to_string(),
            if hub.validates { "yes" } else { "no" }.to_owned(),
            hub.capabilities.join(","),
            hub.account.clone(),
        ]);
    }
    let mut text = match page.supply {
        0 => "the federation is not founded yet: `unisono registry found` does it".to_owned(),
        supply => format!("{}\n\n{supply} stake in all", table.render()),
    };
    if let Some(next) = &page.next_cursor {
        text.push_str(&format!("\nmore: --cursor {next}"));
    }
    Ok(Report::new(to_value(&page)?, text))
}

async fn candidates(client: &Client) -> Result<Report> {
    let list: api::CandidateList = client.get("/api/v1/registry/candidates").await?;
    let mut table = Table::new(["CANDIDATE", "STAKE", "ELIGIBLE", "VALIDATES", "KEY"]);
    let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
    for one in &list.items {
        table.row([
            one.name.clone(),
            one.stake.to_string(),
            word(one.eligible),
            word(one.validates),
            one.key.clone(),
        ]);
    }
    let rule = if list.driven {
        format!(
            "the registry decides: at least {} stake, at most {} validators, the next change at block {}",
            list.stake_min, list.count_max, list.next_boundary
        )
    } else {
        "the registry does not decide: `validators.stake_min` is 0".to_owned()
    };
    Ok(Report::new(to_value(&list)?, format!("{}\n\n{rule}", table.render())))
}

async fn show(client: &Client, account: &ledger::Account) -> Result<Report> {
    let shown: api::AccountStake =
        client.get(&format!("/api/v1/registry/accounts/{account}")).await?;
    let releases: Vec<String> = shown
        .releases
        .iter()
        .map(|release| format!("{} from block {}", release.stake, release.due))
        .collect();
    let rows = [
        ("account", shown.account.clone()),
        ("hub", shown.hub.as_ref().map_or("none", |hub| &hub.name).to_owned()),
        ("free", shown.free.to_string()),
        ("bonded", shown.bonded.to_string()),
        ("on its way back", releases.join(", ")),
        ("follows", shown.delegate.clone().unwrap_or_else(|| "nobody".to_owned())),
    ];
    Ok(Report::new(to_value(&shown)?, pairs(&rows)))
}

/// Asks that the next set of validators be what the registry names.
async fn seat(client: &Client, signer: &Signer<'_>) -> Result<Report> {
    let operation = Operation { app: EPOCHS, verb: FOLLOW_REGISTRY };
    let submitted = signer.send_bytes(operation, Vec::new(), 0).await?;
    let network: api::Network = client.get("/api/v1/network").await?;
    let scheduled = network.scheduled;
    let what = scheduled.as_ref().map_or_else(
        || "the next set is agreed on".to_owned(),
        |next| format!("{} validate from block {} on", next.validators.join(" "), next.first),
    );
    let more = scheduled.map(|next| json!({ "first": next.first, "validators": next.validators }));
    Ok(done(&what, &submitted, more.unwrap_or_default()))
}
