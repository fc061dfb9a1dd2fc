//! `unisono account`: an account and the keys that act for it, one after the other.

use std::path::Path;

use app::joint::{Handover, JOINT, OVERLAP_BLOCKS_MAX, Verb, possession_bytes};
use ledger::{Account, Operation};
use serde_json::json;
use types::Height;

use super::to_value;
use crate::args::{AccountCommand, SignArgs};
use crate::client::Client;
use crate::failure::{Failure, Result};
use crate::output::{Report, pairs};
use crate::signer::{Signer, done, height_of, key_of, who};

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: AccountCommand,
) -> Result<Report> {
    match command {
        AccountCommand::HandOver { to, overlap } => {
            // A new key is as carefully opened as the old one: it signs that it takes over.
            if !to.exists() {
                return Err(Failure::usage(format!("there is no key in {}", to.display()))
                    .next("`unisono keys new FILE` makes one"));
            }
            let new = key_of(folder, &SignArgs { key: Some(to), ..sign.clone() })?;
            let signer = Signer::new(client, folder, sign).await?;
            hand_over(client, &signer, &*new, overlap).await
        }
        AccountCommand::Show { who: named } => {
            let key = match named {
                Some(text) => who(&text)?,
                None => Account(key_of(folder, sign)?.public().to_bytes()),
            };
            show(client, key).await
        }
    }
}

async fn hand_over(
    client: &Client,
    signer: &Signer<'_>,
    new: &dyn crypto::Sign,
    overlap: u64,
) -> Result<Report> {
    if overlap > OVERLAP_BLOCKS_MAX {
        return Err(Failure::usage(format!("{overlap} blocks are too long an overlap"))
            .why(format!("at most {OVERLAP_BLOCKS_MAX} are allowed")));
    }
    // The account is the first key's, whichever of its keys signs.
    let used = use_of(client, signer.account()).await?;
    let account = who(&used.account)?;
    let key = Account(new.public().to_bytes());
    // One block for the handover itself: the overlap is counted from there.
    let until = height_of(client).await?.saturating_add(overlap).saturating_add(1);
    let proof = new.sign(&possession_bytes(signer.chain(), &account, &key));
    let handover = Handover { key, until: Height::new(until), proof };
    let operation = Operation { app: JOINT, verb: Verb::HandOver.number() };
    let submitted = signer.send(operation, &handover, 0).await?;
    let what = format!("{account} goes over to {key}: both act until block {until}");
    let more = json!({ "account": account.to_string(), "key": key.to_string(), "until": until });
    Ok(done(&what, &submitted, more))
}

async fn use_of(client: &Client, key: Account) -> Result<api::KeyUse> {
    client.get(&format!("/api/v1/joint/keys/{key}")).await
}

async fn show(client: &Client, key: Account) -> Result<Report> {
    let used = use_of(client, key).await?;
    let until = match (used.until, used.acts) {
        (None, _) => "no end".to_owned(),
        (Some(until), true) => format!("block {until}, and this is block {}", used.height),
        (Some(until), false) => format!("block {until}: it is retired"),
    };
    let rows = [
        ("key", used.key.clone()),
        ("acts for", used.account.clone()),
        ("until", until),
        ("newest key", used.newest.clone()),
    ];
    Ok(Report::new(to_value(&used)?, pairs(&rows)))
}
