//! The model application: a sum, executed exactly once for each client and timestamp, and a cache of last replies.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Decode, Encode};
use protocol::Payload;
use types::{Digest, Seq, View};

/// What a client asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Request {
    /// Who asks.
    pub client: u16,
    /// The client's own count: executed at most once.
    pub timestamp: u64,
    /// What is added to the sum.
    pub amount: u64,
    /// Stands for a client signature that does not hold.
    pub forged: bool,
}
codec::record!(Request { client: u16, timestamp: u64, amount: u64, forged: bool });

/// The request of a client at its timestamp.
pub const fn request(client: u16, timestamp: u64) -> Request {
    Request { client, timestamp, amount: client as u64 * 1_000 + timestamp, forged: false }
}

impl Request {
    /// The name under which it is submitted.
    pub fn digest(self) -> Digest {
        crypto::hash("test-request", &self.to_bytes())
    }
}

/// The payload that orders requests.
pub fn payload(requests: &[Request]) -> Payload {
    Payload::new(&requests.to_bytes())
}

/// The requests that a payload orders; none where it is null or no list.
pub fn requests_of(payload: Option<&Payload>) -> Vec<Request> {
    payload.and_then(|payload| Vec::from_bytes(payload.bytes()).ok()).unwrap_or_default()
}

/// What is agreed on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct State {
    /// The last executed place.
    pub seq: Seq,
    /// A digest of all executions, in order.
    pub sum: u64,
    /// Each client's last timestamp and the reply to it.
    pub replies: BTreeMap<u16, (u64, u64)>,
}

impl State {
    /// The digest of the whole state.
    pub fn digest(&self) -> Digest {
        let mut bytes = self.seq.to_bytes();
        self.sum.encode(&mut bytes);
        for (client, reply) in &self.replies {
            (*client, *reply).encode(&mut bytes);
        }
        crypto::hash("test-state", &bytes)
    }
}

/// One replica's application: the durable state, and requests at hand.
#[derive(Debug, Default)]
pub struct App {
    /// What is agreed on.
    pub state: State,
    /// What happened, for the checkers: place, payload, and the executions it led to.
    pub history: BTreeMap<Seq, Digest>,
    /// Every execution, with its place.
    pub executions: Vec<(Seq, Request)>,
    /// The states that others may ask for.
    pub snapshots: BTreeMap<Seq, State>,
    /// Requests not ordered yet.
    pub pool: BTreeMap<Digest, Request>,
    /// The same in order of arrival.
    pub order: Vec<Digest>,
    /// The same in order of arrival.
    pub ordered: BTreeSet<Digest>,
    proposed: BTreeMap<Digest, View>,
    /// Most requests in one payload.
    pub batch: usize,
    /// A client that this replica, as primary, never serves.
    pub ignored: Option<u16>,
    /// A client whose payloads do not come to hand here: a check of one has no answer.
    pub lacks: Option<u16>,
}

impl App {
    /// Takes a request; its name where it is new.
    pub fn submit(&mut self, request: Request) -> Option<Digest> {
        let digest = request.digest();
        if self.ordered.contains(&digest) || self.pool.insert(digest, request).is_some() {
            return None;
        }
        self.order.push(digest);
        Some(digest)
    }

    /// A payload of waiting requests that this view has not proposed.
    pub fn build(&mut self, view: View) -> Option<Payload> {
        let is_free = |digest: &&Digest| {
            self.pool.get(*digest).is_some_and(|request| Some(request.client) != self.ignored)
                && self.proposed.get(*digest) != Some(&view)
        };
        let picked: Vec<Digest> =
            self.order.iter().filter(is_free).take(self.batch.max(1)).copied().collect();
        if picked.is_empty() {
            return None;
        }
        let requests: Vec<Request> = picked.iter().map(|digest| self.pool[digest]).collect();
        self.proposed.extend(picked.into_iter().map(|digest| (digest, view)));
        Some(payload(&requests))
    }

    /// Whether an honest proposer could have proposed it; none where it is not at hand.
    pub fn check(&mut self, view: View, proposed: &Payload) -> Option<bool> {
        let requests = requests_of(Some(proposed));
        if requests.iter().any(|request| Some(request.client) == self.lacks) {
            return None;
        }
        for request in &requests {
            self.proposed.insert(request.digest(), view);
        }
        Some(!requests.is_empty() && requests.iter().all(|request| !request.forged))
    }

    /// Executes a decision; returns the work that is done by it.
    pub fn execute(&mut self, seq: Seq, payload: Option<&Payload>, is_twice: bool) -> Vec<Digest> {
        self.state.seq = seq;
        self.history.insert(seq, payload.map_or(Digest::ZERO, Payload::digest));
        let requests = requests_of(payload);
        for &request in &requests {
            let last = self.state.replies.get(&request.client).map_or(0, |reply| reply.0);
            if request.timestamp > last || is_twice {
                self.state.sum = self.state.sum.wrapping_mul(31).wrapping_add(request.amount);
                let reply = (request.timestamp, self.state.sum);
                self.state.replies.insert(request.client, reply);
                self.executions.push((seq, request));
            }
        }
        self.snapshots.insert(seq, self.state.clone());
        let done: Vec<Digest> = requests.into_iter().map(Request::digest).collect();
        self.finish(&done);
        done
    }

    /// Forgets requests that are ordered.
    pub fn finish(&mut self, done: &[Digest]) {
        for digest in done {
            self.pool.remove(digest);
            self.ordered.insert(*digest);
        }
        self.order.retain(|digest| self.pool.contains_key(digest));
    }

    /// Takes another replica's state; returns the work that is done in it.
    pub fn adopt(&mut self, state: State) -> Vec<Digest> {
        self.state = state;
        self.snapshots.insert(self.state.seq, self.state.clone());
        let is_done = |request: &&Request| {
            self.state
                .replies
                .get(&request.client)
                .is_some_and(|reply| reply.0 >= request.timestamp)
        };
        let done: Vec<Digest> =
            self.pool.values().filter(is_done).map(|request| request.digest()).collect();
        self.finish(&done);
        done
    }
}
