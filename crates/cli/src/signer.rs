//! Requests that a client signs itself.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use serde_json::{Value, json};
use types::{ChainId, Digest, Time};

use crate::args::SignArgs;
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};
use crate::output::Report;

/// The key that signs where none is named, in the network's folder.
const KEY: &str = "client.key";
/// How long a request may wait to be executed, in microseconds.
const LIFE_US: u64 = 600_000_000;

/// A key, and the chain that it signs for.
#[derive(Debug)]
pub(crate) struct Signer<'a> {
    client: &'a Client,
    key: SecretKey,
    chain: ChainId,
    fee: Option<u64>,
}

/// The key that the arguments name, or the folder's own.
pub(crate) fn key_of(folder: &Path, args: &SignArgs) -> Result<SecretKey> {
    let usual = || folder.join(KEY);
    let path: PathBuf = args.key.clone().unwrap_or_else(usual);
    Ok(node::client_key(&path, true)?)
}

/// An account: 64 hexadecimal digits, or the file of its key.
pub(crate) fn who(text: &str) -> Result<Account> {
    if let Some(account) = Account::from_hex(text) {
        return Ok(account);
    }
    let path = Path::new(text);
    if !path.exists() {
        return Err(Failure::usage(format!("`{text}` is nobody"))
            .why("it is neither an account of 64 hexadecimal digits nor the file of a key")
            .next("`unisono registry show --key FILE` makes a key and says its account"));
    }
    Ok(Account(node::client_key(path, false)?.public().to_bytes()))
}

/// The machine's clock, in microseconds since 1970.
pub(crate) fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

impl<'a> Signer<'a> {
    /// Gets ready to sign for the chain that the client speaks to.
    pub(crate) async fn new(client: &'a Client, folder: &Path, args: &SignArgs) -> Result<Self> {
        let genesis: api::Genesis = client.get("/api/v1/genesis").await?;
        let chain = Digest::from_hex(&genesis.chain).map(ChainId);
        let chain = chain.ok_or_else(|| Failure::failed("the node's chain has no id"))?;
        Ok(Self { client, key: key_of(folder, args)?, chain, fee: args.fee })
    }

    /// Whose requests these are.
    pub(crate) fn account(&self) -> Account {
        Account(self.key.public().to_bytes())
    }

    /// Signs a request, and waits until a quorum attests what became of it. It offers what was asked for, or the least
    /// that all transactions offer, and never less than `fee_least`.
    pub(crate) async fn send(
        &self,
        operation: Operation,
        argument: &impl Encode,
        fee_least: u64,
    ) -> Result<api::Submitted> {
        self.send_bytes(operation, argument.to_bytes(), fee_least).await
    }

    /// The same with an argument in bytes, of which there may be none.
    pub(crate) async fn send_bytes(
        &self,
        operation: Operation,
        payload: Vec<u8>,
        fee_least: u64,
    ) -> Result<api::Submitted> {
        self.submit(&self.seal(operation, payload, fee_least).await?).await
    }

    /// Signs a request.
    pub(crate) async fn seal(
        &self,
        operation: Operation,
        payload: Vec<u8>,
        fee_least: u64,
    ) -> Result<SealedTransaction> {
        let fee = match self.fee {
            Some(fee) => fee,
            None => self.usual_fee(payload.len()).await?.max(fee_least),
        };
        let mut transaction = Transaction {
            chain: self.chain,
            sender: self.account(),
            nonce: now_us(),
            operation,
            payload: Bytes(payload),
            fee,
            expires: Time::from_us(now_us().saturating_add(LIFE_US)),
            signature: Signature::NONE,
        };
        sign_transaction(&mut transaction, &self.key);
        SealedTransaction::new(&transaction).explain(|| "the request is too large".into())
    }

    /// Waits until a quorum attests what became of a signed request.
    pub(crate) async fn submit(&self, sealed: &SealedTransaction) -> Result<api::Submitted> {
        let kind = "application/octet-stream";
        self.client.post_bytes("/api/v1/transactions", kind, sealed.bytes().to_vec()).await
    }

    async fn usual_fee(&self, payload_bytes: usize) -> Result<u64> {
        let parameters = Parameters::of(self.client).await?;
        let kib = payload_bytes.div_ceil(1024) as u64;
        let per_kib = parameters.value("fee.per_kib").saturating_mul(kib);
        Ok(parameters.value("fee.min").saturating_add(per_kib))
    }
}

/// The agreed parameters.
#[derive(Debug)]
pub(crate) struct Parameters(pub(crate) api::ParameterList);

impl Parameters {
    /// As the asked node has them.
    pub(crate) async fn of(client: &Client) -> Result<Self> {
        Ok(Self(client.get("/api/v1/governance/parameters").await?))
    }
    /// A parameter's value; zero for one that the node does not know.
    pub(crate) fn value(&self, name: &str) -> u64 {
        let found = self.0.items.iter().find(|parameter| parameter.name == name);
        found.map_or(0, |parameter| parameter.value)
    }
}

/// What became of a request, in a sentence and with its place; `more` is added for programs.
pub(crate) fn done(what: &str, submitted: &api::Submitted, more: Value) -> Report {
    let mut value = json!({
        "transaction": submitted.transaction, "height": submitted.height, "index": submitted.index,
    });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    let height = submitted.height.map_or_else(|| "?".to_owned(), |height| height.to_string());
    Report::new(value, format!("{what}  height {height}  transaction {}", submitted.transaction))
}
