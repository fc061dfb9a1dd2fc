//! `unisono contract`: deploy, call, ask.

use std::path::Path;

use app::contracts::{CODE_BYTES_MAX, CONTRACTS, Call, Deploy, FUEL_PRICED, Verb};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Encode};
use ledger::{Account, Operation};
use serde_json::json;

use super::to_value;
use crate::args::{ContractCommand, CostArgs, SignArgs};
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};
use crate::output::{Report, pairs};
use crate::signer::{Parameters, Signer, done, who};

/// Does one of the commands.
pub(crate) async fn run(
    client: &Client,
    folder: &Path,
    sign: &SignArgs,
    command: ContractCommand,
) -> Result<Report> {
    match command {
        ContractCommand::Deploy { file, args, salt, cost } => {
            let signer = Signer::new(client, folder, sign).await?;
            deploy(client, &signer, &file, &args, salt, cost).await
        }
        ContractCommand::Call { address, function, args, cost } => {
            let signer = Signer::new(client, folder, sign).await?;
            let CostArgs { fuel, stake } = cost;
            let (contract, argument) = (at(&address)?, Bytes(argument(&args)?));
            let call = Call { contract, function, argument, fuel, stake };
            send(client, &signer, Verb::Call, &call, fuel).await
        }
        ContractCommand::Query { address, function, args, fuel } => {
            let argument = argument(&args)?;
            query(client, at(&address)?, function, &argument, fuel).await
        }
        ContractCommand::Show { address } => {
            let path = format!("/api/v1/contracts/{}", at(&address)?);
            let shown: api::Contract = client.get(&path).await?;
            let rows = [
                ("address", shown.address.clone()),
                ("owner", shown.owner.clone()),
                ("module", shown.code.clone()),
                ("deployed", format!("block {}", shown.deployed)),
                ("entries", format!("{} of {} bytes", shown.entries, shown.entry_bytes)),
            ];
            Ok(Report::new(to_value(&shown)?, pairs(&rows)))
        }
    }
}

async fn deploy(
    client: &Client,
    signer: &Signer<'_>,
    file: &Path,
    args: &[String],
    salt: u64,
    cost: CostArgs,
) -> Result<Report> {
    let code = std::fs::read(file).explain(|| format!("cannot read {}", file.display()))?;
    if code.len() > CODE_BYTES_MAX {
        let what = format!("{} has {} bytes", file.display(), code.len());
        return Err(Failure::usage(what)
            .why(format!("a contract has at most {CODE_BYTES_MAX}"))
            .next("build it in release mode, with `strip` and `opt-level = \"s\"`"));
    }
    let CostArgs { fuel, stake } = cost;
    let (code, argument) = (Bytes(code), Bytes(argument(args)?));
    let deploy = Deploy { code, salt, argument, fuel, stake };
    send(client, signer, Verb::Deploy, &deploy, fuel).await
}

/// Signs and submits, and says what came of it: also where the contract refused, since that has a record too.
async fn send(
    client: &Client,
    signer: &Signer<'_>,
    verb: Verb,
    argument: &impl Encode,
    fuel: u64,
) -> Result<Report> {
    let price = Parameters::of(client).await?.value("contract.fuel_price");
    let operation = Operation { app: CONTRACTS, verb: verb as u16 };
    let least = price.saturating_mul(fuel.div_ceil(FUEL_PRICED));
    let sealed = signer.seal(operation, argument.to_bytes(), least).await?;
    let path = format!("/api/v1/contracts/runs/{}/{}", signer.account(), sealed.view().nonce);
    let submitted = match signer.submit(&sealed).await {
        Ok(submitted) => submitted,
        Err(failure) => {
            let ran = client.get::<api::ContractRun>(&path).await;
            return Err(match ran {
                Ok(ran) => failure.why(format!(
                    "{} with the contract's own code {}, after {} fuel, which cost {} stake",
                    ran.outcome, ran.code, ran.fuel, ran.paid
                )),
                Err(_) => failure,
            });
        }
    };
    // A key that acts for another account has its record under that account.
    let Ok(ran) = client.get::<api::ContractRun>(&path).await else {
        return Ok(done("applied", &submitted, json!({})));
    };
    let mut rows = vec![
        ("contract", ran.contract.clone()),
        ("height", ran.height.to_string()),
        ("transaction", submitted.transaction.clone()),
        ("fuel", format!("{} for {} stake", ran.fuel, ran.paid)),
        ("answer", shown(&ran.output)?),
    ];
    for event in &ran.events {
        rows.push(("event", format!("{} {}", event.name, shown(&event.body)?)));
    }
    let mut value = to_value(&ran)?;
    value["transaction"] = json!(submitted.transaction);
    value["output_hex"] = json!(shown(&ran.output)?);
    Ok(Report::new(value, pairs(&rows)))
}

async fn query(
    client: &Client,
    contract: Account,
    function: String,
    argument: &[u8],
    fuel: Option<u64>,
) -> Result<Report> {
    let argument = (!argument.is_empty()).then(|| STANDARD.encode(argument));
    let query = api::ContractQuery { function, argument, caller: None, fuel };
    let path = format!("/api/v1/contracts/{contract}/query");
    let answer: api::ContractAnswer = client.post_json(&path, &query).await?;
    let hex = shown(&answer.output)?;
    let mut value = to_value(&answer)?;
    value["output_hex"] = json!(hex);
    Ok(Report::new(value, hex))
}

/// Base64 of the API in hexadecimal digits, as arguments are written.
fn shown(base64: &str) -> Result<String> {
    let bytes = STANDARD.decode(base64).explain(|| "the answer is no base64".into())?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn at(address: &str) -> Result<Account> {
    Account::from_hex(address).ok_or_else(|| {
        Failure::usage(format!("`{address}` is no contract's address"))
            .why("an address is 64 hexadecimal digits")
            .next("`unisono contract deploy` says it")
    })
}

/// The bytes of an argument's parts, one behind the other.
fn argument(parts: &[String]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend(one(part)?);
    }
    Ok(bytes)
}

fn one(part: &str) -> Result<Vec<u8>> {
    if let Some(text) = part.strip_prefix("text:") {
        return Ok(text.as_bytes().to_vec());
    }
    if let Some(digits) = part.strip_prefix("hex:") {
        return hex(digits).ok_or_else(|| {
            Failure::usage(format!("`{digits}` is not hexadecimal"))
                .next("write two digits for each byte, as in `hex:00ff`")
        });
    }
    match part.parse::<u64>() {
        // As many digits as an account has are an account.
        Ok(number) if part.len() < 64 => Ok(number.to_le_bytes().to_vec()),
        Ok(_) | Err(_) => Ok(who(part)?.0.to_vec()),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).ok().filter(|text| text.len() == 2)?;
        u8::from_str_radix(text, 16).ok().filter(|_| !text.starts_with('+'))
    };
    pairs.map(byte).collect()
}

#[cfg(test)]
mod tests;
