//! The gates: sign requests, present them at validators, and present the same bytes elsewhere where one fails.
//!
//! A request is one signed transaction for its whole life, so presenting it again can never execute it twice.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use app::tickets::{TICKETS, TicketRequest};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use futures::StreamExt;
use futures::stream;
use ledger::{Account, Operation, Refusal, SealedTransaction, Transaction, sign_transaction};
use types::{ChainId, Digest, Prng, Time};

use super::flights::Flight;
use super::plan::Request;
use crate::failure::{Explain, Result};
use crate::stats::Latencies;

/// How many gates there are, each with its own key.
const GATES: usize = 16;
/// Requests under way at once.
const UNDER_WAY_MAX: usize = 256;
/// How long one validator is given to commit a request before it is presented at the next.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request is presented before it counts as timed out.
const PATIENCE: Duration = Duration::from_secs(90);
/// Pause before another validator is asked.
const PAUSE: Duration = Duration::from_millis(20);
/// The stream of the generator that makes the gates' keys, which live as long as the demonstration.
const KEYS_STREAM: u64 = 0x6b65_7973;

/// How a request ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It took effect.
    Applied,
    /// It was agreed to change nothing, or is inadmissible everywhere: the code says why.
    Refused(String),
    /// Nobody committed it in time.
    TimedOut,
}

/// One request, as it ended.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) request: Request,
    pub(crate) transaction: Digest,
    pub(crate) fate: Fate,
}

/// All gates together.
#[derive(Debug)]
pub(crate) struct Gates {
    http: reqwest::Client,
    validators: Vec<String>,
    chain: ChainId,
    keys: Vec<SecretKey>,
    nonces: Vec<u64>,
    expires: Time,
    done: AtomicUsize,
    /// How often a request was presented at another validator.
    again: AtomicUsize,
    latencies: Mutex<Latencies>,
}

impl Gates {
    /// Gates of a chain that speak to these validators.
    pub(crate) fn new(
        chain: ChainId,
        validators: Vec<String>,
        seed: u64,
        expires: Time,
    ) -> Result<Self> {
        let mut prng = Prng::new(seed, KEYS_STREAM);
        let keys = (0..GATES).map(|_| {
            let mut bytes = [0; 32];
            prng.fill(&mut bytes);
            SecretKey::from_seed(bytes)
        });
        let http = reqwest::Client::builder()
            .pool_max_idle_per_host(UNDER_WAY_MAX)
            .connect_timeout(PAUSE * 50);
        Ok(Self {
            http: http.build().explain(|| "no HTTP client".into())?,
            validators,
            chain,
            keys: keys.collect(),
            nonces: vec![0; GATES],
            expires,
            done: AtomicUsize::new(0),
            again: AtomicUsize::new(0),
            latencies: Mutex::default(),
        })
    }

    /// Signs a stage's requests, in their order.
    pub(crate) fn sign(
        &mut self,
        flights: &[Flight],
        requests: &[Request],
    ) -> Result<Vec<(Request, SealedTransaction)>> {
        let signed = requests.iter().map(|&request| {
            let gate = request.gate % GATES;
            self.nonces[gate] += 1;
            let flight = &flights[request.flight];
            let data =
                if request.verb == app::tickets::Verb::Issue { flight.data.as_str() } else { "" };
            let payload = TicketRequest {
                ticket: flight.ticket.clone(),
                data: Bytes(data.as_bytes().to_vec()),
                actor: format!("{}-gate-{gate}", flight.origin),
            };
            let mut transaction = Transaction {
                chain: self.chain,
                sender: Account::default(),
                nonce: self.nonces[gate],
                operation: Operation { app: TICKETS, verb: request.verb as u16 },
                payload: Bytes(payload.to_bytes()),
                fee: 0,
                expires: self.expires,
                signature: Signature([0; 64]),
            };
            sign_transaction(&mut transaction, &self.keys[gate]);
            Ok((
                request,
                SealedTransaction::new(&transaction).explain(|| "a ticket is too large".into())?,
            ))
        });
        signed.collect()
    }

    /// Presents requests, many at once and in their order, and follows each to its end.
    pub(crate) async fn present(
        self: &Arc<Self>,
        signed: Vec<(Request, SealedTransaction)>,
        mut progress: impl FnMut(usize),
    ) -> Vec<Done> {
        let total = signed.len();
        let mut under_way = stream::iter(signed)
            .map(|(request, tx)| {
                let gates = Arc::clone(self);
                async move { gates.follow(request, tx).await }
            })
            .buffer_unordered(UNDER_WAY_MAX);
        let mut ended = Vec::with_capacity(total);
        while let Some(done) = under_way.next().await {
            self.done.fetch_add(1, Ordering::Relaxed);
            ended.push(done);
            progress(1);
        }
        ended
    }

    /// How many requests have ended.
    pub(crate) fn ended(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }
    /// How often a request was presented at another validator.
    pub(crate) fn presented_again(&self) -> usize {
        self.again.load(Ordering::Relaxed)
    }
    /// From first presentation to certified commit.
    pub(crate) fn latencies(&self) -> Latencies {
        std::mem::take(&mut self.latencies.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn follow(&self, request: Request, tx: SealedTransaction) -> Done {
        let start = Instant::now();
        let transaction = tx.id();
        let mut validator = request.gate;
        let mut fate = Fate::TimedOut;
        while start.elapsed() < PATIENCE {
            let answer = self.ask(&self.validators[validator % self.validators.len()], &tx).await;
            match answer {
                Answer::Final(known) => {
                    fate = known;
                    break;
                }
                Answer::Busy => tokio::time::sleep(PAUSE).await,
                Answer::Elsewhere => {
                    validator += 1;
                    self.again.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        let us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner).add(us);
        Done { request, transaction, fate }
    }

    async fn ask(&self, validator: &str, tx: &SealedTransaction) -> Answer {
        let url = format!(
            "{validator}/api/v1/transactions?wait=commit&timeout={}ms",
            COMMIT_TIMEOUT.as_millis()
        );
        let sent = self.http.post(url).header("content-type", "application/octet-stream");
        let sent = sent.timeout(COMMIT_TIMEOUT * 2).body(tx.bytes().to_vec()).send().await;
        let Ok(response) = sent else { return Answer::Elsewhere };
        if response.status().is_success() {
            return Answer::Final(Fate::Applied);
        }
        match response.json::<api::Problem>().await {
            Ok(problem) => of_code(problem.code),
            Err(_) => Answer::Elsewhere,
        }
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Answer {
    Final(Fate),
    Busy,
    Elsewhere,
}

/// What a validator's refusal means for the request. What the ledger says, or any honest validator would say, is
/// final; the rest may be this validator's own trouble.
fn of_code(code: api::Code) -> Answer {
    let refusal = Refusal::ALL.iter().find(|refusal| refusal.label() == code.label());
    let is_own_echo =
        |refusal: &&Refusal| matches!(refusal, Refusal::NonceUsed | Refusal::AlreadyPending);
    if code.status() == 429 {
        return Answer::Busy;
    }
    match refusal.filter(|refusal| !is_own_echo(refusal)) {
        Some(refusal) => Answer::Final(Fate::Refused(refusal.label().to_owned())),
        None => Answer::Elsewhere,
    }
}

#[cfg(test)]
mod tests;
