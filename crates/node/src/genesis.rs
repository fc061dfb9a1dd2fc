//! The genesis as a file: TOML with hexadecimal keys.

use std::path::Path;

use crypto::PublicKey;
use ledger::{AppId, Genesis, Validator};
use serde::{Deserialize, Serialize};
use types::Digest;

use crate::failure::Failure;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GenesisFile {
    schema_version: u32,
    network: String,
    protocol: String,
    client_signatures: bool,
    /// The names of the applications; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    apps: Vec<String>,
    #[serde(default)]
    validators: Vec<ValidatorFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ValidatorFile {
    name: String,
    key: String,
    network_key: String,
}

const SCHEMA: u32 = 1;
const NEXT: &str =
    "`unisono node init` makes one; all validators of a network must have the same file";

/// Whether drills are allowed: the network's name is `dev`, or ends in `-dev`.
#[must_use]
pub fn is_dev(genesis: &Genesis) -> bool {
    genesis.network == "dev" || genesis.network.ends_with("-dev")
}

/// Reads a genesis and checks that it can start a chain.
///
/// # Errors
/// Where it cannot be read, or cannot start a chain.
pub fn read_genesis(path: &Path) -> Result<Genesis, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("cannot read the genesis {}", path.display()), error, NEXT)
    })?;
    parse_genesis(&text).map_err(|why| {
        Failure::new(format!("the genesis {} is no good", path.display()), why, NEXT)
    })
}

/// Reads a genesis from its TOML form.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub fn parse_genesis(text: &str) -> Result<Genesis, String> {
    let file: GenesisFile = toml::from_str(text).map_err(|error| error.to_string())?;
    if file.schema_version != SCHEMA {
        return Err(format!(
            "its schema_version is {}, this program knows {SCHEMA}",
            file.schema_version
        ));
    }
    let validators: Result<Vec<Validator>, String> = file
        .validators
        .into_iter()
        .map(|validator| {
            let key = public_key(&validator.name, "key", &validator.key)?;
            let network_key = public_key(&validator.name, "network_key", &validator.network_key)?;
            Ok(Validator { name: validator.name, key, network_key })
        })
        .collect();
    let genesis = Genesis {
        network: file.network,
        fault_model: protocols::fault_model(&file.protocol),
        protocol: file.protocol,
        validators: validators?,
        client_signatures: file.client_signatures,
        apps: file.apps.iter().map(|name| app_named(name)).collect::<Result<_, _>>()?,
    };
    genesis.validate().map_err(|error| error.to_string())?;
    protocols::config(&genesis.protocol, genesis.validators.len(), &protocols::Params::default())
        .map_err(|error| error.to_string())?;
    Ok(genesis)
}

fn app_named(name: &str) -> Result<AppId, String> {
    app::app_by_label(name).ok_or_else(|| format!("no application is called `{name}`"))
}

fn public_key(name: &str, field: &str, text: &str) -> Result<PublicKey, String> {
    let bytes = Digest::from_hex(text)
        .ok_or_else(|| format!("the {field} of validator `{name}` is not 64 hexadecimal digits"))?;
    PublicKey::new(*bytes.as_bytes())
        .map_err(|error| format!("the {field} of validator `{name}` is no key: {error}"))
}

/// The TOML form of a genesis.
///
/// # Errors
/// Never for a genesis that is valid.
pub fn write_genesis(genesis: &Genesis) -> Result<String, String> {
    let file = GenesisFile {
        schema_version: SCHEMA,
        network: genesis.network.clone(),
        protocol: genesis.protocol.clone(),
        client_signatures: genesis.client_signatures,
        apps: genesis.apps.iter().map(|app| app::app_label(*app).to_owned()).collect(),
        validators: genesis
            .validators
            .iter()
            .map(|validator| ValidatorFile {
                name: validator.name.clone(),
                key: validator.key.to_string(),
                network_key: validator.network_key.to_string(),
            })
            .collect(),
    };
    toml::to_string(&file).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
