//! Requests that a client signs itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use app::joint::Rule;
use codec::{Bytes, Encode};
use crypto::{Sign, Signature};
use keys::{Source, Unlock};
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use serde_json::{Value, json};
use types::{ChainId, Digest, Time};

use crate::args::SignArgs;
use crate::client::Client;
use crate::failure::{Explain, Failure, Result};
use crate::output::{self, Format, Report};

/// The key that signs where none is named, in the network's folder.
const KEY: &str = "client.key";
/// How long a request may wait to be executed, in microseconds.
const LIFE_US: u64 = 600_000_000;

/// A key, and the chain that it signs for.
#[derive(Debug)]
pub(crate) struct Signer<'a> {
    client: &'a Client,
    key: Arc<dyn Sign>,
    chain: ChainId,
    fee: Option<u64>,
}

/// The key that the arguments name, or the folder's own.
pub(crate) fn key_of(folder: &Path, args: &SignArgs) -> Result<Arc<dyn Sign>> {
    let usual = || folder.join(KEY);
    let path: PathBuf = args.key.clone().unwrap_or_else(usual);
    if !path.exists() {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .explain(|| format!("cannot make {}", folder.display()))?;
        }
        let key = keys::generate()?;
        keys::create(&path, &key, None)?;
        return Ok(Arc::new(key));
    }
    let mut unlock = Unlock::new(Source::of(args.passphrase_file.clone()));
    Ok(keys::open(&path, &mut unlock)?.into_signer(lost))
}

/// A token that does not sign leaves nothing to go on with.
pub(crate) fn lost(error: &dyn std::error::Error) -> ! {
    let failure = Failure::failed("the token does not sign").why(error.to_string());
    std::process::exit(output::fail(Format::Table, &failure) as i32)
}

/// A joint account's rule, as `2/alice.key,bob.key,carol.key`.
pub(crate) fn rule(text: &str) -> Result<Rule> {
    let bad = || {
        Failure::usage(format!("`{text}` is no rule of a joint account"))
            .why("k of n members have to approve: 2 to 32 of them, each once, and k from 1 to n")
            .next("write K/WHO,WHO,..., as in 2/alice.key,bob.key,carol.key")
    };
    let (threshold, members) = text.split_once('/').ok_or_else(bad)?;
    let threshold = threshold.parse().map_err(|_| bad())?;
    let named = members.split(',').map(who).collect::<Result<Vec<Account>>>()?;
    let count = named.len();
    let rule = Rule::new(threshold, named);
    if rule.is_sound() && rule.members.len() == count { Ok(rule) } else { Err(bad()) }
}

/// An account: 64 hexadecimal digits, the file of its key, or a joint account's first rule.
pub(crate) fn who(text: &str) -> Result<Account> {
    if let Some(account) = Account::from_hex(text) {
        return Ok(account);
    }
    let is_rule =
        text.contains(',') && text.split_once('/').is_some_and(|(k, _)| k.parse::<u16>().is_ok());
    if is_rule {
        return Ok(rule(text)?.address());
    }
    let path = Path::new(text);
    if !path.exists() {
        return Err(Failure::usage(format!("`{text}` is nobody"))
            .why("it is neither an account of 64 hexadecimal digits, nor the file of a key, nor a joint account as K/WHO,WHO")
            .next("`unisono registry show --key FILE` makes a key and says its account"));
    }
    let public = match keys::peek(path)? {
        (Some(public), _) => public,
        (None, _) => keys::open(path, &mut Unlock::new(Source::Usual))?.public(),
    };
    Ok(Account(public.to_bytes()))
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

    /// The chain that it signs for.
    pub(crate) const fn chain(&self) -> ChainId {
        self.chain
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
        sign_transaction(&mut transaction, &*self.key);
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

/// The last block that the asked node has executed.
pub(crate) async fn height_of(client: &Client) -> Result<u64> {
    Ok(client.get::<api::Network>("/api/v1/network").await?.height)
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
